// Kept values move to the front in order, whatever the share of the kept; so does what is known to be null.
#include "contract/column_output.h"

#include <arrow/memory_pool.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <vector>

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
    const KeptRows kept(keep);
    Compact(values.data(), kept);
    ASSERT_EQ(kept.count(), static_cast<int64_t>(want.size()));
    ASSERT_EQ(kept.all(), want.size() == rows);
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

TEST(Validity, CountsTheNullsOfKeptRows) {
  std::mt19937 random(4);
  Validity validity;
  for (const uint32_t null_percent : {0, 1, 50, 99, 100}) {
    for (const size_t rows : {0, 1, 7, 8, 9, 2039, 2040, 2041, 2048, 5000}) {
      ASSERT_TRUE(validity.Reset(static_cast<int64_t>(rows), arrow::default_memory_pool()).ok());
      std::vector<uint8_t> keep(rows, 1);
      std::vector<bool> want;
      const bool keep_all = random() % 2 != 0;
      for (size_t i = 0; i < rows; ++i) {
        const bool null = random() % 100 < null_percent;
        if (null) validity.SetNull(i);
        keep[i] = keep_all || random() % 4 != 0;
        if (keep[i]) want.push_back(!null);
      }
      int64_t null_count = -1;
      const auto bits = validity.Finish(KeptRows(keep), arrow::default_memory_pool(), &null_count).ValueOrDie();
      ASSERT_EQ(null_count, std::count(want.begin(), want.end(), false)) << rows;
      ASSERT_EQ(bits != nullptr, null_count > 0);
      for (size_t i = 0; bits != nullptr && i < want.size(); ++i) {
        ASSERT_EQ((bits->data()[i / 8] >> i % 8 & 1) != 0, want[i]) << rows << " " << i;
      }
    }
  }
}

}  // namespace
}  // namespace freight
