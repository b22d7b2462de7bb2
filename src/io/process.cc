// Reads /proc/self/status; speaks to glibc's allocator.
#include "io/process.h"

#include <malloc.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace freight {

int64_t PeakRssBytes() {
  constexpr std::string_view kKey = "VmHWM:";
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kKey)) return std::strtoll(line.c_str() + kKey.size(), nullptr, 10) * 1024;
  }
  return 0;
}

void ReturnLargeBlocks() {
  // Above what every morsel takes and gives back, so that only what is rare pays for new pages.
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  // The end of a heap comes and goes with every batch: what is given back is asked for again at once, page by page.
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

}  // namespace freight
