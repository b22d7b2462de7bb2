// One codec per storage type: a fast path that may say no, the careful parser behind it, and what rules compare.
//
// A codec has: Value; Fast (false = ask Careful; may read 64 bytes from p); Careful (the verdict); Key (equal keys are
// equal values, ordered as the values are). For blocks of fields (field_blocks.h) there may be: kBlocks, the kernel;
// BlockForm, what it wants and the values that the type and a word can hold (separator 0: 'T' or ' '), or nothing where
// it does not pay; FromText, the second half of Fast.
#pragma once

#include "contract/civil_time.h"
#include "contract/contract.h"
#include "contract/exact_text.h"
#include "contract/kernels_digits.h"
#include "contract/kernels_number.h"
#include "contract/kernels_time.h"
#include "contract/text_format.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace freight {

template <typename T>
struct IntegerCodec {
  using Value = T;
  bool Fast(const char* p, uint32_t n, T* out) const {
    int64_t value;
    if (!kernels::FastInteger(p, n, &value)) return false;
    *out = static_cast<T>(value);
    // Comparing through the widest type also refuses what a cast to unsigned would wrap.
    return std::is_same_v<T, uint64_t> ? value >= 0 : static_cast<int64_t>(*out) == value;
  }
  TypeError Careful(std::string_view text, T* out) const {
    __int128 value = 0;
    const TypeError error =
        ParseInteger(text, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), &value);
    *out = static_cast<T>(value);
    return error;
  }
  static __int128 Key(T value) { return value; }
  static constexpr auto kBlocks = &kernels::DigitKernels::declared;
  static kernels::DigitForm BlockForm() {
    constexpr uint64_t kWordMax = std::numeric_limits<int64_t>::max();
    return {.least = static_cast<int64_t>(std::numeric_limits<T>::min()),
            .greatest = static_cast<int64_t>(std::min<uint64_t>(std::numeric_limits<T>::max(), kWordMax))};
  }
};

template <typename T>  // int32_t, int64_t, __int128: the storage of decimal32, 64, 128
class DecimalCodec {
 public:
  using Value = T;
  DecimalCodec(int precision, int scale) : precision_(precision), scale_(static_cast<uint32_t>(scale)) {
    for (int shift = 0; shift <= scale; ++shift) {
      const __int128 limit = (PowerOfTen(precision) - 1) / PowerOfTen(shift);
      constexpr __int128 kWordMax = std::numeric_limits<uint64_t>::max();
      digits_max_[shift] = static_cast<uint64_t>(limit < kWordMax ? limit : kWordMax);
      power_[shift] = static_cast<T>(PowerOfTen(shift));
    }
  }
  bool Fast(const char* p, uint32_t n, T* out) const {
    kernels::DecimalText text;
    return kernels::FastDecimal(p, n, &text) && FromText(text, out);
  }
  bool FromText(const kernels::DecimalText& text, T* out) const {
    // Within digits_max the product has at most `precision` digits: one comparison covers overflow and range.
    const uint32_t shift = scale_ - text.scale;
    if (shift > scale_ || text.digits > digits_max_[shift]) return false;
    const T magnitude = static_cast<T>(text.digits) * power_[shift];
    *out = text.negative ? -magnitude : magnitude;
    return true;
  }
  TypeError Careful(std::string_view text, T* out) const {
    __int128 value = 0;
    const TypeError error = ParseDecimal(text, precision_, static_cast<int>(scale_), &value);
    *out = static_cast<T>(value);
    return error;
  }
  static __int128 Key(T value) { return value; }
  static constexpr auto kBlocks = &kernels::DigitKernels::declared;
  kernels::DigitForm BlockForm() const {
    const __int128 limit = std::min<__int128>(PowerOfTen(precision_) - 1, std::numeric_limits<int64_t>::max());
    return {.least = static_cast<int64_t>(-limit), .greatest = static_cast<int64_t>(limit), .scale = scale_};
  }

 private:
  int precision_;
  uint32_t scale_;
  uint64_t digits_max_[39] = {};
  T power_[39] = {};
};

