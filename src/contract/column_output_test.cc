// Kept values move to the front in order, whatever the share of the kept.
#include "contract/column_output.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace freight {
namespace {

template <typename T>
void ExpectCompact(int keep_percent) {
  std::mt19937 random(static_cast<uint32_t>(keep_percent));
  for (size_t rows = 0; rows < 200; ++rows) {
    std::vector<T> values(rows), want;
    std::vector<uint8_t> keep(rows);
    for (size_t i = 0; i < rows; ++i) {
      values[i] = T{static_cast<typename T::value_type>(random())};
      keep[i] = random() % 100 < static_cast<uint32_t>(keep_percent);
      if (keep[i]) want.push_back(values[i]);
    }
    Compact(values.data(), keep);
    values.resize(want.size());
    ASSERT_EQ(values, want) << rows << " rows, " << keep_percent << " %";
  }
}

TEST(Compact, KeepsWhatIsKeptInOrder) {
  for (const int percent : {0, 5, 50, 95, 99, 100}) {
    ExpectCompact<std::array<uint8_t, 1>>(percent);
    ExpectCompact<std::array<int32_t, 1>>(percent);
    ExpectCompact<std::array<int64_t, 1>>(percent);
    ExpectCompact<std::array<int64_t, 2>>(percent);
  }
}

}  // namespace
}  // namespace freight
