// Bundles give back every row, in partition order, rows in the order they were appended.
#include "sink/bundle.h"

#include "io/fault_env.h"

#include <arrow/buffer.h>
#include <arrow/memory_pool.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace freight {
namespace {

ScatteredRows Rows(const std::vector<std::pair<std::string, std::string>>& runs) {
  ScatteredRows rows;
  std::string bytes;
  for (const auto& [partition, text] : runs) {
    rows.runs.push_back({partition, static_cast<int64_t>(bytes.size()), static_cast<int64_t>(text.size()), 1});
    bytes += text;
  }
  rows.bytes = arrow::Buffer::FromString(bytes);
  return rows;
}

struct Content { std::string bytes; int64_t rows = 0; };

std::map<std::string, Content> ReadAll(Env& env, const std::string& path) {
  auto reader = BundleReader::Open(env, path).ValueOrDie();
  std::map<std::string, Content> content;
  std::string last;
  while (!reader->at_end()) {
    const std::string partition = reader->partition();
    EXPECT_LE(last, partition);
    last = partition;
    const auto run = reader->Take().ValueOrDie();
    EXPECT_LT(run.length, BundleWriter::kRunBytesMax + (64 << 10));
    std::string bytes(static_cast<size_t>(run.length), '\0');
    EXPECT_TRUE(reader->Read(run.offset, run.length, reinterpret_cast<uint8_t*>(bytes.data())).ok());
    content[partition].bytes += bytes;
    content[partition].rows += run.rows;
  }
  return content;
}

TEST(Bundle, GivesBackEveryPartitionsRowsInOrder) {
  auto env = MakeMemEnv();
  BundleWriter writer(env->OpenWrite("/b", CreateMode::kNew).ValueOrDie());
  std::map<std::string, Content> want;
  std::mt19937_64 random(3);
  int64_t rows = 0;
  // About 20 MB, so that the writer flushes in between, most of it in one partition, so that its runs are cut.
  for (int morsel = 0; morsel < 40; ++morsel) {
    std::vector<std::pair<std::string, std::string>> runs;
    for (int i = 0; i < 50; ++i) {
      const std::string partition = random() % 3 ? "k=big" : fmt::format("k=c{:04}", random() % 2000);
      const size_t length = random() % 3 ? 10'000 + random() % 5'000 : random() % 20;
      const std::string text(length, static_cast<char>('a' + random() % 26));
      runs.emplace_back(partition, text);
      want[partition].bytes += text;
      want[partition].rows += 1;
      ++rows;
    }
    ASSERT_TRUE(writer.Append(Rows(runs)).ok());
  }
  const auto finished = writer.Finish().ValueOrDie();
  EXPECT_EQ(finished.rows, rows);
  EXPECT_EQ(finished.bytes, env->Stat("/b").ValueOrDie().size_bytes);
  const auto got = ReadAll(*env, "/b");
  ASSERT_EQ(got.size(), want.size());
  for (const auto& [partition, content] : want) {
    EXPECT_EQ(got.at(partition).rows, content.rows) << partition;
    EXPECT_TRUE(got.at(partition).bytes == content.bytes) << partition;
  }
}

TEST(Bundle, RunsOfNeighboursAreReadTogether) {
  auto disk = MakeMemEnv();
  auto env = MakeFaultEnv(disk.get());
  constexpr int kPartitions = 40;
  constexpr int kFlushes = 3;
  const auto name = [](int k) { return fmt::format("k={:02}", k); };
  const auto text = [&](int flush, int k) { return fmt::format("{}:{}:{}", flush, k, std::string(k * 7000, 'x')); };
  BundleWriter writer(env->OpenWrite("/b", CreateMode::kNew).ValueOrDie());
  for (int flush = 0; flush < kFlushes; ++flush) {
    std::vector<std::pair<std::string, std::string>> runs;
    for (int k = kPartitions - 1; k >= 0; --k) runs.emplace_back(name(k), text(flush, k));
    ASSERT_TRUE(writer.Append(Rows(runs)).ok());
    ASSERT_TRUE(writer.Append(Rows({{name(0), std::string(BundleWriter::kPendingBytesMax, 'y')}})).ok());  // flushes
  }
  ASSERT_TRUE(writer.Finish().ok());

  auto reader = BundleReader::Open(*env, "/b").ValueOrDie();
  std::vector<RunWindow::Run> runs;
  std::vector<std::string> want;
  for (int seen = 0; !reader->at_end();) {
    const std::string partition = reader->partition();
    const auto run = reader->Take().ValueOrDie();
    if (partition == name(0)) continue;
    runs.push_back({reader.get(), run});
    want.push_back(text(seen % kFlushes, seen / kFlushes + 1));
    ++seen;
  }
  ASSERT_EQ(runs.size(), static_cast<size_t>((kPartitions - 1) * kFlushes));
  RunWindow window(arrow::default_memory_pool());
  std::span<const RunWindow::Run> ahead(runs);
  env->CountReads(true);
  for (size_t at = 0; !ahead.empty();) {
    const int64_t before = env->calls();
    const size_t loaded = window.Load(ahead).ValueOrDie();
    ASSERT_GT(loaded, 0);
    EXPECT_LE(env->calls() - before, kFlushes);
    for (size_t i = 0; i < loaded; ++i, ++at) {
      const auto rows = window.rows(i);
      EXPECT_TRUE(std::string_view(reinterpret_cast<const char*>(rows.data()), rows.size()) == want[at]) << at;
    }
    ahead = ahead.subspan(loaded);
  }
}

TEST(Bundle, ATruncatedFileAndAnotherVersionAreRefused) {
  auto env = MakeMemEnv();
  BundleWriter writer(env->OpenWrite("/b", CreateMode::kNew).ValueOrDie());
  ASSERT_TRUE(writer.Append(Rows({{"k=a", "text"}})).ok());
  const auto finished = writer.Finish().ValueOrDie();
  auto reader = BundleReader::Open(*env, "/b").ValueOrDie();
  std::vector<uint8_t> room(static_cast<size_t>(finished.bytes + 1));
  EXPECT_EQ(ReactionOf(reader->Read(0, finished.bytes + 1, room.data())), Reaction::kCorrupt);
  const std::string bytes = ReadFile(*env, "/b", 1000).ValueOrDie();
  for (const std::string version : {"1", "3", "5"}) {
    ASSERT_TRUE(WriteFileAtomic(*env, "/other", bytes.substr(0, bytes.size() - 1) + version).ok());
    EXPECT_EQ(ReactionOf(BundleReader::Open(*env, "/other").status()), Reaction::kCorrupt) << version;
  }
  ASSERT_TRUE(env->Truncate("/b", 10).ok());
  EXPECT_EQ(ReactionOf(BundleReader::Open(*env, "/b").status()), Reaction::kCorrupt);
}

}  // namespace
}  // namespace freight
