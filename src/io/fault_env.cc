// FaultEnv: counts the calls that touch state and makes the chosen one fail.
#include "io/fault_env.h"
#include "io/os_error.h"

#include <cerrno>
#include <mutex>
#include <utility>

namespace freight {
namespace {

// What the wrapped files share with their FaultEnv, and may outlive.
class Faults {
 public:
  // What the caller must do now: kNone means to go on as if nothing was.
  struct Verdict {
    Fault fault = Fault::kNone;
    int64_t call = 0;
  };

  Verdict OnChange(const std::string& name) {
    Verdict verdict;
    std::function<void(int64_t, const std::string&)> hook;
    {
      const std::lock_guard lock(mutex_);
      verdict = Count(name);
      if (verdict.fault == Fault::kNone) hook = hook_;
    }
    if (hook) hook(verdict.call, name);
    return verdict;
  }

  Verdict OnRead(std::string name) {
    const std::lock_guard lock(mutex_);
    if (count_reads_) return Count(std::move(name));
    return {stopped_ ? Fault::kStop : Fault::kNone, Calls()};
  }

  void Arm(int64_t at_call, Fault fault) {
    const std::lock_guard lock(mutex_);
    at_call_ = at_call;
    fault_ = fault;
    fired_ = false;
    stopped_ = false;
  }

  int64_t calls() const {
    const std::lock_guard lock(mutex_);
    return Calls();
  }
  bool fired() const {
    const std::lock_guard lock(mutex_);
    return fired_;
  }
  std::string CallName(int64_t call) const {
    const std::lock_guard lock(mutex_);
    return call >= 1 && call <= Calls() ? names_[static_cast<size_t>(call - 1)] : "none";
  }
  void CountReads(bool on) {
    const std::lock_guard lock(mutex_);
    count_reads_ = on;
  }
  void Before(std::function<void(int64_t, const std::string&)> hook) {
    const std::lock_guard lock(mutex_);
    hook_ = std::move(hook);
  }
  void ForgetSyncsOf(const std::string& suffix) {
    const std::lock_guard lock(mutex_);
    forgotten_ = suffix;
  }
  bool Forgets(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return !forgotten_.empty() && path.ends_with(forgotten_);
  }

 private:
  int64_t Calls() const { return static_cast<int64_t>(names_.size()); }

  Verdict Count(std::string name) {
    names_.push_back(std::move(name));
    if (stopped_) return {Fault::kStop, Calls()};
    if (fault_ == Fault::kNone || Calls() != at_call_) return {Fault::kNone, Calls()};
    fired_ = true;
    stopped_ = fault_ == Fault::kStop;
    return {fault_, Calls()};
  }

  mutable std::mutex mutex_;
  std::vector<std::string> names_;
  int64_t at_call_ = 0;
  Fault fault_ = Fault::kNone;
  bool fired_ = false;
  bool stopped_ = false;
  bool count_reads_ = false;
  std::function<void(int64_t, const std::string&)> hook_;
  std::string forgotten_;
};
using FaultsPtr = std::shared_ptr<Faults>;

// The failure that a verdict asks for; OK when the call shall go on.
Status ToStatus(const Faults::Verdict& verdict, const std::string& path) {
  switch (verdict.fault) {
    case Fault::kNone:
    case Fault::kEintr: return Status::OK();
    case Fault::kStop:
      return Fail(Reaction::kFailed, "the process was stopped; call {} on \"{}\" did nothing", verdict.call, path)
          .Errno(EIO);
    case Fault::kEio: return OsError(EIO, "use", path);
    case Fault::kEnospc:
    case Fault::kShortWrite: return OsError(ENOSPC, "use", path);
  }
  return Status::OK();
}

class FaultReadableFile final : public ReadableFile {
 public:
  FaultReadableFile(FaultsPtr faults, std::unique_ptr<ReadableFile> base, std::string path)
      : faults_(std::move(faults)), base_(std::move(base)), path_(std::move(path)) {}

  Result<int64_t> ReadAt(int64_t offset, int64_t bytes, void* out) override {
    ARROW_RETURN_NOT_OK(ToStatus(faults_->OnRead(fmt::format("ReadAt {} at {}", path_, offset)), path_));
    return base_->ReadAt(offset, bytes, out);
  }
  Result<FileStat> Stat() override {
    ARROW_RETURN_NOT_OK(ToStatus(faults_->OnRead("Stat " + path_), path_));
    return base_->Stat();
  }

 private:
  const FaultsPtr faults_;
  const std::unique_ptr<ReadableFile> base_;
  const std::string path_;
};

class FaultWritableFile final : public WritableFile {
 public:
  FaultWritableFile(FaultsPtr faults, std::unique_ptr<WritableFile> base, std::string path)
      : faults_(std::move(faults)), base_(std::move(base)), path_(std::move(path)) {}

