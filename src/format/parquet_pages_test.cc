// Compression of pages against what zstd makes of them by itself.
#include "format/parquet_pages.h"

#include "format/zstd_testing.h"

#include <arrow/memory_pool.h>
#include <arrow/util/compression.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <bit>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace freight {
namespace {

template <typename Next>
std::string Int64Page(int64_t rows, Next next) {
  std::vector<int64_t> values(static_cast<size_t>(rows));
  for (int64_t& value : values) value = next();
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int64_t));
}

std::shared_ptr<PageTools> Tools() {
  return MakePageTools(arrow::default_memory_pool(), arrow::default_memory_pool());
}

EncodedColumn Compressed(const std::vector<std::string>& pages, ParquetOptions options = {}) {
  auto compressor = PageCompressor::Make(options, Tools()).ValueOrDie();
  EncodedColumn column;
  for (const std::string& page : pages) EXPECT_TRUE(compressor->AddPage(EncodedPage{}, page, &column).ok());
  return column;
}

std::string Decompressed(const EncodedPage& page) {
  std::string raw(static_cast<size_t>(page.raw_bytes), '\0');
  EXPECT_EQ(ZSTD_decompress(raw.data(), raw.size(), page.bytes->data(), static_cast<size_t>(page.bytes->size())),
            raw.size());
  return raw;
}

size_t UsualBytes(const std::string& raw) {
  std::string out(ZSTD_compressBound(raw.size()), '\0');
  return ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), 1);
}

