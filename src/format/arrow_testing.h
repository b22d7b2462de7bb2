// Random arrays of every type that Freight writes, for tests.
#pragma once

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace freight {

inline void AppendBool(bool value, arrow::ArrayBuilder* builder) {
  ASSERT_TRUE(static_cast<arrow::BooleanBuilder*>(builder)->Append(value).ok());
}
inline void AppendText(const std::string& text, arrow::ArrayBuilder* builder) {
  ASSERT_TRUE(static_cast<arrow::BinaryBuilder*>(builder)->Append(text).ok());  // StringBuilder is one
}

// Appends a random value, or null one time in five.
inline void AppendRandom(arrow::ArrayBuilder* builder, bool nullable, std::mt19937_64& random) {
  if (nullable && random() % 5 == 0) {
    ASSERT_TRUE(builder->AppendNull().ok());
    return;
  }
  const std::shared_ptr<arrow::DataType> held = builder->type();
  const arrow::DataType& type = *held;
  const std::string text(random() % 40 == 0 ? 300 : random() % 12, static_cast<char>('a' + random() % 26));
  switch (type.id()) {
    case arrow::Type::BOOL: AppendBool(random() % 2 == 1, builder); return;
    case arrow::Type::STRING:
    case arrow::Type::BINARY: AppendText(text, builder); return;
    case arrow::Type::STRUCT:
      ASSERT_TRUE(static_cast<arrow::StructBuilder*>(builder)->Append().ok());
      for (int i = 0; i < builder->num_children(); ++i) {
        AppendRandom(builder->child(i), type.field(i)->nullable(), random);
      }
      return;
    case arrow::Type::LIST: {
      auto* list = static_cast<arrow::ListBuilder*>(builder);
      ASSERT_TRUE(list->Append().ok());
      const uint64_t items = random() % 20 == 0 ? 260 : random() % 4;
      for (uint64_t i = 0; i < items; ++i) AppendRandom(list->value_builder(), type.field(0)->nullable(), random);
      return;
    }
    default: break;
  }
  // Decimals keep to the digits that their type allows.
  const int used = arrow::is_decimal(type.id()) ? type.byte_width() / 4 : 16;
  uint8_t bytes[16] = {};
  for (int i = 0; i < used; ++i) bytes[i] = static_cast<uint8_t>(random());
  auto one = arrow::MakeArrayFromScalar(*arrow::MakeNullScalar(builder->type()), 1).ValueOrDie();
  auto data = one->data()->Copy();
  data->null_count = 0;
  data->buffers = {nullptr, arrow::Buffer::FromString(std::string(reinterpret_cast<char*>(bytes), type.byte_width()))};
  ASSERT_TRUE(builder->AppendArraySlice(*data, 0, 1).ok());
}

inline std::shared_ptr<arrow::Array> RandomArray(const arrow::Field& field, int64_t rows,
                                                 std::mt19937_64& random) {
  auto builder = arrow::MakeBuilder(field.type()).ValueOrDie();
  for (int64_t i = 0; i < rows; ++i) AppendRandom(builder.get(), field.nullable(), random);
  return builder->Finish().ValueOrDie();
}

inline std::shared_ptr<arrow::RecordBatch> RandomBatch(const std::shared_ptr<arrow::Schema>& schema, int64_t rows,
                                                       std::mt19937_64& random) {
  arrow::ArrayVector columns;
  for (const auto& field : schema->fields()) columns.push_back(RandomArray(*field, rows, random));
  return arrow::RecordBatch::Make(schema, rows, columns);
}

}  // namespace freight
