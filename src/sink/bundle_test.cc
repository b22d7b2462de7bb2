// Bundles give back every segment, in partition order, rows in the order they were appended.
#include "sink/bundle.h"

#include "io/fault_env.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace freight {
namespace {

std::shared_ptr<arrow::RecordBatch> Batch(int64_t first, int64_t rows, bool dictionary) {
  arrow::Int64Builder ids;
  arrow::StringBuilder plain;
  arrow::StringDictionary32Builder coded;
  for (int64_t i = 0; i < rows; i++) {
    EXPECT_TRUE(ids.Append(first + i).ok());
    const std::string word = i % 2 ? "odd" : "even";
    EXPECT_TRUE(i == 3 ? plain.AppendNull().ok() : plain.Append(word).ok());
    EXPECT_TRUE(i == 3 ? coded.AppendNull().ok() : coded.Append(word).ok());
  }
  auto id = ids.Finish().ValueOrDie();
  std::shared_ptr<arrow::Array> word = dictionary ? coded.Finish().ValueOrDie() : plain.Finish().ValueOrDie();
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("word", word->type())}), rows, {id, word});
}

TEST(Bundle, GivesBackEveryPartitionInOrderWithPlainColumns) {
  auto env = MakeMemEnv();
  BundleWriter writer(env->OpenWrite("/b", CreateMode::kNew).ValueOrDie());
  auto add = [&](const std::string& partition, const std::shared_ptr<arrow::RecordBatch>& batch) {
    auto segment = EncodeSegment(*batch, arrow::default_memory_pool()).ValueOrDie();
    ASSERT_TRUE(writer.Append(partition, batch->num_rows(), *segment).ok());
  };
  add("k=b", Batch(10, 5, true));
  add("k=a", Batch(0, 7, false));
  for (int i = 0; i < 2000; i++) add(fmt::format("k=c{:05}", i), Batch(1000 + i, 1, true));
  add("k=b", Batch(20, 4, false));
  auto finished = writer.Finish().ValueOrDie();
  EXPECT_EQ(finished.rows, 5 + 7 + 2000 + 4);
  EXPECT_EQ(finished.bytes, env->Stat("/b").ValueOrDie().size_bytes);

  auto schema = Batch(0, 1, false)->schema();
  auto reader = BundleReader::Open(*env, "/b", schema).ValueOrDie();
  auto expect = [&](const std::string& partition, const std::shared_ptr<arrow::RecordBatch>& batch) {
    ASSERT_FALSE(reader->at_end());
    EXPECT_EQ(reader->partition(), partition);
    auto got = reader->Take().ValueOrDie();
    EXPECT_TRUE(got->Equals(*batch)) << got->ToString();
  };
  expect("k=a", Batch(0, 7, false));
  expect("k=b", Batch(10, 5, false));
  expect("k=b", Batch(20, 4, false));
  for (int i = 0; i < 2000; i++) expect(fmt::format("k=c{:05}", i), Batch(1000 + i, 1, false));
  EXPECT_TRUE(reader->at_end());
}

TEST(Bundle, ATruncatedFileIsRefused) {
  auto env = MakeMemEnv();
  BundleWriter writer(env->OpenWrite("/b", CreateMode::kNew).ValueOrDie());
  ASSERT_TRUE(writer.Finish().ok());
  ASSERT_TRUE(env->Truncate("/b", 10).ok());
  auto opened = BundleReader::Open(*env, "/b", arrow::schema({}));
  EXPECT_EQ(ReactionOf(opened.status()), Reaction::kCorrupt);
}

}  // namespace
}  // namespace freight
