// Snappy blocks for integers that come back or whose upper bytes do: the format written without a match search.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace freight {

// Little-endian values of `width` bytes (4 or 8). One that stood before is a copy of it. Another is its `low` lowest
// bytes and, for the rest, a copy of the last value with the same upper ones; where there is none, or `low` is 0, the
// bytes in which it differs from the value before it and a copy of that one's others.
struct SnappyNumbers {
  int width = 0;  // 0: the values do not have this shape
  int low = 0;    // 0..2, and 0 for 4-byte values
};

// The quickest shape in which these values take no more than `bytes_max` and `scratch` holds them, and 24 bytes more.
SnappyNumbers ChooseSnappyNumbers(std::string_view values, int width, int64_t bytes_max, std::span<uint8_t> scratch);

// Writes one block: `body`, of less than 4 GiB, whose last `value_bytes` bytes are values. Any Snappy decoder reads it.
// As Snappy's own blocks, no copy leaves its 64 KiB of the body. Returns its length, or nothing if `out` does not hold
// it and 24 bytes more.
std::optional<int64_t> WriteSnappyNumbers(std::string_view body, int64_t value_bytes, const SnappyNumbers& shape,
                                          std::span<uint8_t> out);

}  // namespace freight
