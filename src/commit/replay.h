// The log's records replayed into a state: the same function for readers, for recovery and inside a running run.
#pragma once

#include "commit/layout.h"
#include "commit/manifest_log.h"
#include "commit/records.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace freight {

struct LogState {
  DatasetState live;
  std::map<std::string, PartitionVersion> versions;  // last publication of every partition, its files left out
  std::optional<RunStarted> unfinished;              // the last run, when it neither published nor was refused
  std::vector<std::string> pending_stage;            // of live.pending_chunks, index by index
  std::optional<IntentRecord> open;                  // decided, and not every partition swapped for sure
  std::set<std::string> swapped;                     // commit ids of `open` that are published
};

// One record more. Records of an epoch below the state's are a zombie's and change nothing.
// An intent takes effect at once: it is the linearization point, what follows only makes it visible.
void Apply(const DatasetLayout& layout, const Record& record, LogState* state);

// Empty without a log. kInvalid when the root holds files and there is no log: they are not ours.
Result<LogState> ReadLogState(Env& env, const DatasetLayout& layout);

// The live parts whose file is gone or has another size: somebody else deleted or wrote it. Not to be asked while a
// publication is open, whose partitions may not be there yet.
Result<std::vector<PartInfo>> FindDamaged(Env& env, const DatasetLayout& layout, const DatasetState& live);

// What was published, as the first record of a new log.
SnapshotRecord SnapshotOf(const LogState& state, int64_t epoch);

// A chunk with its paths as the log keeps them, and as the engine gave them.
ChunkRecord PortableChunk(const DatasetLayout& layout, int64_t epoch, const std::string& stage, const ChunkDone& chunk);
ChunkDone ResolvedChunk(const DatasetLayout& layout, ChunkDone chunk);

}  // namespace freight
