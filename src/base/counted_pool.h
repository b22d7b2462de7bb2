// What Arrow pools of ours have in common: the figures, and growing a block by moving it.
#pragma once

#include "base/status.h"

#include <arrow/memory_pool.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace freight {

// Whoever allocates, reallocates and frees tells stats().
class CountedPool : public arrow::MemoryPool {
 public:
  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  int64_t bytes_allocated() const override { return stats_.bytes_allocated(); }
  int64_t max_memory() const override { return stats_.max_memory(); }
  int64_t total_bytes_allocated() const override { return stats_.total_bytes_allocated(); }
  int64_t num_allocations() const override { return stats_.num_allocations(); }

 protected:
  arrow::internal::MemoryPoolStats& stats() { return stats_; }

 private:
  arrow::internal::MemoryPoolStats stats_;
};

// A block that grows is another one with its bytes: where it is, it would grow what it lies in.
class MovingPool : public CountedPool {
 public:
  using CountedPool::Reallocate;

  Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t** ptr) override {
    uint8_t* moved = nullptr;
    ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &moved));
    std::memcpy(moved, *ptr, static_cast<size_t>(std::min(old_size, new_size)));
    Free(*ptr, old_size, alignment);
    *ptr = moved;
    return Status::OK();
  }
};

}  // namespace freight
