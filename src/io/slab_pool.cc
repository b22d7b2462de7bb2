// Bump allocation, and a count of blocks per slab.
#include "io/slab_pool.h"

#include "base/counted_pool.h"
#include "io/pages.h"

#include <cstdint>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace freight {
namespace {

// A row group of a morsel takes two or three.
constexpr int64_t kSlabBytes = 512 << 10;
// A larger block gets pages of its own: the end of a slab that it does not fit into would be wasted. The pages of a
// Parquet file are smaller.
constexpr int64_t kSharedMax = 320 << 10;
constexpr int64_t kAlignment = 64;

struct Slab {
  Pages pages;
  int64_t used = 0;
  int64_t blocks = 0;  // that are not freed
};

// Stands before each block.
struct alignas(kAlignment) BlockHead {
  Slab* slab;
};
static_assert(sizeof(BlockHead) == kAlignment);

constexpr int64_t Room(int64_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment + static_cast<int64_t>(sizeof(BlockHead));
}

class SlabPool final : public MovingPool {
 public:
  using MovingPool::Allocate;
  using MovingPool::Free;

  ~SlabPool() override { FREIGHT_ASSERT(bytes_allocated() == 0); }

  Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    FREIGHT_ASSERT(alignment <= kAlignment);
    const std::lock_guard lock(mutex_);
    const int64_t room = Room(size);
    Slab* const slab = room > kSharedMax ? NewSlab(room) : SlabWith(room);
    if (slab == nullptr) return arrow::Status::OutOfMemory(size, " bytes");
    char* const at = slab->pages.data() + slab->used;
    slab->used += room;
    ++slab->blocks;
    new (at) BlockHead{slab};
    *out = reinterpret_cast<uint8_t*>(at + sizeof(BlockHead));
    stats().DidAllocateBytes(size);
    return Status::OK();
  }

  void Free(uint8_t* buffer, int64_t size, int64_t) override {
    const std::lock_guard lock(mutex_);
    Slab* const slab = reinterpret_cast<BlockHead*>(buffer - sizeof(BlockHead))->slab;
    stats().DidFreeBytes(size);
    if (--slab->blocks > 0) return;
    slab->used = 0;
    if (slab == open_) return;
    if (IsShared(*slab)) idle_.push_back(slab);
    else Drop(slab);
  }

  void ReleaseUnused() override {
    const std::lock_guard lock(mutex_);
    for (Slab* slab : idle_) Drop(slab);
    idle_.clear();
  }
  std::string backend_name() const override { return "slabs"; }

 private:
  static bool IsShared(const Slab& slab) { return slab.pages.bytes() == static_cast<size_t>(kSlabBytes); }

  // The slab that is being filled, or else the next one. Null without memory.
  Slab* SlabWith(int64_t room) {
    if (open_ != nullptr && open_->used + room <= kSlabBytes) return open_;
    if (idle_.empty()) {
      open_ = NewSlab(kSlabBytes);
    } else {
      open_ = idle_.back();
      idle_.pop_back();
    }
    return open_;
  }

  Slab* NewSlab(int64_t bytes) {
    auto slab = std::make_unique<Slab>();
    if (!slab->pages.Grow(static_cast<size_t>(bytes))) return nullptr;
    slabs_.push_back(std::move(slab));
    return slabs_.back().get();
  }

  void Drop(const Slab* slab) {
    std::erase_if(slabs_, [&](const auto& one) { return one.get() == slab; });
  }

  std::mutex mutex_;  // of what follows
  std::vector<std::unique_ptr<Slab>> slabs_;
  std::vector<Slab*> idle_;
  Slab* open_ = nullptr;
};

}  // namespace

std::unique_ptr<arrow::MemoryPool> MakeSlabPool() { return std::make_unique<SlabPool>(); }

}  // namespace freight
