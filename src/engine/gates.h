// Verdicts over what is staged, before any reader can see it: the quarantine limit and the row_count gates.
#pragma once

#include "engine/engine.h"

#include <vector>

namespace freight {

// Rows of the dataset now, and as readers would find it after publishing.
struct DatasetRows {
  int64_t before = 0;
  int64_t after = 0;
  bool first_publication = false;
};
DatasetRows CountRows(const DatasetState& state, const std::vector<PartitionResult>& preview);

// All results, also of gates that passed; the quarantine limits come first, when there are any.
std::vector<GateResult> JudgeGates(const Plan& plan, const Accounting& rows, const DatasetRows& dataset);

// OK, or a refusal that names every gate that did not pass.
Status GateVerdict(const std::vector<GateResult>& gates, const std::string& quarantine_to);

}  // namespace freight
