// A plan as the JSON object of `freight plan --json`.
#include "cli/report_text.h"

#include <nlohmann/json.hpp>

namespace freight {
namespace {

using nlohmann::ordered_json;

const char* InputStateWord(InputState state) {
  switch (state) {
    case InputState::kNew: return "new";
    case InputState::kChanged: return "changed";
    case InputState::kUnchanged: return "unchanged";
    case InputState::kVanished: return "vanished";
  }
  return "new";
}

ordered_json InputJson(const InputDecision& decision, const PlannedInput* input) {
  ordered_json json = {{"name", decision.name},
                       {"state", InputStateWord(decision.state)},
                       {"read", decision.read},
                       {"rows_leave", decision.rows_leave},
                       {"why", decision.why},
                       {"outdated", decision.outdated}};
  if (input == nullptr) return json;
  json["bytes"] = input->version.stat.size_bytes;
  json["chunks"] = input->chunks;
  json["chunks_done"] = input->chunks_done;
  if (const auto& skipped = input->header.skipped) {
    json["row_groups"] = skipped->row_groups;
    json["row_groups_skipped"] = skipped->skipped;
    json["rows_skipped"] = skipped->rows;
  }
  return json;
}

}  // namespace

ordered_json PlanJson(const Plan& plan) {
  ordered_json inputs = ordered_json::array(), live = ordered_json::array(), refusals = ordered_json::array();
  for (const auto& decision : plan.decision.inputs) {
    const PlannedInput* found = nullptr;
    for (const auto& input : plan.inputs) {
      if (input.version.name == decision.name) found = &input;
    }
    inputs.push_back(InputJson(decision, found));
  }
  for (const auto& [path, rows] : plan.partitions_live) live.push_back({{"path", path}, {"rows", rows}});
  for (const auto& refusal : plan.decision.refusals) {
    const ErrorDetail* detail = DetailOf(refusal);
    refusals.push_back({{"message", refusal.message()}, {"help", detail ? detail->help : ""}});
  }
  ordered_json columns = ordered_json::array();
  for (const auto& column : plan.contract.columns) columns.push_back(column.name);
  ordered_json json;
  json["format_version"] = 1;
  json["dataset"] = plan.pipeline.dataset;
  json["root"] = plan.request.root;
  json["nothing_to_do"] = plan.decision.nothing_to_do;
  json["inputs"] = std::move(inputs);
  json["bytes_to_read"] = plan.bytes_to_read;
  json["partitions_live"] = std::move(live);
  json["partitions_losing"] = plan.decision.partitions_losing;
  json["columns_read"] = std::move(columns);
  json["columns_not_read"] = plan.unread_columns;
  json["threads"] = plan.threads;
  json["memory_bytes"] = plan.memory_bytes;
  json["memory_bytes_needed"] = plan.memory_bytes_needed;
  json["refusals"] = std::move(refusals);
  json["notes"] = plan.notes;
  return json;
}

}  // namespace freight
