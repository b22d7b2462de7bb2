// Blocks are aligned, keep their bytes when they grow, and are taken again for the same size.
#include "base/heap_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace freight {
namespace {

bool IsAligned(const uint8_t* block) {
  return reinterpret_cast<uintptr_t>(block) % arrow::kDefaultBufferAlignment == 0;
}

TEST(HeapPool, BlocksAreAlignedWhateverTheirSize) {
  for (int64_t size = 0; size < 300; ++size) {
    uint8_t* block = nullptr;
    ASSERT_TRUE(HeapPool()->Allocate(size, &block).ok());
    EXPECT_TRUE(IsAligned(block)) << size;
    std::memset(block, 'x', static_cast<size_t>(size));
    HeapPool()->Free(block, size);
  }
}

TEST(HeapPool, ABlockKeepsItsBytesWhileItGrowsAndShrinks) {
  arrow::MemoryPool* const pool = HeapPool();
  const int64_t before = pool->bytes_allocated();
  uint8_t* block = nullptr;
  ASSERT_TRUE(pool->Allocate(0, &block).ok());
  std::string want;
  std::vector<uint8_t*> between;  // so that it has to move
  for (int64_t size = 0; size < 1 << 20;) {
    const int64_t next = size * 5 / 4 + 7;
    ASSERT_TRUE(pool->Reallocate(size, next, &block).ok());
    ASSERT_TRUE(IsAligned(block));
    ASSERT_EQ(std::string(reinterpret_cast<char*>(block), want.size()), want);
    want.append(static_cast<size_t>(next - size), static_cast<char>('a' + next % 26));
    std::memcpy(block, want.data(), want.size());
    size = next;
    between.emplace_back();
    ASSERT_TRUE(pool->Allocate(33, &between.back()).ok());
  }
  ASSERT_TRUE(pool->Reallocate(static_cast<int64_t>(want.size()), 100, &block).ok());
  EXPECT_EQ(std::string(reinterpret_cast<char*>(block), 100), want.substr(0, 100));
  EXPECT_EQ(pool->bytes_allocated() - before, 100 + 33 * static_cast<int64_t>(between.size()));
  pool->Free(block, 100);
  for (uint8_t* other : between) pool->Free(other, 33);
  EXPECT_EQ(pool->bytes_allocated(), before);
}

// Of blocks that glibc aligned itself, none would be.
TEST(HeapPool, WhatWasFreedIsTakenAgainForTheSameSize) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
  constexpr int64_t kSize = 100'000;
  std::vector<uint8_t*> blocks(16), pins(16);
  for (size_t i = 0; i < blocks.size(); ++i) {
    ASSERT_TRUE(HeapPool()->Allocate(kSize, &blocks[i]).ok());
    ASSERT_TRUE(HeapPool()->Allocate(40, &pins[i]).ok());
  }
  for (int round = 0; round < 3; ++round) {
    for (uint8_t*& block : blocks) {
      uint8_t* const old = block;
      HeapPool()->Free(old, kSize);
      ASSERT_TRUE(HeapPool()->Allocate(kSize, &block).ok());
      EXPECT_EQ(block, old);
    }
  }
  for (uint8_t* block : blocks) HeapPool()->Free(block, kSize);
  for (uint8_t* pin : pins) HeapPool()->Free(pin, 40);
}

}  // namespace
}  // namespace freight
