// Reads /proc/self/status.
#include "io/process.h"

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

}  // namespace freight
