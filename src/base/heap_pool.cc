// Each block is aligned inside what malloc gives, and knows how far it stands behind its begin.
#include "base/heap_pool.h"

#include "base/counted_pool.h"

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

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

// Buffers of one kind differ a little in size from batch to batch. Rounded up to one of eight sizes for each doubling,
// a large block that was freed serves the next one.
size_t WithRoom(int64_t size) {
  constexpr size_t kRoundedMin = 8 << 10;
  constexpr size_t kStepsPerDoubling = 8;
  constexpr size_t kMallocHead = 8;  // malloc's own
  const size_t wanted = static_cast<size_t>(size + kHead + kAlignment) + kMallocHead;
  if (wanted < kRoundedMin) return wanted - kMallocHead;
  const size_t step = std::bit_floor(wanted) / kStepsPerDoubling;
  return (wanted + step - 1) / step * step - kMallocHead;
}

// A block is moved to grow, not by realloc: one that grows where it is grows the heap, though it would fit into a hole.
class Pool final : public MovingPool {
 public:
  using MovingPool::Allocate;
  using MovingPool::Free;

  Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    FREIGHT_ASSERT(size >= 0 && alignment <= kAlignment);
    void* const begin = std::malloc(WithRoom(size));
    if (begin == nullptr) return arrow::Status::OutOfMemory("malloc of ", size, " bytes failed");
    *out = Align(begin);
    stats().DidAllocateBytes(size);
    return Status::OK();
  }

  void Free(uint8_t* buffer, int64_t size, int64_t) override {
    std::free(buffer - ShiftOf(buffer));
    stats().DidFreeBytes(size);
  }

  std::string backend_name() const override { return "malloc"; }
};

}  // namespace

arrow::MemoryPool* HeapPool() {
  static Pool pool;
  return &pool;
}

}  // namespace freight
