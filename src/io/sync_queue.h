// Syncs that overlap: a thousand files become durable together instead of one after the other.
#pragma once

#include "io/env.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace freight {

// Nothing that was deferred is durable before Drain returned OK: whoever relies on it waits for that.
// Thread: Defer, SyncDir and the deferred files from many threads; Drain when no one else calls.
class SyncQueue {
 public:
  static constexpr size_t kPendingMax = 64;  // open files that wait; a further one waits for room

  // Without threads the syncs happen in Drain, in order, or when there is no room: what tests count stays the same.
  // Threads are started when there is work for them.
  // `on_idle` is called by a thread that leaves nothing to wait for.
  SyncQueue(Env& env, int threads_max, std::function<void()> on_idle = {})
      : env_(env), threads_max_(static_cast<size_t>(threads_max)), on_idle_(std::move(on_idle)) {}
  ~SyncQueue();
  // A file over `file` whose Sync only asks for it and whose Close ends the writing: both happen later.
  std::unique_ptr<WritableFile> Defer(std::unique_ptr<WritableFile> file);
  Status SyncDir(const std::string& path);
  // Waits until all is done. The first failure since the last Drain.
  Status Drain();
  // Whether Drain has no thread to wait for.
  bool Idle();

 private:
  class File;
  using Task = std::variant<std::unique_ptr<WritableFile>, std::string>;
  Status Put(Task task);
  Status Do(Task task);
  void Work();

  Env& env_;
  const size_t threads_max_;
  const std::function<void()> on_idle_;
  std::mutex mutex_;  // of what follows
  std::condition_variable added_;  // threads wait here, and each task wakes one of them
  std::condition_variable done_;   // who has no room for a task, or waits for all of them
  std::deque<Task> tasks_;
  size_t at_work_ = 0;  // tasks that a thread has taken
  bool ending_ = false;
  Status fault_;
  std::vector<std::thread> threads_;
};

}  // namespace freight
