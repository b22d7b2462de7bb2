// Files that are written but not published: steps 5 and 6 of a chunk, and what recovery keeps or deletes of them.
#pragma once

#include "commit/replay.h"
#include "io/sync_queue.h"

#include <string>
#include <vector>

namespace freight {

struct StagedChunk {
  ChunkDone chunk;
  std::string stage;
};

// Steps 5 and 6: gives the chunk's files their final names and makes the names durable, with the directories that were
// made for them. A name that exists is an error.
Status StageChunkFiles(Env& env, const DatasetLayout& layout, const StagedChunk& staged, DirMaker* dirs,
                       SyncQueue* syncs);

// The chunks of the unfinished run that this one resumes: of inputs that it reads, of the same plan and version,
// contiguous from 0, with every file there in its size. Inputs whose files are gone are noted in the decision's `why`.
Result<std::vector<StagedChunk>> ResumableChunks(Env& env, const DatasetLayout& layout, const LogState& state,
                                                 const RunRequest& request, RunDecision* decision);

// Deletes what the unfinished run left behind, but not the files of `kept`. May be repeated.
Status DeleteLeftovers(Env& env, const DatasetLayout& layout, const LogState& state,
                       const std::vector<StagedChunk>& kept);

}  // namespace freight
