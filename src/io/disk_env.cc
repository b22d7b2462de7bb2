// DiskEnv: the machine's own files, clock and random numbers, by plain Linux system calls.
#include "io/env.h"
#include "io/os_error.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <random>
#include <utility>

namespace freight {
namespace {

// Repeats a system call that a signal interrupted.
template <typename Call>
auto Retry(Call call) {
  while (true) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() { (void)Close(); }
  int get() const { return fd_; }
  // 0 or an errno. Linux closes the descriptor also when it answers EINTR.
  int Close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0 || errno == EINTR ? 0 : errno;
  }

 private:
  int fd_;
};

Result<Descriptor> Open(const std::string& path, int flags, std::string_view action) {
  if (const int bad = CheckPath(path); bad != 0) return OsError(bad, action, path);
  const int fd = Retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
  if (fd < 0) return OsError(errno, action, path);
  return Descriptor(fd);
}

FileKind KindOf(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  return S_ISFIFO(mode) ? FileKind::kFifo : FileKind::kOther;
}

int64_t Nanos(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

FileStat ToFileStat(const struct stat& from) {
  return {KindOf(from.st_mode), from.st_size, Nanos(from.st_mtim), Nanos(from.st_ctim), from.st_ino, from.st_dev};
}

class DiskReadableFile final : public ReadableFile {
 public:
  DiskReadableFile(Descriptor file, std::string path, bool seekable)
      : file_(std::move(file)), path_(std::move(path)), seekable_(seekable) {}

  Result<int64_t> ReadAt(int64_t offset, int64_t bytes, void* out) override {
    return seekable_ ? ReadAll(offset, bytes, static_cast<char*>(out))
                     : ReadInOrder(offset, bytes, static_cast<char*>(out));
  }

  Result<FileStat> Stat() override {
    struct stat found;
    if (::fstat(file_.get(), &found) != 0) return OsError(errno, "look at", path_);
    return ToFileStat(found);
  }

 private:
  Result<int64_t> ReadAll(int64_t offset, int64_t bytes, char* out) {
    int64_t done = 0;
    while (done < bytes) {
      const ssize_t got = Retry([&] { return ::pread(file_.get(), out + done, bytes - done, offset + done); });
      if (got < 0) return OsError(errno, "read", path_);
      if (got == 0) break;
      done += got;
    }
    return done;
  }

  // A FIFO or a terminal has no offsets: the caller must ask for the bytes in order.
  Result<int64_t> ReadInOrder(int64_t offset, int64_t bytes, char* out) {
    const std::lock_guard lock(mutex_);
    if (offset != position_) return OsError(ESPIPE, "seek in", path_);
    int64_t done = 0;
    while (done < bytes) {
      const ssize_t got = Retry([&] { return ::read(file_.get(), out + done, bytes - done); });
      if (got < 0) return OsError(errno, "read", path_);
      if (got == 0) break;
      done += got;
    }
    position_ += done;
    return done;
  }

  const Descriptor file_;
  const std::string path_;
  const bool seekable_;
  std::mutex mutex_;
  int64_t position_ = 0;
};

class DiskWritableFile final : public WritableFile {
 public:
  DiskWritableFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Status Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t wrote = Retry([&] { return ::write(file_.get(), bytes.data(), bytes.size()); });
      if (wrote < 0) return OsError(errno, "write", path_);
      if (wrote == 0) return OsError(EIO, "write", path_);
      bytes.remove_prefix(static_cast<size_t>(wrote));
    }
    return Status::OK();
  }

  Status Sync() override {
    if (Retry([&] { return ::fdatasync(file_.get()); }) != 0) return OsError(errno, "sync", path_);
    return Status::OK();
  }

  Status Close() override {
    const int failed = file_.Close();
    return failed == 0 ? Status::OK() : OsError(failed, "close", path_);
  }

 private:
  Descriptor file_;
  const std::string path_;
};

