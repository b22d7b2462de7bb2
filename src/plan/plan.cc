// Makes a plan: lists inputs, reads their headers, decides with the dataset's state. Reads only.
#include "plan/plan.h"

#include "base/count_text.h"
#include "base/hash.h"
#include "commit/dataset.h"
#include "contract/string_rules.h"
#include "plan/read_ahead.h"
#include "sink/bundle.h"
#include "source/file_list.h"

#include <arrow/api.h>

#include <algorithm>
#include <set>
#include <thread>

namespace freight {
namespace {

Result<std::vector<PlannedInput>> ListInputs(Env& env, const Pipeline& p) {
  ARROW_ASSIGN_OR_RAISE(auto files, ListFiles(env, p.folder, p.inputs, p.input_places, p.file));
  std::vector<PlannedInput> inputs;
  for (ListedFile& listed : files) {
    PlannedInput input;
    input.version.name = listed.file.name;
    input.version.stat = listed.stat;
    input.file = std::move(listed.file);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

std::string PartitionText(const std::vector<PartitionField>& fields) {
  std::string text;
  for (const auto& f : fields) {
    text += fmt::format("{}={}({},{});", f.name, static_cast<int>(f.kind), f.source, f.argument);
  }
  return text;
}

// What decides bytes; not limits, gates, threads or paths.
std::string PlanHash(const Pipeline& p, const Contract& contract, const PlanOptions& options) {
  std::string text =
      fmt::format("{}\n{}\n{}\n{}\n{}|{}|{}|{}\n{}|{}\n", FREIGHT_VERSION, contract.hash, p.format->Identity(),
                  PartitionText(p.partition_by), static_cast<int>(p.parquet.profile), static_cast<int>(p.parquet.codec),
                  p.parquet.level, p.parquet.page_bytes, options.morsel_bytes, options.chunk_morsels);
  text += fmt::format("join {}\n", options.small_part_bytes);
  if (!p.partition_by.empty()) text += fmt::format("bundles {}\n", kBundleMagic);  // staged ones are not read by others
  for (const auto& column : p.parquet.bloom_filter) text += fmt::format("bloom {}:{}\n", column.size(), column);
  for (const auto& column : p.parquet.sorted_by) text += fmt::format("sorted {}:{}\n", column.size(), column);
  if (p.row_group_bytes) text += fmt::format("row_group_size {}\n", *p.row_group_bytes);
  if (p.file_bytes) text += fmt::format("file_size {}\n", *p.file_bytes);
  for (const auto& partition : options.scope) text += partition + "\n";
  return HashHex(text);
}

RunRequest MakeRequest(const Pipeline& p, const Contract& contract, const PlanOptions& options,
                       const std::vector<PlannedInput>& inputs) {
  RunRequest request;
  request.dataset = p.dataset;
  request.root = JoinPath(p.folder, p.to);
  request.plan_hash = PlanHash(p, contract, options);
  request.layout_hash = HashHex(contract.ArrowSchema()->ToString() + "\n" + PartitionText(p.partition_by));
  request.engine_version = FREIGHT_VERSION;
  request.mode = p.mode;
  request.on_changed = p.on_changed;
  request.on_vanished = p.on_vanished;
  request.rebuild = options.rebuild;
  request.sync_threads = options.sync_threads;
  request.scope = options.scope;
  for (const auto& input : inputs) request.inputs.push_back(input.version);
  return request;
}

Status ReadHeaderOf(const Plan& plan, PlannedInput* input) {
  ARROW_ASSIGN_OR_RAISE(input->header, plan.pipeline.format->ReadHeader(input->file, plan.contract));
  const int64_t chunk_bytes = plan.options.morsel_bytes * plan.options.chunk_morsels;
  const int64_t left = std::max<int64_t>(0, input->version.stat.size_bytes - input->header.data_begin.offset);
  input->chunks = std::max<int64_t>(1, (left + chunk_bytes - 1) / chunk_bytes);
  return Status::OK();
}

// A morsel becomes a row group; chunks keep their size.
void SizeRowGroups(int64_t bytes, PlanOptions* options) {
  const int64_t chunk_bytes = options->morsel_bytes * options->chunk_morsels;
  options->morsel_bytes = bytes;
  options->chunk_morsels = std::max<int64_t>(1, chunk_bytes / bytes);
  options->gather_bytes = bytes;
}

Status CheckScope(const Pipeline& pipeline, const std::vector<std::string>& scope) {
  for (const auto& partition : scope) {
    if (pipeline.partition_by.empty()) {
      return Fail(Reaction::kInvalid, "--partition \"{}\": the dataset has no partitions", partition)
          .At({pipeline.file})
          .Help("declare partition_by, or run without --partition");
    }
    const std::string first = pipeline.partition_by.front().name + "=";
    if (!partition.starts_with(first)) {
      return Fail(Reaction::kInvalid, "--partition \"{}\" is no partition of this dataset", partition)
          .Help(fmt::format("write it as its folder is called: {}...", first));
    }
  }
  return Status::OK();
}

// Fills what depends on the decision: states, headers of inputs to read, chunk counts, columns not read.
Status Detail(const DatasetState& state, Plan* plan) {
  std::set<std::string> unread;
  for (const auto& decision : plan->decision.inputs) {
    auto found = std::find_if(plan->inputs.begin(), plan->inputs.end(),
                              [&](const PlannedInput& i) { return i.version.name == decision.name; });
    if (found == plan->inputs.end()) {
      plan->vanished.push_back(decision.name);
      continue;
    }
    found->decision = decision;
    if (!decision.read) continue;
    ARROW_RETURN_NOT_OK(ReadHeaderOf(*plan, &*found));
    plan->bytes_to_read += found->version.stat.size_bytes;
    for (const auto& name : found->header.unread) {
      if (unread.insert(name).second) plan->unread_columns.push_back(name);
    }
    for (const auto& chunk : state.pending_chunks) found->chunks_done += chunk.input == found->version.name;
  }
  for (const auto& [path, parts] : state.partitions) {
    int64_t& rows = plan->partitions_live[path];
    for (const auto& part : parts) rows += part.rows;
  }
  return Status::OK();
}

// The pages of a row group cannot wait for room: without a limit, they do not take that of the work on its rows.
void SetMemory(Plan* plan) {
  int64_t page_bytes = 0;
  for (const PlannedInput& input : plan->inputs) page_bytes = std::max(page_bytes, input.header.page_bytes);
  plan->memory_bytes = plan->pipeline.memory_bytes.value_or(kMemoryBytesUsual + page_bytes);
  plan->memory_bytes_needed = (plan->threads + 2) * kChargeFactor * plan->options.morsel_bytes +
                              plan->threads * PatternBytesMax(plan->contract.columns) + page_bytes;
}

}  // namespace

std::string OutdatedNote(const RunDecision& decision) {
  const auto number = std::count_if(decision.inputs.begin(), decision.inputs.end(),
                                    [](const InputDecision& input) { return input.outdated; });
  if (number == 0) return "";
  return fmt::format("{} {} published by another version of pipeline, contract or engine, and left so; to read {} "
                     "again: freight run --rebuild",
                     Count(number, "input"), number == 1 ? "was" : "were", number == 1 ? "it" : "them");
}

Result<Plan> MakePlan(Env& env, const Pipeline& pipeline, const Contract& contract, const PlanOptions& options) {
  ARROW_RETURN_NOT_OK(CheckScope(pipeline, options.scope));
  Plan plan;
  plan.pipeline = pipeline;
  plan.contract = contract;
  plan.options = options;
  if (pipeline.row_group_bytes) SizeRowGroups(*pipeline.row_group_bytes, &plan.options);
  ARROW_ASSIGN_OR_RAISE(plan.inputs, ListInputs(env, pipeline));
  plan.request = MakeRequest(pipeline, contract, plan.options, plan.inputs);
  ARROW_ASSIGN_OR_RAISE(auto state, ReadDatasetState(env, plan.request.root));
  plan.decision = DecideRun(state, plan.request, ContentHasher(plan));
  plan.notes = pipeline.notes;
  plan.notes.insert(plan.notes.end(), contract.notes.begin(), contract.notes.end());
  if (std::string note = OutdatedNote(plan.decision); !note.empty()) plan.notes.push_back(std::move(note));
  plan.threads = pipeline.threads > 0 ? pipeline.threads : std::max(1u, std::thread::hardware_concurrency());
  ARROW_RETURN_NOT_OK(Detail(state, &plan));
  SetMemory(&plan);
  return plan;
}

}  // namespace freight
