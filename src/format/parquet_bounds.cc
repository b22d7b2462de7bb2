// Bounds of byte strings: comparison by the first eight bytes, and cutting that keeps them bounds.
#include "format/parquet_bounds.h"

#include <algorithm>

namespace freight {
namespace {

bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xc0) == 0x80; }

// Removes a code point that the cut split; what is valid stays.
std::string_view CutToCodePoint(std::string_view bytes) {
  size_t lead = bytes.size();
  while (lead > 0 && bytes.size() - lead < 4 && IsContinuation(bytes[lead - 1])) --lead;
  if (lead == 0) return bytes;
  const auto first = static_cast<uint8_t>(bytes[lead - 1]);
  const size_t want = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return bytes.size() - (lead - 1) < want ? bytes.substr(0, lead - 1) : bytes;
}

uint32_t Decode(std::string_view point) {
  const auto first = static_cast<uint8_t>(point[0]);
  if (point.size() == 1) return first;
  uint32_t value = first & (0x7f >> point.size());
  for (char byte : point.substr(1)) value = value << 6 | (static_cast<uint8_t>(byte) & 0x3f);
  return value;
}

void AppendPoint(uint32_t value, std::string* out) {
  if (value < 0x80) {
    *out += static_cast<char>(value);
    return;
  }
  const int tail = value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;
  *out += static_cast<char>((0xff << (7 - tail) & 0xff) | value >> (6 * tail));
  for (int i = tail - 1; i >= 0; --i) *out += static_cast<char>(0x80 | (value >> (6 * i) & 0x3f));
}

std::optional<std::string> NextBytes(std::string_view prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.remove_suffix(1);
  if (prefix.empty()) return std::nullopt;
  std::string next(prefix);
  next.back() = static_cast<char>(static_cast<uint8_t>(next.back()) + 1);
  return next;
}

}  // namespace

std::optional<std::string> NextAfterPrefix(std::string_view prefix, bool text) {
  if (!text) return NextBytes(prefix);
  while (!prefix.empty()) {
    size_t lead = prefix.size() - 1;
    while (lead > 0 && IsContinuation(prefix[lead])) --lead;
    uint32_t value = Decode(prefix.substr(lead)) + 1;
    if (value == 0xd800) value = 0xe000;  // surrogates are no code points
    std::string next(prefix.substr(0, lead));
    AppendPoint(value, &next);
    // A longer code point could pass the limit; then the one before it is raised instead.
    if (value <= 0x10ffff && next.size() <= prefix.size()) return next;
    prefix = prefix.substr(0, lead);
  }
  return std::nullopt;
}

void BytesBounds::Update(std::string_view value) {
  uint8_t head[8] = {};
  std::memcpy(head, value.data(), std::min(value.size(), sizeof head));
  UpdateSlow(Word(head, static_cast<int64_t>(value.size())), value);
}

void BytesBounds::UpdateSlow(uint64_t word, std::string_view value) {
  const std::string_view cut = value.substr(0, kBoundBytesMax);
  const bool longer = cut.size() < value.size();
  UpdateMin(word, cut, longer);
  UpdateMax(word, cut, longer);
  any_ = true;
}

void BytesBounds::UpdateMin(uint64_t word, std::string_view cut, bool longer) {
  const int order = any_ ? cut.compare(min_) : -1;
  if (order == 0) min_longer_ = min_longer_ && longer;
  if (order >= 0) return;
  min_word_ = word;
  min_.assign(cut);
  min_longer_ = longer;
}

void BytesBounds::UpdateMax(uint64_t word, std::string_view cut, bool longer) {
  const int order = any_ ? cut.compare(max_) : 1;
  if (order == 0) max_longer_ = max_longer_ || longer;
  if (order <= 0) return;
  max_word_ = word;
  max_.assign(cut);
  max_longer_ = longer;
}

void BytesBounds::Merge(const BytesBounds& page) {
  if (!page.any_) return;
  UpdateMin(page.min_word_, page.min_, page.min_longer_);
  UpdateMax(page.max_word_, page.max_, page.max_longer_);
  any_ = true;
}

ValueBounds BytesBounds::Finish(bool text) const {
  ValueBounds bounds;
  if (!any_) return bounds;
  bounds.min_exact = !min_longer_;
  bounds.min = std::string(min_longer_ && text ? CutToCodePoint(min_) : std::string_view(min_));
  bounds.max_exact = !max_longer_;
  if (max_longer_) {
    bounds.max = NextAfterPrefix(text ? CutToCodePoint(max_) : std::string_view(max_), text);
  } else {
    bounds.max = max_;
  }
  return bounds;
}

}  // namespace freight
