// The codes are cut out of a frame that libzstd writes: one block, whose literals section is all it has but for a byte
// that says "no sequences".
#include "format/zstd_literals.h"

#include "base/status.h"

#include <utility>

namespace freight {
namespace {

constexpr int kBlockBytesMax = 128 << 10;
constexpr ZSTD_cParameter kLiteralCodes = ZSTD_c_experimentalParam5;  // ZSTD_c_literalCompressionMode, where 1 is "on"
constexpr size_t kMagicBytes = 4;
constexpr size_t kBlockHeaderBytes = 3;

// A step as wide as a block: the match finder ends before it has looked at anything. The tables it does not use are as
// small as they can be, for they are cleared in each call.
bool AskForCodesAlone(ZSTD_CCtx* context) {
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  const std::pair<ZSTD_cParameter, int> wanted[] = {
      {ZSTD_c_compressionLevel, 1}, {ZSTD_c_strategy, ZSTD_fast}, {ZSTD_c_targetLength, kBlockBytesMax},
      {ZSTD_c_windowLog, 17},       {ZSTD_c_hashLog, 6},          {kLiteralCodes, 1}};
  for (const auto& [parameter, value] : wanted) {
    if (ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value))) return false;
  }
  return true;
}

// Of a frame without dictionary and checksum, whose content is its window.
size_t FrameHeaderBytes(uint8_t descriptor) {
  constexpr size_t kSizeBytes[] = {1, 2, 4, 8};
  return kMagicBytes + 1 + kSizeBytes[descriptor >> 6];
}

// The only block of the frame, if it is a compressed one; else nothing.
std::span<const uint8_t> OnlyBlock(std::span<const uint8_t> frame) {
  const size_t header = FrameHeaderBytes(frame[kMagicBytes]);
  const auto block = frame.subspan(header);
  const uint32_t stated = block[0] | static_cast<uint32_t>(block[1]) << 8 | static_cast<uint32_t>(block[2]) << 16;
  const bool last = (stated & 1) != 0;
  const bool compressed = (stated >> 1 & 3) == 2;
  if (!last || !compressed || block.size() != kBlockHeaderBytes + (stated >> 3)) return {};
  return block.subspan(kBlockHeaderBytes);
}

}  // namespace

std::span<const uint8_t> LiteralCoder::Code(std::span<const uint8_t> literals) {
  FREIGHT_ASSERT(literals.size() <= size_t{kBlockBytesMax});
  if (literals.empty() || !AskForCodesAlone(context_)) return {};
  frame_.resize(ZSTD_compressBound(literals.size()));
  const size_t written = ZSTD_compress2(context_, frame_.data(), frame_.size(), literals.data(), literals.size());
  if (ZSTD_isError(written)) return {};
  const auto block = OnlyBlock({frame_.data(), written});
  if (block.empty() || block.back() != 0) return {};  // there are sequences after all
  return block.first(block.size() - 1);
}

}  // namespace freight
