// RowWriter and RowReader: a tree of columns that mirrors the schema, walked once per row.
#include "sink/row_bytes.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include <cstring>
#include <limits>
#include <utility>

namespace freight {
namespace {

using arrow::bit_util::BytesForBits;
using arrow::bit_util::GetBit;

enum class Kind : uint8_t { kFixed1, kFixed2, kFixed4, kFixed8, kFixed16, kBool, kBytes, kStruct, kList };

constexpr uint8_t kLongLength = 255;
constexpr int64_t kLengthBytesMax = 5;

Kind KindOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::BOOL: return Kind::kBool;
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return Kind::kBytes;
    case arrow::Type::STRUCT: return Kind::kStruct;
    case arrow::Type::LIST: return Kind::kList;
    default: break;
  }
  switch (type.byte_width()) {
    case 1: return Kind::kFixed1;
    case 2: return Kind::kFixed2;
    case 4: return Kind::kFixed4;
    case 8: return Kind::kFixed8;
    case 16: return Kind::kFixed16;
    default: FREIGHT_ASSERT(false);
  }
}

int64_t WidthOf(Kind kind) {
  switch (kind) {
    case Kind::kBool:
    case Kind::kFixed1: return 1;
    case Kind::kFixed2: return 2;
    case Kind::kFixed4: return 4;
    case Kind::kFixed8: return 8;
    case Kind::kFixed16: return 16;
    default: return 0;
  }
}

uint8_t* PutLength(int32_t length, uint8_t* to) {
  if (length < kLongLength) {
    *to = static_cast<uint8_t>(length);
    return to + 1;
  }
  *to = kLongLength;
  std::memcpy(to + 1, &length, sizeof(length));
  return to + kLengthBytesMax;
}

// nullptr when the bytes end before it does.
const uint8_t* TakeLength(const uint8_t* at, const uint8_t* end, int32_t* length) {
  if (at == end) return nullptr;
  *length = *at++;
  if (*length < kLongLength) return at;
  if (end - at < static_cast<ptrdiff_t>(sizeof(*length))) return nullptr;
  std::memcpy(length, at, sizeof(*length));
  return *length < 0 ? nullptr : at + sizeof(*length);
}

}  // namespace

struct RowWriter::Column {
  Kind kind = Kind::kStruct;
  int64_t width = 0;  // of a fixed-width value; of the others what does not depend on the row
  const uint8_t* validity = nullptr;
  int64_t offset = 0;  // of row 0 in the bitmaps
  const uint8_t* values = nullptr;
  const int32_t* ends = nullptr;  // bytes and lists: value i is [ends[i], ends[i + 1])
  const int32_t* codes = nullptr;  // of a dictionary: row -> value
  std::vector<Column> children;
  std::vector<size_t> variable;  // children whose width depends on the row

  void Set(const arrow::Array& array);
  void SetChildren(const arrow::ArrayVector& arrays);
  bool IsNull(int64_t row) const { return validity != nullptr && !GetBit(validity, offset + row); }
  int64_t RoomFor(int64_t row) const;
  uint8_t* Put(int64_t row, uint8_t* to) const;
  uint8_t* PutStruct(int64_t row, uint8_t* to) const;
  uint8_t* PutItems(int64_t row, uint8_t* to) const;
};

void RowWriter::Column::Set(const arrow::Array& array) {
  const arrow::ArrayData& data = *array.data();
  validity = array.null_count() > 0 ? data.buffers[0]->data() : nullptr;
  offset = data.offset;
  if (array.type_id() == arrow::Type::DICTIONARY) {
    codes = data.GetValues<int32_t>(1);
    const arrow::ArrayData& words = *data.dictionary;
    kind = KindOf(*words.type);
    FREIGHT_ASSERT(kind == Kind::kBytes);
    ends = words.GetValues<int32_t>(1);
    values = words.buffers[2] ? words.buffers[2]->data() : nullptr;
    return;
  }
  kind = KindOf(*array.type());
  width = WidthOf(kind);
  switch (kind) {
    case Kind::kBool: values = data.buffers[1]->data(); break;
    case Kind::kBytes:
      ends = data.GetValues<int32_t>(1);
      values = data.buffers[2] ? data.buffers[2]->data() : nullptr;
      break;
    case Kind::kStruct: SetChildren(static_cast<const arrow::StructArray&>(array).fields()); break;
    case Kind::kList:
      ends = data.GetValues<int32_t>(1);
      children.resize(1);
      children[0].Set(*static_cast<const arrow::ListArray&>(array).values());
      break;
    default: values = data.buffers[1]->data() + data.offset * width;
  }
}

