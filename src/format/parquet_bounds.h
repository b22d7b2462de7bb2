// Running minimum and maximum of a column's values, per page and per column chunk, in the order Parquet defines.
#pragma once

#include "format/parquet_extremes.h"
#include "format/parquet_pages.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace freight {

// Bounds of integers and floating point numbers. NaN has no order and is passed over; a zero bound takes the sign
// that makes it a bound for both zeros, as the format demands.
template <typename T>
class NumberBounds {
 public:
  void Update(const T* values, int64_t count) {
    Extend(values, count);
    any_ = any_ || AnyOrdered(values, count);
  }
  void Merge(const NumberBounds& page) {
    if (!page.any_) return;
    min_ = page.min_ < min_ ? page.min_ : min_;
    max_ = page.max_ > max_ ? page.max_ : max_;
    any_ = true;
  }
  bool any() const { return any_; }
  T min() const {
    if constexpr (std::is_floating_point_v<T>) return min_ == 0 ? -T{0} : min_;
    return min_;
  }
  T max() const {
    if constexpr (std::is_floating_point_v<T>) return max_ == 0 ? T{0} : max_;
    return max_;
  }

 private:
  static constexpr T Lowest() {
    if constexpr (std::is_floating_point_v<T>) return -std::numeric_limits<T>::infinity();
    else if constexpr (std::is_same_v<T, __int128>) return static_cast<T>(static_cast<unsigned __int128>(1) << 127);
    else return std::numeric_limits<T>::lowest();
  }
  static constexpr T Highest() {
    if constexpr (std::is_floating_point_v<T>) return std::numeric_limits<T>::infinity();
    else if constexpr (std::is_same_v<T, __int128>) return ~Lowest();
    else return std::numeric_limits<T>::max();
  }
  void Extend(const T* values, int64_t count) {
    if constexpr (std::is_same_v<T, __int128>) {
      ExtendRangeByOne(values, count, &min_, &max_);
    } else {
      static const ExtendRange<T> extend = BestExtendRange<T>();
      extend(values, count, &min_, &max_);
    }
  }
  static bool AnyOrdered(const T* values, int64_t count) {
    if constexpr (std::is_floating_point_v<T>) {
      for (int64_t i = 0; i < count; ++i) {
        if (!std::isnan(values[i])) return true;
      }
      return false;
    }
    return count > 0;
  }

  T min_ = Highest();
  T max_ = Lowest();
  bool any_ = false;
};

// Bounds of byte strings in unsigned byte order, holding no more than kBoundBytesMax of each. Cutting keeps order
// (a <= b implies cut(a) <= cut(b)), so that the cut of the maximum is the maximum of the cuts.
class BytesBounds {
 public:
  // `word` holds the value's first eight bytes as a big-endian number, zero-filled: it settles almost every value.
  void Update(uint64_t word, const uint8_t* bytes, int64_t length) {
    UpdateIf(true, word, bytes, length);
  }
  void UpdateIf(bool valid, uint64_t word, const uint8_t* bytes, int64_t length) {
    const bool touches = static_cast<int>(word <= min_word_) | static_cast<int>(word >= max_word_);
    if (static_cast<int>(touches) & static_cast<int>(valid)) [[unlikely]] {
      UpdateSlow(word, std::string_view(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length)));
    }
  }
  void Update(std::string_view value);
  void Merge(const BytesBounds& page);
  // `text`: bounds stay valid UTF-8.
  ValueBounds Finish(bool text) const;

  // First eight of `length` bytes; `bytes` must have eight readable ones.
  static uint64_t Word(const uint8_t* bytes, int64_t length) {
    uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    constexpr uint64_t kAll = ~uint64_t{0};
    static constexpr uint64_t kFirst[] = {0,          kAll >> 56, kAll >> 48, kAll >> 40, kAll >> 32,
                                          kAll >> 24, kAll >> 16, kAll >> 8,  kAll};
    return __builtin_bswap64(word & kFirst[std::min<int64_t>(length, 8)]);
  }

 private:
  void UpdateSlow(uint64_t word, std::string_view value);
  void UpdateMin(uint64_t word, std::string_view cut, bool longer);
  void UpdateMax(uint64_t word, std::string_view cut, bool longer);

  bool any_ = false;
  uint64_t min_word_ = ~uint64_t{0};
  uint64_t max_word_ = 0;
  std::string min_, max_;
  bool min_longer_ = false;  // the smallest value goes on after the cut
  bool max_longer_ = false;
};

// The smallest string above every string that begins with `prefix`, no longer than it; nullopt if there is none.
std::optional<std::string> NextAfterPrefix(std::string_view prefix, bool text);

}  // namespace freight
