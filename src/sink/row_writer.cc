// RowWriter: a tree of columns that mirrors the schema; each writes its values of a slice in one go.
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
#include <string>
#include <unordered_map>
#include <utility>

namespace freight {
namespace {

using arrow::bit_util::BytesForBits;
using arrow::bit_util::GetBit;

// Words up to this long are copied with one fixed-size move, numbers with one of 8 bytes.
constexpr int64_t kShortCopy = 32;
constexpr int64_t kNumberSlack = 8;
constexpr int64_t kBitsSlack = 8;
constexpr int64_t kFewRows = 64;
constexpr int64_t kWordBytesPerRowMax = 8;

struct PickedRows {
  std::span<const RowPick> picks;
  int64_t count;
};

int BytesOfSigned(int64_t value) {
  return value == 0 ? 0 : (std::bit_width(static_cast<uint64_t>(value ^ value >> 63)) + 8) / 8;
}

int BytesOfUnsigned(uint64_t value) { return (std::bit_width(value) + 7) / 8; }

constexpr uint64_t InverseOfOdd(uint64_t odd) {
  uint64_t inverse = odd;  // right in 3 bits, then in twice as many
  for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - odd * inverse;
  return inverse;
}

// Bits from..from + count of `bits`, ones if that is null, to bit `at` of `out`, which is zero there and has kBitsSlack
// bytes more.
void CopyBits(const uint8_t* bits, int64_t from, int64_t count, int64_t at, uint8_t* out) {
  constexpr int64_t kStep = 56;  // whole bytes that fit a word at any of its first 8 bits
  while (count > 0) {
    const int64_t step = std::min(count, kStep);
    uint64_t word = UINT64_MAX;
    if (bits != nullptr) {
      word = 0;
      const int64_t bytes = BytesForBits(from % 8 + step);
      for (int64_t i = 0; i < bytes; ++i) word |= uint64_t{bits[from / 8 + i]} << (8 * i);
      word >>= from % 8;
    }
    uint64_t there;
    std::memcpy(&there, out + at / 8, sizeof there);
    there |= (word & UINT64_MAX >> (64 - step)) << (at % 8);
    std::memcpy(out + at / 8, &there, sizeof there);
    from += step;
    at += step;
    count -= step;
  }
}

// The quotient of a multiple of kUnit is its product with the inverse; no other number's product is as small as that.
template <uint64_t kUnit>
uint64_t InUnits(uint64_t offset) {
  constexpr int kZeros = std::countr_zero(kUnit);
  constexpr uint64_t kInverse = InverseOfOdd(kUnit >> kZeros);
  return std::rotr(offset * kInverse, kZeros);
}

// Writes the distances of numbers from `base`, `width` bytes each and more behind the last one. False when one of them
// is no multiple of kUnit.
template <uint64_t kUnit>
bool Pack(std::span<const int64_t> numbers, uint64_t base, int width, uint8_t* to) {
  uint64_t most = 0;
  for (const int64_t number : numbers) {
    const uint64_t offset = InUnits<kUnit>(static_cast<uint64_t>(number) - base);
    most = std::max(most, offset);
    std::memcpy(to, &offset, sizeof offset);
    to += width;
  }
  return most <= UINT64_MAX / kUnit;
}

// A form in which the numbers of slice after slice had room: so they are packed without a look at their range first.
class Frame {
 public:
  bool worth_trying() {
    return form_.width > 0 && misses_ < kMissesMax && ++tries_ % kLookEvery != 0;
  }
  const NumberForm& form() const { return form_; }
  uint64_t base() const { return static_cast<uint64_t>(base_); }

  // What a slice needed of itself.
  void Learn(int64_t least, int64_t most, const NumberForm& form) {
    if (form.width == 0) return;
    const bool like = form.width == form_.width && form.unit == form_.unit;
    if (like && least >= least_ && most <= most_) return;
    ++misses_;
    least_ = like ? std::min(least_, least) : least;
    most_ = like ? std::max(most_, most) : most;
    form_ = form;
    const uint64_t units_max = UINT64_MAX >> (64 - 8 * form.width);
    if (UnitsOf(least_, most_) > units_max) {
      least_ = least;
      most_ = most;
    }
    // As much room below as above.
    const uint64_t below = (units_max - UnitsOf(least_, most_)) / 2;
    base_ = least_;
    if (below <= INT64_MAX / kRowUnits[form.unit] && least_ >= INT64_MIN + static_cast<int64_t>(below * unit())) {
      base_ -= static_cast<int64_t>(below * unit());
    }
    if (least_ >= 0 && form.unit == 0) base_ = std::max<int64_t>(base_, 0);
    form_.base_bytes = BytesOfSigned(base_);
  }

