// zstd frames for numbers whose bytes were split into streams (BYTE_STREAM_SPLIT): each stream has blocks of its own.
#pragma once

#include "format/zstd_literals.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace freight {

// Streams of numbers of `width` bytes.
struct Planes {
  int width = 0;
  uint8_t coded = 0;  // bit k: Huffman codes are worth their time for stream k
};
struct PlanesEstimate {
  Planes planes;
  int64_t bytes = 0;  // that the frame's blocks take
};

// Judged by a slice of each stream. They follow one another, each as long as the next.
PlanesEstimate EstimatePlanes(std::string_view streams, int width);

// Writes one frame: `body` whose last `stream_bytes` bytes are the streams. Any zstd decoder reads it. Returns its
// length, or nothing if `out` does not hold it or there are no streams.
std::optional<int64_t> WritePlanesFrame(std::string_view body, int64_t stream_bytes, const Planes& planes,
                                        LiteralCoder& coder, std::span<uint8_t> out);

}  // namespace freight
