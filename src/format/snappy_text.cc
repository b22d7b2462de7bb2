// Four runs of elements grow side by side, one for each lane of the search; they are joined when all are there.
#include "format/snappy_text.h"

#include "format/snappy_block.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace freight {
namespace {

constexpr size_t kWordBytes = 16;
constexpr size_t kSpareBytes = 32;

// Of elements for so many bytes: each copy takes less room than what it copies, and a literal between two copies a byte
// more than its own, which the copy saves.
size_t ElementsRoom(size_t bytes) {
  const size_t pieces_max = 2 * (bytes / static_cast<size_t>(kSnappyLiteralMax) + 1);  // that nothing is found in
  return bytes + pieces_max * static_cast<size_t>(kSnappyLiteralTagMax) + kSpareBytes;
}

uint8_t* PutLiterals(const uint8_t* bytes, size_t length, uint8_t* at) {
  for (size_t done = 0; done < length; done += static_cast<size_t>(kSnappyLiteralMax)) {
    const size_t part = std::min(length - done, static_cast<size_t>(kSnappyLiteralMax));
    at = PutSnappyLiteral(bytes + done, static_cast<int64_t>(part), at);
  }
  return at;
}

// Always in three bytes: to find out which fit into two takes longer than it saves.
uint8_t* PutFarCopy(uint32_t length, uint32_t offset, uint8_t* at) {
  const uint32_t tag = 2 + ((length - 1) << 2) + (offset << 8);
  std::memcpy(at, &tag, sizeof tag);
  return at + 3;
}

uint8_t* PutCopy(uint32_t length, uint32_t offset, uint8_t* at) {
  while (length > kSnappyCopyMax) [[unlikely]] {  // what is left is long enough for a copy, too
    const uint32_t part = std::min(kSnappyCopyMax, length - kSnappyCopyMin);
    at = PutFarCopy(part, offset, at);
    length -= part;
  }
  return PutFarCopy(length, offset, at);
}

// A block's matches and what lies between them.
uint8_t* PutElements(const uint8_t* text, const TextMatcher::Block& block, uint8_t* at) {
  const uint8_t* next = text + block.begin;
  for (const TextMatch match : block.matches) {
    const uint8_t* const begin = text + match.begin();
    const auto literals = static_cast<size_t>(begin - next);
    if (literals <= kWordBytes) {  // mostly there are none: the copy is written over them
      *at = static_cast<uint8_t>((literals - 1) << 2);
      std::memcpy(at + 1, next, kWordBytes);
      at += literals + (literals > 0);
    } else {
      at = PutLiterals(next, literals, at);
    }
    at = PutCopy(match.length(), match.offset(), at);
    next = begin + match.length();
  }
  return PutLiterals(next, static_cast<size_t>(text + block.end - next), at);
}

}  // namespace

size_t SnappyTextRoomFor(size_t body_bytes) {
  const size_t more = ElementsRoom(body_bytes) - body_bytes;
  return static_cast<size_t>(kSnappyLengthBytesMax) + body_bytes + (TextMatcher::kLanes + 1) * more;
}

std::optional<int64_t> WriteSnappyText(std::string_view body, int64_t text_bytes, TextMatcher& matcher,
                                       std::span<uint8_t> out) {
  if (out.size() < SnappyTextRoomFor(body.size())) return std::nullopt;
  const std::string_view text = body.substr(body.size() - static_cast<size_t>(text_bytes));
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
  uint8_t* end = PutSnappyLength(body.size(), out.data());
  end = PutLiterals(reinterpret_cast<const uint8_t*>(body.data()), body.size() - text.size(), end);
  matcher.Start(text, kSnappyOffsetMax);
  std::array<const uint8_t*, TextMatcher::kLanes> begins;
  std::array<uint8_t*, TextMatcher::kLanes> ends;
  for (size_t i = 0; i < TextMatcher::kLanes; ++i) {
    begins[i] = ends[i] = end + matcher.PartBegin(i) + i * (ElementsRoom(text.size()) - text.size());
  }
  for (size_t round = 0; round < matcher.rounds(); ++round) {
    const TextMatcher::Blocks blocks = matcher.Next();
    if (round == 0 && !HasFewLiterals(blocks)) return std::nullopt;
    for (size_t i = 0; i < TextMatcher::kLanes; ++i) ends[i] = PutElements(bytes, blocks[i], ends[i]);
  }
  for (size_t i = 0; i < TextMatcher::kLanes; ++i) {
    const auto length = static_cast<size_t>(ends[i] - begins[i]);
    std::memmove(end, begins[i], length);
    end += length;
  }
  return end - out.data();
}

}  // namespace freight
