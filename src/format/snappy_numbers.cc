// Finds what comes back by small tables of last places. One lookup decides for each value, and where the columns that
// this is for decide either way by chance, numbers do it without a branch.
#include "format/snappy_numbers.h"

#include "base/status.h"
#include "format/snappy_block.h"
#include "format/zstd_numbers.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace freight {
namespace {

constexpr int64_t kFragmentBytes = 64 << 10;

template <typename T>
void Store(uint8_t* at, T word) {
  std::memcpy(at, &word, sizeof word);
}

// Elements one behind the other, of which the last one may still grow.
class Elements {
 public:
  explicit Elements(uint8_t* at) : at_(at) {}
  uint8_t* at() const { return at_; }

  // A copy of a whole value goes on with the copy before it if that one lies as far back.
  void Whole(uint32_t width, uint32_t offset) {
    const bool grows = (offset == offset_) & (length_ + width <= kSnappyCopyMax);
    at_ -= (at_ - copy_) & -static_cast<int64_t>(grows);
    Copy(width + Either(grows, length_, 0), offset);
  }

  // `low` bytes, at most 4, and a copy of the others.
  void LowAndCopy(uint64_t value, uint32_t width, uint32_t low, uint32_t offset) {
    Store(at_, (value << 8) | ((low - 1) << 2));
    at_ += low + 1;
    Copy(width - low, offset);
  }

  template <typename U>
  void Literal(U value) {
    if (at_ == literal_end_ && *literal_ < (kSnappyShortLiteralMax - sizeof value) << 2) {
      *literal_ = static_cast<uint8_t>(*literal_ + (sizeof value << 2));
    } else {
      literal_ = at_;
      *at_++ = (sizeof value - 1) << 2;
    }
    Store(at_, value);
    at_ += sizeof value;
    literal_end_ = at_;
    offset_ = 0;
  }

 private:
  void Copy(uint32_t length, uint32_t offset) {
    const bool near = (offset < kSnappyNearOffsets) & (length <= kSnappyNearCopyMax);
    const uint32_t far_tag = 2 + ((length - 1) << 2) + (offset << 8);
    // The kind, what a length counts from, and the place of the offset's upper bits.
    const uint32_t less = 1 + ((kSnappyCopyMin - 1) << 2) + (offset >> 8) * ((1 << 16) - (1 << 5));
    Store(at_, far_tag - Either(near, less, 0));
    copy_ = at_;
    length_ = length;
    offset_ = offset;
    at_ += 3 - static_cast<int>(near);
  }

  uint8_t* at_;
  uint8_t* copy_ = nullptr;  // the last one
  uint32_t length_ = 0;
  uint32_t offset_ = 0;  // 0: the last element is none
  uint8_t* literal_ = nullptr;
  uint8_t* literal_end_ = nullptr;
};

struct NoPlaces {
  uint32_t Replace(uint64_t, uint32_t) { return 0; }
};

// The values of one fragment behind its first one, which is a literal.
template <typename U, int kLow>
class ValueWriter {
 public:
  ValueWriter(const uint8_t* values, uint32_t count, std::span<uint8_t> out)
      : values_(values), count_(count), out_(out) {}

  // Where the elements end; null without room.
  uint8_t* Write() {
    Elements elements(out_.data());
    const uint8_t* const end = out_.data() + out_.size();
    for (uint32_t i = 1; i < count_;) {
      // As many as there is room for if each is a literal. Other elements are shorter, and so are the words they fill.
      const int64_t fit = (end - elements.at()) / static_cast<int64_t>(kWidth + 1);
      if (fit <= 0) return nullptr;
      const auto stop = static_cast<uint32_t>(std::min<int64_t>(count_, i + fit));
      for (; i < stop; ++i) Value(i, elements);
    }
    return elements.at();
  }

 private:
  static constexpr uint32_t kWidth = sizeof(U);

  U At(uint32_t i) const { return LoadNumber<U>(values_ + i * kWidth); }

