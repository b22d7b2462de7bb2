// Rows survive the way through bytes: every type, nulls at every level, any order, any cut.
#include "sink/row_bytes.h"

#include "format/arrow_testing.h"
#include "sink/partition_gather.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include <array>
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
    RowWriter writer(arrow::default_memory_pool());
    ASSERT_TRUE(writer.Use(*InOrder(*batch, order)).ok());
    arrow::BufferBuilder bytes;
    for (int32_t at = 0; at < batch->num_rows();) {
      const auto rows = std::min<int32_t>(batch->num_rows() - at, 1 + static_cast<int32_t>(random() % 30));
      ASSERT_TRUE(writer.Append(at, rows, &bytes).ok());
      at += rows;
    }

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

// The rows in slices of random lengths.
void AppendSliced(RowWriter* writer, int32_t rows, std::mt19937_64& random, arrow::BufferBuilder* bytes) {
  for (int32_t at = 0; at < rows;) {
    const auto length = std::min(rows - at, 1 + static_cast<int32_t>(random() % 100));
    ASSERT_TRUE(writer->Append(at, length, bytes).ok());
    at += length;
  }
}

// Row counts of the batches that `bytes` gives with these limits.
std::vector<int64_t> BatchRows(std::span<const uint8_t> bytes, int64_t rows_max, int64_t bytes_max) {
  RowReader reader(AllTypes(), arrow::default_memory_pool());
  std::vector<int64_t> counts;
  while (!bytes.empty()) {
    EXPECT_TRUE(reader.Append(rows_max, bytes_max, &bytes).ok());
    counts.push_back(reader.rows());
    EXPECT_EQ(reader.Finish().ValueOrDie()->num_rows(), counts.back());
  }
  return counts;
}

TEST(RowBytes, WhatNullsHideIsLeftOut) {
  // Bytes, items and values under nulls, as slices and readers leave them; also where only the struct above is null.
  std::mt19937_64 random(13);
  for (int round = 0; round < 20; ++round) {
    auto batch = RandomBatch(AllTypes(), 50, random);
    arrow::ArrayVector hidden;
    for (const auto& column : batch->columns()) {
      const auto more = arrow::AllocateEmptyBitmap(50, arrow::default_memory_pool()).ValueOrDie();
      for (int64_t i = 0; i < 50; ++i) {
        arrow::bit_util::SetBitTo(more->mutable_data(), i, column->IsValid(i) && random() % 3 != 0);
      }
      auto data = column->data()->Copy();
      data->buffers[0] = more;
      data->null_count = arrow::kUnknownNullCount;
      hidden.push_back(arrow::MakeArray(data));
    }
    batch = arrow::RecordBatch::Make(batch->schema(), 50, hidden)->Slice(static_cast<int64_t>(random() % 5));
    RowWriter writer(arrow::default_memory_pool());
    ASSERT_TRUE(writer.Use(*batch).ok());
    arrow::BufferBuilder bytes;
    AppendSliced(&writer, static_cast<int32_t>(batch->num_rows()), random, &bytes);
    RowReader reader(AllTypes(), arrow::default_memory_pool());
    std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
    ASSERT_TRUE(reader.Append(100, 1 << 20, &left).ok());
    const auto got = reader.Finish().ValueOrDie();
    ASSERT_TRUE(got->ValidateFull().ok());
    ASSERT_TRUE(got->Equals(*batch));
  }
}

TEST(RowBytes, BatchesDoNotDependOnHowRowsWereSliced) {
  std::mt19937_64 random(5);
  const auto batch = RandomBatch(AllTypes(), 1000, random);
  RowWriter writer(arrow::default_memory_pool());
  ASSERT_TRUE(writer.Use(*batch).ok());
  for (const auto& [rows_max, bytes_max] : std::initializer_list<std::pair<int64_t, int64_t>>{
           {7, 1 << 20}, {1000, 3000}, {13, 2000}, {2000, 1 << 20}}) {
    arrow::BufferBuilder whole;
    ASSERT_TRUE(writer.Append(0, 1000, &whole).ok());
    const auto want = BatchRows({whole.data(), static_cast<size_t>(whole.length())}, rows_max, bytes_max);
    EXPECT_EQ(std::accumulate(want.begin(), want.end(), int64_t{0}), 1000);
    for (int round = 0; round < 5; ++round) {
      arrow::BufferBuilder sliced;
      AppendSliced(&writer, 1000, random, &sliced);
      EXPECT_EQ(BatchRows({sliced.data(), static_cast<size_t>(sliced.length())}, rows_max, bytes_max), want);
    }
  }
}

