// The order of work: inputs by name, morsels by position, chunks of a fixed number of morsels.
#include "engine/morsel_source.h"

#include "base/hash.h"
#include "plan/read_ahead.h"

namespace freight {

MorselSource::MorselSource(const Plan& plan, MemoryBudget* budget, std::function<bool()> cancelled,
                           std::function<std::vector<ChunkDone>(const std::string&)> done)
    : plan_(plan), budget_(budget), cancelled_(std::move(cancelled)), done_(std::move(done)) {}

Result<std::optional<Task>> MorselSource::Next() {
  if (cancelled_()) return std::optional<Task>();
  if (!cursor_) {
    ARROW_RETURN_NOT_OK(OpenNextInput());
    if (!cursor_) return std::optional<Task>();
  }
  if (morsels_in_chunk_ == plan_.options.chunk_morsels) {
    ARROW_ASSIGN_OR_RAISE(Task end, EndChunk(true));
    return std::optional<Task>(std::move(end));
  }
  std::optional<Morsel> morsel = std::exchange(ahead_, std::nullopt);
  if (!morsel) {
    ARROW_ASSIGN_OR_RAISE(morsel, cursor_->Next());
  }
  if (cancelled_()) return std::optional<Task>();
  if (!morsel) {
    ARROW_ASSIGN_OR_RAISE(Task end, EndChunk(false));
    return std::optional<Task>(std::move(end));
  }
  morsels_in_chunk_++;
  Task task = Wrap(input_);
  task.morsel = std::move(morsel);
  return std::optional<Task>(std::move(task));
}

Task MorselSource::Wrap(size_t input) {
  Task task;
  task.sequence = sequence_++;
  task.input = input;
  task.chunk = chunk_;
  return task;
}

Status MorselSource::OpenNextInput() {
  while (next_input_ < plan_.inputs.size()) {
    input_ = next_input_++;
    const PlannedInput& input = plan_.inputs[input_];
    if (!input.decision.read) continue;
    const std::vector<ChunkDone> done = done_(input.version.name);
    if (!done.empty() && done.back().last) continue;
    InputPosition from = input.header.data_begin;
    if (!done.empty()) {
      from = {done.back().next_morsel, done.back().offset + done.back().length, done.back().next_line};
    }
    chunk_ = static_cast<int32_t>(done.size());
    chunk_begin_ = from.offset;
    morsels_in_chunk_ = 0;
    ARROW_RETURN_NOT_OK(CheckUnchanged(input));
    CursorOptions options;
    options.morsel_bytes = plan_.options.morsel_bytes;
    options.budget = budget_;
    options.cancelled = cancelled_;
    options.charge_factor = kChargeFactor;
    ARROW_ASSIGN_OR_RAISE(cursor_, plan_.pipeline.format->OpenCursor(input.file, input.header, from, options));
    return Status::OK();
  }
  return Status::OK();
}

// Files grow and change while they are read; what was read would then be no version of the input.
Status MorselSource::CheckUnchanged(const PlannedInput& input) {
  ARROW_ASSIGN_OR_RAISE(FileStat now, input.file.env->Stat(input.file.path));
  if (now == input.version.stat) return Status::OK();
  return Fail(Reaction::kFailed, "input \"{}\" changed while it was read: {} bytes, then {}", input.version.name,
              input.version.stat.size_bytes, now.size_bytes)
      .At({input.version.name})
      .Help("run again when the file is complete; nothing of this version was published");
}

Result<Task> MorselSource::EndChunk(bool at_border) {
  ARROW_RETURN_NOT_OK(CheckUnchanged(plan_.inputs[input_]));
  ChunkEnd end;
  end.index = chunk_;
  end.offset = chunk_begin_;
  end.next = cursor_->position();
  end.length = end.next.offset - chunk_begin_;
  end.content_hash = ChunkContentHash(plan_.inputs[input_].header, chunk_, cursor_->TakeContentHash());
  if (at_border) {
    ARROW_ASSIGN_OR_RAISE(ahead_, cursor_->Next());
    if (!ahead_ && cancelled_()) return Fail(Reaction::kStopped, "stopped");
  }
  end.last = !ahead_;
  Task task = Wrap(input_);
  task.chunk_end = end;
  chunk_++;
  chunk_begin_ = end.next.offset;
  morsels_in_chunk_ = 0;
  if (end.last) cursor_.reset();
  return task;
}

}  // namespace freight
