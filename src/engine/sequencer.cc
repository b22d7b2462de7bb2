// Order out of parallel work: the only thread that writes files and commits chunks.
#include "engine/sequencer.h"

#include <algorithm>
#include <utility>

namespace freight {
namespace {

int64_t HeldBytes(const Done& done) {
  const auto* morsel = std::get_if<MorselResult>(&done.what);
  return morsel ? morsel->charge.bytes() : 0;
}

}  // namespace

Sequencer::Sequencer(const ChunkContext& context, std::function<void(const ChunkDone&)> on_chunk,
                     std::function<void(const Accounting&, int64_t)> on_rows, const WaitingMax& max)
    : context_(context),
      on_chunk_(std::move(on_chunk)),
      on_rows_(std::move(on_rows)),
      max_(max),
      syncs_(context.env, context.plan.options.sync_threads, [this] {
        std::lock_guard lock(mutex_);
        arrived_.notify_one();
      }) {}

void Sequencer::Put(Done done) {
  std::lock_guard lock(mutex_);
  waiting_bytes_ += HeldBytes(done);
  ++waiting_results_;
  const Turn turn = done.turn;
  lanes_[turn.input].waiting.emplace(turn.sequence, std::move(done));
  arrived_.notify_one();
}

void Sequencer::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  arrived_.notify_one();
}

void Sequencer::WaitForRoom() {
  std::unique_lock lock(mutex_);
  taken_.wait(lock, [&] { return ended_ || waiting_bytes_ < max_.bytes || waiting_results_ < max_.results; });
}

Status Sequencer::Run() {
  Status status = WriteAll();
  std::lock_guard lock(mutex_);
  ended_ = true;
  taken_.notify_all();
  return status;
}

// A sealed chunk is committed whatever ends the writing: its work need not be done again.
Status Sequencer::WriteAll() {
  Status written = WriteReady();
  Status committed = CommitSealed();
  return written.ok() ? committed : written;
}

Status Sequencer::WriteReady() {
  for (;;) {
    auto done = Take();
    const bool durable = SealedIsDurable();
    if (!done && !durable) return Status::OK();
    if (durable) ARROW_RETURN_NOT_OK(CommitSealed());
    if (done) ARROW_RETURN_NOT_OK(Write(std::move(*done)));
  }
}

Status Sequencer::CommitSealed() {
  const auto sealed = std::move(sealed_);
  if (!sealed) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(ChunkDone chunk, sealed->Commit());
  on_chunk_(chunk);
  return Status::OK();
}

// The first input whose next result is there and whose turn it is.
Sequencer::Lanes::iterator Sequencer::Ready() {
  return std::find_if(lanes_.begin(), lanes_.end(), [&](const auto& entry) {
    const Lane& lane = entry.second;
    if (lane.waiting.empty() || lane.waiting.begin()->first != lane.next) return false;
    return lane.waiting.begin()->second.turn.inputs_before <= inputs_taken_;
  });
}

std::optional<Done> Sequencer::Take() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return closed_ || Ready() != lanes_.end() || SealedIsDurable(); });
  const auto ready = Ready();
  // After a stop or a failure a gap stays open: what lies behind it is dropped, its chunk is not committed.
  if (ready == lanes_.end()) return std::nullopt;
  Lane& lane = ready->second;
  Done done = std::move(lane.waiting.begin()->second);
  waiting_bytes_ -= HeldBytes(done);
  --waiting_results_;
  lane.waiting.erase(lane.waiting.begin());
  lane.next++;
  if (const auto* end = std::get_if<ChunkEnd>(&done.what); end && end->last) {
    inputs_taken_++;
    lanes_.erase(ready);
  }
  taken_.notify_all();
  return done;
}

Status Sequencer::Write(Done done) {
  std::unique_ptr<ChunkWriter>& writer = writers_[done.turn.input];
  if (!writer) writer = std::make_unique<ChunkWriter>(context_, done.turn.input, done.chunk, &syncs_);
  if (auto* morsel = std::get_if<MorselResult>(&done.what)) {
    const Accounting rows = morsel->rows;
    const int64_t bytes = morsel->bytes;
    ARROW_RETURN_NOT_OK(writer->Add(std::move(*morsel)));
    on_rows_(rows, bytes);
    return Status::OK();
  }
  ARROW_RETURN_NOT_OK(CommitSealed());
  ARROW_RETURN_NOT_OK(writer->Seal(std::get<ChunkEnd>(done.what)));
  sealed_ = std::move(writer);
  writers_.erase(done.turn.input);
  return Status::OK();
}

}  // namespace freight
