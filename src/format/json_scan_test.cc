// The JSON grammar against RFC 8259, case by case and against another strict parser; paths; byte kernels and twins.
#include "format/json_scan.h"

#include "contract/kernels_text.h"
#include "format/json_path.h"
#include "format/ndjson_bytes.h"
#include "format/ndjson_reader.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <regex>

namespace freight {
namespace {

std::string FaultOf(const std::string& text) {
  JsonFault fault;
  if (IsJson(text, &fault)) return "ok";
  return fmt::format("{} at {}", fault.expected, fault.at - text.data());
}

TEST(IsJson, TakesWhatTheStandardAllowsAndNamesTheFirstFault) {
  for (const auto& [text, want] : std::initializer_list<std::pair<std::string, std::string>>{
           {R"({"a":[1,-0.5e+3,"x\u00e9\"\\\/\b\f\n\r\t",true,false,null,{}]})", "ok"},
           {" [ ] ", "ok"},
           {"\t{ \"a\" : 1 , \"b\" : 2 }\r\n", "ok"},
           {"\"\\uD83D\\ude00\"", "ok"},
           {"\"\x7F\"", "ok"},
           {"", "a value at 0"},
           {"{", "a key in quotes at 1"},
           {"{1", "a key in quotes at 1"},
           {"{\"a\" 1}", "a colon at 5"},
           {"{\"a\":1,}", "a key in quotes at 7"},
           {"{\"a\":1 \"b\":2}", "a comma or a closing brace at 7"},
           {"[1,]", "a value at 3"},
           {"[1 2]", "a comma or a closing bracket at 3"},
           {"01", "a number without leading zeros at 1"},
           {"-", "a digit at 1"},
           {"1.", "a digit at 2"},
           {"1e", "a digit at 2"},
           {"+1", "a value at 0"},
           {".5", "a value at 0"},
           {"NaN", "a value at 0"},
           {"nul", "a value at 0"},
           {"truex", "nothing behind the value at 4"},
           {"'a'", "a value at 0"},
           {"\"a", "a closing quote of the string at 0"},
           {"\"\n\"", "control characters in strings as escapes at 1"},
           {std::string("\"\0\"", 3), "control characters in strings as escapes at 1"},
           {"\"\\x\"", "an escape at 1"},
           {"\"\\u12\"", "four hexadecimal digits after \\u at 1"},
           {"\"\\ud800\"", "escapes of surrogates in pairs at 1"},
           {"\"\\ud800\\u0041\"", "escapes of surrogates in pairs at 1"},
           {"\"\\udc00\"", "escapes of surrogates in pairs at 1"},
           {"\"\xFF\"", "valid utf-8 at 1"},
           {std::string(1000, '[') + std::string(1000, ']'), "ok"},
           {std::string(1001, '['), "at most 1000 levels of nesting at 1000"}}) {
    EXPECT_EQ(FaultOf(text), want) << text;
  }
}

TEST(IsJson, NeverReadsBeyondItsRange) {
  const std::string text = R"({"a":[1.5e3,"x\u00e9",true,null]})";
  for (size_t end = 0; end < text.size(); ++end) {
    const std::string cut(text, 0, end);  // a copy, so that a sanitizer sees its end
    EXPECT_NE(FaultOf(cut), "ok") << cut;
  }
}

TEST(IsJson, AgreesWithAnotherStrictParserOnMutatedTexts) {
  const std::vector<std::string> seeds = {
      R"({"id":12,"name":"Zo\u00eb","tags":["a","b"],"x":{"y":-1.5e10,"z":null},"t":true})",
      R"([[],{},"",0,-0,1e5,"\ud83d\ude00","\\"])", "{\"k\":\"\xC3\xA9\xE2\x82\xAC\"}"};
  constexpr std::string_view kBytes = "{}[]\",:\\u0189eE+-. \n\t\x01\x80\xC3\xFFtfnrab/dD";
  std::mt19937 random(7);
  int accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (int edits = 1 + static_cast<int>(random() % 3); edits > 0 && !text.empty(); --edits) {
      const size_t at = random() % text.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 3) {
        case 0: text[at] = byte; break;
        case 1: text.insert(at, 1, byte); break;
        default: text.erase(at, 1 + random() % 4);
      }
    }
    JsonFault fault;
    const bool ours = IsJson(text, &fault);
    accepted += ours;
    // The other parser also refuses numbers that no double holds.
    static const std::regex huge("[eE]\\+?[0-9]{3}");
    if (ours && std::regex_search(text, huge)) continue;
    ASSERT_EQ(ours, nlohmann::json::accept(text)) << text;
  }
  EXPECT_GT(accepted, 1000);
}

