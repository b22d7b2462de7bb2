// What the operating system says about this process.
#pragma once

#include <cstdint>

namespace freight {

// The most memory this process has held, in bytes; 0 where the system does not tell. Not getrusage's figure: that one
// is inherited from the process that started us.
int64_t PeakRssBytes();

}  // namespace freight
