// Row groups whose rows are in order say so, and no others.
#include "format/parquet_order.h"

#include "format/parquet_testing.h"

#include <parquet/metadata.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace freight {
namespace {

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> Column(Builder builder, const std::vector<std::optional<Value>>& values) {
  for (const auto& value : values) EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Ints(const std::vector<std::optional<int64_t>>& values) {
  return Column(arrow::Int64Builder(), values);
}
std::shared_ptr<arrow::Array> Texts(const std::vector<std::optional<std::string>>& values) {
  return Column(arrow::StringBuilder(), values);
}

// In one batch, and cut between any two rows.
bool InOrder(const arrow::ArrayVector& arrays) {
  arrow::FieldVector fields, declared;  // strings that repeat come as dictionaries
  std::vector<std::string> names;
  for (const auto& array : arrays) {
    names.push_back("c" + std::to_string(names.size()));
    fields.push_back(arrow::field(names.back(), array->type()));
    const bool coded = array->type_id() == arrow::Type::DICTIONARY;
    declared.push_back(coded ? fields.back()->WithType(arrow::utf8()) : fields.back());
  }
  const int64_t rows = arrays[0]->length();
  const auto batch = arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays);
  RowOrder order(*arrow::schema(declared), names);
  order.Add(*batch);
  const bool in_order = order.Finish();
  for (int64_t cut = 0; cut <= rows; ++cut) {
    order.Add(*batch->Slice(0, cut));
    order.Add(*batch->Slice(cut));
    EXPECT_EQ(order.Finish(), in_order) << "cut before row " << cut;
  }
  return in_order;
}

TEST(RowOrder, AscendsWithNullsLast) {
  EXPECT_TRUE(InOrder({Ints({})}));
  EXPECT_TRUE(InOrder({Ints({5})}));
  EXPECT_TRUE(InOrder({Ints({-1, 0, 0, 7, {}, {}})}));
  EXPECT_FALSE(InOrder({Ints({1, 3, 2})}));
  EXPECT_FALSE(InOrder({Ints({{}, 1, 2})}));
  EXPECT_FALSE(InOrder({Ints({1, {}, 2})}));
  EXPECT_TRUE(InOrder({Ints({{}, {}})}));
}

TEST(RowOrder, TheNextColumnDecidesAmongEqualRows) {
  EXPECT_TRUE(InOrder({Ints({1, 1, 2, 2}), Ints({5, 9, 3, 3})}));
  EXPECT_TRUE(InOrder({Ints({1, 1, {}, {}}), Ints({5, {}, 1, 2})}));
  EXPECT_FALSE(InOrder({Ints({1, 1, 2}), Ints({9, 5, 1})}));
  EXPECT_FALSE(InOrder({Ints({{}, {}}), Ints({2, 1})}));
}

TEST(RowOrder, FollowsTheOrderOfTheType) {
  using Text = std::optional<std::string>;
  EXPECT_TRUE(InOrder({Texts({"", "a", "ab", "b", "\xC3\xA9"})}));
  EXPECT_FALSE(InOrder({Texts({"\xC3\xA9", "z"})}));
  EXPECT_TRUE(InOrder({Column(arrow::UInt64Builder(), std::vector<std::optional<uint64_t>>{1, ~uint64_t{0}})}));
  EXPECT_FALSE(InOrder({Column(arrow::UInt64Builder(), std::vector<std::optional<uint64_t>>{~uint64_t{0}, 1})}));
  EXPECT_TRUE(InOrder({Column(arrow::BooleanBuilder(), std::vector<std::optional<bool>>{false, false, true})}));
  EXPECT_FALSE(InOrder({Column(arrow::BooleanBuilder(), std::vector<std::optional<bool>>{true, false})}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(InOrder({Column(arrow::DoubleBuilder(), std::vector<std::optional<double>>{-1.5, -0.0, 0.0, 2.0})}));
  EXPECT_FALSE(InOrder({Column(arrow::DoubleBuilder(), std::vector<std::optional<double>>{1.0, nan})}));
  const auto decimals = [](const std::vector<std::string>& texts) {
    arrow::Decimal128Builder builder(arrow::decimal128(38, 0));
    for (const auto& text : texts) EXPECT_TRUE(builder.Append(arrow::Decimal128(text)).ok());
    return builder.Finish().ValueOrDie();
  };
  EXPECT_TRUE(InOrder({decimals({"-99999999999999999999", "3", "99999999999999999999"})}));
  EXPECT_FALSE(InOrder({decimals({"99999999999999999999", "-1"})}));
  const auto codes = Column(arrow::Int32Builder(), std::vector<std::optional<int32_t>>{1, 1, 0, {}});
  EXPECT_TRUE(InOrder({arrow::DictionaryArray::FromArrays(codes, Texts({Text("b"), Text("a")})).ValueOrDie()}));
  EXPECT_FALSE(InOrder({arrow::DictionaryArray::FromArrays(codes, Texts({Text("a"), Text("b")})).ValueOrDie()}));
  arrow::FixedSizeBinaryBuilder uuids(arrow::fixed_size_binary(2));
  EXPECT_TRUE(uuids.Append("\x01\xff").ok() && uuids.Append("\x80\x00").ok());
  EXPECT_TRUE(InOrder({uuids.Finish().ValueOrDie()}));
}

TEST(RowOrder, AgreesWithASortOfRandomRows) {
  std::mt19937_64 random(1);
  int in_order = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::pair<int64_t, std::string>> rows(random() % 6);
    for (auto& [number, text] : rows) {
      number = static_cast<int64_t>(random() % 3);
      text = std::string(random() % 3, 'x');
    }
    if (random() % 3 == 0) std::sort(rows.begin(), rows.end());
    std::vector<std::optional<int64_t>> numbers;
    std::vector<std::optional<std::string>> texts;
    for (const auto& [number, text] : rows) {
      numbers.push_back(number);
      texts.push_back(text);
    }
    const bool sorted = std::is_sorted(rows.begin(), rows.end());
    EXPECT_EQ(InOrder({Ints(numbers), Texts(texts)}), sorted);
    in_order += sorted;
  }
  EXPECT_GT(in_order, 100);
  EXPECT_LT(in_order, 350);
}

TEST(SortingColumns, StandInTheRowGroupsThatAreInOrder) {
  // A struct of two leaves in front: the file counts leaves.
  const auto pair = arrow::struct_({arrow::field("x", arrow::int64()), arrow::field("y", arrow::int64())});
  const auto schema = arrow::schema({arrow::field("s", pair), arrow::field("k", arrow::int64()),
                                     arrow::field("t", arrow::utf8())});
  const auto batch = [&](const std::shared_ptr<arrow::Array>& keys) {
    const auto rows = keys->length();
    return arrow::RecordBatch::Make(schema, rows, {arrow::MakeArrayOfNull(pair, rows).ValueOrDie(), keys,
                                                   Texts(std::vector<std::optional<std::string>>(rows, "t"))});
  };
  const Written written = WriteFile(schema, {{batch(Ints({1, 2})), batch(Ints({2, 3, {}}))},
                                             {batch(Ints({1, 2})), batch(Ints({1}))},
                                             {batch(Ints({4}))}},
                                    {.sorted_by = {"k", "t"}});
  const auto metadata = Open(written)->metadata();
  ASSERT_EQ(metadata->num_row_groups(), 3);
  for (const int group : {0, 1, 2}) {
    const auto sorting = metadata->RowGroup(group)->sorting_columns();
    ASSERT_EQ(sorting.size(), group == 1 ? 0u : 2u) << group;
    if (group == 1) continue;
    EXPECT_EQ(sorting[0].column_idx, 2);
    EXPECT_EQ(sorting[1].column_idx, 3);
    EXPECT_FALSE(sorting[0].descending || sorting[0].nulls_first);
  }
  EXPECT_EQ(ReadBack(written)->num_rows(), 9);
}

}  // namespace
}  // namespace freight
