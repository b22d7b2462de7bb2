// Puts the work of many threads back into order: results by their turns, one consumer.
#pragma once

#include "engine/chunk_writer.h"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <variant>

namespace freight {

// What a worker hands over for one task.
struct Done {
  Turn turn;
  int32_t chunk = 0;
  std::variant<MorselResult, ChunkEnd> what;
};

// More waits only when it is more in both.
struct WaitingMax {
  int64_t bytes = 0;
  int64_t results = 0;
};

// Thread: Put and WaitForRoom from any worker; Run in one thread. Each waiting result holds its morsel's charge.
class Sequencer {
 public:
  Sequencer(const ChunkContext& context, std::function<void(const ChunkDone&)> on_chunk,
            std::function<void(const Accounting&, int64_t bytes)> on_rows, const WaitingMax& max);
  // Returns when less than `max` waits, or nobody writes any more: a worker asks before it takes a task, so that no
  // slow disk, no slow morsel and no bad rows pile up results. Whoever makes the next result has its task already and
  // is not stopped here.
  void WaitForRoom();
  void Put(Done done);
  // No further Put will come; Run returns after what is complete in order.
  void Close();
  // Writes and commits until closed and drained, or the first failure.
  Status Run();

 private:
  // Results of one input that wait, by sequence.
  struct Lane {
    std::map<int64_t, Done> waiting;
    int64_t next = 0;
  };
  using Lanes = std::map<size_t, Lane>;

  Lanes::iterator Ready();
  Status WriteAll();
  Status WriteReady();
  bool SealedIsDurable() { return sealed_ && syncs_.Idle(); }
  Status CommitSealed();
  // The next result, or nothing: the sealed chunk is durable, or no result will come.
  std::optional<Done> Take();
  Status Write(Done done);

  const ChunkContext& context_;
  std::function<void(const ChunkDone&)> on_chunk_;
  std::function<void(const Accounting&, int64_t)> on_rows_;
  std::mutex mutex_;
  const WaitingMax max_;
  std::condition_variable arrived_, taken_;
  Lanes lanes_;  // by input
  int64_t inputs_taken_ = 0;  // to their ends
  int64_t waiting_bytes_ = 0;
  int64_t waiting_results_ = 0;
  bool closed_ = false;
  bool ended_ = false;  // Run has returned
  // The writer's thread alone touches these.
  SyncQueue syncs_;
  std::map<size_t, std::unique_ptr<ChunkWriter>> writers_;  // of chunks in the making, by input
  std::unique_ptr<ChunkWriter> sealed_;                     // whose files become durable
};

}  // namespace freight