template <typename T>  // float, double
struct RealCodec {
  using Value = T;
  bool Fast(const char* p, uint32_t n, T* out) const {
    kernels::DecimalText text;
    return kernels::FastDecimal(p, n, &text) && FromText(text, out);
  }
  bool FromText(const kernels::DecimalText& text, T* out) const {
    // Both operands exact in T, so one division rounds once: the nearest value (Clinger's fast path).
    constexpr uint64_t kExactDigits = 1ull << std::numeric_limits<T>::digits;
    constexpr uint32_t kExactPowers = std::is_same_v<T, float> ? 10 : 22;
    if (text.digits > kExactDigits || text.scale > kExactPowers) return false;
    const T magnitude = static_cast<T>(text.digits) / static_cast<T>(kernels::kPow10[text.scale]);
    *out = text.negative ? -magnitude : magnitude;
    return true;
  }
  TypeError Careful(std::string_view text, T* out) const { return ParseReal(text, out); }
  // The bits, turned so that they order as the numbers do; -0 is 0, and NaN is itself.
  static __int128 Key(T value) {
    const double wide = value == 0 ? 0.0 : static_cast<double>(value);
    const auto bits = std::bit_cast<int64_t>(wide);
    return bits < 0 ? std::numeric_limits<int64_t>::min() - static_cast<__int128>(bits) : bits;
  }
};

// Declared spellings, exactly.
class BooleanCodec {
 public:
  using Value = uint8_t;
  BooleanCodec(std::vector<std::string> true_spellings, std::vector<std::string> false_spellings)
      : true_(std::move(true_spellings)), false_(std::move(false_spellings)) {
    for (const std::string& spelling : true_) AddShort(spelling, true);
    for (const std::string& spelling : false_) AddShort(spelling, false);
  }
  bool Fast(const char* p, uint32_t n, uint8_t* out) const {
    if (n - 1 >= 8) return false;
    const uint64_t word = kernels::AlignDigits(kernels::Load64(p), n);
    bool is_true = false, is_false = false;
    for (const Short& spelling : short_) {
      const bool same = (spelling.word == word) & (spelling.length == n);
      is_true |= same & spelling.value;
      is_false |= same & !spelling.value;
    }
    *out = is_true;
    return is_true | is_false;
  }
  TypeError Careful(std::string_view text, uint8_t* out) const {
    *out = Contains(true_, text);
    return *out || Contains(false_, text) ? TypeError() : Reason::kNotOfType;
  }
  static __int128 Key(uint8_t value) { return value; }

 private:
  struct Short {
    uint64_t word;
    uint32_t length;
    bool value;
  };
  static bool Contains(const std::vector<std::string>& spellings, std::string_view text) {
    for (const std::string& spelling : spellings) {
      if (spelling == text) return true;
    }
    return false;
  }
  void AddShort(const std::string& spelling, bool value) {
    const auto n = static_cast<uint32_t>(spelling.size());
    if (n - 1 >= 8) return;
    char padded[8] = {};
    spelling.copy(padded, n);
    short_.push_back({kernels::AlignDigits(kernels::Load64(padded), n), n, value});
  }
  std::vector<std::string> true_, false_;
  std::vector<Short> short_;
};

struct DateCodec {
  using Value = int32_t;
  bool Fast(const char* p, uint32_t n, int32_t* out) const { return kernels::FastDate(p, n, out); }
  TypeError Careful(std::string_view text, int32_t* out) const { return ParseIsoDate(text, out); }
  static __int128 Key(int32_t value) { return value; }
  static constexpr auto kBlocks = &kernels::DigitKernels::dates;
  static kernels::DigitForm BlockForm() { return {}; }
};

struct TimeCodec {
  using Value = int64_t;
  bool Fast(const char*, uint32_t, int64_t*) const { return false; }
  TypeError Careful(std::string_view text, int64_t* out) const { return ParseIsoTime(text, out); }
  static __int128 Key(int64_t value) { return value; }
};

template <bool kWithZone>
struct TimestampCodec {
  using Value = int64_t;
  mutable kernels::MinuteMemo memo;  // spares work, changes no answer
  bool Fast(const char* p, uint32_t n, int64_t* out) const {
    return kWithZone ? kernels::FastZonedTimestamp(p, n, &memo, out) : kernels::FastTimestamp(p, n, &memo, out);
  }
  TypeError Careful(std::string_view text, int64_t* out) const { return ParseIsoTimestamp(text, kWithZone, out); }
  static __int128 Key(int64_t value) { return value; }
  static constexpr auto kBlocks = &kernels::DigitKernels::timestamps;
  static kernels::DigitForm BlockForm() { return {.separator = 0, .utc = kWithZone}; }
};

