// Little-endian numbers, as the zstd frames and Snappy blocks for them look at them.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace freight {

// One of two numbers without a branch, for what a processor cannot foresee. Compilers turn ?: into one at will.
inline uint32_t Either(bool first, uint32_t a, uint32_t b) {
  return b ^ ((a ^ b) & (0U - static_cast<uint32_t>(first)));
}

template <typename U>
U LoadNumber(const uint8_t* at) {
  U number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

// The bytes up to the highest that differs, without a branch.
template <typename U>
int DifferingBytes(U a, U b) {
  constexpr int kHighest = sizeof(U) * 8 - 1;
  const auto differing = static_cast<U>(a ^ b);
  return (kHighest ^ std::countl_zero(static_cast<U>(differing | 1))) / 8 + static_cast<int>(differing != 0);
}

}  // namespace freight
