// zstd frames for integers that come back soon: sorted keys with several rows each, timestamps a little out of order.
#pragma once

#include "format/zstd_block.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace freight {

// Little-endian values of `width` bytes (4 or 8). One that stood shortly before is a copy of it, as are those behind it
// that followed it there too. Another is its lowest bytes and, for the rest, a copy of an earlier value's upper ones.
struct Repeats {
  int width = 0;       // 0: the values do not have this shape
  bool coded = false;  // the low bytes as Huffman codes
};

struct RepeatsEstimate {
  Repeats repeats;
  int64_t bytes = 0;      // of a frame's blocks for these values
  int64_t sequences = 0;  // in them: what takes zstd's time
};

// How many of 100 values stood shortly before. Costs little: most columns are asked no more than this.
int64_t RepeatedPercent(std::string_view values, int width);

// Holds 64 KiB, and writes by way of its caller's block. One caller at a time.
class RepeatsWriter {
 public:
  explicit RepeatsWriter(ZstdBlock& block) : block_(block) {}

  // Of a block's values at most; those beyond do not count.
  RepeatsEstimate Estimate(std::string_view values, int width);

  // Writes one frame: `body` whose last `value_bytes` bytes are values. Any zstd decoder reads it. Returns its length,
  // or nothing if `out` does not hold it and 24 bytes more. A block that does not shrink is stored.
  std::optional<int64_t> WriteFrame(std::string_view body, int64_t value_bytes, const Repeats& repeats,
                                    LiteralCoder& coder, std::span<uint8_t> out);

 private:
  static constexpr int64_t kBlockValues = 16 << 10;

  // Of the block's value `begin`, and those behind it up to the next one's: they stand so many values before, too.
  struct Copy {
    uint16_t begin;
    uint16_t distance;
  };

  template <typename U>
  bool Find(const uint8_t* values, int64_t count);
  template <typename U>
  Copy* FindCopies(const uint8_t* values, int64_t begin, int64_t count, Copy* out);
  template <typename U>
  bool FindLiterals(const uint8_t* values, const Copy* end);
  template <typename U>
  std::optional<int64_t> Write(std::string_view body, int64_t value_bytes, LiteralCoder* coder, std::span<uint8_t> out);

  ZstdBlock& block_;
  std::array<Copy, kBlockValues + 1> copies_;
};

}  // namespace freight
