// The merged dictionary tells all values apart, whatever their length, and finds each again.
#include "format/parquet_dictionary.h"

#include <arrow/memory_pool.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace freight {
namespace {

TEST(MergedDictionary, TellsShortValuesApartByEveryByteAndTheirLength) {
  MergedDictionary merged(arrow::default_memory_pool());
  std::map<std::string, int32_t> codes;
  std::mt19937_64 random(9);
  // Few different bytes, zero among them: values that share all bytes but one, and prefixes of each other.
  for (int round = 0; round < 200'000; ++round) {
    std::string value(random() % 11, '\0');
    for (char& byte : value) byte = static_cast<char>(random() % 3);
    const int32_t code = merged.CodeOf(value).ValueOrDie();
    const auto [at, added] = codes.try_emplace(value, static_cast<int32_t>(codes.size()));
    if (at->second == MergedDictionary::kFull || code == MergedDictionary::kFull) break;
    ASSERT_EQ(code, at->second) << value.size();
    ASSERT_EQ(merged.Value(code), value);
  }
  EXPECT_GT(codes.size(), 30'000);
}

TEST(MergedDictionary, ForgetsShortValuesWhenReleased) {
  MergedDictionary merged(arrow::default_memory_pool());
  EXPECT_EQ(merged.CodeOf("one").ValueOrDie(), 0);
  EXPECT_EQ(merged.CodeOf("two").ValueOrDie(), 1);
  merged.Release();
  EXPECT_EQ(merged.CodeOf("two").ValueOrDie(), 0);
  EXPECT_EQ(merged.CodeOf("").ValueOrDie(), 1);
  EXPECT_EQ(merged.CodeOf("").ValueOrDie(), 1);
}

}  // namespace
}  // namespace freight
