// libfreight_no_sync.so, for LD_PRELOAD: syncs to the disk succeed without being done.
//
// A run with it, compared with one without, shows what durable commits cost. It makes data loss possible and belongs
// to measurements alone. $FREIGHT_NO_SYNC_COUNT names a file that gets the number of syncs that were left out.
#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace {

struct Counter {
  std::atomic<long> syncs{0};
  ~Counter() {
    const char* path = std::getenv("FREIGHT_NO_SYNC_COUNT");
    std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "w");
    if (file == nullptr) return;
    std::fprintf(file, "%ld\n", syncs.load());
    std::fclose(file);
  }
} counter;

int LeaveOut() {
  ++counter.syncs;
  return 0;
}

}  // namespace

extern "C" {
int fsync(int) { return LeaveOut(); }
int fdatasync(int) { return LeaveOut(); }
}
