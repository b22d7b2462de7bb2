// The fast path against the careful one, cell by cell and verdict by verdict, on records that are nearly alike.
#include "format/ndjson_testing.h"

#include <gtest/gtest.h>

#include <random>

namespace freight {
namespace {

class RecordMaker {
 public:
  // One of `usual` records is of another shape.
  explicit RecordMaker(uint32_t seed, int usual = 6) : random_(seed), usual_(usual) {}

  // Some lines, mostly of one shape; every so often one of another shape, or a damaged one.
  std::string Lines(int count) {
    const int style = Below(3);
    std::string text;
    for (int i = 0; i < count; ++i) {
      std::string line = Record(Below(8) == 0 ? Below(3) : style, Below(usual_) == 0);
      if (Below(12) == 0) Damage(&line);
      text += line;
      if (i + 1 < count || Below(2) == 0) text += Below(40) == 0 ? "\r\n" : "\n";
      if (Below(30) == 0) text += Below(2) ? "\n" : " \t\n";
    }
    return text;
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  template <size_t n>
  std::string Pick(const char* const (&words)[n]) {
    return words[Below(static_cast<int>(n))];
  }

  std::string Number() {
    return Pick({"0", "-0", "7", "12", "-345", "1234567890123456", "12.30", "-0.5", "12.345", "1e3",
                 "9223372036854775808", "0.0000000000000001",
                 "123456789012345678901234567890", "2.5E-3", "01", "1.", "-"});
  }
  std::string String() {
    return Pick({"\"\"", "\"view\"", "\"x\"", "\"a longer text that spans more than one vector\"", "\"\\n\"",
                 "\"\\u00e9\\ud83d\\ude00\"", "\"\xC3\xA9\"", "\"\xFF\"", "\"\\ud800\"", "\"2026-06-11T08:00:00Z\"",
                 "\"2026-06-11\"", "\"with \\\" quote\"", "\"tab\there\"",
                 "\"a text that is so long that it does not end in the first sixty-four bytes\"",
                 "\"one with an escape behind the first sixty-four bytes, where it ends \\\\\"", "\"{\\\"a\\\":1}\""});
  }
  std::string Scalar() {
    const int kind = Below(10);
    return kind < 4 ? Number() : kind < 8 ? String() : Pick({"null", "true", "false", "nul", "True"});
  }
  std::string Any(int depth) {
    const int kind = Below(depth > 2 ? 6 : 9);
    if (kind < 6) return Scalar();
    if (kind == 6) return Pick({"[]", "{}", "[ ]", "[1,]", "{\"a\":1,\"a\":2}"});
    if (kind == 7) return "[" + Any(depth + 1) + "," + Any(depth + 1) + "]";
    return "{\"id\":" + Any(depth + 1) + ",\"tags\":[" + Any(depth + 1) + "]}";
  }
  std::string Usual(int column) {
    switch (column) {
      case 0: return Pick({"1", "22", "-333", "4444", "1234567890"});
      case 1: return Pick({"\"view\"", "\"cart\"", "\"\"", "\"some text of more than sixteen bytes\"",
                           "\"he said \\\"no\\\"\"", "\"cr\\u00e8me\"", "null"});
      case 2: return Pick({"1.50", "0", "-12.3", "99999.99"});
      case 3: return Pick({"true", "false", "null"});
      case 4: return Pick({"\"2026-06-11T08:00:00Z\"", "\"2026-06-11T08:00:00.5+02:00\""});
      case 5: return Pick({"{\"id\":1,\"tags\":[\"a\",\"b\"]}", "{\"id\":2}", "null", "{\"tags\":[]}"});
      case 6: return Pick({"{\"k\":[1,2,{}]}", "\"text\"", "12", "null"});
      case 7: return "{\"in\":{\"n\":" + Pick({"1", "2", "null"}) + "},\"z\":" + Scalar() + "}";
      default: return Pick({"\"unread\"", "[1,2]", "12", "{\"q\":null}"});
    }
  }

  std::string Record(int style, bool odd) {
    static const char* const kKeys[] = {"i", "s", "d", "b", "t", "u", "j", "deep", "extra"};
    const char* const comma = style == 1 ? ", " : ",";
    const char* const colon = style == 1 ? ": " : ":";
    std::string text = "{";
    const int columns = style == 2 ? 5 : 9;
    for (int i = 0; i < columns; ++i) {
      if (odd && Below(5) == 0) continue;
      const int column = odd && Below(9) == 0 ? Below(9) : i;
      const std::string value = odd && Below(4) == 0 ? Any(0) : Usual(column);
      text += (text.size() > 1 ? comma : "") + fmt::format("\"{}\"", kKeys[column]) + colon + value;
    }
    return text + "}";
  }

  void Damage(std::string* line) {
    constexpr std::string_view kBytes = "{}[]\",:\\ \t\r\n\x01\x80\xC3\xFF" "01.eE-ntf";
    for (int edits = 1 + Below(3); edits > 0 && !line->empty(); --edits) {
      const auto at = static_cast<size_t>(Below(static_cast<int>(line->size())));
      const char byte = kBytes[static_cast<size_t>(Below(static_cast<int>(kBytes.size())))];
      switch (Below(4)) {
        case 0: (*line)[at] = byte; break;
        case 1: line->insert(at, 1, byte); break;
        case 2: line->erase(at, 1 + static_cast<size_t>(Below(3))); break;
        default: line->resize(at);
      }
    }
  }

  std::mt19937 random_;
  const int usual_;
};

std::vector<Contract> Contracts() {
  const std::string i = "{name: i, logicalType: integer, required: true, logicalTypeOptions: {maximum: 2000000000}}";
  const std::string s = "{name: s, logicalType: string, logicalTypeOptions: {maxLength: 40}}";
  const std::string d = "{name: d, logicalType: number, physicalType: 'DECIMAL(12,2)'}";
  const std::string f = "{name: d, logicalType: number, logicalTypeOptions: {format: f64}}";
  const std::string b = "{name: b, logicalType: boolean}";
  const std::string t = "{name: t, logicalType: timestamp, logicalTypeOptions: {timezone: true}}";
  const std::string u =
      "{name: u, logicalType: object, properties: [{name: id, logicalType: integer, required: true}, "
      "{name: tags, logicalType: array, items: {logicalType: string}}]}";
  const std::string j = "{name: j, logicalType: string, physicalType: json}";
  const std::string deep = "{name: n, logicalType: integer, physicalName: deep.in.n}";
  return {ContractOf({i, s, d, b, t}), ContractOf({u, i, j, deep, s, d, b, t}), ContractOf({deep, f}),
          ContractOf({i, s, d, b, t, u, j, deep}, kFreezeText),
          ContractOf({"{name: u, logicalType: string, physicalType: json}", "{name: u.id, logicalType: integer}", s})};
}

// More lines than a block holds, and more bytes.
TEST(NdjsonFuzz, BlocksNeverChangeWhatIsRead) {
  for (const Contract& contract : Contracts()) {
    for (uint32_t seed = 0; seed < 6; ++seed) {
      const auto salt = static_cast<uint32_t>(contract.columns.size());
      // Some thousand lines that no shape fits turn blocks off for a while.
      const std::string text = RecordMaker(seed * 104729 + salt).Lines(1500) +
                               RecordMaker(seed + salt, seed % 3 == 0 ? 1 : 40).Lines(1500) + "\n" +
                               RecordMaker(seed * 7 + salt, 40).Lines(seed % 3 == 0 ? 5000 : 500);
      const NdjsonOutcome want = ReadNdjson(text, contract, {.path = DecoderPath::kScalar});
      ASSERT_EQ(ReadNdjson(text, contract), want);
      ASSERT_EQ(ReadNdjson(text, contract, {.morsel_bytes = 50'000, .batch_bytes = 30'000}), want);
    }
  }
}

TEST(NdjsonFuzz, ShapesNeverChangeWhatIsRead) {
  int64_t rows = 0, bad = 0;
  for (const Contract& contract : Contracts()) {
    for (uint32_t seed = 0; seed < 400; ++seed) {
      RecordMaker maker(seed * 7919 + static_cast<uint32_t>(contract.columns.size()));
      const std::string text = maker.Lines(40);
      const NdjsonOutcome want = ReadNdjson(text, contract, {.path = DecoderPath::kScalar});
      rows += static_cast<int64_t>(want.rows.size());
      bad += static_cast<int64_t>(want.bad.size());
      ASSERT_EQ(ReadNdjson(text, contract), want) << Printable(text);
      const int64_t morsel = 1 + seed % 700;
      ASSERT_EQ(ReadNdjson(text, contract, {.morsel_bytes = morsel, .batch_bytes = 1 + seed % 300}), want)
          << Printable(text);
    }
  }
  // The texts must be worth the comparison: both verdicts are common.
  EXPECT_GT(rows, 20'000);
  EXPECT_GT(bad, 5'000);
}

}  // namespace
}  // namespace freight
