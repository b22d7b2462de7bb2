// What the writers of Snappy blocks share: the length in front, and literals.
//
// A block is its content's length as a varint and elements: literals (tag 0), copies of 4 to 11 bytes from less than
// 2 KiB before (tag 1, 2 bytes), copies of up to 64 bytes from less than 64 KiB before (tag 2, 3 bytes).
#pragma once

#include <cstdint>
#include <cstring>

namespace freight {

inline constexpr int64_t kSnappyLengthBytesMax = 5;
inline constexpr int64_t kSnappyLiteralTagMax = 3;        // bytes, of a literal of at most 64 KiB
inline constexpr uint32_t kSnappyShortLiteralMax = 60;    // its length stands in the tag
inline constexpr uint32_t kSnappyCopyMin = 4;             // shorter ones take as much room as what they copy
inline constexpr uint32_t kSnappyNearCopyMax = 11;
inline constexpr uint32_t kSnappyNearOffsets = 2 << 10;
inline constexpr uint32_t kSnappyCopyMax = 64;
inline constexpr uint32_t kSnappyOffsetMax = (64 << 10) - 1;
inline constexpr int64_t kSnappyLiteralMax = 64 << 10;

// All that follows is for callers that know that there is room, and returns where it ends.

inline uint8_t* PutSnappyLength(uint64_t length, uint8_t* at) {
  for (; length >= 0x80; length >>= 7) *at++ = static_cast<uint8_t>(length | 0x80);
  *at++ = static_cast<uint8_t>(length);
  return at;
}

// Of at most kSnappyLiteralMax.
inline uint8_t* PutSnappyLiteral(const uint8_t* bytes, int64_t length, uint8_t* at) {
  if (length == 0) return at;
  const auto rest = static_cast<uint32_t>(length - 1);
  if (rest < kSnappyShortLiteralMax) {
    *at++ = static_cast<uint8_t>(rest << 2);
  } else {
    const int more = rest < 256 ? 1 : 2;
    *at++ = static_cast<uint8_t>((kSnappyShortLiteralMax - 1 + static_cast<uint32_t>(more)) << 2);
    for (int i = 0; i < more; ++i) *at++ = static_cast<uint8_t>(rest >> (8 * i));
  }
  std::memcpy(at, bytes, static_cast<size_t>(length));
  return at + length;
}

}  // namespace freight
