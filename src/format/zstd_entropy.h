// What entropy codes take for symbols that were counted, in whole numbers: a sample's verdict must not depend on a
// machine's floating point.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace freight {

// log2 in 1/256, off by at most 3 of them.
inline int64_t Log2Of256(int64_t x) {
  const int whole = std::bit_width(static_cast<uint64_t>(x)) - 1;
  const int64_t part = ((x << 8) >> whole) - 256;
  return whole * 256 + part + (part * (256 - part) * 88 >> 16);
}

// Bits of codes for symbols of these counts, without the table of codes. A code has at least `least` / 256 bits: 256
// for Huffman's, 0 for arithmetic ones.
inline int64_t EntropyBits(std::span<const int64_t> counts, int64_t least) {
  int64_t number = 0;
  for (const int64_t count : counts) number += count;
  if (number == 0) return 0;
  const int64_t all = Log2Of256(number);
  int64_t bits = 0;
  for (const int64_t count : counts) {
    if (count > 0) bits += count * std::max(all - Log2Of256(count), least);
  }
  return bits / 256;
}

using ByteCounts = std::array<int64_t, 256>;

inline ByteCounts CountBytes(std::span<const uint8_t> bytes) {
  ByteCounts counts{};
  for (const uint8_t byte : bytes) ++counts[byte];
  return counts;
}

// What Huffman codes for such bytes take, without their table.
inline int64_t HuffmanBytes(const ByteCounts& counts) { return EntropyBits(counts, 256) / 8; }

}  // namespace freight
