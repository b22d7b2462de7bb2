// Least and greatest of random numbers, by every instruction set that this processor has.
#include "format/parquet_extremes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace freight {
namespace {

template <typename T>
class Extremes : public testing::Test {};
using Numbers = testing::Types<int32_t, uint32_t, int64_t, uint64_t, float, double>;
TYPED_TEST_SUITE(Extremes, Numbers);

// Extremes of the type, NaN and both zeros among them.
template <typename T>
T Any(std::mt19937_64& random) {
  using Limits = std::numeric_limits<T>;
  const uint64_t kind = random() % 16;
  if constexpr (std::is_floating_point_v<T>) {
    const T odd[] = {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), T{0}, -T{0}, -Limits::quiet_NaN()};
    if (kind < std::size(odd)) return odd[kind];
    return static_cast<T>(static_cast<int64_t>(random())) / T{1 << 20};
  }
  if (kind == 0) return random() % 2 ? Limits::min() : Limits::max();
  return static_cast<T>(random());
}

TYPED_TEST(Extremes, AreTheSameByEveryInstructionSet) {
  using T = TypeParam;
  std::mt19937_64 random(3);
  for (const auto target : {ExtremesTarget::kAvx2, ExtremesTarget::kAvx512}) {
    const ExtendRange<T> extend = ExtendRangeFor<T>(target);
    if (extend == nullptr) continue;
    for (int round = 0; round < 20'000; ++round) {
      std::vector<T> values(random() % 80);
      for (T& value : values) value = round % 2 == 0 ? Any<T>(random) : static_cast<T>(random() % 1000);
      // Also as it is before there is a first value: the low above the high.
      T low = static_cast<T>(random() % 1000), high = static_cast<T>(random() % 1000), want_low = low, want_high = high;
      const auto count = static_cast<int64_t>(values.size());
      extend(values.data(), count, &low, &high);
      ExtendRangeByOne(values.data(), count, &want_low, &want_high);
      ASSERT_EQ(low, want_low) << count;
      ASSERT_EQ(high, want_high) << count;
    }
  }
}

TYPED_TEST(Extremes, OfOneOddValueAreFoundAtEveryPlace) {
  using T = TypeParam;
  for (size_t n = 1; n < 70; ++n) {
    for (size_t at = 0; at < n; ++at) {
      std::vector<T> values(n, T{5});
      values[at] = 2;
      T low = 9, high = 0;
      BestExtendRange<T>()(values.data(), static_cast<int64_t>(n), &low, &high);
      ASSERT_EQ(low, T{2}) << n << " " << at;
      ASSERT_EQ(high, n == 1 ? T{2} : T{5}) << n << " " << at;
      values[at] = 8;
      high = 0;
      BestExtendRange<T>()(values.data(), static_cast<int64_t>(n), &low, &high);
      ASSERT_EQ(high, T{8}) << n << " " << at;
    }
  }
}

}  // namespace
}  // namespace freight
