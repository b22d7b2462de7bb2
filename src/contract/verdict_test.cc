// What a bad record is charged with.
#include "contract/verdict.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

TEST(BadRecord, HeldBytesCountWhatIsOnTheHeap) {
  BadRecord record;
  const int64_t empty = HeldBytes(record);
  EXPECT_EQ(empty, static_cast<int64_t>(sizeof record));

  record.raw = std::string(1000, 'x');
  const int64_t with_raw = HeldBytes(record);
  EXPECT_GE(with_raw, empty + 1000);

  record.failures.resize(2);
  const int64_t with_failures = HeldBytes(record);
  EXPECT_GE(with_failures, with_raw + static_cast<int64_t>(2 * sizeof(Failure)));

  record.failures[1].expected = std::string(300, 'e');
  record.failures[1].path = std::string(200, 'p');
  EXPECT_GE(HeldBytes(record), with_failures + 500);
}

TEST(BadRecord, ShortTextsStandInTheRecordItself) {
  BadRecord record;
  record.raw = "1,2";
  EXPECT_EQ(HeldBytes(record), static_cast<int64_t>(sizeof record));
}

}  // namespace
}  // namespace freight
