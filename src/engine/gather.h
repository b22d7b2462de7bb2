// The end of an input: rows of bundles become part files, by to.file_size several per partition, and small parts are
// joined with their neighbours. Bounded memory whatever the partitions.
#pragma once

#include "engine/chunk_context.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace freight {

struct GatherOptions {
  int threads = 1;                  // each gathers one partition at a time
  std::function<bool()> cancelled;  // asked before each partition
  std::function<Status(const PartInfo&)> staged;  // told each part, one at a time; its failure ends the gathering
};

// Gathers all bundles that `chunks` (all of one input, in order) staged, joins their small parts, and commits the parts
// as the input's closing record. Without either nothing is committed, nor when cancelled or when `staged` fails.
Status GatherParts(const ChunkContext& context, size_t input, const std::vector<ChunkDone>& chunks,
                   const GatherOptions& options);

}  // namespace freight
