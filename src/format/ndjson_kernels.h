// Kernels of the fast path over many lines at once: where lines end, and one step of a shape for all of them.
//
// A step is a literal and the value behind it. Taken for many lines in a row, steps do not wait for each other, and no
// branch depends on a value: neither on its length, nor on whether it is null or has escapes.
#pragma once

#include "contract/column_parser.h"

#include <array>
#include <cstdint>

namespace freight {

inline constexpr uint32_t kNdjsonLinesMax = 512;

// Where the lines that a shape is tried on stand: those that are still in.
struct NdjsonProgress {
  // Where the next literal should stand; one past the value when the step has been taken.
  std::array<uint32_t, kNdjsonLinesMax> at;
  std::array<uint16_t, kNdjsonLinesMax> lines;  // of the block
  uint32_t count = 0;
  // Places in `lines` of those that have the step's literal and behind it, at doubtful_at, a value that the kernel does
  // not know: where they stand is for the caller to say.
  std::array<uint16_t, kNdjsonLinesMax> doubtful;
  std::array<uint32_t, kNdjsonLinesMax> doubtful_at;
  uint32_t doubtful_count = 0;
};

// 64 readable bytes follow the text, and the literal.
struct NdjsonStepTask {
  const char* text = nullptr;
  const char* literal = nullptr;
  uint32_t literal_bytes = 0;
  char behind = ',';        // with which the next literal begins
  Field* fields = nullptr;  // by line of the block
};

struct NdjsonKernels {
  // Positions of LF in text[begin, end), in order, until nearly as many as fit; answers their number. 64 bytes behind
  // `end` are readable.
  uint32_t (*line_ends)(const char* text, uint32_t begin, uint32_t end, std::array<uint32_t, kNdjsonLinesMax>* out);
  // Lines without the literal are out. Known are null and: strings whose escapes are single characters; numbers of less
  // than 62 bytes without an exponent, where the next literal's first byte follows; true and false. Fields are set as
  // the careful path sets them, null as an empty text without quotes. Strings are not checked for UTF-8.
  void (*strings)(const NdjsonStepTask& task, NdjsonProgress* progress);
  void (*numbers)(const NdjsonStepTask& task, NdjsonProgress* progress);
  void (*booleans)(const NdjsonStepTask& task, NdjsonProgress* progress);
};

enum class NdjsonTarget : uint8_t { kAvx2, kAvx512 };

// Null when this processor lacks the instructions.
const NdjsonKernels* NdjsonKernelsFor(NdjsonTarget target);
// The best of them, or null: then lines are taken one by one.
const NdjsonKernels* BestNdjsonKernels();

}  // namespace freight
