// Run records: one JSON file per run beside the dataset (<root>.freight/runs/<run_id>.json). Holds no row values.
#pragma once

#include "engine/engine.h"
#include "io/env.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace freight {

nlohmann::ordered_json RunReportJson(const RunReport& report);           // the object of `run --json`
Status SaveRun(Env& env, const std::string& root, const RunReport& report);
// Newest first.
Result<std::vector<nlohmann::ordered_json>> LoadRuns(Env& env, const std::string& root, int64_t runs_max);
Result<nlohmann::ordered_json> LoadRun(Env& env, const std::string& root, const std::string& run_id_or_prefix);

}  // namespace freight
