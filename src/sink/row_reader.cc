// RowReader: a tree of columns that mirrors the schema; each takes its values of a slice in one go.
#include "sink/row_bytes.h"
#include "sink/row_kind.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace freight {
namespace {

using arrow::bit_util::BytesForBits;
using arrow::bit_util::GetBit;

constexpr uint64_t kLengthMax = std::numeric_limits<int32_t>::max();
// Words up to this long are copied with one fixed-size move.
constexpr int64_t kShortCopy = 32;

// What is left of the bytes that rows are taken from. Takes of nothing are nullptr: the bytes end too early.
struct Input {
  const uint8_t* at;
  const uint8_t* const end;

  const uint8_t* Take(int64_t bytes) {
    if (bytes > end - at) return nullptr;
    return std::exchange(at, at + bytes);
  }
};

// As PutNumbers in row_writer.cc wrote them.
class Numbers {
 public:
  static std::optional<Numbers> Take(int64_t count, Input* in) {
    Numbers numbers(in->end);
    if (count == 0) return numbers;
    const uint8_t* const form_byte = in->Take(1);
    if (form_byte == nullptr) return std::nullopt;
    const NumberForm form = NumberForm::Of(*form_byte);
    numbers.width_ = form.width;
    const uint8_t* const base = in->Take(form.base_bytes);
    if (base == nullptr || form.unit >= static_cast<int>(std::size(kRowUnits))) return std::nullopt;
    numbers.unit_ = kRowUnits[form.unit];
    if (form.base_bytes > 0) {
      std::memcpy(&numbers.base_, base, static_cast<size_t>(form.base_bytes));
      const int unused = 64 - 8 * form.base_bytes;
      numbers.base_ = static_cast<uint64_t>(static_cast<int64_t>(numbers.base_ << unused) >> unused);
    }
    if (numbers.width_ > 0) numbers.mask_ = UINT64_MAX >> (64 - 8 * numbers.width_);
    numbers.at_ = in->Take(count * numbers.width_);
    return numbers.at_ == nullptr ? std::nullopt : std::optional(numbers);
  }

  // Calls put(i, number) for all, which are `count`.
  template <typename Put>
  void Each(int64_t count, Put put) {
    if (!ReadableTo(count)) {
      for (int64_t i = 0; i < count; ++i) put(i, NextIf(true));
      return;
    }
    if (unit_ != 1) return EachOf<int64_t{8}>(count, unit_, put);
    if (width_ == 1) return EachOf<int64_t{1}>(count, 1, put);
    if (width_ == 2) return EachOf<int64_t{2}>(count, 1, put);
    EachOf<int64_t{8}>(count, 1, put);
  }

  // Calls put(row, number) for all rows, of which `count` are valid; those that are not have 0.
  template <typename Put>
  void EachRow(int64_t rows, const uint8_t* valid_bits, int64_t count, Put put) {
    if (valid_bits == nullptr) return Each(rows, put);
    if (!ReadableTo(count)) {
      for (int64_t row = 0; row < rows; ++row) put(row, NextIf(GetBit(valid_bits, row)));
      return;
    }
    const uint64_t base = base_, mask = mask_, unit = unit_;
    const int64_t width = width_;
    const uint8_t* at = at_;
    for (int64_t row = 0; row < rows; ++row) {
      uint64_t offset;
      std::memcpy(&offset, at, sizeof offset);
      const int64_t taken = -int64_t{GetBit(valid_bits, row)};  // arithmetic, or the compiler makes it a branch
      put(row, (base + (offset & mask) * unit) & static_cast<uint64_t>(taken));
      at += width & taken;
    }
  }

 private:
  // Whether a word can be read wherever a number of the next `count` begins, and behind them.
  bool ReadableTo(int64_t count) const { return end_ - at_ >= count * width_ + static_cast<int64_t>(sizeof mask_); }

  // kBytes: the width, or more than any.
  template <int64_t kBytes, typename Put>
  void EachOf(int64_t count, uint64_t unit, Put put) const {
    const uint64_t base = base_, mask = mask_;
    const int64_t width = kBytes < 8 ? kBytes : width_;
    const uint8_t* at = at_;
    for (int64_t i = 0; i < count; ++i) {
      uint64_t offset = 0;
      std::memcpy(&offset, at + i * width, kBytes);
      put(i, base + (offset & mask) * unit);
    }
  }

