// The sequences section of a zstd block (RFC 8878, 3.1.1.3.2), for sequences that somebody has found.
#pragma once

#include "format/zstd_frame.h"
#include "format/zstd_fse.h"

#include <array>
#include <cstdint>
#include <span>

namespace freight {

// A decoder's step: it copies literals, and then bytes that it has written before.
struct ZstdSequence {
  uint16_t literals = 0;  // bytes
  uint16_t match = 0;     // bytes, at least kZstdMatchMin
  uint32_t offset = 0;    // how many bytes back, from 1; at most kOffsetMax
  uint32_t codes = 0;     // SequenceCoder's

  static constexpr uint32_t kOffsetMax = (1U << 24) - 4;
};

// What a decoder remembers from one compressed block of a frame to the next.
struct RepeatedOffsets {
  uint32_t first = 1;
  uint32_t second = 4;
  uint32_t third = 8;
};

class SequenceCoder {
 public:
  // Writes the section for 1 to 128 Ki sequences, with codes of its own. Turns `offset` into the number that the format
  // has for it, which is smaller for the offsets of the sequences before. Without `offsets` these are not looked for.
  // False if the frame does not have room for the section and 8 bytes more; `offsets` are then void.
  bool Write(std::span<ZstdSequence> sequences, RepeatedOffsets* offsets, ZstdFrame& frame);

  // About what the section would take. Changes the sequences as Write does.
  int64_t EstimateBytes(std::span<ZstdSequence> sequences, RepeatedOffsets& offsets);

 private:
  using Counts = std::array<uint32_t, FseTable::kSymbolsMax>;
  struct CodeCounts {
    Counts literals, matches, offsets;
  };

  void CountCodes(std::span<ZstdSequence> sequences, RepeatedOffsets* offsets);
  uint8_t* WriteStream(std::span<const ZstdSequence> sequences, uint8_t* at, const uint8_t* end) const;

  CodeCounts counts_;
  FseTable literals_, offsets_, matches_;
};

}  // namespace freight
