// Bloom filters that libparquet's reader finds and believes.
#include "format/parquet_bloom.h"

#include "format/arrow_testing.h"
#include "format/parquet_testing.h"

#include <parquet/bloom_filter.h>
#include <parquet/bloom_filter_reader.h>

namespace freight {
namespace {

using arrow::field;

TEST(BloomFilter, HoldsEveryValueAndFewOthersInAllFormsOfAColumn) {
  std::mt19937_64 random(1);
  arrow::Int64Builder ids;
  arrow::StringBuilder words, kinds;
  std::vector<int64_t> id_values;
  std::vector<std::string> word_values;
  for (int i = 0; i < 20'000; ++i) {
    id_values.push_back(static_cast<int64_t>(random() % 1'000'000) * 2);
    word_values.push_back(fmt::format("word {}", random()));
    ASSERT_TRUE((i % 7 ? ids.Append(id_values.back()) : ids.AppendNull()).ok());
    ASSERT_TRUE(words.Append(word_values.back()).ok());
    ASSERT_TRUE(kinds.Append(fmt::format("kind {}", i % 20)).ok());
  }
  const auto schema = arrow::schema({field("id", arrow::int64()), field("word", arrow::utf8()),
                                     field("kind", arrow::utf8()), field("no", arrow::utf8())});
  const auto kind = kinds.Finish().ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(
      schema, 20'000, {ids.Finish().ValueOrDie(), words.Finish().ValueOrDie(), kind, kind});
  for (const ParquetProfile profile : {ParquetProfile::kCompat, ParquetProfile::kFast}) {
    const Written written = WriteFile(schema, {{batch->Slice(0, 10'000)}, {batch->Slice(10'000)}},
                                      {.profile = profile, .bloom_filter = {"id", "word", "kind"}});
    const auto reader = Open(written);
    ASSERT_TRUE(reader->metadata()->RowGroup(0)->ColumnChunk(2)->has_dictionary_page());
    const auto group = reader->GetBloomFilterReader().RowGroup(1);
    EXPECT_EQ(group->GetColumnBloomFilter(3), nullptr);
    const auto id = group->GetColumnBloomFilter(0), word = group->GetColumnBloomFilter(1),
               kinds_found = group->GetColumnBloomFilter(2);
    for (size_t i = 10'000; i < 20'000; ++i) {
      EXPECT_TRUE(i % 7 == 0 || id->FindHash(id->Hash(id_values[i]))) << i;
      const parquet::ByteArray bytes(word_values[i]);
      EXPECT_TRUE(word->FindHash(word->Hash(&bytes)));
    }
    int wrong = 0;
    for (int64_t i = 0; i < 10'000; ++i) wrong += id->FindHash(id->Hash(2 * i + 1));
    EXPECT_LT(wrong, 300);
    const std::string absent = "kind 20", present = "kind 19";
    const parquet::ByteArray absent_bytes(absent), present_bytes(present);
    EXPECT_TRUE(kinds_found->FindHash(kinds_found->Hash(&present_bytes)));
    EXPECT_FALSE(kinds_found->FindHash(kinds_found->Hash(&absent_bytes)));
  }
}

TEST(BloomFilter, NullsAloneNeedNone) {
  const auto schema = arrow::schema({field("id", arrow::int32())});
  const auto nulls = arrow::MakeArrayOfNull(arrow::int32(), 5).ValueOrDie();
  const Written written = WriteFile(schema, {{arrow::RecordBatch::Make(schema, 5, {nulls})}}, {.bloom_filter = {"id"}});
  EXPECT_EQ(Open(written)->metadata()->RowGroup(0)->ColumnChunk(0)->bloom_filter_offset(), std::nullopt);
}

}  // namespace
}  // namespace freight
