// RowWriter: a tree of columns that mirrors the schema; each writes its values of a slice in one go.
#include "sink/partition_gather.h"
#include "sink/row_bytes.h"
#include "sink/row_kind.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

namespace freight {
namespace {

using arrow::bit_util::BytesForBits;
using arrow::bit_util::GetBit;

// Words up to this long are copied with one fixed-size move, numbers with one of 8 bytes.
constexpr int64_t kShortCopy = 32;
constexpr int64_t kNumberSlack = 8;

struct RowRange { int64_t begin, count; };

int BytesOfSigned(int64_t value) {
  return value == 0 ? 0 : (std::bit_width(static_cast<uint64_t>(value ^ value >> 63)) + 8) / 8;
}

int BytesOfUnsigned(uint64_t value) { return (std::bit_width(value) + 7) / 8; }

template <typename T>
Status PutNumbers(const T* numbers, int64_t count, arrow::BufferBuilder* out) {
  if (count == 0) return Status::OK();
  T least = numbers[0];
  T most = numbers[0];
  for (int64_t i = 1; i < count; ++i) {
    least = std::min(least, numbers[i]);
    most = std::max(most, numbers[i]);
  }
  const auto base = static_cast<uint64_t>(int64_t{least});
  const int base_bytes = BytesOfSigned(least);
  const int width = BytesOfUnsigned(static_cast<uint64_t>(int64_t{most}) - base);
  ARROW_RETURN_NOT_OK(out->Reserve(1 + base_bytes + count * width + kNumberSlack));
  uint8_t* const begin = out->mutable_data() + out->length();
  uint8_t* to = begin;
  *to++ = static_cast<uint8_t>(base_bytes | width << 4);
  std::memcpy(to, &base, sizeof base);
  to += base_bytes;
  if (width > 0) {
    for (int64_t i = 0; i < count; ++i) {
      const uint64_t offset = static_cast<uint64_t>(int64_t{numbers[i]}) - base;
      std::memcpy(to, &offset, sizeof offset);
      to += width;
    }
  }
  out->UnsafeAdvance(to - begin);
  return Status::OK();
}

}  // namespace

class RowWriter::Column {
 public:
  static Result<Column> Make(const std::shared_ptr<arrow::Array>& array, arrow::MemoryPool* pool) {
    Column column(array, pool);
    ARROW_RETURN_NOT_OK(column.Use(*array));
    return column;
  }

  // `given`: a bit per row, none where its struct is null; null when there are no such rows.
  Status Put(RowRange rows, const uint8_t* given, arrow::BufferBuilder* out) {
    ARROW_RETURN_NOT_OK(PutNulls(rows, given, out));
    switch (kind_) {
      case RowKind::kFixed1: return PutFixed<int8_t>(rows, out);
      case RowKind::kFixed2: return PutFixed<int16_t>(rows, out);
      case RowKind::kFixed4: return PutFixed<int32_t>(rows, out);
      case RowKind::kFixed8: return PutFixed<int64_t>(rows, out);
      case RowKind::kFixed16: return PutWide(rows, out);
      case RowKind::kBool: return PutBools(rows, out);
      case RowKind::kBytes: return codes_ ? PutWords(rows, out) : PutBytes(rows, out);
      case RowKind::kList: return PutItems(rows, out);
      case RowKind::kStruct: break;
    }
    for (Column& child : children_) ARROW_RETURN_NOT_OK(child.Put(rows, slice_bits(), out));
    return Status::OK();
  }

 private:
  Column(std::shared_ptr<arrow::Array> array, arrow::MemoryPool* pool) : array_(std::move(array)), pool_(pool) {}

  Status Use(const arrow::Array& array) {
    const arrow::ArrayData& data = *array.data();
    validity_ = array.null_count() > 0 ? data.buffers[0]->data() : nullptr;
    offset_ = data.offset;
    if (array.type_id() == arrow::Type::DICTIONARY) {
      codes_ = data.GetValues<int32_t>(1);
      UseBytes(*data.dictionary);
      return Status::OK();
    }
    kind_ = RowKindOf(*array.type());
    switch (kind_) {
      case RowKind::kBytes: UseBytes(data); return Status::OK();
      case RowKind::kStruct: return UseChildren(static_cast<const arrow::StructArray&>(array).fields());
      case RowKind::kList:
        ends_ = data.GetValues<int32_t>(1);
        return UseChildren({static_cast<const arrow::ListArray&>(array).values()});
      case RowKind::kBool: values_ = data.buffers[1]->data(); return Status::OK();
      default: values_ = data.buffers[1]->data() + data.offset * RowWidth(kind_); return Status::OK();
    }
  }

