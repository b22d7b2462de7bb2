// Blocks are aligned, keep their bytes when they grow, and are taken again for the same size.
#include "base/heap_pool.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace freight {
namespace {

bool IsAligned(const uint8_t* block) {
  return reinterpret_cast<uintptr_t>(block) % arrow::kDefaultBufferAlignment == 0;
}

int64_t BehindBegin(const uint8_t* block) {
  int64_t shift = 0;
  std::memcpy(&shift, block - sizeof shift, sizeof shift);
  return shift;
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

TEST(HeapPool, ALargeBlockHoldsAllOfItsBytes) {
  for (int64_t size = 8'000; size < 80'000; size += 13) {
    uint8_t* block = nullptr;
    ASSERT_TRUE(HeapPool()->Allocate(size, &block).ok());
    EXPECT_GE(malloc_usable_size(block - BehindBegin(block)), static_cast<size_t>(size + BehindBegin(block))) << size;
    HeapPool()->Free(block, size);
  }
}

// Each of `sizes` in turn takes the place of a block that was freed for it, though small ones pin everything around.
void ExpectTakenAgain(const std::vector<int64_t>& sizes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
  std::vector<uint8_t*> blocks(16), pins(16);
  for (size_t i = 0; i < blocks.size(); ++i) {
    ASSERT_TRUE(HeapPool()->Allocate(sizes[0], &blocks[i]).ok());
    ASSERT_TRUE(HeapPool()->Allocate(40, &pins[i]).ok());
  }
  for (size_t round = 1; round < sizes.size(); ++round) {
    for (uint8_t*& block : blocks) {
      uint8_t* const old = block;
      HeapPool()->Free(old, sizes[round - 1]);
      ASSERT_TRUE(HeapPool()->Allocate(sizes[round], &block).ok());
      EXPECT_EQ(block, old) << round;
    }
  }
  for (uint8_t* block : blocks) HeapPool()->Free(block, sizes.back());
  for (uint8_t* pin : pins) HeapPool()->Free(pin, 40);
}

// Of blocks that glibc aligned itself, none would be.
TEST(HeapPool, WhatWasFreedIsTakenAgainForTheSameSize) { ExpectTakenAgain({100'000, 100'000, 100'000, 100'000}); }

TEST(HeapPool, WhatWasFreedIsTakenAgainForAboutTheSameSize) { ExpectTakenAgain({99'000, 103'000, 100'000, 105'000}); }

}  // namespace
}  // namespace freight
