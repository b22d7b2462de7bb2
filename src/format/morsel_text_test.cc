// A morsel's text is a string that borrows its memory.
#include "format/morsel_text.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace freight {
namespace {

TEST(MorselText, KeepsItsBytesWhileItGrows) {
  MorselText text;
  EXPECT_EQ(text.view(), "");
  std::string want;
  for (int i = 0; i < 3000; ++i) {
    text.append("some bytes");
    want += "some bytes";
  }
  EXPECT_EQ(text.view(), want);
  text.erase_front(0);
  text.erase_front(4);
  EXPECT_EQ(text.view(), want.substr(4));
  text.erase_front(text.size());
  EXPECT_EQ(text.view(), "");
}

TEST(MorselText, TakesAPieceOfItself) {
  MorselText text;
  text.assign("0123456789");
  text.assign(text.view().substr(3, 6));
  EXPECT_EQ(text.view(), "345678");
  text.assign({});
  EXPECT_EQ(text.size(), 0u);
}

TEST(MorselText, GivesBorrowedMemoryBackWhenItEnds) {
  const auto lender = std::make_shared<PageLender>(1000);
  std::set<const char*> seen;
  for (int i = 0; i < 20; ++i) {
    MorselText text(lender);
    EXPECT_EQ(text.size(), 0u);
    EXPECT_EQ(text.capacity(), 1000u);
    text.assign("bytes");
    MorselText moved(std::move(text));
    EXPECT_EQ(text.size(), 0u);
    EXPECT_EQ(moved.view(), "bytes");
    seen.insert(moved.data());
    if (i % 2 == 0) moved = MorselText(lender);  // the old one goes back, too
    seen.insert(moved.data());
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST(MorselText, OutlivesWhoeverMadeTheLender) {
  auto lender = std::make_shared<PageLender>(1000);
  MorselText text(lender);
  lender.reset();
  text.assign("bytes");
  EXPECT_EQ(text.view(), "bytes");
}

}  // namespace
}  // namespace freight
