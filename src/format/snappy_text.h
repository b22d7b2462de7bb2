// Snappy blocks for text whose words and phrases come back: comments, messages, lines of logs.
#pragma once

#include "format/text_matches.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace freight {

// The room that WriteSnappyText needs.
size_t SnappyTextRoomFor(size_t body_bytes);

// Writes one block, which any Snappy decoder reads: `body`, whose last `text_bytes` bytes are text that TextMatcher
// takes. Copies come from up to 64 KiB before, as the format has it. Returns its length, or nothing if `out` is smaller
// than SnappyTextRoomFor() or the first part has so many literals that a closer search would find more.
std::optional<int64_t> WriteSnappyText(std::string_view body, int64_t text_bytes, TextMatcher& matcher,
                                       std::span<uint8_t> out);

}  // namespace freight
