// Bad records come back from their buffers as they went in, in the order of the input.
#include "contract/bad_records.h"

#include <gtest/gtest.h>

#include <random>

namespace freight {
namespace {

BadRecord Record(int64_t offset, std::string raw, std::vector<Failure> failures = {}) {
  const auto length = static_cast<int64_t>(raw.size());
  return {.offset = offset, .length = length, .line = offset / 10, .raw = std::move(raw),
          .failures = std::move(failures)};
}

void ExpectSame(const BadRecord& got, const BadRecord& want) {
  EXPECT_EQ(got.offset, want.offset);
  EXPECT_EQ(got.length, want.length);
  EXPECT_EQ(got.line, want.line);
  EXPECT_EQ(got.row_group, want.row_group);
  EXPECT_EQ(got.raw, want.raw);
  ASSERT_EQ(got.failures.size(), want.failures.size());
  for (size_t i = 0; i < got.failures.size(); ++i) {
    EXPECT_EQ(got.failures[i].column, want.failures[i].column);
    EXPECT_EQ(got.failures[i].reason, want.failures[i].reason);
    EXPECT_EQ(got.failures[i].expected, want.failures[i].expected);
    EXPECT_EQ(got.failures[i].path, want.failures[i].path);
  }
}

// Few texts that repeat, and more different ones than the table of texts has slots.
std::vector<BadRecord> Many(int count) {
  std::mt19937 random(7);
  std::vector<BadRecord> records;
  for (int i = 0; i < count; ++i) {
    BadRecord record = Record(i * 10, std::string(random() % 40, static_cast<char>(random())));
    record.row_group = static_cast<int64_t>(random() % 3) - 1;
    for (uint32_t k = random() % 4; k > 0; --k) {
      record.failures.push_back({static_cast<int>(random() % 5) - 1, static_cast<Reason>(random() % 20),
                                 random() % 2 ? "int64" : "text " + std::to_string(random() % 3000),
                                 random() % 3 ? "" : "$.items[" + std::to_string(random() % 3000) + "]"});
    }
    records.push_back(std::move(record));
  }
  return records;
}

BadRecords Gathered(const std::vector<BadRecord>& records) {
  BadRecords gathered;
  for (const BadRecord& record : records) EXPECT_TRUE(gathered.Append(record).ok());
  return gathered;
}

TEST(BadRecords, EachComesBackAsItWas) {
  const auto records = Many(5000);
  BadRecords gathered = Gathered(records);
  ASSERT_EQ(gathered.size(), 5000);
  size_t i = 0;
  for (const BadRecord& record : gathered) ExpectSame(record, records[i++]);
  gathered.Clear();
  EXPECT_TRUE(gathered.empty());
  ASSERT_TRUE(gathered.Append(records[17]).ok());
  ExpectSame(gathered[0], records[17]);
}

TEST(BadRecords, RangesOfOthersKeepTheirTexts) {
  const auto records = Many(3000);
  const BadRecords from = Gathered(records);
  BadRecords to;
  ASSERT_TRUE(to.Append(Record(1, "first", {{0, Reason::kMissing, "of its own", ""}})).ok());
  for (int64_t at = 0; at < from.size(); at += 100) ASSERT_TRUE(to.Append(from, at, 100).ok());
  ASSERT_EQ(to.size(), 3001);
  for (size_t i = 0; i < records.size(); ++i) ExpectSame(to[static_cast<int64_t>(i) + 1], records[i]);
}

TEST(BadRecords, LateOnesAreInsertedInTheOrderOfTheInput) {
  BadRecords records = Gathered({Record(10, "b"), Record(30, "d"), Record(50, "f")});
  for (const auto& [offset, raw] : {std::pair{0, "a"}, {60, "g"}, {20, "c"}, {40, "e"}}) {
    ASSERT_TRUE(records.Insert(Record(offset, raw)).ok());
  }
  std::string all;
  for (const BadRecord& record : records) all += record.raw;
  EXPECT_EQ(all, "abcdefg");
}

TEST(BadRecords, AllMemoryIsThePools) {
  arrow::ProxyMemoryPool pool(arrow::system_memory_pool());
  BadRecords records(&pool);
  EXPECT_EQ(pool.bytes_allocated(), 0);
  for (int i = 0; i < 10'000; ++i) {
    const Failure failure{1, Reason::kNotInSet, "one of 12 values", ""};
    ASSERT_TRUE(records.Append(Record(i, std::string(100, 'x'), {failure})).ok());
  }
  EXPECT_GE(pool.bytes_allocated(), records.held_bytes());
  EXPECT_GE(records.held_bytes(), 10'000 * 150);
  // Not more than twice the bytes, as buffers double, and what addresses and reasons take.
  EXPECT_LE(records.held_bytes(), 10'000 * 2 * (100 + 80));
  records.Release();
  EXPECT_EQ(pool.bytes_allocated(), 0);
}

TEST(BadRecords, FailuresAreCountedByColumnAndReason) {
  const BadRecords records = Gathered({Record(0, "a", {{0, Reason::kMissing, "", ""}, {1, Reason::kMissing, "", ""}}),
                                       Record(1, "b", {{0, Reason::kMissing, "", ""}}),
                                       Record(2, "c", {{-1, Reason::kNotJson, "", ""}})});
  FailureCounts counts;
  CountByRule(records, &counts);
  const FailureCounts want{{{0, Reason::kMissing}, 2}, {{1, Reason::kMissing}, 1}, {{-1, Reason::kNotJson}, 1}};
  EXPECT_EQ(counts, want);
}

}  // namespace
}  // namespace freight
