// Text for people says sizes, times and foreign bytes as promised.
#include "cli/text.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

TEST(Text, SizesAndSharesHaveUnits) {
  EXPECT_EQ(MebiBytes(1536), "1.5 KiB");
  EXPECT_EQ(MebiBytes(64 << 20), "64.0 MiB");
  EXPECT_EQ(MebiBytes(int64_t{5} << 30), "5,120.0 MiB");
  EXPECT_EQ(Percent(1, 0), "0 %");
  EXPECT_EQ(Percent(5, 400), "1.25 %");
  EXPECT_EQ(Seconds(0.84), "0.8 s");
  EXPECT_EQ(Seconds(125), "2 min 05 s");
  EXPECT_EQ(Seconds(3720), "1 h 02 min");
}

TEST(Text, TimesAreUtc) {
  EXPECT_EQ(UtcTime(0), "-");
  EXPECT_EQ(UtcTime(1'000'000), "1970-01-01 00:00:01Z");
  EXPECT_EQ(UtcRfc3339(1'000'042), "1970-01-01T00:00:01.000042Z");
}

TEST(Text, SizesAreReadWithTheirUnitOrRefused) {
  EXPECT_EQ(ParseSize("64MiB"), 64 << 20);
  EXPECT_EQ(ParseSize("1 GiB"), 1 << 30);
  EXPECT_EQ(ParseSize("500MB"), 500'000'000);
  EXPECT_EQ(ParseSize("1024"), 1024);
  for (const char* bad : {"", "MiB", "-1MiB", "1.5GiB", "64 miB", "99999999999GiB", "9223372036854775808"}) {
    EXPECT_EQ(ParseSize(bad), std::nullopt) << bad;
  }
}

TEST(Text, FitWidthCutsCodePointsNotBytes) {
  EXPECT_EQ(FitWidth("héllo", 5), "héllo");
  EXPECT_EQ(FitWidth("héllo", 3), "hé…");
  EXPECT_EQ(FitWidth("hello", 0), "hello");
}

TEST(Text, WrapIndentsWhatFollowsAndKeepsLongWords) {
  EXPECT_EQ(Wrap("  one two three", 10, 2), "  one two\n    three\n");
  EXPECT_EQ(Wrap("a/very/long/path x", 6, 2), "a/very/long/path\n  x\n");
  EXPECT_EQ(Wrap("one two three", 0, 2), "one two three\n");
  EXPECT_EQ(Wrap("", 10, 2), "\n");
}

TEST(Text, ATerminalNeverObeysARecord) {
  EXPECT_EQ(EscapeControls("a\tb\r\n\x1b[31m"), "a\\tb\\r\\n\\x1b[31m");
  EXPECT_EQ(EscapeControls("caf\xC3\xA9 \xE9 \xC2\x9B"), "caf\xC3\xA9 \\xe9 \\u009b");
  EXPECT_EQ(EscapeControls(std::string_view("\0x", 2)), "\\x00x");
}

TEST(Text, Base64IsRfc4648) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foob"), "Zm9vYg==");
}

TEST(Text, Utf8IsJudgedStrictly) {
  EXPECT_TRUE(ValidUtf8("a\xC3\xA9\xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"})
    EXPECT_FALSE(ValidUtf8(bad));
}

}  // namespace
}  // namespace freight
