// Text for people: sizes, times and widths; and the same read back from arguments.
#pragma once

#include "base/count_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freight {

std::string MebiBytes(int64_t bytes);            // "64.0 MiB", below one "1.5 KiB"
std::string Seconds(double seconds);             // "0.8 s", "2 min 05 s", "1 h 02 min"
std::string Percent(int64_t part, int64_t whole);  // "1.25 %", "0 %" of nothing
std::string UtcTime(int64_t micros);             // "2026-11-23 13:00:01Z", "-" for 0
std::string UtcRfc3339(int64_t micros);          // "2026-11-23T13:00:01.123456Z"

std::optional<int64_t> ParseCount(std::string_view text);  // plain digits
std::optional<int64_t> ParseSize(std::string_view text);   // "64MiB", "1GiB", "500MB", "1024"

// Code points; every one counts as one cell.
int64_t DisplayWidth(std::string_view text);
// At most `width` cells, the last an ellipsis when something was cut; width 0 leaves it whole.
std::string FitWidth(std::string_view text, int64_t width);
// Breaks at spaces so that no line passes `width` (words longer than that stay whole); width 0 never breaks. Lines
// after the first are indented by `indent` more than the first; each ends with '\n'.
std::string Wrap(std::string_view text, int64_t width, int64_t indent);
// Controls, DEL and invalid UTF-8 as \n \t \xNN, so that a terminal shows data and never obeys it.
std::string EscapeControls(std::string_view bytes);
bool ValidUtf8(std::string_view bytes);
std::string Base64(std::string_view bytes);

}  // namespace freight
