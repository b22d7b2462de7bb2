// What a run hands to its workers: units of work, each with its place in the order of writing.
#pragma once

#include "format/input_format.h"

#include <cstdint>
#include <optional>
#include <string>

namespace freight {

// Where a chunk ends: everything of its record that does not depend on rows.
struct ChunkEnd {
  int32_t index = 0;
  int64_t offset = 0, length = 0;  // of the chunk in the input's bytes
  InputPosition next;                // where the next chunk starts
  std::string content_hash;
  bool last = false;               // the input ends here
};

// When a task may be written: after its input's tasks of a lower sequence, and after whole inputs that were handed out
// before.
struct Turn {
  size_t input = 0;           // index into plan.inputs
  int64_t sequence = 0;       // within the input, from 0 over the run without gaps
  int64_t inputs_before = 0;  // how many inputs of this run must be written to their end first
};

// One unit of work. Exactly one of morsel and chunk_end is set.
struct Task {
  Turn turn;
  int32_t chunk = 0;
  std::optional<Morsel> morsel;
  std::optional<ChunkEnd> chunk_end;
};

}  // namespace freight
