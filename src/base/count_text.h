// Numbers of things in text for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace freight {

std::string Thousands(int64_t n);                    // "4,180,112"
std::string Count(int64_t n, std::string_view one);  // "1 row", "2 rows"

}  // namespace freight
