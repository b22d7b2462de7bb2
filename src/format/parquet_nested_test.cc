// Struct and list columns come back as they were, whatever the pages, the batches and the profile.
#include "format/arrow_testing.h"
#include "format/parquet_testing.h"

#include <arrow/json/from_string.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/statistics.h>

namespace freight {
namespace {

using arrow::field;
using arrow::list;
using arrow::struct_;

std::shared_ptr<arrow::Schema> Nested() {
  const auto order = struct_({field("n", arrow::int64(), false), field("price", arrow::decimal64(12, 2)),
                              field("flags", list(field("element", arrow::boolean())))});
  return arrow::schema({
      field("id", arrow::int32(), false),
      field("user", struct_({field("name", arrow::utf8()), field("born", arrow::date32()),
                             field("home", struct_({field("zip", arrow::utf8(), false)}))})),
      field("origin", struct_({field("x", arrow::float64(), false), field("y", arrow::float64())}), false),
      field("tags", list(field("element", arrow::utf8()))),
      field("codes", list(field("element", arrow::int32(), false)), false),
      field("orders", list(field("element", order))),
      field("matrix", list(field("element", list(field("element", arrow::float32()))))),
      field("keys", list(field("element", arrow::fixed_size_binary(16)))),
      field("blobs", list(field("element", arrow::binary(), false))),
      field("big", struct_({field("d", arrow::decimal128(30, 4))})),
  });
}

void ExpectSame(const Written& written, const std::shared_ptr<arrow::Schema>& schema, const Batches& batches) {
  const auto want = arrow::Table::FromRecordBatches(schema, batches).ValueOrDie()->CombineChunks().ValueOrDie();
  const auto got = ReadBack(written);
  ASSERT_EQ(got->num_rows(), want->num_rows());
  for (int i = 0; i < want->num_columns(); ++i) {
    const auto a = want->column(i), b = got->column(i);
    ASSERT_EQ(a->num_chunks() > 0, b->num_chunks() > 0);
    if (a->num_chunks() == 0) continue;
    EXPECT_TRUE(a->chunk(0)->Equals(*b->chunk(0), arrow::EqualOptions().nans_equal(true)))
        << schema->field(i)->ToString() << a->ToString() << b->ToString();
  }
}

TEST(ParquetNested, RandomValuesComeBackInBothProfilesAndSmallPages) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 12; ++round) {
    ParquetOptions options;
    options.profile = round % 2 ? ParquetProfile::kFast : ParquetProfile::kCompat;
    options.codec = round % 3 ? ParquetCodec::kZstd : ParquetCodec::kNone;
    options.page_bytes = round % 4 ? 300 : 1 << 20;
    const Batches batches = {RandomBatch(Nested(), 40, random), RandomBatch(Nested(), 1, random)->Slice(1),
                             RandomBatch(Nested(), 50, random)->Slice(7)};
    ExpectSame(WriteFile(Nested(), {{batches[0], batches[1]}, {batches[2]}}, options), Nested(), batches);
  }
}

TEST(ParquetNested, BatchBordersLeaveNoTrace) {
  std::mt19937_64 random(6);
  ParquetOptions options;
  options.page_bytes = 500;
  const auto whole = RandomBatch(Nested(), 200, random);
  Batches pieces;
  for (int64_t at = 0; at < 200; at += 13) pieces.push_back(whole->Slice(at, 13));
  EXPECT_EQ(WriteFile(Nested(), {{whole}}, options).bytes, WriteFile(Nested(), {pieces}, options).bytes);
}

TEST(ParquetNested, PagesBeginAtRecordsAndCountThem) {
  const auto schema = arrow::schema({field("l", list(field("element", arrow::int64())))});
  std::string json = "[";
  for (int i = 0; i < 50; ++i) json += fmt::format("{}{{\"l\": [{}, {}, {}]}}", i ? "," : "", i, i + 1, i + 2);
  const auto batch = arrow::RecordBatch::FromStructArray(
                         arrow::json::ArrayFromJSONString(struct_(schema->fields()), json + "]").ValueOrDie())
                         .ValueOrDie();
  ParquetOptions options;
  options.page_bytes = 100;
  const Written written = WriteFile(schema, {{batch}}, options);
  const auto reader = Open(written);
  const auto offsets = reader->GetPageIndexReader()->RowGroup(0)->GetOffsetIndex(0);
  const auto bounds = reader->GetPageIndexReader()->RowGroup(0)->GetColumnIndex(0);
  const auto& pages = offsets->page_locations();
  ASSERT_GT(pages.size(), 5);
  const auto& typed = static_cast<const parquet::Int64ColumnIndex&>(*bounds);
  for (size_t i = 0; i < pages.size(); ++i) {
    // 13 values reach 100 bytes: five records of three values each, but for the last page.
    EXPECT_EQ(pages[i].first_row_index, static_cast<int64_t>(i) * 5);
    EXPECT_EQ(typed.min_values()[i], static_cast<int64_t>(i) * 5);
    EXPECT_EQ(typed.null_counts()[i], 0);
  }
  const auto stats = reader->metadata()->RowGroup(0)->ColumnChunk(0)->statistics();
  EXPECT_EQ(static_cast<const parquet::Int64Statistics&>(*stats).max(), 51);
  EXPECT_EQ(reader->metadata()->RowGroup(0)->ColumnChunk(0)->num_values(), 150);
}

TEST(ParquetNested, TheSchemaIsTheStandardThreeLevelOne) {
  const auto schema = arrow::schema({field("l", list(field("item", arrow::utf8(), false)))});
  const auto batch = RandomBatch(schema, 3, *std::make_unique<std::mt19937_64>(1));
  const auto reader = Open(WriteFile(schema, {{batch}}));
  const auto* column = reader->metadata()->schema()->Column(0);
  EXPECT_EQ(column->path()->ToDotString(), "l.list.element");
  EXPECT_EQ(column->max_definition_level(), 2);
  EXPECT_EQ(column->max_repetition_level(), 1);
}

TEST(ParquetNested, ValuesThatAreNotWrittenAreRefusedByName) {
  const auto schema = arrow::schema({field("m", list(field("element", arrow::duration(arrow::TimeUnit::MICRO))))});
  const Status refused = MakeRowGroupEncoder(schema, {}, arrow::default_memory_pool()).status();
  EXPECT_NE(refused.message().find("column \"m\""), std::string::npos) << refused;
}

}  // namespace
}  // namespace freight
