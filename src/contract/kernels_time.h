// Fast paths for ISO 8601 dates and timestamps: digit pairs are folded within machine words.
//
// Each takes the usual text or says false, also for what is wrong: civil_time.h then decides. FastDate may read 16
// bytes from `p`, the timestamps 40, whatever the length.
#pragma once

#include "contract/civil_time.h"
#include "contract/kernels_number.h"

#include <cstdint>

namespace freight::kernels {

// Bytes that must be a digit (0x76 above 9 reaches the high bit) or, after the separators are taken off, zero (0x7f).
constexpr uint64_t kYearMonthForm = 0x7f76'767f'7676'7676;  // 2026-06-
constexpr uint64_t kDayMinuteForm = 0x7676'7f76'767f'7676;  // 11T10:20
constexpr uint64_t kOffsetForm = 0x7f7f'7f76'767f'7676;     // 02:00
constexpr uint64_t kSecondForm = 0x7f7f'7f7f'7f76'767f;     // :30

inline bool HasForm(uint64_t x, uint64_t form) { return (((x + form) | x) & kHighBits) == 0; }

// In byte i: ten times digit i plus digit i + 1.
inline uint64_t Pairs(uint64_t x) { return x * 10 + (x >> 8); }
inline uint32_t ByteOf(uint64_t x, int i) { return (x >> (8 * i)) & 0xff; }

// Days between 1 March and the 1st of a month, of the months 1 to 12.
constexpr int kDaysBeforeMonth[13] = {0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};

// "yyyy-MM-" and the day of a date that exists.
FREIGHT_KERNEL bool FastDays(uint64_t year_month, uint32_t day, int32_t* days) {
  const uint64_t x = year_month ^ 0x2d30'302d'3030'3030;
  if (!HasForm(x, kYearMonthForm)) return false;
  const uint64_t pairs = Pairs(x);
  const int year = static_cast<int>(ByteOf(pairs, 0) * 100 + ByteOf(pairs, 2));
  const int month = static_cast<int>(ByteOf(pairs, 5));
  // Up to the 28th every month will do; the rest asks the calendar.
  if (year < 1 || month - 1u >= 12 || day < 1) return false;
  if (day > 28 && !IsDate(year, month, static_cast<int>(day))) return false;
  // As DaysFromCivil, with the centuries divided once.
  const int y = year - (month <= 2), centuries = y / 100;
  *days = y * 1461 / 4 - centuries + centuries / 4 + kDaysBeforeMonth[month] + static_cast<int>(day) - 719'469;
  return true;
}

FREIGHT_KERNEL bool FastDate(const char* p, uint32_t n, int32_t* days) {
  const uint64_t day_digits = AlignDigits(LoadDigits(p + 8), 2);
  if (n != 10 || !AreDigits(day_digits)) return false;
  return FastDays(Load64(p), ByteOf(Pairs(day_digits), 6), days);
}

// "yyyy-MM-dd'T'HH:mm" as two words, and its microseconds since 1970: neighbours often share their minute.
struct MinuteMemo {
  uint64_t date = 0x2d31'302d'3037'3931;    // 1970-01-
  uint64_t minute = 0x3030'3a30'3054'3130;  // 01T00:00
  int64_t micros = 0;

  bool Fill(const char* p) {
    const uint64_t text = Load64(p + 8);
    const uint32_t separator = ByteOf(text, 2);
    if (separator != 'T' && separator != ' ') return false;
    const uint64_t b = (text & ~0xff'0000ull) ^ 0x3030'3a30'3000'3030;
    if (!HasForm(b, kDayMinuteForm)) return false;
    const uint64_t pairs = Pairs(b);
    const uint32_t hour = ByteOf(pairs, 3), of_hour = ByteOf(pairs, 6);
    int32_t days;
    if (hour > 23 || of_hour > 59 || !FastDays(Load64(p), ByteOf(pairs, 0), &days)) return false;
    *this = {Load64(p), text, (days * 1440ll + hour * 60 + of_hour) * 60 * kMicrosPerSecond};
    return true;
  }
};

// yyyy-MM-dd'T'HH:mm:ss, also with ' ' for the T, and up to 7 characters more: a point and six digits.
FREIGHT_KERNEL bool FastTimestamp(const char* p, uint32_t n, MinuteMemo* memo, int64_t* micros) {
  if (n - 19 > 7) return false;
  if ((Load64(p) != memo->date || Load64(p + 8) != memo->minute) && !memo->Fill(p)) return false;
  const uint64_t c = (Load64(p + 16) & 0xff'ffff) ^ 0x30'303a;
  const uint32_t second = ByteOf(Pairs(c), 1);
  if (!HasForm(c, kSecondForm) || second > 59) return false;
  *micros = memo->micros + second * kMicrosPerSecond;
  if (n == 19) return true;
  const uint32_t digits = n - 20;
  if (p[19] != '.' || digits == 0) return false;
  const uint64_t fraction = AlignDigits(LoadDigits(p + 20), digits);
  if (!AreDigits(fraction)) return false;
  *micros += static_cast<int64_t>(FoldDigits(fraction) * kPow10[6 - digits]);
  return true;
}

// The same with 'Z' or +hh:mm at its end.
FREIGHT_KERNEL bool FastZonedTimestamp(const char* p, uint32_t n, MinuteMemo* memo, int64_t* micros) {
  if (n - 20 <= 7 && p[n - 1] == 'Z') return FastTimestamp(p, n - 1, memo, micros);
  if (n - 25 > 7) return false;
  const char* zone = p + n - 6;
  const uint64_t x = (Load64(zone + 1) & 0xff'ffff'ffff) ^ 0x30'303a'3030;  // hh:mm
  if ((zone[0] != '+' && zone[0] != '-') || !HasForm(x, kOffsetForm)) return false;
  const uint64_t pairs = Pairs(x);
  const uint32_t hours = ByteOf(pairs, 0), minutes = ByteOf(pairs, 3);
  if (hours > 17 || minutes > 59 || !FastTimestamp(p, n - 6, memo, micros)) return false;
  const int64_t offset = (hours * 60 + minutes) * 60 * kMicrosPerSecond;
  *micros += zone[0] == '+' ? -offset : offset;
  return true;
}

}  // namespace freight::kernels
