// Integers of a small range become indices, whatever their type; pages that leave the range turn PLAIN.
#include "format/parquet_testing.h"

#include <parquet/metadata.h>

#include <functional>
#include <limits>
#include <random>

namespace freight {
namespace {

template <typename Type>
std::shared_ptr<arrow::Array> Numbers(const std::shared_ptr<arrow::DataType>& type, int64_t rows,
                                      const std::function<uint64_t(int64_t)>& value, int null_each = 0) {
  typename arrow::TypeTraits<Type>::BuilderType builder(type, arrow::default_memory_pool());
  for (int64_t i = 0; i < rows; ++i) {
    const bool null = null_each > 0 && i % null_each == 1;
    EXPECT_TRUE((null ? builder.AppendNull()
                      : builder.Append(static_cast<typename Type::c_type>(value(i)))).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Int64s(int64_t rows, const std::function<uint64_t(int64_t)>& value) {
  return Numbers<arrow::Int64Type>(arrow::int64(), rows, value);
}

struct Stored {
  std::vector<parquet::PageEncodingStats> pages;  // without the dictionary's
  int64_t bytes = 0;
  bool has_dictionary = false;
};

// Writes the array, reads it back and says how it was stored.
Stored StoreAndCompare(const std::shared_ptr<arrow::Array>& array, const ParquetOptions& options = {}) {
  const auto schema = arrow::schema({arrow::field("c", array->type(), array->null_count() > 0)});
  const auto batch = arrow::RecordBatch::Make(schema, array->length(), {array});
  // Two row groups: the second one starts anew.
  const Written written = WriteFile(schema, {{batch}, {batch}}, options);
  const auto table = ReadBack(written);
  const auto twice = arrow::Concatenate({array, array}).ValueOrDie();
  EXPECT_TRUE(table->column(0)->chunk(0)->Equals(*twice)) << array->type()->ToString();
  const auto chunk = Open(written)->metadata()->RowGroup(1)->ColumnChunk(0);
  Stored stored{.bytes = chunk->total_compressed_size(), .has_dictionary = chunk->has_dictionary_page()};
  for (const auto& stats : chunk->encoding_stats()) {
    if (stats.page_type == parquet::PageType::DATA_PAGE) stored.pages.push_back(stats);
  }
  return stored;
}

void ExpectIndices(const Stored& stored) {
  EXPECT_TRUE(stored.has_dictionary);
  ASSERT_EQ(stored.pages.size(), 1u);
  EXPECT_EQ(stored.pages[0].encoding, parquet::Encoding::RLE_DICTIONARY);
}

void ExpectPlain(const Stored& stored) {
  EXPECT_FALSE(stored.has_dictionary);
  ASSERT_EQ(stored.pages.size(), 1u);
  EXPECT_EQ(stored.pages[0].encoding, parquet::Encoding::PLAIN);
}

TEST(NumberDictionary, HoldsSmallRangesOfEachType) {
  std::mt19937_64 random(1);
  const auto small = [&](int64_t) { return 40 + random() % 60; };
  const auto micros = arrow::TimeUnit::MICRO;
  for (const int null_each : {0, 7}) {
    const std::vector<std::shared_ptr<arrow::Array>> arrays{
        Numbers<arrow::Int8Type>(arrow::int8(), 9'000, small, null_each),
        Numbers<arrow::Int16Type>(arrow::int16(), 9'000, small, null_each),
        Numbers<arrow::Int32Type>(arrow::int32(), 9'000, small, null_each),
        Numbers<arrow::Int64Type>(arrow::int64(), 9'000, small, null_each),
        Numbers<arrow::UInt8Type>(arrow::uint8(), 9'000, small, null_each),
        Numbers<arrow::UInt16Type>(arrow::uint16(), 9'000, small, null_each),
        Numbers<arrow::UInt32Type>(arrow::uint32(), 9'000, small, null_each),
        Numbers<arrow::UInt64Type>(arrow::uint64(), 9'000, small, null_each),
        Numbers<arrow::Date32Type>(arrow::date32(), 9'000, small, null_each),
        Numbers<arrow::TimestampType>(arrow::timestamp(micros), 9'000, small, null_each)};
    for (const auto& array : arrays) {
      for (const ParquetCodec codec : {ParquetCodec::kNone, ParquetCodec::kSnappy, ParquetCodec::kZstd}) {
        const Stored stored = StoreAndCompare(array, {.codec = codec});
        ExpectIndices(stored);
        EXPECT_LT(stored.bytes, 9'000 + 60 * 8 + 1'500) << array->type()->ToString();  // 6 bits each, and levels
      }
    }
  }
}

TEST(NumberDictionary, WorksAtTheEndsOfTheTypes) {
  std::mt19937_64 random(2);
  using Limits = std::numeric_limits<int64_t>;
  for (const auto start : {static_cast<uint64_t>(Limits::min()), static_cast<uint64_t>(Limits::max()) - 63}) {
    ExpectIndices(StoreAndCompare(Int64s(20'000, [&](int64_t) { return start + random() % 64; })));
  }
  for (const uint64_t start : {~uint64_t{0} - 63, (uint64_t{1} << 63) - 30, uint64_t{0}}) {
    ExpectIndices(StoreAndCompare(
        Numbers<arrow::UInt64Type>(arrow::uint64(), 20'000, [&](int64_t) { return start + random() % 64; })));
  }
  for (const uint64_t start : {~uint64_t{0} - 63, (uint64_t{1} << 31) - 30, uint64_t{0}}) {
    ExpectIndices(StoreAndCompare(
        Numbers<arrow::UInt32Type>(arrow::uint32(), 20'000, [&](int64_t) { return start + random() % 64; })));
  }
}

TEST(NumberDictionary, APageThatLeavesTheRangeIsPlainAndSoAreThoseBehindIt) {
  std::mt19937_64 random(3);
  // Pages of 1,000 values; the fourth has one that is far away.
  const auto array = Int64s(6'000, [&](int64_t i) { return i == 3'500 ? 1'000'000 : random() % 16; });
  for (const ParquetCodec codec : {ParquetCodec::kNone, ParquetCodec::kSnappy, ParquetCodec::kZstd}) {
    const Stored stored = StoreAndCompare(array, {.codec = codec, .page_bytes = 8'000});
    EXPECT_TRUE(stored.has_dictionary);
    ASSERT_EQ(stored.pages.size(), 2u);
    for (const auto& pages : stored.pages) {
      EXPECT_EQ(pages.count, 3);
      EXPECT_TRUE(pages.encoding == parquet::Encoding::RLE_DICTIONARY || pages.encoding == parquet::Encoding::PLAIN);
    }
    // A chunk has one codec: the one that PLAIN pages need.
    EXPECT_LT(stored.bytes, codec == ParquetCodec::kZstd ? 9'000 : 30'000);
  }
}

TEST(NumberDictionary, PagesOnBothSidesOfTheFirstFitIntoTheWindow) {
  std::mt19937_64 random(4);
  const auto array = Int64s(3'000, [&](int64_t i) {
    const uint64_t page_base = i < 1'000 ? 1'000'000 : i < 2'000 ? 999'000 : 1'001'000;
    return page_base + random() % 16;
  });
  ExpectIndices(StoreAndCompare(array, {.page_bytes = 8'000}));
}

TEST(NumberDictionary, IsNotTakenWhereTheCodecDoesBetter) {
  // The codec finds that the whole sequence returns.
  ExpectPlain(StoreAndCompare(Int64s(60'000, [](int64_t i) { return static_cast<uint64_t>(i * 7 % 2'000); })));
  std::mt19937_64 random(5);
  ExpectPlain(StoreAndCompare(Int64s(60'000, [&](int64_t) { return random() % 5'000; })));
}

}  // namespace
}  // namespace freight
