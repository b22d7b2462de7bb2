// The set rules of a run.
#include "gate/gate.h"

#include "base/count_text.h"

#include <cmath>

namespace freight {
namespace {

void JudgeLimit(const QuarantineLimit& limit, const StagedRows& rows, std::vector<GateResult>* results) {
  if (limit.percent_max) {
    const double percent =
        rows.in == 0 ? 0 : 100.0 * static_cast<double>(rows.quarantined) / static_cast<double>(rows.in);
    results->push_back({limit.name, fmt::format("at most {} %", *limit.percent_max),
                        fmt::format("{:.4g} % ({} of {})", percent, Thousands(rows.quarantined), Count(rows.in, "row")),
                        percent <= *limit.percent_max, limit.place});
  }
  if (limit.rows_max) {
    results->push_back({limit.name, fmt::format("at most {}", Count(*limit.rows_max, "row")),
                        Count(rows.quarantined, "row"), rows.quarantined <= *limit.rows_max, limit.place});
  }
}

void JudgeRowCount(const RowCountGate& gate, const StagedRows& rows, std::vector<GateResult>* results) {
  const std::string actual = Count(rows.dataset_after, "row");
  if (gate.min) {
    results->push_back({"row_count.min", fmt::format("at least {}", Count(*gate.min, "row")), actual,
                        rows.dataset_after >= *gate.min, gate.place});
  }
  if (gate.max) {
    results->push_back({"row_count.max", fmt::format("at most {}", Count(*gate.max, "row")), actual,
                        rows.dataset_after <= *gate.max, gate.place});
  }
  if (gate.change_from_last_percent && !rows.first_publication) {
    const int64_t before = rows.dataset_before, after = rows.dataset_after;
    const double change = before == 0 ? (after == 0 ? 0 : 100)
                                      : 100.0 * std::abs(static_cast<double>(after - before)) /
                                            static_cast<double>(before);
    results->push_back({"row_count.change_from_last", fmt::format("within {} %", *gate.change_from_last_percent),
                        fmt::format("{:.4g} % ({} -> {})", change, Thousands(before), Count(after, "row")),
                        change <= *gate.change_from_last_percent, gate.place});
  }
}

}  // namespace

std::vector<GateResult> JudgeGates(const std::vector<QuarantineLimit>& limits, const std::vector<RowCountGate>& gates,
                                   const StagedRows& rows) {
  std::vector<GateResult> results;
  for (const auto& limit : limits) JudgeLimit(limit, rows, &results);
  for (const auto& gate : gates) JudgeRowCount(gate, rows, &results);
  return results;
}

Status GateVerdict(const std::vector<GateResult>& gates) {
  std::string failed;
  bool quarantine = false;
  Place place;
  for (const auto& gate : gates) {
    if (gate.passed) continue;
    if (failed.empty()) place = gate.place;
    failed +=
        fmt::format("{}{}: expected {}, found {}", failed.empty() ? "" : "; ", gate.gate, gate.expected, gate.actual);
    quarantine |= gate.gate.starts_with("quarantine") || gate.gate.starts_with("onViolation");
  }
  if (failed.empty()) return Status::OK();
  return Fail(Reaction::kRefused, "{}", failed)
      .At(place)
      .Help(quarantine ? "nothing was published; look at the rows with: freight quarantine show"
                       : "nothing was published; correct the input or the gate and run again");
}

}  // namespace freight
