// Helpers over any Env: each is a loop over its calls.
#include "io/env.h"
#include "io/os_error.h"

#include <algorithm>
#include <cerrno>

namespace freight {
namespace {

// What a file of unknown length (a FIFO) is read by.
constexpr int64_t kReadStepBytes = 64 * 1024;

Status WriteAndSync(Env& env, const std::string& path, std::string_view bytes) {
  ARROW_ASSIGN_OR_RAISE(auto file, env.OpenWrite(path, CreateMode::kNew));
  ARROW_RETURN_NOT_OK(file->Append(bytes));
  ARROW_RETURN_NOT_OK(file->Sync());
  return file->Close();
}

}  // namespace

Result<bool> Exists(Env& env, const std::string& path) {
  const auto stat = env.Stat(path);
  if (stat.ok()) return true;
  if (ReactionOf(stat.status()) == Reaction::kNotFound) return false;
  return stat.status();
}

Result<bool> DirMaker::Make(const std::string& path) {
  std::vector<std::string> missing;
  std::string at = path;
  while (!known_.contains(at)) {
    const auto stat = env_.Stat(at);
    if (stat.ok() && stat->kind != FileKind::kDirectory) return OsError(ENOTDIR, "make directory", path);
    if (stat.ok()) {
      // A run that was killed between MakeDir and SyncDir left a directory that a power cut still takes away. A parent
      // that we may not open cannot be one in which such a run made something.
      unsynced_where_allowed_.insert(ParentPath(at));
      known_.insert(at);
      break;
    }
    if (ReactionOf(stat.status()) != Reaction::kNotFound) return stat.status();
    missing.push_back(at);
    if (ParentPath(at) == at) return stat.status();
    at = ParentPath(at);
  }
  std::reverse(missing.begin(), missing.end());
  for (const std::string& directory : missing) {
    ARROW_RETURN_NOT_OK(env_.MakeDir(directory));
    known_.insert(directory);
    unsynced_.insert(ParentPath(directory));
  }
  return !missing.empty();
}

Status DirMaker::Sync() {
  for (const std::string& directory : unsynced_where_allowed_) {
    if (unsynced_.contains(directory)) continue;
    const Status synced = env_.SyncDir(directory);
    if (!synced.ok() && ErrnoOf(synced) != EACCES) return synced;
  }
  for (const std::string& directory : unsynced_) ARROW_RETURN_NOT_OK(env_.SyncDir(directory));
  unsynced_where_allowed_.clear();
  unsynced_.clear();
  return Status::OK();
}

Status MakeDirs(Env& env, const std::string& path, bool sync_new_ancestors) {
  DirMaker dirs(env);
  ARROW_RETURN_NOT_OK(dirs.Make(path).status());
  return sync_new_ancestors ? dirs.Sync() : Status::OK();
}

Status RemoveTree(Env& env, const std::string& path) {
  // Unlinking first, not looking first: a symbolic link to a directory is removed, never followed.
  const Status removed = env.RemoveFile(path);
  if (removed.ok() || ReactionOf(removed) == Reaction::kNotFound) return Status::OK();
  if (ErrnoOf(removed) != EISDIR) return removed;
  ARROW_ASSIGN_OR_RAISE(const auto names, env.List(path));
  for (const std::string& name : names) ARROW_RETURN_NOT_OK(RemoveTree(env, JoinPath(path, name)));
  const Status gone = env.RemoveDir(path);
  return ReactionOf(gone) == Reaction::kNotFound ? Status::OK() : gone;
}

Result<std::string> ReadFile(Env& env, const std::string& path, int64_t bytes_max) {
  ARROW_ASSIGN_OR_RAISE(auto file, env.OpenRead(path));
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, file->Stat());
  std::string bytes;
  int64_t size = 0;
  while (true) {
    // One byte more than expected, so that the read that finds the end is the only one.
    const int64_t room = std::min(std::max(stat.size_bytes - size + 1, kReadStepBytes), bytes_max - size + 1);
    bytes.resize(static_cast<size_t>(size + room));
    ARROW_ASSIGN_OR_RAISE(const int64_t got, file->ReadAt(size, room, bytes.data() + size));
    size += got;
    if (size > bytes_max) {
      return Fail(Reaction::kInvalid, "\"{}\" is larger than {} bytes", path, bytes_max)
          .Help("check that this is the file you meant");
    }
    if (got < room) break;
  }
  bytes.resize(static_cast<size_t>(size));
  return bytes;
}

Status WriteFileAtomic(Env& env, const std::string& path, std::string_view bytes) {
  // A fixed name, so that what a killed writer left is replaced by the next one and never piles up.
  const std::string temp = path + ".tmp";
  const Status cleared = env.RemoveFile(temp);
  if (!cleared.ok() && ReactionOf(cleared) != Reaction::kNotFound) return cleared;
  Status written = WriteAndSync(env, temp, bytes);
  if (written.ok()) written = env.Rename(temp, path, RenameMode::kReplace);
  if (!written.ok()) {
    (void)env.RemoveFile(temp);  // the first failure is the one to report
    return written;
  }
  return env.SyncDir(ParentPath(path));
}

}  // namespace freight
