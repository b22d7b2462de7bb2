// Tables of the careful parsers of numbers, uuids and binary text, and the number kernels against them.
#include "contract/exact_text.h"

#include "contract/codecs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace freight {
namespace {

constexpr auto kOk = std::nullopt;
constexpr auto kNotOfType = Reason::kNotOfType;
constexpr auto kOutOfRange = Reason::kOutOfRange;
constexpr auto kInexact = Reason::kInexact;

TEST(ParseInteger, ExactOrRefused) {
  struct Case { std::string_view text; TypeError error; int64_t value; };
  for (const Case& c : std::initializer_list<Case>{
           {"0", kOk, 0}, {"-0", kOk, 0}, {"+5", kOk, 5}, {"008", kOk, 8}, {"-128", kOk, -128}, {"127", kOk, 127},
           {"128", kOutOfRange}, {"-129", kOutOfRange}, {"300", kOutOfRange},
           {"00000000000000000000000000000000000000000000000000007", kOk, 7},
           {"99999999999999999999999999999999999999999999999999999", kOutOfRange},
           {"", kNotOfType}, {"-", kNotOfType}, {"+", kNotOfType}, {"--1", kNotOfType}, {"+-1", kNotOfType},
           {" 1", kNotOfType}, {"1 ", kNotOfType}, {"1e3", kNotOfType}, {"1.0", kNotOfType}, {"1,000", kNotOfType},
           {"0x10", kNotOfType}, {"1_000", kNotOfType}, {"\xd9\xa1", kNotOfType}, {"NaN", kNotOfType}}) {
    __int128 value = 0;
    EXPECT_EQ(ParseInteger(c.text, -128, 127, &value), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(static_cast<int64_t>(value), c.value) << c.text;
    }
  }
}

TEST(ParseInteger, ReachesTheEndsOfEveryWidth) {
  const IntegerCodec<int64_t> i64;
  const IntegerCodec<uint64_t> u64;
  int64_t i = 0;
  uint64_t u = 0;
  EXPECT_EQ(i64.Careful("-9223372036854775808", &i), kOk);
  EXPECT_EQ(i, INT64_MIN);
  EXPECT_EQ(i64.Careful("9223372036854775807", &i), kOk);
  EXPECT_EQ(i, INT64_MAX);
  EXPECT_EQ(i64.Careful("9223372036854775808", &i), kOutOfRange);
  EXPECT_EQ(u64.Careful("18446744073709551615", &u), kOk);
  EXPECT_EQ(u, UINT64_MAX);
  EXPECT_EQ(u64.Careful("18446744073709551616", &u), kOutOfRange);
  EXPECT_EQ(u64.Careful("-1", &u), kOutOfRange);
}

TEST(ParseDecimal, ExactOrRefused) {
  struct Case { std::string_view text; TypeError error; int64_t value; };
  for (const Case& c : std::initializer_list<Case>{{"12.34", kOk, 1234},
                                                   {"-0.5", kOk, -50},
                                                   {"+0.5", kOk, 50},
                                                   {"7", kOk, 700},
                                                   {"-0", kOk, 0},
                                                   {"-0.00", kOk, 0},
                                                   {"007.10", kOk, 710},
                                                   {"12.340", kOk, 1234},
                                                   {"12.34000000000000000000000000000000000000000000", kOk, 1234},
                                                   {"9999999999.99", kOk, 999999999999},
                                                   {"-9999999999.99", kOk, -999999999999},
                                                   {"12.345", kInexact},
                                                   {"0.001", kInexact},
                                                   {"0.00000000000000000000000000000000000000000000001", kInexact},
                                                   {"10000000000", kOutOfRange},
                                                   {"10000000000.001", kOutOfRange},
                                                   {"00009999999999.00", kOk, 999999999900},
                                                   {"", kNotOfType},
                                                   {".", kNotOfType},
                                                   {"5.", kNotOfType},
                                                   {".5", kNotOfType},
                                                   {"1e3", kNotOfType},
                                                   {"1.2.3", kNotOfType},
                                                   {"1,5", kNotOfType},
                                                   {" 1", kNotOfType},
                                                   {"1.-5", kNotOfType},
                                                   {"-", kNotOfType},
                                                   {"NaN", kNotOfType},
                                                   {"$5", kNotOfType}}) {
    __int128 value = 0;
    EXPECT_EQ(ParseDecimal(c.text, 12, 2, &value), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(static_cast<int64_t>(value), c.value) << c.text;
    }
  }
}

TEST(ParseDecimal, HoldsThirtyEightDigits) {
  __int128 value = 0;
  EXPECT_EQ(ParseDecimal("99999999999999999999999999999999999999", 38, 0, &value), kOk);
  EXPECT_TRUE(value == PowerOfTen(37) * 9 + (PowerOfTen(37) - 1));
  EXPECT_EQ(ParseDecimal("100000000000000000000000000000000000000", 38, 0, &value), kOutOfRange);
  EXPECT_EQ(ParseDecimal("-0.99999999999999999999999999999999999999", 38, 38, &value), kOk);
  EXPECT_TRUE(value == -(PowerOfTen(37) * 9 + (PowerOfTen(37) - 1)));
  EXPECT_EQ(ParseDecimal("1", 38, 38, &value), kOutOfRange);
}

TEST(ParseReal, NearestOrRefused) {
  struct Case { std::string_view text; TypeError error; double value; };
  for (const Case& c : std::initializer_list<Case>{
           {"0", kOk, 0}, {"1.5", kOk, 1.5}, {"-2.25e3", kOk, -2250}, {"+4", kOk, 4}, {".5", kOk, 0.5}, {"5.", kOk, 5},
           {"1E-2", kOk, 0.01}, {"0.1", kOk, 0.1}, {"9007199254740993", kOk, 9007199254740992.0},
           {"1.7976931348623157e308", kOk, 1.7976931348623157e308}, {"1e-400", kOk, 0}, {"Infinity", kOk, INFINITY},
           {"-Infinity", kOk, -INFINITY}, {"1e309", kOutOfRange}, {"-1e400", kOutOfRange},
           {"inf", kNotOfType}, {"nan", kNotOfType}, {"-NaN", kNotOfType}, {"+Infinity", kNotOfType},
           {"infinity", kNotOfType}, {"", kNotOfType}, {"-", kNotOfType}, {".", kNotOfType}, {"1e", kNotOfType},
           {"1 ", kNotOfType}, {" 1", kNotOfType}, {"+-1", kNotOfType}, {"--1", kNotOfType}, {"0x1p3", kNotOfType},
           {"1,5", kNotOfType}, {"1.2.3", kNotOfType}}) {
    double value = 0;
    EXPECT_EQ(ParseReal(c.text, &value), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(value, c.value) << c.text;
    }
  }
  double nan = 0;
  EXPECT_EQ(ParseReal("NaN", &nan), kOk);
  EXPECT_TRUE(std::isnan(nan));
}

TEST(ParseReal, FloatsRoundOnceAndKnowTheirRange) {
  float value = 0;
  EXPECT_EQ(ParseReal("16777217", &value), kOk);
  EXPECT_EQ(value, 16777216.0f);
  EXPECT_EQ(ParseReal("3.4028235e38", &value), kOk);
  EXPECT_EQ(ParseReal("3.5e38", &value), kOutOfRange);
  // Rounded to a double first, this would tie and fall on the wrong side.
  EXPECT_EQ(ParseReal("1.000000059604644775390626", &value), kOk);
  EXPECT_EQ(value, 1.00000011920928955078125f);
}

TEST(ParseUuid, ThirtySixCharactersOrRefused) {
  Uuid uuid{};
  ASSERT_EQ(ParseUuid("00112233-4455-6677-8899-aAbBcCdDeEfF", &uuid), kOk);
  EXPECT_THAT(uuid, testing::ElementsAre(0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc,
                                         0xdd, 0xee, 0xff));
  for (std::string_view text : {"", "00112233445566778899aabbccddeeff", "{00112233-4455-6677-8899-aabbccddeeff}",
                                "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeefg",
                                "001122334-455-6677-8899-aabbccddeeff", "0011223 -4455-6677-8899-aabbccddeeff"}) {
    EXPECT_EQ(ParseUuid(text, &uuid), kNotOfType) << text;
  }
}

TEST(ParseBinary, HexAndBase64OrRefused) {
  struct Case { BinaryEncoding encoding; std::string_view text; TypeError error; std::string_view bytes; };
  constexpr auto kHex = BinaryEncoding::kHex;
  constexpr auto k64 = BinaryEncoding::kBase64;
  for (const Case& c : std::initializer_list<Case>{{kHex, "00fF7a", kOk, std::string_view("\0\xffz", 3)},
                                                   {kHex, "abc", kNotOfType},
                                                   {kHex, "0x12", kNotOfType},
                                                   {kHex, "gg", kNotOfType},
                                                   {kHex, "g0", kNotOfType},
                                                   {kHex, "0g", kNotOfType},
                                                   {kHex, "", kNotOfType},
                                                   {k64, "aGVsbG8=", kOk, "hello"},
                                                   {k64, "aGVsbG8h", kOk, "hello!"},
                                                   {k64, "aA==", kOk, "h"},
                                                   {k64, "+/+/", kOk, "\xfb\xff\xbf"},
                                                   {k64, "aGVsbG8", kNotOfType},
                                                   {k64, "aGVs\nbG8=", kNotOfType},
                                                   {k64, "-_-_", kNotOfType},
                                                   {k64, "a===", kNotOfType},
                                                   {k64, "====", kNotOfType},
                                                   {k64, "aB==", kNotOfType},
                                                   {k64, "=AAA", kNotOfType},
                                                   {k64, "", kNotOfType}}) {
    std::string bytes;
    EXPECT_EQ(ParseBinary(c.text, c.encoding, &bytes), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(bytes, c.bytes) << c.text;
    }
  }
}

// Random texts over an alphabet: where the kernel says yes, the careful parser says the same value. Returns how often.
template <typename Codec>
int CountAgreements(const Codec& codec, std::string_view alphabet, size_t length_max, uint32_t seed) {
  std::mt19937 random(seed);
  std::string text(length_max + 64, 'x');
  int agreed = 0;
  for (int i = 0; i < 200'000; ++i) {
    const size_t n = random() % (length_max + 1);
    for (size_t k = 0; k <= length_max; ++k) text[k] = alphabet[random() % alphabet.size()];
    typename Codec::Value fast{}, careful{};
    if (!codec.Fast(text.data(), static_cast<uint32_t>(n), &fast)) continue;
    const std::string_view field = std::string_view(text).substr(0, n);
    const TypeError error = codec.Careful(field, &careful);
    EXPECT_EQ(error, kOk) << field;
    EXPECT_EQ(std::memcmp(&fast, &careful, sizeof fast), 0) << field;
    if (error || std::memcmp(&fast, &careful, sizeof fast) != 0) break;
    ++agreed;
  }
  return agreed;
}

TEST(NumberKernels, AgreeWithTheCarefulParsers) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kSigned = "01234567890123456789-.";
  constexpr std::string_view kNoise =
      "0123456789012345678901234567890123456789012345678901234567890123456789+- e.:/\x80";
  for (std::string_view alphabet : {kDigits, kSigned, kNoise}) {
    EXPECT_GT(CountAgreements(IntegerCodec<int8_t>(), alphabet, 5, 1), 20'000);
    EXPECT_GT(CountAgreements(IntegerCodec<uint16_t>(), alphabet, 7, 2), 20'000);
    EXPECT_GT(CountAgreements(IntegerCodec<int32_t>(), alphabet, 12, 3), 20'000);
    EXPECT_GT(CountAgreements(IntegerCodec<uint32_t>(), alphabet, 12, 4), 20'000);
    EXPECT_GT(CountAgreements(IntegerCodec<int64_t>(), alphabet, 20, 5), 20'000);
    EXPECT_GT(CountAgreements(IntegerCodec<uint64_t>(), alphabet, 21, 6), 20'000);
    EXPECT_GT(CountAgreements(DecimalCodec<int32_t>(9, 4), alphabet, 10, 7), 20'000);
    EXPECT_GT(CountAgreements(DecimalCodec<int64_t>(12, 2), alphabet, 17, 8), 10'000);
    EXPECT_GT(CountAgreements(DecimalCodec<int64_t>(18, 18), alphabet, 18, 9), 1'000);
    EXPECT_GT(CountAgreements(DecimalCodec<__int128>(38, 10), alphabet, 19, 10), 20'000);
    EXPECT_GT(CountAgreements(RealCodec<double>(), alphabet, 18, 11), 20'000);
    EXPECT_GT(CountAgreements(RealCodec<float>(), alphabet, 18, 12), 10'000);
  }
}

TEST(NumberKernels, TakeTheUsualTexts) {
  const auto padded = [](std::string_view text) { return std::string(text) + std::string(64, '9'); };
  for (std::string_view text : {"0", "-7", "12345678", "123456789", "-1234567890123456", "123456789012345678"}) {
    int64_t value = 0;
    EXPECT_TRUE(IntegerCodec<int64_t>().Fast(padded(text).data(), static_cast<uint32_t>(text.size()), &value)) << text;
  }
  for (std::string_view text : {"0.5", "-7", "1234.56", "12345.67", "-123456.78", "1234567890.12", "12345678"}) {
    int64_t value = 0;
    const DecimalCodec<int64_t> codec(12, 2);
    EXPECT_TRUE(codec.Fast(padded(text).data(), static_cast<uint32_t>(text.size()), &value)) << text;
  }
}

}  // namespace
}  // namespace freight
