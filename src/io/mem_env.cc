// MemEnv: a whole machine in memory for tests; the disk itself is MemDisk.
#include "io/fault_env.h"
#include "io/mem_disk.h"
#include "io/os_error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

namespace freight {
namespace {

constexpr int64_t kFirstSecond = 1'767'225'600;  // 2026-01-01T00:00:00Z
constexpr int64_t kClockReadNanos = 1'000;       // what reading the monotonic clock costs

// What the file objects share with their Env, and may outlive.
struct Machine {
  std::mutex mutex;
  MemDisk disk;
  int64_t boots = 1;  // file objects of an earlier boot are dead
  uint64_t locks = 0;
  uint64_t random = 0;
  int64_t monotonic_ns = 0;
};
using MachinePtr = std::shared_ptr<Machine>;

FileStat StatOf(const MemInode& inode) {
  return {inode.is_directory ? FileKind::kDirectory : FileKind::kFile, static_cast<int64_t>(inode.bytes.size()),
          inode.mtime_ns, inode.ctime_ns, inode.id, 1};
}

// A file as one process has it open.
struct Handle {
  MachinePtr machine;
  MemInode::Ptr inode;
  std::string path;
  int64_t boot;
  bool alive() const { return boot == machine->boots; }
};

class MemReadableFile final : public ReadableFile {
 public:
  explicit MemReadableFile(Handle handle) : handle_(std::move(handle)) {}

  Result<int64_t> ReadAt(int64_t offset, int64_t bytes, void* out) override {
    const std::lock_guard lock(handle_.machine->mutex);
    if (!handle_.alive()) return OsError(EBADF, "read", handle_.path);
    const auto size = static_cast<int64_t>(handle_.inode->bytes.size());
    const int64_t got = std::clamp<int64_t>(size - offset, 0, bytes);
    if (got > 0) std::memcpy(out, handle_.inode->bytes.data() + offset, static_cast<size_t>(got));
    return got;
  }

  Result<FileStat> Stat() override {
    const std::lock_guard lock(handle_.machine->mutex);
    if (!handle_.alive()) return OsError(EBADF, "look at", handle_.path);
    return StatOf(*handle_.inode);
  }

 private:
  const Handle handle_;
};

class MemWritableFile final : public WritableFile {
 public:
  explicit MemWritableFile(Handle handle) : handle_(std::move(handle)) {}

  Status Append(std::string_view bytes) override {
    const std::lock_guard lock(handle_.machine->mutex);
    if (!open_ || !handle_.alive()) return OsError(EBADF, "write", handle_.path);
    handle_.machine->disk.Append(*handle_.inode, bytes);
    return Status::OK();
  }

  Status Sync() override {
    const std::lock_guard lock(handle_.machine->mutex);
    if (!open_ || !handle_.alive()) return OsError(EBADF, "sync", handle_.path);
    handle_.machine->disk.SyncFile(*handle_.inode);
    return Status::OK();
  }

  Status Close() override {
    const std::lock_guard lock(handle_.machine->mutex);
    if (!open_ || !handle_.alive()) return OsError(EBADF, "close", handle_.path);
    open_ = false;
    return Status::OK();
  }

 private:
  const Handle handle_;
  bool open_ = true;
};

class MemLock final : public FileLock {
 public:
  MemLock(Handle handle, uint64_t holder) : handle_(std::move(handle)), holder_(holder) {}
  ~MemLock() override {
    const std::lock_guard lock(handle_.machine->mutex);
    if (handle_.inode->lock_holder == holder_) handle_.inode->lock_holder = 0;
  }

