// Cutting of text into lines, a block at a time.
#include "format/ndjson_block.h"

#include <algorithm>
#include <cstring>

namespace freight {

void NdjsonBlock::Take(const NdjsonKernels& kernels, const char* from_text, uint32_t from, uint32_t limit,
                       uint32_t text_size) {
  text = from_text;
  size = text_size;
  const uint32_t stop = std::min(limit, from + kBytesMax);
  count = kernels.line_ends(text, from, stop, &ends);
  if (count == 0) {
    const void* found = std::memchr(text + from, '\n', size - from);
    ends[0] = found == nullptr ? size : static_cast<uint32_t>(static_cast<const char*>(found) - text);
    count = 1;
  }
  begins[0] = from;
  for (uint32_t line = 1; line < count; ++line) begins[line] = ends[line - 1] + 1;
  for (uint32_t line = 0; line < count; ++line) open[line] = static_cast<uint16_t>(line);
  open_count = count;
  std::fill_n(matched.begin(), count, uint8_t{0});
}

void NdjsonBlock::BeginProgress() {
  std::copy_n(open.begin(), open_count, progress.lines.begin());
  progress.count = open_count;
  if (open_count == count) {
    std::copy_n(begins.begin(), count, progress.at.begin());
    return;
  }
  for (uint32_t i = 0; i < open_count; ++i) progress.at[i] = begins[open[i]];
}

void NdjsonBlock::CloseMatched() {
  uint32_t left = 0;
  for (uint32_t i = 0; i < open_count; ++i) {
    const uint16_t line = open[i];
    open[left] = line;
    left += matched[line] == 0;
  }
  open_count = left;
}

}  // namespace freight