 private:
  static constexpr int kMissesMax = 16;
  static constexpr int kLookEvery = 16;  // what came after a wide slice may be narrow
  uint64_t unit() const { return kRowUnits[form_.unit]; }
  uint64_t UnitsOf(int64_t least, int64_t most) const {
    return (static_cast<uint64_t>(most) - static_cast<uint64_t>(least)) / unit();
  }

  NumberForm form_{0, 0, 0};
  int64_t base_ = 0, least_ = 0, most_ = 0;
  int misses_ = 0, tries_ = 0;
};

// In the fewest bytes. `frame`: learns of it; may be null.
Status PutNumbers(std::span<const int64_t> numbers, Frame* frame, arrow::BufferBuilder* out) {
  if (numbers.empty()) return Status::OK();
  int64_t least = numbers[0];
  int64_t most = numbers[0];
  for (const int64_t number : numbers) {
    least = std::min(least, number);
    most = std::max(most, number);
  }
  const auto base = static_cast<uint64_t>(least);
  const uint64_t range = static_cast<uint64_t>(most) - base;
  const auto count = static_cast<int64_t>(numbers.size());
  NumberForm form{BytesOfSigned(least), BytesOfUnsigned(range), 0};
  ARROW_RETURN_NOT_OK(out->Reserve(1 + form.base_bytes + count * form.width + kNumberSlack));
  uint8_t* const begin = out->mutable_data() + out->length();
  std::memcpy(begin + 1, &base, sizeof base);
  uint8_t* const to = begin + 1 + form.base_bytes;
  const auto packed = [&]<int kIndex>() {
    constexpr uint64_t kUnit = kRowUnits[kIndex];
    if (range % kUnit != 0) return false;
    form.unit = kIndex;
    form.width = BytesOfUnsigned(range / kUnit);
    return form.width == 0 || Pack<kUnit>(numbers, base, form.width, to);
  };
  // Fewer bytes than 3 are few enough.
  const bool in_units = range > UINT16_MAX && (packed.operator()<2>() || packed.operator()<1>());
  if (!in_units) packed.operator()<0>();
  *begin = form.Byte();
  out->UnsafeAdvance(1 + form.base_bytes + count * form.width);
  if (frame != nullptr) frame->Learn(least, most, form);
  return Status::OK();
}

// The few words of a column's dictionaries, each once.
class Words {
 public:
  static constexpr size_t kMost = UINT8_MAX;
  size_t size() const { return ends_.size() - 1; }
  const int32_t* ends() const { return ends_.data(); }
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(bytes_.data()); }
  int64_t length() const { return static_cast<int64_t>(bytes_.size()); }

  // False when there is no room for a new one.
  bool CodeOf(std::string_view word, uint8_t* code) {
    const auto [at, added] = codes_.try_emplace(std::string(word), static_cast<uint8_t>(size()));
    *code = at->second;
    if (!added) return true;
    if (size() == kMost) {
      codes_.erase(at);
      return false;
    }
    bytes_ += word;
    ends_.push_back(static_cast<int32_t>(bytes_.size()));
    return true;
  }

 private:
  std::string bytes_;
  std::vector<int32_t> ends_ = {0};
  std::unordered_map<std::string, uint8_t> codes_;
};

}  // namespace