  // The next one where the row is valid; 0, and nothing is taken, where it is not. No branch that is hard to guess.
  uint64_t NextIf(bool valid) {
    const uint64_t number = base_ + (Load() & mask_) * unit_;
    at_ += valid ? width_ : 0;
    return valid ? number : 0;
  }

  uint64_t Load() const {
    uint64_t offset = 0;
    const auto readable = static_cast<size_t>(end_ - at_);
    if (readable >= sizeof offset) std::memcpy(&offset, at_, sizeof offset);
    else if (readable > 0) std::memcpy(&offset, at_, readable);
    return offset;
  }

  explicit Numbers(const uint8_t* end) : at_(end), end_(end) {}
  const uint8_t* at_;
  const uint8_t* end_;  // of all that can be read
  uint64_t base_ = 0;
  uint64_t mask_ = 0;
  uint64_t unit_ = 1;
  int width_ = 0;
};

// A bitmap that grows by the bits of a slice, mostly a few.
class BitAppender {
 public:
  explicit BitAppender(arrow::MemoryPool* pool) : bytes_(pool) {}
  int64_t length() const { return length_; }
  int64_t zeros() const { return zeros_; }

  Status Append(const uint8_t* bits, int64_t count) {
    ARROW_RETURN_NOT_OK(Reserve(count));
    for (int64_t at = 0; at < count; at += kStep) {
      const int64_t step = std::min(kStep, count - at);
      uint64_t word = 0;
      std::memcpy(&word, bits + at / 8, static_cast<size_t>(BytesForBits(step)));
      Put(word, step);
    }
    return Status::OK();
  }

  Status AppendOnes(int64_t count) {
    ARROW_RETURN_NOT_OK(Reserve(count));
    for (int64_t at = 0; at < count; at += kStep) Put(UINT64_MAX, std::min(kStep, count - at));
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::Buffer>> Finish() {
    bytes_.UnsafeAdvance(BytesForBits(length_) - bytes_.length());
    length_ = zeros_ = 0;
    return bytes_.Finish();
  }

 private:
  static constexpr int64_t kStep = 56;  // whole bytes that fit a word at any of its first 8 bits

  Status Reserve(int64_t count) {
    const int64_t bytes = BytesForBits(length_ + count) + static_cast<int64_t>(sizeof(uint64_t));
    return bytes_.Reserve(bytes - bytes_.length());
  }

  void Put(uint64_t word, int64_t count) {
    word &= UINT64_MAX >> (64 - count);
    zeros_ += count - std::popcount(word);
    uint8_t* const to = bytes_.mutable_data() + length_ / 8;
    const int64_t used = length_ % 8;
    const uint64_t before = used == 0 ? 0 : *to & ((1U << used) - 1);
    word = word << used | before;
    std::memcpy(to, &word, sizeof word);
    length_ += count;
    bytes_.UnsafeAdvance(length_ / 8 - bytes_.length());
  }

  arrow::BufferBuilder bytes_;  // whole bytes; a part of the next one stands behind them
  int64_t length_ = 0;
  int64_t zeros_ = 0;
};

}  // namespace

// One column being collected. Takes answer false when the bytes end too early, or memory does: then full().
class RowReader::Column {
 public:
  Column(const std::shared_ptr<arrow::DataType>& type, arrow::MemoryPool* pool)
      : type_(type), kind_(RowKindOf(*type)), validity_(pool), values_(pool), ends_(pool), pool_(pool) {
    for (const auto& field : type->fields()) children_.emplace_back(field->type(), pool);
  }

  bool Take(int64_t rows, Input* in) {
    Slice slice{rows, rows, nullptr};
    if (!TakeNulls(&slice, in)) return false;
    bool taken = false;
    switch (kind_) {
      case RowKind::kBool:
      case RowKind::kFixed1: taken = TakeFixed<uint8_t>(slice, in); break;
      case RowKind::kFixed2: taken = TakeFixed<uint16_t>(slice, in); break;
      case RowKind::kFixed4: taken = TakeFixed<uint32_t>(slice, in); break;
      case RowKind::kFixed8: taken = TakeFixed<uint64_t>(slice, in); break;
      case RowKind::kFixed16: taken = TakeWide(slice, in); break;
      case RowKind::kBytes: taken = TakeBytes(slice, in); break;
      case RowKind::kList: taken = TakeItems(slice, in); break;
      case RowKind::kStruct:
        taken = std::all_of(children_.begin(), children_.end(), [&](Column& child) { return child.Take(rows, in); });
    }
    rows_ += rows;
    return taken;
  }

