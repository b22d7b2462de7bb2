// Partition values as text: numbers with their scale, dates, times and uuids as a directory shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freight {

std::string DecimalText(__int128 unscaled, int scale);
std::string DateText(int64_t days);            // 2026-06-11
std::string TimeText(int64_t micros);          // 13:05:00, with six digits of fraction unless they are zero
std::string TimestampText(int64_t micros);     // 2026-06-11 13:05:00, UTC or local as stored
std::string UuidText(std::string_view bytes);  // 16 bytes

// Rounds down, also below zero. divisor > 0.
constexpr int64_t FloorDiv(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}
inline constexpr int64_t kHourMicros = INT64_C(3'600'000'000);
inline constexpr int64_t kDayMicros = 24 * kHourMicros;

}  // namespace freight
