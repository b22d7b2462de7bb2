// Hands out the work of a run in order: morsels of each input, and a mark where a chunk ends.
#pragma once

#include "commit/dataset.h"
#include "format/input_format.h"
#include "plan/plan.h"

#include <functional>
#include <memory>
#include <optional>

namespace freight {

// Where a chunk ends: everything of its record that does not depend on rows.
struct ChunkEnd {
  int32_t index = 0;
  int64_t offset = 0, length = 0;  // of the chunk in the input's bytes
  InputPosition next;                // where the next chunk starts
  std::string content_hash;
  bool last = false;               // the input ends here
};

// One unit of work. `sequence` counts from 0 over the run without gaps; exactly one of morsel and chunk_end is set.
struct Task {
  int64_t sequence = 0;
  size_t input = 0;                // index into plan.inputs
  int32_t chunk = 0;
  std::optional<Morsel> morsel;
  std::optional<ChunkEnd> chunk_end;
};

// Thread: one caller at a time (workers take turns under a lock). Blocks on I/O and on the memory budget.
class MorselSource {
 public:
  // `done` are the chunks of an input that need not be read again. References are kept.
  MorselSource(const Plan& plan, MemoryBudget* budget, std::function<bool()> cancelled,
               std::function<std::vector<ChunkDone>(const std::string&)> done);
  // nullopt: nothing left, or cancelled (then the last chunk stays open and is not committed).
  Result<std::optional<Task>> Next();

 private:
  Status OpenNextInput();
  Status CheckUnchanged(const PlannedInput& input);
  Result<Task> EndChunk(bool at_border);
  Task Wrap(size_t input);

  const Plan& plan_;
  MemoryBudget* budget_;
  std::function<bool()> cancelled_;
  std::function<std::vector<ChunkDone>(const std::string&)> done_;
  size_t next_input_ = 0;   // first one not opened yet
  size_t input_ = 0;
  std::unique_ptr<MorselCursor> cursor_;
  std::optional<Morsel> ahead_;
  int64_t sequence_ = 0;
  int32_t chunk_ = 0;
  int64_t chunk_begin_ = 0;
  int64_t morsels_in_chunk_ = 0;
};

}  // namespace freight