TEST(PageCompressor, NumbersThatHardlyRepeatTakeTheWideStep) {
  std::mt19937_64 random(1);
  const std::string raw = Int64Page(70'000, [&] { return static_cast<int64_t>(random() % 4'600'000); });
  const EncodedColumn column = Compressed({raw, raw});
  EXPECT_TRUE(column.zstd.wide_step);
  for (const EncodedPage& page : column.pages) {
    EXPECT_EQ(Decompressed(page), raw);
    EXPECT_LT(page.bytes->size() * 100, static_cast<int64_t>(UsualBytes(raw)) * 95);
  }
}

TEST(PageCompressor, RisingNumbersKeepTheUsualStep) {
  std::mt19937_64 random(2);
  int64_t at = 1'700'000'000'000'000;
  const std::string raw = Int64Page(70'000, [&] { return at += static_cast<int64_t>(random() % 3 == 0) * 1'000'000; });
  const EncodedColumn column = Compressed({raw});
  EXPECT_FALSE(column.zstd.wide_step);
  EXPECT_EQ(Decompressed(column.pages[0]), raw);
}

TEST(PageCompressor, NumbersWhoseUpperBytesRepeatBecomeStrides) {
  std::mt19937_64 random(4);
  // As a page of a nullable column is: its levels come first.
  const std::string raw = "levels" + Int64Page(70'000, [&] { return static_cast<int64_t>(random() % 4'600'000); });
  const std::string outlier = "levels" + Int64Page(70'000, [&] { return static_cast<int64_t>(random()); });
  auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
  EncodedColumn column;
  const EncodedPage page{.rows = 70'010, .values = 70'010, .nulls = 10, .number_width = 8};
  for (const std::string& body : {raw, outlier, raw}) ASSERT_TRUE(compressor->AddPage(page, body, &column).ok());
  EXPECT_EQ(column.zstd.stride.low, 3);
  EXPECT_EQ(Decompressed(column.pages[0]), raw);
  EXPECT_EQ(Decompressed(column.pages[1]), outlier);
  EXPECT_EQ(Decompressed(column.pages[2]), raw);
  EXPECT_LT(column.pages[0].bytes->size(), 70'000 * 3 + 200);
  EXPECT_LE(column.pages[1].bytes->size(), static_cast<int64_t>(outlier.size()) + 64);
}

TEST(PageCompressor, NumbersWithAByteThatIsSeldomAnotherOneBecomeCodedStrides) {
  std::mt19937_64 random(10);
  const std::string raw =
      Int64Page(32'768, [&] { return static_cast<int64_t>(random() % (random() % 5 == 0 ? 200'000 : 65'536)); });
  auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
  EncodedColumn column;
  const EncodedPage page{.rows = 32'768, .values = 32'768, .number_width = 8};
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(compressor->AddPage(page, raw, &column).ok());
  EXPECT_TRUE(column.zstd.stride.coded);
  for (const EncodedPage& written : column.pages) {
    EXPECT_EQ(Decompressed(written), raw);
    EXPECT_LT(static_cast<size_t>(written.bytes->size()) * 100, UsualBytes(raw) * 98);
  }
}

TEST(PageCompressor, StreamsGetBlocksOfTheirOwnUnlessMatchesDoBetter) {
  std::mt19937_64 random(14);
  constexpr int64_t kRows = 32'768;
  const auto column = [&](auto next) {
    std::string streams(kRows * 8, '\0');
    for (int64_t i = 0; i < kRows; ++i) {
      const uint64_t value = next(i);
      for (int byte = 0; byte < 8; ++byte) {
        streams[static_cast<size_t>(byte * kRows + i)] = static_cast<char>(value >> (8 * byte));
      }
    }
    auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
    EncodedColumn written;
    EncodedPage page{.rows = kRows, .values = kRows, .encoding = PageEncoding::kByteStreamSplit, .number_width = 8};
    EXPECT_TRUE(compressor->AddPage(std::move(page), streams, &written).ok());
    EXPECT_TRUE(!written.compressed || Decompressed(written.pages[0]) == streams);
    return written;
  };
  const EncodedColumn amounts = column([&](int64_t) { return random() % (random() % 5 == 0 ? 200'000 : 65'536); });
  EXPECT_EQ(amounts.zstd.planes.width, 8);
  EXPECT_TRUE(amounts.compressed);
  EXPECT_EQ(column([](int64_t i) { return static_cast<uint64_t>(i / 1'000); }).zstd.planes.width, 0) << "long runs";
  EXPECT_FALSE(column([&](int64_t) { return random(); }).compressed);
}

TEST(PageCompressor, APageOfNullsMayFollowOneOfStreams) {
  std::mt19937_64 random(18);
  constexpr int64_t kRows = 32'768;
  std::string streams(kRows * 8, '\0');
  for (size_t i = 0; i < kRows; ++i) streams[i] = static_cast<char>(random());
  auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
  EncodedColumn column;
  EncodedPage full{.rows = kRows, .values = kRows, .encoding = PageEncoding::kByteStreamSplit, .number_width = 8};
  EncodedPage nulls = full;
  nulls.nulls = kRows;
  ASSERT_TRUE(compressor->AddPage(full, "levels" + streams, &column).ok());
  ASSERT_GT(column.zstd.planes.width, 0);
  ASSERT_TRUE(compressor->AddPage(nulls, "levels", &column).ok());
  EXPECT_EQ(Decompressed(column.pages[1]), "levels");
}

EncodedPage PageOfText(const std::string& raw) { return {.text_bytes = static_cast<int64_t>(raw.size())}; }

EncodedColumn CompressedText(const std::string& raw) {
  auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
  EncodedColumn column;
  EXPECT_TRUE(compressor->AddPage(PageOfText(raw), raw, &column).ok());
  return column;
}

TEST(PageCompressor, TextThatHardlyShrinksIsStoredAsItIs) {
  std::mt19937_64 random(16);
  std::string raw(200'000, '\0');
  for (char& c : raw) c = static_cast<char>(random() % 180);  // 6 % less
  EXPECT_FALSE(CompressedText(raw).compressed);
  EXPECT_EQ(CompressedText(raw).pages[0].bytes->ToString(), raw);
}

// zstd's level 1 treats a page as a small input.
TEST(PageCompressor, LargePagesOfTextGetTheMatchesOfLargerInputs) {
  std::mt19937_64 random(12);
  std::string raw;  // many numbers: a search of our own is not for them
  while (raw.size() < 200 << 10) raw += Sentences(random, 20) + std::to_string(random()) + '\n';
  const EncodedColumn column = CompressedText(raw);
  EXPECT_TRUE(column.zstd.large_text);
  EXPECT_FALSE(column.own_text);
  EXPECT_EQ(Decompressed(column.pages[0]), raw);
  EXPECT_FALSE(CompressedText(raw.substr(0, 100'000)).zstd.large_text);
}

TEST(PageCompressor, TextThatComesBackIsSearchedSideBySide) {
  std::mt19937_64 random(24);
  const std::string raw = Sentences(random, 250'000);
  const std::string other = RandomBytes(random, 250'000);
  auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
  EncodedColumn column;
  for (const std::string& body : {raw, raw.substr(0, 1'000)}) {
    ASSERT_TRUE(compressor->AddPage(PageOfText(body), body, &column).ok());
    compressor->ReleaseScratch();
  }
  EXPECT_TRUE(column.own_text);
  EXPECT_NE(static_cast<size_t>(column.pages[0].bytes->size()), UsualBytes(raw));
  EXPECT_EQ(Decompressed(column.pages[0]), raw);
  EXPECT_EQ(Decompressed(column.pages[1]), raw.substr(0, 1'000));
  // One page of another kind, and the search is not tried again.
  for (const std::string& body : {other, raw}) {
    ASSERT_TRUE(compressor->AddPage(PageOfText(body), body, &column).ok());
  }
  EXPECT_FALSE(column.own_text);
  EXPECT_EQ(Decompressed(column.pages[2]), other);
  EXPECT_EQ(Decompressed(column.pages[3]), raw);
}

TEST(PageCompressor, DeltasThatComeBackAreSearchedAsText) {
  std::mt19937_64 random(26);
  const std::string deltas = Sentences(random, 80'000);
  const auto column = [&](PageEncoding encoding) {
    auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
    EncodedColumn written;
    EXPECT_TRUE(compressor->AddPage({.rows = 70'000, .encoding = encoding}, deltas, &written).ok());
    EXPECT_EQ(Decompressed(written.pages[0]), deltas);
    return written;
  };
  EXPECT_TRUE(column(PageEncoding::kDeltaBinaryPacked).own_text);
  EXPECT_FALSE(column(PageEncoding::kDictionary).own_text);
}

TEST(PageCompressor, RisingNumbersAreNoStrides) {
  std::mt19937_64 random(6);
  int64_t at = 1'700'000'000'000'000;
  const std::string raw = Int64Page(70'000, [&] { return at += static_cast<int64_t>(random() % 3 == 0) * 1'000'000; });
  auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
  EncodedColumn column;
  ASSERT_TRUE(compressor->AddPage({.rows = 70'000, .values = 70'000, .number_width = 8}, raw, &column).ok());
  EXPECT_EQ(column.zstd.stride.low, 0);
}

// Three events in a second, each up to some seconds late.
std::string LateTimestamps(std::mt19937_64& random) {
  return Int64Page(70'000, [&, number = int64_t{0}]() mutable {
    return (1'700'000'000 + number++ / 3 + static_cast<int64_t>(random() % 3 + random() % 2)) * 1'000'000;
  });
}

TEST(PageCompressor, NumbersThatComeBackBecomeRepeats) {
  std::mt19937_64 random(14);
  const std::string raw = "levels" + LateTimestamps(random);
  const std::string other = "levels" + Int64Page(70'000, [&] { return static_cast<int64_t>(random()); });
  auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
  EncodedColumn column;
  const EncodedPage page{.rows = 70'010, .values = 70'010, .nulls = 10, .number_width = 8};
  for (const std::string& body : {raw, other, raw}) {
    ASSERT_TRUE(compressor->AddPage(page, body, &column).ok());
    compressor->ReleaseScratch();
  }
  EXPECT_EQ(column.zstd.repeats.width, 8);
  EXPECT_EQ(Decompressed(column.pages[0]), raw);
  EXPECT_EQ(Decompressed(column.pages[1]), other);
  EXPECT_TRUE(column.pages[2].bytes->Equals(*column.pages[0].bytes));
  EXPECT_LT(static_cast<size_t>(column.pages[0].bytes->size()) * 100, UsualBytes(raw) * 95);
  EXPECT_LE(column.pages[1].bytes->size(), static_cast<int64_t>(other.size()) + 64);
}

TEST(PageCompressor, RepeatsAreForTheFastLevels) {
  std::mt19937_64 random(15);
  const std::string raw = LateTimestamps(random);
  for (const int level : {1, 2, 3, 9}) {
    auto compressor = PageCompressor::Make({.level = level}, Tools()).ValueOrDie();
    EncodedColumn column;
    ASSERT_TRUE(compressor->AddPage({.rows = 70'000, .values = 70'000, .number_width = 8}, raw, &column).ok());
    EXPECT_EQ(column.zstd.repeats.width, level <= 2 ? 8 : 0) << level;
    EXPECT_EQ(Decompressed(column.pages[0]), raw);
  }
}

// zstd finds long runs as fast as we do, and as small.
TEST(PageCompressor, LongRunsAreNoRepeats) {
  std::mt19937_64 random(16);
  int64_t key = 0;
  const std::string raw = Int64Page(70'000, [&] { return key += static_cast<int64_t>(random() % 12 == 0); });
  auto compressor = PageCompressor::Make({}, Tools()).ValueOrDie();
  EncodedColumn column;
  ASSERT_TRUE(compressor->AddPage({.rows = 70'000, .values = 70'000, .number_width = 8}, raw, &column).ok());
  EXPECT_EQ(column.zstd.repeats.width, 0);
}

std::string ReadBySnappy(const EncodedPage& page) {
  std::string raw(static_cast<size_t>(page.raw_bytes), '\0');
  auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  EXPECT_EQ(codec->Decompress(page.bytes->size(), page.bytes->data(), page.raw_bytes,
                              reinterpret_cast<uint8_t*>(raw.data())).ValueOr(-1), page.raw_bytes);
  return raw;
}

int64_t LibsnappyBytes(const std::string& raw) {
  auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  const auto* input = reinterpret_cast<const uint8_t*>(raw.data());
  const auto length = static_cast<int64_t>(raw.size());
  std::string out(static_cast<size_t>(codec->MaxCompressedLen(length, input)), '\0');
  const auto room = static_cast<int64_t>(out.size());
  return codec->Compress(length, input, room, reinterpret_cast<uint8_t*>(out.data())).ValueOrDie();
}

EncodedColumn BySnappy(const std::vector<std::string>& pages, EncodedPage page) {
  auto compressor = PageCompressor::Make({.codec = ParquetCodec::kSnappy}, Tools()).ValueOrDie();
  EncodedColumn column;
  for (const std::string& body : pages) EXPECT_TRUE(compressor->AddPage(page, body, &column).ok());
  return column;
}

TEST(PageCompressor, NumbersGetSnappyBlocksOfTheirOwn) {
  std::mt19937_64 random(20);
  const std::string times = "levels" + LateTimestamps(random);
  const std::string amounts = "levels" + Int64Page(70'000, [&] { return static_cast<int64_t>(random() % 60'000); });
  const std::string keys = "levels" + Int64Page(70'000, [&] { return static_cast<int64_t>(random() % 4'600'000); });
  const std::string other = "levels" + Int64Page(70'000, [&] { return static_cast<int64_t>(random()); });
  const EncodedPage page{.rows = 70'010, .values = 70'010, .nulls = 10, .number_width = 8};
  for (const auto& [raw, low] : {std::pair(times, 0), std::pair(amounts, 1), std::pair(keys, 2)}) {
    const EncodedColumn column = BySnappy({raw, other, raw}, page);
    EXPECT_EQ(column.snappy.width, 8) << low;
    EXPECT_EQ(column.snappy.low, low);
    EXPECT_EQ(ReadBySnappy(column.pages[0]), raw);
    EXPECT_EQ(ReadBySnappy(column.pages[1]), other) << "a page that is like no sample";
    EXPECT_TRUE(column.pages[2].bytes->Equals(*column.pages[0].bytes));
    EXPECT_LE(column.pages[0].bytes->size() * 100, LibsnappyBytes(raw) * 102);
    EXPECT_NE(column.pages[0].bytes->size(), LibsnappyBytes(raw)) << "libsnappy's own";
    EXPECT_LE(column.pages[1].bytes->size(), LibsnappyBytes(other));
  }
}

TEST(PageCompressor, LibsnappyKeepsWhatItDoesBetter) {
  std::mt19937_64 random(21);
  const EncodedPage page{.rows = 70'000, .values = 70'000, .number_width = 8};
  const EncodedColumn unlike = BySnappy({Int64Page(70'000, [&] { return static_cast<int64_t>(random()); })}, page);
  EXPECT_EQ(unlike.snappy.width, 0);
  EXPECT_FALSE(unlike.compressed);
  const auto expect_usual = [](const std::string& raw, const EncodedPage& form, const char* what) {
    const EncodedColumn column = BySnappy({raw}, form);
    EXPECT_EQ(column.snappy.width, 0) << what;
    EXPECT_EQ(column.pages[0].bytes->size(), LibsnappyBytes(raw)) << what;
    EXPECT_EQ(ReadBySnappy(column.pages[0]), raw) << what;
  };
  std::string sevens;  // what comes back begins anywhere in a number
  while (sevens.size() < 560'000) sevens += std::to_string(1'000'000 + random() % 50 * 99'991);
  sevens.resize(560'000);
  expect_usual(sevens, page, "copies across numbers");
  const std::string amounts = Int64Page(70'000, [&] { return static_cast<int64_t>(random() % 60'000); });
  expect_usual(amounts, {.rows = 70'000, .values = 70'000, .text_bytes = 560'000}, "text");
  EncodedPage split = page;
  split.encoding = PageEncoding::kByteStreamSplit;
  expect_usual(amounts, split, "streams");
}

TEST(PageCompressor, TextThatComesBackIsSearchedSideBySideForSnappyToo) {
  std::mt19937_64 random(25);
  const std::string raw = Sentences(random, 250'000, 400, 12);
  const EncodedColumn column = BySnappy({raw}, PageOfText(raw));
  EXPECT_TRUE(column.own_text);
  EXPECT_LT(column.pages[0].bytes->size(), LibsnappyBytes(raw));
  EXPECT_EQ(ReadBySnappy(column.pages[0]), raw);
  const std::string other = RandomBytes(random, 250'000);
  EXPECT_FALSE(BySnappy({other}, PageOfText(other)).own_text);
  const std::string varied = Sentences(random, 250'000, 40);  // found as well, but shorter copies find more
  EXPECT_FALSE(BySnappy({varied}, PageOfText(varied)).own_text);
  EXPECT_EQ(BySnappy({varied}, PageOfText(varied)).pages[0].bytes->size(), LibsnappyBytes(varied));
}

TEST(PageCompressor, APageOfNullsMayFollowOneOfSnappyNumbers) {
  std::mt19937_64 random(22);
  const std::string raw = Int64Page(32'768, [&] { return static_cast<int64_t>(random() % 60'000); });
  auto compressor = PageCompressor::Make({.codec = ParquetCodec::kSnappy}, Tools()).ValueOrDie();
  EncodedColumn column;
  EncodedPage page{.rows = 32'768, .values = 32'768, .number_width = 8};
  ASSERT_TRUE(compressor->AddPage(page, raw, &column).ok());
  ASSERT_EQ(column.snappy.width, 8);
  page.nulls = page.values;
  ASSERT_TRUE(compressor->AddPage(page, "levels", &column).ok());
  EXPECT_EQ(ReadBySnappy(column.pages[1]), "levels");
}

// Of doubles in [0, 1) the exponents repeat, all other bits do not.
TEST(PageCompressor, DoublesThatHardlyShrinkAreStoredAsTheyAreAtTheFastLevels) {
  std::mt19937_64 random(8);
  const std::string raw = Int64Page(70'000, [&] {
    return std::bit_cast<int64_t>(static_cast<double>(random() >> 11) * 0x1p-53);
  });
  for (const int level : {1, 2, 3, 9}) {
    const EncodedColumn column = Compressed({raw}, {.level = level});
    EXPECT_EQ(column.compressed, level > 2) << level;
    const auto stored = static_cast<size_t>(column.pages[0].bytes->size());
    EXPECT_TRUE(level > 2 ? stored < raw.size() : stored == raw.size()) << level << ": " << stored;
  }
}

TEST(PageCompressor, SlowerLevelsKeepTheirMatchFinder) {
  std::mt19937_64 random(3);
  const std::string raw = Int64Page(70'000, [&] { return static_cast<int64_t>(random() % 4'600'000); });
  EXPECT_FALSE(Compressed({raw}, {.level = 9}).zstd.wide_step);
}

}  // namespace
}  // namespace freight