  Status Append(std::string_view bytes) override {
    const auto verdict = faults_->OnChange(fmt::format("Append {} ({} bytes)", path_, bytes.size()));
    const bool halved = verdict.fault == Fault::kShortWrite || verdict.fault == Fault::kEintr;
    if (!halved) {
      ARROW_RETURN_NOT_OK(ToStatus(verdict, path_));
      return base_->Append(bytes);
    }
    ARROW_RETURN_NOT_OK(base_->Append(bytes.substr(0, bytes.size() / 2)));
    ARROW_RETURN_NOT_OK(ToStatus(verdict, path_));
    return base_->Append(bytes.substr(bytes.size() / 2));
  }
  Status Sync() override {
    if (faults_->Forgets(path_)) return Status::OK();
    ARROW_RETURN_NOT_OK(ToStatus(faults_->OnChange("Sync " + path_), path_));
    return base_->Sync();
  }
  Status Close() override {
    ARROW_RETURN_NOT_OK(ToStatus(faults_->OnChange("Close " + path_), path_));
    return base_->Close();
  }

 private:
  const FaultsPtr faults_;
  const std::unique_ptr<WritableFile> base_;
  const std::string path_;
};

class FaultEnvImpl final : public FaultEnv {
 public:
  explicit FaultEnvImpl(Env* base) : base_(base), faults_(std::make_shared<Faults>()) {}

  Result<std::unique_ptr<ReadableFile>> OpenRead(const std::string& path) override {
    ARROW_RETURN_NOT_OK(Read("OpenRead", path));
    ARROW_ASSIGN_OR_RAISE(auto file, base_->OpenRead(path));
    return std::make_unique<FaultReadableFile>(faults_, std::move(file), path);
  }
  Result<std::unique_ptr<WritableFile>> OpenWrite(const std::string& path, CreateMode mode) override {
    ARROW_RETURN_NOT_OK(Change(mode == CreateMode::kNew ? "Create" : "OpenAppend", path));
    ARROW_ASSIGN_OR_RAISE(auto file, base_->OpenWrite(path, mode));
    return std::make_unique<FaultWritableFile>(faults_, std::move(file), path);
  }
  Result<FileStat> Stat(const std::string& path) override {
    ARROW_RETURN_NOT_OK(Read("Stat", path));
    return base_->Stat(path);
  }
  Result<std::vector<std::string>> List(const std::string& directory) override {
    ARROW_RETURN_NOT_OK(Read("List", directory));
    return base_->List(directory);
  }
  Status MakeDir(const std::string& path) override {
    ARROW_RETURN_NOT_OK(Change("MakeDir", path));
    return base_->MakeDir(path);
  }
  Status Rename(const std::string& from, const std::string& to, RenameMode mode) override {
    ARROW_RETURN_NOT_OK(Change(mode == RenameMode::kExchange ? "Exchange" : "Rename", from, to));
    return base_->Rename(from, to, mode);
  }
  Status Link(const std::string& existing, const std::string& name) override {
    ARROW_RETURN_NOT_OK(Change("Link", existing, name));
    return base_->Link(existing, name);
  }
  Status RemoveFile(const std::string& path) override {
    ARROW_RETURN_NOT_OK(Change("RemoveFile", path));
    return base_->RemoveFile(path);
  }
  Status RemoveDir(const std::string& path) override {
    ARROW_RETURN_NOT_OK(Change("RemoveDir", path));
    return base_->RemoveDir(path);
  }
  Status SyncDir(const std::string& path) override {
    ARROW_RETURN_NOT_OK(Change("SyncDir", path));
    return base_->SyncDir(path);
  }
  Status Truncate(const std::string& path, int64_t size_bytes) override {
    ARROW_RETURN_NOT_OK(Change("Truncate", path));
    return base_->Truncate(path, size_bytes);
  }
  Result<std::unique_ptr<FileLock>> TryLock(const std::string& path) override {
    ARROW_RETURN_NOT_OK(Change("TryLock", path));
    return base_->TryLock(path);
  }

  int64_t NowMicros() override { return base_->NowMicros(); }
  int64_t MonotonicNanos() override { return base_->MonotonicNanos(); }
  uint64_t Random() override { return base_->Random(); }
  std::string HostName() override { return base_->HostName(); }
  int64_t ProcessId() override { return base_->ProcessId(); }

  void Arm(int64_t at_call, Fault fault) override { faults_->Arm(at_call, fault); }
  int64_t calls() const override { return faults_->calls(); }
  bool fired() const override { return faults_->fired(); }
  std::string CallName(int64_t call) const override { return faults_->CallName(call); }
  void CountReads(bool on) override { faults_->CountReads(on); }
  void Before(std::function<void(int64_t, const std::string&)> hook) override { faults_->Before(std::move(hook)); }
  void ForgetSyncsOf(const std::string& suffix) override { faults_->ForgetSyncsOf(suffix); }

 private:
  Status Read(const char* what, const std::string& path) {
    return ToStatus(faults_->OnRead(fmt::format("{} {}", what, path)), path);
  }
  Status Change(const char* what, const std::string& path) {
    return ToStatus(faults_->OnChange(fmt::format("{} {}", what, path)), path);
  }
  Status Change(const char* what, const std::string& from, const std::string& to) {
    return ToStatus(faults_->OnChange(fmt::format("{} {} -> {}", what, from, to)), to);
  }

  Env* const base_;
  const FaultsPtr faults_;
};

}  // namespace

std::unique_ptr<FaultEnv> MakeFaultEnv(Env* base) { return std::make_unique<FaultEnvImpl>(base); }

}  // namespace freight