TEST(AppendJsonUnescaped, UndoesEveryEscape) {
  for (const auto& [raw, want] : std::initializer_list<std::pair<std::string, std::string>>{
           {"plain", "plain"},
           {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
           {R"(\u00e9x\u20AC)", "\xC3\xA9x\xE2\x82\xAC"},
           {R"(\uD83D\uDE00)", "\xF0\x9F\x98\x80"},
           {R"(a\u0000b)", std::string("a\0b", 3)}}) {
    std::string out;
    kernels::AppendJsonUnescaped(raw, &out);
    EXPECT_EQ(out, want) << raw;
  }
}

TEST(ParseJsonPath, SplitsAtDotsAndReadsQuotedKeys) {
  using Steps = std::vector<std::string>;
  for (const auto& [text, want] : std::initializer_list<std::pair<std::string, Steps>>{
           {"id", {"id"}},
           {"user.id", {"user", "id"}},
           {"$.user.id", {"user", "id"}},
           {"\"a.b\".c", {"a.b", "c"}},
           {"x.\"say \\\"hi\\\"\"", {"x", "say \"hi\""}},
           {"two words", {"two words"}},
           {"$id", {"$id"}},
           {"", {}},
           {"a..b", {}},
           {".a", {}},
           {"a.", {}},
           {"\"a", {}},
           {"\"a\"b", {}}}) {
    const auto steps = ParseJsonPath(text);
    EXPECT_EQ(steps.ok(), !want.empty()) << text;
    EXPECT_EQ(steps.ValueOr(Steps()), want) << text;
  }
}

TEST(JsonPath, SpellsKeysAndIndexes) {
  JsonPath path;
  EXPECT_EQ(path.Text(), "$");
  path.Push("user");
  path.Push(int64_t{3});
  path.Push("a.b");
  path.Push("it's");
  path.Push("");
  EXPECT_EQ(path.Text(), "$.user[3]['a.b']['it\\'s']['']");
  EXPECT_EQ(JsonPathText({"a", "b c"}), "$.a['b c']");
}

TEST(NdjsonBytes, VectorsAgreeWithTheirTwins) {
  std::mt19937 random(3);
  constexpr std::string_view kBytes = "0123456789abc.-eE+\"\\\x1F\x20\x7F\x80\xFF{}:,";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const size_t size = random() % 40;
    for (size_t i = 0; i < size; ++i) text += kBytes[random() % (round % 2 ? 10 : kBytes.size())];
    std::string padded = text + "\"" + std::string(64, '\0');
    ASSERT_EQ(ndjson::StringStop(padded.data()), ndjson::portable::StringStop(padded.data())) << text;
    ASSERT_EQ(ndjson::DigitRun(padded.data()), ndjson::portable::DigitRun(padded.data())) << text;
    std::string other = padded;
    if (!text.empty() && random() % 2) other[random() % text.size()] ^= 1;
    const auto bytes = static_cast<uint32_t>(text.size());
    ASSERT_EQ(ndjson::SameBytes(padded.data(), other.data(), bytes),
              ndjson::portable::SameBytes(padded.data(), other.data(), bytes));
    if (const char* end = ndjson::NumberEnd(padded.data())) {
      JsonFault fault;
      ASSERT_TRUE(IsJson({padded.data(), static_cast<size_t>(end - padded.data())}, &fault)) << text;
    }
  }
}

TEST(NdjsonBytes, NumbersOfUsualLengthHaveAnEnd) {
  for (const auto& [text, length] : std::initializer_list<std::pair<std::string, int64_t>>{
           {"0,", 1}, {"-12.50}", 6}, {"1541815603606036480,", 19}, {"0.12345678901234567,", 19}, {"12 ", 2},
           {"1e5,", -1}, {"01,", -1}, {"1.,", -1}, {"-,", -1}, {".5,", -1}, {std::string(40, '7') + ",", -1}}) {
    const std::string padded = text + std::string(64, '\0');
    const char* end = ndjson::NumberEnd(padded.data());
    EXPECT_EQ(end == nullptr ? -1 : end - padded.data(), length) << text;
  }
}

TEST(CountLf, CountsAllOfThem) {
  std::mt19937 random(5);
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += random() % 3 ? 'x' : '\n';
  for (const auto& [begin, end] : std::initializer_list<std::pair<int64_t, int64_t>>{
           {0, 0}, {0, 1}, {5, 36}, {1, 65}, {0, 40'000}, {17, 39'999}, {100, 100 + 255 * 32 + 31}}) {
    EXPECT_EQ(CountLf(text.data(), begin, end), std::count(text.begin() + begin, text.begin() + end, '\n'));
  }
}

}  // namespace
}  // namespace freight
