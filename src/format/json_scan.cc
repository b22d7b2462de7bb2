// The careful JSON scanner: the truth that the fast path of NDJSON is fuzzed against.
#include "format/json_scan.h"

#include "base/status.h"
#include "contract/kernels_number.h"
#include "contract/kernels_text.h"

#include <bit>

namespace freight {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// From `at`, the first byte that a string cannot hold as it is (quote, backslash, control), or fewer than 8 before
// `end`.
const char* SkipPlain(const char* at, const char* end) {
  using kernels::kHighBits;
  using kernels::kOnes;
  // The lowest mark of each is exact.
  const auto zeros = [](uint64_t x) { return (x - kOnes) & ~x; };
  while (end - at >= 8) {
    const uint64_t x = kernels::Load64(at);
    const uint64_t control = (x - 0x20 * kOnes) & ~x;
    const uint64_t stops = (zeros(x ^ '"' * kOnes) | zeros(x ^ '\\' * kOnes) | control) & kHighBits;
    if (stops != 0) return at + std::countr_zero(stops) / 8;
    at += 8;
  }
  return at;
}

}  // namespace

const char* JsonKindWord(JsonKind kind) {
  switch (kind) {
    case JsonKind::kObject: return "an object";
    case JsonKind::kArray: return "an array";
    case JsonKind::kString: return "a string";
    case JsonKind::kNumber: return "a number";
    case JsonKind::kTrue:
    case JsonKind::kFalse: return "a boolean";
    case JsonKind::kNull: return "null";
  }
  FREIGHT_ASSERT(false);
}

bool JsonScan::Kind(JsonKind* kind) {
  SkipBlanks();
  if (at_ == end_) return Fail("a value");
  switch (*at_) {
    case '{': *kind = JsonKind::kObject; return true;
    case '[': *kind = JsonKind::kArray; return true;
    case '"': *kind = JsonKind::kString; return true;
    case 't': *kind = JsonKind::kTrue; return true;
    case 'f': *kind = JsonKind::kFalse; return true;
    case 'n': *kind = JsonKind::kNull; return true;
    default: break;
  }
  if (*at_ != '-' && !IsDigit(*at_)) return Fail("a value");
  *kind = JsonKind::kNumber;
  return true;
}

bool JsonScan::Value(JsonUtf8 utf8, int depth) {
  JsonKind kind;
  if (!Kind(&kind)) return false;
  JsonString ignored;
  switch (kind) {
    case JsonKind::kObject: return Object(utf8, depth + 1);
    case JsonKind::kArray: return Array(utf8, depth + 1);
    case JsonKind::kString: return String(utf8, &ignored);
    case JsonKind::kNumber: return Number();
    default: return Word(kind);
  }
}

bool JsonScan::String(JsonUtf8 utf8, JsonString* out) {
  const char* const begin = at_ + 1;
  out->escaped = false;
  for (at_ = SkipPlain(begin, end_); at_ < end_ && *at_ != '"'; at_ = SkipPlain(at_, end_)) {
    if (static_cast<uint8_t>(*at_) < 0x20) return Fail("control characters in strings as escapes");
    if (*at_ == '\\') {
      out->escaped = true;
      if (!Escape()) return false;
    } else {
      ++at_;
    }
  }
  if (at_ == end_) return FailAt(begin - 1, "a closing quote of the string");
  out->raw = {begin, static_cast<size_t>(at_ - begin)};
  ++at_;
  if (utf8 == JsonUtf8::kLater || kernels::IsUtf8(out->raw)) return true;
  return FailAt(begin, "valid utf-8", Reason::kInvalidEncoding);
}

bool JsonScan::Escape() {
  const char* const begin = at_++;
  if (at_ == end_) return FailAt(begin, "an escape");
  if (*at_ != 'u') {
    if (std::string_view("\"\\/bfnrt").find(*at_) == std::string_view::npos) return FailAt(begin, "an escape");
    ++at_;
    return true;
  }
  uint32_t unit = 0, low = 0;
  if (!Unit(&unit)) return FailAt(begin, "four hexadecimal digits after \\u");
  if (unit < 0xD800 || unit > 0xDFFF) return true;
  const bool pair = unit < 0xDC00 && end_ - at_ >= 2 && at_[0] == '\\' && at_[1] == 'u';
  if (pair) ++at_;
  if (pair && Unit(&low) && low >= 0xDC00 && low <= 0xDFFF) return true;
  return FailAt(begin, "escapes of surrogates in pairs", Reason::kInvalidEncoding);
}

// Stands on the "u".
bool JsonScan::Unit(uint32_t* unit) {
  ++at_;
  if (end_ - at_ < 4) return false;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexDigit(*at_);
    if (digit < 0) return false;
    *unit = *unit << 4 | static_cast<uint32_t>(digit);
    ++at_;
  }
  return true;
}

bool JsonScan::Digits() {
  const char* const begin = at_;
  while (at_ < end_ && IsDigit(*at_)) ++at_;
  return at_ > begin || Fail("a digit");
}

bool JsonScan::Number() {
  if (*at_ == '-') ++at_;
  if (at_ < end_ && *at_ == '0') {
    ++at_;
    if (at_ < end_ && IsDigit(*at_)) return Fail("a number without leading zeros");
  } else if (!Digits()) {
    return false;
  }
  if (at_ < end_ && *at_ == '.') {
    ++at_;
    if (!Digits()) return false;
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    return Digits();
  }
  return true;
}

bool JsonScan::Word(JsonKind kind) {
  const std::string_view word = kind == JsonKind::kTrue ? "true" : kind == JsonKind::kFalse ? "false" : "null";
  if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return Fail("a value");
  at_ += word.size();
  return true;
}

bool JsonScan::Key(bool first, JsonString* key, bool* more) {
  *more = !TakeIf('}');
  if (!*more) return true;
  if (!first && !TakeIf(',')) return Fail("a comma or a closing brace");
  SkipBlanks();
  if (at_ == end_ || *at_ != '"') return Fail("a key in quotes");
  if (!String(JsonUtf8::kChecked, key)) return false;
  return TakeIf(':') || Fail("a colon");
}

bool JsonScan::Item(bool first, bool* more) {
  *more = !TakeIf(']');
  return !*more || first || TakeIf(',') || Fail("a comma or a closing bracket");
}

bool JsonScan::Object(JsonUtf8 utf8, int depth) {
  if (depth > kJsonDepthMax) return Fail("at most 1000 levels of nesting");
  ++at_;
  JsonString key;
  bool more = true;
  for (bool first = true; Key(first, &key, &more); first = false) {
    if (!more) return true;
    if (!Value(utf8, depth)) return false;
  }
  return false;
}

bool JsonScan::Array(JsonUtf8 utf8, int depth) {
  if (depth > kJsonDepthMax) return Fail("at most 1000 levels of nesting");
  ++at_;
  bool more = true;
  for (bool first = true; Item(first, &more); first = false) {
    if (!more) return true;
    if (!Value(utf8, depth)) return false;
  }
  return false;
}

bool IsJson(std::string_view text, JsonFault* fault) {
  JsonScan scan(text.data(), text.data() + text.size());
  bool whole = scan.Value(JsonUtf8::kChecked, 0);
  if (whole) scan.SkipBlanks();
  if (whole && !scan.at_end()) whole = scan.Fail("nothing behind the value");
  *fault = scan.fault();
  return whole;
}

}  // namespace freight
