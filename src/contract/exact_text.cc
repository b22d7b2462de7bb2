// Careful scalar parsers of numbers, uuids and binary text.
#include "contract/exact_text.h"

#include <fast_float/fast_float.h>

#include <cmath>
#include <limits>

namespace freight {

namespace {

constexpr std::array<__int128, 39> kPowersOfTen = [] {
  std::array<__int128, 39> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes a leading sign off; true when it was '-'.
bool TakeSign(std::string_view* text) {
  if (text->empty() || (text->front() != '-' && text->front() != '+')) return false;
  const bool negative = text->front() == '-';
  text->remove_prefix(1);
  return negative;
}

std::string_view WithoutLeadingZeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

bool AllDigits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

// At most 38 digits, so that nothing overflows.
__int128 DigitsValue(std::string_view digits) {
  __int128 value = 0;
  for (char c : digits) value = value * 10 + (c - '0');
  return value;
}

template <typename Real>
TypeError ParseRealAs(std::string_view text, Real* out) {
  if (text == "NaN" || text == "Infinity" || text == "-Infinity") {
    *out = text == "NaN" ? std::numeric_limits<Real>::quiet_NaN() : std::numeric_limits<Real>::infinity();
    if (text.front() == '-') *out = -*out;
    return std::nullopt;
  }
  const bool negative = TakeSign(&text);
  // fast_float also reads words ("nan", "inf") and a second '-': a number starts with a digit or a point.
  if (text.empty() || !(IsDigit(text.front()) || text.front() == '.')) return Reason::kNotOfType;
  const auto parsed = fast_float::from_chars(text.data(), text.data() + text.size(), *out);
  if (parsed.ec == std::errc::invalid_argument || parsed.ptr != text.data() + text.size()) return Reason::kNotOfType;
  if (std::isinf(*out)) return Reason::kOutOfRange;
  if (negative) *out = -*out;
  return std::nullopt;
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte of two hex digits, negative when one is none.
int HexByte(const char* pair) { return HexDigit(pair[0]) * 16 | (HexDigit(pair[1]) < 0 ? -1 : HexDigit(pair[1])); }

TypeError ParseHex(std::string_view text, std::string* out) {
  if (text.size() % 2 != 0) return Reason::kNotOfType;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int byte = HexByte(text.data() + i);
    if (byte < 0) return Reason::kNotOfType;
    out->push_back(static_cast<char>(byte));
  }
  return std::nullopt;
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (IsDigit(c)) return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

TypeError ParseBase64(std::string_view text, std::string* out) {
  if (text.size() % 4 != 0) return Reason::kNotOfType;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  uint32_t bits = 0;
  int have = 0;
  for (char c : text.substr(0, text.size() - padding)) {
    const int digit = Base64Digit(c);
    if (digit < 0) return Reason::kNotOfType;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out->push_back(static_cast<char>(bits >> have));
    bits &= (1u << have) - 1;
  }
  // Spare bits that are set would be dropped in silence: two texts would mean the same bytes.
  return bits == 0 ? TypeError() : Reason::kNotOfType;
}

}  // namespace

__int128 PowerOfTen(int n) { return kPowersOfTen[static_cast<size_t>(n)]; }

TypeError ParseInteger(std::string_view text, __int128 min, __int128 max, __int128* out) {
  const bool negative = TakeSign(&text);
  if (!AllDigits(text)) return Reason::kNotOfType;
  const std::string_view digits = WithoutLeadingZeros(text);
  if (digits.size() > 38) return Reason::kOutOfRange;
  const __int128 magnitude = DigitsValue(digits);
  *out = negative ? -magnitude : magnitude;
  if (*out < min || *out > max) return Reason::kOutOfRange;
  return std::nullopt;
}

TypeError ParseDecimal(std::string_view text, int precision, int scale, __int128* out) {
  const bool negative = TakeSign(&text);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (!AllDigits(whole)) return Reason::kNotOfType;
  std::string_view fraction;
  if (point != text.npos) {
    fraction = text.substr(point + 1);
    if (!AllDigits(fraction)) return Reason::kNotOfType;
  }
  const std::string_view digits = WithoutLeadingZeros(whole);
  if (digits.size() > static_cast<size_t>(precision - scale)) return Reason::kOutOfRange;
  if (fraction.size() > static_cast<size_t>(scale)) {
    if (fraction.find_first_not_of('0', scale) != fraction.npos) return Reason::kInexact;
    fraction = fraction.substr(0, scale);
  }
  const int missing_digits = scale - static_cast<int>(fraction.size());
  const __int128 magnitude =
      DigitsValue(digits) * PowerOfTen(scale) + DigitsValue(fraction) * PowerOfTen(missing_digits);
  *out = negative ? -magnitude : magnitude;
  return std::nullopt;
}

TypeError ParseReal(std::string_view text, double* out) { return ParseRealAs(text, out); }
TypeError ParseReal(std::string_view text, float* out) { return ParseRealAs(text, out); }

TypeError ParseUuid(std::string_view text, Uuid* out) {
  if (text.size() != 36) return Reason::kNotOfType;
  size_t from = 0;
  for (size_t i = 0; i < out->size(); ++i, from += 2) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (text[from++] != '-') return Reason::kNotOfType;
    }
    const int byte = HexByte(text.data() + from);
    if (byte < 0) return Reason::kNotOfType;
    (*out)[i] = static_cast<uint8_t>(byte);
  }
  return std::nullopt;
}

TypeError ParseBinary(std::string_view text, BinaryEncoding encoding, std::string* out) {
  out->clear();
  if (text.empty()) return Reason::kNotOfType;
  return encoding == BinaryEncoding::kHex ? ParseHex(text, out) : ParseBase64(text, out);
}

}  // namespace freight
