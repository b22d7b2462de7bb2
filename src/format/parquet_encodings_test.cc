// What the footer says about the encodings of a column chunk is what stands in its page headers.
#include "format/parquet_testing.h"

#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/metadata.h>

#include <functional>
#include <map>
#include <random>
#include <set>

namespace freight {
namespace {

using parquet::Encoding;
using parquet::PageType;

// How many pages of each kind.
using Pages = std::map<std::pair<PageType::type, Encoding::type>, int>;

constexpr std::pair kDictionaryPage{PageType::DICTIONARY_PAGE, Encoding::PLAIN};
constexpr std::pair kIndices{PageType::DATA_PAGE, Encoding::RLE_DICTIONARY};
constexpr std::pair kPlain{PageType::DATA_PAGE, Encoding::PLAIN};
constexpr std::pair kDeltas{PageType::DATA_PAGE, Encoding::DELTA_BINARY_PACKED};
constexpr std::pair kLengths{PageType::DATA_PAGE, Encoding::DELTA_LENGTH_BYTE_ARRAY};
constexpr std::pair kStreams{PageType::DATA_PAGE, Encoding::BYTE_STREAM_SPLIT};

Pages HeadersOf(parquet::ParquetFileReader& reader, int group, int column) {
  Pages pages;
  const auto pager = reader.RowGroup(group)->GetColumnPageReader(column);
  while (const auto page = pager->NextPage()) {
    const auto encoding = page->type() == PageType::DICTIONARY_PAGE
                              ? static_cast<const parquet::DictionaryPage&>(*page).encoding()
                              : static_cast<const parquet::DataPage&>(*page).encoding();
    ++pages[{page->type(), encoding}];
  }
  return pages;
}

// Fails unless the footer agrees with the page headers; returns those of the first row group.
Pages StoredPages(const std::shared_ptr<arrow::Array>& array, const ParquetOptions& options) {
  const auto schema = arrow::schema({arrow::field("c", array->type(), array->null_count() > 0)});
  const auto batch = arrow::RecordBatch::Make(schema, array->length(), {array});
  const Written written = WriteFile(schema, {{batch}, {batch}}, options);
  const auto twice = arrow::Concatenate({array, array}).ValueOrDie();
  EXPECT_TRUE(ReadBack(written)->column(0)->chunk(0)->Equals(*twice));
  const auto reader = Open(written);
  for (int group = 0; group < 2; ++group) {
    for (int column = 0; column < reader->metadata()->num_columns(); ++column) {
      const Pages headers = HeadersOf(*reader, group, column);
      const auto chunk = reader->metadata()->RowGroup(group)->ColumnChunk(column);
      Pages stated;
      for (const auto& stats : chunk->encoding_stats()) stated[{stats.page_type, stats.encoding}] += stats.count;
      EXPECT_EQ(stated, headers) << "row group " << group << ", column " << column;
      // Levels are RLE, whether there are any or not.
      std::set<Encoding::type> used{Encoding::RLE};
      for (const auto& [kind, count] : headers) used.insert(kind.second);
      EXPECT_EQ(std::set<Encoding::type>(chunk->encodings().begin(), chunk->encodings().end()), used)
          << "row group " << group << ", column " << column;
      EXPECT_EQ(chunk->has_dictionary_page(), headers.contains(kDictionaryPage));
    }
  }
  return HeadersOf(*reader, 0, 0);
}

std::shared_ptr<arrow::Array> Int64s(int64_t rows, const std::function<int64_t(int64_t)>& value) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < rows; ++i) EXPECT_TRUE(builder.Append(value(i)).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Texts(int64_t rows, const std::function<std::string(int64_t)>& value) {
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < rows; ++i) {
    EXPECT_TRUE((i % 5 == 3 ? builder.AppendNull() : builder.Append(value(i))).ok());
  }
  return builder.Finish().ValueOrDie();
}

// Pages of 1,000 int64.
ParquetOptions Small(ParquetProfile profile) { return {.profile = profile, .page_bytes = 8'000}; }

TEST(EncodingStats, CountPlainPages) {
  std::mt19937_64 random(1);
  const auto noise = Int64s(3'000, [&](int64_t) { return static_cast<int64_t>(random()); });
  EXPECT_EQ(StoredPages(noise, Small(ParquetProfile::kCompat)), (Pages{{kPlain, 3}}));
  arrow::BooleanBuilder flags;
  for (int i = 0; i < 3'000; ++i) ASSERT_TRUE(flags.Append(random() % 2 == 0).ok());
  EXPECT_TRUE(StoredPages(flags.Finish().ValueOrDie(), Small(ParquetProfile::kFast)).contains(kPlain));
  EXPECT_EQ(StoredPages(arrow::MakeArrayOfNull(arrow::int64(), 100).ValueOrDie(), {}), (Pages{{kPlain, 1}}));
}

TEST(EncodingStats, CountTheDictionaryAndItsIndices) {
  const auto words = [](int64_t i) { return "word " + std::to_string(i % 7); };
  std::mt19937_64 random(2);
  const auto small = Int64s(4'000, [&](int64_t) { return static_cast<int64_t>(random() % 16); });
  for (const auto profile : {ParquetProfile::kCompat, ParquetProfile::kFast}) {
    const Pages texts = StoredPages(Texts(4'000, words), Small(profile));
    EXPECT_EQ(texts.size(), 2u);
    EXPECT_EQ(texts.at(kDictionaryPage), 1);
    EXPECT_GE(texts.at(kIndices), 1);
    EXPECT_EQ(StoredPages(small, Small(profile)), (Pages{{kDictionaryPage, 1}, {kIndices, 4}}));
  }
}

TEST(EncodingStats, CountPagesOfTheFastProfile) {
  std::mt19937_64 random(3);
  const auto rising = Int64s(3'000, [&](int64_t i) { return i * 1'000'000 + static_cast<int64_t>(random() % 999); });
  EXPECT_EQ(StoredPages(rising, Small(ParquetProfile::kFast)), (Pages{{kDeltas, 3}}));
  arrow::DoubleBuilder doubles;
  for (int i = 0; i < 3'000; ++i) ASSERT_TRUE(doubles.Append(1e6 + static_cast<double>(random() % 9'999) / 8).ok());
  EXPECT_EQ(StoredPages(doubles.Finish().ValueOrDie(), Small(ParquetProfile::kFast)), (Pages{{kStreams, 3}}));
  const Pages texts = StoredPages(Texts(3'000, [&](int64_t) { return std::to_string(random()); }),
                                  Small(ParquetProfile::kFast));
  EXPECT_EQ(texts.size(), 1u);
  EXPECT_GT(texts.at(kLengths), 3);
}

TEST(EncodingStats, CountWhatStandsBehindTheIndicesOfNumbers) {
  std::mt19937_64 random(4);
  const auto far = Int64s(6'000, [&](int64_t i) {
    return i < 3'000 ? static_cast<int64_t>(random() % 16) : static_cast<int64_t>(random());
  });
  const auto rising = Int64s(6'000, [&](int64_t i) {
    return i < 3'000 ? static_cast<int64_t>(random() % 16) : i * 1'000'000 + static_cast<int64_t>(random() % 999);
  });
  for (const auto codec : {ParquetCodec::kNone, ParquetCodec::kSnappy, ParquetCodec::kZstd}) {
    for (const auto profile : {ParquetProfile::kCompat, ParquetProfile::kFast}) {
      ParquetOptions options = Small(profile);
      options.codec = codec;
      EXPECT_EQ(StoredPages(far, options), (Pages{{kDictionaryPage, 1}, {kIndices, 3}, {kPlain, 3}}));
      const auto behind = profile == ParquetProfile::kFast ? kDeltas : kPlain;
      EXPECT_EQ(StoredPages(rising, options), (Pages{{kDictionaryPage, 1}, {kIndices, 3}, {behind, 3}}));
    }
  }
}

TEST(EncodingStats, CountThePagesOfEachLeaf) {
  std::mt19937_64 random(5);
  const auto numbers = Int64s(3'000, [&](int64_t i) { return i * 1'000'000 + static_cast<int64_t>(random() % 999); });
  const auto texts = Texts(3'000, [&](int64_t i) { return std::to_string(i); });
  const auto pair = arrow::StructArray::Make({numbers, texts}, {arrow::field("n", arrow::int64(), false),
                                                                arrow::field("t", arrow::utf8())}).ValueOrDie();
  for (const auto profile : {ParquetProfile::kCompat, ParquetProfile::kFast}) {
    const Pages pages = StoredPages(pair, Small(profile));
    EXPECT_EQ(pages.size(), 1u);
    EXPECT_TRUE(pages.contains(profile == ParquetProfile::kFast ? kDeltas : kPlain));
  }
}

}  // namespace
}  // namespace freight
