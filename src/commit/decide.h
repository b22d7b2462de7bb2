// What the table of modes says beyond dataset.h: shared by the decision, recovery and publication.
#pragma once

#include "commit/dataset.h"

#include <map>
#include <string>
#include <vector>

namespace freight {

// The version of an input that stat(2) can tell: size, both times, inode.
bool SameStat(const FileStat& a, const FileStat& b);

// Whether a chunk of the unfinished run says what a run of this request would say of the same range.
// `listed` is the chunk's input as it is now.
bool ChunkFits(const DatasetState& state, const RunRequest& request, const ChunkDone& chunk,
               const InputVersion& listed);

// The partitions that publishing `staged` parts touches, each with all the files that it holds afterwards, by name.
// Among them are partitions that end as they were.
using TargetPartitions = std::map<std::string, std::vector<PartInfo>>;
TargetPartitions TargetOf(const DatasetState& state, const RunRequest& request, const RunDecision& decision,
                          const std::vector<PartInfo>& staged);

bool SameFiles(const std::vector<PartInfo>& a, const std::vector<PartInfo>& b);

}  // namespace freight
