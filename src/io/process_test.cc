// The peak follows what this process itself has touched.
#include "io/process.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <vector>

namespace freight {
namespace {

TEST(Process, PeakMemoryGrowsWithWhatIsTouched) {
  const int64_t before = PeakRssBytes();
  ASSERT_GT(before, 0);
  // More than all that any test before has held.
  const std::vector<char> touched(static_cast<size_t>(before + (128 << 20)), 'x');
  EXPECT_GE(PeakRssBytes(), before + (64 << 20));
  EXPECT_EQ(touched.back(), 'x');
}

int64_t RssBytes() {
  std::ifstream status("/proc/self/statm");
  int64_t pages = 0;
  status >> pages >> pages;
  return pages * 4096;
}

// A block of the heap, with a small one behind it so that the heap cannot shrink.
int64_t HeldAfterFree(size_t bytes, std::vector<std::unique_ptr<char[]>>* pins) {
  auto block = std::make_unique<char[]>(bytes);  // writes zeros
  pins->push_back(std::make_unique<char[]>(1 << 10));
  const int64_t held = RssBytes();
  block.reset();
  return RssBytes() - held;
}

TEST(Process, LargeBlocksGoBackToTheSystem) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
  ReturnLargeBlocks();
  std::vector<std::unique_ptr<char[]>> pins;
  for (int i = 0; i < 3; ++i) EXPECT_LT(HeldAfterFree(24 << 20, &pins), -(20 << 20)) << i;
}

}  // namespace
}  // namespace freight
