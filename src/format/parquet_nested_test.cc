// Struct and list columns come back as they were, whatever the pages, the batches and the profile.
#include "format/arrow_testing.h"
#include "format/parquet_testing.h"

#include <arrow/json/from_string.h>
#include <parquet/column_page.h>
#include <parquet/column_reader.h>
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

std::shared_ptr<arrow::Array> Coded(const arrow::Array& strings) {
  arrow::StringDictionary32Builder builder;
  EXPECT_TRUE(builder.AppendArray(strings).ok());
  return builder.Finish().ValueOrDie();
}

// The batch with the strings of its one column, a list of structs of a string and an optional one, as dictionaries.
std::shared_ptr<arrow::RecordBatch> Coded(const arrow::RecordBatch& batch) {
  const auto& list = static_cast<const arrow::ListArray&>(*batch.column(0));
  const auto& items = static_cast<const arrow::StructArray&>(*list.values());
  const arrow::ArrayVector strings = {Coded(*items.field(0)), Coded(*items.field(1))};
  const arrow::FieldVector fields = {items.type()->field(0)->WithType(strings[0]->type()),
                                     items.type()->field(1)->WithType(strings[1]->type())};
  const auto coded = std::make_shared<arrow::StructArray>(struct_(fields), items.length(), strings,
                                                          items.null_bitmap(), items.null_count());
  const auto type = arrow::list(field("element", coded->type()));
  const auto column = std::make_shared<arrow::ListArray>(type, list.length(), list.value_offsets(), coded,
                                                         list.null_bitmap(), list.null_count());
  return arrow::RecordBatch::Make(arrow::schema({field("l", type)}), list.length(), {column});
}

std::shared_ptr<arrow::Schema> ListOfTwoStrings() {
  return arrow::schema(
      {field("l", list(field("element", struct_({field("a", arrow::utf8(), false), field("b", arrow::utf8())}))))});
}

TEST(ParquetNested, StringsMayComeAsADictionary) {
  std::mt19937_64 random(8);
  const auto schema = ListOfTwoStrings();
  for (const int64_t page_bytes : {40, 1 << 20}) {
    const Batches batches = {RandomBatch(schema, 300, random), RandomBatch(schema, 1, random),
                             RandomBatch(schema, 200, random)};
    Batches coded;
    for (const auto& batch : batches) coded.push_back(Coded(*batch));
    ParquetOptions options{.page_bytes = page_bytes};
    const Written plain = WriteFile(schema, {batches}, options);
    EXPECT_EQ(WriteFile(schema, {coded}, options).bytes, plain.bytes);
    options.nested_dictionaries = true;
    options.page_index = false;
    // The second row group begins with a dictionary of its own.
    const Written written = WriteFile(schema, {coded, {coded[0]}}, options);
    ExpectSame(written, schema, {batches[0], batches[1], batches[2], batches[0]});
    const auto plain_footer = Open(plain)->metadata(), footer = Open(written)->metadata();
    const auto want = plain_footer->RowGroup(0), got = footer->RowGroup(0);
    for (int leaf = 0; leaf < 2; ++leaf) {
      EXPECT_TRUE(got->ColumnChunk(leaf)->has_dictionary_page());
      EXPECT_FALSE(want->ColumnChunk(leaf)->has_dictionary_page());
      const auto statistics = got->ColumnChunk(leaf)->encoded_statistics();
      EXPECT_EQ(statistics->min(), want->ColumnChunk(leaf)->encoded_statistics()->min());
      EXPECT_EQ(statistics->max(), want->ColumnChunk(leaf)->encoded_statistics()->max());
      EXPECT_EQ(statistics->null_count, want->ColumnChunk(leaf)->encoded_statistics()->null_count);
    }
    // What comes as it is, is written so.
    ExpectSame(WriteFile(schema, {{coded[0], batches[1]}, {coded[2]}}, options), schema, batches);
  }
}

TEST(ParquetNested, DictionariesThatGrowTooLargeGoOnPlain) {
  const auto schema = ListOfTwoStrings();
  const auto batch_of = [&](int from, int to, int width) {
    std::string json = "[";
    for (int i = from; i < to; ++i) {
      json += fmt::format("{}{{\"l\": [{{\"a\": \"{:0{}}\", \"b\": \"x\"}}]}}", i == from ? "" : ",", i, width);
    }
    return arrow::RecordBatch::FromStructArray(
               arrow::json::ArrayFromJSONString(struct_(schema->fields()), json + "]").ValueOrDie())
        .ValueOrDie();
  };
  // Too many entries, and too many bytes.
  for (const auto& [rows, width] : {std::pair{70'000, 1}, {2'000, 900}}) {
    const Batches batches = {batch_of(0, 10, width), batch_of(5, rows, width), batch_of(0, 20, width)};
    Batches coded;
    for (const auto& batch : batches) coded.push_back(Coded(*batch));
    const Written written =
        WriteFile(schema, {coded, {coded[0]}}, {.nested_dictionaries = true, .page_index = false});
    ExpectSame(written, schema, {batches[0], batches[1], batches[2], batches[0]});
    const auto reader = Open(written);
    const auto chunk = reader->metadata()->RowGroup(0)->ColumnChunk(0);
    EXPECT_TRUE(chunk->has_dictionary_page());
    const auto pages = reader->RowGroup(0)->GetColumnPageReader(0);
    std::vector<parquet::Encoding::type> encodings;
    for (auto page = pages->NextPage(); page; page = pages->NextPage()) {
      if (page->type() == parquet::PageType::DATA_PAGE) {
        encodings.push_back(static_cast<const parquet::DataPageV1&>(*page).encoding());
      }
    }
    ASSERT_GE(encodings.size(), 2u);
    EXPECT_EQ(encodings.front(), parquet::Encoding::RLE_DICTIONARY);
    EXPECT_EQ(encodings.back(), parquet::Encoding::PLAIN);
    EXPECT_TRUE(reader->metadata()->RowGroup(1)->ColumnChunk(0)->has_dictionary_page());
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
    // Nine values of 8 bytes, with two levels of 2 bytes each, reach 100 bytes: three records of three values each.
    EXPECT_EQ(pages[i].first_row_index, static_cast<int64_t>(i) * 3);
    EXPECT_EQ(typed.min_values()[i], static_cast<int64_t>(i) * 3);
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
