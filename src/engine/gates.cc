// The set rules of a run.
#include "engine/gates.h"

#include <cmath>

namespace freight {
namespace {

GateResult Percent(const std::string& name, const Accounting& rows, double percent_max, const Place& place) {
  const double percent =
      rows.in == 0 ? 0 : 100.0 * static_cast<double>(rows.quarantined) / static_cast<double>(rows.in);
  return {name, fmt::format("at most {} %", percent_max),
          fmt::format("{:.4g} % ({} of {} rows)", percent, rows.quarantined, rows.in), percent <= percent_max, place};
}

void JudgeRowCount(const RowCountGate& gate, const DatasetRows& rows, std::vector<GateResult>* results) {
  const std::string actual = fmt::format("{} rows", rows.after);
  if (gate.min) {
    results->push_back(
        {"row_count.min", fmt::format("at least {} rows", *gate.min), actual, rows.after >= *gate.min, gate.place});
  }
  if (gate.max) {
    results->push_back(
        {"row_count.max", fmt::format("at most {} rows", *gate.max), actual, rows.after <= *gate.max, gate.place});
  }
  if (gate.change_from_last_percent && !rows.first_publication) {
    const double change = rows.before == 0 ? (rows.after == 0 ? 0 : 100)
                                           : 100.0 * std::abs(static_cast<double>(rows.after - rows.before)) /
                                                 static_cast<double>(rows.before);
    results->push_back({"row_count.change_from_last", fmt::format("within {} %", *gate.change_from_last_percent),
                        fmt::format("{:.4g} % ({} -> {} rows)", change, rows.before, rows.after),
                        change <= *gate.change_from_last_percent, gate.place});
  }
}

}  // namespace

DatasetRows CountRows(const DatasetState& state, const std::vector<PartitionResult>& preview) {
  DatasetRows rows;
  std::map<std::string, int64_t> by_partition;
  for (const auto& [path, parts] : state.partitions) {
    for (const auto& part : parts) by_partition[path] += part.rows;
  }
  for (const auto& [path, count] : by_partition) rows.before += count;
  for (const auto& partition : preview) by_partition[partition.path] = partition.rows;
  for (const auto& [path, count] : by_partition) rows.after += count;
  rows.first_publication = state.inputs.empty();
  return rows;
}

std::vector<GateResult> JudgeGates(const Plan& plan, const Accounting& rows, const DatasetRows& dataset) {
  std::vector<GateResult> results;
  const Pipeline& p = plan.pipeline;
  if (p.quarantine_percent_max)
    results.push_back(Percent("quarantine.max_percent", rows, *p.quarantine_percent_max, {p.file}));
  if (plan.contract.max_quarantine_percent) {
    results.push_back(
        Percent("onViolation.maxQuarantinePercent", rows, *plan.contract.max_quarantine_percent, p.contract_place));
  }
  if (p.quarantine_rows_max) {
    results.push_back({"quarantine.max_rows", fmt::format("at most {} rows", *p.quarantine_rows_max),
                       fmt::format("{} rows", rows.quarantined), rows.quarantined <= *p.quarantine_rows_max, {p.file}});
  }
  for (const auto& gate : p.gates) JudgeRowCount(gate, dataset, &results);
  return results;
}

Status GateVerdict(const std::vector<GateResult>& gates, const std::string& quarantine_to) {
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
