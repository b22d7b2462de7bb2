// Hands out the work of a run: which inputs are read now, and in which order they are written.
//
// Inputs come one after another, in the plan's order. Archives may be read side by side: while all that are open are
// being decoded, a worker that asks for work opens the next one instead of waiting, unless so many decoders keep all
// workers busy. When there are fewer archives than decoders wanted, each is decoded by several threads where its format
// allows (io/parallel_stream.h). Inputs that were open together are written as their results come, each in its own
// order, so that no result waits for another file's end; all others are written in the plan's order. One worker never
// opens two.
//
// Memory: what an archive beside another one takes (its decoder, and the buffers of one more chunk in the making) is
// charged before it is opened. When that and a morsel do not fit in the budget, the worker waits for an open one.
#pragma once

#include "engine/input_lane.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace freight {

// Thread: any worker. Blocks on I/O, on the memory budget, and while others read what is open.
class MorselSource {
 public:
  // For `threads` workers. `done` are the chunks of an input that need not be read again. References are kept.
  MorselSource(const Plan& plan, int threads, MemoryBudget* budget, std::function<bool()> cancelled,
               std::function<std::vector<ChunkDone>(const std::string&)> done);
  // nullopt: nothing left for this worker, or cancelled, or an earlier call failed (then last chunks stay open and are
  // not committed).
  Result<std::optional<Task>> Next();

 private:
  struct OpenInput {
    std::unique_ptr<InputLane> lane;
    bool busy = false;     // a worker reads it
    bool archive = false;
    Charge charge;
  };

  OpenInput* Claim();
  void GiveBack(OpenInput* input, bool failed);
  OpenInput* Free();
  OpenInput* OpenNext();
  const PlannedInput* NextToRead();
  int Decoders(const PlannedInput& input) const;
  std::optional<Charge> Afford(const PlannedInput& input) const;

  const LaneContext context_;
  std::function<std::vector<ChunkDone>(const std::string&)> done_;
  const int threads_;
  const int64_t archives_;  // among the inputs that are read
  const int64_t writer_bytes_;
  std::mutex mutex_;  // of what follows; not held while an input is read
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<OpenInput>> open_;  // in the plan's order
  size_t next_input_ = 0;                         // first one that was not opened or passed over
  int64_t inputs_opened_ = 0;
  int64_t inputs_before_ = 0;  // those opened while none was open, and all before them
  bool failed_ = false;
};

}  // namespace freight
