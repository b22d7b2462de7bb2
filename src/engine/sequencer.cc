// Order out of parallel work: the only thread that writes files and commits chunks.
#include "engine/sequencer.h"

namespace freight {
namespace {

int64_t HeldBytes(const Done& done) {
  const auto* morsel = std::get_if<MorselResult>(&done.what);
  return morsel ? morsel->charge.bytes() : 0;
}

}  // namespace

Sequencer::Sequencer(const ChunkContext& context, std::function<void(const ChunkDone&)> on_chunk,
                     std::function<void(const Accounting&, int64_t)> on_rows, int64_t waiting_bytes_max)
    : context_(context),
      on_chunk_(std::move(on_chunk)),
      on_rows_(std::move(on_rows)),
      waiting_bytes_max_(waiting_bytes_max) {}

void Sequencer::Put(int64_t sequence, Done done) {
  std::lock_guard lock(mutex_);
  waiting_bytes_ += HeldBytes(done);
  waiting_.emplace(sequence, std::move(done));
  arrived_.notify_one();
}

void Sequencer::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  arrived_.notify_one();
}

void Sequencer::WaitForRoom() {
  std::unique_lock lock(mutex_);
  // While the next result is still in the making, waiting for it would stop the one that makes it.
  taken_.wait(lock, [&] {
    return ended_ || waiting_bytes_ < waiting_bytes_max_ || waiting_.begin()->first != next_;
  });
}

Status Sequencer::Run() {
  Status status = WriteAll();
  std::lock_guard lock(mutex_);
  ended_ = true;
  taken_.notify_all();
  return status;
}

Status Sequencer::WriteAll() {
  while (auto done = Take()) ARROW_RETURN_NOT_OK(Write(std::move(*done)));
  return Status::OK();
}

std::optional<Done> Sequencer::Take() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [&] { return closed_ || (!waiting_.empty() && waiting_.begin()->first == next_); });
  // After a stop or a failure a gap stays open: what lies behind it is dropped, its chunk is not committed.
  if (waiting_.empty() || waiting_.begin()->first != next_) return std::nullopt;
  Done done = std::move(waiting_.begin()->second);
  waiting_bytes_ -= HeldBytes(done);
  waiting_.erase(waiting_.begin());
  next_++;
  taken_.notify_all();
  return done;
}

Status Sequencer::Write(Done done) {
  if (!writer_) writer_ = std::make_unique<ChunkWriter>(context_, done.input, done.chunk);
  if (auto* morsel = std::get_if<MorselResult>(&done.what)) {
    const Accounting rows = morsel->rows;
    const int64_t bytes = morsel->bytes;
    ARROW_RETURN_NOT_OK(writer_->Add(std::move(*morsel)));
    on_rows_(rows, bytes);
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(ChunkDone chunk, writer_->Commit(std::get<ChunkEnd>(done.what)));
  writer_.reset();
  on_chunk_(chunk);
  return Status::OK();
}

}  // namespace freight