  void Value(uint32_t i, Elements& elements) {
    const U value = At(i);
    const uint32_t whole = wholes_.Replace(value, i);
    const uint32_t upper = uppers_.Replace(value >> (8 * kLow), i);
    if (At(whole) == value) return elements.Whole(kWidth, (i - whole) * kWidth);
    if (kLow > 0 && (At(upper) ^ value) >> (8 * kLow) == 0) {
      return elements.LowAndCopy(value, kWidth, kLow, (i - upper) * kWidth);
    }
    auto low = static_cast<uint32_t>(DifferingBytes(value, At(i - 1)));
    uint32_t back = 1;
    if constexpr (kLow == 1) {  // some values of such a column have a byte more
      const uint32_t other = others_.Replace(value >> 16, i);
      const bool better = (low > 2) & ((At(other) ^ value) >> 16 == 0);
      low = Either(better, 2, low);
      back = Either(better, i - other, 1);
    }
    if (low > kWidth - kSnappyCopyMin) return elements.Literal(value);
    elements.LowAndCopy(value, kWidth, low, back * kWidth);
  }

  const uint8_t* const values_;
  const uint32_t count_;
  const std::span<uint8_t> out_;
  LastPlaces<12> wholes_;
  std::conditional_t<(kLow > 0), LastPlaces<11>, NoPlaces> uppers_;
  std::conditional_t<kLow == 1, LastPlaces<8>, NoPlaces> others_;
};

template <typename U, int kLow>
std::optional<int64_t> WriteBlock(std::string_view body, int64_t value_bytes, std::span<uint8_t> out) {
  constexpr auto kWidth = static_cast<int64_t>(sizeof(U));
  const auto* const bytes = reinterpret_cast<const uint8_t*>(body.data());
  const auto length = static_cast<int64_t>(body.size());
  const uint8_t* const out_end = out.data() + out.size();
  if (static_cast<int64_t>(out.size()) < kSnappyLengthBytesMax) return std::nullopt;
  uint8_t* at = PutSnappyLength(body.size(), out.data());
  for (int64_t begin = 0; begin < length; begin += kFragmentBytes) {
    const int64_t end = std::min(begin + kFragmentBytes, length);
    const int64_t front = length - value_bytes;
    // Behind what is no value, or the end of one that began in the fragment before.
    const int64_t first = std::min(begin <= front ? front : begin + (length - begin) % kWidth, end);
    const int64_t count = (end - first) / kWidth;
    const int64_t literal = first - begin + (count > 0 ? kWidth : 0);
    const int64_t rest = end - first - count * kWidth;
    if (out_end - at < literal + rest + 2 * kSnappyLiteralTagMax) return std::nullopt;
    at = PutSnappyLiteral(bytes + begin, literal, at);
    if (count > 1) {
      ValueWriter<U, kLow> values(bytes + first, static_cast<uint32_t>(count), {at, out_end});
      at = values.Write();
      if (at == nullptr || out_end - at < rest + kSnappyLiteralTagMax) return std::nullopt;
    }
    at = PutSnappyLiteral(bytes + end - rest, rest, at);
  }
  return at - out.data();
}

}  // namespace

std::optional<int64_t> WriteSnappyNumbers(std::string_view body, int64_t value_bytes, const SnappyNumbers& shape,
                                          std::span<uint8_t> out) {
  FREIGHT_ASSERT(shape.width == 8 ? shape.low >= 0 && shape.low <= 2 : shape.width == 4 && shape.low == 0);
  FREIGHT_ASSERT(body.size() <= UINT32_MAX && value_bytes % shape.width == 0);
  if (shape.width == 4) return WriteBlock<uint32_t, 0>(body, value_bytes, out);
  switch (shape.low) {
    case 0: return WriteBlock<uint64_t, 0>(body, value_bytes, out);
    case 1: return WriteBlock<uint64_t, 1>(body, value_bytes, out);
    default: return WriteBlock<uint64_t, 2>(body, value_bytes, out);
  }
}

SnappyNumbers ChooseSnappyNumbers(std::string_view values, int width, int64_t bytes_max, std::span<uint8_t> scratch) {
  constexpr int kQuickestFirst[] = {0, 2, 1};
  for (const int low : std::span(kQuickestFirst).first(width == 8 ? 3 : 1)) {
    const SnappyNumbers shape{width, low};
    const auto bytes = WriteSnappyNumbers(values, static_cast<int64_t>(values.size()), shape, scratch);
    if (bytes && *bytes <= bytes_max) return shape;
  }
  return {};
}

}  // namespace freight
