// Text kernels, portable: eight bytes at a time where the text is ASCII.
#include "contract/kernels_text.h"

#include "contract/kernels_number.h"

#include <array>
#include <bit>
#include <cstring>

namespace freight::kernels {

namespace {

// What windows-1252 has at 0x80..0x9f; 0 where it has nothing.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

// The character of a byte, 0 when there is none (NUL is asked for by nobody: it is ASCII).
uint32_t CharacterOf(uint8_t byte, TextEncoding encoding) {
  if (encoding == TextEncoding::kWindows1252 && byte >= 0x80 && byte < 0xa0) return kWindows1252[byte - 0x80];
  return byte;
}

// As UTF-8, at most four bytes; answers their number.
size_t PutCharacter(uint32_t c, char* to) {
  const auto put = [&to](uint32_t byte) { *to++ = static_cast<char>(byte); };
  const char* const begin = to;
  if (c < 0x80) {
    put(c);
    return 1;
  }
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xE0 | c >> 12);
    } else {
      put(0xF0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3F));
    }
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
  return static_cast<size_t>(to - begin);
}

void AppendCharacter(uint32_t c, std::string* out) {
  char bytes[4];
  out->append(bytes, PutCharacter(c, bytes));
}

// Bytes of the well-formed sequence that starts at p with a byte above 0x7f, 0 when there is none.
size_t SequenceLength(const uint8_t* p, size_t left) {
  const uint8_t lead = p[0];
  if (lead < 0xc2 || left < 2 || !IsContinuation(p[1])) return 0;
  if (lead < 0xe0) return 2;
  if (left < 3 || !IsContinuation(p[2])) return 0;
  if (lead < 0xf0) {
    const bool overlong = lead == 0xe0 && p[1] < 0xa0;
    const bool surrogate = lead == 0xed && p[1] >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  if (left < 4 || !IsContinuation(p[3]) || lead > 0xf4) return 0;
  const bool overlong = lead == 0xf0 && p[1] < 0x90;
  const bool beyond = lead == 0xf4 && p[1] >= 0x90;
  return overlong || beyond ? 0 : 4;
}

// The character at the start of valid UTF-8 and its length.
uint32_t DecodeFirst(std::string_view utf8, size_t* length) {
  const auto* p = reinterpret_cast<const uint8_t*>(utf8.data());
  *length = p[0] < 0x80 ? 1 : SequenceLength(p, utf8.size());
  if (*length == 1) return p[0];
  uint32_t c = p[0] & (0x7f >> *length);
  for (size_t i = 1; i < *length; ++i) c = c << 6 | (p[i] & 0x3f);
  return c;
}

char JsonEscape(char kind) {
  switch (kind) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return kind;  // quote, backslash, slash
  }
}

uint32_t HexUnit(std::string_view digits) {
  uint32_t unit = 0;
  for (const char c : digits) unit = unit << 4 | static_cast<uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return unit;
}

// The high bits of up to eight bytes from text[i], the first in the lowest byte; never reads outside the text.
uint64_t HighBitsAt(std::string_view text, size_t i) {
  const size_t left = text.size() - i;
  if (left >= 8) return Load64(text.data() + i) & kHighBits;
  if (text.size() >= 8) return (Load64(text.data() + text.size() - 8) & kHighBits) >> (64 - 8 * left);
  uint64_t word = 0;
  std::memcpy(&word, text.data() + i, left);
  return word & kHighBits;
}

}  // namespace

bool IsAscii(const char* p, size_t n) {
  size_t i = 0;
  for (; i + 64 <= n; i += 64) {
    uint64_t any = 0;
    for (size_t j = 0; j < 64; j += 8) any |= Load64(p + i + j);
    if (any & kHighBits) return false;
  }
  uint8_t any = 0;
  for (; i < n; ++i) any |= static_cast<uint8_t>(p[i]);
  return any < 0x80;
}