TEST(RowBytes, BatchesTakeTheBytesOfTheirRows) {
  const auto schema = arrow::schema({field("n", arrow::int64()), field("s", arrow::utf8()),
                                     field("l", arrow::list(arrow::int32()))});
  const auto batch = arrow::json::ArrayFromJSONString(
      arrow::struct_(schema->fields()), R"([[1, "abc", [1, 2]], [null, null, null], [3, "", []]])").ValueOrDie();
  RowWriter writer(arrow::default_memory_pool());
  ASSERT_TRUE(writer.Use(*arrow::RecordBatch::FromStructArray(batch).ValueOrDie()).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(writer.Append(0, 3, &bytes).ok());
  // 8 + (1 + 3) + (1 + 2 * 4), then twice 8 + 1 + 1.
  for (const auto& [bytes_max, rows, took] : std::initializer_list<std::array<int64_t, 3>>{
           {1, 1, 21}, {21, 1, 21}, {22, 2, 31}, {31, 2, 31}, {32, 3, 41}, {1000, 3, 41}}) {
    RowReader reader(schema, arrow::default_memory_pool());
    std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
    ASSERT_TRUE(reader.Append(100, bytes_max, &left).ok());
    EXPECT_EQ(reader.rows(), rows) << bytes_max;
    EXPECT_EQ(reader.bytes(), took) << bytes_max;
    EXPECT_EQ(left.empty(), rows == 3) << bytes_max;
  }
}

TEST(RowBytes, NumbersOfEveryDistanceComeBack) {
  constexpr int64_t kLeast = INT64_MIN;
  constexpr int64_t kMost = INT64_MAX;
  std::vector<std::vector<int64_t>> cases = {{0}, {kLeast}, {kMost}, {kLeast, kMost}, {-1, 0, 1}, {kMost, kMost - 1},
                                             {kLeast, kLeast + 255}, {kLeast, 0}, {-128, 127}, {-129, 127}};
  for (int bits = 0; bits < 63; ++bits) {
    for (const int64_t near : {int64_t{1} << bits, (int64_t{1} << bits) - 1, -(int64_t{1} << bits)}) {
      cases.push_back({near});
      cases.push_back({0, near});
      cases.push_back({-5, near, 1});
      cases.push_back({1'780'000'000'000'000, near});
    }
  }
  const auto schema = arrow::schema({field("n", arrow::int64())});
  for (const auto& values : cases) {
    arrow::Int64Builder builder;
    ASSERT_TRUE(builder.AppendValues(values).ok());
    const auto array = builder.Finish().ValueOrDie();
    const auto rows = static_cast<int32_t>(values.size());
    RowWriter writer(arrow::default_memory_pool());
    ASSERT_TRUE(writer.Use(*arrow::RecordBatch::Make(schema, rows, {array})).ok());
    arrow::BufferBuilder bytes;
    ASSERT_TRUE(writer.Append(0, rows, &bytes).ok());
    RowReader reader(schema, arrow::default_memory_pool());
    std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
    ASSERT_TRUE(reader.Append(100, 1 << 20, &left).ok());
    EXPECT_TRUE(reader.Finish().ValueOrDie()->column(0)->Equals(*array)) << array->ToString();
  }
}

TEST(RowBytes, SmallNumbersTakeFewBytes) {
  arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::MICRO), arrow::default_memory_pool());
  constexpr int64_t kBegin = 1'780'000'000'000'000;
  for (int64_t i = 0; i < 100; ++i) ASSERT_TRUE(builder.Append(kBegin + i * 600).ok());
  const auto schema = arrow::schema({field("at", builder.type())});
  RowWriter writer(arrow::default_memory_pool());
  ASSERT_TRUE(writer.Use(*arrow::RecordBatch::Make(schema, 100, {builder.Finish().ValueOrDie()})).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(writer.Append(0, 100, &bytes).ok());
  EXPECT_EQ(bytes.length(), 2 + 1 + 1 + 7 + 100 * 2);
}

TEST(RowBytes, MoreRowsThanASliceHoldsAreSeveralSlices) {
  std::mt19937_64 random(3);
  const auto schema = arrow::schema({field("n", arrow::int32()), field("flag", arrow::boolean())});
  constexpr int32_t kRows = 200'000;
  const auto batch = RandomBatch(schema, kRows, random);
  RowWriter writer(arrow::default_memory_pool());
  ASSERT_TRUE(writer.Use(*batch).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(writer.Append(0, kRows, &bytes).ok());
  RowReader reader(schema, arrow::default_memory_pool());
  std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
  ASSERT_TRUE(reader.Append(kRows + 1, 1 << 30, &left).ok());
  EXPECT_TRUE(left.empty());
  EXPECT_TRUE(reader.Finish().ValueOrDie()->Equals(*batch));
}

TEST(RowBytes, DictionariesComeBackAsWords) {
  const auto words = arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["view", "", "cart"])").ValueOrDie();
  const auto codes = arrow::json::ArrayFromJSONString(arrow::int32(), "[2, null, 0, 1, 0]").ValueOrDie();
  const auto type = arrow::dictionary(arrow::int32(), arrow::utf8());
  const auto coded = std::make_shared<arrow::DictionaryArray>(type, codes, words);
  RowWriter writer(arrow::default_memory_pool());
  ASSERT_TRUE(writer.Use(*arrow::RecordBatch::Make(arrow::schema({field("kind", type)}), 5, {coded})->Slice(1)).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(writer.Append(0, 4, &bytes).ok());
  RowReader reader(arrow::schema({field("kind", arrow::utf8())}), arrow::default_memory_pool());
  std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
  ASSERT_TRUE(reader.Append(100, 1 << 20, &left).ok());
  const auto want = arrow::json::ArrayFromJSONString(arrow::utf8(), R"([null, "view", "", "view"])").ValueOrDie();
  EXPECT_TRUE(reader.Finish().ValueOrDie()->column(0)->Equals(*want));
}

TEST(RowBytes, EveryCutInsideASliceIsCorrupt) {
  std::mt19937_64 random(11);
  RowWriter writer(arrow::default_memory_pool());
  ASSERT_TRUE(writer.Use(*RandomBatch(AllTypes(), 9, random)).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(writer.Append(0, 9, &bytes).ok());
  for (int64_t cut = 1; cut < bytes.length(); ++cut) {
    RowReader reader(AllTypes(), arrow::default_memory_pool());
    std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(cut));
    EXPECT_EQ(ReactionOf(reader.Append(10, 1 << 20, &left)), Reaction::kCorrupt) << cut;
  }
}

}  // namespace
}  // namespace freight