 private:
  const Handle handle_;
  const uint64_t holder_;
};

void DropLocks(MemInode& inode) {
  inode.lock_holder = 0;
  for (const auto& [name, child] : inode.names) DropLocks(*child);
}

void Collect(const MemInode& inode, const std::string& path, std::map<std::string, std::string>* files) {
  if (!inode.is_directory) {
    (*files)[path] = inode.bytes;
    return;
  }
  for (const auto& [name, child] : inode.names) Collect(*child, JoinPath(path, name), files);
}

class MemEnvImpl final : public MemEnv {
 public:
  MemEnvImpl() : machine_(std::make_shared<Machine>()) { disk().now_ns = kFirstSecond * 1'000'000'000; }

  Result<std::unique_ptr<ReadableFile>> OpenRead(const std::string& path) override {
    const std::lock_guard lock(machine_->mutex);
    MemInode::Ptr file;
    if (const int failed = disk().FindTarget(path, &file); failed != 0) return OsError(failed, "open", path);
    if (file->is_directory) return OsError(EISDIR, "open", path);
    return std::make_unique<MemReadableFile>(Open(file, path));
  }

  Result<std::unique_ptr<WritableFile>> OpenWrite(const std::string& path, CreateMode mode) override {
    const std::lock_guard lock(machine_->mutex);
    MemDisk::Spot spot;
    if (const int failed = disk().Find(path, &spot); failed != 0) return OsError(failed, "create", path);
    if (spot.target != nullptr && mode == CreateMode::kNew) return OsError(EEXIST, "create", path);
    if (spot.target != nullptr && spot.target->is_directory) return OsError(EISDIR, "create", path);
    const auto file = spot.target != nullptr ? spot.target : disk().Create(spot, false);
    return std::make_unique<MemWritableFile>(Open(file, path));
  }

  Result<FileStat> Stat(const std::string& path) override {
    const std::lock_guard lock(machine_->mutex);
    MemInode::Ptr found;
    if (const int failed = disk().FindTarget(path, &found); failed != 0) return OsError(failed, "look at", path);
    return StatOf(*found);
  }

  Result<std::vector<std::string>> List(const std::string& directory) override {
    const std::lock_guard lock(machine_->mutex);
    MemInode::Ptr found;
    if (const int failed = disk().FindTarget(directory, &found); failed != 0) return OsError(failed, "list", directory);
    if (!found->is_directory) return OsError(ENOTDIR, "list", directory);
    std::vector<std::string> names;
    for (const auto& [name, child] : found->names) names.push_back(name);
    return names;
  }

  Status MakeDir(const std::string& path) override {
    const std::lock_guard lock(machine_->mutex);
    MemDisk::Spot spot;
    if (const int failed = disk().Find(path, &spot); failed != 0) return OsError(failed, "make directory", path);
    if (spot.target == nullptr) {
      disk().Create(spot, true);
    } else if (!spot.target->is_directory) {
      return OsError(EEXIST, "make directory", path);
    }
    return Status::OK();
  }

  Status Rename(const std::string& from, const std::string& to, RenameMode mode) override {
    const std::lock_guard lock(machine_->mutex);
    const int failed = RenameLocked(from, to, mode);
    return failed == 0 ? Status::OK() : OsError(failed, "rename", from, to);
  }

  Status Link(const std::string& existing, const std::string& name) override {
    const std::lock_guard lock(machine_->mutex);
    MemDisk::Spot old_spot;
    MemDisk::Spot new_spot;
    int failed = links_forbidden_ ? EPERM : disk().Find(existing, &old_spot);
    if (failed == 0 && old_spot.target == nullptr) failed = ENOENT;
    if (failed == 0) failed = disk().Find(name, &new_spot);
    if (failed == 0 && new_spot.target != nullptr) failed = EEXIST;
    if (failed == 0 && old_spot.target->is_directory) failed = EPERM;
    if (failed != 0) return OsError(failed, "link", existing, name);
    disk().Link(old_spot, new_spot);
    return Status::OK();
  }

  Status RemoveFile(const std::string& path) override {
    const std::lock_guard lock(machine_->mutex);
    MemDisk::Spot spot;
    int failed = disk().Find(path, &spot);
    if (failed == 0 && spot.target == nullptr) failed = ENOENT;
    if (failed == 0 && spot.target->is_directory) failed = EISDIR;
    if (failed != 0) return OsError(failed, "remove", path);
    disk().Remove(spot);
    return Status::OK();
  }

  Status RemoveDir(const std::string& path) override {
    const std::lock_guard lock(machine_->mutex);
    MemDisk::Spot spot;
    int failed = disk().Find(path, &spot);
    if (failed == 0 && spot.target == nullptr) failed = ENOENT;
    if (failed == 0 && !spot.target->is_directory) failed = ENOTDIR;
    if (failed == 0 && spot.parent == nullptr) failed = EBUSY;
    if (failed == 0 && !spot.target->names.empty()) failed = ENOTEMPTY;
    if (failed != 0) return OsError(failed, "remove", path);
    disk().Remove(spot);
    return Status::OK();
  }

  Status SyncDir(const std::string& path) override {
    const std::lock_guard lock(machine_->mutex);
    MemInode::Ptr found;
    int failed = disk().FindTarget(path, &found);
    if (failed == 0 && !found->is_directory) failed = ENOTDIR;
    if (failed != 0) return OsError(failed, "open directory", path);
    disk().SyncDirectory(found);
    return Status::OK();
  }

  Status Truncate(const std::string& path, int64_t size_bytes) override {
    const std::lock_guard lock(machine_->mutex);
    MemInode::Ptr found;
    int failed = disk().FindTarget(path, &found);
    if (failed == 0 && found->is_directory) failed = EISDIR;
    if (failed == 0 && size_bytes < 0) failed = EINVAL;
    if (failed != 0) return OsError(failed, "truncate", path);
    disk().Resize(*found, static_cast<size_t>(size_bytes));
    return Status::OK();
  }

  Result<std::unique_ptr<FileLock>> TryLock(const std::string& path) override {
    const std::lock_guard lock(machine_->mutex);
    MemDisk::Spot spot;
    int failed = disk().Find(path, &spot);
    if (failed == 0 && spot.target != nullptr && spot.target->is_directory) failed = EISDIR;
    if (failed != 0) return OsError(failed, "open lock", path);
    const auto file = spot.target != nullptr ? spot.target : disk().Create(spot, false);
    if (file->lock_holder != 0) return nullptr;
    file->lock_holder = ++machine_->locks;
    return std::make_unique<MemLock>(Open(file, path), file->lock_holder);
  }

  int64_t NowMicros() override {
    const std::lock_guard lock(machine_->mutex);
    return disk().now_ns / 1000;
  }

  int64_t MonotonicNanos() override {
    const std::lock_guard lock(machine_->mutex);
    return machine_->monotonic_ns += kClockReadNanos;
  }

  // SplitMix64 from a fixed seed: every run of a test draws the same numbers.
  uint64_t Random() override {
    const std::lock_guard lock(machine_->mutex);
    uint64_t z = machine_->random += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  std::string HostName() override { return "memory"; }

  int64_t ProcessId() override {
    const std::lock_guard lock(machine_->mutex);
    return machine_->boots;
  }

  void Crash(bool drop_unsynced) override {
    const std::lock_guard lock(machine_->mutex);
    ++machine_->boots;
    DropLocks(*disk().root());
    if (!drop_unsynced) return;
    disk().DropUnsynced();
    DropLocks(*disk().root());  // names that came back
  }

  void SetClockMicros(int64_t now) override {
    const std::lock_guard lock(machine_->mutex);
    disk().now_ns = now * 1000;
  }

  void ForbidLinks() override {
    const std::lock_guard lock(machine_->mutex);
    links_forbidden_ = true;
  }

  std::map<std::string, std::string> Snapshot(const std::string& under) override {
    const std::lock_guard lock(machine_->mutex);
    std::map<std::string, std::string> files;
    MemInode::Ptr found;
    if (disk().FindTarget(under, &found) == 0) Collect(*found, under, &files);
    return files;
  }

 private:
  MemDisk& disk() { return machine_->disk; }
  Handle Open(MemInode::Ptr file, const std::string& path) {
    return {machine_, std::move(file), path, machine_->boots};
  }

  int RenameLocked(const std::string& from, const std::string& to, RenameMode mode) {
    MemDisk::Spot source;
    MemDisk::Spot target;
    if (const int failed = disk().Find(from, &source); failed != 0) return failed;
    if (const int failed = disk().Find(to, &target); failed != 0) return failed;
    if (source.target == nullptr) return ENOENT;
    if (mode == RenameMode::kNoReplace && target.target != nullptr) return EEXIST;
    if (mode != RenameMode::kExchange) return disk().Move(source, target);
    return target.target == nullptr ? ENOENT : disk().Exchange(source, target);
  }

  const MachinePtr machine_;
  bool links_forbidden_ = false;
};

}  // namespace

std::unique_ptr<MemEnv> MakeMemEnv() { return std::make_unique<MemEnvImpl>(); }

}  // namespace freight