  void UseBytes(const arrow::ArrayData& data) {
    kind_ = RowKindOf(*data.type);
    FREIGHT_ASSERT(kind_ == RowKind::kBytes);
    ends_ = data.GetValues<int32_t>(1);
    const auto& bytes = data.buffers[2];
    values_ = bytes ? bytes->data() : nullptr;
    readable_end_ = values_ ? values_ + bytes->size() : nullptr;
  }

  Status UseChildren(const arrow::ArrayVector& arrays) {
    for (const auto& array : arrays) {
      ARROW_ASSIGN_OR_RAISE(auto child, Make(array, pool_));
      children_.push_back(std::move(child));
    }
    return Status::OK();
  }

  const uint8_t* slice_bits() const { return has_nulls_ ? bits_.data() : nullptr; }

  Status PutNulls(RowRange rows, const uint8_t* given, arrow::BufferBuilder* out) {
    has_nulls_ = false;
    if (validity_ == nullptr && given == nullptr) return out->Append(1, 0);
    const auto bytes = static_cast<size_t>(BytesForBits(rows.count));
    bits_.assign(bytes, 0xff);
    if (validity_ != nullptr) arrow::internal::CopyBitmap(validity_, offset_ + rows.begin, rows.count, bits_.data(), 0);
    if (rows.count % 8 != 0) bits_.back() &= static_cast<uint8_t>((1 << (rows.count % 8)) - 1);
    for (size_t i = 0; given != nullptr && i < bytes; ++i) bits_[i] &= given[i];
    int64_t valid = 0;
    for (const uint8_t byte : bits_) valid += std::popcount(byte);
    has_nulls_ = valid < rows.count;
    ARROW_RETURN_NOT_OK(out->Append(1, has_nulls_));
    return has_nulls_ ? out->Append(bits_.data(), static_cast<int64_t>(bytes)) : Status::OK();
  }

  // Calls put(row) for the rows of the slice at hand that are not null.
  template <typename F>
  void EachValid(RowRange rows, F put) const {
    for (int64_t i = 0; i < rows.count; ++i) {
      if (!has_nulls_ || GetBit(bits_.data(), i)) put(rows.begin + i);
    }
  }

  // The numbers of the rows that are not null; no branch on nulls, which is guessed wrong too often.
  template <typename NumberAt>
  Status PutNumbersOf(RowRange rows, NumberAt number_at, arrow::BufferBuilder* out) {
    numbers_.resize(static_cast<size_t>(rows.count));
    int64_t count = 0;
    for (int64_t i = 0; i < rows.count; ++i) {
      numbers_[static_cast<size_t>(count)] = number_at(rows.begin + i);
      count += !has_nulls_ || GetBit(bits_.data(), i);
    }
    numbers_.resize(static_cast<size_t>(count));
    return PutNumbers(numbers_.data(), count, out);
  }

  template <typename T>
  Status PutFixed(RowRange rows, arrow::BufferBuilder* out) {
    const auto* const values = reinterpret_cast<const T*>(values_);
    if (!has_nulls_) return PutNumbers(values + rows.begin, rows.count, out);
    return PutNumbersOf(rows, [values](int64_t row) { return values[row]; }, out);
  }

  Status PutBools(RowRange rows, arrow::BufferBuilder* out) {
    return PutNumbersOf(rows, [this](int64_t row) { return GetBit(values_, offset_ + row); }, out);
  }

  Status PutWide(RowRange rows, arrow::BufferBuilder* out) const {
    constexpr int64_t kWidth = 16;
    ARROW_RETURN_NOT_OK(out->Reserve(rows.count * kWidth));
    EachValid(rows, [&](int64_t row) { out->UnsafeAppend(values_ + row * kWidth, kWidth); });
    return Status::OK();
  }

  Status PutBytes(RowRange rows, arrow::BufferBuilder* out) {
    ARROW_RETURN_NOT_OK(PutNumbersOf(rows, [this](int64_t row) { return LengthOf(row); }, out));
    const int64_t bytes = rows.count == 0 ? 0 : ends_[rows.begin + rows.count] - ends_[rows.begin];
    if (bytes == 0) return Status::OK();
    ARROW_RETURN_NOT_OK(out->Reserve(bytes));
    if (std::accumulate(numbers_.begin(), numbers_.end(), int64_t{0}) == bytes) {
      out->UnsafeAppend(values_ + ends_[rows.begin], bytes);
      return Status::OK();
    }
    // A null hides bytes. Those of its neighbours stand together all the same.
    int64_t from = rows.begin;
    for (int64_t row = rows.begin; row < rows.begin + rows.count; ++row) {
      if (LengthOf(row) == 0 || GetBit(bits_.data(), row - rows.begin)) continue;
      out->UnsafeAppend(values_ + ends_[from], ends_[row] - ends_[from]);
      from = row + 1;
    }
    out->UnsafeAppend(values_ + ends_[from], ends_[rows.begin + rows.count] - ends_[from]);
    return Status::OK();
  }