class RowWriter::Column {
 public:
  Status Hold(const std::shared_ptr<arrow::Array>& array) {
    const arrow::ArrayData& data = *array->data();
    Source source{.array = array, .offset = data.offset};
    if (array->null_count() > 0) source.validity = data.buffers[0]->data();
    if (array->type_id() == arrow::Type::DICTIONARY) {
      UseDictionary(static_cast<const arrow::DictionaryArray&>(*array), &source);
      sources_.push_back(std::move(source));
      return Status::OK();
    }
    kind_ = RowKindOf(*array->type());
    switch (kind_) {
      case RowKind::kBytes:
        source.UseBytes(data);
        all_short_ &= MakeShort(array->length(), &source);
        break;
      case RowKind::kStruct:
        ARROW_RETURN_NOT_OK(HoldChildren(static_cast<const arrow::StructArray&>(*array).fields()));
        break;
      case RowKind::kList:
        source.ends = data.GetValues<int32_t>(1);
        ARROW_RETURN_NOT_OK(HoldChildren({static_cast<const arrow::ListArray&>(*array).values()}));
        break;
      case RowKind::kBool: source.values = data.buffers[1]->data(); break;
      default: source.values = data.buffers[1]->data() + data.offset * RowWidth(kind_);
    }
    sources_.push_back(std::move(source));
    return Status::OK();
  }

  // `given`: a bit per row, none where its struct is null; null when there are no such rows.
  Status Put(PickedRows rows, const uint8_t* given, arrow::BufferBuilder* out) {
    ARROW_RETURN_NOT_OK(PutNulls(rows, given, out));
    switch (kind_) {
      case RowKind::kFixed1: return PutFixed<int8_t>(rows, out);
      case RowKind::kFixed2: return PutFixed<int16_t>(rows, out);
      case RowKind::kFixed4: return PutFixed<int32_t>(rows, out);
      case RowKind::kFixed8: return PutFixed<int64_t>(rows, out);
      case RowKind::kFixed16: return PutWide(rows, out);
      case RowKind::kBool: return PutBools(rows, out);
      case RowKind::kBytes: return PutBytes(rows, out);
      case RowKind::kList: return PutItems(rows, out);
      case RowKind::kStruct: break;
    }
    for (Column& child : children_) {
      ARROW_RETURN_NOT_OK(child.Put(rows, has_nulls_ ? bits_.data() : nullptr, out));
    }
    return Status::OK();
  }

 private:
  // Where the values of one batch lie.
  struct Source {
    std::shared_ptr<arrow::Array> array;  // keeps alive what is pointed to
    int64_t offset = 0;                   // of row 0 in the bitmaps
    const uint8_t* validity = nullptr;
    const uint8_t* values = nullptr;
    const uint8_t* readable_end = nullptr;  // of bytes
    const int32_t* ends = nullptr;          // bytes and lists: value i is [ends[i], ends[i + 1])
    const int32_t* codes = nullptr;         // of a dictionary: row -> value
    std::vector<int32_t> own_codes;         // of one with nulls, whose codes may be anything
    std::vector<uint8_t> short_codes;       // of one with few words: row -> word of the column

    int64_t ValueOf(int64_t row) const { return codes == nullptr ? row : codes[row]; }
    int32_t LengthOf(int64_t value) const { return ends[value + 1] - ends[value]; }
    void UseBytes(const arrow::ArrayData& data) {
      static constexpr int32_t kNoEnds[2] = {};  // a null's code is 0, also when there is no word
      ends = data.length == 0 ? kNoEnds : data.GetValues<int32_t>(1);
      const auto& bytes = data.buffers[2];
      values = bytes ? bytes->data() : nullptr;
      readable_end = values ? values + bytes->size() : nullptr;
    }
  };

  void UseDictionary(const arrow::DictionaryArray& array, Source* source) {
    const arrow::ArrayData& words = *array.data()->dictionary;
    kind_ = RowKindOf(*words.type);
    FREIGHT_ASSERT(kind_ == RowKind::kBytes);
    source->UseBytes(words);
    source->codes = array.data()->GetValues<int32_t>(1);
    const auto rows = static_cast<size_t>(array.length());
    if (source->validity != nullptr) {
      source->own_codes.resize(rows);
      for (size_t row = 0; row < rows; ++row) {
        const bool valid = GetBit(source->validity, source->offset + static_cast<int64_t>(row));
        source->own_codes[row] = valid ? source->codes[row] : 0;
      }
      source->codes = source->own_codes.data();
    }
    all_short_ &= MakeShort(words.length, source);
  }

