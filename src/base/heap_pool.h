// An Arrow pool over malloc for blocks of sizes that come again and again.
#pragma once

#include <arrow/memory_pool.h>

namespace freight {

// Arrow's own pool asks for aligned memory, and glibc looks for a larger block than that to align it in: what was freed
// is too small to be taken again for the same size, and the heap grows by holes. Here the alignment is part of the
// size, and large blocks have few sizes.
// Thread: all methods may be called from any thread.
arrow::MemoryPool* HeapPool();

}  // namespace freight