class DiskLock final : public FileLock {
 public:
  explicit DiskLock(Descriptor file) : file_(std::move(file)) {}

 private:
  const Descriptor file_;  // an OFD lock ends with its open file description
};

// Names of file systems on which a user may well put a dataset and which lack the flags of renameat2(2).
std::string FileSystemName(const std::string& path) {
  struct statfs found;
  if (::statfs(ParentPath(path).c_str(), &found) != 0) return "unknown";
  switch (static_cast<uint32_t>(found.f_type)) {
    case 0x6969: return "nfs";
    case 0x65735546: return "fuse";
    case 0xff534d42: return "cifs";
    case 0xfe534d42: return "smb2";
    case 0x01021997: return "9p";
    case 0x4d44: return "vfat";
    case 0x2011bab0: return "exfat";
    default: return fmt::format("type {:#x}", static_cast<uint32_t>(found.f_type));
  }
}

Status RenameFailed(int os_error, const std::string& from, const std::string& to, RenameMode mode) {
  const bool lacks_flags = os_error == EINVAL || os_error == ENOSYS || os_error == ENOTSUP;
  if (!lacks_flags || mode == RenameMode::kReplace) return OsError(os_error, "rename", from, to);
  const char* what = mode == RenameMode::kExchange ? "swap two paths" : "rename without replacing";
  return Fail(Reaction::kFailed, "cannot rename \"{}\" to \"{}\": {}", from, to, OsReason(os_error))
      .Help(fmt::format("the file system ({}) may not be able to {} in one step; put the target on ext4, xfs, btrfs or "
                        "tmpfs",
                        FileSystemName(to), what))
      .Errno(os_error);
}

unsigned RenameFlags(RenameMode mode) {
  switch (mode) {
    case RenameMode::kNoReplace: return RENAME_NOREPLACE;
    case RenameMode::kExchange: return RENAME_EXCHANGE;
    case RenameMode::kReplace: return 0;
  }
  return 0;
}

class DiskEnv final : public Env {
 public:
  Result<std::unique_ptr<ReadableFile>> OpenRead(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(Descriptor file, Open(path, O_RDONLY, "open"));
    struct stat found;
    if (::fstat(file.get(), &found) != 0) return OsError(errno, "look at", path);
    if (S_ISDIR(found.st_mode)) return OsError(EISDIR, "open", path);
    return std::make_unique<DiskReadableFile>(std::move(file), path, S_ISREG(found.st_mode));
  }

  Result<std::unique_ptr<WritableFile>> OpenWrite(const std::string& path, CreateMode mode) override {
    const int how = mode == CreateMode::kNew ? O_EXCL : O_APPEND;
    ARROW_ASSIGN_OR_RAISE(Descriptor file, Open(path, O_WRONLY | O_CREAT | how, "create"));
    return std::make_unique<DiskWritableFile>(std::move(file), path);
  }

  Result<FileStat> Stat(const std::string& path) override {
    if (const int bad = CheckPath(path); bad != 0) return OsError(bad, "look at", path);
    struct stat found;
    if (::stat(path.c_str(), &found) == 0) return ToFileStat(found);
    const int failed = errno;
    if (failed != ELOOP || ::lstat(path.c_str(), &found) != 0) return OsError(failed, "look at", path);
    FileStat loop = ToFileStat(found);
    loop.kind = FileKind::kSymlinkLoop;
    return loop;
  }

