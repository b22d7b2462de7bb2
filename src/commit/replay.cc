// State = replay of the log.
#include "commit/replay.h"

#include "commit/decide.h"

#include <algorithm>

namespace freight {
namespace {

bool SameParts(const DatasetState& a, const DatasetState& b) {
  const auto same = [](const auto& x, const auto& y) { return x.first == y.first && SameFiles(x.second, y.second); };
  return std::equal(a.partitions.begin(), a.partitions.end(), b.partitions.begin(), b.partitions.end(), same);
}

void SortByFile(std::vector<PartInfo>* parts) {
  std::sort(parts->begin(), parts->end(), [](const PartInfo& a, const PartInfo& b) { return a.file < b.file; });
}

class Applier {
 public:
  Applier(const DatasetLayout& layout, LogState* state) : layout_(layout), state_(*state) {}

  void operator()(const SnapshotRecord& r) {
    state_ = {};
    state_.live.dataset = r.dataset;
    state_.live.epoch = r.epoch;
    state_.live.plan_hash = r.plan_hash;
    state_.live.layout_hash = r.layout_hash;
    state_.live.engine_version = r.engine_version;
    for (const InputVersion& input : r.inputs) state_.live.inputs[input.name] = input;
    for (const PartitionVersion& partition : r.partitions) SetPartition(partition);
  }

  void operator()(const RunStarted& r) {
    state_.live.epoch = r.epoch;
    EndRun();
    state_.unfinished = r;
    state_.unfinished->quarantine_dir = layout_.Resolve(r.quarantine_dir);
    state_.live.unfinished_run = r.run_id;
    state_.live.unfinished_plan_hash = r.plan_hash;
    state_.live.unfinished_scope = r.scope;
  }

  void operator()(const ChunkRecord& r) {
    state_.live.pending_chunks.push_back(ResolvedChunk(layout_, r.chunk));
    state_.pending_stage.push_back(r.stage);
  }

  void operator()(const IntentRecord& r) {
    state_.live.epoch = r.epoch;
    EndRun();
    state_.live.plan_hash = r.plan_hash;
    state_.live.layout_hash = r.layout_hash;
    state_.live.engine_version = r.engine_version;
    for (const std::string& name : r.removed_inputs) state_.live.inputs.erase(name);
    for (const InputVersion& input : r.inputs) state_.live.inputs[input.name] = input;
    for (const PartitionVersion& partition : r.partitions) SetPartition(partition);
    state_.open = r;
    state_.swapped.clear();
    state_.live.unfinished_run = r.run_id;
  }

  void operator()(const PartitionPublished& r) { state_.swapped.insert(r.commit_id); }

  void operator()(const RunPublished&) { EndRun(); }

  void operator()(const RunRefused&) { EndRun(); }

 private:
  void EndRun() {
    state_.open.reset();
    state_.swapped.clear();
    state_.unfinished.reset();
    state_.live.unfinished_run.clear();
    state_.live.unfinished_plan_hash.clear();
    state_.live.unfinished_scope.clear();
    state_.live.pending_chunks.clear();
    state_.pending_stage.clear();
  }

  void SetPartition(const PartitionVersion& partition) {
    PartitionVersion version = partition;
    version.files.clear();
    state_.versions[partition.path] = std::move(version);
    if (partition.files.empty()) {
      state_.live.partitions.erase(partition.path);
      return;
    }
    std::vector<PartInfo>& parts = state_.live.partitions[partition.path];
    parts = partition.files;
    SortByFile(&parts);
  }

