// Text for people; see text.h.
#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <limits>

namespace freight {
namespace {

// Bytes of the valid UTF-8 sequence at the start of `s`, 0 when there is none.
size_t Utf8Length(std::string_view s) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  if (at(0) < 0x80) return 1;
  const size_t n = at(0) >= 0xF0 ? 4 : at(0) >= 0xE0 ? 3 : 2;
  if (at(0) < 0xC2 || at(0) > 0xF4 || s.size() < n) return 0;
  for (size_t i = 1; i < n; i++) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  if (at(0) == 0xE0 && at(1) < 0xA0) return 0;
  if (at(0) == 0xED && at(1) > 0x9F) return 0;
  if (at(0) == 0xF0 && at(1) < 0x90) return 0;
  if (at(0) == 0xF4 && at(1) > 0x8F) return 0;
  return n;
}

std::tm Utc(int64_t micros) {
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  return tm;
}

std::string DateAndTime(int64_t micros, char between) {
  const std::tm t = Utc(micros);
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, between,
                     t.tm_hour, t.tm_min, t.tm_sec);
}

}  // namespace

std::string MebiBytes(int64_t bytes) {
  const bool small = bytes < 1 << 20;
  const auto tenths = static_cast<int64_t>(static_cast<double>(bytes) / (small ? 1 << 10 : 1 << 20) * 10 + 0.5);
  return fmt::format("{}.{} {}", Thousands(tenths / 10), tenths % 10, small ? "KiB" : "MiB");
}

std::string Seconds(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string Percent(int64_t part, int64_t whole) {
  if (whole == 0 || part == 0) return "0 %";
  return fmt::format("{:.3g} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string UtcTime(int64_t micros) { return micros == 0 ? "-" : DateAndTime(micros, ' ') + "Z"; }

std::string UtcRfc3339(int64_t micros) {
  return fmt::format("{}.{:06}Z", DateAndTime(micros, 'T'), micros % 1'000'000);
}

std::optional<int64_t> ParseCount(std::string_view text) {
  int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || n < 0) return {};
  return n;
}

std::optional<int64_t> ParseSize(std::string_view text) {
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {
      {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", int64_t{1} << 40},
      {"kB", 1000},     {"MB", 1000'000}, {"GB", 1000'000'000}, {"TB", 1000'000'000'000}, {"B", 1}};
  int64_t unit = 1;
  for (const auto& [name, bytes] : kUnits) {
    if (!text.ends_with(name)) continue;
    unit = bytes;
    text.remove_suffix(name.size());
    break;
  }
  while (text.ends_with(' ')) text.remove_suffix(1);
  const auto n = ParseCount(text);
  if (!n || *n > std::numeric_limits<int64_t>::max() / unit) return {};
  return *n * unit;
}

int64_t DisplayWidth(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string FitWidth(std::string_view text, int64_t width) {
  if (width <= 0 || DisplayWidth(text) <= width) return std::string(text);
  int64_t cells = 0;
  size_t end = 0;
  while (end < text.size()) {
    const bool starts = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (starts && ++cells == width) break;
    end++;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string Wrap(std::string_view text, int64_t width, int64_t indent) {
  const size_t lead = std::min(text.find_first_not_of(' '), text.size());
  const std::string next_line = "\n" + std::string(lead + indent, ' ');
  std::string out(text.substr(0, lead));
  text.remove_prefix(lead);
  int64_t used = static_cast<int64_t>(lead);
  for (bool first = true; !text.empty(); first = false) {
    size_t end = text.find(' ', text.find_first_not_of(' '));
    const std::string_view word = text.substr(0, end);  // with the spaces before it
    const int64_t cells = DisplayWidth(word);
    if (!first && width > 0 && used + cells > width) {
      const std::string_view bare = word.substr(std::min(word.find_first_not_of(' '), word.size()));
      out += next_line;
      out += bare;
      used = static_cast<int64_t>(next_line.size()) - 1 + DisplayWidth(bare);
    } else {
      out += word;
      used += cells;
    }
    text.remove_prefix(word.size());
  }
  return out + "\n";
}

std::string EscapeControls(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const auto c = static_cast<unsigned char>(bytes[0]);
    const size_t n = Utf8Length(bytes);
    // U+0080..U+009F are controls too: terminals obey some of them.
    const bool c1 = n == 2 && c == 0xC2 && static_cast<unsigned char>(bytes[1]) < 0xA0;
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (n == 0 || c < 0x20 || c == 0x7F) out += fmt::format("\\x{:02x}", c);
    else if (c1) out += fmt::format("\\u{:04x}", static_cast<unsigned char>(bytes[1]));
    else out += bytes.substr(0, n);
    bytes.remove_prefix(std::max<size_t>(n, 1));
  }
  return out;
}

bool ValidUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t n = Utf8Length(bytes);
    if (n == 0) return false;
    bytes.remove_prefix(n);
  }
  return true;
}

std::string Base64(std::string_view bytes) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    for (size_t j = 0; j < 3; j++) three = three << 8 | (j < n ? static_cast<unsigned char>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; j++) out += j <= n ? kDigits[three >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace freight
