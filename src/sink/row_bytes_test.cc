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

// Rows of the only batch.
Status Put(RowWriter* writer, int64_t begin, int64_t rows, arrow::BufferBuilder* out) {
  const RowPick pick{0, begin, rows};
  return writer->Append(std::span(&pick, 1), out);
}

std::shared_ptr<arrow::RecordBatch> ReadAll(const std::shared_ptr<arrow::Schema>& schema,
                                            const arrow::BufferBuilder& bytes) {
  RowReader reader(schema, arrow::default_memory_pool());
  std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
  EXPECT_TRUE(reader.Append(1 << 20, 1 << 30, &left).ok());
  EXPECT_TRUE(left.empty());
  const auto batch = reader.Finish().ValueOrDie();
  EXPECT_TRUE(batch->ValidateFull().ok());
  return batch;
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
    ASSERT_TRUE(writer.Hold(*InOrder(*batch, order)).ok());
    arrow::BufferBuilder bytes;
    for (int32_t at = 0; at < batch->num_rows();) {
      const auto rows = std::min<int32_t>(batch->num_rows() - at, 1 + static_cast<int32_t>(random() % 30));
      ASSERT_TRUE(Put(&writer, at, rows, &bytes).ok());
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
    ASSERT_TRUE(Put(writer, at, length, bytes).ok());
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
    RowWriter writer;
    ASSERT_TRUE(writer.Hold(*batch).ok());
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

TEST(RowBytes, RowsOfSeveralBatchesStandTogether) {
  std::mt19937_64 random(17);
  for (int round = 0; round < 40; ++round) {
    RowWriter writer;
    arrow::RecordBatchVector batches;
    for (int64_t i = 0; i < 4; ++i) {
      const auto rows = 1 + static_cast<int64_t>(random() % 40);
      batches.push_back(RandomBatch(AllTypes(), rows + 2, random)->Slice(static_cast<int64_t>(random() % 3), rows));
      ASSERT_TRUE(writer.Hold(*batches.back()).ok());
    }
    std::vector<RowPick> picks;
    arrow::RecordBatchVector want;
    for (int i = 0; i < 20; ++i) {
      const size_t batch = random() % batches.size();
      const auto begin = static_cast<int64_t>(random() % static_cast<uint64_t>(batches[batch]->num_rows()));
      const auto most = static_cast<uint64_t>(batches[batch]->num_rows() - begin);
      picks.push_back({batch, begin, static_cast<int64_t>(random() % (most + 1))});
      want.push_back(batches[batch]->Slice(begin, picks.back().count));
    }
    arrow::BufferBuilder bytes;
    ASSERT_TRUE(writer.Append(picks, &bytes).ok());
    const auto table = arrow::Table::FromRecordBatches(AllTypes(), want).ValueOrDie();
    const auto all = table->CombineChunksToBatch().ValueOrDie();
    const auto got = ReadAll(AllTypes(), bytes);
    ASSERT_TRUE(got->Equals(*all)) << got->ToString() << all->ToString();
  }
}

TEST(RowBytes, BatchesDoNotDependOnHowRowsWereSliced) {
  std::mt19937_64 random(5);
  const auto batch = RandomBatch(AllTypes(), 1000, random);
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*batch).ok());
  for (const auto& [rows_max, bytes_max] : std::initializer_list<std::pair<int64_t, int64_t>>{
           {7, 1 << 20}, {1000, 3000}, {13, 2000}, {2000, 1 << 20}}) {
    arrow::BufferBuilder whole;
    ASSERT_TRUE(Put(&writer, 0, 1000, &whole).ok());
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
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*arrow::RecordBatch::FromStructArray(batch).ValueOrDie()).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(Put(&writer, 0, 3, &bytes).ok());
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
    RowWriter writer;
    ASSERT_TRUE(writer.Hold(*arrow::RecordBatch::Make(schema, rows, {array})).ok());
    arrow::BufferBuilder bytes;
    ASSERT_TRUE(Put(&writer, 0, rows, &bytes).ok());
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
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*arrow::RecordBatch::Make(schema, 100, {builder.Finish().ValueOrDie()})).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(Put(&writer, 0, 100, &bytes).ok());
  EXPECT_EQ(bytes.length(), 2 + 1 + 1 + 7 + 100 * 2);
}

