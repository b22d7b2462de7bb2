// Numbers of things have separators and the right word.
#include "base/count_text.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

TEST(CountText, HasSeparatorsAndTheRightWord) {
  EXPECT_EQ(Thousands(0), "0");
  EXPECT_EQ(Thousands(999), "999");
  EXPECT_EQ(Thousands(4180112), "4,180,112");
  EXPECT_EQ(Thousands(-1000), "-1,000");
  EXPECT_EQ(Count(1, "row"), "1 row");
  EXPECT_EQ(Count(2000, "row"), "2,000 rows");
}

}  // namespace
}  // namespace freight
