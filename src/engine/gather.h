// Bundles of one input -> one part file per partition, of proper row groups; bounded memory whatever the partitions.
#pragma once

#include "engine/chunk_writer.h"

#include <string>
#include <vector>

namespace freight {

// Rows of one gathered row group at most.
inline constexpr int64_t kGatherRowGroupRows = 128 << 10;

// Gathers all bundles that `chunks` (of one input, in order) staged and commits the parts as the input's closing
// record. Nothing to do when there are none.
Status GatherBundles(const ChunkContext& context, size_t input, const std::vector<ChunkDone>& chunks);

}  // namespace freight
