// A compressed block of a zstd frame, made of sequences and literals that somebody has found.
#pragma once

#include "format/zstd_frame.h"
#include "format/zstd_literals.h"
#include "format/zstd_sequences.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace freight {

// Scratch memory for the largest block, some 430 KiB. One caller at a time.
class ZstdBlock {
 public:
  static constexpr size_t kSequencesMax = 22 << 10;
  static constexpr size_t kSpareBytes = 16;  // behind the literals, for who writes whole words

  // To be filled; `Hold` says how far.
  ZstdSequence* sequences() { return sequences_.data(); }
  uint8_t* literals() { return literals_.data(); }
  void Hold(size_t sequences, size_t literals);

  std::span<ZstdSequence> held_sequences() { return {sequences_.data(), sequences_number_}; }
  std::span<const uint8_t> held_literals() const { return {literals_.data(), literals_number_}; }
  SequenceCoder& coder() { return coder_; }

  // `content`: the bytes that the block stands for. Literals become codes unless `coder` is null or they do not get
  // smaller; `offsets` as SequenceCoder::Write has them. False, and nothing has changed but the sequences, if the block
  // would not be smaller than its content or the room is short: 16 bytes more than it takes.
  bool Write(int64_t content, RepeatedOffsets* offsets, LiteralCoder* coder, ZstdFrame& frame);

 private:
  SequenceCoder coder_;
  size_t sequences_number_ = 0;
  size_t literals_number_ = 0;
  std::array<ZstdSequence, kSequencesMax> sequences_;
  std::array<uint8_t, kZstdBlockBytes + kSpareBytes> literals_;
};

}  // namespace freight
