// Pages keep what was written when they grow; a lender holds no more than was lent at the same time.
#include "io/pages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <set>
#include <vector>

namespace freight {
namespace {

TEST(Pages, KeepWhatWasWrittenWhenTheyGrow) {
  Pages pages;
  ASSERT_TRUE(pages.Grow(5000));
  std::memset(pages.data(), 'x', 5000);
  ASSERT_TRUE(pages.Grow(64 << 20));
  EXPECT_EQ(pages.bytes(), 64u << 20);
  EXPECT_EQ(std::string(pages.data(), 5000), std::string(5000, 'x'));
  ASSERT_TRUE(pages.Grow(1));
  EXPECT_EQ(pages.bytes(), 64u << 20);
}

TEST(Pages, MoveLeavesNothingBehind) {
  Pages from;
  ASSERT_TRUE(from.Grow(100));
  char* const data = from.data();
  Pages to(std::move(from));
  EXPECT_EQ(to.data(), data);
  EXPECT_EQ(from.data(), nullptr);
  EXPECT_EQ(from.bytes(), 0u);
  from = std::move(to);
  EXPECT_EQ(from.data(), data);
}

TEST(PageLender, LendsWhatCameBackBeforeAnythingNew) {
  PageLender lender(4096);
  std::set<char*> seen;
  for (int i = 0; i < 100; ++i) {
    Pages first = lender.Lend(), second = lender.Lend();
    ASSERT_EQ(first.bytes(), 4096u);
    seen.insert({first.data(), second.data()});
    lender.TakeBack(std::move(second));
    lender.TakeBack(std::move(first));
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST(PageLender, DropsWhatHasGrown) {
  PageLender lender(4096);
  Pages pages = lender.Lend();
  ASSERT_TRUE(pages.Grow(1 << 20));
  lender.TakeBack(std::move(pages));
  EXPECT_EQ(lender.Lend().bytes(), 4096u);
}

}  // namespace
}  // namespace freight
