// Verdicts over what is staged, before any reader can see it: the quarantine limits and the row_count gates.
// Values in, values out: where the numbers come from is the engine's business.
#pragma once

#include "base/status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace freight {

struct RowCountGate {
  std::optional<int64_t> min, max;
  std::optional<double> change_from_last_percent;
  Place place;
};

// One limit on bad rows, as its file names it.
struct QuarantineLimit {
  std::string name;
  std::optional<double> percent_max;
  std::optional<int64_t> rows_max;
  Place place;
};

// What the gates judge: this publication's input rows, and the dataset before and after it.
struct StagedRows {
  int64_t in = 0, quarantined = 0;
  int64_t dataset_before = 0, dataset_after = 0;
  bool first_publication = false;
};

struct GateResult { std::string gate, expected, actual; bool passed = true; Place place; };

// All results, also of gates that passed, in the order of their declaration; limits come first.
std::vector<GateResult> JudgeGates(const std::vector<QuarantineLimit>& limits, const std::vector<RowCountGate>& gates,
                                   const StagedRows& rows);

// OK, or a refusal that names every gate that did not pass.
Status GateVerdict(const std::vector<GateResult>& gates);

}  // namespace freight
