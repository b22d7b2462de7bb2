// Typed values judged by contracts, exact texts, conditions: the parts of the Parquet source that need no file.
#include "format/parquet_layout.h"
#include "format/parquet_schema.h"
#include "format/parquet_typed.h"
#include "format/parquet_where.h"
#include "format/typed_text.h"
#include "io/fault_env.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <limits>

namespace freight {
namespace {

std::shared_ptr<arrow::Array> Values(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

std::string TextAt0(const std::shared_ptr<arrow::Array>& values, BytesText bytes = BytesText::kHex) {
  std::string text;
  TextOfValues(*values, bytes)(0, &text);
  return text;
}

TEST(TypedText, IsExact) {
  EXPECT_EQ(TextAt0(Values(arrow::int8(), "[-128]")), "-128");
  EXPECT_EQ(TextAt0(Values(arrow::uint64(), "[18446744073709551615]")), "18446744073709551615");
  EXPECT_EQ(TextAt0(Values(arrow::decimal64(12, 2), R"(["-0.05"])")), "-0.05");
  EXPECT_EQ(TextAt0(Values(arrow::decimal128(38, 3), R"(["12345678901234567890123456789012345.678"])")),
            "12345678901234567890123456789012345.678");
  arrow::Decimal128Builder hundreds(arrow::decimal128(10, -2));
  ASSERT_TRUE(hundreds.Append(arrow::Decimal128(12)).ok());
  EXPECT_EQ(TextAt0(hundreds.Finish().ValueOrDie()), "1200");
  EXPECT_EQ(TextAt0(Values(arrow::float32(), "[0.1]")), "0.10000000149011612");
  EXPECT_EQ(TextAt0(Values(arrow::float64(), "[0.1]")), "0.1");
  EXPECT_EQ(TextAt0(Values(arrow::float64(), "[-Inf]")), "-Infinity");
  EXPECT_EQ(TextAt0(Values(arrow::date32(), "[-1]")), "1969-12-31");
  EXPECT_EQ(TextAt0(Values(arrow::timestamp(arrow::TimeUnit::NANO), "[-1]")), "1969-12-31T23:59:59.999999999");
  EXPECT_EQ(TextAt0(Values(arrow::timestamp(arrow::TimeUnit::SECOND, "Europe/Berlin"), "[0]")),
            "1970-01-01T00:00:00Z");
  EXPECT_EQ(TextAt0(Values(arrow::time32(arrow::TimeUnit::MILLI), "[1001]")), "00:00:01.001");
  EXPECT_EQ(TextAt0(Values(arrow::binary(), R"(["a\u007f"])")), "617f");
  EXPECT_EQ(TextAt0(Values(arrow::fixed_size_binary(16), R"(["0123456789abcdef"])"), BytesText::kUuid),
            "30313233-3435-3637-3839-616263646566");
  const auto far = std::make_shared<arrow::Date32Array>(
      1, arrow::Buffer::FromString(std::string("\xff\xff\xff\x7f", 4)));
  EXPECT_EQ(TextAt0(far), "0000-00-00");
  EXPECT_FALSE(HasText(*arrow::list(arrow::int8())));
}

struct Judged {
  std::vector<uint8_t> errors;
  std::shared_ptr<arrow::Array> kept;
  std::vector<Failure> first;
};

Judged JudgeAll(const Column& column, const std::shared_ptr<arrow::Array>& values) {
  EXPECT_TRUE(CheckTyped(column, *values->type()).ok()) << CheckTyped(column, *values->type());
  auto typed = TypedColumn::Make(column, 0, values->type(), arrow::default_memory_pool()).ValueOrDie();
  Judged judged;
  judged.errors.assign(static_cast<size_t>(values->length()), 0);
  EXPECT_TRUE(typed->Parse(values, judged.errors).ok());
  std::vector<uint8_t> keep;
  for (const uint8_t error : judged.errors) keep.push_back(error == 0);
  judged.kept = typed->Finish(KeptRows(keep)).ValueOrDie();
  const auto bad = std::find(judged.errors.begin(), judged.errors.end(), 1);
  if (bad != judged.errors.end()) typed->Explain(bad - judged.errors.begin(), &judged.first);
  return judged;
}

Column ColumnOf(ColumnType type) {
  Column column;
  column.name = column.source_name = "c";
  column.type = std::move(type);
  return column;
}

TEST(TypedColumn, SlicesNullsAndDroppedRowsKeepTheirPlaces) {
  const auto values = Values(arrow::int64(), "[9, 1, null, 3, 4]")->Slice(1);
  auto typed = TypedColumn::Make(ColumnOf({.id = TypeId::kInt64}), 0, values->type(), arrow::default_memory_pool())
                   .ValueOrDie();
  std::vector<uint8_t> errors(4);
  ASSERT_TRUE(typed->Parse(values, errors).ok());
  EXPECT_TRUE(typed->Finish(KeptRows(std::vector<uint8_t>{1, 1, 1, 1})).ValueOrDie()->Equals(*values));
  EXPECT_TRUE(typed->Finish(KeptRows(std::vector<uint8_t>{0, 1, 0, 1})).ValueOrDie()->Equals(
      *Values(arrow::int64(), "[null, 4]")));
}

TEST(TypedColumn, WhatDoesNotFitIsAVerdictOfTheRow) {
  Judged judged = JudgeAll(ColumnOf({.id = TypeId::kInt8}), Values(arrow::int64(), "[1, 300, null]"));
  EXPECT_EQ(judged.errors, (std::vector<uint8_t>{0, 1, 0}));
  EXPECT_TRUE(judged.kept->Equals(*Values(arrow::int8(), "[1, null]")));
  EXPECT_EQ(judged.first.at(0).reason, Reason::kOutOfRange);

  judged = JudgeAll(ColumnOf({.id = TypeId::kDecimal, .precision = 5, .scale = 1}),
                    Values(arrow::decimal128(20, 3), R"(["1.500", "1.250", "99999.000"])"));
  EXPECT_EQ(judged.errors, (std::vector<uint8_t>{0, 1, 1}));
  EXPECT_EQ(judged.first.at(0).reason, Reason::kInexact);

  judged = JudgeAll(ColumnOf({.id = TypeId::kDate}), std::make_shared<arrow::Date32Array>(
      1, arrow::Buffer::FromString(std::string("\xff\xff\xff\x7f", 4))));
  EXPECT_EQ(judged.errors, std::vector<uint8_t>{1});

  Column required = ColumnOf({.id = TypeId::kDouble});
  required.rules.required = true;
  judged = JudgeAll(required, Values(arrow::float32(), "[0.5, null]"));
  EXPECT_EQ(judged.first.at(0).reason, Reason::kMissing);
  EXPECT_TRUE(judged.kept->Equals(*Values(arrow::float64(), "[0.5]")));

  Column text = ColumnOf({.id = TypeId::kString});
  text.rules.max_length = 3;
  judged = JudgeAll(text, Values(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["abc", "abcd", "", null])"));
  EXPECT_EQ(judged.errors, (std::vector<uint8_t>{0, 1, 0, 0}));

  judged = JudgeAll(ColumnOf({.id = TypeId::kBinary}), Values(arrow::large_binary(), R"(["", "ab"])"));
  EXPECT_TRUE(judged.kept->Equals(*Values(arrow::binary(), R"(["", "ab"])")));
}

TEST(TypedColumn, LimitsAreJudgedOnValuesAsOnTheirText) {
  const auto bound = [](const ColumnType& type, const char* text, bool exclusive) {
    return ParseBound(type, text, exclusive).ValueOrDie();
  };
  const ColumnType decimal{.id = TypeId::kDecimal, .precision = 9, .scale = 2};
  struct Case {
    ColumnType type;
    std::shared_ptr<arrow::DataType> from;
    const char* json;
    const char *low, *high;
    bool exclusive;
    std::vector<uint8_t> errors;
  };
  for (const Case& c : std::initializer_list<Case>{
           {{.id = TypeId::kInt8}, arrow::int8(), "[-128, 1, null, 5, 127]", "1", "5", false, {1, 0, 0, 0, 1}},
           {{.id = TypeId::kInt8}, arrow::int8(), "[1, 2, 4, 5]", "1", "5", true, {1, 0, 0, 1}},
           {{.id = TypeId::kUInt64}, arrow::uint64(), "[0, 18446744073709551615]", "1", "18446744073709551614", false,
            {1, 1}},
           {{.id = TypeId::kInt64}, arrow::int64(), "[-9223372036854775808, 0]", "-9223372036854775808", "0", true,
            {1, 1}},
           {decimal, arrow::decimal32(9, 2), R"(["-0.01", "0.00", "9.99", "10.00"])", "0", "9.99", false, {1, 0, 0, 1}},
           {{.id = TypeId::kDate}, arrow::date32(), "[19999, 20000]", "2024-10-04", "9999-12-31", false, {1, 0}},
           {{.id = TypeId::kDouble}, arrow::float64(), "[0.5, 1, 1.5, NaN]", "1", "1", false, {1, 0, 1, 1}}}) {
    Column column = ColumnOf(c.type);
    column.rules.minimum = bound(c.type, c.low, c.exclusive);
    column.rules.maximum = bound(c.type, c.high, c.exclusive);
    const auto values = Values(c.from, c.json);
    EXPECT_EQ(JudgeAll(column, values).errors, c.errors) << c.json;
    const auto good = std::find(c.errors.begin(), c.errors.end(), 0);
    if (good == c.errors.end() || c.type.id == TypeId::kDouble) continue;
    const auto one = values->Slice(good - c.errors.begin(), 1);
    EXPECT_EQ(JudgeAll(column, one).kept, one) << "what is within the limits is not touched";
  }
}

TEST(TypedColumn, TextWithoutRulesPassesWhenItIsUtf8ValueByValue) {
  const Column column = ColumnOf({.id = TypeId::kString});
  const auto good = Values(arrow::utf8(), R"(["x", "Zoë", null, "", "😀"])")->Slice(1);
  EXPECT_EQ(JudgeAll(column, good).kept, good);
  // The bytes as a whole are "aéz"; the border of two values lies inside the é.
  const auto offsets = arrow::Buffer::FromVector(std::vector<int32_t>{0, 1, 2, 4});
  const auto torn = std::make_shared<arrow::StringArray>(3, offsets, arrow::Buffer::FromString("a\xC3\xA9z"));
  EXPECT_EQ(JudgeAll(column, torn).errors, (std::vector<uint8_t>{0, 1, 1}));
}

TEST(TypedColumn, LossyPairsOfTypesAreRefused) {
  for (const auto& [to, from] : std::initializer_list<std::pair<TypeId, std::shared_ptr<arrow::DataType>>>{
           {TypeId::kInt32, arrow::float64()}, {TypeId::kDouble, arrow::int64()}, {TypeId::kFloat, arrow::float64()},
           {TypeId::kDecimal, arrow::float64()}, {TypeId::kString, arrow::int32()}, {TypeId::kInt32, arrow::utf8()},
           {TypeId::kTimestamp, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")}, {TypeId::kDate, arrow::date64()},
           {TypeId::kBoolean, arrow::int8()}, {TypeId::kUuid, arrow::fixed_size_binary(8)},
           {TypeId::kInt64, arrow::decimal128(10, 2)}, {TypeId::kString, arrow::list(arrow::utf8())}}) {
    EXPECT_FALSE(CheckTyped(ColumnOf({.id = to, .precision = 9, .scale = 2}), *from).ok()) << from->ToString();
  }
}

TEST(Condition, IsReadAsWritten) {
  const auto shown = [](std::string_view text) {
    const auto c = ParseCondition(text);
    if (!c.ok()) return std::string("none");
    return fmt::format("[{}] {} [{}]", fmt::join(c->path, "|"), static_cast<int>(c->op), c->literal);
  };
  EXPECT_EQ(shown("a>=1"), "[a] 5 [1]");
  EXPECT_EQ(shown("  a  !=  'x y'  "), "[a] 1 [x y]");
  EXPECT_EQ(shown("\"a b\" is not null"), "[a b] 7 []");
  EXPECT_EQ(shown("a is null"), "[a] 6 []");
  EXPECT_EQ(shown("a = ''"), "[a] 0 []");
  EXPECT_EQ(shown("a.b > 3"), "[a|b] 4 [3]");
  EXPECT_EQ(shown("\"a.b = \\\"\".\"c d\" = \"x\""), "[a.b = \"|c d] 0 [\"x\"]");
  for (const char* none : {"", "a", "a =", "= 3", "a is", "a is null 3", "\"a = 3", "a ~ 3", "a..b = 3", ".a = 3"}) {
    EXPECT_EQ(shown(none), "none") << none;
  }
}

// A damaged footer can claim any size: two that are each possible for the format must not add up to less than nothing.
TEST(ParquetLayout, BoundsWhatAFooterClaims) {
  const auto two = arrow::schema({arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64())});
  const auto schema = ToParquetSchema(*two).ValueOrDie();
  parquet::SchemaDescriptor descriptor;
  descriptor.Init(schema);
  const auto builder = parquet::FileMetaDataBuilder::Make(&descriptor, parquet::default_writer_properties());
  parquet::RowGroupMetaDataBuilder* const group = builder->AppendRowGroup();
  group->set_num_rows(10);
  for (int i = 0; i < 2; ++i) {
    group->NextColumnChunk()->Finish(10, 0, -1, /*data_page_offset=*/4, /*compressed_size=*/8,
                                     /*uncompressed_size=*/int64_t{1} << 62, false, false, {}, {});
  }
  group->Finish(16);
  const auto env = MakeMemEnv();
  ASSERT_TRUE(WriteFileAtomic(*env, "/a.parquet", std::string(100, 'x')).ok());
  const InputFile file{env.get(), "/a.parquet", "a.parquet"};
  const auto layout = *ParquetLayout::Read(file, *builder->Finish(), {0, 1}, *ParquetFilter::Bind({}, {}, file));
  ASSERT_EQ(layout.row_groups().size(), 1u);
  EXPECT_EQ(layout.PageBytesMax(), 2 * ((int64_t{1} << 40) + 8));
  EXPECT_EQ(layout.row_groups()[0].raw_bytes, 2 * (int64_t{1} << 40));
}

}  // namespace
}  // namespace freight