// Of timestamps.
int64_t BytesOf(const std::vector<int64_t>& values) {
  arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::MICRO), arrow::default_memory_pool());
  EXPECT_TRUE(builder.AppendValues(values).ok());
  const auto rows = static_cast<int64_t>(values.size());
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({field("at", builder.type())}), rows, {builder.Finish().ValueOrDie()});
  RowWriter writer;
  EXPECT_TRUE(writer.Hold(*batch).ok());
  arrow::BufferBuilder bytes;
  EXPECT_TRUE(Put(&writer, 0, rows, &bytes).ok());
  EXPECT_TRUE(ReadAll(batch->schema(), bytes)->Equals(*batch));
  return bytes.length();
}

TEST(RowBytes, RoundDistancesAreCountedInUnits) {
  constexpr int64_t kBegin = 1'780'000'000'123'456;
  constexpr int64_t kHead = 2 + 1 + 1 + 7;
  const auto bytes_of = [](int64_t unit) {
    return BytesOf({kBegin + 200 * unit, kBegin, kBegin + 255 * unit, kBegin + 7 * unit});
  };
  EXPECT_EQ(bytes_of(1'000'000), kHead + 4 * 1);
  EXPECT_EQ(bytes_of(1'000), kHead + 4 * 1);
  EXPECT_EQ(bytes_of(999), kHead + 4 * 3);
  // The last one, the middle one, and one that a product wraps around for.
  EXPECT_EQ(BytesOf({kBegin, kBegin + 5'000'000, kBegin + 9'000'001}), kHead + 3 * 3);
  EXPECT_EQ(BytesOf({kBegin, kBegin + 5'000'001, kBegin + 9'000'000}), kHead + 3 * 3);
  EXPECT_EQ(BytesOf({kBegin, kBegin + 64, kBegin + 9'000'000}), kHead + 3 * 3);
  EXPECT_EQ(BytesOf({INT64_MIN, INT64_MIN + 9'223'372'036'854 * 1'000'000}), 2 + 1 + 1 + 8 + 2 * 6);
}

// Slices of 16 rows each around `middle`, in steps of `unit`, as wide as `range`; a null among them now and then.
struct Regime { int64_t middle, unit; uint64_t range; int slices; };

std::shared_ptr<arrow::Array> NumbersOf(const std::vector<Regime>& regimes, bool nulls, std::mt19937_64& random) {
  arrow::Int64Builder builder;
  for (const Regime& regime : regimes) {
    for (int i = 0; i < regime.slices * 16; ++i) {
      const uint64_t offset = regime.range == 0 ? 0 : random() % regime.range * static_cast<uint64_t>(regime.unit);
      const auto number = static_cast<int64_t>(static_cast<uint64_t>(regime.middle) + offset);
      EXPECT_TRUE((nulls && random() % 9 == 0 ? builder.AppendNull() : builder.Append(number)).ok());
    }
  }
  return builder.Finish().ValueOrDie();
}

TEST(RowBytes, SlicesOfAllKindsFollowEachOther) {
  std::mt19937_64 random(29);
  constexpr int64_t kTime = 1'780'000'000'123'456;
  std::vector<Regime> kinds = {{kTime, 1'000'000, 90'000, 40}, {kTime, 1'000, 90'000, 40}, {kTime, 1, 90'000, 40},
                               {0, 1, 5'000'000, 60},          {-7, 1, 5'000'000, 60},     {5, 1, 0, 5},
                               {INT64_MIN, 1, 70'000, 40},     {INT64_MAX - 70'000, 1, 70'000, 40},
                               {INT64_MIN, 1, UINT64_MAX, 20}, {INT64_MIN, 1'000'000, 90'000, 20}, {3, 1, 40, 40}};
  for (int round = 0; round < 60; ++round) {
    std::shuffle(kinds.begin(), kinds.end(), random);
    const auto array = NumbersOf(kinds, round % 2 == 1, random);
    const auto batch = arrow::RecordBatch::Make(arrow::schema({field("n", arrow::int64())}), array->length(), {array});
    RowWriter writer;
    ASSERT_TRUE(writer.Hold(*batch).ok());
    arrow::BufferBuilder bytes;
    for (int64_t at = 0; at < array->length(); at += 16) ASSERT_TRUE(Put(&writer, at, 16, &bytes).ok());
    ASSERT_TRUE(ReadAll(batch->schema(), bytes)->Equals(*batch)) << round;
  }
}

TEST(RowBytes, NarrowSlicesBehindWideOnesTakeFewBytes) {
  std::mt19937_64 random(31);
  const auto array = NumbersOf({{0, 1, UINT64_C(1) << 50, 3}, {1 << 20, 1, 200, 300}}, false, random);
  const auto batch = arrow::RecordBatch::Make(arrow::schema({field("n", arrow::int64())}), array->length(), {array});
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*batch).ok());
  arrow::BufferBuilder bytes;
  for (int64_t at = 0; at < array->length(); at += 16) ASSERT_TRUE(Put(&writer, at, 16, &bytes).ok());
  EXPECT_LT(bytes.length(), array->length() * 2);
  EXPECT_TRUE(ReadAll(batch->schema(), bytes)->Equals(*batch));
}

TEST(RowBytes, MoreRowsThanASliceHoldsAreSeveralSlices) {
  std::mt19937_64 random(3);
  const auto schema = arrow::schema({field("n", arrow::int32()), field("flag", arrow::boolean())});
  constexpr int32_t kRows = 200'000;
  const auto batch = RandomBatch(schema, kRows, random);
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*batch).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(Put(&writer, 0, kRows, &bytes).ok());
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
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*arrow::RecordBatch::Make(arrow::schema({field("kind", type)}), 5, {coded})->Slice(1)).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(Put(&writer, 0, 4, &bytes).ok());
  RowReader reader(arrow::schema({field("kind", arrow::utf8())}), arrow::default_memory_pool());
  std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
  ASSERT_TRUE(reader.Append(100, 1 << 20, &left).ok());
  const auto want = arrow::json::ArrayFromJSONString(arrow::utf8(), R"([null, "view", "", "view"])").ValueOrDie();
  EXPECT_TRUE(reader.Finish().ValueOrDie()->column(0)->Equals(*want));
}

std::shared_ptr<arrow::RecordBatch> OfWords(const std::shared_ptr<arrow::Array>& words) {
  return arrow::RecordBatch::Make(arrow::schema({field("kind", words->type())}), words->length(), {words});
}

// Words number `first` to `first + words`, up to 50 bytes long, each `times` times, and a null behind all.
std::shared_ptr<arrow::Array> Coded(int first, int words, int times) {
  arrow::StringDictionary32Builder builder;
  for (int i = 0; i < words * times; ++i) {
    const int word = first + i % words;
    EXPECT_TRUE(builder.Append(fmt::format("{}{}", std::string(static_cast<size_t>(word % 50), 'w'), word)).ok());
  }
  EXPECT_TRUE(builder.AppendNull().ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Decoded(const std::shared_ptr<arrow::Array>& array) {
  const auto& coded = static_cast<const arrow::DictionaryArray&>(*array);
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < coded.length(); ++i) {
    if (coded.IsNull(i)) EXPECT_TRUE(builder.AppendNull().ok());
    else EXPECT_TRUE(builder.Append(
        static_cast<const arrow::StringArray&>(*coded.dictionary()).GetView(coded.GetValueIndex(i))).ok());
  }
  return builder.Finish().ValueOrDie();
}

// Of all rows of the batches; checks that they come back.
int64_t BytesOfWords(const arrow::ArrayVector& batches) {
  RowWriter writer;
  std::vector<RowPick> picks;
  arrow::ArrayVector want;
  for (const auto& words : batches) {
    EXPECT_TRUE(writer.Hold(*OfWords(words)).ok());
    picks.push_back({picks.size(), 0, words->length()});
    want.push_back(words->type_id() == arrow::Type::DICTIONARY ? Decoded(words) : words);
  }
  arrow::BufferBuilder bytes;
  EXPECT_TRUE(writer.Append(picks, &bytes).ok());
  const auto got = ReadAll(arrow::schema({field("kind", arrow::utf8())}), bytes);
  EXPECT_TRUE(got->column(0)->Equals(*arrow::Concatenate(want).ValueOrDie())) << got->ToString();
  return bytes.length();
}

TEST(RowBytes, WordsThatRepeatAreWrittenOnce) {
  const auto plain = arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["w1", null, "rare"])").ValueOrDie();
  std::vector<std::string> many(100, "plain");
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.AppendValues(many).ok());
  const auto long_plain = builder.Finish().ValueOrDie();
  const int64_t coded = BytesOfWords({Coded(1, 10, 30)});
  EXPECT_LT(coded, 500);
  // Other batches have other codes for the same words; a word that only the rest of a morsel has is one more.
  EXPECT_LT(BytesOfWords({Coded(1, 10, 30), Coded(4, 7, 30), plain}), 900);
  // Not worth it, too many of them, or not all known.
  EXPECT_GT(BytesOfWords({Coded(1, 10, 1)}), 60);
  EXPECT_GT(BytesOfWords({Coded(0, 255, 3)}), 0);
  EXPECT_GT(BytesOfWords({Coded(0, 256, 3)}), 10'000);
  EXPECT_GT(BytesOfWords({Coded(0, 200, 3), Coded(200, 56, 9)}), 10'000);
  EXPECT_GT(BytesOfWords({Coded(20, 10, 30), long_plain}), 5'000);
  EXPECT_GT(BytesOfWords({long_plain, Coded(20, 10, 30)}), 5'000);
}

TEST(RowBytes, ADictionaryWithoutWordsIsAllNulls) {
  const auto type = arrow::dictionary(arrow::int32(), arrow::utf8());
  const auto none = arrow::json::ArrayFromJSONString(arrow::utf8(), "[]").ValueOrDie();
  const auto nulls = arrow::json::ArrayFromJSONString(arrow::int32(), "[null, null]").ValueOrDie();
  const auto empty = std::make_shared<arrow::DictionaryArray>(type, nulls, none);
  EXPECT_LT(BytesOfWords({empty}), 10);
  EXPECT_GT(BytesOfWords({empty, Coded(0, 3, 4), empty}), 10);
}

TEST(RowBytes, ACodeWithoutAWordIsCorrupt) {
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*OfWords(Coded(1, 3, 5))).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(Put(&writer, 0, 15, &bytes).ok());
  for (const uint8_t code : {3, 255}) {
    bytes.mutable_data()[bytes.length() - 1] = code;
    RowReader reader(arrow::schema({field("kind", arrow::utf8())}), arrow::default_memory_pool());
    std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(bytes.length()));
    EXPECT_EQ(ReactionOf(reader.Append(100, 1 << 20, &left)), Reaction::kCorrupt);
  }
}

TEST(RowBytes, DamagedBytesAreRowsOrCorrupt) {
  std::mt19937_64 random(23);
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*RandomBatch(AllTypes(), 30, random)).ok());
  RowWriter words;
  ASSERT_TRUE(words.Hold(*OfWords(Coded(1, 6, 5))).ok());
  const auto schema_of_words = arrow::schema({field("kind", arrow::utf8())});
  for (int round = 0; round < 4000; ++round) {
    arrow::BufferBuilder bytes;
    ASSERT_TRUE(Put(round % 2 ? &writer : &words, 0, 30, &bytes).ok());
    bytes.mutable_data()[random() % static_cast<uint64_t>(bytes.length())] = static_cast<uint8_t>(random());
    RowReader reader(round % 2 ? AllTypes() : schema_of_words, arrow::default_memory_pool());
    // In a block of its own length: what is read behind it is found.
    const std::vector<uint8_t> copy(bytes.data(), bytes.data() + bytes.length());
    std::span<const uint8_t> left(copy);
    const Status status = reader.Append(1 << 20, 1 << 30, &left);
    if (status.ok()) EXPECT_TRUE(reader.Finish().ok());
    else EXPECT_EQ(ReactionOf(status), Reaction::kCorrupt);
  }
}

TEST(RowBytes, EveryCutInsideASliceIsCorrupt) {
  std::mt19937_64 random(11);
  RowWriter writer;
  ASSERT_TRUE(writer.Hold(*RandomBatch(AllTypes(), 9, random)).ok());
  arrow::BufferBuilder bytes;
  ASSERT_TRUE(Put(&writer, 0, 9, &bytes).ok());
  for (int64_t cut = 1; cut < bytes.length(); ++cut) {
    RowReader reader(AllTypes(), arrow::default_memory_pool());
    std::span<const uint8_t> left(bytes.data(), static_cast<size_t>(cut));
    EXPECT_EQ(ReactionOf(reader.Append(10, 1 << 20, &left)), Reaction::kCorrupt) << cut;
  }
}

}  // namespace
}  // namespace freight
