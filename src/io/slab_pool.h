// Memory for what is finished and waits: many blocks that are made by some threads and freed, all together and in about
// that order, by another one.
#pragma once

#include <arrow/memory_pool.h>

#include <memory>

namespace freight {

// Blocks stand one behind another in slabs of their own pages, and a slab is used again when all of its blocks are
// gone. In the heaps of the threads that make them they would lie between what those use again and again, and each of
// the heaps would grow to the most that ever waited in it.
// Thread: all methods may be called from any thread. ReleaseUnused gives idle slabs back to the system.
std::unique_ptr<arrow::MemoryPool> MakeSlabPool();

}  // namespace freight
