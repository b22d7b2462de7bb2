// zstd frames for integers whose upper bytes hardly change: RFC 8878 written without a match search.
#pragma once

#include "format/zstd_literals.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace freight {

// Little-endian values of `width` bytes (4 or 8). Each is its `low` lowest bytes and, for the rest, a repetition of
// the value before it.
struct Stride {
  int width = 0;
  int low = 0;         // 0: the values do not have this shape
  bool coded = false;  // the low bytes as Huffman codes
};

struct StrideEstimate {
  Stride stride;
  int64_t bytes = 0;  // of a frame's blocks for these values
};

// The cheapest stride of the values without codes. At least 3 bytes of a value repeat, the format's shortest match.
StrideEstimate EstimateStride(std::string_view values, int width);

// The cheapest with codes. They make a byte that is seldom another one cheap: then one byte more spares exceptions.
StrideEstimate EstimateCodedStride(std::string_view values, const StrideEstimate& plain);

// Writes one frame: `body` whose last `value_bytes` bytes are values. Any zstd decoder reads it. Returns its length, or
// nothing if `out` does not hold it without codes and 24 bytes more.
std::optional<int64_t> WriteStrideFrame(std::string_view body, int64_t value_bytes, const Stride& stride,
                                        LiteralCoder& coder, std::span<uint8_t> out);

}  // namespace freight
