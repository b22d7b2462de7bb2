// Staged files: naming, resuming, cleaning.
#include "commit/staging.h"

#include "commit/decide.h"

#include <algorithm>
#include <set>

namespace freight {
namespace {

struct FileSize {
  std::string path;
  int64_t bytes;
};

std::vector<FileSize> FilesOf(const DatasetLayout& layout, const StagedChunk& staged) {
  std::vector<FileSize> files;
  for (const PartInfo& part : staged.chunk.parts) {
    files.push_back({JoinPath(layout.StagedPartition(staged.stage, part.partition), part.file), part.bytes});
  }
  for (const QuarantineFile& file : staged.chunk.quarantine) files.push_back({file.path, file.bytes});
  for (const BundleInfo& bundle : staged.chunk.bundles) files.push_back({bundle.path, bundle.bytes});
  return files;
}

Result<bool> FilesAreThere(Env& env, const DatasetLayout& layout, const StagedChunk& staged) {
  for (const FileSize& file : FilesOf(layout, staged)) {
    const auto stat = env.Stat(file.path);
    if (!stat.ok() && ReactionOf(stat.status()) != Reaction::kNotFound) return stat.status();
    if (!stat.ok() || stat->size_bytes != file.bytes) return false;
  }
  return true;
}

Result<bool> RemoveUnlisted(Env& env, const std::string& path, const std::set<std::string>& listed);

// True when nothing is left in it.
Result<bool> RemoveUnlistedUnder(Env& env, const std::string& folder, const std::set<std::string>& listed) {
  const auto names = env.List(folder);
  if (!names.ok()) {
    if (ReactionOf(names.status()) == Reaction::kNotFound) return true;
    return names.status();
  }
  bool all_gone = true;
  for (const std::string& name : *names) {
    ARROW_ASSIGN_OR_RAISE(const bool gone, RemoveUnlisted(env, JoinPath(folder, name), listed));
    all_gone = all_gone && gone;
  }
  return all_gone;
}

Result<bool> RemoveUnlisted(Env& env, const std::string& path, const std::set<std::string>& listed) {
  if (listed.contains(path)) return false;
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, env.Stat(path));
  if (stat.kind != FileKind::kDirectory) {
    ARROW_RETURN_NOT_OK(env.RemoveFile(path));
    return true;
  }
  ARROW_ASSIGN_OR_RAISE(const bool empty, RemoveUnlistedUnder(env, path, listed));
  if (empty) ARROW_RETURN_NOT_OK(env.RemoveDir(path));
  return empty;
}

Status RemoveIfThere(Env& env, const std::string& path) {
  const Status removed = env.RemoveFile(path);
  return ReactionOf(removed) == Reaction::kNotFound ? Status::OK() : removed;
}

// By base name, since the folder may be spelled in another way than the files in it were.
Status DeleteQuarantineLeftovers(Env& env, const LogState& state, const std::vector<StagedChunk>& kept) {
  std::set<std::string> kept_paths;
  std::set<std::string> kept_names;
  for (const StagedChunk& staged : kept) {
    for (const QuarantineFile& file : staged.chunk.quarantine) {
      kept_paths.insert(file.path);
      kept_names.insert(BaseName(file.path));
    }
  }
  for (const ChunkDone& chunk : state.live.pending_chunks) {
    for (const QuarantineFile& file : chunk.quarantine) {
      if (!kept_paths.contains(file.path)) ARROW_RETURN_NOT_OK(RemoveIfThere(env, file.path));
    }
  }
  const std::string folder = state.unfinished->quarantine_dir;
  const auto names = folder.empty() ? Result<std::vector<std::string>>(std::vector<std::string>()) : env.List(folder);
  if (!names.ok()) return ReactionOf(names.status()) == Reaction::kNotFound ? Status::OK() : names.status();
  for (const std::string& name : *names) {
    if (!kept_names.contains(name)) ARROW_RETURN_NOT_OK(RemoveIfThere(env, JoinPath(folder, name)));
  }
  return Status::OK();
}

}  // namespace

Status StageChunkFiles(Env& env, const DatasetLayout& layout, const StagedChunk& staged, DirMaker* dirs,
                       SyncQueue* syncs) {
  const RenameMode mode =
      BrokenForTest() == Breakage::kReplaceStaged ? RenameMode::kReplace : RenameMode::kNoReplace;
  std::set<std::string> folders;
  for (const FileSize& file : FilesOf(layout, staged)) {
    ARROW_RETURN_NOT_OK(env.Rename(file.path + kInProgress, file.path, mode));
    folders.insert(ParentPath(file.path));
  }
  if (BrokenForTest() == Breakage::kSkipStageDirSync) return Status::OK();
  for (const std::string& folder : folders) ARROW_RETURN_NOT_OK(syncs->SyncDir(folder));
  ARROW_RETURN_NOT_OK(syncs->Drain());
  return dirs->Sync();
}

Result<std::vector<StagedChunk>> ResumableChunks(Env& env, const DatasetLayout& layout, const LogState& state,
                                                 const RunRequest& request, RunDecision* decision) {
  std::map<std::string, const InputVersion*> listed;
  for (const InputVersion& input : request.inputs) listed[input.name] = &input;
  std::vector<StagedChunk> kept;
  for (InputDecision& input : decision->inputs) {
    if (!input.read) continue;
    std::map<int32_t, StagedChunk> fitting;
    for (size_t i = 0; i < state.live.pending_chunks.size(); ++i) {
      const ChunkDone& chunk = state.live.pending_chunks[i];
      if (chunk.input != input.name || !ChunkFits(state.live, request, chunk, *listed.at(input.name))) continue;
      fitting[chunk.index] = {chunk, state.pending_stage[i]};
    }
    int32_t next = 0;
    for (auto& [index, staged] : fitting) {
      if (index != next) break;
      ARROW_ASSIGN_OR_RAISE(const bool there, FilesAreThere(env, layout, staged));
      if (!there) {
        input.why += fmt::format("; chunk {} is done again, a staged file of it is missing or has another size", index);
        break;
      }
      kept.push_back(std::move(staged));
      ++next;
    }
  }
  return kept;
}

Status DeleteLeftovers(Env& env, const DatasetLayout& layout, const LogState& state,
                       const std::vector<StagedChunk>& kept) {
  if (BrokenForTest() == Breakage::kKeepUnlistedStage) return Status::OK();
  if (state.unfinished) ARROW_RETURN_NOT_OK(DeleteQuarantineLeftovers(env, state, kept));
  std::set<std::string> listed;
  for (const StagedChunk& staged : kept) {
    for (const FileSize& file : FilesOf(layout, staged)) listed.insert(file.path);
  }
  return RemoveUnlistedUnder(env, layout.StageRoot(), listed).status();
}

}  // namespace freight
