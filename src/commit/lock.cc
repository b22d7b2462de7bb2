// The dataset's lock and the note about its holder; the note is for people, the protocol never reads it.
#include "commit/lock.h"

#include <ctime>

namespace freight {
namespace {

constexpr int64_t kHolderBytesMax = 4096;

std::string HolderText(Env& env, const RunRequest& request) {
  const std::time_t seconds = env.NowMicros() / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char since[32];
  std::strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return fmt::format("run {} on {} (pid {}) since {}", request.run_id, env.HostName(), env.ProcessId(), since);
}

}  // namespace

Result<std::unique_ptr<FileLock>> AcquireLock(Env& env, const DatasetLayout& layout, const RunRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto lock, env.TryLock(layout.Lock()));
  if (lock == nullptr && BrokenForTest() != Breakage::kSkipLock) {
    const std::string holder = ReadFile(env, layout.LockHolder(), kHolderBytesMax).ValueOr("another run");
    return Fail(Reaction::kTransient, "dataset \"{}\" is locked by {}", request.dataset, holder)
        .Help("wait for that run to end, or stop it; then run again");
  }
  ARROW_RETURN_NOT_OK(WriteFileAtomic(env, layout.LockHolder(), HolderText(env, request)));
  return lock;
}

}  // namespace freight
