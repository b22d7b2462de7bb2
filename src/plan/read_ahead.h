// The content identity of an input: the hash that a run stores per chunk, computed here also without loading anything.
#pragma once

#include "plan/plan.h"

#include <functional>
#include <string>

namespace freight {

// Hash of a chunk's bytes; the first chunk's also covers the header, so that a renamed column is a change.
std::string ChunkContentHash(const InputHeader& header, int32_t chunk_index, const std::string& bytes_hash);

// Reads an input as a run would and returns the chain of its chunk hashes (commit/dataset.h: ChainContentHash).
// Asked only for an input whose stat differs at equal size. Keeps a reference to the plan.
std::function<Result<std::string>(const InputVersion&)> ContentHasher(const Plan& plan);

}  // namespace freight
