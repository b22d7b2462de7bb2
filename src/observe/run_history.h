// Run records: one JSON file per run beside the dataset (<root>.freight/runs/<run_id>.json). Holds no row values.
#pragma once

#include "engine/engine.h"
#include "io/env.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace freight {

nlohmann::ordered_json RunReportJson(const RunReport& report);           // the object of `run --json`
// Keeps the newest kRunsKept records and removes older ones.
inline constexpr size_t kRunsKept = 1000;
Status SaveRun(Env& env, const std::string& root, const RunReport& report);
// Newest first. A record that cannot be read stands in its place as {run_id, "state": "damaged", error}.
Result<std::vector<nlohmann::ordered_json>> LoadRuns(Env& env, const std::string& root, int64_t runs_max);
Result<nlohmann::ordered_json> LoadRun(Env& env, const std::string& root, const std::string& run_id_or_prefix);

}  // namespace freight
