// The Arrow types and the spoken names of contract types.
#include "contract/contract.h"

#include <arrow/type.h>

namespace freight {

namespace {

std::shared_ptr<arrow::DataType> DecimalType(int precision, int scale) {
  if (precision <= 9) return arrow::decimal32(precision, scale);
  if (precision <= 18) return arrow::decimal64(precision, scale);
  return arrow::decimal128(precision, scale);
}

}  // namespace

std::shared_ptr<arrow::DataType> ColumnType::Arrow() const {
  switch (id) {
    case TypeId::kString: return arrow::utf8();
    case TypeId::kInt8: return arrow::int8();
    case TypeId::kInt16: return arrow::int16();
    case TypeId::kInt32: return arrow::int32();
    case TypeId::kInt64: return arrow::int64();
    case TypeId::kUInt8: return arrow::uint8();
    case TypeId::kUInt16: return arrow::uint16();
    case TypeId::kUInt32: return arrow::uint32();
    case TypeId::kUInt64: return arrow::uint64();
    case TypeId::kDecimal: return DecimalType(precision, scale);
    case TypeId::kFloat: return arrow::float32();
    case TypeId::kDouble: return arrow::float64();
    case TypeId::kBoolean: return arrow::boolean();
    case TypeId::kDate: return arrow::date32();
    case TypeId::kTime: return arrow::time64(arrow::TimeUnit::MICRO);
    case TypeId::kTimestamp: return arrow::timestamp(arrow::TimeUnit::MICRO, with_zone ? "UTC" : "");
    case TypeId::kUuid: return arrow::fixed_size_binary(16);
    case TypeId::kBinary: return arrow::binary();
    case TypeId::kList: return arrow::list(ArrowField(children.front()));
    case TypeId::kStruct: {
      arrow::FieldVector fields;
      for (const Column& child : children) fields.push_back(ArrowField(child));
      return arrow::struct_(std::move(fields));
    }
  }
  FREIGHT_ASSERT(false);
}

std::string ColumnType::ToString() const {
  switch (id) {
    case TypeId::kString: return json_text ? "json" : "string";
    case TypeId::kInt8: return "int8";
    case TypeId::kInt16: return "int16";
    case TypeId::kInt32: return "int32";
    case TypeId::kInt64: return "int64";
    case TypeId::kUInt8: return "uint8";
    case TypeId::kUInt16: return "uint16";
    case TypeId::kUInt32: return "uint32";
    case TypeId::kUInt64: return "uint64";
    case TypeId::kDecimal: return fmt::format("decimal({},{})", precision, scale);
    case TypeId::kFloat: return "float";
    case TypeId::kDouble: return "double";
    case TypeId::kBoolean: return "boolean";
    case TypeId::kDate: return "date";
    case TypeId::kTime: return "time";
    case TypeId::kTimestamp: return with_zone ? "timestamp with zone" : "timestamp";
    case TypeId::kUuid: return "uuid";
    case TypeId::kBinary: return encoding == BinaryEncoding::kHex ? "binary (hex)" : "binary (base64)";
    case TypeId::kStruct: return "object";
    case TypeId::kList: return "array";
  }
  FREIGHT_ASSERT(false);
}

std::shared_ptr<arrow::Field> ArrowField(const Column& column) {
  return arrow::field(column.name, column.type.Arrow(), !column.rules.required);
}

std::shared_ptr<arrow::Schema> Contract::ArrowSchema() const {
  arrow::FieldVector fields;
  fields.reserve(columns.size());
  for (const Column& column : columns) {
    fields.push_back(ArrowField(column));
  }
  return arrow::schema(std::move(fields));
}

}  // namespace freight