  // As RowReader::bytes() counts them, of the rows before `row`.
  int64_t BytesTo(int64_t row) const {
    int64_t bytes = row * RowWidth(kind_);
    if (kind_ == RowKind::kBytes) bytes = row + EndOf(row);
    if (kind_ == RowKind::kList) bytes = row + children_[0].BytesTo(EndOf(row));
    if (kind_ != RowKind::kStruct) return bytes;
    for (const Column& child : children_) bytes += child.BytesTo(row);
    return bytes;
  }

  bool full() const {
    return full_ || std::any_of(children_.begin(), children_.end(), [](const Column& child) { return child.full(); });
  }

  Result<std::shared_ptr<arrow::ArrayData>> Finish();

 private:
  struct Slice {
    int64_t rows;
    int64_t valid;
    const uint8_t* bits;  // null when all are
  };

  bool Holds(const Status& reserved) {
    full_ |= !reserved.ok();
    return reserved.ok();
  }

  int64_t EndOf(int64_t row) const { return row < rows_ ? ends_.data()[row] : length_; }

  bool TakeNulls(Slice* slice, Input* in) {
    const uint8_t* const form = in->Take(1);
    if (form == nullptr) return false;
    if (*form == 0) return validity_.length() == 0 || Holds(validity_.AppendOnes(slice->rows));
    slice->bits = in->Take(BytesForBits(slice->rows));
    if (slice->bits == nullptr || !Holds(validity_.AppendOnes(rows_ - validity_.length()))) return false;
    const int64_t nulls_before = validity_.zeros();
    if (!Holds(validity_.Append(slice->bits, slice->rows))) return false;
    slice->valid -= validity_.zeros() - nulls_before;
    return true;
  }

  template <typename T>
  bool TakeFixed(const Slice& slice, Input* in) {
    auto numbers = Numbers::Take(slice.valid, in);
    const int64_t bytes = slice.rows * static_cast<int64_t>(sizeof(T));
    if (!numbers || !Holds(Reserve(bytes, &values_))) return false;
    auto* const out = reinterpret_cast<T*>(values_.mutable_data() + values_.length());
    const auto put = [out](int64_t row, uint64_t number) { out[row] = static_cast<T>(number); };
    numbers->EachRow(slice.rows, slice.bits, slice.valid, put);
    values_.UnsafeAdvance(bytes);
    return true;
  }

  bool TakeWide(const Slice& slice, Input* in) {
    constexpr int64_t kWidth = 16;
    const uint8_t* from = in->Take(slice.valid * kWidth);
    if (from == nullptr || !Holds(Reserve(slice.rows * kWidth, &values_))) return false;
    for (int64_t i = 0; i < slice.rows; ++i) {
      const bool valid = slice.bits == nullptr || GetBit(slice.bits, i);
      if (valid) {
        values_.UnsafeAppend(from, kWidth);
        from += kWidth;
      } else {
        values_.UnsafeAppend(kWidth, 0);
      }
    }
    return true;
  }

  bool TakeBytes(const Slice& slice, Input* in) {
    if (slice.valid == 0) return TakeNoBytes(slice);
    const uint8_t* const words = in->Take(1);
    if (words == nullptr) return false;
    if (*words > 0) return TakeCodes(slice, *words, in);
    int64_t bytes = 0;
    if (!TakeLengths(slice, in, &bytes)) return false;
    const uint8_t* const from = in->Take(bytes);
    if (from == nullptr || !Holds(Reserve(bytes, &values_))) return false;
    values_.UnsafeAppend(from, bytes);
    return true;
  }

  bool TakeNoBytes(const Slice& slice) {
    if (!Holds(ReserveEnds(slice.rows))) return false;
    ends_.UnsafeAppend(slice.rows, length_);
    return true;
  }

  struct Word { const uint8_t* bytes; uint64_t length; };

  bool TakeCodes(const Slice& slice, int64_t count, Input* in) {
    Word words[UINT8_MAX];  // the first `count` of them
    if (!TakeWords(count, words, in)) return false;
    const uint8_t* const codes = in->Take(slice.valid);
    if (codes == nullptr || !Holds(ReserveEnds(slice.rows))) return false;
    uint8_t greatest = 0;
    for (int64_t i = 0; i < slice.valid; ++i) greatest = std::max(greatest, codes[i]);
    if (greatest >= count) return false;
    uint64_t bytes = 0;
    for (int64_t i = 0; i < slice.valid; ++i) bytes += words[codes[i]].length;
    if (bytes + static_cast<uint64_t>(length_) > kLengthMax) return false;
    if (!Holds(Reserve(static_cast<int64_t>(bytes) + kShortCopy, &values_))) return false;
    CopyWords(slice, words, codes, in->end);
    ends_.bytes_builder()->UnsafeAdvance(slice.rows * static_cast<int64_t>(sizeof length_));
    values_.UnsafeAdvance(static_cast<int64_t>(bytes));
    length_ += static_cast<int32_t>(bytes);
    return true;
  }

