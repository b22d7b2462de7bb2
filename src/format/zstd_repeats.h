// zstd frames for integers that come back soon: sorted keys with several rows each, timestamps a little out of order.
#pragma once

#include "format/zstd_literals.h"
#include "format/zstd_sequences.h"

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

// Holds the scratch memory, some 300 KiB. One caller at a time.
class RepeatsWriter {
 public:
  // Of a block's values at most; those beyond do not count.
  RepeatsEstimate Estimate(std::string_view values, int width);

  // Writes one frame: `body` whose last `value_bytes` bytes are values. Any zstd decoder reads it. Returns its length,
  // or nothing if `out` does not hold it and 24 bytes more. A block that does not shrink is stored.
  std::optional<int64_t> WriteFrame(std::string_view body, int64_t value_bytes, const Repeats& repeats,
                                    LiteralCoder& coder, std::span<uint8_t> out);

 private:
  static constexpr int64_t kBlockValues = 16 << 10;

  template <typename U>
  bool Find(const uint8_t* values, int64_t count);
  template <typename U>
  ZstdSequence* FindCopies(const uint8_t* values, int64_t begin, int64_t count, ZstdSequence* out);
  template <typename U>
  bool FindLiterals(const uint8_t* values, const ZstdSequence* end);
  template <typename U>
  std::optional<int64_t> Write(std::string_view body, int64_t value_bytes, LiteralCoder* coder, std::span<uint8_t> out);
  bool WriteBlock(int64_t content, RepeatedOffsets& offsets, LiteralCoder* coder, ZstdFrame& frame);
  // Of the block that Find() saw last.
  std::span<ZstdSequence> sequences() { return {sequences_.data(), sequences_number_}; }
  std::span<const uint8_t> literals() const { return {literals_.data(), literals_number_}; }

  SequenceCoder sequence_coder_;
  size_t sequences_number_ = 0;
  size_t literals_number_ = 0;
  std::array<ZstdSequence, kBlockValues + 1> sequences_;
  std::array<uint8_t, kBlockValues * 8 + 8> literals_;
};

}  // namespace freight
