// RowWriter: a tree of columns that mirrors the schema; each writes its values of a slice in one go.
#include "sink/row_bytes.h"
#include "sink/row_kind.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <utility>

namespace freight {
namespace {

using arrow::bit_util::BytesForBits;
using arrow::bit_util::GetBit;

// A row that is not there: its struct is null.
constexpr int32_t kAbsent = -1;
// Strings up to this long are copied with one fixed-size move, numbers with one of 8 bytes.
constexpr int64_t kShortCopy = 32;
constexpr int64_t kNumberSlack = 8;

int BytesOfSigned(int64_t value) {
  return value == 0 ? 0 : (std::bit_width(static_cast<uint64_t>(value ^ value >> 63)) + 8) / 8;
}

int BytesOfUnsigned(uint64_t value) { return (std::bit_width(value) + 7) / 8; }

Status PutNumbers(std::span<const int64_t> numbers, arrow::BufferBuilder* out) {
  if (numbers.empty()) return Status::OK();
  int64_t least = numbers[0];
  int64_t most = numbers[0];
  for (const int64_t number : numbers) {
    least = std::min(least, number);
    most = std::max(most, number);
  }
  const auto base = static_cast<uint64_t>(least);
  const int base_bytes = BytesOfSigned(least);
  const int width = BytesOfUnsigned(static_cast<uint64_t>(most) - base);
  const auto count = static_cast<int64_t>(numbers.size());
  ARROW_RETURN_NOT_OK(out->Reserve(1 + base_bytes + count * width + kNumberSlack));
  uint8_t* const begin = out->mutable_data() + out->length();
  uint8_t* to = begin;
  *to++ = static_cast<uint8_t>(base_bytes | width << 4);
  std::memcpy(to, &base, sizeof base);
  to += base_bytes;
  if (width > 0) {
    for (const int64_t number : numbers) {
      const uint64_t offset = static_cast<uint64_t>(number) - base;
      std::memcpy(to, &offset, sizeof offset);
      to += width;
    }
  }
  out->UnsafeAdvance(to - begin);
  return Status::OK();
}

template <typename T>
void Load(const uint8_t* values, std::span<const int32_t> rows, int64_t* numbers) {
  for (size_t i = 0; i < rows.size(); ++i) {
    T value;
    std::memcpy(&value, values + static_cast<size_t>(rows[i]) * sizeof(T), sizeof value);
    numbers[i] = value;
  }
}

}  // namespace

class RowWriter::Column {
 public:
  explicit Column(const arrow::Array& array, bool absent_rows = false) : absent_rows_(absent_rows) {
    const arrow::ArrayData& data = *array.data();
    validity_ = array.null_count() > 0 ? data.buffers[0]->data() : nullptr;
    offset_ = data.offset;
    if (array.type_id() == arrow::Type::DICTIONARY) {
      codes_ = data.GetValues<int32_t>(1);
      UseBytes(*data.dictionary);
      return;
    }
    kind_ = RowKindOf(*array.type());
    switch (kind_) {
      case RowKind::kBytes: UseBytes(data); return;
      case RowKind::kStruct:
        for (const auto& field : static_cast<const arrow::StructArray&>(array).fields()) {
          children_.emplace_back(*field, absent_rows || validity_ != nullptr);
        }
        return;
      case RowKind::kList:
        ends_ = data.GetValues<int32_t>(1);
        children_.emplace_back(*static_cast<const arrow::ListArray&>(array).values());
        return;
      case RowKind::kBool: values_ = data.buffers[1]->data(); return;
      default: values_ = data.buffers[1]->data() + data.offset * RowWidth(kind_);
    }
  }

  Status Put(std::span<const int32_t> rows, arrow::BufferBuilder* out) {
    ARROW_ASSIGN_OR_RAISE(const std::span<const int32_t> valid, PutNulls(rows, out));
    switch (kind_) {
      case RowKind::kFixed1: return PutFixed<int8_t>(valid, out);
      case RowKind::kFixed2: return PutFixed<int16_t>(valid, out);
      case RowKind::kFixed4: return PutFixed<int32_t>(valid, out);
      case RowKind::kFixed8: return PutFixed<int64_t>(valid, out);
      case RowKind::kFixed16: return PutWide(valid, out);
      case RowKind::kBool: return PutBools(valid, out);
      case RowKind::kBytes: return codes_ ? PutWords(valid, out) : PutBytes(valid, out);
      case RowKind::kList: return PutItems(valid, out);
      case RowKind::kStruct: break;
    }
    return PutFields(rows, valid, out);
  }

 private:
  void UseBytes(const arrow::ArrayData& data) {
    kind_ = RowKindOf(*data.type);
    FREIGHT_ASSERT(kind_ == RowKind::kBytes);
    ends_ = data.GetValues<int32_t>(1);
    const auto& bytes = data.buffers[2];
    values_ = bytes ? bytes->data() : nullptr;
    readable_end_ = values_ ? values_ + bytes->size() : nullptr;
  }

  // The rows that are not null.
  Result<std::span<const int32_t>> PutNulls(std::span<const int32_t> rows, arrow::BufferBuilder* out) {
    const int64_t bit_bytes = BytesForBits(static_cast<int64_t>(rows.size()));
    ARROW_RETURN_NOT_OK(out->Reserve(1 + bit_bytes));
    uint8_t* const to = out->mutable_data() + out->length();
    *to = 0;
    if (validity_ == nullptr && !absent_rows_) {
      out->UnsafeAdvance(1);
      return rows;
    }
    std::memset(to + 1, 0, static_cast<size_t>(bit_bytes));
    valid_.resize(rows.size());
    size_t valid = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const bool is_valid = rows[i] != kAbsent && (validity_ == nullptr || GetBit(validity_, offset_ + rows[i]));
      to[1 + i / 8] = static_cast<uint8_t>(to[1 + i / 8] | is_valid << (i % 8));
      valid_[valid] = rows[i];
      valid += is_valid;
    }
    *to = valid < rows.size();
    out->UnsafeAdvance(1 + (*to != 0 ? bit_bytes : 0));
    return std::span<const int32_t>(valid_.data(), valid);
  }

