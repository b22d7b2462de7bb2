// UTF-8 checks, transcoding and undoing of quotes.
#include "contract/kernels_text.h"

#include <gtest/gtest.h>

#include <random>

namespace freight::kernels {
namespace {

TEST(IsUtf8, IsStrict) {
  struct Case { std::string_view text; bool valid; };
  for (const Case& c : std::initializer_list<Case>{{"", true},
                                                   {"plain", true},
                                                   {std::string_view("\0", 1), true},
                                                   {"\x7f", true},
                                                   {"\xc2\x80", true},
                                                   {"\xdf\xbf", true},
                                                   {"\xe0\xa0\x80", true},
                                                   {"\xed\x9f\xbf", true},
                                                   {"\xee\x80\x80", true},
                                                   {"\xef\xbf\xbf", true},
                                                   {"\xf0\x90\x80\x80", true},
                                                   {"\xf4\x8f\xbf\xbf", true},
                                                   {"gr\xc3\xbc\xc3\x9f dich", true},
                                                   {"\x80", false},
                                                   {"\xbf", false},
                                                   {"\xc0\x80", false},
                                                   {"\xc1\xbf", false},
                                                   {"\xc2", false},
                                                   {"\xc2x", false},
                                                   {"\xe0\x9f\xbf", false},
                                                   {"\xed\xa0\x80", false},
                                                   {"\xed\xbf\xbf", false},
                                                   {"\xe2\x82", false},
                                                   {"\xe2\x82x", false},
                                                   {"\xf0\x8f\xbf\xbf", false},
                                                   {"\xf4\x90\x80\x80", false},
                                                   {"\xf5\x80\x80\x80", false},
                                                   {"\xf0\x9f\x98", false},
                                                   {"\xff", false},
                                                   {"\xfe", false},
                                                   {"longer than a word \xc3", false},
                                                   {"longer than a word \xc3\xbc, twice", true}}) {
    EXPECT_EQ(IsUtf8(c.text), c.valid) << testing::PrintToString(std::string(c.text));
  }
}

// The definition itself: decode, encode again in the shortest form, compare.
bool IsUtf8ByDefinition(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t n = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (n == 0 || i + n > text.size()) return false;
    uint32_t c = n == 1 ? lead : lead & (0x7fu >> n);
    for (size_t k = 1; k < n; ++k) {
      const auto byte = static_cast<uint8_t>(text[i + k]);
      if (byte >> 6 != 2) return false;
      c = c << 6 | (byte & 0x3f);
    }
    const size_t shortest = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (shortest != n || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return false;
    i += n;
  }
  return true;
}

// Answers whether the text is valid.
bool ExpectAllAgreeWithTheDefinition(const std::string& text) {
  const bool want = IsUtf8ByDefinition(text);
  EXPECT_EQ(IsUtf8(text), want) << testing::PrintToString(text);
  for (const auto target : {Utf8Target::kPortable, Utf8Target::kAvx2, Utf8Target::kAvx512}) {
    const Utf8Check check = Utf8CheckFor(target);
    if (check == nullptr) continue;
    EXPECT_EQ(check(text), want) << static_cast<int>(target) << testing::PrintToString(text);
  }
  return want;
}

TEST(IsUtf8, AgreesWithTheDefinition) {
  constexpr std::string_view kBytes =
      "ab\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4\xf5\xff";
  std::mt19937 random(7);
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random() % 12, 'a');
    for (char& c : text) c = random() % 2 ? c : kBytes[random() % kBytes.size()];
    valid += ExpectAllAgreeWithTheDefinition(text);
    if (HasFailure()) return;
  }
  EXPECT_GT(valid, 10'000);
}

// Up to five odd bytes among whole characters, at every place of a block and at the end.
TEST(IsUtf8, AgreesWithTheDefinitionAcrossBlocks) {
  constexpr std::string_view kBytes =
      "a\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4\xf5\xff";
  std::mt19937 random(11);
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text(64 + random() % 100, 'a');
    const std::string_view whole[] = {"\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
                                      "\xf4\x8f\xbf\xbf"};
    for (size_t k = random() % 4; k > 0; --k) {
      const std::string_view piece = whole[random() % std::size(whole)];
      text.replace(random() % (text.size() - piece.size() + 1), piece.size(), piece);
    }
    const size_t odd = random() % 4 == 0 ? 0 : 1 + random() % 5;
    const size_t at = random() % 3 == 0 ? text.size() - odd : random() % (text.size() - odd + 1);
    for (size_t k = 0; k < odd; ++k) text[at + k] = kBytes[random() % kBytes.size()];
    valid += ExpectAllAgreeWithTheDefinition(text);
    if (HasFailure()) return;
  }
  EXPECT_GT(valid, 10'000);
}

TEST(CopyUndoubled, AgreesWithAppendUnescaped) {
  std::mt19937 random(5);
  for (int i = 0; i < 50'000; ++i) {
    std::string text(random() % 40, 'a');
    for (char& c : text) c = "ab\"\"\""[random() % (1 + random() % 5)];
    std::string want;
    AppendUnescaped(text, '"', std::nullopt, &want);
    const std::string padded = text + std::string(8, random() % 2 ? '"' : 'x');
    std::string out(text.size() + 8, '#');
    const size_t n = CopyUndoubled(padded.data(), text.size(), '"', out.data());
    ASSERT_EQ(out.substr(0, n), want) << text;
  }
}

// What the escapes of JSON become, at every distance from the words that are copied.
TEST(UnescapeJson, TakesTheShortestForm) {
  const std::pair<std::string_view, std::string_view> pieces[] = {
      {"a", "a"}, {"some text", "some text"}, {"\\n", "\n"}, {"\\\"", "\""}, {"\\\\", "\\"}, {"\\/", "/"},
      {"\\u00e9", "\xc3\xa9"}, {"\\u20AC", "\xe2\x82\xac"}, {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
      {"\xc3\xa9", "\xc3\xa9"}};
  std::mt19937 random(6);
  for (int round = 0; round < 20'000; ++round) {
    std::string raw, want;
    for (uint32_t left = random() % 9; left > 0; --left) {
      const auto& [from, to] = pieces[random() % std::size(pieces)];
      raw += from;
      want += to;
    }
    std::string got = "before ";
    AppendJsonUnescaped(raw, &got);
    ASSERT_EQ(got, "before " + want) << raw;
  }
}

TEST(IsAscii, SeesEveryByte) {
  for (size_t n : {1, 7, 8, 63, 64, 65, 130}) {
    std::string text(n, 'a');
    EXPECT_TRUE(IsAscii(text.data(), n));
    for (size_t i = 0; i < n; ++i) {
      text[i] = '\x80';
      EXPECT_FALSE(IsAscii(text.data(), n)) << n << " " << i;
      text[i] = 'a';
    }
  }
}

TEST(CountCodePoints, CountsCharactersNotBytes) {
  EXPECT_EQ(CountCodePoints(""), 0);
  EXPECT_EQ(CountCodePoints("abc"), 3);
  EXPECT_EQ(CountCodePoints("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"), 3);
}

std::string AsUtf8(std::string_view bytes, TextEncoding encoding) {
  std::string out;
  return AppendAsUtf8(bytes, encoding, &out) ? out : "refused";
}

TEST(AppendAsUtf8, KnowsWhichBytesStandForNothing) {
  EXPECT_EQ(AsUtf8("gr\xfc\xdf", TextEncoding::kLatin1), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(AsUtf8("\x80", TextEncoding::kLatin1), "\xc2\x80");
  EXPECT_EQ(AsUtf8("\x80 \x99", TextEncoding::kWindows1252), "\xe2\x82\xac \xe2\x84\xa2");
  for (int byte = 0x80; byte < 0x100; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const bool undefined = byte == 0x81 || byte == 0x8d || byte == 0x8f || byte == 0x90 || byte == 0x9d;
    EXPECT_EQ(AsUtf8(text, TextEncoding::kWindows1252) == "refused", undefined) << byte;
    EXPECT_NE(AsUtf8(text, TextEncoding::kLatin1), "refused") << byte;
  }
}

TEST(FromUtf8, IsTheWayBack) {
  for (TextEncoding encoding : {TextEncoding::kUtf8, TextEncoding::kLatin1, TextEncoding::kWindows1252}) {
    for (int byte = 0; byte < 0x100; ++byte) {
      const std::string text(1, static_cast<char>(byte));
      std::string utf8, back;
      if (!AppendAsUtf8(text, encoding, &utf8)) continue;
      ASSERT_TRUE(FromUtf8(utf8, encoding, &back)) << byte;
      EXPECT_EQ(back, text);
    }
  }
  std::string out;
  EXPECT_FALSE(FromUtf8("\xe2\x82\xac", TextEncoding::kLatin1, &out));
  EXPECT_FALSE(FromUtf8("\xff", TextEncoding::kUtf8, &out));
}

TEST(AppendUnescaped, UndoesDoublingOrEscapes) {
  struct Case { std::string_view raw; std::optional<char> escape; std::string_view want; };
  for (const Case& c : std::initializer_list<Case>{
           {"a\"\"b", std::nullopt, "a\"b"}, {"\"\"", std::nullopt, "\""}, {"\"\"\"\"", std::nullopt, "\"\""},
           {"a\\\"b", '\\', "a\"b"}, {"a\\\\b", '\\', "a\\b"}, {"a\\nb", '\\', "anb"}, {"a\\", '\\', "a\\"},
           {"a\"\"b", '\\', "a\"\"b"}, {"a\"\"b", '"', "a\"b"}, {"a\"b", std::nullopt, "a\"b"}}) {
    std::string out;
    AppendUnescaped(c.raw, '"', c.escape, &out);
    EXPECT_EQ(out, c.want) << c.raw;
  }
}

}  // namespace
}  // namespace freight::kernels
