// The order of work in one input: morsels by position, chunks of a fixed number of morsels.
#include "engine/input_lane.h"

#include "base/hash.h"
#include "plan/read_ahead.h"

#include <utility>

namespace freight {

InputLane::InputLane(const LaneContext& context, Turn first, const std::vector<ChunkDone>& done,
                     int64_t decode_threads)
    : context_(context),
      input_(context.plan.inputs[first.input]),
      turn_(first),
      decode_threads_(static_cast<int>(decode_threads)),
      from_(input_.header.data_begin),
      chunk_(static_cast<int32_t>(done.size())) {
  if (!done.empty()) {
    from_ = {done.back().next_morsel, done.back().offset + done.back().length, done.back().next_line};
  }
  chunk_begin_ = from_.offset;
}

Status InputLane::Open() {
  ARROW_RETURN_NOT_OK(CheckUnchanged());
  CursorOptions options;
  options.morsel_bytes = context_.plan.options.morsel_bytes;
  options.budget = context_.budget;
  options.cancelled = context_.cancelled;
  options.charge_factor = kChargeFactor;
  options.decode_threads = decode_threads_;
  options.texts = context_.texts;
  return context_.plan.pipeline.format->OpenCursor(input_.file, input_.header, from_, options).Value(&cursor_);
}

Result<std::optional<Task>> InputLane::Next() {
  if (!cursor_) ARROW_RETURN_NOT_OK(Open());
  if (morsels_in_chunk_ == context_.plan.options.chunk_morsels) {
    ARROW_ASSIGN_OR_RAISE(Task end, EndChunk(true));
    return std::optional<Task>(std::move(end));
  }
  std::optional<Morsel> morsel = std::exchange(ahead_, std::nullopt);
  if (!morsel) {
    ARROW_ASSIGN_OR_RAISE(morsel, cursor_->Next());
  }
  if (context_.cancelled()) return std::optional<Task>();
  if (!morsel) {
    ARROW_ASSIGN_OR_RAISE(Task end, EndChunk(false));
    return std::optional<Task>(std::move(end));
  }
  morsels_in_chunk_++;
  Task task = Wrap();
  task.morsel = std::move(morsel);
  return std::optional<Task>(std::move(task));
}

Task InputLane::Wrap() {
  Task task;
  task.turn = turn_;
  task.chunk = chunk_;
  turn_.sequence++;
  return task;
}

// Files grow and change while they are read; what was read would then be no version of the input.
Status InputLane::CheckUnchanged() const {
  ARROW_ASSIGN_OR_RAISE(FileStat now, input_.file.env->Stat(input_.file.path));
  if (now == input_.version.stat) return Status::OK();
  return Fail(Reaction::kFailed, "input \"{}\" changed while it was read: {} bytes, then {}", input_.version.name,
              input_.version.stat.size_bytes, now.size_bytes)
      .At({input_.version.name})
      .Help("run again when the file is complete; nothing of this version was published");
}

Result<Task> InputLane::EndChunk(bool at_border) {
  ARROW_RETURN_NOT_OK(CheckUnchanged());
  ChunkEnd end;
  end.index = chunk_;
  end.offset = chunk_begin_;
  end.next = cursor_->position();
  end.length = end.next.offset - chunk_begin_;
  end.content_hash = ChunkContentHash(input_.header, chunk_, cursor_->TakeContentHash());
  if (at_border) {
    ARROW_ASSIGN_OR_RAISE(ahead_, cursor_->Next());
    if (!ahead_ && context_.cancelled()) return Fail(Reaction::kStopped, "stopped");
  }
  end.last = finished_ = !ahead_;
  Task task = Wrap();
  task.chunk_end = end;
  chunk_++;
  chunk_begin_ = end.next.offset;
  morsels_in_chunk_ = 0;
  return task;
}

}  // namespace freight