  template <typename T>
  Status PutFixed(std::span<const int32_t> rows, arrow::BufferBuilder* out) {
    numbers_.resize(rows.size());
    Load<T>(values_, rows, numbers_.data());
    return PutNumbers(numbers_, out);
  }

  Status PutBools(std::span<const int32_t> rows, arrow::BufferBuilder* out) {
    numbers_.resize(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) numbers_[i] = GetBit(values_, offset_ + rows[i]);
    return PutNumbers(numbers_, out);
  }

  Status PutWide(std::span<const int32_t> rows, arrow::BufferBuilder* out) const {
    constexpr int64_t kWidth = 16;
    ARROW_RETURN_NOT_OK(out->Reserve(static_cast<int64_t>(rows.size()) * kWidth));
    for (const int32_t row : rows) out->UnsafeAppend(values_ + row * kWidth, kWidth);
    return Status::OK();
  }

  Status PutBytes(std::span<const int32_t> rows, arrow::BufferBuilder* out) {
    return PutViews(rows, [](int32_t row) { return row; }, out);
  }

  Status PutWords(std::span<const int32_t> rows, arrow::BufferBuilder* out) {
    return PutViews(rows, [codes = codes_](int32_t row) { return codes[row]; }, out);
  }

  template <typename ValueOf>
  Status PutViews(std::span<const int32_t> rows, ValueOf value_of, arrow::BufferBuilder* out) {
    numbers_.resize(rows.size());
    int64_t bytes = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const auto value = value_of(rows[i]);
      numbers_[i] = ends_[value + 1] - ends_[value];
      bytes += numbers_[i];
    }
    ARROW_RETURN_NOT_OK(PutNumbers(numbers_, out));
    ARROW_RETURN_NOT_OK(out->Reserve(bytes + kShortCopy));
    uint8_t* to = out->mutable_data() + out->length();
    for (size_t i = 0; i < rows.size(); ++i) {
      const uint8_t* const from = values_ + ends_[value_of(rows[i])];
      const int64_t length = numbers_[i];
      if (length <= kShortCopy && readable_end_ - from >= kShortCopy) {
        std::memcpy(to, from, kShortCopy);
      } else if (length > 0) {
        std::memcpy(to, from, static_cast<size_t>(length));
      }
      to += length;
    }
    out->UnsafeAdvance(bytes);
    return Status::OK();
  }

  Status PutItems(std::span<const int32_t> rows, arrow::BufferBuilder* out) {
    numbers_.resize(rows.size());
    items_.clear();
    for (size_t i = 0; i < rows.size(); ++i) {
      numbers_[i] = ends_[rows[i] + 1] - ends_[rows[i]];
      for (int32_t item = ends_[rows[i]]; item < ends_[rows[i] + 1]; ++item) items_.push_back(item);
    }
    ARROW_RETURN_NOT_OK(PutNumbers(numbers_, out));
    return children_[0].Put(items_, out);
  }

  Status PutFields(std::span<const int32_t> rows, std::span<const int32_t> valid, arrow::BufferBuilder* out) {
    if (valid.size() < rows.size()) {
      items_.assign(rows.begin(), rows.end());
      auto next = valid.begin();
      for (int32_t& row : items_) {
        const bool is_valid = next != valid.end() && *next == row;
        if (is_valid) ++next;
        else row = kAbsent;
      }
      rows = items_;
    }
    for (Column& child : children_) ARROW_RETURN_NOT_OK(child.Put(rows, out));
    return Status::OK();
  }

  RowKind kind_ = RowKind::kStruct;
  const bool absent_rows_;  // kAbsent may be among the rows
  const uint8_t* validity_ = nullptr;
  int64_t offset_ = 0;  // of row 0 in the bitmaps
  const uint8_t* values_ = nullptr;
  const uint8_t* readable_end_ = nullptr;  // of bytes
  const int32_t* ends_ = nullptr;   // bytes and lists: value i is [ends_[i], ends_[i + 1])
  const int32_t* codes_ = nullptr;  // of a dictionary: row -> value
  std::vector<Column> children_;
  // Of the slice at hand.
  std::vector<int32_t> valid_, items_;
  std::vector<int64_t> numbers_;
};

RowWriter::RowWriter() = default;
RowWriter::~RowWriter() = default;

void RowWriter::Use(std::shared_ptr<arrow::RecordBatch> batch) {
  batch_ = std::move(batch);
  columns_.clear();
  for (const auto& column : batch_->columns()) columns_.emplace_back(*column);
}

Status RowWriter::Append(std::span<const int32_t> rows, arrow::BufferBuilder* out) {
  while (!rows.empty()) {
    const auto slice = rows.first(std::min<size_t>(rows.size(), kSliceRowsMax));
    const auto count = static_cast<uint16_t>(slice.size());
    ARROW_RETURN_NOT_OK(out->Append(&count, sizeof count));
    for (Column& column : columns_) ARROW_RETURN_NOT_OK(column.Put(slice, out));
    rows = rows.subspan(slice.size());
  }
  return Status::OK();
}

Status RowWriter::Append(int32_t first_row, int32_t rows, arrow::BufferBuilder* out) {
  rows_.resize(static_cast<size_t>(rows));
  std::iota(rows_.begin(), rows_.end(), first_row);
  return Append(rows_, out);
}

}  // namespace freight