  // To where there is room for them.
  void CopyWords(const Slice& slice, const Word* words, const uint8_t* code, const uint8_t* readable_end) {
    int32_t* const ends = ends_.mutable_data() + ends_.length();
    int32_t end = length_;
    uint8_t* to = values_.mutable_data() + values_.length();
    for (int64_t i = 0; i < slice.rows; ++i) {
      ends[i] = end;
      if (slice.bits != nullptr && !GetBit(slice.bits, i)) continue;
      const auto [bytes, length] = words[*code++];
      if (length <= kShortCopy && readable_end - bytes >= kShortCopy) std::memcpy(to, bytes, kShortCopy);
      else std::memcpy(to, bytes, length);
      to += length;
      end += static_cast<int32_t>(length);
    }
  }

  static bool TakeWords(int64_t count, Word* words, Input* in) {
    auto lengths = Numbers::Take(count, in);
    if (!lengths) return false;
    uint64_t sum = 0, longest = 0;
    lengths->Each(count, [&](int64_t i, uint64_t length) {
      words[i].length = length;
      longest = std::max(longest, length);
      sum += length;
    });
    if (longest > kLengthMax || sum > kLengthMax) return false;
    const uint8_t* at = in->Take(static_cast<int64_t>(sum));
    for (int64_t i = 0; at != nullptr && i < count; at += words[i++].length) words[i].bytes = at;
    return at != nullptr;
  }

  bool TakeItems(const Slice& slice, Input* in) {
    int64_t items = 0;
    return TakeLengths(slice, in, &items) && children_[0].Take(items, in);
  }

  bool TakeLengths(const Slice& slice, Input* in, int64_t* sum) {
    auto numbers = Numbers::Take(slice.valid, in);
    if (!numbers || !Holds(ReserveEnds(slice.rows))) return false;
    int32_t* const out = ends_.mutable_data() + ends_.length();
    auto end = static_cast<uint64_t>(length_);
    uint64_t longest = 0;
    const auto put = [&](int64_t i, uint64_t length) {
      out[i] = static_cast<int32_t>(end);
      longest = std::max(longest, length);
      end += length;
    };
    numbers->EachRow(slice.rows, slice.bits, slice.valid, put);
    // A slice has so few rows that the sum cannot have wrapped around when no length is wrong.
    if (longest > kLengthMax || end > kLengthMax) return false;
    ends_.bytes_builder()->UnsafeAdvance(slice.rows * static_cast<int64_t>(sizeof length_));
    *sum = static_cast<int64_t>(end) - length_;
    length_ = static_cast<int32_t>(end);
    return true;
  }

  Status ReserveEnds(int64_t rows) {
    return Reserve(rows * static_cast<int64_t>(sizeof length_), ends_.bytes_builder());
  }

  // At the beginning for as much as the last batch took: growing step by step would copy it all again.
  Status Reserve(int64_t bytes, arrow::BufferBuilder* builder) const {
    const bool begins = builder->length() == 0;
    return builder->Reserve(begins ? std::max(bytes, builder == &values_ ? values_hint_ : ends_hint_) : bytes);
  }

  Status FinishBools(std::shared_ptr<arrow::Buffer>* values) const {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bits, arrow::AllocateEmptyBitmap(rows_, pool_));
    for (int64_t i = 0; i < rows_; ++i) arrow::bit_util::SetBitTo(bits->mutable_data(), i, (*values)->data()[i] != 0);
    *values = std::move(bits);
    return Status::OK();
  }

  const std::shared_ptr<arrow::DataType> type_;
  const RowKind kind_;
  BitAppender validity_;  // shorter than the column until the next null
  arrow::BufferBuilder values_;
  arrow::TypedBufferBuilder<int32_t> ends_;  // where each row's bytes or items begin
  arrow::MemoryPool* const pool_;
  std::vector<Column> children_;
  int64_t values_hint_ = 0, ends_hint_ = 0;
  int64_t rows_ = 0;
  int32_t length_ = 0;  // of bytes or items so far
  bool full_ = false;
};

