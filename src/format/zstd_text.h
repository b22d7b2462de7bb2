// zstd frames for text whose words and phrases come back: comments, messages, lines of logs.
#pragma once

#include "format/text_matches.h"
#include "format/zstd_block.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace freight {

// Writes with memory that is its caller's: `matcher` and `block`. One caller at a time.
class ZstdTextWriter {
 public:
  ZstdTextWriter(TextMatcher& matcher, ZstdBlock& block) : matcher_(matcher), block_(block) {}

  // The room that a frame needs.
  static size_t RoomFor(size_t body_bytes);

  // Writes one frame, which any zstd decoder reads: `body`, whose last `text_bytes` bytes are text that TextMatcher
  // takes. Returns its length, or nothing if `out` is smaller than RoomFor() or the first blocks have so many literals
  // that a closer search would find more.
  std::optional<int64_t> WriteFrame(std::string_view body, int64_t text_bytes, LiteralCoder& coder,
                                    std::span<uint8_t> out);

 private:
  size_t LaneBegin(size_t lane) const;  // of its blocks, until they are joined
  size_t LaneRoom(size_t lane) const;
  bool WriteLanes(std::string_view text, LiteralCoder& coder, std::span<ZstdFrame> lanes);
  bool Fill(std::string_view text, const TextMatcher::Block& block);
  bool WriteBlock(std::string_view text, const TextMatcher::Block& block, LiteralCoder& coder, ZstdFrame& frame);

  TextMatcher& matcher_;
  ZstdBlock& block_;
};

}  // namespace freight
