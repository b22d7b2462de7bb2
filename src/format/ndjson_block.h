// A few hundred whole lines that shapes are tried on at once.
#pragma once

#include "format/ndjson_kernels.h"

#include <array>
#include <cstdint>

namespace freight {

struct NdjsonBlock {
  // A block's text stays in the first cache level while it is read, and its lines are enough to hide what a step costs.
  static constexpr uint32_t kBytesMax = 24 << 10;

  // Takes the whole lines in text[from, limit), as many as fit, or the one that begins at `from` if none ends there;
  // the last line of text[0, size) may have no line end. All are open then. 64 zero bytes follow text[size].
  void Take(const NdjsonKernels& kernels, const char* text, uint32_t from, uint32_t limit, uint32_t size);
  // To try a shape on the open lines.
  void BeginProgress();
  void CloseMatched();

  // Behind the line end.
  uint32_t NextBegin(uint32_t line) const { return ends[line] + (ends[line] < size); }

  const char* text = nullptr;
  uint32_t size = 0;
  uint32_t count = 0;
  std::array<uint32_t, kNdjsonLinesMax> begins, ends;  // without the line end
  std::array<uint8_t, kNdjsonLinesMax> matched;        // 1: its fields are set
  std::array<uint16_t, kNdjsonLinesMax> open;          // those that no shape has matched, in order
  uint32_t open_count = 0;
  NdjsonProgress progress;
};

}  // namespace freight
