// Little-endian numbers, as the zstd frames and Snappy blocks for them look at them.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
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

// Where numbers stood last.
template <int kLog>
class LastPlaces {
 public:
  // 0 if this one was not seen, or if it was and another one took its place.
  uint32_t Replace(uint64_t number, uint32_t place) {
    uint16_t& last = places_[(number * 0x9E3779B97F4A7C15) >> (64 - kLog)];
    const uint32_t before = last;
    last = static_cast<uint16_t>(place);
    return before;
  }

 private:
  std::array<uint16_t, size_t{1} << kLog> places_{};
};

}  // namespace freight
