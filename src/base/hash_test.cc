// Tests of XXH3-128 and CRC-32C against published vectors and against themselves.
#include "base/hash.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

std::string SomeBytes(size_t bytes) {
  std::string text(bytes, '\0');
  uint32_t x = 1;
  for (char& c : text) c = static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  return text;
}

TEST(HashHex, IsTheCanonicalFormOfXxh3) {
  EXPECT_EQ(HashHex(""), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(HashHex(SomeBytes(100'000)).size(), 32U);
  EXPECT_NE(HashHex("a"), HashHex("b"));
}

TEST(StreamHash, EqualsHashHexHoweverItIsCut) {
  for (const size_t bytes : {0U, 1U, 16U, 17U, 129U, 240U, 241U, 1024U, 100'003U}) {
    const std::string text = SomeBytes(bytes);
    for (const size_t step : {1U, 7U, 64U, 1000U, 200'000U}) {
      StreamHash hash;
      for (size_t at = 0; at < text.size(); at += step) {
        hash.Update(text.data() + at, std::min(step, text.size() - at));
      }
      EXPECT_EQ(hash.Hex(), HashHex(text)) << bytes << " by " << step;
    }
  }
}

TEST(StreamHash, GoesOnAfterHexAndAfterAMove) {
  StreamHash first;
  first.Update("ab", 2);
  EXPECT_EQ(first.Hex(), HashHex("ab"));
  StreamHash second = std::move(first);
  second.Update("c", 1);
  EXPECT_EQ(second.Hex(), HashHex("abc"));
}

TEST(Crc32c, MatchesPublishedVectors) {
  struct Case { std::string bytes; uint32_t want; };
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i);
  // RFC 3720, B.4, and the check value of the CRC catalogue.
  for (const auto& [bytes, want] : std::initializer_list<Case>{{"", 0},
                                                              {"123456789", 0xe3069283U},
                                                              {std::string(32, '\0'), 0x8a9136aaU},
                                                              {std::string(32, '\xff'), 0x62a8ab43U},
                                                              {ascending, 0x46dd794eU}}) {
    EXPECT_EQ(Crc32c(bytes), want);
    EXPECT_EQ(Crc32cPortable(bytes), want);
  }
}

TEST(Crc32c, AgreesWithThePortableTwinAtEveryLength) {
  const std::string text = SomeBytes(300);
  for (size_t n = 0; n <= text.size(); ++n) {
    EXPECT_EQ(Crc32c(text.substr(0, n)), Crc32cPortable(text.substr(0, n))) << n;
  }
}

}  // namespace
}  // namespace freight