void RowWriter::Column::SetChildren(const arrow::ArrayVector& arrays) {
  width = BytesForBits(static_cast<int64_t>(arrays.size()));
  children.resize(arrays.size());
  for (size_t i = 0; i < arrays.size(); ++i) {
    children[i].Set(*arrays[i]);
    if (WidthOf(children[i].kind) > 0) {
      width += children[i].width;
    } else {
      variable.push_back(i);
    }
  }
}

int64_t RowWriter::Column::RoomFor(int64_t row) const {
  if (IsNull(row)) return 0;
  if (kind == Kind::kBytes) {
    const int64_t value = codes ? codes[row] : row;
    return kLengthBytesMax + ends[value + 1] - ends[value];
  }
  if (kind == Kind::kList) {
    int64_t room = kLengthBytesMax + BytesForBits(ends[row + 1] - ends[row]);
    for (int32_t item = ends[row]; item < ends[row + 1]; ++item) room += children[0].RoomFor(item);
    return room;
  }
  int64_t room = width;
  for (const size_t i : variable) room += children[i].RoomFor(row);
  return room;
}

uint8_t* RowWriter::Column::Put(int64_t row, uint8_t* to) const {
  switch (kind) {
    case Kind::kFixed1: *to = values[row]; return to + 1;
    case Kind::kFixed2: std::memcpy(to, values + row * 2, 2); return to + 2;
    case Kind::kFixed4: std::memcpy(to, values + row * 4, 4); return to + 4;
    case Kind::kFixed8: std::memcpy(to, values + row * 8, 8); return to + 8;
    case Kind::kFixed16: std::memcpy(to, values + row * 16, 16); return to + 16;
    case Kind::kBool: *to = GetBit(values, offset + row); return to + 1;
    case Kind::kBytes: {
      const int64_t value = codes ? codes[row] : row;
      const int32_t length = ends[value + 1] - ends[value];
      to = PutLength(length, to);
      if (length > 0) std::memcpy(to, values + ends[value], static_cast<size_t>(length));
      return to + length;
    }
    case Kind::kStruct: return PutStruct(row, to);
    case Kind::kList: return PutItems(row, to);
  }
  FREIGHT_ASSERT(false);
}

uint8_t* RowWriter::Column::PutStruct(int64_t row, uint8_t* to) const {
  uint8_t* const nulls = to;
  const auto null_bytes = static_cast<size_t>(BytesForBits(static_cast<int64_t>(children.size())));
  std::memset(nulls, 0, null_bytes);
  to += null_bytes;
  for (size_t i = 0; i < children.size(); ++i) {
    if (children[i].IsNull(row)) {
      nulls[i / 8] = static_cast<uint8_t>(nulls[i / 8] | 1 << (i % 8));
    } else {
      to = children[i].Put(row, to);
    }
  }
  return to;
}

uint8_t* RowWriter::Column::PutItems(int64_t row, uint8_t* to) const {
  const int32_t items = ends[row + 1] - ends[row];
  to = PutLength(items, to);
  uint8_t* const nulls = to;
  const auto null_bytes = static_cast<size_t>(BytesForBits(items));
  std::memset(nulls, 0, null_bytes);
  to += null_bytes;
  for (int32_t i = 0; i < items; ++i) {
    if (children[0].IsNull(ends[row] + i)) {
      nulls[i / 8] = static_cast<uint8_t>(nulls[i / 8] | 1 << (i % 8));
    } else {
      to = children[0].Put(ends[row] + i, to);
    }
  }
  return to;
}

RowWriter::RowWriter() = default;
RowWriter::~RowWriter() = default;