  // `values`: of the dictionary, or of the rows themselves where there is none: the rest of a morsel is a few rows,
  // which come without one.
  bool MakeShort(int64_t values, Source* source) {
    const int64_t values_max = source->codes == nullptr ? kFewRows : static_cast<int64_t>(Words::kMost);
    if (!all_short_ || values > values_max) return false;
    std::vector<uint8_t> codes(static_cast<size_t>(values) + 1);  // a null's code is 0, also when there is no word
    for (int64_t i = 0; i < values; ++i) {
      const auto length = static_cast<size_t>(source->ends[i + 1] - source->ends[i]);
      const std::string_view word(reinterpret_cast<const char*>(source->values) + source->ends[i], length);
      if (!words_.CodeOf(word, &codes[static_cast<size_t>(i)])) return false;
    }
    if (source->codes == nullptr) {
      source->short_codes = std::move(codes);
      return true;
    }
    const auto rows = static_cast<size_t>(source->array->length());
    source->short_codes.resize(rows);
    for (size_t row = 0; row < rows; ++row) source->short_codes[row] = codes[static_cast<size_t>(source->codes[row])];
    return true;
  }

  Status HoldChildren(const arrow::ArrayVector& arrays) {
    children_.resize(arrays.size());
    for (size_t i = 0; i < arrays.size(); ++i) ARROW_RETURN_NOT_OK(children_[i].Hold(arrays[i]));
    return Status::OK();
  }

  Status PutNulls(PickedRows rows, const uint8_t* given, arrow::BufferBuilder* out) {
    valid_ = rows.count;
    has_nulls_ = false;
    const auto has_bits = [&](const RowPick& pick) { return sources_[pick.batch].validity != nullptr; };
    if (given != nullptr || std::any_of(rows.picks.begin(), rows.picks.end(), has_bits)) CollectBits(rows, given);
    has_nulls_ = valid_ < rows.count;
    ARROW_RETURN_NOT_OK(out->Append(1, has_nulls_));
    return has_nulls_ ? out->Append(bits_.data(), BytesForBits(rows.count)) : Status::OK();
  }

  void CollectBits(PickedRows rows, const uint8_t* given) {
    const int64_t bytes = BytesForBits(rows.count);
    bits_.assign(static_cast<size_t>(bytes + kBitsSlack), 0);
    int64_t at = 0;
    for (const RowPick& pick : rows.picks) {
      const Source& source = sources_[pick.batch];
      CopyBits(source.validity, source.offset + pick.begin, pick.count, at, bits_.data());
      at += pick.count;
    }
    for (int64_t i = 0; given != nullptr && i < bytes; ++i) bits_[static_cast<size_t>(i)] &= given[i];
    valid_ = arrow::internal::CountSetBits(bits_.data(), 0, rows.count);
  }

  // Calls put(source, row) for the rows of the slice at hand that are not null.
  template <typename F>
  void EachValid(PickedRows rows, F put) const {
    int64_t i = 0;
    for (const RowPick& pick : rows.picks) {
      const Source& source = sources_[pick.batch];
      for (int64_t row = pick.begin; row < pick.end(); ++row) {
        if (!has_nulls_ || GetBit(bits_.data(), i++)) put(source, row);
      }
    }
  }

  // The numbers of the rows that are not null; no branch on nulls, which is guessed wrong too often. numbers_of(source)
  // answers a row's number, whatever it is if the row is null.
  template <typename Number, typename NumbersOf>
  void Collect(PickedRows rows, NumbersOf numbers_of, Number* out) const {
    int64_t i = 0;
    for (const RowPick& pick : rows.picks) {
      const auto number_of = numbers_of(sources_[pick.batch]);
      if (has_nulls_) {
        for (int64_t row = pick.begin; row < pick.end(); ++row) {
          *out = number_of(row);
          out += GetBit(bits_.data(), i++);
        }
      } else {
        for (int64_t k = 0; k < pick.count; ++k) out[k] = number_of(pick.begin + k);
        out += pick.count;
      }
    }
  }

  template <typename NumbersOf>
  Status PutNumbersOf(PickedRows rows, NumbersOf numbers_of, Frame* frame, arrow::BufferBuilder* out) {
    numbers_.resize(static_cast<size_t>(rows.count) + 1);  // a null behind the last value leaves its own there
    Collect(rows, numbers_of, numbers_.data());
    return PutNumbers(Collected(), frame, out);
  }

