// One run over a dataset: lock, recovery, epoch, decision, chunks, and the publication as a whole.
#include "commit/dataset.h"

#include "commit/decide.h"
#include "commit/lock.h"
#include "commit/pending_chunks.h"
#include "commit/publish.h"
#include "commit/staging.h"

#include <algorithm>
#include <set>
#include <span>

namespace freight {
namespace {

const char* ModeWord(WriteMode mode) {
  switch (mode) {
    case WriteMode::kAppend: return "append";
    case WriteMode::kReplacePartitions: return "replace_partitions";
    case WriteMode::kReplace: return "replace";
  }
  FREIGHT_ASSERT(false);
}

// One Status for all refusals, with the reaction, place and help of the first.
Status JoinRefusals(const std::vector<Status>& refusals) {
  if (refusals.empty()) return Status::OK();
  if (refusals.size() == 1) return refusals.front();
  std::string text = refusals.front().message();
  for (size_t i = 1; i < refusals.size(); ++i) text += "; " + refusals[i].message();
  ErrorBuilder joined = Fail(ReactionOf(refusals.front()), "{}", text);
  if (const ErrorDetail* detail = DetailOf(refusals.front())) joined.At(detail->place).Help(detail->help);
  return joined;
}

Status CheckAccounting(const ChunkDone& chunk) {
  if (BrokenForTest() == Breakage::kSkipAccounting) return Status::OK();
  int64_t staged = 0;
  int64_t quarantined = 0;
  for (const PartInfo& part : chunk.parts) staged += chunk.gathered ? 0 : part.rows;
  for (const BundleInfo& bundle : chunk.bundles) staged += bundle.rows;
  for (const QuarantineFile& file : chunk.quarantine) quarantined += file.rows;
  if (chunk.rows.Balanced() && staged == chunk.rows.published && quarantined == chunk.rows.quarantined)
    return Status::OK();
  return Fail(Reaction::kCorrupt,
              "accounting of chunk {} of \"{}\" does not balance: {} rows in, {} published ({} in files), {} filtered, "
              "{} deduplicated, {} quarantined ({} in files)",
              chunk.index, chunk.input, chunk.rows.in, chunk.rows.published, staged, chunk.rows.filtered,
              chunk.rows.deduplicated, chunk.rows.quarantined, quarantined)
      .Help("nothing was published; please report this");
}

Status CheckRequest(const RunRequest& request) {
  if (request.root.empty() || request.run_id.empty() || request.run_id.find('/') != std::string::npos) {
    return Fail(Reaction::kInvalid, "a run needs a target and an id without \"/\", it has \"{}\" and \"{}\"",
                request.root, request.run_id);
  }
  return Status::OK();
}

std::string KeyOf(const PartInfo& part) { return part.input + "\n" + part.partition + "/" + part.file; }

// By input, and each input's by index.
using Chunks = std::span<const StagedChunk>;

Chunks OfInput(Chunks chunks, const std::string& input) {
  const auto range = std::ranges::equal_range(chunks, input, {}, [](const StagedChunk& s) { return s.chunk.input; });
  return {range.begin(), range.end()};
}

// All parts of the chunks but those that closing records replace.
std::vector<PartInfo> PartsToPublish(Chunks chunks) {
  std::set<std::string> replaced;
  for (const StagedChunk& staged : chunks) {
    for (const PartInfo& part : staged.chunk.replaced) replaced.insert(KeyOf(part));
  }
  if (BrokenForTest() == Breakage::kPublishReplaced) replaced.clear();
  std::vector<PartInfo> parts;
  for (const StagedChunk& staged : chunks) {
    for (const PartInfo& part : staged.chunk.parts) {
      if (!replaced.contains(KeyOf(part))) parts.push_back(part);
    }
  }
  return parts;
}

// The attempt that staged each part, by "partition/file".
std::map<std::string, std::string> StageOfParts(Chunks chunks) {
  std::map<std::string, std::string> stage_of;
  for (const StagedChunk& staged : chunks) {
    for (const PartInfo& part : staged.chunk.parts) stage_of[part.partition + "/" + part.file] = staged.stage;
  }
  return stage_of;
}

class TransactionImpl final : public Transaction {
 public:
  TransactionImpl(Env& env, RunRequest request, std::unique_ptr<FileLock> lock)
      : env_(env),
        request_(std::move(request)),
        layout_(request_.root),
        lock_(std::move(lock)),
        staged_dirs_(env),
        syncs_(env, request_.sync_threads) {}

