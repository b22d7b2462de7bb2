// Hands out one input in order: its morsels, and a mark where a chunk ends.
#pragma once

#include "commit/dataset.h"
#include "engine/task.h"
#include "plan/plan.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace freight {

// What all lanes of a run share.
struct LaneContext {
  const Plan& plan;
  MemoryBudget* budget;
  std::function<bool()> cancelled;
  std::shared_ptr<PageLender> texts;  // of morsels: what one input's last ones give back is the next one's first
};

// Thread: one caller at a time. Blocks on I/O and on the memory budget.
class InputLane {
 public:
  // `done` are the input's chunks that need not be read again, `decode_threads` may decode it. The context is kept.
  InputLane(const LaneContext& context, Turn first, const std::vector<ChunkDone>& done, int64_t decode_threads);
  // nullopt: cancelled (then the last chunk stays open and is not committed). After a failure or the input's end it
  // must not be called again.
  Result<std::optional<Task>> Next();
  // The input's last task was handed out.
  bool finished() const { return finished_; }
  // A morsel was read behind the end of a chunk and waits for the next call, with its share of the budget.
  bool holds_morsel() const { return ahead_.has_value(); }

 private:
  Status Open();
  Status CheckUnchanged() const;
  Result<Task> EndChunk(bool at_border);
  Task Wrap();

  const LaneContext& context_;
  const PlannedInput& input_;
  Turn turn_;  // of the next task
  const int decode_threads_;
  InputPosition from_;
  std::unique_ptr<MorselCursor> cursor_;
  std::optional<Morsel> ahead_;
  int32_t chunk_ = 0;
  int64_t chunk_begin_ = 0;
  int64_t morsels_in_chunk_ = 0;
  bool finished_ = false;
};

}  // namespace freight
