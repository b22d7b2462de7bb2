// Runs a plan: morsels to workers, row groups through a sequencer in order, chunks committed, partitions published.
#pragma once

#include "base/memory_budget.h"
#include "commit/dataset.h"
#include "gate/gate.h"
#include "plan/plan.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace freight {

struct Progress {
  int64_t rows = 0, quarantined = 0, bytes_done = 0, bytes_total = 0;  // bytes_total 0 = unknown
  int64_t chunks_done = 0, chunks_total = 0;
  int64_t memory_bytes = 0;
  int64_t elapsed_ns = 0;
};

struct RunOptions {
  std::string run_id;                             // empty: made from clock and random
  int threads = 0;                                // 0: from the plan
  int64_t memory_bytes = 0;                       // 0: from the plan
  std::function<void(const Progress&)> progress;  // called about 10 times a second from one thread, may be empty
  const std::atomic<int>* stop = nullptr;         // becomes the signal number: finish the morsels, checkpoint, stop
};

enum class RunState : uint8_t { kPublished, kNothingToDo, kRefused, kFailed, kStopped };
const char* RunStateWord(RunState state);

struct RunReport {
  std::string run_id, dataset;
  RunState state = RunState::kFailed;
  Status error;                                   // why, unless published or nothing to do
  Accounting rows;                                // of all chunks of this publication, also those done before
  int64_t bytes_in = 0;
  int64_t chunks_total = 0, chunks_done_before = 0, chunks_run = 0;
  std::vector<PartitionResult> partitions;        // touched ones
  std::vector<GateResult> gates;
  std::map<std::string, int64_t> bad_by_rule;     // "column:rule:reason" -> rows
  std::vector<std::string> quarantine_files;
  std::vector<std::string> unread_columns, notes;
  std::vector<MemoryBudget::PartUse> memory;
  int64_t memory_limit_bytes = 0, memory_peak_bytes = 0, peak_rss_bytes = 0;
  int64_t started_micros = 0, finished_micros = 0;
  double elapsed_s = 0;
  int64_t epoch = 0;
  int threads = 0;
};

// Never fails as a call: how it ended is in the report.
RunReport ExecuteRun(Env& env, const Plan& plan, const RunOptions& options);

}  // namespace freight
