// Literals as they are or as codes, then the sequences.
#include "format/zstd_block.h"

#include "base/status.h"

#include <cstring>

namespace freight {
namespace {

constexpr int64_t kRoomSpare = 16;

}  // namespace

void ZstdBlock::Hold(size_t sequences, size_t literals) {
  FREIGHT_ASSERT(sequences <= kSequencesMax && literals <= static_cast<size_t>(kZstdBlockBytes));
  sequences_number_ = sequences;
  literals_number_ = literals;
}

bool ZstdBlock::Write(int64_t content, RepeatedOffsets* offsets, LiteralCoder* coder, ZstdFrame& frame) {
  const auto codes = coder != nullptr ? coder->Code(held_literals()) : std::span<const uint8_t>{};
  const auto stored = codes.empty() ? held_literals() : codes;
  if (sequences_number_ == 0 || frame.Room() < static_cast<int64_t>(stored.size()) + kRoomSpare) return false;
  uint8_t* const block = frame.BeginBlock();
  if (codes.empty()) frame.LiteralsHeader(static_cast<int64_t>(stored.size()));
  std::memcpy(frame.Rest().data(), stored.data(), stored.size());
  frame.Skip(static_cast<int64_t>(stored.size()));
  RepeatedOffsets after = offsets != nullptr ? *offsets : RepeatedOffsets{};
  const bool written = coder_.Write(held_sequences(), offsets != nullptr ? &after : nullptr, frame);
  const int64_t size = frame.Rest().data() - block - kZstdBlockHeaderBytes;
  if (!written || size >= content) {
    frame.DropBlock(block);
    return false;
  }
  frame.EndBlock(block);
  if (offsets != nullptr) *offsets = after;
  return true;
}

}  // namespace freight