  Status PutWords(RowRange rows, arrow::BufferBuilder* out) {
    int64_t bytes = 0;
    numbers_.clear();
    EachValid(rows, [&](int64_t row) {
      numbers_.push_back(LengthOf(codes_[row]));
      bytes += numbers_.back();
    });
    ARROW_RETURN_NOT_OK(PutNumbers(numbers_.data(), static_cast<int64_t>(numbers_.size()), out));
    ARROW_RETURN_NOT_OK(out->Reserve(bytes + kShortCopy));
    uint8_t* to = out->mutable_data() + out->length();
    EachValid(rows, [&](int64_t row) {
      const uint8_t* const from = values_ + ends_[codes_[row]];
      const int64_t length = LengthOf(codes_[row]);
      if (length <= kShortCopy && readable_end_ - from >= kShortCopy) std::memcpy(to, from, kShortCopy);
      else if (length > 0) std::memcpy(to, from, static_cast<size_t>(length));
      to += length;
    });
    out->UnsafeAdvance(bytes);
    return Status::OK();
  }

  Status PutItems(RowRange rows, arrow::BufferBuilder* out) {
    if (rows.count == 0) return children_[0].Put(rows, nullptr, out);
    ARROW_RETURN_NOT_OK(PutNumbersOf(rows, [this](int64_t row) { return LengthOf(row); }, out));
    const RowRange all{ends_[rows.begin], ends_[rows.begin + rows.count] - ends_[rows.begin]};
    int64_t items = 0;
    EachValid(rows, [&](int64_t row) { items += LengthOf(row); });
    return items == all.count ? children_[0].Put(all, nullptr, out) : PutSomeItems(rows, out);
  }

  // When nulls hide items.
  Status PutSomeItems(RowRange rows, arrow::BufferBuilder* out) const {
    std::vector<int32_t> items;
    EachValid(rows, [&](int64_t row) {
      for (int32_t item = ends_[row]; item < ends_[row + 1]; ++item) items.push_back(item);
    });
    ARROW_ASSIGN_OR_RAISE(const auto gathered, GatherRows(*children_[0].array_, items, pool_));
    ARROW_ASSIGN_OR_RAISE(Column column, Make(gathered, pool_));
    return column.Put({0, gathered->length()}, nullptr, out);
  }

  int32_t LengthOf(int64_t value) const { return ends_[value + 1] - ends_[value]; }

  std::shared_ptr<arrow::Array> array_;  // keeps alive what is pointed to
  arrow::MemoryPool* pool_;
  RowKind kind_ = RowKind::kStruct;
  const uint8_t* validity_ = nullptr;
  int64_t offset_ = 0;  // of row 0 in the bitmaps
  const uint8_t* values_ = nullptr;
  const uint8_t* readable_end_ = nullptr;  // of bytes
  const int32_t* ends_ = nullptr;   // bytes and lists: value i is [ends_[i], ends_[i + 1])
  const int32_t* codes_ = nullptr;  // of a dictionary: row -> value
  std::vector<Column> children_;
  // Of the slice at hand.
  bool has_nulls_ = false;
  std::vector<uint8_t> bits_;  // 1 = not null
  std::vector<int64_t> numbers_;
};

RowWriter::RowWriter(arrow::MemoryPool* pool) : pool_(pool) {}
RowWriter::~RowWriter() = default;

Status RowWriter::Use(const arrow::RecordBatch& batch) {
  columns_.clear();
  for (const auto& array : batch.columns()) {
    ARROW_ASSIGN_OR_RAISE(auto column, Column::Make(array, pool_));
    columns_.push_back(std::move(column));
  }
  return Status::OK();
}

Status RowWriter::Append(int64_t first_row, int64_t rows, arrow::BufferBuilder* out) {
  while (rows > 0) {
    const RowRange slice{first_row, std::min(rows, kSliceRowsMax)};
    const auto count = static_cast<uint16_t>(slice.count);
    ARROW_RETURN_NOT_OK(out->Append(&count, sizeof count));
    for (Column& column : columns_) ARROW_RETURN_NOT_OK(column.Put(slice, nullptr, out));
    first_row += slice.count;
    rows -= slice.count;
  }
  return Status::OK();
}

}  // namespace freight
