// Rows survive the way through bytes: every type, nulls at every level, any order, any cut.
#include "sink/row_bytes.h"

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

void Append(bool value, arrow::ArrayBuilder* builder) {
  ASSERT_TRUE(static_cast<arrow::BooleanBuilder*>(builder)->Append(value).ok());
}
void Append(const std::string& text, arrow::ArrayBuilder* builder) {
  ASSERT_TRUE(static_cast<arrow::BinaryBuilder*>(builder)->Append(text).ok());  // StringBuilder is one
}

// Appends a random value, or null one time in five.
void AppendRandom(arrow::ArrayBuilder* builder, std::mt19937_64& random) {
  if (random() % 5 == 0) {
    ASSERT_TRUE(builder->AppendNull().ok());
    return;
  }
  const auto& type = *builder->type();
  const std::string text(random() % 40 == 0 ? 300 : random() % 12, static_cast<char>('a' + random() % 26));
  switch (type.id()) {
    case arrow::Type::BOOL: Append(random() % 2 == 1, builder); return;
    case arrow::Type::STRING:
    case arrow::Type::BINARY: Append(text, builder); return;
    case arrow::Type::STRUCT:
      ASSERT_TRUE(static_cast<arrow::StructBuilder*>(builder)->Append().ok());
      for (int i = 0; i < builder->num_children(); ++i) AppendRandom(builder->child(i), random);
      return;
    case arrow::Type::LIST: {
      auto* list = static_cast<arrow::ListBuilder*>(builder);
      ASSERT_TRUE(list->Append().ok());
      const uint64_t items = random() % 20 == 0 ? 260 : random() % 4;
      for (uint64_t i = 0; i < items; ++i) AppendRandom(list->value_builder(), random);
      return;
    }
    default: break;
  }
  uint8_t bytes[16];
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  auto one = arrow::MakeArrayFromScalar(*arrow::MakeNullScalar(builder->type()), 1).ValueOrDie();
  auto data = one->data()->Copy();
  data->null_count = 0;
  data->buffers = {nullptr, arrow::Buffer::FromString(std::string(reinterpret_cast<char*>(bytes), type.byte_width()))};
  ASSERT_TRUE(builder->AppendArraySlice(*data, 0, 1).ok());
}

std::shared_ptr<arrow::Array> RandomArray(const std::shared_ptr<arrow::DataType>& type, int64_t rows,
                                          std::mt19937_64& random) {
  auto builder = arrow::MakeBuilder(type).ValueOrDie();
  for (int64_t i = 0; i < rows; ++i) AppendRandom(builder.get(), random);
  return builder->Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> RandomBatch(int64_t rows, std::mt19937_64& random) {
  arrow::ArrayVector columns;
  const auto schema = AllTypes();
  for (const auto& f : schema->fields()) columns.push_back(RandomArray(f->type(), rows, random));
  return arrow::RecordBatch::Make(schema, rows, columns);
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
    const auto batch = RandomBatch(60, random)->Slice(skipped);
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
      ASSERT_TRUE(got->Validate().ok());  // not in full: random decimals pass their precision
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
  writer.Use(RandomBatch(1, random));
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