  Result<std::vector<std::string>> List(const std::string& directory) override {
    if (const int bad = CheckPath(directory); bad != 0) return OsError(bad, "list", directory);
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), &::closedir);
    if (open == nullptr) return OsError(errno, "list", directory);
    std::vector<std::string> names;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(open.get());
      if (entry == nullptr && errno != 0) return OsError(errno, "list", directory);
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Status MakeDir(const std::string& path) override {
    if (const int bad = CheckPath(path); bad != 0) return OsError(bad, "make directory", path);
    if (::mkdir(path.c_str(), 0777) == 0) return Status::OK();
    const int failed = errno;
    struct stat found;
    const bool exists = failed == EEXIST && ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
    return exists ? Status::OK() : OsError(failed, "make directory", path);
  }

  Status Rename(const std::string& from, const std::string& to, RenameMode mode) override {
    for (const std::string& path : {from, to}) {
      if (const int bad = CheckPath(path); bad != 0) return OsError(bad, "rename", from, to);
    }
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RenameFlags(mode)) == 0) return Status::OK();
    return RenameFailed(errno, from, to, mode);
  }

  Status Link(const std::string& existing, const std::string& name) override {
    for (const std::string& path : {existing, name}) {
      if (const int bad = CheckPath(path); bad != 0) return OsError(bad, "link", existing, name);
    }
    if (::link(existing.c_str(), name.c_str()) == 0) return Status::OK();
    return OsError(errno, "link", existing, name);
  }

  Status RemoveFile(const std::string& path) override {
    if (const int bad = CheckPath(path); bad != 0) return OsError(bad, "remove", path);
    return ::unlink(path.c_str()) == 0 ? Status::OK() : OsError(errno, "remove", path);
  }

  Status RemoveDir(const std::string& path) override {
    if (const int bad = CheckPath(path); bad != 0) return OsError(bad, "remove", path);
    return ::rmdir(path.c_str()) == 0 ? Status::OK() : OsError(errno, "remove", path);
  }

  Status SyncDir(const std::string& path) override {
    ARROW_ASSIGN_OR_RAISE(const Descriptor directory, Open(path, O_RDONLY | O_DIRECTORY, "open directory"));
    if (Retry([&] { return ::fsync(directory.get()); }) != 0) return OsError(errno, "sync directory", path);
    return Status::OK();
  }

  Status Truncate(const std::string& path, int64_t size_bytes) override {
    if (const int bad = CheckPath(path); bad != 0) return OsError(bad, "truncate", path);
    if (Retry([&] { return ::truncate(path.c_str(), size_bytes); }) == 0) return Status::OK();
    return OsError(errno, "truncate", path);
  }

  Result<std::unique_ptr<FileLock>> TryLock(const std::string& path) override {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(Descriptor file, Open(path, O_RDWR | O_CREAT, "open lock"));
      struct flock request = {};
      request.l_type = F_WRLCK;
      request.l_whence = SEEK_SET;
      if (Retry([&] { return ::fcntl(file.get(), F_OFD_SETLK, &request); }) != 0) {
        if (errno == EAGAIN || errno == EACCES) return nullptr;
        return OsError(errno, "lock", path);
      }
      // Someone may have removed the file before we locked it: a lock on a nameless file excludes nobody.
      struct stat ours;
      struct stat named;
      if (::fstat(file.get(), &ours) != 0) return OsError(errno, "lock", path);
      if (::stat(path.c_str(), &named) == 0 && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev) {
        return std::make_unique<DiskLock>(std::move(file));
      }
    }
  }

  int64_t NowMicros() override { return ReadClock(CLOCK_REALTIME) / 1000; }
  int64_t MonotonicNanos() override { return ReadClock(CLOCK_MONOTONIC); }

  uint64_t Random() override {
    uint64_t value = 0;
    if (Retry([&] { return ::getrandom(&value, sizeof(value), 0); }) == sizeof(value)) return value;
    std::random_device device;
    return (uint64_t{device()} << 32) | device();
  }

  std::string HostName() override {
    char name[256] = {};
    return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
  }

  int64_t ProcessId() override { return ::getpid(); }

 private:
  static int64_t ReadClock(clockid_t clock) {
    timespec now = {};
    ::clock_gettime(clock, &now);
    return Nanos(now);
  }
};

}  // namespace

std::unique_ptr<Env> MakeDiskEnv() { return std::make_unique<DiskEnv>(); }

}  // namespace freight
