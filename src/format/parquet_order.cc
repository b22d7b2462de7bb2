// Order of rows: a comparison of neighbours per column, by the type's order in Parquet.
#include "format/parquet_order.h"

#include "base/status.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace freight {
namespace {

template <typename T>
class Numbers {
 public:
  using Held = T;
  explicit Numbers(const arrow::ArrayData& data) : values_(data.GetValues<T>(1)) {}
  T operator[](int64_t row) const { return values_[row]; }

 private:
  const T* values_;
};

class Int128s {
 public:
  using Held = __int128;
  explicit Int128s(const arrow::ArrayData& data) : values_(data.buffers[1]->data() + data.offset * 16) {}
  __int128 operator[](int64_t row) const {
    __int128 value;
    std::memcpy(&value, values_ + row * 16, sizeof value);
    return value;
  }

 private:
  const uint8_t* values_;
};

class Booleans {
 public:
  using Held = int;
  explicit Booleans(const arrow::ArrayData& data) : bits_(data.buffers[1]->data()), offset_(data.offset) {}
  int operator[](int64_t row) const { return bits_[(offset_ + row) / 8] >> (offset_ + row) % 8 & 1; }

 private:
  const uint8_t* bits_;
  int64_t offset_;
};

class FixedBytes {
 public:
  using Held = std::string;
  explicit FixedBytes(const arrow::ArrayData& data)
      : width_(data.type->byte_width()), bytes_(data.buffers[1]->data() + data.offset * width_) {}
  std::string_view operator[](int64_t row) const {
    return {reinterpret_cast<const char*>(bytes_) + row * width_, static_cast<size_t>(width_)};
  }

 private:
  int64_t width_;
  const uint8_t* bytes_;
};

class Strings {
 public:
  using Held = std::string;
  explicit Strings(const arrow::ArrayData& data)
      : codes_(data.dictionary ? data.GetValues<int32_t>(1) : nullptr),
        strings_(data.dictionary ? *data.dictionary : data) {}
  std::string_view operator[](int64_t row) const {
    const int64_t at = codes_ == nullptr ? row : codes_[row];
    const auto* offsets = strings_.GetValues<int32_t>(1);
    const char* bytes = strings_.GetValues<char>(2, 0);
    return {bytes + offsets[at], static_cast<size_t>(offsets[at + 1] - offsets[at])};
  }

 private:
  const int32_t* codes_;
  const arrow::ArrayData& strings_;
};

template <typename T>
int CompareValues(const T& before, const T& value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(before) || std::isnan(value)) return 1;
  }
  return before < value ? -1 : before == value ? 0 : 1;
}

template <typename Values>
class OrderedValues final : public OrderedColumn {
 public:
  void Use(const arrow::Array& array) override {
    array_ = &array;
    values_.emplace(*array.data());
  }

  int Compare(int64_t row) const override {
    const bool null = array_->IsNull(row);
    const bool null_before = row == 0 ? held_null_ : array_->IsNull(row - 1);
    if (null || null_before) return null_before - null;
    if (row == 0) return CompareValues(View(held_), (*values_)[0]);
    return CompareValues((*values_)[row - 1], (*values_)[row]);
  }

  void Hold(int64_t row) override {
    held_null_ = array_->IsNull(row);
    if (!held_null_) held_ = typename Values::Held((*values_)[row]);
  }

 private:
  static auto View(const typename Values::Held& held) {
    if constexpr (std::is_same_v<typename Values::Held, std::string>) return std::string_view(held);
    else return held;
  }

  const arrow::Array* array_ = nullptr;
  std::optional<Values> values_;
  bool held_null_ = false;
  typename Values::Held held_{};
};

std::unique_ptr<OrderedColumn> MakeOrdered(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::INT8: return std::make_unique<OrderedValues<Numbers<int8_t>>>();
    case arrow::Type::INT16: return std::make_unique<OrderedValues<Numbers<int16_t>>>();
    case arrow::Type::UINT8: return std::make_unique<OrderedValues<Numbers<uint8_t>>>();
    case arrow::Type::UINT16: return std::make_unique<OrderedValues<Numbers<uint16_t>>>();
    case arrow::Type::UINT32: return std::make_unique<OrderedValues<Numbers<uint32_t>>>();
    case arrow::Type::UINT64: return std::make_unique<OrderedValues<Numbers<uint64_t>>>();
    case arrow::Type::DATE32:
    case arrow::Type::DECIMAL32:
    case arrow::Type::INT32: return std::make_unique<OrderedValues<Numbers<int32_t>>>();
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DECIMAL64:
    case arrow::Type::INT64: return std::make_unique<OrderedValues<Numbers<int64_t>>>();
    case arrow::Type::FLOAT: return std::make_unique<OrderedValues<Numbers<float>>>();
    case arrow::Type::DOUBLE: return std::make_unique<OrderedValues<Numbers<double>>>();
    case arrow::Type::DECIMAL128: return std::make_unique<OrderedValues<Int128s>>();
    case arrow::Type::BOOL: return std::make_unique<OrderedValues<Booleans>>();
    case arrow::Type::FIXED_SIZE_BINARY: return std::make_unique<OrderedValues<FixedBytes>>();
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return std::make_unique<OrderedValues<Strings>>();
    default: FREIGHT_ASSERT(false && "a column that has no order"); return nullptr;
  }
}

int LeavesOf(const arrow::DataType& type) {
  if (type.num_fields() == 0) return 1;
  int leaves = 0;
  for (const auto& field : type.fields()) leaves += LeavesOf(*field->type());
  return leaves;
}

}  // namespace

RowOrder::RowOrder(const arrow::Schema& schema, const std::vector<std::string>& columns) {
  for (const std::string& name : columns) {
    const int index = schema.GetFieldIndex(name);
    FREIGHT_ASSERT(index >= 0);
    columns_.push_back({index, MakeOrdered(*schema.field(index)->type())});
  }
}

RowOrder::~RowOrder() = default;

void RowOrder::Add(const arrow::RecordBatch& batch) {
  if (columns_.empty() || !sorted_ || batch.num_rows() == 0) return;
  arrow::ArrayVector arrays;
  for (const Column& column : columns_) {
    arrays.push_back(batch.column(column.index));
    column.values->Use(*arrays.back());
  }
  for (int64_t row = any_ ? 0 : 1; row < batch.num_rows() && sorted_; ++row) sorted_ = FollowsInOrder(row);
  for (const Column& column : columns_) column.values->Hold(batch.num_rows() - 1);
  any_ = true;
}

bool RowOrder::FollowsInOrder(int64_t row) const {
  for (const Column& column : columns_) {
    const int order = column.values->Compare(row);
    if (order != 0) return order < 0;
  }
  return true;
}

bool RowOrder::Finish() {
  any_ = false;
  return std::exchange(sorted_, true) && !columns_.empty();
}

int LeafIndex(const arrow::Schema& schema, const std::string& column) {
  int leaf = 0;
  for (const auto& field : schema.fields()) {
    if (field->name() == column) return leaf;
    leaf += LeavesOf(*field->type());
  }
  FREIGHT_ASSERT(false && "no such column");
  return -1;
}

}  // namespace freight
