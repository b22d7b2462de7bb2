// Calendar checks and the careful ISO 8601 parsers.
#include "contract/civil_time.h"

#include <algorithm>
#include <array>

namespace freight {

namespace {

bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

bool TakeDate(TextCursor* cursor, CivilTime* time) {
  return cursor->TakeDigits(4, 4, &time->year) && cursor->Take('-') && cursor->TakeDigits(2, 2, &time->month) &&
         cursor->Take('-') && cursor->TakeDigits(2, 2, &time->day);
}

bool TakeTime(TextCursor* cursor, CivilTime* time) {
  if (!cursor->TakeDigits(2, 2, &time->hour) || !cursor->Take(':') || !cursor->TakeDigits(2, 2, &time->minute)) {
    return false;
  }
  if (!cursor->Take(':')) return true;
  if (!cursor->TakeDigits(2, 2, &time->second)) return false;
  return !cursor->Take('.') || cursor->TakeFraction(time);
}

}  // namespace

int32_t DaysFromCivil(int year, int month, int day) {
  // Years start in March here, so that the leap day is the last of its year and month lengths follow one line.
  const int y = month <= 2 ? year - 1 : year;
  const int month_from_march = month <= 2 ? month + 9 : month - 3;
  const int day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719'468;
}

bool IsDate(int year, int month, int day) {
  constexpr std::array<int, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
  return day <= kDays[static_cast<size_t>(month)] + (month == 2 && IsLeap(year) ? 1 : 0);
}

TypeError ToDays(const CivilTime& time, int32_t* days) {
  if (!IsDate(time.year, time.month, time.day)) return Reason::kOutOfRange;
  *days = DaysFromCivil(time.year, time.month, time.day);
  return std::nullopt;
}

TypeError ToMicrosOfDay(const CivilTime& time, int64_t* micros) {
  if (time.hour > 23 || time.minute > 59 || time.second > 59) return Reason::kOutOfRange;
  if (time.inexact) return Reason::kInexact;
  *micros = ((time.hour * 60 + time.minute) * 60 + time.second) * kMicrosPerSecond + time.micros;
  return std::nullopt;
}

TypeError ToUtcMicros(const CivilTime& time, int64_t* micros) {
  int32_t days = 0;
  int64_t micros_of_day = 0;
  if (TypeError error = ToDays(time, &days)) return error;
  if (!time.offset_fits) return Reason::kOutOfRange;
  if (TypeError error = ToMicrosOfDay(time, &micros_of_day)) return error;
  *micros = days * kMicrosPerDay + micros_of_day - time.offset_minutes * 60 * kMicrosPerSecond;
  return std::nullopt;
}

TypeError ParseIsoDate(std::string_view text, int32_t* days) {
  TextCursor cursor(text);
  CivilTime time;
  if (!TakeDate(&cursor, &time) || !cursor.AtEnd()) return Reason::kNotOfType;
  return ToDays(time, days);
}

TypeError ParseIsoTime(std::string_view text, int64_t* micros) {
  TextCursor cursor(text);
  CivilTime time;
  if (!TakeTime(&cursor, &time) || !cursor.AtEnd()) return Reason::kNotOfType;
  return ToMicrosOfDay(time, micros);
}

TypeError ParseIsoTimestamp(std::string_view text, bool with_zone, int64_t* micros) {
  TextCursor cursor(text);
  CivilTime time;
  if (!TakeDate(&cursor, &time) || !(cursor.Take('T') || cursor.Take(' ')) || !TakeTime(&cursor, &time)) {
    return Reason::kNotOfType;
  }
  if (with_zone && !cursor.Take('Z') && !cursor.TakeOffset(TextCursor::ZoneForm::kAny, &time)) {
    return Reason::kNotOfType;
  }
  if (!cursor.AtEnd()) return Reason::kNotOfType;
  return ToUtcMicros(time, micros);
}

bool TextCursor::TakeFraction(CivilTime* time) {
  const size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
  return end > 0 && TakeFraction(end, time);
}

bool TextCursor::TakeFraction(size_t count, CivilTime* time) {
  time->micros = 0;
  for (size_t place = 0; place < std::max<size_t>(count, 6); ++place) {
    int digit = 0;
    if (place < count && !TakeDigits(1, 1, &digit)) return false;
    if (place < 6) time->micros = time->micros * 10 + digit;
    if (place >= 6 && digit != 0) time->inexact = true;
  }
  return true;
}

bool TextCursor::TakeOffset(ZoneForm form, CivilTime* time) {
  const bool west = Take('-');
  if (!west && !Take('+')) return false;
  int hours = 0, minutes = 0;
  if (!TakeDigits(2, 2, &hours)) return false;
  const bool colon = (form == ZoneForm::kColon || form == ZoneForm::kAny) && Take(':');
  if (form == ZoneForm::kColon && !colon) return false;
  const bool has_minutes = TakeDigits(2, 2, &minutes);
  if (!has_minutes && (colon || form == ZoneForm::kPlain)) return false;
  time->offset_fits = minutes <= 59 && hours * 60 + minutes <= 18 * 60;
  time->offset_minutes = (west ? -1 : 1) * (hours * 60 + minutes);
  return true;
}

}  // namespace freight
