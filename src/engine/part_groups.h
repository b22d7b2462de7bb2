// Which staged parts of one partition are joined: no published file is small unless its input has no more rows there.
#pragma once

#include "commit/dataset.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace freight {

struct JoinRule {
  int64_t small_bytes = 0;            // parts below this are joined with a neighbour
  std::optional<int64_t> file_bytes;  // to.file_size: parts are joined up to this
};

// Groups of parts, neighbours in `parts`, each to become one file; what is published as it is has none. A pure function
// of the sizes. `rows_follow`: more rows of the partition come after the parts and go on in the file of the last
// group that is returned; for them the last part is a group of its own, unless it is full.
std::vector<std::vector<PartInfo>> GroupParts(const std::vector<PartInfo>& parts, const JoinRule& rule,
                                              bool rows_follow);

}  // namespace freight
