// Whole columns: values, nulls, verdicts, rules, encodings, dictionaries and the rows that are kept.
#include "contract/column_parser.h"

#include "contract/string_rules.h"

#include <arrow/api.h>
#include <arrow/util/decimal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace freight {
namespace {

// One cell of a test column. `quoted` cells hold their text as in the file, without the outer quotes.
struct Cell {
  std::string text;
  enum Kind : uint8_t { kPlain, kQuoted, kEscaped, kMissing } kind = kPlain;
};

// A batch of one column: text with the room after it that parsers may read.
struct Batch {
  explicit Batch(const std::vector<Cell>& cells) {
    for (const Cell& cell : cells) {
      Field field;
      field.begin = static_cast<uint32_t>(text.size());
      field.length = static_cast<uint32_t>(cell.text.size());
      field.quoted = cell.kind == Cell::kQuoted || cell.kind == Cell::kEscaped;
      field.escaped = cell.kind == Cell::kEscaped;
      field.missing = cell.kind == Cell::kMissing;
      fields.push_back(field);
      text += cell.text + ",";
    }
    text += std::string(64, '7');  // digits: a kernel that reads too far shows itself
  }
  std::string text;
  std::vector<Field> fields;
};

std::unique_ptr<ColumnParser> Make(const Column& column, const TextRules& rules = {}) {
  auto made = MakeColumnParser(column, 4, rules, arrow::default_memory_pool());
  EXPECT_TRUE(made.ok()) << made.status().ToString();
  return std::move(*made);
}

struct Parsed {
  std::vector<uint8_t> errors;
  std::shared_ptr<arrow::Array> array;  // of the rows without errors
};

Parsed ParseWith(ColumnParser* parser, const Batch& batch) {
  Parsed parsed;
  parsed.errors.assign(batch.fields.size(), 0);
  EXPECT_TRUE(parser->Parse(batch.text.data(), batch.fields, parsed.errors).ok());
  std::vector<uint8_t> keep;
  for (uint8_t error : parsed.errors) keep.push_back(!error);
  const KeptRows kept(keep);
  auto array = parser->Finish(kept);
  EXPECT_TRUE(array.ok()) << array.status().ToString();
  parsed.array = *array;
  EXPECT_EQ(parsed.array->length(), kept.count());
  EXPECT_TRUE(parsed.array->ValidateFull().ok()) << parsed.array->ValidateFull().ToString();
  return parsed;
}

Parsed ParseAll(const Column& column, const std::vector<Cell>& cells, const TextRules& rules = {}) {
  return ParseWith(Make(column, rules).get(), Batch(cells));
}

// Values as text (bytes as hex), "null" for nulls, whatever the array's type.
std::vector<std::string> Texts(const arrow::Array& array) {
  std::vector<std::string> texts;
  for (int64_t i = 0; i < array.length(); ++i) {
    const auto scalar = *array.GetScalar(i);
    if (!scalar->is_valid) {
      texts.push_back("null");
    } else if (array.type_id() == arrow::Type::BINARY || array.type_id() == arrow::Type::FIXED_SIZE_BINARY) {
      texts.push_back(static_cast<const arrow::BaseBinaryScalar&>(*scalar).value->ToHexString());
    } else if (array.type_id() == arrow::Type::DICTIONARY) {
      texts.push_back((*static_cast<const arrow::DictionaryScalar&>(*scalar).GetEncodedValue())->ToString());
    } else {
      texts.push_back(scalar->ToString());
    }
  }
  return texts;
}

std::vector<Failure> ExplainOne(const Column& column, const Cell& cell, const TextRules& rules = {}) {
  const Batch batch({cell});
  std::vector<Failure> failures;
  Make(column, rules)->Explain(batch.text.data(), batch.fields[0], &failures);
  return failures;
}

Column ColumnOf(ColumnType type, Rules rules = {}) {
  return Column{.name = "c", .source_name = "c", .type = std::move(type), .rules = std::move(rules),
                .place = {"c.odcs.yaml", 7, 5}};
}
Column ColumnOf(TypeId id, Rules rules = {}) { return ColumnOf(ColumnType{.id = id}, std::move(rules)); }

Bound BoundOf(const ColumnType& type, const std::string& text, bool exclusive = false) {
  auto bound = ParseBound(type, text, exclusive);
  EXPECT_TRUE(bound.ok()) << bound.status().ToString();
  return *bound;
}

struct TypeCase {
  ColumnType type;
  std::vector<std::string> good;
  std::vector<std::string> want;  // of the good ones, as Arrow prints them
  std::string bad;
  Reason reason;
};

std::vector<TypeCase> TypeCases() {
  const auto id = [](TypeId id) { return ColumnType{.id = id}; };
  const auto decimal = [](int p, int s) { return ColumnType{.id = TypeId::kDecimal, .precision = p, .scale = s}; };
  ColumnType flag = id(TypeId::kBoolean), day = id(TypeId::kDate), zoned = id(TypeId::kTimestamp);
  flag.true_spellings = {"yes", "an affirmative"};
  flag.false_spellings = {"no"};
  day.formats = {"dd.MM.yyyy"};
  zoned.with_zone = true;
  ColumnType base64 = id(TypeId::kBinary);
  base64.encoding = BinaryEncoding::kBase64;
  return {
      {id(TypeId::kInt8), {"1", "-128", "+5", "007"}, {"1", "-128", "5", "7"}, "300", Reason::kOutOfRange},
      {id(TypeId::kInt16), {"1", "-32768"}, {"1", "-32768"}, "1.0", Reason::kNotOfType},
      {id(TypeId::kInt32), {"123456789", "-0"}, {"123456789", "0"}, "1e3", Reason::kNotOfType},
      {id(TypeId::kInt64),
       {"123456789012345678", "-9223372036854775808"},
       {"123456789012345678", "-9223372036854775808"},
       "9223372036854775808",
       Reason::kOutOfRange},
      {id(TypeId::kUInt8), {"255", "0"}, {"255", "0"}, "-1", Reason::kOutOfRange},
      {id(TypeId::kUInt16), {"65535", "1"}, {"65535", "1"}, "65536", Reason::kOutOfRange},
      {id(TypeId::kUInt32), {"4294967295", "1"}, {"4294967295", "1"}, "4294967296", Reason::kOutOfRange},
      {id(TypeId::kUInt64), {"18446744073709551615", "1"}, {"18446744073709551615", "1"}, " 1", Reason::kNotOfType},
      {decimal(9, 2), {"1.5", "-1234567.89"}, {"1.50", "-1234567.89"}, "12345678.90", Reason::kOutOfRange},
      {decimal(12, 2), {"12.34", "0.10", "12.3400"}, {"12.34", "0.10", "12.34"}, "12.345", Reason::kInexact},
      {decimal(38, 5),
       {"123456789012345678901234567890123.12345", "-1"},
       {"123456789012345678901234567890123.12345", "-1.00000"},
       "1.123456",
       Reason::kInexact},
      {id(TypeId::kFloat), {"1.5", "-2"}, {"1.5", "-2"}, "1e39", Reason::kOutOfRange},
      {id(TypeId::kDouble), {"1.5", "1e3", "Infinity"}, {"1.5", "1000", "inf"}, "inf", Reason::kNotOfType},
      {id(TypeId::kBoolean), {"true", "false", "true"}, {"true", "false", "true"}, "TRUE", Reason::kNotOfType},
      {flag, {"yes", "no", "an affirmative"}, {"true", "false", "true"}, "true", Reason::kNotOfType},
      {id(TypeId::kDate),
       {"2026-06-11", "1970-01-01"},
       {"2026-06-11", "1970-01-01"},
       "2026-02-29",
       Reason::kOutOfRange},
      {day, {"11.06.2026"}, {"2026-06-11"}, "2026-06-11", Reason::kNotOfType},
      {id(TypeId::kTime),
       {"10:20", "10:20:30.5"},
       {"10:20:00.000000", "10:20:30.500000"},
       "24:00",
       Reason::kOutOfRange},
      {id(TypeId::kTimestamp),
       {"2026-06-11T10:20:30", "2026-06-11 10:20"},
       {"2026-06-11 10:20:30.000000", "2026-06-11 10:20:00.000000"},
       "2026-06-11T10:20:30Z",
       Reason::kNotOfType},
      {zoned,
       {"2026-06-11T10:20:30Z", "2026-06-11T10:20:30+02:00"},
       {"2026-06-11 10:20:30.000000Z", "2026-06-11 08:20:30.000000Z"},
       "2026-06-11T10:20:30",
       Reason::kNotOfType},
      {id(TypeId::kUuid),
       {"00112233-4455-6677-8899-aabbccddeeff"},
       {"00112233445566778899AABBCCDDEEFF"},
       "00112233",
       Reason::kNotOfType},
      {id(TypeId::kBinary), {"00ff", "41"}, {"00FF", "41"}, "0", Reason::kNotOfType},
      {base64, {"QUI=", "AAAA"}, {"4142", "000000"}, "QUI", Reason::kNotOfType},
      {id(TypeId::kString), {"a", "b c", "a", "a", " "}, {"a", "b c", "a", "a", " "}, "\xff", Reason::kInvalidEncoding},
  };
}

TEST(ColumnParser, EveryTypeKeepsExactValuesAndRefusesTheRest) {
  for (const TypeCase& c : TypeCases()) {
    SCOPED_TRACE(c.type.ToString());
    std::vector<Cell> cells;
    for (const std::string& text : c.good) cells.push_back({text});
    const Parsed all = ParseAll(ColumnOf(c.type), cells);
    EXPECT_THAT(all.errors, testing::Each(0));
    EXPECT_EQ(Texts(*all.array), c.want);
    EXPECT_EQ(all.array->data()->buffers[0], nullptr);

    // A bad row first and a null in the middle: what is kept moves up, in order.
    cells.insert(cells.begin(), {c.bad});
    cells.insert(cells.begin() + 2, {""});
    std::vector<std::string> want = c.want;
    want.insert(want.begin() + 1, "null");
    const Parsed some = ParseAll(ColumnOf(c.type), cells);
    EXPECT_EQ(some.errors[0], 1);
    EXPECT_EQ(Texts(*some.array), want);
    EXPECT_EQ(some.array->null_count(), 1);

    const auto failures = ExplainOne(ColumnOf(c.type), {c.bad});
    ASSERT_EQ(failures.size(), 1);
    EXPECT_EQ(failures[0].reason, c.reason);
    EXPECT_EQ(failures[0].column, 4);
    if (c.reason != Reason::kInvalidEncoding) {
      EXPECT_EQ(failures[0].expected, c.type.ToString());
    }
    EXPECT_TRUE(some.array->type()->Equals(c.type.Arrow()) || some.array->type_id() == arrow::Type::DICTIONARY);
  }
}

TEST(ColumnParser, KeepsAnyChoiceOfRowsOfEveryType) {
  for (const TypeCase& c : TypeCases()) {
    SCOPED_TRACE(c.type.ToString());
    std::vector<Cell> cells;
    std::vector<std::string> texts;
    for (int i = 0; i < 70; ++i) {
      const bool null = i % 7 == 3;
      cells.push_back({null ? "" : c.good[static_cast<size_t>(i) % c.good.size()]});
      texts.push_back(null ? "null" : c.want[static_cast<size_t>(i) % c.good.size()]);
    }
    const Batch batch(cells);
    const auto parser = Make(ColumnOf(c.type));
    for (uint32_t step : {1u, 2u, 3u, 69u, 100u}) {
      std::vector<uint8_t> errors(70, 0), keep(70, 0);
      std::vector<std::string> want;
      for (uint32_t i = step == 100 ? 70 : step - 1; i < 70; i += step) {
        keep[i] = 1;
        want.push_back(texts[i]);
      }
      ASSERT_TRUE(parser->Parse(batch.text.data(), batch.fields, errors).ok());
      const auto array = parser->Finish(KeptRows(keep));
      ASSERT_TRUE(array.ok() && (*array)->ValidateFull().ok());
      EXPECT_EQ(Texts(**array), want) << step;
    }
  }
}

TEST(ColumnParser, NullsAreUnquotedEmptyFieldsUnlessSaidOtherwise) {
  const Column column = ColumnOf(TypeId::kString);
  const std::vector<Cell> cells = {
      {"x"}, {""}, {"", Cell::kQuoted}, {"NA"}, {"NA", Cell::kQuoted}, {"", Cell::kMissing}, {"x"}};
  using Strings = std::vector<std::string>;
  EXPECT_EQ(Texts(*ParseAll(column, cells).array), (Strings{"x", "null", "", "NA", "NA", "null", "x"}));
  TextRules rules;
  rules.nulls = {"NA", "a null spelling of more than sixty-three bytes, which is long for a null, is it"};
  EXPECT_EQ(Texts(*ParseAll(column, cells, rules).array), (Strings{"x", "", "", "null", "NA", "null", "x"}));
  EXPECT_EQ(Texts(*ParseAll(column, {{rules.nulls->at(1)}, {rules.nulls->at(1) + "?"}}, rules).array)[0], "null");
  rules.nulls = Strings{};
  EXPECT_EQ(Texts(*ParseAll(column, cells, rules).array), (Strings{"x", "", "", "NA", "NA", "null", "x"}));
}

TEST(ColumnParser, ANullSpellingThatLooksLikeAValueIsNull) {
  TextRules rules;
  rules.nulls = {"-999", "n/a"};
  const Parsed parsed =
      ParseAll(ColumnOf(TypeId::kInt32), {{"1"}, {"-999"}, {"-998"}, {"n/a"}, {"-999", Cell::kQuoted}, {""}}, rules);
  EXPECT_THAT(parsed.errors, testing::ElementsAre(0, 0, 0, 0, 0, 1));
  EXPECT_EQ(Texts(*parsed.array), (std::vector<std::string>{"1", "null", "-998", "null", "-999"}));
}

TEST(ColumnParser, RequiredColumnsRefuseNulls) {
  for (const TypeCase& c : TypeCases()) {
    const Column column = ColumnOf(c.type, {.required = true});
    const Parsed parsed = ParseAll(column, {{c.good[0]}, {""}, {"", Cell::kMissing}, {c.good[0]}});
    EXPECT_THAT(parsed.errors, testing::ElementsAre(0, 1, 1, 0)) << c.type.ToString();
    EXPECT_EQ(parsed.array->null_count(), 0);
    const auto failures = ExplainOne(column, {""});
    ASSERT_EQ(failures.size(), 1);
    EXPECT_EQ(failures[0].reason, Reason::kMissing);
    EXPECT_EQ(failures[0].expected, "not null");
  }
}

TEST(ColumnParser, AQuotedEmptyFieldIsNoValueButAString) {
  for (const TypeCase& c : TypeCases()) {
    const bool string = c.type.id == TypeId::kString;
    EXPECT_EQ(ParseAll(ColumnOf(c.type), {{"", Cell::kQuoted}}).errors[0], string ? 0 : 1) << c.type.ToString();
  }
}

TEST(ColumnParser, UndoesQuotesForEveryType) {
  EXPECT_EQ(Texts(*ParseAll(ColumnOf(TypeId::kString), {{"say \"\"hi\"\"", Cell::kEscaped}}).array)[0], "say \"hi\"");
  TextRules rules;
  rules.escape = '\\';
  EXPECT_EQ(Texts(*ParseAll(ColumnOf(TypeId::kInt32), {{"1\\2", Cell::kEscaped}, {"34", Cell::kQuoted}}, rules).array),
            (std::vector<std::string>{"12", "34"}));
  EXPECT_EQ(ParseAll(ColumnOf(TypeId::kInt32), {{"1\"\"2", Cell::kEscaped}}).errors[0], 1);
}

TEST(ColumnParser, NeverClearsAnError) {
  const Batch batch({{"1"}, {"2"}});
  std::vector<uint8_t> errors = {1, 0};
  ASSERT_TRUE(Make(ColumnOf(TypeId::kInt32))->Parse(batch.text.data(), batch.fields, errors).ok());
  EXPECT_THAT(errors, testing::ElementsAre(1, 0));
}

TEST(ColumnParser, AnEmptyBatchIsAnEmptyArray) {
  for (const TypeCase& c : TypeCases()) {
    EXPECT_EQ(ParseAll(ColumnOf(c.type), {}).array->length(), 0) << c.type.ToString();
  }
}

TEST(ColumnRules, BoundsCountInStorageUnits) {
  struct Case {
    ColumnType type;
    std::string minimum, maximum;
    bool exclusive;
    std::vector<std::string> texts;
    std::vector<uint8_t> errors;
  };
  const ColumnType decimal{.id = TypeId::kDecimal, .precision = 12, .scale = 2};
  const ColumnType wide{.id = TypeId::kDecimal, .precision = 38, .scale = 2};
  for (const Case& c : std::initializer_list<Case>{
           {{.id = TypeId::kInt32}, "0", "10", false, {"-1", "0", "10", "11"}, {1, 0, 0, 1}},
           {{.id = TypeId::kInt32}, "0", "10", true, {"-1", "0", "1", "9", "10"}, {1, 1, 0, 0, 1}},
           {{.id = TypeId::kUInt64}, "1", "18446744073709551614", false, {"0", "1", "18446744073709551615"}, {1, 0, 1}},
           {decimal, "0.5", "1.50", false, {"0.49", "0.50", "1.5", "1.51"}, {1, 0, 0, 1}},
           {wide, "-0.01", "0", true, {"-0.01", "-0.00", "0"}, {1, 1, 1}},
           {{.id = TypeId::kDouble}, "0", "1", true, {"0", "1e-300", "0.999", "1", "NaN", "-0"}, {1, 0, 0, 1, 1, 1}},
           {{.id = TypeId::kFloat}, "0", "1", false, {"-1", "0", "0.5", "1", "NaN", "Infinity"}, {1, 0, 0, 0, 1, 1}},
           {{.id = TypeId::kDate},
            "2026-01-01",
            "2026-12-31",
            false,
            {"2025-12-31", "2026-01-01", "2027-01-01"},
            {1, 0, 1}},
           {{.id = TypeId::kTime}, "08:00", "18:00", true, {"08:00", "08:00:00.000001", "18:00:00"}, {1, 0, 1}},
           {{.id = TypeId::kTimestamp, .with_zone = true},
            "2026-01-01T00:00:00Z",
            "2026-01-02T00:00:00Z",
            false,
            {"2026-01-01T00:30:00+01:00", "2026-01-01T00:00:00Z"},
            {1, 0}}}) {
    const Column column = ColumnOf(c.type, {.minimum = BoundOf(c.type, c.minimum, c.exclusive),
                                            .maximum = BoundOf(c.type, c.maximum, c.exclusive)});
    std::vector<Cell> cells;
    for (const std::string& text : c.texts) cells.push_back({text});
    EXPECT_EQ(ParseAll(column, cells).errors, c.errors) << c.type.ToString();
    for (size_t i = 0; i < cells.size(); ++i)
      EXPECT_EQ(ExplainOne(column, cells[i]).empty(), !c.errors[i]) << c.texts[i];
  }
}

TEST(ColumnRules, MultipleOfIsExact) {
  const ColumnType decimal{.id = TypeId::kDecimal, .precision = 38, .scale = 2};
  const Column cents = ColumnOf(decimal, {.multiple_of = BoundOf(decimal, "0.05")});
  EXPECT_THAT(ParseAll(cents, {{"0.15"}, {"-0.10"}, {"0"}, {"0.07"}, {"99999999999999999999999999999999999.95"},
                               {"99999999999999999999999999999999999.96"}}).errors,
              testing::ElementsAre(0, 0, 0, 1, 0, 1));
  const Column fives = ColumnOf(TypeId::kInt8, {.multiple_of = BoundOf({.id = TypeId::kInt8}, "5")});
  EXPECT_THAT(ParseAll(fives, {{"10"}, {"-5"}, {"7"}}).errors, testing::ElementsAre(0, 0, 1));
  const Column halves = ColumnOf(TypeId::kDouble, {.multiple_of = BoundOf({.id = TypeId::kDouble}, "0.5")});
  EXPECT_THAT(ParseAll(halves, {{"1.5"}, {"-2"}, {"1.25"}, {"NaN"}}).errors, testing::ElementsAre(0, 0, 1, 1));
}

TEST(ColumnRules, ValidValuesCompareValuesNotSpellings) {
  const ColumnType decimal{.id = TypeId::kDecimal, .precision = 5, .scale = 2};
  EXPECT_THAT(
      ParseAll(ColumnOf(decimal, {.valid_values = {"1.5", "-2"}}), {{"1.50"}, {"-2.00"}, {"001.5"}, {"1.51"}}).errors,
      testing::ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(
      ParseAll(ColumnOf(TypeId::kDouble, {.valid_values = {"0", "NaN", "-1e3"}}), {{"-0"}, {"NaN"}, {"-1000"}, {"1"}})
          .errors,
      testing::ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(
      ParseAll(ColumnOf(TypeId::kString, {.valid_values = {"view", "cart"}}), {{"view"}, {"View"}, {"cart "}, {""}})
          .errors,
      testing::ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(ParseAll(ColumnOf(TypeId::kBinary, {.valid_values = {"FF"}}), {{"ff"}, {"fe"}}).errors,
              testing::ElementsAre(0, 1));
  EXPECT_THAT(ParseAll(ColumnOf(TypeId::kUuid, {.valid_values = {"00112233-4455-6677-8899-AABBCCDDEEFF"}}),
                       {{"00112233-4455-6677-8899-aabbccddeeff"}, {"10112233-4455-6677-8899-aabbccddeeff"}}).errors,
              testing::ElementsAre(0, 1));
  EXPECT_THAT(ParseAll(ColumnOf(TypeId::kBoolean, {.valid_values = {"true"}}), {{"true"}, {"false"}}).errors,
              testing::ElementsAre(0, 1));
  EXPECT_THAT(
      ParseAll(ColumnOf(TypeId::kDate, {.valid_values = {"2026-06-11"}}), {{"2026-06-11"}, {"2026-06-12"}}).errors,
      testing::ElementsAre(0, 1));
}

TEST(ColumnRules, StringLengthsCountCodePoints) {
  const Column column = ColumnOf(TypeId::kString, {.min_length = 2, .max_length = 3});
  const std::vector<Cell> cells = {{"a"}, {"ab"}, {"abc"}, {"abcd"}, {"\xc3\xbc"}, {"\xc3\xbc\xc3\xbc\xc3\xbc"},
                                   {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80"}};
  EXPECT_THAT(ParseAll(column, cells).errors, testing::ElementsAre(1, 0, 0, 1, 1, 0, 1));
  const Column bytes = ColumnOf(TypeId::kBinary, {.min_length = 2, .max_length = 2});
  EXPECT_THAT(ParseAll(bytes, {{"00"}, {"0011"}, {"001122"}}).errors, testing::ElementsAre(1, 0, 1));
}

TEST(ColumnRules, PatternsAreSearchedNotAnchored) {
  const Column column = ColumnOf(TypeId::kString, {.pattern = "[0-9]+x"});
  EXPECT_THAT(ParseAll(column, {{"a12xb"}, {"12"}, {"x"}, {"1x"}}).errors, testing::ElementsAre(0, 1, 1, 0));
}

TEST(ColumnRules, PatternsHaveAShareOfMemoryThatFitsThem) {
  const Column plain = ColumnOf(TypeId::kString, {.pattern = "[0-9]+x"});
  const Column large = ColumnOf(TypeId::kString, {.pattern = R"(^((\p{Greek}{1,30}){1,30}|c)$)"});
  const int64_t small = PatternBytesMax({plain});
  EXPECT_GT(small, 0);
  EXPECT_GT(PatternBytesMax({large}), small);
  EXPECT_THAT(ParseAll(large, {{"c"}, {"\xce\xb1"}, {"d"}}).errors, testing::ElementsAre(0, 0, 1));
  const Column list = ColumnOf({.id = TypeId::kList, .children = {plain}}, {});
  EXPECT_EQ(PatternBytesMax({plain, ColumnOf(TypeId::kString, {}), list}), 2 * small);
}

TEST(Explain, NamesEveryRuleThatFailsInTheContractsWords) {
  const ColumnType integer{.id = TypeId::kInt32};
  Rules rules{.minimum = BoundOf(integer, "0"),
              .maximum = BoundOf(integer, "100", true),
              .multiple_of = BoundOf(integer, "5"),
              .valid_values = {"5", "10"}};
  const auto below = ExplainOne(ColumnOf(integer, rules), {"-3"});
  ASSERT_EQ(below.size(), 3);
  EXPECT_EQ(below[0].reason, Reason::kBelowMinimum);
  EXPECT_EQ(below[0].expected, ">= 0");
  EXPECT_EQ(below[1].reason, Reason::kNotMultiple);
  EXPECT_EQ(below[1].expected, "multiple of 5");
  EXPECT_EQ(below[2].reason, Reason::kNotInSet);
  EXPECT_EQ(below[2].expected, "one of 2 values");
  EXPECT_EQ(ExplainOne(ColumnOf(integer, rules), {"100"})[0].expected, "< 100");
  EXPECT_EQ(ExplainOne(ColumnOf(integer, rules), {"x"}).size(), 1);
  EXPECT_TRUE(ExplainOne(ColumnOf(integer, rules), {"10"}).empty());

  const Column text = ColumnOf(TypeId::kString, {.min_length = 3, .pattern = "^[a-z]+$", .valid_values = {"abc"}});
  const auto failures = ExplainOne(text, {"A"});
  ASSERT_EQ(failures.size(), 3);
  EXPECT_EQ(failures[0].expected, "at least 3 characters");
  EXPECT_EQ(failures[1].expected, "matches ^[a-z]+$");
  EXPECT_EQ(failures[2].expected, "one of 1 value");
  EXPECT_EQ(ExplainOne(ColumnOf(TypeId::kString, {.max_length = 1}), {"ab"})[0].expected, "at most 1 character");
  const auto broken = ExplainOne(text, {"\xff"});
  ASSERT_EQ(broken.size(), 1);
  EXPECT_EQ(broken[0].expected, "valid utf-8");
}

// Parse and Explain must never disagree, for whatever bytes.
TEST(Explain, AgreesWithParse) {
  for (const TypeCase& c : TypeCases()) {
    const bool string = c.type.id == TypeId::kString;
    const Column column = ColumnOf(c.type, string ? Rules{.required = true, .min_length = 2} : Rules{.required = true});
    const auto parser = Make(column);
    std::vector<Cell> cells;
    for (uint32_t i = 0; i < 3000; ++i) {
      std::string text = c.good[i % c.good.size()];
      const uint32_t turn = i * 2654435761u;
      if (i % 3 != 0) text[turn % text.size()] = "0123456789-+.:eT Z\xc3\xbc"[turn / 64 % 20];
      if (i % 5 == 0) text.resize(turn / 1024 % (text.size() + 1));
      cells.push_back({text, i % 11 == 0 ? Cell::kQuoted : Cell::kPlain});
    }
    const Batch batch(cells);
    const Parsed parsed = ParseWith(parser.get(), batch);
    for (size_t i = 0; i < cells.size(); ++i) {
      std::vector<Failure> failures;
      parser->Explain(batch.text.data(), batch.fields[i], &failures);
      ASSERT_EQ(failures.empty(), parsed.errors[i] == 0) << c.type.ToString() << " " << cells[i].text;
    }
  }
}

TEST(Encodings, StringsBecomeUtf8) {
  TextRules rules;
  rules.encoding = TextEncoding::kWindows1252;
  const Column column = ColumnOf(TypeId::kString);
  for (const std::string& more : {std::string(), std::string("gr\xfc\xdf")}) {  // plain, then repeated: a dictionary
    const Parsed parsed = ParseAll(column,
                                   {{"gr\xfc\xdf"},
                                    {"\x80"},
                                    {"bad \x81"},
                                    {"ascii"},
                                    {more},
                                    {more},
                                    {more},
                                    {more},
                                    {"\"\"\x80", Cell::kEscaped}},
                                   rules);
    EXPECT_THAT(parsed.errors, testing::ElementsAre(0, 0, 1, 0, 0, 0, 0, 0, 0));
    const auto texts = Texts(*parsed.array);
    EXPECT_EQ(texts[0], "gr\xc3\xbc\xc3\x9f");
    EXPECT_EQ(texts[1], "\xe2\x82\xac");
    EXPECT_EQ(texts.back(), "\"\xe2\x82\xac");
  }
  const auto failures = ExplainOne(column, {"bad \x81"}, rules);
  ASSERT_EQ(failures.size(), 1);
  EXPECT_EQ(failures[0].reason, Reason::kInvalidEncoding);
  EXPECT_EQ(failures[0].expected, "valid windows-1252");
  rules.encoding = TextEncoding::kLatin1;
  EXPECT_EQ(Texts(*ParseAll(column, {{"\x81"}}, rules).array)[0], "\xc2\x81");
}

TEST(Encodings, NullsAndSpellingsAreReadInTheFilesBytes) {
  TextRules rules;
  rules.encoding = TextEncoding::kLatin1;
  rules.nulls = {"unbekannt\xc3\xbc"};
  ColumnType flag{.id = TypeId::kBoolean};
  flag.true_spellings = {"r\xc3\xa9" "el"};
  EXPECT_EQ(Texts(*ParseAll(ColumnOf(flag),
                            {{"r\xe9"
                              "el"},
                             {"unbekannt\xfc"}},
                            rules)
                       .array),
            (std::vector<std::string>{"true", "null"}));
}

TEST(Encodings, InvalidUtf8IsFoundAtEveryRow) {
  std::vector<Cell> cells;
  for (int i = 0; i < 2000; ++i) cells.push_back({fmt::format("value number {}", i)});
  for (size_t bad : {0, 63, 64, 500, 1999}) {
    auto broken = cells;
    broken[bad].text += "\xc3";
    // The next row starts with what would complete the character: values are judged alone.
    if (bad + 1 < broken.size()) broken[bad + 1].text = "\xbc" + broken[bad + 1].text;
    const Parsed parsed = ParseAll(ColumnOf(TypeId::kString), broken);
    EXPECT_EQ(parsed.array->type_id(), arrow::Type::STRING);
    EXPECT_EQ(std::count(parsed.errors.begin(), parsed.errors.end(), 1), bad == 1999 ? 1 : 2);
    EXPECT_EQ(parsed.errors[bad], 1);
  }
}

// `rows` strings with `distinct` different ones, in turn, `width` bytes at least.
std::vector<Cell> Repeating(int rows, int distinct, int width) {
  std::vector<Cell> cells;
  for (int i = 0; i < rows; ++i) cells.push_back({fmt::format("{:0>{}}", i % distinct, width)});
  return cells;
}

TEST(Dictionary, IsTriedAndGivenUpByTheBatchAlone) {
  struct Case { int rows, distinct, width; bool dictionary; };
  for (const Case& c : std::initializer_list<Case>{
           {1000, 3, 4, true}, {1000, 3, 40, true}, {1000, 256, 8, true}, {1000, 257, 8, false}, {2, 1, 4, true},
           {1, 1, 4, false}, {10, 6, 4, false}, {10, 5, 4, true}, {4, 1, 70'000, false}}) {
    const auto cells = Repeating(c.rows, c.distinct, c.width);
    const Parsed parsed = ParseAll(ColumnOf(TypeId::kString), cells);
    EXPECT_EQ(parsed.array->type_id() == arrow::Type::DICTIONARY, c.dictionary) << c.rows << " " << c.distinct;
    const auto texts = Texts(*parsed.array);
    for (size_t i = 0; i < cells.size(); ++i) ASSERT_EQ(texts[i], cells[i].text) << i;
  }
}

TEST(Dictionary, HoldsAtMost1024EntriesAnd64KiB) {
  for (const auto& [late, width, dictionary] : std::initializer_list<std::tuple<int, int, bool>>{
           {1023, 4, true}, {1024, 4, false}, {1023, 100, false}}) {
    std::vector<Cell> cells(600, Cell{"first"});
    for (int i = 0; i < 2 * late; ++i) cells.push_back({fmt::format("{:0>{}}", i % late, width)});
    const Parsed parsed = ParseAll(ColumnOf(TypeId::kString), cells);
    EXPECT_EQ(parsed.array->type_id() == arrow::Type::DICTIONARY, dictionary) << late << " " << width;
    const auto texts = Texts(*parsed.array);
    for (size_t i = 0; i < cells.size(); ++i) ASSERT_EQ(texts[i], cells[i].text) << i;
  }
}

// What only rejected rows hold may stay as an entry that no row has: writers take entries as rows have them.
TEST(Dictionary, KeptRowsKeepTheirStrings) {
  const Batch batch({{"gone"}, {"b"}, {"a"}, {""}, {"b"}, {"a"}, {"gone"}, {"a"}, {"b"}});
  const auto parser = Make(ColumnOf(TypeId::kString));
  std::vector<uint8_t> errors(9, 0);
  const std::vector<uint8_t> keep = {0, 0, 1, 1, 1, 1, 0, 1, 1};
  ASSERT_TRUE(parser->Parse(batch.text.data(), batch.fields, errors).ok());
  const auto array = *parser->Finish(KeptRows(keep));
  ASSERT_EQ(array->type_id(), arrow::Type::DICTIONARY);
  ASSERT_TRUE(array->ValidateFull().ok());
  EXPECT_EQ(Texts(*array), (std::vector<std::string>{"a", "null", "b", "a", "a", "b"}));
}

TEST(Dictionary, JudgesRulesLikePlainStrings) {
  const Column column = ColumnOf(TypeId::kString, {.max_length = 6, .pattern = "^[a-z]+$"});
  std::vector<Cell> cells;
  for (int i = 0; i < 100; ++i)
    cells.push_back({i % 4 == 0 ? "good" : i % 4 == 1 ? "Bad" : i % 4 == 2 ? "toolong" : "\xff"});
  const Parsed parsed = ParseAll(column, cells);
  for (size_t i = 0; i < cells.size(); ++i) ASSERT_EQ(parsed.errors[i], i % 4 == 0 ? 0 : 1) << i;
  ASSERT_EQ(parsed.array->type_id(), arrow::Type::DICTIONARY);
  ASSERT_TRUE(parsed.array->ValidateFull().ok());  // also those that are no text
  EXPECT_EQ(Texts(*parsed.array), std::vector<std::string>(25, "good"));
}

TEST(Dictionary, TellsStringsOfEveryLengthApart) {
  std::vector<Cell> cells;
  for (int turn = 0; turn < 3; ++turn) {
    for (size_t n = 0; n < 40; ++n) {
      cells.push_back({std::string(n, 'a'), n == 0 ? Cell::kQuoted : Cell::kPlain});
      cells.push_back({std::string(n, 'a') + "b"});
      cells.push_back({std::string(n, '\0') + "c"});
      cells.push_back({"d" + std::string(n, '\0')});
    }
  }
  const Parsed parsed = ParseAll(ColumnOf(TypeId::kString), cells);
  ASSERT_EQ(parsed.array->type_id(), arrow::Type::DICTIONARY);
  const auto texts = Texts(*parsed.array);
  for (size_t i = 0; i < cells.size(); ++i) ASSERT_EQ(texts[i], cells[i].text) << i;
}

TEST(MakeColumnParser, RefusesRulesThatSayNothingAboutTheType) {
  struct Case { ColumnType type; Rules rules; std::string message; };
  const ColumnType integer{.id = TypeId::kInt32};
  Bound zero;
  zero.text = "0";
  for (const Case& c : std::initializer_list<Case>{
           {integer, {.pattern = "x"}, "\"c\" of type int32 cannot have pattern"},
           {integer, {.max_length = 3}, "cannot have maxLength"},
           {{.id = TypeId::kString}, {.minimum = zero}, "cannot have minimum"},
           {{.id = TypeId::kBoolean}, {.maximum = zero}, "cannot have maximum"},
           {{.id = TypeId::kUuid}, {.multiple_of = zero}, "cannot have multipleOf"},
           {integer, {.multiple_of = zero}, "multipleOf of \"c\" is not above 0"},
           {integer, {.valid_values = {"1", "x"}}, "valid value \"x\" of \"c\" is not of type int32"},
           {{.id = TypeId::kBinary}, {.valid_values = {"f"}}, "valid value \"f\" of \"c\" is not of type binary (hex)"},
           {{.id = TypeId::kString}, {.pattern = "(?=x)"}, "pattern \"(?=x)\" of \"c\""}}) {
    const auto made = MakeColumnParser(ColumnOf(c.type, c.rules), 0, {}, arrow::default_memory_pool());
    ASSERT_FALSE(made.ok()) << c.message;
    EXPECT_THAT(made.status().message(), testing::HasSubstr(c.message));
    EXPECT_EQ(ReactionOf(made.status()), Reaction::kInvalid);
    EXPECT_EQ(DetailOf(made.status())->place.line, 7);
  }
}

TEST(ParseBound, ReadsLiteralsAsDataIsRead) {
  const ColumnType decimal{.id = TypeId::kDecimal, .precision = 12, .scale = 2};
  EXPECT_EQ(static_cast<int64_t>(BoundOf(decimal, "-1.5").value), -150);
  EXPECT_EQ(static_cast<int64_t>(BoundOf({.id = TypeId::kDate}, "1970-01-02").value), 1);
  EXPECT_EQ(static_cast<int64_t>(BoundOf({.id = TypeId::kTime}, "00:00:01").value), 1'000'000);
  EXPECT_EQ(BoundOf({.id = TypeId::kDouble}, "1e-3").real, 0.001);
  ColumnType day{.id = TypeId::kDate};
  day.formats = {"dd.MM.yyyy"};
  EXPECT_EQ(static_cast<int64_t>(BoundOf(day, "02.01.1970").value), 1);
  EXPECT_TRUE(BoundOf(decimal, "0", true).exclusive);
  struct Case { ColumnType type; std::string text, message; };
  for (const Case& c : std::initializer_list<Case>{{decimal, "0.005", "\"0.005\" is not exact in decimal(12,2)"},
                                                   {{.id = TypeId::kInt8}, "300", "\"300\" does not fit int8"},
                                                   {{.id = TypeId::kInt8}, "x", "\"x\" is not a value of int8"},
                                                   {{.id = TypeId::kString}, "a", "a string has no smaller"},
                                                   {{.id = TypeId::kDouble}, "NaN", "NaN limits nothing"},
                                                   {day, "1970-01-02", "is not a value of date"}}) {
    const auto bound = ParseBound(c.type, c.text, false);
    ASSERT_FALSE(bound.ok()) << c.text;
    EXPECT_THAT(bound.status().message(), testing::HasSubstr(c.message));
  }
}

TEST(Contract, TypesBecomeArrowTypes) {
  Contract contract;
  contract.columns = {ColumnOf(TypeId::kInt16, {.required = true}),
                      ColumnOf(ColumnType{.id = TypeId::kDecimal, .precision = 18, .scale = 3})};
  const auto schema = contract.ArrowSchema();
  EXPECT_FALSE(schema->field(0)->nullable());
  EXPECT_TRUE(schema->field(1)->nullable());
  EXPECT_EQ(schema->field(1)->type()->ToString(), "decimal64(18, 3)");
  EXPECT_EQ((ColumnType{.id = TypeId::kTimestamp, .with_zone = true}).Arrow()->ToString(), "timestamp[us, tz=UTC]");
  EXPECT_EQ((ColumnType{.id = TypeId::kDecimal, .precision = 12, .scale = 2}).ToString(), "decimal(12,2)");
}

TEST(Verdict, WordsAreStable) {
  EXPECT_STREQ(ReasonWord(Reason::kNotOfType), "not_of_type");
  EXPECT_STREQ(RuleWord(Reason::kInexact), "type");
  EXPECT_STREQ(ReasonWord(Reason::kRecordTooLong), "record_too_long");
  EXPECT_STREQ(RuleWord(Reason::kNotInSet), "validValues");
}

}  // namespace
}  // namespace freight
