// What the operating system says about this process, and what it is told.
#pragma once

#include <cstdint>

namespace freight {

// The most memory this process has held, in bytes; 0 where the system does not tell. Not getrusage's figure: that one
// is inherited from the process that started us.
int64_t PeakRssBytes();

// Blocks of 8 MiB and more go back to the system when they are freed. Left alone, the allocator learns from the first
// such block to keep all that follow, for each thread. Smaller ones go back when 16 MiB at the end of a heap are free.
// Call once, before threads start.
void ReturnLargeBlocks();

}  // namespace freight
