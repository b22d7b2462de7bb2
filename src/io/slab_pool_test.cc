// Blocks of any size and order of freeing; memory that follows what is held at a time.
#include "io/slab_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace freight {
namespace {

struct Block {
  uint8_t* bytes = nullptr;
  int64_t size = 0;
};

Block Take(arrow::MemoryPool& pool, int64_t size, uint8_t fill) {
  Block block{nullptr, size};
  EXPECT_TRUE(pool.Allocate(size, &block.bytes).ok());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(block.bytes) % arrow::kDefaultBufferAlignment, 0u);
  std::memset(block.bytes, fill, static_cast<size_t>(size));
  return block;
}

bool Holds(const Block& block, uint8_t fill) {
  return std::all_of(block.bytes, block.bytes + block.size, [&](uint8_t byte) { return byte == fill; });
}

TEST(SlabPool, BlocksDoNotTouchEachOther) {
  const auto pool = MakeSlabPool();
  std::mt19937 random(1);
  std::vector<std::pair<Block, uint8_t>> held;
  for (int i = 0; i < 3000; ++i) {
    const auto fill = static_cast<uint8_t>(random());
    const int64_t size = random() % 50 == 0 ? 1 << 20 : random() % 50'000;
    held.emplace_back(Take(*pool, size, fill), fill);
    if (held.size() < 50) continue;
    std::swap(held[random() % held.size()], held.back());
    EXPECT_TRUE(Holds(held.back().first, held.back().second));
    pool->Free(held.back().first.bytes, held.back().first.size);
    held.pop_back();
  }
  int64_t bytes = 0;
  for (const auto& [block, fill] : held) bytes += block.size;
  EXPECT_EQ(pool->bytes_allocated(), bytes);
  for (const auto& [block, fill] : held) pool->Free(block.bytes, block.size);
  EXPECT_EQ(pool->bytes_allocated(), 0);
}

TEST(SlabPool, ReallocateKeepsTheBytes) {
  const auto pool = MakeSlabPool();
  Block block = Take(*pool, 1000, 7);
  const Block other = Take(*pool, 1000, 8);
  ASSERT_TRUE(pool->Reallocate(1000, 600'000, &block.bytes).ok());
  block.size = 1000;
  EXPECT_TRUE(Holds(block, 7));
  EXPECT_TRUE(Holds(other, 8));
  pool->Free(block.bytes, 600'000);
  pool->Free(other.bytes, 1000);
}

// As results wait for their turn: the first one that was made is the first one that goes.
TEST(SlabPool, TakesItsMemoryAgainHoweverMuchPassesThrough) {
  const auto pool = MakeSlabPool();
  std::deque<Block> waiting;
  std::set<uintptr_t> windows;  // of the size of a slab
  for (int i = 0; i < 20'000; ++i) {
    waiting.push_back(Take(*pool, 20'000 + i % 7 * 1000, 1));
    windows.insert(reinterpret_cast<uintptr_t>(waiting.back().bytes) >> 19);
    if (waiting.size() < 100) continue;
    pool->Free(waiting.front().bytes, waiting.front().size);
    waiting.pop_front();
  }
  // 2.4 MB wait: five slabs and one that is being filled, each in two windows at most.
  EXPECT_LE(windows.size(), 14u);
  for (const Block& block : waiting) pool->Free(block.bytes, block.size);
  pool->ReleaseUnused();
}

TEST(SlabPool, OneThreadMayFreeWhatOthersTake) {
  const auto pool = MakeSlabPool();
  std::mutex mutex;
  std::deque<Block> made;
  std::vector<std::thread> makers;
  for (int t = 0; t < 2; ++t) {
    makers.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const Block block = Take(*pool, 1 + (i * 37) % 9000, static_cast<uint8_t>(t + 1));
        const std::lock_guard lock(mutex);
        made.push_back(block);
      }
    });
  }
  for (int freed = 0; freed < 4000;) {
    Block block;
    {
      const std::lock_guard lock(mutex);
      if (made.empty()) continue;
      block = made.front();
      made.pop_front();
    }
    EXPECT_TRUE(Holds(block, 1) || Holds(block, 2));
    pool->Free(block.bytes, block.size);
    ++freed;
  }
  for (auto& maker : makers) maker.join();
  EXPECT_EQ(pool->bytes_allocated(), 0);
}

}  // namespace
}  // namespace freight
