// A contract from a Parquet file's own types.
#include "cli/infer.h"

#include "format/parquet_format.h"

#include <arrow/type.h>

#include <optional>

namespace freight {
namespace {

ColumnType Simple(TypeId id) { return ColumnType{.id = id}; }

ColumnType DecimalOf(const arrow::DataType& type) {
  const auto& decimal = static_cast<const arrow::DecimalType&>(type);
  return ColumnType{.id = TypeId::kDecimal, .precision = decimal.precision(), .scale = decimal.scale()};
}

// nullopt for what a column of a contract cannot hold: nested values, and types without a counterpart.
std::optional<ColumnType> TypeOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::INT8: return Simple(TypeId::kInt8);
    case arrow::Type::INT16: return Simple(TypeId::kInt16);
    case arrow::Type::INT32: return Simple(TypeId::kInt32);
    case arrow::Type::INT64: return Simple(TypeId::kInt64);
    case arrow::Type::UINT8: return Simple(TypeId::kUInt8);
    case arrow::Type::UINT16: return Simple(TypeId::kUInt16);
    case arrow::Type::UINT32: return Simple(TypeId::kUInt32);
    case arrow::Type::UINT64: return Simple(TypeId::kUInt64);
    case arrow::Type::FLOAT: return Simple(TypeId::kFloat);
    case arrow::Type::DOUBLE: return Simple(TypeId::kDouble);
    case arrow::Type::BOOL: return Simple(TypeId::kBoolean);
    case arrow::Type::DATE32: return Simple(TypeId::kDate);
    case arrow::Type::TIME32:
    case arrow::Type::TIME64: return Simple(TypeId::kTime);
    case arrow::Type::TIMESTAMP: {
      ColumnType timestamp = Simple(TypeId::kTimestamp);
      timestamp.with_zone = !static_cast<const arrow::TimestampType&>(type).timezone().empty();
      return timestamp;
    }
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128: return DecimalOf(type);
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW: return Simple(TypeId::kString);
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW: return Simple(TypeId::kBinary);
    case arrow::Type::FIXED_SIZE_BINARY: return Simple(type.byte_width() == 16 ? TypeId::kUuid : TypeId::kBinary);
    case arrow::Type::DICTIONARY: return TypeOf(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default: return std::nullopt;
  }
}

}  // namespace

Result<Inference> InferParquet(Env& env, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const ParquetShape shape, ReadParquetShape({&env, path, path}));
  Inference found;
  found.source = InferredSource::kParquet;
  found.rows = shape.rows;
  std::set<std::string> taken;
  for (const auto& field : shape.schema->fields()) {
    auto type = TypeOf(*field->type());
    if (!type) continue;
    Column column;
    column.source_name = field->name();
    column.name = FitColumnName(field->name(), static_cast<int64_t>(found.columns.size()) + 1, &taken);
    column.type = *std::move(type);
    column.rules.required = !field->nullable();
    found.columns.push_back(std::move(column));
  }
  if (!found.columns.empty()) return found;
  return Fail(Reaction::kInvalid, "\"{}\" has no column that a contract can name", path)
      .Help("name a file with columns that are not nested");
}

}  // namespace freight