  template <typename T>
  Status PutFixed(PickedRows rows, arrow::BufferBuilder* out) {
    if (valid_ == 0) return Status::OK();
    if (frame_.worth_trying()) {
      ARROW_ASSIGN_OR_RAISE(const bool put, PutFramed<T>(rows, out));
      if (put) return Status::OK();
    }
    const auto numbers_of = [](const Source& source) {
      return [values = reinterpret_cast<const T*>(source.values)](int64_t row) { return int64_t{values[row]}; };
    };
    return PutNumbersOf(rows, numbers_of, &frame_, out);
  }

  // False, and nothing is put, when a number has no room in the frame.
  template <typename T>
  Result<bool> PutFramed(PickedRows rows, arrow::BufferBuilder* out) {
    const NumberForm form = frame_.form();
    const uint64_t base = frame_.base();
    ARROW_RETURN_NOT_OK(out->Reserve(1 + form.base_bytes + rows.count * form.width + kNumberSlack));
    uint8_t* const begin = out->mutable_data() + out->length();
    *begin = form.Byte();
    std::memcpy(begin + 1, &base, sizeof base);
    uint8_t* const to = begin + 1 + form.base_bytes;
    static_assert(std::size(kRowUnits) == 3);
    const uint64_t seen = form.unit == 0   ? PackRows<T, kRowUnits[0]>(rows, base, form.width, to)
                          : form.unit == 1 ? PackRows<T, kRowUnits[1]>(rows, base, form.width, to)
                                           : PackRows<T, kRowUnits[2]>(rows, base, form.width, to);
    if (BytesOfUnsigned(seen) > form.width || seen > UINT64_MAX / kRowUnits[form.unit]) return false;
    out->UnsafeAdvance(1 + form.base_bytes + valid_ * form.width);
    return true;
  }

  // All bits that the offsets have.
  template <typename T, uint64_t kUnit>
  uint64_t PackRows(PickedRows rows, uint64_t base, int64_t width, uint8_t* to) const {
    const uint8_t* const bits = bits_.data();
    const bool has_nulls = has_nulls_;
    uint64_t seen = 0;
    int64_t i = 0;
    for (const RowPick& pick : rows.picks) {
      const auto* const values = reinterpret_cast<const T*>(sources_[pick.batch].values) + pick.begin;
      const int64_t count = pick.count;
      for (int64_t row = 0; row < count; ++row) {
        const uint64_t offset = InUnits<kUnit>(static_cast<uint64_t>(int64_t{values[row]}) - base);
        const int64_t taken = has_nulls ? -int64_t{GetBit(bits, i++)} : -1;
        std::memcpy(to, &offset, sizeof offset);
        seen |= offset & static_cast<uint64_t>(taken);
        to += width & taken;
      }
    }
    return seen;
  }

  Status PutBools(PickedRows rows, arrow::BufferBuilder* out) {
    const auto numbers_of = [](const Source& source) {
      return [&source](int64_t row) { return int64_t{GetBit(source.values, source.offset + row)}; };
    };
    return PutNumbersOf(rows, numbers_of, nullptr, out);
  }

  Status PutWide(PickedRows rows, arrow::BufferBuilder* out) const {
    constexpr int64_t kWidth = 16;
    ARROW_RETURN_NOT_OK(out->Reserve(valid_ * kWidth));
    EachValid(rows, [&](const Source& source, int64_t row) {
      out->UnsafeAppend(source.values + row * kWidth, kWidth);
    });
    return Status::OK();
  }

  Status PutBytes(PickedRows rows, arrow::BufferBuilder* out) {
    if (valid_ == 0) return Status::OK();
    if (all_short_ && CodesPay()) return PutCodes(rows, out);
    ARROW_RETURN_NOT_OK(out->Append(1, 0));
    return PutWords(rows, out);
  }

  // Words that come twice on average, and are not so long that the rows may not have those.
  bool CodesPay() const {
    return valid_ >= 2 * static_cast<int64_t>(words_.size()) && words_.length() <= kWordBytesPerRowMax * valid_;
  }

