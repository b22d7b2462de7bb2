// Puts the work of many threads back into order: results by sequence number, one consumer.
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
  size_t input = 0;
  int32_t chunk = 0;
  std::variant<MorselResult, ChunkEnd> what;
};

// Thread: Put from any worker; Run in one thread. The waiting results are bounded by the memory budget, since each
// holds its morsel's charge.
class Sequencer {
 public:
  Sequencer(const ChunkContext& context, std::function<void(const ChunkDone&)> on_chunk,
            std::function<void(const Accounting&, int64_t bytes)> on_rows);
  void Put(int64_t sequence, Done done);
  // No further Put will come; Run returns after what is complete in order.
  void Close();
  // Writes and commits until closed and drained, or the first failure.
  Status Run();

 private:
  std::optional<Done> Take();
  Status Write(Done done);

  const ChunkContext& context_;
  std::function<void(const ChunkDone&)> on_chunk_;
  std::function<void(const Accounting&, int64_t)> on_rows_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<int64_t, Done> waiting_;
  int64_t next_ = 0;
  bool closed_ = false;
  std::unique_ptr<ChunkWriter> writer_;
};

}  // namespace freight
