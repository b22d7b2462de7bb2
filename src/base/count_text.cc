// Numbers of things in text for people.
#include "base/count_text.h"

#include <fmt/format.h>

namespace freight {

std::string Thousands(int64_t n) {
  std::string digits = fmt::format("{}", n);
  const int64_t first = n < 0 ? 1 : 0;
  for (int64_t at = static_cast<int64_t>(digits.size()) - 3; at > first; at -= 3) digits.insert(at, 1, ',');
  return digits;
}

std::string Count(int64_t n, std::string_view one) {
  return fmt::format("{} {}{}", Thousands(n), one, n == 1 ? "" : "s");
}

}  // namespace freight
