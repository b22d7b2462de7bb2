// Fast paths from digits to integers and decimals: eight digits per machine word, no loop, no table.
//
// Each takes the usual text of its type or says false, also for what is wrong: the careful parsers of exact_text.h then
// decide. All may read 16 bytes from `p`, whatever the length.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace freight::kernels {

static_assert(std::endian::native == std::endian::little, "the first digit is taken from the lowest byte");

// Called in loops over columns, once per type: the compiler would otherwise keep them apart and pass results by memory.
#define FREIGHT_KERNEL [[gnu::always_inline]] inline

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;

inline uint64_t Load64(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// Eight characters as digit values; bytes that are no digit come out above 9.
inline uint64_t LoadDigits(const char* p) { return Load64(p) ^ ('0' * kOnes); }

// All eight bytes are 0..9. The addition may carry only out of a byte whose own high bit is set, which fails anyway.
inline bool AreDigits(uint64_t x) { return (((x + 0x76 * kOnes) | x) & kHighBits) == 0; }

// The number that eight digit values spell, the first in the lowest byte: pairs, then fours, then eight.
inline uint64_t FoldDigits(uint64_t x) {
  x = x * 10 + (x >> 8);
  const uint64_t low_pairs = (x & 0x000000FF000000FF) * (100 + (1'000'000ull << 32));
  const uint64_t high_pairs = ((x >> 16) & 0x000000FF000000FF) * (1 + (10'000ull << 32));
  return (low_pairs + high_pairs) >> 32;
}

// Moves the first `n` (1..8) of eight bytes to the end, zeros before them.
inline uint64_t AlignDigits(uint64_t x, uint32_t n) { return x << (64 - 8 * n); }

constexpr uint64_t kPow10[20] = {1ull, 10ull, 100ull, 1'000ull, 10'000ull, 100'000ull, 1'000'000ull, 10'000'000ull,
                                 100'000'000ull, 1'000'000'000ull, 10'000'000'000ull, 100'000'000'000ull,
                                 1'000'000'000'000ull, 10'000'000'000'000ull, 100'000'000'000'000ull,
                                 1'000'000'000'000'000ull, 10'000'000'000'000'000ull, 100'000'000'000'000'000ull,
                                 1'000'000'000'000'000'000ull, 10'000'000'000'000'000'000ull};

// 9 to 18 digits: eight, up to eight more, and the last two at most.
inline bool LongDigits(const char* p, uint32_t n, uint64_t* value) {
  const uint64_t first = LoadDigits(p);
  uint64_t second = LoadDigits(p + 8);
  const uint32_t in_second = n < 16 ? n - 8 : 8;
  second = AlignDigits(second, in_second);
  if (!AreDigits(first) || !AreDigits(second)) return false;
  *value = FoldDigits(first) * kPow10[in_second] + FoldDigits(second);
  for (uint32_t i = 16; i < n; ++i) {
    const uint32_t digit = static_cast<uint8_t>(p[i]) - '0';
    if (digit > 9) return false;
    *value = *value * 10 + digit;
  }
  return true;
}

// [-]digits, up to 18 of them.
FREIGHT_KERNEL bool FastInteger(const char* p, uint32_t n, int64_t* value) {
  const uint32_t negative = *p == '-';
  p += negative;
  n -= negative;
  uint64_t magnitude;
  if (n - 1 < 8) {
    const uint64_t x = AlignDigits(LoadDigits(p), n);
    if (!AreDigits(x)) return false;
    magnitude = FoldDigits(x);
  } else if (n - 1 >= 18 || !LongDigits(p, n, &magnitude)) {
    return false;
  }
  const int64_t sign = -static_cast<int64_t>(negative);
  *value = (static_cast<int64_t>(magnitude) ^ sign) - sign;
  return true;
}

// A decimal as written: value = digits / 10^scale.
struct DecimalText {
  uint64_t digits;
  uint32_t scale;
  bool negative;
};

// The lowest zero byte of x is found exactly; 64 when there is none.
inline uint32_t FirstZeroByteBit(uint64_t x) { return std::countr_zero((x - kOnes) & ~x & kHighBits) & ~7u; }

constexpr uint64_t kPoint = ('.' ^ '0') * kOnes;

// At most 8 bytes: the point is cut out and the rest is one word of digits.
FREIGHT_KERNEL bool ShortDecimal(const char* p, uint32_t n, DecimalText* out) {
  const uint64_t x = LoadDigits(p);
  const uint32_t point_bit = FirstZeroByteBit(x ^ kPoint);
  if (point_bit >= 8 * n) {
    out->scale = 0;
    const uint64_t digits = AlignDigits(x, n);
    out->digits = FoldDigits(digits);
    return AreDigits(digits);
  }
  out->scale = n - 1 - point_bit / 8;
  if (point_bit == 0 || out->scale == 0) return false;
  const uint64_t before = (1ull << point_bit) - 1;
  const uint64_t joined = (x & before) | ((x >> 8) & ~before);
  const uint64_t digits = AlignDigits(joined, n - 1);
  out->digits = FoldDigits(digits);
  return AreDigits(digits);
}

// 9 to 16 bytes, so 8 digits at least: the same over two words.
inline bool LongDecimal(const char* p, uint32_t n, DecimalText* out) {
  __extension__ typedef unsigned __int128 Wide;
  const uint64_t low = LoadDigits(p), high = LoadDigits(p + 8);
  uint32_t point_bit = FirstZeroByteBit(low ^ kPoint);
  if (point_bit == 64) point_bit += FirstZeroByteBit(high ^ kPoint);
  const Wide x = static_cast<Wide>(high) << 64 | low;
  Wide joined = x;
  uint32_t count = n;
  out->scale = 0;
  if (point_bit < 8 * n) {
    out->scale = n - 1 - point_bit / 8;
    if (point_bit == 0 || out->scale == 0) return false;
    const Wide before = (static_cast<Wide>(1) << point_bit) - 1;
    joined = (x & before) | ((x >> 8) & ~before);
    count = n - 1;
  }
  const uint64_t first = static_cast<uint64_t>(joined);
  if (!AreDigits(first)) return false;
  if (count == 8) {
    out->digits = FoldDigits(first);
    return true;
  }
  const uint64_t tail = AlignDigits(static_cast<uint64_t>(joined >> 64), count - 8);
  out->digits = FoldDigits(first) * kPow10[count - 8] + FoldDigits(tail);
  return AreDigits(tail);
}

// [-]digits[.digits], up to 16 bytes without the sign.
FREIGHT_KERNEL bool FastDecimal(const char* p, uint32_t n, DecimalText* out) {
  const uint32_t negative = *p == '-';
  p += negative;
  n -= negative;
  out->negative = negative;
  if (n - 1 < 8) return ShortDecimal(p, n, out);
  return n - 1 < 16 && LongDecimal(p, n, out);
}

}  // namespace freight::kernels
