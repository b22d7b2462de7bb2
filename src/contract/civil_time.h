// ISO 8601 dates, times and timestamps as text, and their checks against the calendar and the clock.
#pragma once

#include "contract/exact_text.h"

#include <cstdint>
#include <string_view>

namespace freight {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// What a text said, before it is checked. `inexact`: non-zero digits beyond the sixth of the fraction.
struct CivilTime {
  int year = 1, month = 1, day = 1;
  int hour = 0, minute = 0, second = 0;
  int micros = 0;
  int offset_minutes = 0;  // east of UTC
  bool offset_fits = true; // hours up to 18 and minutes up to 59, as the JDK has it
  bool inexact = false;
};

// Days since 1970-01-01 in the proleptic Gregorian calendar; the date must exist.
int32_t DaysFromCivil(int year, int month, int day);
bool IsDate(int year, int month, int day);  // years 1 to 9999

// kOutOfRange for what no calendar or clock shows (2026-02-29, 24:00, second 60), then kInexact.
TypeError ToDays(const CivilTime& time, int32_t* days);
TypeError ToMicrosOfDay(const CivilTime& time, int64_t* micros);
TypeError ToUtcMicros(const CivilTime& time, int64_t* micros);  // the offset is taken off

TypeError ParseIsoDate(std::string_view text, int32_t* days);        // yyyy-MM-dd
TypeError ParseIsoTime(std::string_view text, int64_t* micros);      // HH:mm[:ss[.digits]]
// Date, 'T' or ' ', time, and with_zone 'Z', +hh:mm, +hhmm or +hh. A zone that is missing or not allowed: kNotOfType.
TypeError ParseIsoTimestamp(std::string_view text, bool with_zone, int64_t* micros);

// Reads forward over text. Each step takes what it names, or says false; the position is then of no use, but for Take.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}
  bool AtEnd() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool Take(std::string_view literal) {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  // Between min and max digits, as many as there are.
  bool TakeDigits(size_t min, size_t max, int* value) {
    size_t taken = 0;
    int sum = 0;
    for (; taken < max && taken < rest_.size(); ++taken) {
      const int digit = rest_[taken] - '0';
      if (digit < 0 || digit > 9) break;
      sum = sum * 10 + digit;
    }
    if (taken < min) return false;
    rest_.remove_prefix(taken);
    *value = sum;
    return true;
  }
  // All digits that follow, at least one, as a fraction of a second.
  bool TakeFraction(CivilTime* time);
  // Exactly `count` digits of a fraction of a second.
  bool TakeFraction(size_t count, CivilTime* time);
  enum class ZoneForm : uint8_t { kColon, kPlain, kHoursOnly, kAny };
  bool TakeOffset(ZoneForm form, CivilTime* time);

 private:
  std::string_view rest_;
};

}  // namespace freight