bool IsUtf8Portable(std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t i = 0; i < text.size();) {
    const uint64_t high = HighBitsAt(text, i);
    if (high == 0) {
      i += 8;
      continue;
    }
    i += static_cast<size_t>(std::countr_zero(high)) / 8;
    const size_t length = SequenceLength(p + i, text.size() - i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

int64_t CountCodePoints(std::string_view utf8) {
  int64_t count = 0;
  for (char c : utf8) count += !IsContinuation(static_cast<uint8_t>(c));
  return count;
}

bool AppendAsUtf8(std::string_view bytes, TextEncoding encoding, std::string* out) {
  if (encoding == TextEncoding::kUtf8) {
    out->append(bytes);
    return IsUtf8(bytes);
  }
  for (char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) {
      out->push_back(c);
      continue;
    }
    const uint32_t character = CharacterOf(byte, encoding);
    if (character == 0) return false;
    AppendCharacter(character, out);
  }
  return true;
}

bool FromUtf8(std::string_view utf8, TextEncoding encoding, std::string* out) {
  out->clear();
  if (!IsUtf8(utf8)) return false;
  while (!utf8.empty()) {
    size_t length = 0;
    const uint32_t c = DecodeFirst(utf8, &length);
    if (encoding == TextEncoding::kUtf8) {
      out->append(utf8.substr(0, length));
    } else if (c < 0x80) {
      out->push_back(static_cast<char>(c));
    } else {
      int byte = 0x80;
      while (byte < 0x100 && CharacterOf(static_cast<uint8_t>(byte), encoding) != c) ++byte;
      if (byte == 0x100) return false;
      out->push_back(static_cast<char>(byte));
    }
    utf8.remove_prefix(length);
  }
  return true;
}

void AppendUnescaped(std::string_view raw, char quote, std::optional<char> escape, std::string* out) {
  // A doubled quote is a quote that escapes a quote; any other escape takes whatever byte follows.
  const char mark = escape.value_or(quote);
  const bool doubled = mark == quote;
  for (size_t i = 0; i < raw.size();) {
    const size_t at = std::min(raw.find(mark, i), raw.size());
    out->append(raw, i, at - i);
    if (at == raw.size()) return;
    const bool escapes = at + 1 < raw.size() && (!doubled || raw[at + 1] == quote);
    out->push_back(escapes ? raw[at + 1] : mark);
    i = at + 1 + escapes;
  }
}

size_t CopyUndoubled(const char* p, size_t n, char quote, char* out) {
  const char* const end = p + n;
  char* const begin = out;
  const uint64_t quotes = kOnes * static_cast<uint8_t>(quote);
  while (p < end) {
    const uint64_t word = Load64(p);
    std::memcpy(out, &word, sizeof word);
    const uint64_t difference = word ^ quotes;
    const uint64_t found = (difference - kOnes) & ~difference & kHighBits;  // exact up to the first
    const auto left = static_cast<size_t>(end - p);
    const size_t taken = found == 0 ? 8 : static_cast<size_t>(std::countr_zero(found)) / 8 + 1;
    if (taken >= left) return static_cast<size_t>(out - begin) + left;
    out += taken;
    p += taken;
    if (found != 0 && *p == quote) ++p;
  }
  return static_cast<size_t>(out - begin);
}

void AppendJsonUnescaped(std::string_view raw, std::string* out) {
  std::string bytes(raw);
  bytes.append(8, '\0');
  const size_t size = out->size();
  out->resize(size + raw.size() + 8);
  out->resize(size + UnescapeJson({bytes.data(), raw.size()}, out->data() + size));
}

size_t UnescapeJson(std::string_view raw, char* to) {
  const char* p = raw.data();
  const char* const end = p + raw.size();
  char* const begin = to;
  while (p < end) {
    const uint64_t word = Load64(p);
    std::memcpy(to, &word, 8);
    const int64_t plain = std::min<int64_t>(FirstZeroByteBit(word ^ ('\\' * kOnes)) / 8, end - p);
    p += plain;
    to += plain;
    if (plain == 8 || p == end) continue;
    const char kind = p[1];
    p += 2;
    if (kind != 'u') {
      *to++ = JsonEscape(kind);
      continue;
    }
    uint32_t unit = HexUnit({p, 4});
    p += 4;
    if (unit >= 0xD800 && unit < 0xDC00) {
      unit = 0x10000 + ((unit - 0xD800) << 10) + (HexUnit({p + 2, 4}) - 0xDC00);
      p += 6;
    }
    to += PutCharacter(unit, to);
  }
  return static_cast<size_t>(to - begin);
}

}  // namespace freight::kernels