  Status PutCodes(PickedRows rows, arrow::BufferBuilder* out) {
    ARROW_RETURN_NOT_OK(out->Append(1, static_cast<uint8_t>(words_.size())));
    numbers_.clear();
    for (size_t i = 0; i < words_.size(); ++i) numbers_.push_back(words_.ends()[i + 1] - words_.ends()[i]);
    ARROW_RETURN_NOT_OK(PutNumbers(numbers_, nullptr, out));
    ARROW_RETURN_NOT_OK(out->Append(words_.bytes(), words_.length()));
    ARROW_RETURN_NOT_OK(out->Reserve(valid_ + 1));  // a null behind the last value leaves its own there
    const auto codes_of = [](const Source& source) {
      return [codes = source.short_codes.data()](int64_t row) { return codes[row]; };
    };
    Collect(rows, codes_of, out->mutable_data() + out->length());
    out->UnsafeAdvance(valid_);
    return Status::OK();
  }

  Status PutWords(PickedRows rows, arrow::BufferBuilder* out) {
    int64_t bytes = 0;
    ARROW_RETURN_NOT_OK(PutLengths(rows, &bytes, out));
    ARROW_RETURN_NOT_OK(out->Reserve(bytes + kShortCopy));
    uint8_t* to = out->mutable_data() + out->length();
    const bool hidden = HideBytes(rows, bytes);
    int64_t first = 0;
    for (const RowPick& pick : rows.picks) {
      const Source& source = sources_[pick.batch];
      to = source.codes == nullptr && !hidden ? CopyTogether(source, pick, to) : CopyEach(source, pick, first, to);
      first += pick.count;
    }
    out->UnsafeAdvance(bytes);
    return Status::OK();
  }

  // Whether nulls of plain strings do; all others have `bytes`.
  bool HideBytes(PickedRows rows, int64_t bytes) const {
    if (!has_nulls_) return false;
    for (const RowPick& pick : rows.picks) {
      const Source& source = sources_[pick.batch];
      if (source.codes != nullptr) return true;
      bytes -= source.ends[pick.end()] - source.ends[pick.begin];
    }
    return bytes != 0;
  }

  static uint8_t* CopyTogether(const Source& source, const RowPick& pick, uint8_t* to) {
    const auto bytes = static_cast<size_t>(source.ends[pick.end()] - source.ends[pick.begin]);
    if (bytes > 0) std::memcpy(to, source.values + source.ends[pick.begin], bytes);
    return to + bytes;
  }

  uint8_t* CopyEach(const Source& source, const RowPick& pick, int64_t first, uint8_t* to) const {
    for (int64_t row = pick.begin; row < pick.end(); ++row) {
      if (has_nulls_ && !GetBit(bits_.data(), first + row - pick.begin)) continue;
      const int64_t value = source.ValueOf(row);
      const uint8_t* const from = source.values + source.ends[value];
      const int64_t length = source.LengthOf(value);
      if (length <= kShortCopy && source.readable_end - from >= kShortCopy) std::memcpy(to, from, kShortCopy);
      else if (length > 0) std::memcpy(to, from, static_cast<size_t>(length));
      to += length;
    }
    return to;
  }

  Status PutItems(PickedRows rows, arrow::BufferBuilder* out) {
    int64_t count = 0;
    ARROW_RETURN_NOT_OK(PutLengths(rows, &count, out));
    std::vector<RowPick> items;  // those that stand together are one pick
    int64_t i = 0;
    for (const RowPick& pick : rows.picks) {
      const Source& source = sources_[pick.batch];
      for (int64_t row = pick.begin; row < pick.end(); ++row) {
        if (has_nulls_ && !GetBit(bits_.data(), i++)) continue;
        const RowPick more{pick.batch, source.ends[row], source.ends[row + 1] - source.ends[row]};
        if (more.count == 0) continue;
        const bool follows = !items.empty() && items.back().batch == more.batch && items.back().end() == more.begin;
        if (follows) items.back().count += more.count;
        else items.push_back(more);
      }
    }
    return children_[0].Put({items, count}, nullptr, out);
  }