template <typename T>  // int32_t for dates, int64_t for times and timestamps
struct FormattedCodec {
  using Value = T;
  std::vector<TextFormat> formats;
  TypeId type;
  char separator = 0;  // of IsoSeparator
  mutable kernels::MinuteMemo memo{};
  bool Fast(const char* p, uint32_t n, T* out) const {
    if constexpr (std::is_same_v<T, int64_t>) {
      return n == 19 && p[10] == separator && kernels::FastTimestamp(p, n, &memo, out);
    } else {
      return separator == '-' && kernels::FastDate(p, n, out);
    }
  }
  TypeError Careful(std::string_view text, T* out) const {
    int64_t value = 0;
    const TypeError error = ParseFormatted(text, formats, type, &value);
    *out = static_cast<T>(value);
    return error;
  }
  static __int128 Key(T value) { return value; }
  static constexpr auto kBlocks =
      std::is_same_v<T, int64_t> ? &kernels::DigitKernels::timestamps : &kernels::DigitKernels::dates;
  std::optional<kernels::DigitForm> BlockForm() const {
    if (separator == 0) return std::nullopt;
    return kernels::DigitForm{.separator = separator};
  }
};

struct UuidCodec {
  using Value = Uuid;
  bool Fast(const char*, uint32_t, Uuid*) const { return false; }
  TypeError Careful(std::string_view text, Uuid* out) const { return ParseUuid(text, out); }
  static __int128 Key(const Uuid& value) { return std::bit_cast<__int128>(value); }
};

// Where the one format is ISO 8601, of timestamps to the second without a zone: what stands between date and time, or
// between the numbers of a date; else 0.
inline char IsoSeparator(const ColumnType& type) {
  if (type.formats.size() != 1) return 0;
  if (type.id == TypeId::kDate) return type.formats[0] == "yyyy-MM-dd" ? '-' : 0;
  if (type.id != TypeId::kTimestamp || type.with_zone) return 0;
  if (type.formats[0] == "yyyy-MM-dd HH:mm:ss") return ' ';
  return type.formats[0] == "yyyy-MM-dd'T'HH:mm:ss" ? 'T' : 0;
}

// Calls use(codec) with the codec of a type that is neither string nor binary. The formats must compile.
template <typename Use>
auto WithCodec(const ColumnType& type, std::vector<TextFormat> formats, Use&& use) {
  switch (type.id) {
    case TypeId::kInt8: return use(IntegerCodec<int8_t>());
    case TypeId::kInt16: return use(IntegerCodec<int16_t>());
    case TypeId::kInt32: return use(IntegerCodec<int32_t>());
    case TypeId::kInt64: return use(IntegerCodec<int64_t>());
    case TypeId::kUInt8: return use(IntegerCodec<uint8_t>());
    case TypeId::kUInt16: return use(IntegerCodec<uint16_t>());
    case TypeId::kUInt32: return use(IntegerCodec<uint32_t>());
    case TypeId::kUInt64: return use(IntegerCodec<uint64_t>());
    case TypeId::kDecimal:
      if (type.precision <= 9) return use(DecimalCodec<int32_t>(type.precision, type.scale));
      if (type.precision <= 18) return use(DecimalCodec<int64_t>(type.precision, type.scale));
      return use(DecimalCodec<__int128>(type.precision, type.scale));
    case TypeId::kFloat: return use(RealCodec<float>());
    case TypeId::kDouble: return use(RealCodec<double>());
    case TypeId::kBoolean: return use(BooleanCodec(type.true_spellings, type.false_spellings));
    case TypeId::kDate:
      if (!formats.empty()) return use(FormattedCodec<int32_t>{std::move(formats), type.id, IsoSeparator(type)});
      return use(DateCodec());
    case TypeId::kTime:
      if (!formats.empty()) return use(FormattedCodec<int64_t>{std::move(formats), type.id});
      return use(TimeCodec());
    case TypeId::kTimestamp:
      if (!formats.empty()) return use(FormattedCodec<int64_t>{std::move(formats), type.id, IsoSeparator(type)});
      return type.with_zone ? use(TimestampCodec<true>()) : use(TimestampCodec<false>());
    case TypeId::kUuid: return use(UuidCodec());
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kStruct:
    case TypeId::kList: break;
  }
  FREIGHT_ASSERT(false);
}

}  // namespace freight
