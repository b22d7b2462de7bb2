// zstd frames for numbers whose bytes were split into streams (BYTE_STREAM_SPLIT): each stream has blocks of its own.
#pragma once

#include "format/zstd_literals.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace freight {

// What the frame's blocks for these streams take, judged by a slice of each. The streams of all bytes of `width` follow
// one another, each as long as the next.
int64_t EstimatePlanes(std::string_view streams, int width);

// Writes one frame: `body` whose last `stream_bytes` bytes are the streams. Any zstd decoder reads it. Returns its
// length, or nothing if `out` does not hold it or there are no streams.
std::optional<int64_t> WritePlanesFrame(std::string_view body, int64_t stream_bytes, int width, LiteralCoder& coder,
                                        std::span<uint8_t> out);

}  // namespace freight
