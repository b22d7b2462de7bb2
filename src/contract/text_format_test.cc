// Declared date patterns: what compiles, where it does not, and what texts they take.
#include "contract/text_format.h"

#include "contract/codecs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace freight {
namespace {

constexpr auto kOk = std::nullopt;
constexpr int64_t kMinute = 60 * kMicrosPerSecond;

ColumnType TypeOf(TypeId id, bool with_zone = false) { return ColumnType{.id = id, .with_zone = with_zone}; }

TEST(CompileTextFormat, RefusesWithThePosition) {
  struct Case { std::string pattern; TypeId type; bool zone; int64_t column; std::string message; };
  constexpr auto kDate = TypeId::kDate;
  constexpr auto kTime = TypeId::kTime;
  constexpr auto kStamp = TypeId::kTimestamp;
  for (const Case& c : std::initializer_list<Case>{
           {"dd/MM/yy", kDate, false, 7, "\"yy\" is not supported"},
           {"dd MMM yyyy", kDate, false, 4, "\"MMM\" is not supported"},
           {"E, yyyy-MM-dd", kDate, false, 1, "\"E\" is not supported"},
           {"yyyy-MM-dd[ HH]", kDate, false, 11, "'[' is not supported"},
           {"yyyyMdd", kDate, false, 6, "digits of 'd' cannot be told apart"},
           {"yyyy-MM-dd yyyy", kDate, false, 12, "'y' repeats a field"},
           {"yyyy-MM-dd'T", kDate, false, 11, "the quote is never closed"},
           {"yyyy-MM", kDate, false, 1, "a date needs year, month and day"},
           {"", kDate, false, 1, "a date needs year, month and day"},
           {"yyyy-MM-dd HH", kDate, false, 1, "a date has no hours"},
           {"yyyy-MM-dd", kStamp, false, 1, "hours are needed"},
           {"HH:mm yyyy", kTime, false, 1, "a time has no year"},
           {"hh:mm", kTime, false, 1, "hh and a need each other"},
           {"HH:mm a", kTime, false, 1, "hh and a need each other"},
           {"HH:hh a", kTime, false, 1, "hours are needed"},
           {"HH:ss", kTime, false, 1, "seconds need minutes"},
           {"HH:mm.S", kTime, false, 1, "a fraction needs seconds"},
           {"HH:mm:ss.SSSSSSSSSS", kTime, false, 10, "\"SSSSSSSSSS\" is not supported"},
           {"HH:mm:ss n", kTime, false, 10, "\"n\" is not supported"},
           {"yyyy-MM-dd HH", kStamp, true, 1, "a timestamp with zone needs XXX"},
           {"yyyy-MM-dd HH X", kStamp, false, 1, "a timestamp has no zone"},
           {"HH:mm XXX", kTime, false, 1, "a time has no zone"}}) {
    const auto made = CompileTextFormat(c.pattern, TypeOf(c.type, c.zone));
    ASSERT_FALSE(made.ok()) << c.pattern;
    EXPECT_THAT(made.status().message(), testing::HasSubstr(c.message)) << c.pattern;
    EXPECT_EQ(ReactionOf(made.status()), Reaction::kInvalid);
    EXPECT_EQ(DetailOf(made.status())->place.column, c.column) << c.pattern;
  }
}

TEST(TextFormat, TakesItsFormExactly) {
  struct Case { std::string pattern; TypeId type; bool zone; std::string_view text; TypeError error; int64_t value; };
  constexpr auto kDate = TypeId::kDate;
  constexpr auto kTime = TypeId::kTime;
  constexpr auto kStamp = TypeId::kTimestamp;
  constexpr auto kNo = Reason::kNotOfType;
  constexpr auto kRange = Reason::kOutOfRange;
  for (const Case& c :
       std::initializer_list<Case>{{"dd/MM/yyyy", kDate, false, "02/01/1970", kOk, 1},
                                   {"dd/MM/yyyy", kDate, false, "2/1/1970", kNo},
                                   {"d.M.uuuu", kDate, false, "2.1.1970", kOk, 1},
                                   {"d.M.uuuu", kDate, false, "02.01.1970", kOk, 1},
                                   {"d.M.uuuu", kDate, false, "30.2.1970", kRange},
                                   {"yyyyMMdd", kDate, false, "19700102", kOk, 1},
                                   {"yyyyMMdd", kDate, false, "1970-01-02", kNo},
                                   {"dd/MM/yyyy", kDate, false, "02/01/1970 ", kNo},
                                   {"'day' dd MM yyyy", kDate, false, "day 02 01 1970", kOk, 1},
                                   {"dd''MM''yyyy", kDate, false, "02'01'1970", kOk, 1},
                                   {"dd'o''clock'MMyyyy", kDate, false, "02o'clock011970", kOk, 1},
                                   {"HHmm", kTime, false, "0102", kOk, 62 * kMinute},
                                   {"H:mm", kTime, false, "1:02", kOk, 62 * kMinute},
                                   {"H:mm", kTime, false, "24:00", kRange},
                                   {"h:mm a", kTime, false, "12:00 AM", kOk, 0},
                                   {"h:mm a", kTime, false, "12:00 pm", kOk, 720 * kMinute},
                                   {"h:mm a", kTime, false, "1:30 PM", kOk, 810 * kMinute},
                                   {"h:mm a", kTime, false, "13:30 PM", kRange},
                                   {"h:mm a", kTime, false, "0:30 PM", kRange},
                                   {"h:mm a", kTime, false, "1:30 Pm", kNo},
                                   {"HH:mm:ss.SSS", kTime, false, "00:00:01.250", kOk, 1'250'000},
                                   {"HH:mm:ss.SSS", kTime, false, "00:00:01.25", kNo},
                                   {"HH:mm:ss.S", kTime, false, "00:00:01.2", kOk, 1'200'000},
                                   {"HH:mm:ss.SSSSSSSSS", kTime, false, "00:00:00.000001000", kOk, 1},
                                   {"HH:mm:ss.SSSSSSSSS", kTime, false, "00:00:00.000001001", Reason::kInexact},
                                   {"yyyy-MM-dd'T'HH:mm:ss", kStamp, false, "1970-01-01T00:01:00", kOk, kMinute},
                                   {"yyyy-MM-dd'T'HH:mm:ss", kStamp, false, "1970-01-01 00:01:00", kNo},
                                   {"yyyy-MM-dd HH:mmXXX", kStamp, true, "1970-01-01 00:00+01:00", kOk, -60 * kMinute},
                                   {"yyyy-MM-dd HH:mmXXX", kStamp, true, "1970-01-01 00:00Z", kOk, 0},
                                   {"yyyy-MM-dd HH:mmXXX", kStamp, true, "1970-01-01 00:00+0100", kNo},
                                   {"yyyy-MM-dd HH:mmxxx", kStamp, true, "1970-01-01 00:00Z", kNo},
                                   {"yyyy-MM-dd HH:mmXX", kStamp, true, "1970-01-01 00:00-0130", kOk, 90 * kMinute},
                                   {"yyyy-MM-dd HH:mmXX", kStamp, true, "1970-01-01 00:00-01", kNo},
                                   {"yyyy-MM-dd HH:mmX", kStamp, true, "1970-01-01 00:00-01", kOk, 60 * kMinute},
                                   {"yyyy-MM-dd HH:mmX", kStamp, true, "1970-01-01 00:00-0130", kOk, 90 * kMinute},
                                   {"yyyy-MM-dd HH:mm Z", kStamp, true, "1970-01-01 00:00 +0100", kOk, -60 * kMinute},
                                   {"yyyy-MM-dd HH:mm Z", kStamp, true, "1970-01-01 00:00 Z", kNo},
                                   {"yyyy-MM-dd HH:mm Z", kStamp, true, "1970-01-01 00:00 +1900", kRange}}) {
    auto made = CompileTextFormat(c.pattern, TypeOf(c.type, c.zone));
    ASSERT_TRUE(made.ok()) << c.pattern << made.status().ToString();
    int64_t value = 0;
    EXPECT_EQ(ParseFormatted(c.text, {*made}, c.type, &value), c.error) << c.pattern << " " << c.text;
    if (!c.error) {
      EXPECT_EQ(value, c.value) << c.pattern << " " << c.text;
    }
  }
}

TEST(ParseFormatted, TriesTheFormatsInOrder) {
  const ColumnType date = TypeOf(TypeId::kDate);
  std::vector<TextFormat> formats = {*CompileTextFormat("dd/MM/yyyy", date), *CompileTextFormat("MM/dd/yyyy", date),
                                     *CompileTextFormat("yyyy-MM-dd", date)};
  struct Case { std::string_view text; TypeError error; int64_t value; };
  for (const Case& c : std::initializer_list<Case>{{"02/01/1970", kOk, 1},
                                                   {"01/13/1970", kOk, 12},
                                                   {"1970-01-03", kOk, 2},
                                                   {"31/31/1970", Reason::kOutOfRange},
                                                   {"3 Jan", Reason::kNotOfType}}) {
    int64_t value = 0;
    EXPECT_EQ(ParseFormatted(c.text, formats, TypeId::kDate, &value), c.error) << c.text;
    if (!c.error) {
      EXPECT_EQ(value, c.value) << c.text;
    }
  }
}

TEST(FormattedCodec, ItsFastPathKnowsOnlyWhatTheFormatTakes) {
  std::mt19937 random(17);
  int taken = 0;
  for (const char* format : {"yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd",
                             "yyyy/MM/dd"}) {
    const bool date = std::string_view(format).size() == 10;
    ColumnType type{.id = date ? TypeId::kDate : TypeId::kTimestamp, .formats = {format}};
    std::vector<TextFormat> formats = {CompileTextFormat(format, type).ValueOrDie()};
    WithCodec(type, std::move(formats), [&](auto codec) {
      typename decltype(codec)::Value fast{}, careful{};
      for (int round = 0; round < 30'000; ++round) {
        std::string text = random() % 2 ? "2024-02-29 08:15:30" : "1999-12-31T23:59:59";
        if (date) text.resize(10);
        for (int edits = static_cast<int>(random() % 3); edits > 0; --edits) {
          text[random() % text.size()] = "0123456789-: T."[random() % 15];
        }
        const auto size = static_cast<uint32_t>(text.size());
        text.append(64, '\0');
        if (!codec.Fast(text.data(), size, &fast)) continue;
        ++taken;
        ASSERT_FALSE(codec.Careful(std::string_view(text).substr(0, size), &careful)) << text;
        ASSERT_EQ(fast, careful) << text;
      }
    });
  }
  EXPECT_GT(taken, 5'000);
}

}  // namespace
}  // namespace freight
