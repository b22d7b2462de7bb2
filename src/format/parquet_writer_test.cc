// Files that ParquetFile writes are read back through libparquet: values, nulls, bounds, encodings, bytes.
#include "format/parquet_writer.h"

#include "base/hash.h"
#include "format/parquet_bits.h"
#include "format/parquet_bounds.h"
#include "format/parquet_testing.h"
#include "io/fault_env.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/statistics.h>

#include <limits>
#include <numeric>
#include <random>

namespace freight {
namespace {

using arrow::ArrayVector;

template <typename Builder>
std::shared_ptr<arrow::Array> Finish(Builder& builder) {
  return builder.Finish().ValueOrDie();
}

// Small integers of any Arrow type, null at each `nth` row (0 = never).
template <typename Type>
std::shared_ptr<arrow::Array> Numbers(std::shared_ptr<arrow::DataType> type, int64_t rows, int nth, uint32_t seed) {
  using C = typename Type::c_type;
  std::mt19937_64 random(seed);
  typename arrow::TypeTraits<Type>::BuilderType builder(type, arrow::default_memory_pool());
  for (int64_t i = 0; i < rows; ++i) {
    if (nth > 0 && random() % static_cast<uint64_t>(nth) == 0) {
      EXPECT_TRUE(builder.AppendNull().ok());
    } else {
      const bool time = type->id() == arrow::Type::TIME64;
      EXPECT_TRUE(builder.Append(static_cast<C>(time ? random() % 86'400'000'000 : random())).ok());
    }
  }
  return Finish(builder);
}

template <typename Type, typename Value>
std::shared_ptr<arrow::Array> Decimals(std::shared_ptr<arrow::DataType> type, int64_t rows, int nth, int64_t modulus) {
  std::mt19937_64 random(static_cast<uint64_t>(modulus));
  typename arrow::TypeTraits<Type>::BuilderType builder(type, arrow::default_memory_pool());
  for (int64_t i = 0; i < rows; ++i) {
    if (nth > 0 && random() % static_cast<uint64_t>(nth) == 0) {
      EXPECT_TRUE(builder.AppendNull().ok());
    } else {
      EXPECT_TRUE(builder.Append(Value(static_cast<int64_t>(random()) % modulus)).ok());
    }
  }
  return Finish(builder);
}

std::shared_ptr<arrow::Array> Strings(const std::vector<std::optional<std::string>>& values) {
  arrow::StringBuilder builder;
  for (const auto& value : values) EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return Finish(builder);
}

std::shared_ptr<arrow::Array> RandomStrings(int64_t rows, int nth, uint32_t seed, size_t length_max) {
  std::mt19937 random(seed);
  std::vector<std::optional<std::string>> values;
  for (int64_t i = 0; i < rows; ++i) {
    if (nth > 0 && random() % static_cast<uint32_t>(nth) == 0) {
      values.emplace_back(std::nullopt);
    } else {
      values.emplace_back(std::string(random() % length_max, static_cast<char>('a' + random() % 26)));
    }
  }
  return Strings(values);
}

std::shared_ptr<arrow::Array> Dictionary(const std::vector<std::string>& entries, const std::vector<int>& codes) {
  arrow::Int32Builder indices;
  for (int code : codes) EXPECT_TRUE((code < 0 ? indices.AppendNull() : indices.Append(code)).ok());
  std::vector<std::optional<std::string>> values(entries.begin(), entries.end());
  return arrow::DictionaryArray::FromArrays(Finish(indices), Strings(values)).ValueOrDie();
}

// As plain strings.
std::shared_ptr<arrow::Array> Decoded(const arrow::Array& array) {
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
  const auto& entries = static_cast<const arrow::StringArray&>(*dictionary.dictionary());
  std::vector<std::optional<std::string>> values;
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i)) values.emplace_back(std::nullopt);
    else values.emplace_back(entries.GetString(dictionary.GetValueIndex(i)));
  }
  return Strings(values);
}

struct TypeCase {
  std::string name;
  std::shared_ptr<arrow::Array> array;
};

std::vector<TypeCase> EveryType(int64_t rows, int nth) {
  arrow::FixedSizeBinaryBuilder uuids(arrow::fixed_size_binary(16));
  arrow::BinaryBuilder binaries;
  arrow::BooleanBuilder booleans;
  std::mt19937_64 random(7);
  for (int64_t i = 0; i < rows; ++i) {
    const bool null = nth > 0 && random() % static_cast<uint64_t>(nth) == 0;
    std::string uuid(16, '\0');
    for (char& byte : uuid) byte = static_cast<char>(random());
    EXPECT_TRUE((null ? uuids.AppendNull() : uuids.Append(uuid)).ok());
    EXPECT_TRUE((null ? binaries.AppendNull() : binaries.Append(uuid.substr(0, random() % 17))).ok());
    EXPECT_TRUE((null ? booleans.AppendNull() : booleans.Append(random() % 2 == 0)).ok());
  }
  const auto micros = arrow::TimeUnit::MICRO;
  return {
      {"i8", Numbers<arrow::Int8Type>(arrow::int8(), rows, nth, 1)},
      {"i16", Numbers<arrow::Int16Type>(arrow::int16(), rows, nth, 2)},
      {"i32", Numbers<arrow::Int32Type>(arrow::int32(), rows, nth, 3)},
      {"i64", Numbers<arrow::Int64Type>(arrow::int64(), rows, nth, 4)},
      {"u8", Numbers<arrow::UInt8Type>(arrow::uint8(), rows, nth, 5)},
      {"u16", Numbers<arrow::UInt16Type>(arrow::uint16(), rows, nth, 6)},
      {"u32", Numbers<arrow::UInt32Type>(arrow::uint32(), rows, nth, 7)},
      {"u64", Numbers<arrow::UInt64Type>(arrow::uint64(), rows, nth, 8)},
      {"float", Numbers<arrow::FloatType>(arrow::float32(), rows, nth, 9)},
      {"double", Numbers<arrow::DoubleType>(arrow::float64(), rows, nth, 10)},
      {"bool", Finish(booleans)},
      {"date", Numbers<arrow::Date32Type>(arrow::date32(), rows, nth, 11)},
      {"time", Numbers<arrow::Time64Type>(arrow::time64(micros), rows, nth, 12)},
      {"timestamp", Numbers<arrow::TimestampType>(arrow::timestamp(micros), rows, nth, 13)},
      {"timestamp_utc", Numbers<arrow::TimestampType>(arrow::timestamp(micros, "UTC"), rows, nth, 14)},
      {"d9", Decimals<arrow::Decimal32Type, arrow::Decimal32>(arrow::decimal32(9, 2), rows, nth, 1'000'000'000)},
      {"d18", Decimals<arrow::Decimal64Type, arrow::Decimal64>(arrow::decimal64(18, 4), rows, nth, 1'000'000'000'000)},
      {"d19", Decimals<arrow::Decimal128Type, arrow::Decimal128>(arrow::decimal128(19, 0), rows, nth, 1LL << 60)},
      {"d38", Decimals<arrow::Decimal128Type, arrow::Decimal128>(arrow::decimal128(38, 10), rows, nth, 1LL << 62)},
      {"uuid", Finish(uuids)},
      {"binary", Finish(binaries)},
      {"string", RandomStrings(rows, nth, 15, 60)},
  };
}

std::shared_ptr<arrow::RecordBatch> BatchOf(const std::vector<TypeCase>& columns, bool nullable) {
  arrow::FieldVector fields;
  ArrayVector arrays;
  for (const TypeCase& column : columns) {
    fields.push_back(arrow::field(column.name, column.array->type(), nullable));
    arrays.push_back(column.array);
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), columns[0].array->length(), arrays);
}

std::shared_ptr<arrow::RecordBatch> OneColumn(const std::shared_ptr<arrow::Array>& array, bool nullable = true) {
  return BatchOf({{"c", array}}, nullable);
}

std::shared_ptr<arrow::Schema> StringSchema(bool nullable = true) {
  return arrow::schema({arrow::field("c", arrow::utf8(), nullable)});
}

void ExpectColumn(const arrow::Table& table, int index, const arrow::Array& want) {
  ASSERT_EQ(table.num_rows(), want.length());
  if (want.length() == 0) return;
  const arrow::Array& got = *table.column(index)->chunk(0);
  if (got.type_id() == arrow::Type::EXTENSION) {
    const auto& storage = *static_cast<const arrow::ExtensionArray&>(got).storage();
    EXPECT_TRUE(storage.Equals(want)) << table.schema()->field(index)->ToString();
    return;
  }
  EXPECT_TRUE(got.Equals(want, arrow::EqualOptions().nans_equal(true)))
      << table.schema()->field(index)->ToString() << " against " << want.type()->ToString();
}

class EveryTypeReadsBack : public testing::TestWithParam<std::tuple<ParquetCodec, ParquetProfile, int64_t>> {};

TEST_P(EveryTypeReadsBack, WithAndWithoutNulls) {
  const auto [codec, profile, page_bytes] = GetParam();
  const ParquetOptions options{.profile = profile, .codec = codec, .page_bytes = page_bytes};
  for (int nth : {0, 1, 2, 50}) {
    const auto whole = BatchOf(EveryType(3000, nth), nth != 0);
    // Slices begin at offsets that are no multiple of eight.
    const auto written = WriteFile(whole->schema(), {{whole->Slice(0, 1), whole->Slice(1, 1002)}, {whole->Slice(1003)}},
                                   options);
    EXPECT_EQ(written.finished.rows, 3000);
    const auto table = ReadBack(written);
    for (int i = 0; i < whole->num_columns(); ++i) ExpectColumn(*table, i, *whole->column(i));
    for (int i = 0; i < whole->num_columns(); ++i) {
      EXPECT_EQ(table->schema()->field(i)->nullable(), nth != 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Options, EveryTypeReadsBack,
                         testing::Combine(testing::Values(ParquetCodec::kNone, ParquetCodec::kSnappy,
                                                          ParquetCodec::kZstd),
                                          testing::Values(ParquetProfile::kCompat, ParquetProfile::kFast),
                                          testing::Values(int64_t{1000}, int64_t{1} << 20)));

TEST(ParquetWriter, TypesComeBackAsDeclared) {
  const auto batch = BatchOf(EveryType(10, 3), true);
  const auto table = ReadBack(WriteFile(batch->schema(), {{batch}}));
  for (int i = 0; i < batch->num_columns(); ++i) {
    const auto& got = *table->schema()->field(i)->type();
    if (got.id() == arrow::Type::EXTENSION) {
      EXPECT_EQ(static_cast<const arrow::ExtensionType&>(got).extension_name(), "arrow.uuid");
    } else {
      EXPECT_TRUE(got.Equals(batch->schema()->field(i)->type())) << got.ToString();
    }
  }
}

TEST(ParquetWriter, FileWithoutRowsKeepsItsSchema) {
  const auto batch = BatchOf(EveryType(0, 0), true);
  const auto written = WriteFile(batch->schema(), {{batch}});
  EXPECT_EQ(written.finished.rows, 0);
  EXPECT_EQ(ReadBack(written)->num_columns(), batch->num_columns());
}

TEST(ParquetWriter, BytesCountAndHashAreThoseOfTheFile) {
  const auto batch = BatchOf(EveryType(500, 4), true);
  const auto written = WriteFile(batch->schema(), {{batch}});
  EXPECT_EQ(written.finished.bytes, static_cast<int64_t>(written.bytes.size()));
  EXPECT_EQ(written.finished.content_hash, HashHex(written.bytes));
  EXPECT_EQ(Open(written)->metadata()->created_by(), "freight " FREIGHT_VERSION);
}

TEST(ParquetWriter, BatchBordersLeaveNoTrace) {
  for (auto profile : {ParquetProfile::kCompat, ParquetProfile::kFast}) {
    const auto whole = BatchOf(EveryType(4000, 5), true);
    const ParquetOptions options{.profile = profile, .page_bytes = 2000};
    const std::string once = WriteFile(whole->schema(), {{whole}}, options).bytes;
    EXPECT_EQ(once, WriteFile(whole->schema(), {{whole}}, options).bytes);
    Batches pieces;
    for (int64_t at = 0; at < 4000; at += 333) pieces.push_back(whole->Slice(at, 333));
    EXPECT_EQ(once, WriteFile(whole->schema(), {pieces}, options).bytes);
  }
}

TEST(ParquetWriter, DictionariesOfBatchesBecomeOneInOrderOfFirstUse) {
  const auto first = Dictionary({"unused", "b", "a"}, {1, 1, -1, 2, 1, 2});
  const auto second = Dictionary({"a", "", "b"}, {2, 1, 0, 1, -1, 0, 2, 2});
  const auto written = WriteFile(StringSchema(), {{OneColumn(first), OneColumn(second)}});
  const auto reader = Open(written);
  const auto column = reader->metadata()->RowGroup(0)->ColumnChunk(0);
  EXPECT_TRUE(column->has_dictionary_page());
  ASSERT_EQ(column->encodings().size(), 3u);  // PLAIN (dictionary), RLE (levels), RLE_DICTIONARY
  const auto want = arrow::Concatenate({Decoded(*first), Decoded(*second)}).ValueOrDie();
  ExpectColumn(*ReadBack(written), 0, *want);

  parquet::ArrowReaderProperties properties;
  properties.set_read_dictionary(0, true);
  std::unique_ptr<parquet::arrow::FileReader> arrow_reader;
  parquet::arrow::FileReaderBuilder builder;
  ASSERT_TRUE(builder.Open(Input(written)).ok());
  ASSERT_TRUE(builder.properties(properties)->Build(&arrow_reader).ok());
  const auto table = arrow_reader->ReadTable().ValueOrDie();
  const auto& read = static_cast<const arrow::DictionaryArray&>(*table->column(0)->chunk(0));
  EXPECT_TRUE(read.dictionary()->Equals(*Strings({"b", "a", ""})));
}

// The rest of a morsel is a small batch, whose strings the parser leaves plain: it must not undo the dictionary.
TEST(ParquetWriter, PlainBatchesJoinTheDictionaryWhenTheyAreSmallOrRepeat) {
  const auto coded = Dictionary({"x", "y"}, {0, 1, -1, 0, 1, 0, 1});
  const auto few = Strings({"z", std::nullopt, "", "x"});
  const auto repeating = Decoded(*Dictionary({"x", "y", "w"}, std::vector<int32_t>(5'000, 2)));
  const auto different = RandomStrings(5'000, 0, 8, 8);
  struct Case { Batches group; bool dictionary; };
  for (const Case& c : {Case{{OneColumn(coded), OneColumn(few), OneColumn(coded)}, true},
                        Case{{OneColumn(few), OneColumn(coded)}, false},
                        Case{{OneColumn(repeating), OneColumn(few)}, true},
                        Case{{OneColumn(coded), OneColumn(different)}, false},
                        Case{{OneColumn(different), OneColumn(repeating)}, false}}) {
    const auto written = WriteFile(StringSchema(), {c.group});
    EXPECT_EQ(Open(written)->metadata()->RowGroup(0)->ColumnChunk(0)->has_dictionary_page(), c.dictionary);
    ArrayVector want;
    for (const auto& batch : c.group) {
      const auto& array = batch->column(0);
      want.push_back(array->type_id() == arrow::Type::DICTIONARY ? Decoded(*array) : array);
    }
    ExpectColumn(*ReadBack(written), 0, *arrow::Concatenate(want).ValueOrDie());
  }
}

TEST(ParquetWriter, PlainAndCodedRowsGiveTheSamePlainPages) {
  // 40,000 rows of 30,000 values: the dictionary does not pay, whatever form the rows come in.
  std::vector<std::string> entries;
  std::vector<int> codes;
  for (int i = 0; i < 30000; ++i) entries.push_back("value " + std::to_string(i * 7919));
  for (int i = 0; i < 40000; ++i) codes.push_back(i % 11 == 0 ? -1 : i % 30000);
  const auto coded = Dictionary(entries, codes);
  const ParquetOptions options{.page_bytes = 5000};
  EXPECT_EQ(WriteFile(StringSchema(), {{OneColumn(coded)}}, options).bytes,
            WriteFile(StringSchema(), {{OneColumn(Decoded(*coded))}}, options).bytes);
}

TEST(ParquetWriter, DictionaryBeyondItsLimitsTurnsPlain) {
  std::vector<std::string> many, large;
  std::vector<int> many_codes, large_codes;
  for (int i = 0; i < 70000; ++i) many.push_back(std::to_string(i));
  for (int i = 0; i < 1100; ++i) large.push_back(std::string(1000, 'x') + std::to_string(i));
  for (int i = 0; i < 210000; ++i) many_codes.push_back(i % 70000);
  for (int i = 0; i < 4400; ++i) large_codes.push_back(i % 1100);
  for (const auto& array : {Dictionary(many, many_codes), Dictionary(large, large_codes)}) {
    // A second row group shows that nothing of the first is left in the encoder.
    const auto small = Dictionary({"p", "q"}, {0, 1, 0, 1, 1, 1});
    const auto written = WriteFile(StringSchema(false), {{OneColumn(array, false)}, {OneColumn(small, false)}});
    const auto reader = Open(written);
    EXPECT_FALSE(reader->metadata()->RowGroup(0)->ColumnChunk(0)->has_dictionary_page());
    EXPECT_TRUE(reader->metadata()->RowGroup(1)->ColumnChunk(0)->has_dictionary_page());
    const auto want = arrow::Concatenate({Decoded(*array), Decoded(*small)}).ValueOrDie();
    ExpectColumn(*ReadBack(written), 0, *want);
  }
}

TEST(ParquetWriter, FullDictionaryHoldsAllSixteenBits) {
  std::vector<std::string> entries;
  std::vector<int> codes(65536 * 2);
  for (int i = 0; i < 65536; ++i) entries.push_back(std::to_string(i));
  std::iota(codes.begin(), codes.begin() + 65536, 0);
  std::iota(codes.begin() + 65536, codes.end(), 0);
  const auto array = Dictionary(entries, codes);
  const auto written = WriteFile(StringSchema(), {{OneColumn(array)}}, {.page_bytes = 3000});
  EXPECT_TRUE(Open(written)->metadata()->RowGroup(0)->ColumnChunk(0)->has_dictionary_page());
  ExpectColumn(*ReadBack(written), 0, *Decoded(*array));
}

TEST(ParquetWriter, StringLargerThanAPageHasItsOwn) {
  const auto array = Strings({"a", std::string(3 << 20, 'q'), "", std::nullopt, std::string(1 << 20, 'r'), "z"});
  ExpectColumn(*ReadBack(WriteFile(StringSchema(), {{OneColumn(array)}})), 0, *array);
}

TEST(ParquetWriter, FastProfileTakesTheEncodingThatIsSmaller) {
  const int64_t rows = 50'000;
  std::mt19937_64 random(1);
  arrow::TimestampBuilder rising(arrow::timestamp(arrow::TimeUnit::MICRO), arrow::default_memory_pool());
  arrow::Int64Builder noise;  // one value in three came a few rows before
  std::vector<int64_t> before;
  arrow::Decimal64Builder prices(arrow::decimal64(12, 2));
  for (int64_t i = 0; i < rows; ++i) {
    ASSERT_TRUE(rising.Append(1'700'000'000'000'000 + i * 1'000'000 + static_cast<int64_t>(random() % 1000)).ok());
    const bool again = i > 100 && random() % 3 == 0;
    before.push_back(again ? before[before.size() - 1 - random() % 50] : static_cast<int64_t>(random()));
    ASSERT_TRUE(noise.Append(before.back()).ok());
    ASSERT_TRUE(prices.Append(arrow::Decimal64(static_cast<int64_t>(random() % 100'000))).ok());
  }
  const auto batch = BatchOf({{"rising", Finish(rising)}, {"noise", Finish(noise)}, {"prices", Finish(prices)},
                              {"text", RandomStrings(rows, 4, 3, 20)}}, true);
  const auto fast = WriteFile(batch->schema(), {{batch}}, {.profile = ParquetProfile::kFast});
  const auto compat = WriteFile(batch->schema(), {{batch}});
  const auto reader = Open(fast);
  const auto group = reader->metadata()->RowGroup(0);
  const parquet::Encoding::type want[] = {parquet::Encoding::DELTA_BINARY_PACKED, parquet::Encoding::PLAIN,
                                          parquet::Encoding::BYTE_STREAM_SPLIT,
                                          parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(group->ColumnChunk(i)->encoding_stats().at(0).encoding, want[i]) << i;
    ExpectColumn(*ReadBack(fast), i, *batch->column(i));
  }
  EXPECT_LT(fast.bytes.size(), compat.bytes.size());
}

TEST(ParquetWriter, DeltasWrapAroundAtTheEndsOfTheirType) {
  for (int64_t rows : {1, 2, 31, 32, 33, 128, 129, 130, 257, 1000}) {
    std::mt19937_64 random(static_cast<uint64_t>(rows));
    arrow::Int64Builder wide;
    arrow::Int32Builder narrow;
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t choices[] = {INT64_MIN, INT64_MAX, 0, -1, static_cast<int64_t>(random())};
      ASSERT_TRUE(wide.Append(choices[random() % 5]).ok());
      ASSERT_TRUE(narrow.Append(static_cast<int32_t>(choices[random() % 5] >> 32)).ok());
    }
    // Noise would be PLAIN by choice: a long run of zeros in front makes deltas win, a far value no dictionary.
    const auto zeros = [](int64_t n, auto builder) {
      using Value = typename decltype(builder)::value_type;
      EXPECT_TRUE(builder.AppendValues(std::vector<Value>(static_cast<size_t>(n))).ok());
      EXPECT_TRUE(builder.Append(std::numeric_limits<Value>::min()).ok());
      return Finish(builder);
    };
    const auto wides = arrow::Concatenate({zeros(20'000, arrow::Int64Builder()), Finish(wide)}).ValueOrDie();
    const auto narrows = arrow::Concatenate({zeros(20'000, arrow::Int32Builder()), Finish(narrow)}).ValueOrDie();
    const auto batch = BatchOf({{"wide", wides}, {"narrow", narrows}}, false);
    const auto written = WriteFile(batch->schema(), {{batch}},
                                   {.profile = ParquetProfile::kFast, .codec = ParquetCodec::kNone});
    for (int i = 0; i < 2; ++i) {
      const auto reader = Open(written);
      EXPECT_EQ(reader->metadata()->RowGroup(0)->ColumnChunk(i)->encoding_stats().at(0).encoding,
                parquet::Encoding::DELTA_BINARY_PACKED);
      ExpectColumn(*ReadBack(written), i, *batch->column(i));
    }
  }
}

TEST(ParquetWriter, NoiseIsStoredUncompressed) {
  const auto noise = Numbers<arrow::Int64Type>(arrow::int64(), 20000, 0, 99);
  const auto zeros = arrow::MakeArrayFromScalar(arrow::Int64Scalar(0), 20000).ValueOrDie();
  for (auto [array, want] : {std::pair(noise, parquet::Compression::UNCOMPRESSED),
                             std::pair(zeros, parquet::Compression::ZSTD)}) {
    const auto written = WriteFile(OneColumn(array)->schema(), {{OneColumn(array)}});
    EXPECT_EQ(Open(written)->metadata()->RowGroup(0)->ColumnChunk(0)->compression(), want);
  }
}

template <typename Type>
void ExpectBounds(const std::shared_ptr<arrow::Array>& array, typename Type::c_type min, typename Type::c_type max) {
  const auto written = WriteFile(OneColumn(array)->schema(), {{OneColumn(array)}});
  const auto reader = Open(written);
  const auto stats = reader->metadata()->RowGroup(0)->ColumnChunk(0)->statistics();
  ASSERT_TRUE(stats && stats->HasMinMax());
  const auto& typed = static_cast<const parquet::TypedStatistics<Type>&>(*stats);
  EXPECT_EQ(typed.min(), min);
  EXPECT_EQ(typed.max(), max);
  EXPECT_EQ(typed.null_count(), array->null_count());
}

TEST(ParquetStatistics, BoundsFollowTheOrderOfTheType) {
  const auto int64s = [](std::vector<int64_t> values) {
    arrow::Int64Builder builder;
    EXPECT_TRUE(builder.AppendValues(values).ok());
    EXPECT_TRUE(builder.AppendNull().ok());
    return Finish(builder);
  };
  ExpectBounds<parquet::Int64Type>(int64s({3, -7, 5}), -7, 5);
  ExpectBounds<parquet::Int64Type>(int64s({INT64_MIN, INT64_MAX}), INT64_MIN, INT64_MAX);
  arrow::UInt32Builder unsigned32;
  ASSERT_TRUE(unsigned32.AppendValues(std::vector<uint32_t>{4'000'000'000, 7}).ok());
  ExpectBounds<parquet::Int32Type>(Finish(unsigned32), 7, static_cast<int32_t>(4'000'000'000));
  arrow::UInt64Builder unsigned64;
  ASSERT_TRUE(unsigned64.AppendValues(std::vector<uint64_t>{UINT64_MAX, 7}).ok());
  ExpectBounds<parquet::Int64Type>(Finish(unsigned64), 7, -1);
  arrow::BooleanBuilder booleans;
  ASSERT_TRUE(booleans.AppendValues(std::vector<bool>{true, false, true}).ok());
  ExpectBounds<parquet::BooleanType>(Finish(booleans), false, true);
}

TEST(ParquetStatistics, NanHasNoOrderAndZeroHasTwoSigns) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto doubles = [](std::vector<double> values) {
    arrow::DoubleBuilder builder;
    EXPECT_TRUE(builder.AppendValues(values).ok());
    return Finish(builder);
  };
  ExpectBounds<parquet::DoubleType>(doubles({nan, 2.5, -1, nan}), -1, 2.5);
  const auto zeros = WriteFile(OneColumn(doubles({0.0}))->schema(), {{OneColumn(doubles({0.0}))}});
  const auto reader = Open(zeros);
  const auto stats = reader->metadata()->RowGroup(0)->ColumnChunk(0)->statistics();
  EXPECT_TRUE(std::signbit(static_cast<const parquet::DoubleStatistics&>(*stats).min()));
  EXPECT_FALSE(std::signbit(static_cast<const parquet::DoubleStatistics&>(*stats).max()));
  const auto all_nan = WriteFile(OneColumn(doubles({nan}))->schema(), {{OneColumn(doubles({nan, nan}))}});
  const auto none = Open(all_nan)->metadata()->RowGroup(0)->ColumnChunk(0)->statistics();
  EXPECT_FALSE(none->HasMinMax());
  const double inf = std::numeric_limits<double>::infinity();
  ExpectBounds<parquet::DoubleType>(doubles({inf, inf}), inf, inf);
}

TEST(ParquetStatistics, DecimalBoundsAreSigned) {
  arrow::Decimal128Builder builder(arrow::decimal128(20, 2));
  for (int64_t value : {5, -1, 300}) ASSERT_TRUE(builder.Append(arrow::Decimal128(value)).ok());
  const auto array = Finish(builder);
  const auto written = WriteFile(OneColumn(array)->schema(), {{OneColumn(array)}});
  const auto reader = Open(written);
  const auto stats = reader->metadata()->RowGroup(0)->ColumnChunk(0)->statistics();
  EXPECT_EQ(stats->EncodeMin(), std::string(9, '\xff'));
  EXPECT_EQ(stats->EncodeMax(), std::string(7, '\0') + "\x01\x2c");
}

ValueBounds BoundsOf(const std::vector<std::string>& values, bool text = true) {
  BytesBounds bounds;
  for (const std::string& value : values) bounds.Update(value);
  return bounds.Finish(text);
}

TEST(ParquetStatistics, StringBoundsHoldForEveryStringAndSayWhenTheyAreCut) {
  const std::string x64(64, 'x');
  struct Case {
    std::vector<std::string> values;
    std::optional<std::string> min, max;
    bool min_exact, max_exact;
  };
  for (const Case& c :
       std::initializer_list<Case>{{{"b", "a", "c"}, "a", "c", true, true},
                                   {{"", "a"}, "", "a", true, true},
                                   {{"a", std::string("a\0", 2)}, "a", std::string("a\0", 2), true, true},
                                   {{"\xc3\xa9", "z"}, "z", "\xc3\xa9", true, true},
                                   {{x64}, x64, x64, true, true},
                                   {{x64 + "a", x64}, x64, std::string(63, 'x') + "y", true, false},
                                   {{x64 + "a"}, x64, std::string(63, 'x') + "y", false, false},
                                   // The cut would split a two-byte code point: it leaves.
                                   {{std::string(63, 'x') + "\xc3\xa9" + "tail"},
                                    std::string(63, 'x'),
                                    std::string(62, 'x') + "y",
                                    false,
                                    false},
                                   // U+10FFFF has nothing above it; a string of nothing else has no upper bound.
                                   {{std::string(60, 'x') + "\xf4\x8f\xbf\xbf" + "t"},
                                    std::string(60, 'x') + "\xf4\x8f\xbf\xbf",
                                    std::string(59, 'x') + "y",
                                    false,
                                    false}}) {
    const ValueBounds got = BoundsOf(c.values);
    EXPECT_EQ(got.min, c.min);
    EXPECT_EQ(got.max, c.max);
    EXPECT_EQ(got.min_exact, c.min_exact);
    EXPECT_EQ(got.max_exact, c.max_exact);
  }
  EXPECT_EQ(BoundsOf({std::string(70, '\xff')}, false).max, std::nullopt);
  EXPECT_EQ(NextAfterPrefix("a\x7f", true), "b");  // U+0080 would take one byte more
  EXPECT_EQ(NextAfterPrefix("\xed\x9f\xbf", true), "\xee\x80\x80");
}

TEST(ParquetStatistics, RandomStringsLieWithinTheirBounds) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    BytesBounds chunk;
    std::vector<std::string> all;
    for (int page = 0; page < 3; ++page) {
      BytesBounds bounds;
      for (int i = 0; i < 5; ++i) {
        std::string value(random() % 80, '\0');
        for (char& byte : value) byte = static_cast<char>(random() % 3 + 254);
        uint8_t padded[96] = {};
        std::memcpy(padded, value.data(), value.size());
        const auto length = static_cast<int64_t>(value.size());
        bounds.Update(BytesBounds::Word(padded, length), padded, length);
        all.push_back(std::move(value));
      }
      chunk.Merge(bounds);
    }
    const ValueBounds got = chunk.Finish(false);
    const auto [low, high] = std::minmax_element(all.begin(), all.end());
    ASSERT_LE(*got.min, *low);
    if (got.min_exact) {
      EXPECT_EQ(*got.min, *low);
    }
    if (got.max) {
      ASSERT_GE(*got.max, *high);
    }
    if (got.max_exact) {
      EXPECT_EQ(*got.max, *high);
    }
  }
}

TEST(ParquetPageIndex, NamesTheFirstRowAndBoundsOfEachPage) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < 1000; ++i) ASSERT_TRUE((i < 300 ? builder.AppendNull() : builder.Append(i)).ok());
  const auto array = Finish(builder);
  const auto written = WriteFile(OneColumn(array)->schema(), {{OneColumn(array)}}, {.page_bytes = 800});
  const auto reader = Open(written);
  const auto index = reader->GetPageIndexReader()->RowGroup(0);
  const auto offsets = index->GetOffsetIndex(0);
  const auto columns =
      std::static_pointer_cast<parquet::TypedColumnIndex<parquet::Int64Type>>(index->GetColumnIndex(0));
  ASSERT_EQ(offsets->page_locations().size(), 10u);
  for (size_t page = 0; page < 10; ++page) {
    EXPECT_EQ(offsets->page_locations()[page].first_row_index, static_cast<int64_t>(page) * 100);
    EXPECT_EQ(columns->null_pages()[page], page < 3);
    if (page >= 3) {
      EXPECT_EQ(columns->max_values()[page], static_cast<int64_t>(page) * 100 + 99);
    }
  }
}

TEST(ParquetWriter, FailedWriteIsAnErrorWithItsErrno) {
  auto disk = MakeMemEnv();
  const auto batch = BatchOf(EveryType(100, 0), true);
  for (int64_t call = 2; call <= 4; ++call) {  // 1 opens the file; then append, sync, close
    auto env = MakeFaultEnv(disk.get());
    env->Arm(call, Fault::kEnospc);
    auto out = env->OpenWrite("/f" + std::to_string(call), CreateMode::kNew).ValueOrDie();
    auto file = MakeParquetFile(std::move(out), batch->schema(), {}, arrow::default_memory_pool()).ValueOrDie();
    auto encoder = MakeRowGroupEncoder(batch->schema(), {}, arrow::default_memory_pool()).ValueOrDie();
    ASSERT_TRUE(encoder->Append(*batch).ok());
    ASSERT_TRUE(file->Append(*encoder->Finish().ValueOrDie()).ok());
    EXPECT_EQ(ErrnoOf(file->Finish().status()), ENOSPC) << call;
  }
}

TEST(ParquetWriter, FinishGivesAllPoolMemoryBackButTheFinishedPages) {
  arrow::ProxyMemoryPool pool(arrow::system_memory_pool());
  const auto batch = BatchOf(EveryType(20000, 7), true);
  auto encoder = MakeRowGroupEncoder(batch->schema(), {}, &pool).ValueOrDie();
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(encoder->Append(*batch).ok());
    EXPECT_GT(pool.bytes_allocated(), 1 << 20);
    auto group = encoder->Finish().ValueOrDie();
    EXPECT_LE(pool.bytes_allocated(), group->bytes() + 64 * 100);
    group.reset();
    EXPECT_EQ(pool.bytes_allocated(), 0);
  }
}

// As libparquet looks it up: a name in the program goes before those in its libraries.
TEST(PageChecksums, AreIsalsAndTheStandardOnes) {
  using Crc32 = uint32_t (*)(uint32_t, const void*, size_t);
  const auto found = reinterpret_cast<Crc32>(dlsym(RTLD_DEFAULT, "_ZN5arrow8internal5crc32EjPKvm"));
  ASSERT_NE(found, nullptr);
  Dl_info where = {};
  ASSERT_NE(dladdr(reinterpret_cast<const void*>(found), &where), 0);
  EXPECT_EQ(std::string_view(where.dli_fname).find("libarrow"), std::string_view::npos) << where.dli_fname;
  EXPECT_EQ(found(0, "123456789", 9), 0xCBF43926u);  // the check value of CRC-32
  EXPECT_EQ(found(found(0, "1234", 4), "56789", 5), 0xCBF43926u);
}

}  // namespace
}  // namespace freight
