// Waiting and ending.
#include "format/parquet_turns.h"

namespace freight {

std::unique_ptr<RowGroupTurns::Turn> RowGroupTurns::Next() {
  std::lock_guard lock(mutex_);
  open_.insert(next_);
  return std::unique_ptr<Turn>(new Turn(shared_from_this(), next_++));
}

std::unique_ptr<RowGroupTurns::Reader>& RowGroupTurns::Turn::Wait() {
  FREIGHT_ASSERT(turns_ != nullptr);
  std::unique_lock lock(turns_->mutex_);
  turns_->ended_.wait(lock, [this] { return *turns_->open_.begin() == number_; });
  return turns_->reader_;
}

bool RowGroupTurns::Turn::HasNext() const {
  if (turns_ == nullptr) return false;
  std::lock_guard lock(turns_->mutex_);
  return *turns_->open_.rbegin() != number_;
}

void RowGroupTurns::Turn::End() {
  if (turns_ == nullptr) return;
  {
    std::lock_guard lock(turns_->mutex_);
    turns_->open_.erase(number_);
  }
  turns_->ended_.notify_all();
  turns_.reset();
}

}  // namespace freight
