// Rows survive the way through bytes: every type, nulls at every level, any order, any cut.
#include "sink/row_bytes.h"

#include "format/arrow_testing.h"
#include "sink/partition_gather.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace freight {
namespace {

using arrow::field;

std::shared_ptr<arrow::Schema> AllTypes() {
  return arrow::schema(
      {field("i8", arrow::int8()), field("i16", arrow::int16()), field("day", arrow::date32()),
       field("at", arrow::timestamp(arrow::TimeUnit::MICRO)), field("amount", arrow::decimal64(12, 2)),
       field("wide", arrow::decimal128(38, 2)), field("id", arrow::fixed_size_binary(16)),
       field("flag", arrow::boolean()), field("word", arrow::utf8()), field("blob", arrow::binary()),
       field("user", arrow::struct_({field("name", arrow::utf8()), field("age", arrow::int32())})),
       field("tags", arrow::list(arrow::utf8())),
       field("orders", arrow::list(arrow::struct_({field("n", arrow::int64()),
                                                   field("flags", arrow::list(arrow::boolean()))})))});
}

std::shared_ptr<arrow::RecordBatch> InOrder(const arrow::RecordBatch& batch, std::span<const int32_t> rows) {
  arrow::ArrayVector columns;
  for (const auto& column : batch.columns()) {
    columns.push_back(GatherRows(*column, rows, arrow::default_memory_pool()).ValueOrDie());
  }
  return arrow::RecordBatch::Make(batch.schema(), static_cast<int64_t>(rows.size()), columns);
}

TEST(RowBytes, RandomRowsComeBackInAnyOrderAndAnyCut) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 40; ++round) {
    const int64_t skipped = static_cast<int64_t>(random() % 3);
    const auto batch = RandomBatch(AllTypes(), 60, random)->Slice(skipped);
    std::vector<int32_t> order(static_cast<size_t>(batch->num_rows()));
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    RowWriter writer;
    writer.Use(batch);
    arrow::BufferBuilder bytes;
    ASSERT_TRUE(writer.Append(order, &bytes).ok());

    RowReader reader(AllTypes(), arrow::default_memory_pool());
    std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
    size_t row = 0;
    while (!left.empty()) {
      const auto rows_max = 1 + static_cast<int64_t>(random() % 20);
      ASSERT_TRUE(reader.Append(rows_max, 1 + static_cast<int64_t>(random() % 4000), &left).ok());
      const auto rows = static_cast<size_t>(reader.rows());
      ASSERT_GT(rows, 0);
      const auto got = reader.Finish().ValueOrDie();
      ASSERT_TRUE(got->ValidateFull().ok());
      const auto want = InOrder(*batch, std::span<const int32_t>(order).subspan(row, rows));
      ASSERT_TRUE(got->Equals(*want)) << got->ToString() << want->ToString();
      row += rows;
    }
    EXPECT_EQ(row, order.size());
  }
}

TEST(RowBytes, DictionariesComeBackAsWords) {
  const auto words = arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["view", "", "cart"])").ValueOrDie();
  const auto codes = arrow::json::ArrayFromJSONString(arrow::int32(), "[2, null, 0, 1, 0]").ValueOrDie();
  const auto type = arrow::dictionary(arrow::int32(), arrow::utf8());
  const auto coded = std::make_shared<arrow::DictionaryArray>(type, codes, words);
  RowWriter writer;
  writer.Use(arrow::RecordBatch::Make(arrow::schema({field("kind", type)}), 5, {coded})->Slice(1));
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(writer.Append(0, 4, &bytes).ok());
  RowReader reader(arrow::schema({field("kind", arrow::utf8())}), arrow::default_memory_pool());
  std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
  ASSERT_TRUE(reader.Append(100, 1 << 20, &left).ok());
  const auto want = arrow::json::ArrayFromJSONString(arrow::utf8(), R"([null, "view", "", "view"])").ValueOrDie();
  EXPECT_TRUE(reader.Finish().ValueOrDie()->column(0)->Equals(*want));
}

TEST(RowBytes, EveryCutInsideARowIsCorrupt) {
  std::mt19937_64 random(11);
  RowWriter writer;
  writer.Use(RandomBatch(AllTypes(), 1, random));
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(writer.Append(0, 1, &bytes).ok());
  for (int64_t cut = 1; cut < bytes.length(); ++cut) {
    RowReader reader(AllTypes(), arrow::default_memory_pool());
    std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(cut));
    EXPECT_EQ(ReactionOf(reader.Append(10, 1 << 20, &left)), Reaction::kCorrupt) << cut;
  }
}

}  // namespace
}  // namespace freight
