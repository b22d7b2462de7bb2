// Bundles of one input -> one part file per partition, of proper row groups; bounded memory whatever the partitions.
#pragma once

#include "engine/chunk_context.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace freight {

// A gathered row group ends with the row that reaches one of these: a function of the rows alone.
inline constexpr int64_t kGatherRowGroupRows = 128 << 10;
inline constexpr int64_t kGatherRowGroupBytes = 8 << 20;  // as the bundle keeps them

struct GatherOptions {
  int threads = 1;                  // each gathers one partition at a time
  std::function<bool()> cancelled;  // asked before each partition
};

// Gathers all bundles that `chunks` (of one input, in order) staged and commits the parts as the input's closing
// record; nothing is committed when cancelled.
Status GatherBundles(const ChunkContext& context, size_t input, const std::vector<ChunkDone>& chunks,
                     const GatherOptions& options);

}  // namespace freight
