// A queue of files and folders, and threads that sync them.
#include "io/sync_queue.h"

#include <utility>

namespace freight {

class SyncQueue::File final : public WritableFile {
 public:
  File(SyncQueue* queue, std::unique_ptr<WritableFile> file) : queue_(queue), file_(std::move(file)) {}
  Status Append(std::string_view bytes) override { return file_->Append(bytes); }
  Status Sync() override {
    sync_ = true;
    return Status::OK();
  }
  Status Close() override { return sync_ ? queue_->Put(std::move(file_)) : file_->Close(); }

 private:
  SyncQueue* const queue_;
  std::unique_ptr<WritableFile> file_;
  bool sync_ = false;
};

SyncQueue::~SyncQueue() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    tasks_.clear();
  }
  added_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::unique_ptr<WritableFile> SyncQueue::Defer(std::unique_ptr<WritableFile> file) {
  return std::make_unique<File>(this, std::move(file));
}

Status SyncQueue::SyncDir(const std::string& path) { return Put(path); }

Status SyncQueue::Put(Task task) {
  std::unique_lock lock(mutex_);
  ARROW_RETURN_NOT_OK(fault_);
  tasks_.push_back(std::move(task));
  if (threads_max_ == 0) {
    if (tasks_.size() < kPendingMax) return Status::OK();
    Task oldest = std::move(tasks_.front());
    tasks_.pop_front();
    return fault_ = Do(std::move(oldest));
  }
  if (threads_.size() < threads_max_ && tasks_.size() + at_work_ > threads_.size()) {
    threads_.emplace_back([this] { Work(); });
  }
  added_.notify_one();
  done_.wait(lock, [this] { return tasks_.size() < kPendingMax; });
  return fault_;
}

Status SyncQueue::Drain() {
  std::unique_lock lock(mutex_);
  while (threads_max_ == 0 && !tasks_.empty() && fault_.ok()) {
    Task oldest = std::move(tasks_.front());
    tasks_.pop_front();
    fault_ = Do(std::move(oldest));
  }
  if (!fault_.ok()) tasks_.clear();
  done_.wait(lock, [this] { return tasks_.empty() && at_work_ == 0; });
  return std::exchange(fault_, Status::OK());
}

bool SyncQueue::Idle() {
  const std::lock_guard lock(mutex_);
  return threads_max_ == 0 || (tasks_.empty() && at_work_ == 0);
}

Status SyncQueue::Do(Task task) {
  if (const auto* folder = std::get_if<std::string>(&task)) return env_.SyncDir(*folder);
  WritableFile& file = *std::get<std::unique_ptr<WritableFile>>(task);
  ARROW_RETURN_NOT_OK(file.Sync());
  return file.Close();
}

void SyncQueue::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    added_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    ++at_work_;
    lock.unlock();
    Status done = Do(std::move(task));
    lock.lock();
    --at_work_;
    if (!done.ok() && fault_.ok()) {
      fault_ = std::move(done);
      tasks_.clear();
    }
    done_.notify_all();
    if (on_idle_ && tasks_.empty() && at_work_ == 0) {
      lock.unlock();
      on_idle_();
      lock.lock();
    }
  }
}

}  // namespace freight
