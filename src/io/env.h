// The world as a parameter: files, directories, locks, clock, random. No other folder touches the operating system.
//
// Implementations: DiskEnv (the machine), MemEnv (tests; keeps what was synced apart from what was not),
// FaultEnv (wraps another Env: stops at the k-th call, EIO, ENOSPC, short writes, EINTR, drops unsynced data).
// Thread: Env and the file objects' const methods may be used from many threads; one writer per WritableFile.
// Errors: Status whose message names the path and the system's reason; its errno is what ErrnoOf() below answers.
// ENOENT has the reaction kNotFound, all others kFailed.
#pragma once

#include "base/status.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

enum class FileKind : uint8_t { kFile, kDirectory, kSymlinkLoop, kFifo, kOther };

// What stat(2) says, symbolic links followed.
struct FileStat {
  FileKind kind = FileKind::kFile;
  int64_t size_bytes = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t inode = 0;
  uint64_t device = 0;
  bool operator==(const FileStat&) const = default;
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // Reads up to `bytes` at `offset`; fewer only at the end of the file. A FIFO must be read in order.
  virtual Result<int64_t> ReadAt(int64_t offset, int64_t bytes, void* out) = 0;
  virtual Result<FileStat> Stat() = 0;
};

class WritableFile {
 public:
  virtual ~WritableFile() = default;  // closes without sync when Close was not called
  virtual Status Append(std::string_view bytes) = 0;  // all of it or an error; short writes are repeated inside
  virtual Status Sync() = 0;                          // fdatasync; after an error the file must be discarded
  virtual Status Close() = 0;
};

// Exclusive lock on a file, held until destroyed or the process ends (an OFD lock on disk).
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class CreateMode : uint8_t { kNew, kAppend };                    // kNew fails if the path exists
enum class RenameMode : uint8_t { kNoReplace, kExchange, kReplace };  // one renameat2(2) each

class Env {
 public:
  virtual ~Env() = default;

  virtual Result<std::unique_ptr<ReadableFile>> OpenRead(const std::string& path) = 0;
  virtual Result<std::unique_ptr<WritableFile>> OpenWrite(const std::string& path, CreateMode mode) = 0;
  virtual Result<FileStat> Stat(const std::string& path) = 0;  // NotFound reaction when absent
  virtual Result<std::vector<std::string>> List(const std::string& directory) = 0;  // names, sorted by bytes
  virtual Status MakeDir(const std::string& path) = 0;   // one level; an existing directory is fine
  virtual Status Rename(const std::string& from, const std::string& to, RenameMode mode) = 0;
  virtual Status Link(const std::string& existing, const std::string& name) = 0;
  virtual Status RemoveFile(const std::string& path) = 0;
  virtual Status RemoveDir(const std::string& path) = 0;  // must be empty
  virtual Status SyncDir(const std::string& path) = 0;
  virtual Status Truncate(const std::string& path, int64_t size_bytes) = 0;  // durable by the file's next Sync
  // Null when another holder has it.
  virtual Result<std::unique_ptr<FileLock>> TryLock(const std::string& path) = 0;

  virtual int64_t NowMicros() = 0;        // wall clock, UTC, since 1970
  virtual int64_t MonotonicNanos() = 0;
  virtual uint64_t Random() = 0;
  virtual std::string HostName() = 0;
  virtual int64_t ProcessId() = 0;
};

std::unique_ptr<Env> MakeDiskEnv();

// 0 when the failure did not come from the operating system.
int ErrnoOf(const Status& status);

// Helpers over any Env; each is a loop over the calls above.
Result<bool> Exists(Env& env, const std::string& path);
Status MakeDirs(Env& env, const std::string& path, bool sync_new_ancestors);
// Many directories that become durable together, each parent synced once. Remembers what it made. One caller.
class DirMaker {
 public:
  explicit DirMaker(Env& env) : env_(env) {}
  // True when the directory itself is new.
  Result<bool> Make(const std::string& path);
  Status Sync();

 private:
  Env& env_;
  std::set<std::string> known_;     // made, or seen to be there
  std::set<std::string> unsynced_;  // hold entries that a power cut may take away
  std::set<std::string> unsynced_where_allowed_;
};
Status RemoveTree(Env& env, const std::string& path);  // missing is fine
Result<std::string> ReadFile(Env& env, const std::string& path, int64_t bytes_max);
// Writes `path` whole and durable: "<path>.tmp", sync, rename over, sync directory. One writer per path at a time.
Status WriteFileAtomic(Env& env, const std::string& path, std::string_view bytes);
// Paths: pure string functions.
std::string JoinPath(std::string_view a, std::string_view b);  // b absolute wins
std::string ParentPath(std::string_view path);
std::string BaseName(std::string_view path);
// Files that match a glob (* ? [..] ** per path part), relative matches kept relative, sorted by bytes.
Result<std::vector<std::string>> Glob(Env& env, const std::string& pattern);

}  // namespace freight