  const DatasetLayout& layout_;
  LogState& state_;
};

Status RefuseForeignFiles(Env& env, const DatasetLayout& layout) {
  const auto stat = env.Stat(layout.root());
  if (!stat.ok()) return ReactionOf(stat.status()) == Reaction::kNotFound ? Status::OK() : stat.status();
  if (stat->kind != FileKind::kDirectory) {
    return Fail(Reaction::kInvalid, "target \"{}\" is not a folder", layout.root())
        .Help("name another folder in to.parquet");
  }
  ARROW_ASSIGN_OR_RAISE(const auto names, env.List(layout.root()));
  if (names.empty()) return Status::OK();
  return Fail(Reaction::kInvalid, "target \"{}\" holds files that freight did not write, such as \"{}\"", layout.root(),
              names.front())
      .Help("name an empty folder in to.parquet, or move these files away");
}

}  // namespace

void Apply(const DatasetLayout& layout, const Record& record, LogState* state) {
  if (EpochOf(record) < state->live.epoch) return;
  std::visit(Applier(layout, state), record);
}

Result<LogState> ReadLogState(Env& env, const DatasetLayout& layout) {
  LogState state;
  const auto log = ReadLog(env, layout.Log());
  if (!log.ok() && ReactionOf(log.status()) == Reaction::kNotFound) {
    ARROW_RETURN_NOT_OK(RefuseForeignFiles(env, layout));
    return state;
  }
  ARROW_RETURN_NOT_OK(log.status());
  for (const Record& record : log->records) Apply(layout, record, &state);
  return state;
}

Result<std::vector<PartInfo>> FindDamaged(Env& env, const DatasetLayout& layout, const DatasetState& live) {
  std::vector<PartInfo> damaged;
  for (const auto& [path, parts] : live.partitions) {
    const std::string folder = layout.Live(path);
    for (const PartInfo& part : parts) {
      const auto stat = env.Stat(JoinPath(folder, part.file));
      if (!stat.ok() && ReactionOf(stat.status()) != Reaction::kNotFound) return stat.status();
      if (!stat.ok() || stat->size_bytes != part.bytes) damaged.push_back(part);
    }
  }
  return damaged;
}

// A run may publish between the log and the files: what is damaged counts when the log has not moved meanwhile.
Result<DatasetState> ReadDatasetState(Env& env, const std::string& root) {
  const DatasetLayout layout(root);
  ARROW_ASSIGN_OR_RAISE(LogState state, ReadLogState(env, layout));
  while (!state.open) {
    ARROW_ASSIGN_OR_RAISE(state.live.damaged, FindDamaged(env, layout, state.live));
    if (state.live.damaged.empty()) break;
    ARROW_ASSIGN_OR_RAISE(LogState again, ReadLogState(env, layout));
    if (!again.open && SameParts(again.live, state.live)) break;
    state = std::move(again);
  }
  return std::move(state.live);
}

SnapshotRecord SnapshotOf(const LogState& state, int64_t epoch) {
  SnapshotRecord snapshot;
  snapshot.dataset = state.live.dataset;
  snapshot.epoch = epoch;
  snapshot.plan_hash = state.live.plan_hash;
  snapshot.layout_hash = state.live.layout_hash;
  snapshot.engine_version = state.live.engine_version;
  for (const auto& [name, input] : state.live.inputs) snapshot.inputs.push_back(input);
  for (const auto& [path, version] : state.versions) {
    snapshot.partitions.push_back(version);
    const auto parts = state.live.partitions.find(path);
    if (parts != state.live.partitions.end()) snapshot.partitions.back().files = parts->second;
  }
  return snapshot;
}

ChunkRecord PortableChunk(const DatasetLayout& layout, int64_t epoch, const std::string& stage,
                          const ChunkDone& chunk) {
  ChunkRecord record{epoch, stage, chunk};
  for (QuarantineFile& file : record.chunk.quarantine) file.path = layout.Portable(file.path);
  for (BundleInfo& bundle : record.chunk.bundles) bundle.path = layout.Portable(bundle.path);
  return record;
}

ChunkDone ResolvedChunk(const DatasetLayout& layout, ChunkDone chunk) {
  for (QuarantineFile& file : chunk.quarantine) file.path = layout.Resolve(file.path);
  for (BundleInfo& bundle : chunk.bundles) bundle.path = layout.Resolve(bundle.path);
  return chunk;
}

}  // namespace freight
