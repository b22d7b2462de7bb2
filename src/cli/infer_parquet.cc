// A contract from a Parquet file's own types.
#include "cli/infer.h"

#include "format/json_path.h"
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

std::optional<ColumnType> TypeOf(const arrow::DataType& type);

// nullopt where the field's type has no counterpart.
std::optional<Column> ColumnOf(const arrow::Field& field, int64_t position, std::set<std::string>* taken) {
  std::optional<ColumnType> type = TypeOf(*field.type());
  if (!type) return std::nullopt;
  Column column;
  column.source_name = field.name();
  column.name = FitColumnName(field.name(), position, taken);
  column.type = *std::move(type);
  column.rules.required = !field.nullable();
  return column;
}

std::optional<ColumnType> ObjectOf(const arrow::DataType& type) {
  ColumnType object = Simple(TypeId::kStruct);
  std::set<std::string> taken;
  for (const auto& field : type.fields()) {
    auto column = ColumnOf(*field, static_cast<int64_t>(object.children.size()) + 1, &taken);
    if (column) object.children.push_back(*std::move(column));
  }
  if (object.children.empty()) return std::nullopt;
  return object;
}

std::optional<ColumnType> ArrayOf(const arrow::Field& items) {
  std::set<std::string> taken;
  auto item = ColumnOf(*arrow::field("element", items.type(), items.nullable()), 1, &taken);
  if (!item) return std::nullopt;
  ColumnType array = Simple(TypeId::kList);
  array.children.push_back(*std::move(item));
  return array;
}

// A map's entries, by the names that the reader gives their parts.
std::optional<ColumnType> EntriesOf(const arrow::MapType& type) {
  const auto entry = arrow::struct_({arrow::field("key", type.key_type(), false),
                                     arrow::field("value", type.item_type(), type.item_field()->nullable())});
  return ArrayOf(*arrow::field("entry", entry, false));
}

// nullopt for what a column of a contract cannot hold: types without a counterpart, structs of nothing else.
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
    case arrow::Type::STRUCT: return ObjectOf(type);
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: return ArrayOf(*type.field(0));
    case arrow::Type::MAP: return EntriesOf(static_cast<const arrow::MapType&>(type));
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
    auto column = ColumnOf(*field, static_cast<int64_t>(found.columns.size()) + 1, &taken);
    if (!column) continue;
    column->source_name = JsonPathStep(field->name());
    found.columns.push_back(*std::move(column));
  }
  if (!found.columns.empty()) return found;
  return Fail(Reaction::kInvalid, "\"{}\" has no column that a contract can name", path)
      .Help("name a file with columns of the types in docs/formats/parquet-input.md");
}

}  // namespace freight
