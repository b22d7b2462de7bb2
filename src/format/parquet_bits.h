// Bit-level encodings of Parquet pages: definition levels and dictionary indices as RLE/bit-packed hybrid.
// Hot loops: free functions over spans that append to a caller's buffer.
#pragma once

#include <cstdint>
#include <span>

namespace freight {

// Bytes that EncodeLevels may write for `rows` rows: a plain upper bound.
inline int64_t LevelBytesMax(int64_t rows) { return rows / 8 + rows / 256 + 32; }
// Definition levels 0 and 1 from a validity bitmap (bit 0 = first row; null bitmap = all valid), with their 4-byte
// length in front. Returns the bytes written.
int64_t EncodeLevels(const uint8_t* validity, int64_t rows, uint8_t* out);

inline int64_t IndexBytesMax(int64_t count, int bit_width) { return (count / 8 + 2) * (bit_width + 3) + 64; }
// Dictionary indices, each below 2^bit_width (0..16): one byte for the width, then the hybrid. Returns bytes written.
int64_t EncodeIndices(std::span<const uint16_t> indices, int bit_width, uint8_t* out);

// Bits needed for values 0..entries-1.
int IndexBitWidth(int64_t entries);

}  // namespace freight
