// The peak follows what this process itself has touched.
#include "io/process.h"

#include <gtest/gtest.h>

#include <vector>

namespace freight {
namespace {

TEST(Process, PeakMemoryGrowsWithWhatIsTouched) {
  const int64_t before = PeakRssBytes();
  ASSERT_GT(before, 0);
  const std::vector<char> touched(256 << 20, 'x');
  EXPECT_GE(PeakRssBytes(), before + (128 << 20));
  EXPECT_EQ(touched.back(), 'x');
}

}  // namespace
}  // namespace freight