  Status Begin(const std::function<Result<std::string>(const InputVersion&)>& content_hash_of);

  const DatasetState& state() const override { return state_.live; }
  const RunDecision& decision() const override { return decision_; }
  int64_t epoch() const override { return state_.live.epoch; }
  Result<std::vector<ChunkDone>> Done(const std::string& input) const override;
  Result<std::string> StageDir(const std::string& partition) override;
  std::string StagedPath(const PartInfo& part) const override;
  Result<std::string> BundleDir() override;
  Status CommitChunk(const ChunkDone& chunk) override;
  Result<Published> Publish() override;
  Status Refuse(const std::string& why) override;
  Result<std::vector<PartitionResult>> Preview() const override;

 private:
  Status RollForward();
  Status StartLog(const std::vector<StagedChunk>& kept);
  Status Append(const Record& record);
  Status CheckOpen() const;
  Status CheckChunk(const ChunkDone& chunk) const;
  Status CheckComplete(Chunks all) const;
  Status CheckInputComplete(const std::string& input, Chunks chunks) const;
  Status CheckVanishedRows(const TargetPartitions& target) const;
  const InputVersion* Listed(const std::string& input) const;
  TargetPartitions Target(Chunks all) const;
  PartitionResult ResultOf(const std::string& path, const std::vector<PartInfo>& parts) const;
  Result<IntentRecord> MakeIntent(const TargetPartitions& target, Chunks all);
  void DescribeInputs(Chunks all, IntentRecord* intent) const;

