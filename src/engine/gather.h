// Bundles of one input -> part files, by to.file_size several per partition; bounded memory whatever the partitions.
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

// Gathers all bundles that `chunks` (of one input, in order) staged and commits the parts as the input's closing
// record; nothing is committed when cancelled or when `staged` fails.
Status GatherBundles(const ChunkContext& context, size_t input, const std::vector<ChunkDone>& chunks,
                     const GatherOptions& options);

}  // namespace freight
