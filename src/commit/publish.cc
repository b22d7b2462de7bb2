// Sealing and swapping of partitions.
#include "commit/publish.h"

#include "base/hash.h"

#include <cerrno>

namespace freight {
namespace {

constexpr int64_t kCopyBytes = 1 << 20;

constexpr int64_t kPartitionManifestBytesMax = kRecordBytesMax;

Status RefuseForeignFilesIn(Env& env, const std::string& folder, const std::vector<PartInfo>& parts) {
  const auto names = env.List(folder);
  if (!names.ok()) return ReactionOf(names.status()) == Reaction::kNotFound ? Status::OK() : names.status();
  std::set<std::string> known;
  for (const PartInfo& part : parts) known.insert(part.file);
  for (const std::string& name : *names) {
    if (known.contains(name) || name == kPartitionManifest || name == kSuccessFile) continue;
    ARROW_ASSIGN_OR_RAISE(const FileStat stat, env.Stat(JoinPath(folder, name)));
    if (stat.kind == FileKind::kDirectory) continue;
    return Fail(Reaction::kFailed, "\"{}\" holds \"{}\", which freight did not write and the swap would remove", folder,
                name)
        .Help("move that file away and run again");
  }
  return Status::OK();
}

bool LacksLinks(const Status& status) {
  const int error = ErrnoOf(status);
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK || error == EXDEV;
}

Status CopyFile(Env& env, const std::string& from, const std::string& to) {
  const std::string unfinished = to + kInProgress;
  ARROW_ASSIGN_OR_RAISE(const auto source, env.OpenRead(from));
  ARROW_ASSIGN_OR_RAISE(const auto copy, env.OpenWrite(unfinished, CreateMode::kNew));
  std::string buffer(kCopyBytes, '\0');
  for (int64_t offset = 0;;) {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, source->ReadAt(offset, kCopyBytes, buffer.data()));
    if (got == 0) break;
    ARROW_RETURN_NOT_OK(copy->Append(std::string_view(buffer).substr(0, static_cast<size_t>(got))));
    offset += got;
  }
  if (BrokenForTest() != Breakage::kSkipCopySync) ARROW_RETURN_NOT_OK(copy->Sync());
  ARROW_RETURN_NOT_OK(copy->Close());
  return env.Rename(unfinished, to, RenameMode::kNoReplace);
}

// One file under a second name; a durable copy where the file system has no hard links. Durable by SyncDir.
Status LinkOrCopy(Env& env, const std::string& existing, const std::string& name) {
  Status linked = env.Link(existing, name);
  return LacksLinks(linked) ? CopyFile(env, existing, name) : linked;
}

Status AssemblePartition(const PublishContext& in, const IntentRecord& intent,
                         const PartitionVersion& partition, const std::map<std::string, std::string>& stage_of,
                         DirMaker* dirs) {
  const std::string folder = in.layout.StagedPartition(intent.stage, partition.path);
  ARROW_RETURN_NOT_OK(dirs->Make(folder).status());
  bool linked_any = false;
  for (const PartInfo& part : partition.files) {
    const auto stage = stage_of.find(part.partition + "/" + part.file);
    if (stage != stage_of.end() && stage->second == intent.stage) continue;
    const std::string source = stage == stage_of.end() ? in.layout.Live(partition.path)
                                                       : in.layout.StagedPartition(stage->second, partition.path);
    const Status linked = LinkOrCopy(in.env, JoinPath(source, part.file), JoinPath(folder, part.file));
    if (ReactionOf(linked) == Reaction::kNotFound) {
      return Fail(Reaction::kCorrupt, "\"{}\" is gone, which the manifest lists", JoinPath(source, part.file))
          .Help("restore it, or write everything again with: freight run --rebuild");
    }
    ARROW_RETURN_NOT_OK(linked);
    linked_any = true;
  }
  // What was staged by this run is durable since its chunks were committed.
  return linked_any ? in.syncs.SyncDir(folder) : Status::OK();
}

Status WriteSealFile(const PublishContext& in, const std::string& path, const std::string& bytes) {
  ARROW_ASSIGN_OR_RAISE(auto new_file, in.env.OpenWrite(path, CreateMode::kNew));
  const auto file = in.syncs.Defer(std::move(new_file));
  ARROW_RETURN_NOT_OK(file->Append(bytes));
  if (BrokenForTest() != Breakage::kSkipSealSync) ARROW_RETURN_NOT_OK(file->Sync());
  return file->Close();
}

// P2. What an earlier attempt left in the staged directory goes, so that exactly the listed files are published.
Status SealPartition(const PublishContext& in, const std::string& folder, const std::string& dataset,
                     const IntentRecord& intent, const PartitionVersion& partition) {
  ARROW_ASSIGN_OR_RAISE(const auto names, in.env.List(folder));
  std::set<std::string> missing;
  for (const PartInfo& part : partition.files) missing.insert(part.file);
  for (const std::string& name : names) {
    if (missing.erase(name) == 0) ARROW_RETURN_NOT_OK(RemoveTree(in.env, JoinPath(folder, name)));
  }
  if (!missing.empty()) {
    return Fail(Reaction::kCorrupt, "\"{}\" is gone, which the manifest lists", JoinPath(folder, *missing.begin()))
        .Help("restore the state folder from a copy");
  }
  if (BrokenForTest() == Breakage::kSkipSeal) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const std::string text, PartitionManifestText(dataset, intent, partition));
  ARROW_RETURN_NOT_OK(WriteSealFile(in, JoinPath(folder, kPartitionManifest), text));
  ARROW_RETURN_NOT_OK(WriteSealFile(in, JoinPath(folder, kSuccessFile), HashHex(text) + "\n"));
  return BrokenForTest() == Breakage::kSkipSealSync ? Status::OK() : in.syncs.SyncDir(folder);
}

