// The order of work: inputs by name.
#include "engine/morsel_source.h"

#include <utility>

namespace freight {

MorselSource::MorselSource(const Plan& plan, MemoryBudget* budget, std::function<bool()> cancelled,
                           std::function<std::vector<ChunkDone>(const std::string&)> done)
    : context_{plan, budget, std::move(cancelled)}, done_(std::move(done)) {}

Result<std::optional<Task>> MorselSource::Next() {
  if (context_.cancelled()) return std::optional<Task>();
  if (!lane_ || lane_->finished()) OpenNextInput();
  if (!lane_) return std::optional<Task>();
  return lane_->Next();
}

void MorselSource::OpenNextInput() {
  lane_.reset();
  while (next_input_ < context_.plan.inputs.size()) {
    const size_t index = next_input_++;
    const PlannedInput& input = context_.plan.inputs[index];
    if (!input.decision.read) continue;
    const std::vector<ChunkDone> done = done_(input.version.name);
    if (!done.empty() && done.back().last) continue;
    lane_ = std::make_unique<InputLane>(context_, index, inputs_opened_++, done);
    return;
  }
}

}  // namespace freight