  Env& env_;
  const RunRequest request_;
  const DatasetLayout layout_;
  const std::unique_ptr<FileLock> lock_;
  LogState state_;  // but for this run's chunks
  PendingChunks pending_;
  std::set<std::string> damaged_partitions_;  // they are written again even if the files end as the log has them
  RunDecision decision_;
  std::unique_ptr<ManifestLog> log_;  // null when there is nothing to do
  std::string stage_;
  DirMaker staged_dirs_;
  SyncQueue syncs_;
  bool closed_ = false;
};

Status TransactionImpl::Begin(const std::function<Result<std::string>(const InputVersion&)>& content_hash_of) {
  ARROW_ASSIGN_OR_RAISE(state_, ReadLogState(env_, layout_));
  if (state_.open && BrokenForTest() != Breakage::kSkipRollForward) ARROW_RETURN_NOT_OK(RollForward());
  ARROW_ASSIGN_OR_RAISE(state_.live.damaged, FindDamaged(env_, layout_, state_.live));
  for (const PartInfo& part : state_.live.damaged) damaged_partitions_.insert(part.partition);
  decision_ = DecideRun(state_.live, request_, content_hash_of);
  ARROW_RETURN_NOT_OK(JoinRefusals(decision_.refusals));
  ARROW_ASSIGN_OR_RAISE(const auto kept, ResumableChunks(env_, layout_, state_, request_, &decision_));
  ARROW_RETURN_NOT_OK(DeleteLeftovers(env_, layout_, state_, kept));
  if (decision_.nothing_to_do && !state_.unfinished) return Status::OK();
  return StartLog(kept);
}

// A publication that was decided is completed before anything else happens, under an epoch of its own, so that the run
// that decided it cannot swap a partition back should it still be alive.
Status TransactionImpl::RollForward() {
  const int64_t epoch = state_.live.epoch + 1;
  IntentRecord intent = *state_.open;
  intent.epoch = epoch;
  std::vector<Record> records{SnapshotOf(state_, epoch), intent};
  for (const std::string& commit_id : state_.swapped) records.push_back(PartitionPublished{epoch, "", commit_id});
  const std::set<std::string> swapped = state_.swapped;
  ARROW_ASSIGN_OR_RAISE(auto log, ManifestLog::Start(env_, layout_.Log(), records, epoch));
  for (const Record& record : records) Apply(layout_, record, &state_);
  ARROW_RETURN_NOT_OK(PublishPartitions({env_, layout_, syncs_}, *log, state_.live.dataset, intent, swapped));
  Apply(layout_, RunPublished{epoch, intent.run_id}, &state_);
  return Status::OK();
}

Status TransactionImpl::StartLog(const std::vector<StagedChunk>& kept) {
  const int64_t epoch = state_.live.epoch + 1;
  SnapshotRecord snapshot = SnapshotOf(state_, decision_.nothing_to_do ? epoch : epoch - 1);
  snapshot.dataset = request_.dataset;
  std::vector<Record> records{std::move(snapshot)};
  if (!decision_.nothing_to_do) {
    records.push_back(RunStarted{epoch, request_.run_id, request_.plan_hash, request_.layout_hash,
                                 request_.engine_version, ModeWord(request_.mode), request_.scope,
                                 layout_.Portable(request_.quarantine_dir), env_.HostName(), env_.ProcessId(),
                                 env_.NowMicros()});
    for (const StagedChunk& staged : kept) records.push_back(PortableChunk(layout_, epoch, staged.stage, staged.chunk));
  }
  std::vector<LogPlace> places;
  ARROW_ASSIGN_OR_RAISE(log_, ManifestLog::Start(env_, layout_.Log(), records, epoch, &places));
  state_ = {};
  for (size_t i = 0; i < records.size(); ++i) {
    const auto* chunk = std::get_if<ChunkRecord>(&records[i]);
    chunk != nullptr ? pending_.Add(*chunk, places[i]) : Apply(layout_, records[i], &state_);
  }
  if (decision_.nothing_to_do) log_.reset();
  stage_ = StageName(epoch, request_.run_id);
  return Status::OK();
}

Result<std::vector<ChunkDone>> TransactionImpl::Done(const std::string& input) const {
  std::vector<ChunkDone> chunks;
  if (log_ == nullptr) return chunks;
  ARROW_ASSIGN_OR_RAISE(auto pending, pending_.Of(input, layout_, *log_));
  for (StagedChunk& staged : pending) chunks.push_back(std::move(staged.chunk));
  return chunks;
}

Result<std::string> TransactionImpl::StageDir(const std::string& partition) {
  ARROW_RETURN_NOT_OK(CheckOpen());
  std::string folder = layout_.StagedPartition(stage_, partition);
  ARROW_RETURN_NOT_OK(staged_dirs_.Make(folder).status());
  return folder;
}

std::string TransactionImpl::StagedPath(const PartInfo& part) const {
  return JoinPath(layout_.StagedPartition(pending_.StageOf(part.input, part.chunk), part.partition), part.file);
}

Result<std::string> TransactionImpl::BundleDir() {
  ARROW_RETURN_NOT_OK(CheckOpen());
  std::string folder = layout_.Bundles(stage_);
  ARROW_RETURN_NOT_OK(staged_dirs_.Make(folder).status());
  return folder;
}

Status TransactionImpl::CheckOpen() const {
  if (log_ != nullptr && !closed_) return Status::OK();
  return Fail(Reaction::kFailed, "run {} has nothing to do or has ended, it cannot stage or publish", request_.run_id);
}

Status TransactionImpl::Append(const Record& record) {
  ARROW_RETURN_NOT_OK(log_->Append(record));
  Apply(layout_, record, &state_);
  return Status::OK();
}

const InputVersion* TransactionImpl::Listed(const std::string& input) const {
  for (const InputVersion& version : request_.inputs) {
    if (version.name == input) return &version;
  }
  return nullptr;
}

Status TransactionImpl::CheckChunk(const ChunkDone& chunk) const {
  ARROW_RETURN_NOT_OK(CheckAccounting(chunk));
  const auto decided = std::find_if(decision_.inputs.begin(), decision_.inputs.end(),
                                    [&](const InputDecision& d) { return d.name == chunk.input && d.read; });
  if (decided == decision_.inputs.end()) {
    return Fail(Reaction::kTransient, "input \"{}\" was published by another run in between", chunk.input)
        .Help("run again");
  }
  if (!SameStat(chunk.stat, Listed(chunk.input)->stat)) {
    return Fail(Reaction::kFailed, "input \"{}\" changed while it was read", chunk.input)
        .At({chunk.input})
        .Help("run again when nothing writes to it any more");
  }
  if (chunk.index < pending_.CountOf(chunk.input)) {
    return Fail(Reaction::kFailed, "chunk {} of \"{}\" is done already", chunk.index, chunk.input);
  }
  for (const PartInfo& part : chunk.parts) {
    if (request_.scope.empty() ||
        std::find(request_.scope.begin(), request_.scope.end(), part.partition) != request_.scope.end())
      continue;
    return Fail(Reaction::kFailed, "partition \"{}\" is outside of what this run may replace", part.partition);
  }
  return Status::OK();
}

Status TransactionImpl::CommitChunk(const ChunkDone& chunk) {
  ARROW_RETURN_NOT_OK(CheckOpen());
  ARROW_RETURN_NOT_OK(CheckChunk(chunk));
  ARROW_RETURN_NOT_OK(log_->CheckEpoch());
  ARROW_RETURN_NOT_OK(StageChunkFiles(env_, layout_, {chunk, stage_}, &staged_dirs_, &syncs_));
  const ChunkRecord record = PortableChunk(layout_, epoch(), stage_, chunk);
  const int64_t offset = log_->end();
  ARROW_RETURN_NOT_OK(log_->Append(record));
  pending_.Add(record, {offset, log_->end() - offset});
  return Status::OK();
}

TargetPartitions TransactionImpl::Target(Chunks all) const {
  return TargetOf(state_.live, request_, decision_, PartsToPublish(all));
}

PartitionResult TransactionImpl::ResultOf(const std::string& path, const std::vector<PartInfo>& parts) const {
  PartitionResult result;
  result.path = path;
  result.files = static_cast<int64_t>(parts.size());
  for (const PartInfo& part : parts) {
    result.rows += part.rows;
    result.bytes += part.bytes;
  }
  const auto live = state_.live.partitions.find(path);
  if (live == state_.live.partitions.end()) {
    result.action = parts.empty() ? PartitionAction::kUnchanged : PartitionAction::kCreated;
  } else if (SameFiles(live->second, parts) && !damaged_partitions_.contains(path)) {
    result.action = PartitionAction::kUnchanged;
  } else {
    result.action = parts.empty() ? PartitionAction::kEmptied : PartitionAction::kReplaced;
  }
  return result;
}

Result<std::vector<PartitionResult>> TransactionImpl::Preview() const {
  std::vector<StagedChunk> all;
  if (log_ != nullptr) {
    ARROW_ASSIGN_OR_RAISE(all, pending_.All(layout_, *log_));
  }
  TargetPartitions target = Target(all);
  for (const auto& [path, parts] : state_.live.partitions) target.try_emplace(path, parts);
  std::vector<PartitionResult> results;
  for (const auto& [path, parts] : target) results.push_back(ResultOf(path, parts));
  return results;
}

Status TransactionImpl::CheckComplete(Chunks all) const {
  for (const InputDecision& input : decision_.inputs) {
    if (input.read) ARROW_RETURN_NOT_OK(CheckInputComplete(input.name, OfInput(all, input.name)));
  }
  return Status::OK();
}

// I4 once more over the whole input, since its closing record moved rows from bundles and parts to other parts.
Status TransactionImpl::CheckInputComplete(const std::string& input, Chunks chunks) const {
  int64_t published = 0;
  int64_t staged = 0;
  for (const StagedChunk& done : chunks) {
    ARROW_RETURN_NOT_OK(CheckAccounting(done.chunk));
    published += done.chunk.rows.published;
  }
  for (const PartInfo& part : PartsToPublish(chunks)) staged += part.rows;
  if (chunks.empty() || !chunks.back().chunk.last)
    return Fail(Reaction::kFailed, "input \"{}\" was not read to its end, so nothing was published", input)
        .Help("run again");
  if (published == staged || BrokenForTest() == Breakage::kSkipAccounting) return Status::OK();
  return Fail(Reaction::kCorrupt, "accounting of \"{}\" does not balance: {} rows published, {} in its files", input,
              published, staged)
      .Help("nothing was published; please report this");
}

// What DecideRun could not know: which partitions the rows of the read inputs fall into.
Status TransactionImpl::CheckVanishedRows(const TargetPartitions& target) const {
  if (request_.mode != WriteMode::kReplacePartitions || request_.on_vanished != OnVanished::kRefuse)
    return Status::OK();
  for (const auto& [path, parts] : target) {
    if (ResultOf(path, parts).action == PartitionAction::kUnchanged) continue;
    for (const PartInfo& part : parts) {
      if (Listed(part.input) != nullptr) continue;
      return Fail(Reaction::kFailed,
                  "input \"{}\" vanished and partition \"{}\", which this run replaces, holds rows of it", part.input,
                  path)
          .Help("nothing was published; restore the file, or set on_vanished: keep or drop");
    }
  }
  return Status::OK();
}

// Emptied partitions come first: with another partitioning, "a=1" may have to make room for "a=1/b=2" or the reverse.
Result<IntentRecord> TransactionImpl::MakeIntent(const TargetPartitions& target, Chunks all) {
  IntentRecord intent{
      epoch(), request_.run_id, stage_, request_.plan_hash, request_.layout_hash, request_.engine_version};
  for (const auto& [path, parts] : target) {
    for (size_t i = 1; i < parts.size(); ++i) {
      if (parts[i].file != parts[i - 1].file) continue;
      return Fail(Reaction::kFailed, "inputs \"{}\" and \"{}\" make a part of the same name in partition \"{}\"",
                  parts[i - 1].input, parts[i].input, path)
          .Help("rename one of them");
    }
    if (ResultOf(path, parts).action == PartitionAction::kUnchanged) continue;
    const auto last = state_.versions.find(path);
    const int64_t version = last == state_.versions.end() ? 1 : last->second.version + 1;
    intent.partitions.push_back({path, version, fmt::format("{:016x}{:016x}", env_.Random(), env_.Random()), parts});
  }
  std::stable_sort(
      intent.partitions.begin(), intent.partitions.end(),
      [](const PartitionVersion& a, const PartitionVersion& b) { return a.files.empty() && !b.files.empty(); });
  DescribeInputs(all, &intent);
  return intent;
}

void TransactionImpl::DescribeInputs(Chunks all, IntentRecord* intent) const {
  for (const InputDecision& decision : decision_.inputs) {
    if (decision.state == InputState::kVanished) {
      if (decision.rows_leave && request_.scope.empty()) intent->removed_inputs.push_back(decision.name);
      continue;
    }
    InputVersion version = *Listed(decision.name);
    const auto known = state_.live.inputs.find(decision.name);
    if (decision.read) {
      version.content_hash.clear();
      for (const auto& [chunk, stage] : OfInput(all, decision.name)) {
        if (!chunk.gathered) version.content_hash = ChainContentHash(version.content_hash, chunk.content_hash);
      }
    } else {
      version.content_hash = known->second.content_hash;
    }
    // A run over named partitions leaves the rows of others as they are.
    const bool all_rows = decision.read && request_.scope.empty();
    version.plan_hash = all_rows ? request_.plan_hash : known->second.plan_hash;
    const bool same = known != state_.live.inputs.end() && SameStat(known->second.stat, version.stat) &&
                      known->second.content_hash == version.content_hash &&
                      known->second.plan_hash == version.plan_hash;
    if (!same) intent->inputs.push_back(std::move(version));
  }
}

Result<Published> TransactionImpl::Publish() {
  if (decision_.nothing_to_do) return Published{};
  ARROW_RETURN_NOT_OK(CheckOpen());
  ARROW_RETURN_NOT_OK(log_->CheckEpoch());
  ARROW_ASSIGN_OR_RAISE(const std::vector<StagedChunk> all, pending_.All(layout_, *log_));
  ARROW_RETURN_NOT_OK(CheckComplete(all));
  const TargetPartitions target = Target(all);
  ARROW_RETURN_NOT_OK(CheckVanishedRows(target));
  Published published;
  for (const auto& [path, parts] : target) published.partitions.push_back(ResultOf(path, parts));
  ARROW_ASSIGN_OR_RAISE(const IntentRecord intent, MakeIntent(target, all));
  ARROW_RETURN_NOT_OK(AssembleStage({env_, layout_, syncs_}, intent, state_.live, StageOfParts(all)));
  closed_ = true;
  if (BrokenForTest() == Breakage::kPublishBeforeIntent) {
    ARROW_RETURN_NOT_OK(SwapPartitions({env_, layout_, syncs_}, *log_, request_.dataset, intent));
  }
  Status done = log_->CheckEpoch();
  if (done.ok()) done = Append(intent);
  if (done.ok()) done = PublishPartitions({env_, layout_, syncs_}, *log_, request_.dataset, intent, {});
  if (!done.ok()) {
    return Fail(ReactionOf(done), "publishing was cut off: {}", done.message())
        .Errno(ErrnoOf(done))
        .Help("run again: if the publication was recorded it is completed first, else it is repeated");
  }
  Apply(layout_, RunPublished{epoch(), request_.run_id}, &state_);
  // P6. What cannot be deleted now is deleted by the next run; the publication stands.
  (void)RemoveTree(env_, layout_.StageRoot());
  return published;
}

Status TransactionImpl::Refuse(const std::string& why) {
  ARROW_RETURN_NOT_OK(CheckOpen());
  ARROW_RETURN_NOT_OK(log_->CheckEpoch());
  ARROW_RETURN_NOT_OK(Append(RunRefused{epoch(), request_.run_id, why}));
  closed_ = true;
  (void)RemoveTree(env_, layout_.StageRoot());  // the next run deletes what is left
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<Transaction>> BeginTransaction(
    Env& env, const RunRequest& request,
    const std::function<Result<std::string>(const InputVersion&)>& content_hash_of) {
  ARROW_RETURN_NOT_OK(CheckRequest(request));
  const DatasetLayout layout(request.root);
  ARROW_ASSIGN_OR_RAISE(const bool known, Exists(env, layout.Log()));
  if (!known) {
    // A dataset that does not exist yet is refused without a trace.
    ARROW_ASSIGN_OR_RAISE(const LogState empty, ReadLogState(env, layout));
    ARROW_RETURN_NOT_OK(JoinRefusals(DecideRun(empty.live, request, content_hash_of).refusals));
  }
  ARROW_RETURN_NOT_OK(MakeDirs(env, layout.StateFolder(), true));
  ARROW_ASSIGN_OR_RAISE(auto lock, AcquireLock(env, layout, request));
  auto transaction = std::make_unique<TransactionImpl>(env, request, std::move(lock));
  ARROW_RETURN_NOT_OK(transaction->Begin(content_hash_of));
  return transaction;
}

}  // namespace freight
