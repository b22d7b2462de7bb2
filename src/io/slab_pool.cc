// Bump allocation, and a count of blocks per slab.
#include "io/slab_pool.h"

#include "base/status.h"
#include "io/pages.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
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

class SlabPool final : public arrow::MemoryPool {
 public:
  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  ~SlabPool() override { FREIGHT_ASSERT(now_bytes_ == 0); }

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
    now_bytes_ += size;
    peak_bytes_ = std::max(peak_bytes_, now_bytes_);
    total_bytes_ += size;
    ++allocations_;
    return Status::OK();
  }

  Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t** ptr) override {
    uint8_t* grown = nullptr;
    ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &grown));
    std::memcpy(grown, *ptr, static_cast<size_t>(std::min(old_size, new_size)));
    Free(*ptr, old_size, alignment);
    *ptr = grown;
    return Status::OK();
  }

  void Free(uint8_t* buffer, int64_t size, int64_t) override {
    const std::lock_guard lock(mutex_);
    Slab* const slab = reinterpret_cast<BlockHead*>(buffer - sizeof(BlockHead))->slab;
    now_bytes_ -= size;
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
  int64_t bytes_allocated() const override { return Locked(now_bytes_); }
  int64_t max_memory() const override { return Locked(peak_bytes_); }
  int64_t total_bytes_allocated() const override { return Locked(total_bytes_); }
  int64_t num_allocations() const override { return Locked(allocations_); }
  std::string backend_name() const override { return "slabs"; }

 private:
  int64_t Locked(const int64_t& figure) const {
    const std::lock_guard lock(mutex_);
    return figure;
  }
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

  mutable std::mutex mutex_;  // of what follows
  std::vector<std::unique_ptr<Slab>> slabs_;
  std::vector<Slab*> idle_;
  Slab* open_ = nullptr;
  int64_t now_bytes_ = 0, peak_bytes_ = 0, total_bytes_ = 0, allocations_ = 0;
};

}  // namespace

std::unique_ptr<arrow::MemoryPool> MakeSlabPool() { return std::make_unique<SlabPool>(); }

}  // namespace freight