  // Of the rows that are not null; `sum`: of them.
  Status PutLengths(PickedRows rows, int64_t* sum, arrow::BufferBuilder* out) {
    if (valid_ > 0) {
      ARROW_ASSIGN_OR_RAISE(const bool put, PutShortLengths(rows, sum, out));
      if (put) return Status::OK();
    }
    const auto lengths_of = [](const Source& source) {
      return [&source](int64_t row) { return int64_t{source.LengthOf(source.ValueOf(row))}; };
    };
    numbers_.resize(static_cast<size_t>(rows.count) + 1);
    Collect(rows, lengths_of, numbers_.data());
    const auto lengths = Collected();
    *sum = std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
    return PutNumbers(lengths, nullptr, out);
  }

  // False, and nothing is put, when one does not fit a byte.
  Result<bool> PutShortLengths(PickedRows rows, int64_t* sum, arrow::BufferBuilder* out) const {
    ARROW_RETURN_NOT_OK(out->Reserve(2 + rows.count));  // a null behind the last value leaves a byte there
    uint8_t* to = out->mutable_data() + out->length();
    *to++ = NumberForm{0, 1, 0}.Byte();
    const uint8_t* const bits = bits_.data();
    const bool has_nulls = has_nulls_;
    int64_t all = 0, i = 0;
    uint32_t seen = 0;
    for (const auto [batch, begin, count] : rows.picks) {
      const Source& source = sources_[batch];
      const int32_t* const ends = source.ends;
      const int32_t* const codes = source.codes;
      for (int64_t row = begin; row < begin + count; ++row) {
        const int64_t value = codes == nullptr ? row : codes[row];
        const int32_t taken = has_nulls ? -int32_t{GetBit(bits, i++)} : -1;
        const int32_t length = (ends[value + 1] - ends[value]) & taken;
        *to = static_cast<uint8_t>(length);
        seen |= static_cast<uint32_t>(length);
        all += length;
        to -= taken;
      }
    }
    if (seen > UINT8_MAX) return false;
    *sum = all;
    out->UnsafeAdvance(1 + valid_);
    return true;
  }

  std::span<const int64_t> Collected() const { return std::span(numbers_).first(static_cast<size_t>(valid_)); }

  RowKind kind_ = RowKind::kStruct;
  std::vector<Source> sources_;
  std::vector<Column> children_;
  Frame frame_;
  Words words_;
  bool all_short_ = true;  // all rows have short codes
  // Of the slice at hand.
  int64_t valid_ = 0;
  bool has_nulls_ = false;
  std::vector<uint8_t> bits_;  // 1 = not null
  std::vector<int64_t> numbers_;
};

RowWriter::RowWriter() = default;
RowWriter::~RowWriter() = default;

Status RowWriter::Hold(const arrow::RecordBatch& batch) {
  columns_.resize(static_cast<size_t>(batch.num_columns()));
  for (size_t i = 0; i < columns_.size(); ++i) {
    ARROW_RETURN_NOT_OK(columns_[i].Hold(batch.column(static_cast<int>(i))));
  }
  return Status::OK();
}

void RowWriter::Release() { columns_.clear(); }

Status RowWriter::Append(std::span<const RowPick> picks, arrow::BufferBuilder* out) {
  slice_.clear();
  int64_t rows = 0;
  for (RowPick pick : picks) {
    while (pick.count > 0) {
      const int64_t taken = std::min(pick.count, kSliceRowsMax - rows);
      slice_.push_back({pick.batch, pick.begin, taken});
      pick.begin += taken;
      pick.count -= taken;
      rows += taken;
      if (rows == kSliceRowsMax) ARROW_RETURN_NOT_OK(PutSlice(&rows, out));
    }
  }
  return rows > 0 ? PutSlice(&rows, out) : Status::OK();
}

Status RowWriter::PutSlice(int64_t* rows, arrow::BufferBuilder* out) {
  const auto count = static_cast<uint16_t>(*rows);
  ARROW_RETURN_NOT_OK(out->Append(&count, sizeof count));
  for (Column& column : columns_) ARROW_RETURN_NOT_OK(column.Put({slice_, *rows}, nullptr, out));
  slice_.clear();
  *rows = 0;
  return Status::OK();
}

}  // namespace freight
