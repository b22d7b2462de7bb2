// Plans and finished runs as text for people: plain lines that also read well in 40 columns.
#pragma once

#include "engine/engine.h"
#include "plan/plan.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace freight {

std::string PlanText(const Plan& plan, int64_t width);
nlohmann::ordered_json PlanJson(const Plan& plan);

// The summary on stdout after a run.
std::string RunText(const RunReport& report, const Plan& plan, int64_t width);

// Quarantined rows by broken rule, most first, each as a compiler would say it; never a value of a row.
struct RuleNote {
  std::string message;  // "1,204 rows: amount is no decimal(12,2) (not_of_type)"
  std::string address;  // "contracts/events.odcs.yaml:21" or ""
};
std::vector<RuleNote> RuleNotes(const RunReport& report, const Contract& contract);

}  // namespace freight
