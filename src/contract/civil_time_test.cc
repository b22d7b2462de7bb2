// Dates, times and timestamps: ISO tables, the calendar, the kernels against the careful parsers.
#include "contract/civil_time.h"

#include "contract/codecs.h"

#include <gtest/gtest.h>

#include <random>

namespace freight {
namespace {

constexpr auto kOk = std::nullopt;
constexpr auto kNotOfType = Reason::kNotOfType;
constexpr auto kOutOfRange = Reason::kOutOfRange;
constexpr auto kInexact = Reason::kInexact;
constexpr int64_t kNoon = 12 * 3600 * kMicrosPerSecond;

struct Case {
  std::string_view text;
  TypeError error;
  int64_t value;
};

TEST(ParseIsoDate, KnowsTheCalendar) {
  for (const Case& c : std::initializer_list<Case>{
           {"1970-01-01", kOk, 0}, {"1969-12-31", kOk, -1}, {"2000-02-29", kOk, 11016}, {"2026-06-11", kOk, 20615},
           {"0001-01-01", kOk, -719162}, {"9999-12-31", kOk, 2932896}, {"2024-02-29", kOk, 19782},
           {"2026-02-29", kOutOfRange}, {"1900-02-29", kOutOfRange}, {"2026-04-31", kOutOfRange},
           {"2026-13-01", kOutOfRange}, {"2026-00-10", kOutOfRange}, {"2026-01-00", kOutOfRange},
           {"0000-01-01", kOutOfRange}, {"2026-01-32", kOutOfRange},
           {"", kNotOfType}, {"2026-6-11", kNotOfType}, {"26-06-11", kNotOfType}, {"2026/06/11", kNotOfType},
           {"20260611", kNotOfType}, {"2026-06-11 ", kNotOfType}, {" 2026-06-11", kNotOfType},
           {"2026-06-11T00:00:00", kNotOfType}, {"2026-06-1a", kNotOfType}, {"-001-01-01", kNotOfType}}) {
    int32_t days = 0;
    EXPECT_EQ(ParseIsoDate(c.text, &days), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(days, c.value) << c.text;
    }
  }
}

TEST(ParseIsoTime, KnowsTheClock) {
  for (const Case& c : std::initializer_list<Case>{
           {"00:00", kOk, 0}, {"12:00:00", kOk, kNoon}, {"23:59:59.999999", kOk, kMicrosPerDay - 1},
           {"12:00:00.5", kOk, kNoon + 500'000}, {"12:00:00.000001000", kOk, kNoon + 1},
           {"12:00:00.0000001", kInexact}, {"24:00", kOutOfRange}, {"12:60", kOutOfRange}, {"12:00:60", kOutOfRange},
           {"24:00:00.0000001", kOutOfRange}, {"1:00", kNotOfType}, {"12", kNotOfType}, {"12:00:", kNotOfType},
           {"12:00:00.", kNotOfType}, {"12:00.5", kNotOfType}, {"12:00:00Z", kNotOfType}, {"", kNotOfType},
           {"12:00:00,5", kNotOfType}, {"12:0:00", kNotOfType}}) {
    int64_t micros = 0;
    EXPECT_EQ(ParseIsoTime(c.text, &micros), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(micros, c.value) << c.text;
    }
  }
}

TEST(ParseIsoTimestamp, WithoutZone) {
  for (const Case& c : std::initializer_list<Case>{{"1970-01-01T12:00:00", kOk, kNoon},
                                                   {"1970-01-02 00:00", kOk, kMicrosPerDay},
                                                   {"1969-12-31 23:59:59.999999", kOk, -1},
                                                   {"2026-02-29T00:00:00", kOutOfRange},
                                                   {"2026-01-01T24:00:00", kOutOfRange},
                                                   {"2026-06-30T23:59:60", kOutOfRange},
                                                   {"2026-01-01T00:00:00.1234567", kInexact},
                                                   {"2026-01-01T00:00:00.1234560", kOk, 1767225600123456},
                                                   {"1970-01-01T12:00:00Z", kNotOfType},
                                                   {"1970-01-01T12:00:00+00:00", kNotOfType},
                                                   {"1970-01-01", kNotOfType},
                                                   {"1970-01-01t12:00:00", kNotOfType},
                                                   {"1970-01-01  12:00:00", kNotOfType},
                                                   {"1970-01-01T12:00:00 ", kNotOfType},
                                                   {"", kNotOfType},
                                                   {"1970-01-01T12", kNotOfType}}) {
    int64_t micros = 0;
    EXPECT_EQ(ParseIsoTimestamp(c.text, false, &micros), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(micros, c.value) << c.text;
    }
  }
}

TEST(ParseIsoTimestamp, WithZoneIsTurnedToUtc) {
  constexpr int64_t kHour = 3600 * kMicrosPerSecond;
  for (const Case& c : std::initializer_list<Case>{{"1970-01-01T12:00:00Z", kOk, kNoon},
                                                   {"1970-01-01 12:00:00+02:00", kOk, kNoon - 2 * kHour},
                                                   {"1970-01-01T12:00:00-0330", kOk, kNoon + 7 * kHour / 2},
                                                   {"1970-01-01T12:00+01", kOk, kNoon - kHour},
                                                   {"1970-01-01T12:00:00.25-00:00", kOk, kNoon + 250'000},
                                                   {"1970-01-01T12:00:00+18:00", kOk, kNoon - 18 * kHour},
                                                   {"1970-01-01T12:00:00+18:01", kOutOfRange},
                                                   {"1970-01-01T12:00:00+02:60", kOutOfRange},
                                                   {"1970-01-01T12:00:00.0000001Z", kInexact},
                                                   {"1970-01-01T12:00:00", kNotOfType},
                                                   {"1970-01-01T12:00:00z", kNotOfType},
                                                   {"1970-01-01T12:00:00 Z", kNotOfType},
                                                   {"1970-01-01T12:00:00+2", kNotOfType},
                                                   {"1970-01-01T12:00:00+02:", kNotOfType},
                                                   {"1970-01-01T12:00:00+020", kNotOfType},
                                                   {"1970-01-01T12:00:00ZZ", kNotOfType},
                                                   {"1970-01-01T12:00:00[UTC]", kNotOfType},
                                                   {"1970-01-01T12:00:00Europe/Berlin", kNotOfType}}) {
    int64_t micros = 0;
    EXPECT_EQ(ParseIsoTimestamp(c.text, true, &micros), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(micros, c.value) << c.text;
    }
  }
}

TEST(TimeKernels, KnowEveryDayThatTheCalendarKnows) {
  int32_t want = DaysFromCivil(1, 1, 1);
  for (int year = 1; year <= 9999; ++year) {
    for (int month = 0; month <= 13; ++month) {
      for (int day = 27; day <= 32; ++day) {
        const std::string text = fmt::format("{:04}-{:02}-{:02}{:64}", year, month, day, "");
        int32_t fast = 0, careful = 0;
        const bool exists = !ParseIsoDate(std::string_view(text).substr(0, 10), &careful);
        ASSERT_EQ(kernels::FastDate(text.data(), 10, &fast), exists) << text;
        if (exists) {
          ASSERT_EQ(fast, careful) << text;
        }
      }
    }
    want += IsDate(year, 2, 29) ? 366 : 365;
  }
  EXPECT_EQ(want, DaysFromCivil(9999, 12, 31) + 1);
}

// Texts of the right form with some characters changed: the kernel never accepts what the careful parser refuses, and
// gives the same value. `text` of the usual form must be accepted.
template <typename Codec>
void ExpectAgreement(const Codec& codec, std::string_view form, uint32_t seed) {
  constexpr std::string_view kAlphabet = "0123456789-:. TZ+/\xb0";
  std::mt19937 random(seed);
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text(form);
    for (char& c : text) {
      if (c == '#') c = static_cast<char>('0' + random() % (random() % 4 == 0 ? 10 : 3));
    }
    for (uint32_t changes = random() % 3; changes > 0; --changes) {
      text[random() % text.size()] = kAlphabet[random() % kAlphabet.size()];
    }
    const size_t n = random() % 4 == 0 ? random() % (text.size() + 1) : text.size();
    text += std::string(64, '0');
    typename Codec::Value fast{}, careful{};
    if (!codec.Fast(text.data(), static_cast<uint32_t>(n), &fast)) continue;
    ++accepted;
    ASSERT_EQ(codec.Careful(std::string_view(text).substr(0, n), &careful), kOk) << text.substr(0, n);
    ASSERT_EQ(fast, careful) << text.substr(0, n);
  }
  EXPECT_GT(accepted, 5'000) << form;
}

TEST(TimeKernels, AgreeWithTheCarefulParsers) {
  ExpectAgreement(DateCodec(), "####-0#-##", 1);
  ExpectAgreement(TimestampCodec<false>(), "####-0#-## ##:##:##", 2);
  ExpectAgreement(TimestampCodec<false>(), "####-0#-##T##:##:##.######", 3);
  ExpectAgreement(TimestampCodec<false>(), "####-0#-##T##:##:##.###", 4);
  ExpectAgreement(TimestampCodec<true>(), "####-0#-##T##:##:##Z", 5);
  ExpectAgreement(TimestampCodec<true>(), "####-0#-## ##:##:##.######Z", 6);
  ExpectAgreement(TimestampCodec<true>(), "####-0#-##T##:##:##+0#:##", 7);
  ExpectAgreement(TimestampCodec<true>(), "####-0#-##T##:##:##.######-##:##", 8);
}

TEST(TimeKernels, AgreeOnNeighboursThatShareTheirMinute) {
  ExpectAgreement(TimestampCodec<false>(), "2026-06-11T1#:2#:##", 9);
  ExpectAgreement(TimestampCodec<false>(), "2026-06-11 10:20:##.###", 10);
  ExpectAgreement(TimestampCodec<false>(), "1970-01-01T00:00:##", 11);
  ExpectAgreement(TimestampCodec<true>(), "2026-02-28 23:59:##Z", 12);
}

TEST(TimeKernels, RememberNoMinuteThatDoesNotExist) {
  kernels::MinuteMemo memo;
  int64_t micros = 0;
  const auto fast = [&](std::string text) {
    const auto n = static_cast<uint32_t>(text.size());
    text += std::string(64, '0');
    return kernels::FastTimestamp(text.data(), n, &memo, &micros);
  };
  EXPECT_FALSE(fast(std::string(16, '\0') + ":30"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(fast("2026-02-29 10:20:30"));
    EXPECT_FALSE(fast("2026-02-28 10:60:30"));
    EXPECT_TRUE(fast("2026-02-28 10:59:30"));
    EXPECT_FALSE(fast("2026-02-28 10:59:60"));
    EXPECT_FALSE(fast("2026-02-28X10:59:30"));
  }
}

TEST(TimeKernels, TakeTheUsualTexts) {
  for (const auto& [text, zone] : std::initializer_list<std::pair<std::string, bool>>{
           {"2026-06-11T10:20:30", false}, {"2026-06-11 10:20:30", false}, {"2026-06-11 10:20:30.5", false},
           {"2026-06-11 10:20:30.123456", false}, {"2026-06-11T10:20:30Z", true}, {"2026-06-11T10:20:30.123456Z", true},
           {"2026-06-11T10:20:30+02:00", true}, {"2026-06-11T10:20:30.123456-11:30", true}}) {
    int64_t micros = 0;
    kernels::MinuteMemo memo;
    const std::string padded = text + std::string(64, '0');
    const auto n = static_cast<uint32_t>(text.size());
    EXPECT_TRUE(zone ? kernels::FastZonedTimestamp(padded.data(), n, &memo, &micros)
                     : kernels::FastTimestamp(padded.data(), n, &memo, &micros)) << text;
  }
}

}  // namespace
}  // namespace freight
