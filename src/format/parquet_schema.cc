// Arrow fields -> Parquet nodes. No ARROW:schema metadata is stored: logical types alone must carry the meaning.
#include "format/parquet_schema.h"

#include <arrow/type.h>

#include <utility>

namespace freight {
namespace {

using parquet::LogicalType;
using parquet::Type;
using parquet::schema::GroupNode;
using parquet::schema::NodePtr;
using parquet::schema::NodeVector;

struct Shape {
  std::shared_ptr<const LogicalType> logical;
  Type::type physical;
  int length = -1;
};

Result<Shape> FixedShape(const arrow::Field& field) {
  const auto& fixed = static_cast<const arrow::FixedSizeBinaryType&>(*field.type());
  if (fixed.byte_width() != 16) {
    return Fail(Reaction::kInvalid, "column \"{}\" is binary of {} bytes; only a uuid has a fixed length", field.name(),
                fixed.byte_width());
  }
  return Shape{LogicalType::UUID(), Type::FIXED_LEN_BYTE_ARRAY, 16};
}

Shape DecimalShape(const arrow::DataType& type) {
  const auto& decimal = static_cast<const arrow::DecimalType&>(type);
  auto logical = LogicalType::Decimal(decimal.precision(), decimal.scale());
  if (type.id() == arrow::Type::DECIMAL32) return {std::move(logical), Type::INT32};
  if (type.id() == arrow::Type::DECIMAL64) return {std::move(logical), Type::INT64};
  return {std::move(logical), Type::FIXED_LEN_BYTE_ARRAY, DecimalBytes(decimal.precision())};
}

Result<Shape> ShapeOf(const arrow::Field& field) {
  const arrow::DataType& type = *field.type();
  switch (type.id()) {
    case arrow::Type::STRING: return Shape{LogicalType::String(), Type::BYTE_ARRAY};
    case arrow::Type::BINARY: return Shape{LogicalType::None(), Type::BYTE_ARRAY};
    case arrow::Type::INT8: return Shape{LogicalType::Int(8, true), Type::INT32};
    case arrow::Type::INT16: return Shape{LogicalType::Int(16, true), Type::INT32};
    case arrow::Type::INT32: return Shape{LogicalType::Int(32, true), Type::INT32};
    case arrow::Type::INT64: return Shape{LogicalType::Int(64, true), Type::INT64};
    case arrow::Type::UINT8: return Shape{LogicalType::Int(8, false), Type::INT32};
    case arrow::Type::UINT16: return Shape{LogicalType::Int(16, false), Type::INT32};
    case arrow::Type::UINT32: return Shape{LogicalType::Int(32, false), Type::INT32};
    case arrow::Type::UINT64: return Shape{LogicalType::Int(64, false), Type::INT64};
    case arrow::Type::FLOAT: return Shape{LogicalType::None(), Type::FLOAT};
    case arrow::Type::DOUBLE: return Shape{LogicalType::None(), Type::DOUBLE};
    case arrow::Type::BOOL: return Shape{LogicalType::None(), Type::BOOLEAN};
    case arrow::Type::DATE32: return Shape{LogicalType::Date(), Type::INT32};
    case arrow::Type::TIME64: return Shape{LogicalType::Time(false, LogicalType::TimeUnit::MICROS), Type::INT64};
    case arrow::Type::TIMESTAMP: {
      const bool utc = !static_cast<const arrow::TimestampType&>(type).timezone().empty();
      return Shape{LogicalType::Timestamp(utc, LogicalType::TimeUnit::MICROS), Type::INT64};
    }
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128: return DecimalShape(type);
    case arrow::Type::FIXED_SIZE_BINARY: return FixedShape(field);
    default:
      return Fail(Reaction::kInvalid, "column \"{}\" has type {}, which is not written to parquet", field.name(),
                  type.ToString());
  }
}

Result<NodePtr> NodeOf(const arrow::Field& field);

Result<NodeVector> NodesOf(const arrow::FieldVector& fields) {
  NodeVector nodes;
  for (const auto& field : fields) {
    ARROW_ASSIGN_OR_RAISE(auto node, NodeOf(*field));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

// The three levels that the format prescribes: the list, its repeated group, the element.
Result<NodePtr> ListNode(const arrow::Field& field, parquet::Repetition::type repetition) {
  const auto& item = static_cast<const arrow::ListType&>(*field.type()).value_field();
  ARROW_ASSIGN_OR_RAISE(auto element, NodeOf(*item->WithName("element")));
  auto repeated = GroupNode::Make("list", parquet::Repetition::REPEATED, NodeVector{std::move(element)});
  return GroupNode::Make(field.name(), repetition, NodeVector{std::move(repeated)}, LogicalType::List());
}

Result<NodePtr> NodeOf(const arrow::Field& field) {
  const auto repetition = field.nullable() ? parquet::Repetition::OPTIONAL : parquet::Repetition::REQUIRED;
  if (field.type()->id() == arrow::Type::LIST) return ListNode(field, repetition);
  if (field.type()->id() == arrow::Type::STRUCT) {
    ARROW_ASSIGN_OR_RAISE(auto children, NodesOf(field.type()->fields()));
    return GroupNode::Make(field.name(), repetition, children);
  }
  ARROW_ASSIGN_OR_RAISE(Shape shape, ShapeOf(field));
  return parquet::schema::PrimitiveNode::Make(field.name(), repetition, shape.logical, shape.physical, shape.length);
}

}  // namespace

int DecimalBytes(int precision) {
  // Digits that n bytes of two's complement hold: floor(log10(2^(8n-1) - 1)).
  static constexpr int kDigits[] = {0, 2, 4, 6, 9, 11, 14, 16, 18, 21, 23, 26, 28, 31, 33, 35, 38};
  int bytes = 1;
  while (bytes < 16 && kDigits[bytes] < precision) ++bytes;
  return bytes;
}

Result<parquet::schema::NodePtr> ToParquetSchema(const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(auto nodes, NodesOf(schema.fields()));
  return parquet::schema::GroupNode::Make("schema", parquet::Repetition::REQUIRED, nodes);
}

}  // namespace freight