// Whether P3 has happened: a run that was cut off cannot know in another way.
Result<bool> IsLive(const PublishContext& in, const PartitionVersion& partition) {
  const auto text =
      ReadFile(in.env, JoinPath(in.layout.Live(partition.path), kPartitionManifest), kPartitionManifestBytesMax);
  if (text.ok()) return CommitIdIn(*text) == partition.commit_id;
  if (ReactionOf(text.status()) == Reaction::kNotFound) return false;
  return text.status();
}

using Partitions = std::vector<const PartitionVersion*>;

// P2 of all. Nothing is to be emptied where the directory went along when a partition above it was swapped.
Status SealPartitions(const PublishContext& in, const std::string& dataset, const IntentRecord& intent,
                      const Partitions& partitions) {
  for (const PartitionVersion* partition : partitions) {
    ARROW_ASSIGN_OR_RAISE(const bool exists, Exists(in.env, in.layout.Live(partition->path)));
    if (!exists && partition->files.empty()) continue;
    const std::string staged = in.layout.StagedPartition(intent.stage, partition->path);
    ARROW_RETURN_NOT_OK(SealPartition(in, staged, dataset, intent, *partition));
  }
  return in.syncs.Drain();
}

// P3 of all, in a row, so that readers see old and new partitions side by side as briefly as can be.
Status SwapSealed(const PublishContext& in, ManifestLog& log, const IntentRecord& intent,
                  const Partitions& partitions) {
  DirMaker dirs(in.env);
  for (const PartitionVersion* partition : partitions) {
    const std::string live = in.layout.Live(partition->path);
    ARROW_ASSIGN_OR_RAISE(const bool exists, Exists(in.env, live));
    if (!exists && partition->files.empty()) continue;
    if (!exists) ARROW_RETURN_NOT_OK(dirs.Make(ParentPath(live)).status());
    ARROW_RETURN_NOT_OK(log.CheckEpoch());
    const std::string staged = in.layout.StagedPartition(intent.stage, partition->path);
    ARROW_RETURN_NOT_OK(in.env.Rename(staged, live, exists ? RenameMode::kExchange : RenameMode::kNoReplace));
  }
  return dirs.Sync();
}

// P4. The folders of an emptied partition that was not there to be emptied are missing and need no sync.
Status SyncParents(const PublishContext& in, const IntentRecord& intent, const Partitions& partitions) {
  if (BrokenForTest() == Breakage::kSkipParentSync) return Status::OK();
  std::set<std::string> parents;
  for (const PartitionVersion* partition : partitions) {
    parents.insert(ParentPath(in.layout.Live(partition->path)));
    parents.insert(ParentPath(in.layout.StagedPartition(intent.stage, partition->path)));
  }
  for (const std::string& parent : parents) {
    const Status synced = in.env.SyncDir(parent);
    if (!synced.ok() && ReactionOf(synced) != Reaction::kNotFound) return synced;
  }
  return Status::OK();
}

}  // namespace

Status AssembleStage(const PublishContext& in, const IntentRecord& intent, const DatasetState& live,
                     const std::map<std::string, std::string>& stage_of) {
  static const std::vector<PartInfo> kNone;
  DirMaker dirs(in.env);
  for (const PartitionVersion& partition : intent.partitions) {
    const auto parts = live.partitions.find(partition.path);
    ARROW_RETURN_NOT_OK(RefuseForeignFilesIn(in.env, in.layout.Live(partition.path),
                                             parts == live.partitions.end() ? kNone : parts->second));
    ARROW_RETURN_NOT_OK(AssemblePartition(in, intent, partition, stage_of, &dirs));
  }
  ARROW_RETURN_NOT_OK(in.syncs.Drain());
  return dirs.Sync();
}

Status PublishPartitions(const PublishContext& in, ManifestLog& log, const std::string& dataset,
                         const IntentRecord& intent, const std::set<std::string>& swapped) {
  Partitions unrecorded, unswapped;
  for (const PartitionVersion& partition : intent.partitions) {
    if (swapped.contains(partition.commit_id)) continue;
    unrecorded.push_back(&partition);
    ARROW_ASSIGN_OR_RAISE(const bool is_live, IsLive(in, partition));
    if (!is_live) unswapped.push_back(&partition);
  }
  ARROW_RETURN_NOT_OK(SealPartitions(in, dataset, intent, unswapped));
  ARROW_RETURN_NOT_OK(SwapSealed(in, log, intent, unswapped));
  ARROW_RETURN_NOT_OK(SyncParents(in, intent, unrecorded));
  std::vector<Record> records;
  for (const PartitionVersion* partition : unrecorded) {
    records.push_back(PartitionPublished{intent.epoch, partition->path, partition->commit_id});
  }
  records.push_back(RunPublished{intent.epoch, intent.run_id});
  return log.Append(records);
}

Status SwapPartitions(const PublishContext& in, ManifestLog& log, const std::string& dataset,
                      const IntentRecord& intent) {
  Partitions all;
  for (const PartitionVersion& partition : intent.partitions) all.push_back(&partition);
  ARROW_RETURN_NOT_OK(SealPartitions(in, dataset, intent, all));
  return SwapSealed(in, log, intent, all);
}

}  // namespace freight