void RowWriter::Use(std::shared_ptr<arrow::RecordBatch> batch) {
  batch_ = std::move(batch);
  root_ = std::make_unique<Column>();
  root_->SetChildren(batch_->columns());
}

Status RowWriter::AppendRow(int32_t row, arrow::BufferBuilder* out) const {
  ARROW_RETURN_NOT_OK(out->Reserve(root_->RoomFor(row)));
  uint8_t* const begin = out->mutable_data() + out->length();
  out->UnsafeAdvance(root_->PutStruct(row, begin) - begin);
  return Status::OK();
}

Status RowWriter::Append(std::span<const int32_t> rows, arrow::BufferBuilder* out) const {
  for (const int32_t row : rows) ARROW_RETURN_NOT_OK(AppendRow(row, out));
  return Status::OK();
}

Status RowWriter::Append(int32_t first_row, int32_t rows, arrow::BufferBuilder* out) const {
  for (int32_t row = first_row; row < first_row + rows; ++row) ARROW_RETURN_NOT_OK(AppendRow(row, out));
  return Status::OK();
}

// One column being collected. Takes return nullptr when the bytes end too early.
class RowReader::Column {
 public:
  Column(const arrow::DataType& type, arrow::MemoryPool* pool)
      : kind_(KindOf(type)), values_(pool), ends_(pool), pool_(pool) {
    for (const auto& field : type.fields()) children_.emplace_back(*field->type(), pool);
  }

  const uint8_t* Take(const uint8_t* at, const uint8_t* end) {
    ++rows_;
    switch (kind_) {
      case Kind::kBytes: return TakeBytes(at, end);
      case Kind::kStruct: return TakeStruct(at, end);
      case Kind::kList: return TakeList(at, end);
      default: return TakeFixed(at, end, WidthOf(kind_));
    }
  }

  // A null that takes no bytes; under a null struct so do its fields.
  void TakeNull() {
    null_rows_.push_back(rows_++);
    if (kind_ == Kind::kStruct) {
      for (Column& child : children_) child.TakeNull();
    } else if (WidthOf(kind_) > 0) {
      static constexpr uint8_t kZeros[16] = {};
      full_ |= !values_.Append(kZeros, WidthOf(kind_)).ok();
    } else {
      full_ |= !ends_.Append(length_).ok();
    }
  }

  // Out of memory somewhere in this column.
  bool full() const {
    for (const Column& child : children_) {
      if (child.full()) return true;
    }
    return full_;
  }

  Result<std::shared_ptr<arrow::ArrayData>> Finish(const std::shared_ptr<arrow::DataType>& type);

 private:
  const uint8_t* TakeFixed(const uint8_t* at, const uint8_t* end, int64_t width) {
    if (end - at < width) return nullptr;
    full_ |= !values_.Append(at, width).ok();
    return at + width;
  }

  const uint8_t* TakeBytes(const uint8_t* at, const uint8_t* end) {
    int32_t length = 0;
    at = TakeLength(at, end, &length);
    if (at == nullptr || end - at < length) return nullptr;
    full_ |= !ends_.Append(length_).ok() || !values_.Append(at, length).ok();
    length_ += length;
    return at + length;
  }

  const uint8_t* TakeStruct(const uint8_t* at, const uint8_t* end) {
    const uint8_t* nulls = at;
    const int64_t null_bytes = BytesForBits(static_cast<int64_t>(children_.size()));
    if (end - at < null_bytes) return nullptr;
    at += null_bytes;
    for (size_t i = 0; i < children_.size() && at != nullptr; ++i) {
      if (GetBit(nulls, static_cast<int64_t>(i))) {
        children_[i].TakeNull();
      } else {
        at = children_[i].Take(at, end);
      }
    }
    return at;
  }

  const uint8_t* TakeList(const uint8_t* at, const uint8_t* end) {
    int32_t items = 0;
    at = TakeLength(at, end, &items);
    if (at == nullptr || end - at < BytesForBits(items)) return nullptr;
    full_ |= !ends_.Append(length_).ok();
    length_ += items;
    const uint8_t* nulls = at;
    at += BytesForBits(items);
    for (int32_t i = 0; i < items && at != nullptr; ++i) {
      if (GetBit(nulls, i)) {
        children_[0].TakeNull();
      } else {
        at = children_[0].Take(at, end);
      }
    }
    return at;
  }

