// Hands out the work of a run: which input comes next, and in which order the inputs are written.
#pragma once

#include "engine/input_lane.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace freight {

// Thread: one caller at a time (workers take turns under a lock). Blocks on I/O and on the memory budget.
class MorselSource {
 public:
  // `done` are the chunks of an input that need not be read again. References are kept.
  MorselSource(const Plan& plan, MemoryBudget* budget, std::function<bool()> cancelled,
               std::function<std::vector<ChunkDone>(const std::string&)> done);
  // nullopt: nothing left, or cancelled (then the last chunk stays open and is not committed).
  Result<std::optional<Task>> Next();

 private:
  void OpenNextInput();

  const LaneContext context_;
  std::function<std::vector<ChunkDone>(const std::string&)> done_;
  size_t next_input_ = 0;  // first one that was not looked at yet
  int64_t inputs_opened_ = 0;
  std::unique_ptr<InputLane> lane_;
};

}  // namespace freight
