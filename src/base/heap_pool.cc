// Each block is aligned inside what malloc gives, and knows how far it stands behind its begin.
#include "base/heap_pool.h"

#include "base/status.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace freight {
namespace {

constexpr int64_t kAlignment = arrow::kDefaultBufferAlignment;
// The distance is in front of the block.
constexpr int64_t kHead = sizeof(int64_t);

uint8_t* Align(void* begin) {
  const auto at = reinterpret_cast<uintptr_t>(begin) + kHead;
  const auto shift =
      static_cast<int64_t>((at + kAlignment - 1) / kAlignment * kAlignment - reinterpret_cast<uintptr_t>(begin));
  uint8_t* const block = static_cast<uint8_t*>(begin) + shift;
  std::memcpy(block - kHead, &shift, kHead);
  return block;
}

int64_t ShiftOf(const uint8_t* block) {
  int64_t shift = 0;
  std::memcpy(&shift, block - kHead, kHead);
  return shift;
}

size_t WithRoom(int64_t size) { return static_cast<size_t>(size + kHead + kAlignment); }

class Pool final : public arrow::MemoryPool {
 public:
  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    FREIGHT_ASSERT(size >= 0 && alignment <= kAlignment);
    void* const begin = std::malloc(WithRoom(size));
    if (begin == nullptr) return arrow::Status::OutOfMemory("malloc of ", size, " bytes failed");
    *out = Align(begin);
    Count(size);
    return Status::OK();
  }

  // Not by realloc: a block that grows where it is grows the heap, though it would fit into a hole.
  Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t** ptr) override {
    uint8_t* moved = nullptr;
    ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &moved));
    std::memcpy(moved, *ptr, static_cast<size_t>(std::min(old_size, new_size)));
    Free(*ptr, old_size, alignment);
    *ptr = moved;
    return Status::OK();
  }

  void Free(uint8_t* buffer, int64_t size, int64_t) override {
    std::free(buffer - ShiftOf(buffer));
    Count(-size);
  }

  int64_t bytes_allocated() const override { return now_bytes_; }
  int64_t max_memory() const override { return peak_bytes_; }
  int64_t total_bytes_allocated() const override { return total_bytes_; }
  int64_t num_allocations() const override { return allocations_; }
  std::string backend_name() const override { return "malloc"; }

 private:
  void Count(int64_t delta) {
    const int64_t now = now_bytes_.fetch_add(delta) + delta;
    if (delta <= 0) return;
    total_bytes_ += delta;
    ++allocations_;
    int64_t peak = peak_bytes_;
    while (now > peak && !peak_bytes_.compare_exchange_weak(peak, now)) {
    }
  }

  std::atomic<int64_t> now_bytes_{0}, peak_bytes_{0}, total_bytes_{0}, allocations_{0};
};

}  // namespace

arrow::MemoryPool* HeapPool() {
  static Pool pool;
  return &pool;
}

}  // namespace freight