  Result<std::shared_ptr<arrow::Buffer>> FinishValidity();
  Status FinishBools(std::shared_ptr<arrow::Buffer>* values);

  const Kind kind_;
  arrow::BufferBuilder values_;
  arrow::TypedBufferBuilder<int32_t> ends_;
  arrow::MemoryPool* const pool_;
  std::vector<Column> children_;
  std::vector<int64_t> null_rows_;
  int64_t rows_ = 0;
  int32_t length_ = 0;  // of bytes or items so far
  bool full_ = false;
};

Result<std::shared_ptr<arrow::Buffer>> RowReader::Column::FinishValidity() {
  if (null_rows_.empty()) return nullptr;
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bits, arrow::AllocateEmptyBitmap(rows_, pool_));
  arrow::bit_util::SetBitsTo(bits->mutable_data(), 0, rows_, true);
  for (const int64_t row : null_rows_) arrow::bit_util::ClearBit(bits->mutable_data(), row);
  return bits;
}

Status RowReader::Column::FinishBools(std::shared_ptr<arrow::Buffer>* values) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bits, arrow::AllocateEmptyBitmap(rows_, pool_));
  for (int64_t i = 0; i < rows_; ++i) arrow::bit_util::SetBitTo(bits->mutable_data(), i, (*values)->data()[i] != 0);
  *values = std::move(bits);
  return Status::OK();
}

Result<std::shared_ptr<arrow::ArrayData>> RowReader::Column::Finish(const std::shared_ptr<arrow::DataType>& type) {
  ARROW_ASSIGN_OR_RAISE(auto validity, FinishValidity());
  auto data = arrow::ArrayData::Make(type, rows_, {std::move(validity)}, static_cast<int64_t>(null_rows_.size()));
  if (kind_ == Kind::kBytes || kind_ == Kind::kList) {
    ARROW_RETURN_NOT_OK(ends_.Append(length_));
    ARROW_ASSIGN_OR_RAISE(auto ends, ends_.Finish());
    data->buffers.push_back(std::move(ends));
  }
  if (kind_ != Kind::kStruct && kind_ != Kind::kList) {
    ARROW_ASSIGN_OR_RAISE(auto values, values_.Finish());
    if (kind_ == Kind::kBool) ARROW_RETURN_NOT_OK(FinishBools(&values));
    data->buffers.push_back(std::move(values));
  }
  for (size_t i = 0; i < children_.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto child, children_[i].Finish(type->field(static_cast<int>(i))->type()));
    data->child_data.push_back(std::move(child));
  }
  null_rows_.clear();
  rows_ = 0;
  length_ = 0;
  return data;
}

RowReader::RowReader(std::shared_ptr<arrow::Schema> schema, arrow::MemoryPool* pool)
    : schema_(std::move(schema)), pool_(pool),
      root_(std::make_unique<Column>(arrow::StructType(schema_->fields()), pool)) {}
RowReader::~RowReader() = default;

Status RowReader::Append(int64_t rows_max, int64_t bytes_max, std::span<const uint8_t>* bytes) {
  const uint8_t* at = bytes->data();
  const uint8_t* const end = at + bytes->size();
  while (at != end && rows_ < rows_max && bytes_ < bytes_max) {
    const uint8_t* const next = root_->Take(at, end);
    if (next == nullptr) return Fail(Reaction::kCorrupt, "staged rows end inside a row");
    bytes_ += next - at;
    at = next;
    ++rows_;
  }
  if (root_->full()) return arrow::Status::OutOfMemory("staged rows");
  *bytes = {at, end};
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> RowReader::Finish() {
  ARROW_ASSIGN_OR_RAISE(auto data, root_->Finish(arrow::struct_(schema_->fields())));
  bytes_ = 0;
  return arrow::RecordBatch::Make(schema_, std::exchange(rows_, 0), std::move(data->child_data));
}

}  // namespace freight