Result<std::shared_ptr<arrow::ArrayData>> RowReader::Column::Finish() {
  constexpr bool kShrink = false;
  auto data = arrow::ArrayData::Make(type_, rows_, {nullptr}, validity_.zeros());
  if (validity_.length() > 0) {
    ARROW_ASSIGN_OR_RAISE(data->buffers[0], validity_.Finish());
  }
  if (kind_ == RowKind::kBytes || kind_ == RowKind::kList) {
    ARROW_RETURN_NOT_OK(ends_.Append(length_));
    ends_hint_ = ends_.bytes_builder()->length();
    ARROW_ASSIGN_OR_RAISE(auto ends, ends_.Finish(kShrink));
    data->buffers.push_back(std::move(ends));
  }
  if (kind_ != RowKind::kStruct && kind_ != RowKind::kList) {
    values_hint_ = values_.length();
    ARROW_ASSIGN_OR_RAISE(auto values, values_.Finish(kShrink));
    if (kind_ == RowKind::kBool) ARROW_RETURN_NOT_OK(FinishBools(&values));
    data->buffers.push_back(std::move(values));
  }
  for (Column& column : children_) {
    ARROW_ASSIGN_OR_RAISE(auto child, column.Finish());
    data->child_data.push_back(std::move(child));
  }
  rows_ = 0;
  length_ = 0;
  return data;
}

RowReader::RowReader(std::shared_ptr<arrow::Schema> schema, arrow::MemoryPool* pool) : schema_(std::move(schema)) {
  for (const auto& field : schema_->fields()) columns_.emplace_back(field->type(), pool);
}
RowReader::~RowReader() = default;

int64_t RowReader::BytesTo(int64_t row) const {
  int64_t bytes = 0;
  for (const Column& column : columns_) bytes += column.BytesTo(row);
  return bytes;
}

Status RowReader::Append(int64_t rows_max, int64_t bytes_max, std::span<const uint8_t>* bytes) {
  while (!bytes->empty() && rows_ < rows_max && bytes_ < bytes_max) {
    FREIGHT_ASSERT(first_ + rows_ == decoded_);
    ARROW_ASSIGN_OR_RAISE(const auto behind, TakeSlice(*bytes));
    const int64_t end = EndOfBatch(rows_max, bytes_max);
    rows_ = end - first_;
    bytes_ = BytesTo(end) - BytesTo(first_);
    if (end < decoded_) {
      given_ = slice_rows_ - (decoded_ - end);
      return Status::OK();
    }
    *bytes = behind;
  }
  return Status::OK();
}

// Returns what comes behind the slice.
Result<std::span<const uint8_t>> RowReader::TakeSlice(std::span<const uint8_t> bytes) {
  Input in{bytes.data(), bytes.data() + bytes.size()};
  uint16_t rows = 0;
  const uint8_t* const count = in.Take(sizeof rows);
  if (count == nullptr) return Fail(Reaction::kCorrupt, "staged rows end inside a slice");
  std::memcpy(&rows, count, sizeof rows);
  for (Column& column : columns_) {
    if (column.Take(rows, &in)) continue;
    if (column.full()) return arrow::Status::OutOfMemory("staged rows");
    return Fail(Reaction::kCorrupt, "staged rows end inside a slice");
  }
  if (decoded_ == 0) first_ = std::exchange(given_, 0);
  slice_rows_ = rows;
  decoded_ += rows;
  return std::span(in.at, in.end);
}

// The first row border in what was decoded at which the batch has as much as it may; else the end.
int64_t RowReader::EndOfBatch(int64_t rows_max, int64_t bytes_max) const {
  const int64_t bytes_end = BytesTo(first_) + bytes_max;
  int64_t end = std::min(decoded_, first_ + rows_max);
  if (BytesTo(end) < bytes_end) return end;
  int64_t too_early = first_ + rows_;
  while (end - too_early > 1) {
    const int64_t middle = too_early + (end - too_early) / 2;
    (BytesTo(middle) < bytes_end ? too_early : end) = middle;
  }
  return end;
}

Result<std::shared_ptr<arrow::RecordBatch>> RowReader::Finish() {
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  for (Column& column : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto data, column.Finish());
    columns.push_back(std::move(data));
  }
  const auto batch = arrow::RecordBatch::Make(schema_, std::exchange(decoded_, 0), std::move(columns));
  bytes_ = 0;
  return batch->Slice(std::exchange(first_, 0), std::exchange(rows_, 0));
}

}  // namespace freight
