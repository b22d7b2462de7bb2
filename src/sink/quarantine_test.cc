// Quarantine files come back row for row, in bounded memory, with the same bytes each time.
#include "sink/quarantine_writer.h"

#include "base/hash.h"
#include "io/fault_env.h"
#include "sink/quarantine_schema.h"

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/memory_pool.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <random>
#include <span>

namespace freight {
namespace {

Contract TwoColumns() {
  Contract contract;
  contract.columns.resize(2);
  contract.columns[0].name = "user_id";
  contract.columns[1].name = "amount";
  return contract;
}

const QuarantineContext kWhere{.input = "raw/events.csv", .run_id = "20260611-ab12", .chunk = 3};

BadRecords Gathered(std::span<const BadRecord> records) {
  BadRecords gathered;
  for (const BadRecord& record : records) EXPECT_TRUE(gathered.Append(record).ok());
  return gathered;
}

FinishedFile WriteAll(Env& env, const std::string& path, const std::vector<BadRecord>& records,
                      arrow::MemoryPool* pool = arrow::default_memory_pool()) {
  auto writer = MakeQuarantineWriter(env.OpenWrite(path, CreateMode::kNew).ValueOrDie(), TwoColumns(), kWhere, pool);
  EXPECT_TRUE(writer.ok()) << writer.status().ToString();
  EXPECT_TRUE((*writer)->Append(Gathered(records)).ok());
  EXPECT_EQ((*writer)->rows(), static_cast<int64_t>(records.size()));
  return (*writer)->Finish().ValueOrDie();
}

std::vector<QuarantinedRow> ReadAll(Env& env, const std::string& path) {
  std::vector<QuarantinedRow> rows;
  const Status read = ReadQuarantineFile(env, path, [&](const QuarantinedRow& row) {
    rows.push_back(row);
    return true;
  });
  EXPECT_TRUE(read.ok()) << read.ToString();
  return rows;
}

std::vector<BadRecord> Many(int count) {
  std::mt19937 random(11);
  std::vector<BadRecord> records;
  for (int i = 0; i < count; ++i) {
    BadRecord record{.offset = i * 100, .length = 80, .line = i + 2};
    record.raw.resize(80);
    for (char& byte : record.raw) byte = static_cast<char>(random());
    record.failures.push_back({i % 3 - 1, Reason::kNotOfType, "int64", ""});
    records.push_back(std::move(record));
  }
  return records;
}

const std::string kRaw("1,\"a\0b\xff\n\",x\r\n", 13);

// Two rows as a writer test and the golden file have them.
void ExpectTwoRows(const std::vector<QuarantinedRow>& rows) {
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].input, "raw/events.csv");
  EXPECT_EQ(rows[0].run_id, "20260611-ab12");
  EXPECT_EQ(rows[0].chunk, 3);
  EXPECT_EQ(rows[0].line, 3);
  EXPECT_EQ(rows[0].byte_offset, 17);
  EXPECT_EQ(rows[0].byte_length, 13);
  EXPECT_TRUE(rows[0].raw_kept);
  EXPECT_EQ(rows[0].raw, kRaw);
  ASSERT_EQ(rows[0].failures.size(), 2u);
  EXPECT_EQ(rows[0].failures[0].column, "user_id");
  EXPECT_EQ(rows[0].failures[0].rule, RuleWord(Reason::kNotOfType));
  EXPECT_EQ(rows[0].failures[0].reason, ReasonWord(Reason::kNotOfType));
  EXPECT_EQ(rows[0].failures[0].expected, "int64");
  EXPECT_EQ(rows[0].failures[0].path, "$.user.id");
  EXPECT_EQ(rows[0].row_group, -1);
  EXPECT_EQ(rows[1].row_group, 2);
  EXPECT_EQ(rows[0].failures[1].path, "");
  EXPECT_EQ(rows[0].failures[1].column, "amount");
  EXPECT_EQ(rows[0].failures[1].expected, ">= 0");
  EXPECT_FALSE(rows[1].raw_kept);
  EXPECT_EQ(rows[1].byte_length, 20 << 20);
  EXPECT_EQ(rows[1].failures[0].column, "");
  EXPECT_EQ(rows[1].failures[0].reason, ReasonWord(Reason::kRecordTooLong));
}

TEST(Quarantine, RowComesBackWithAddressBytesAndEveryFailure) {
  auto env = MakeMemEnv();
  const std::vector<BadRecord> records = {
      {.offset = 17, .length = 13, .line = 3, .raw = kRaw,
       .failures = {{0, Reason::kNotOfType, "int64", "$.user.id"}, {1, Reason::kBelowMinimum, ">= 0"}}},
      {.offset = 30, .length = 20 << 20, .line = 5, .row_group = 2, .raw = "",
       .failures = {{-1, Reason::kRecordTooLong, "at most 16777216 bytes"}}},
  };
  const FinishedFile finished = WriteAll(*env, "/q.parquet", records);
  EXPECT_EQ(finished.rows, 2);
  const std::string bytes = ReadFile(*env, "/q.parquet", 1 << 20).ValueOrDie();
  EXPECT_EQ(finished.bytes, static_cast<int64_t>(bytes.size()));
  EXPECT_EQ(finished.content_hash, HashHex(bytes));

  ExpectTwoRows(ReadAll(*env, "/q.parquet"));
}

TEST(Quarantine, GoldenFileOfVersionOneStillReads) {
  auto disk = MakeDiskEnv();
  const std::string here = ParentPath(__FILE__);
  ExpectTwoRows(ReadAll(*disk, JoinPath(here, "../../docs/formats/quarantine-v1.parquet")));
}

TEST(Quarantine, ManyRowGroupsKeepEveryRowInOrder) {
  auto env = MakeMemEnv();
  const auto records = Many(20'000);
  WriteAll(*env, "/q.parquet", records);
  const auto rows = ReadAll(*env, "/q.parquet");
  ASSERT_EQ(rows.size(), records.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].line, records[i].line);
    ASSERT_EQ(rows[i].raw, records[i].raw);
    ASSERT_EQ(rows[i].failures.size(), 1u);
  }
}

TEST(Quarantine, BytesDoNotDependOnHowRecordsArrive) {
  auto env = MakeMemEnv();
  const auto records = Many(10'000);
  WriteAll(*env, "/once.parquet", records);
  auto writer = MakeQuarantineWriter(env->OpenWrite("/pieces.parquet", CreateMode::kNew).ValueOrDie(), TwoColumns(),
                                     kWhere, arrow::default_memory_pool())
                    .ValueOrDie();
  for (size_t at = 0; at < records.size(); at += 37) {
    const auto piece = std::span(records).subspan(at, std::min<size_t>(37, records.size() - at));
    ASSERT_TRUE(writer->Append(Gathered(piece)).ok());
  }
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(ReadFile(*env, "/once.parquet", 1 << 24).ValueOrDie(),
            ReadFile(*env, "/pieces.parquet", 1 << 24).ValueOrDie());
}

std::unique_ptr<QuarantineWriter> NewWriter(Env& env, const std::string& path) {
  auto out = env.OpenWrite(path, CreateMode::kNew).ValueOrDie();
  return MakeQuarantineWriter(std::move(out), TwoColumns(), kWhere, arrow::default_memory_pool()).ValueOrDie();
}

std::unique_ptr<parquet::ParquetFileReader> Footer(Env& env, const std::string& path) {
  const std::string bytes = ReadFile(env, path, 1 << 24).ValueOrDie();
  return parquet::ParquetFileReader::Open(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)));
}

void ExpectInOrder(int group_slices, size_t want_groups) {
  auto env = MakeMemEnv();
  const auto all = Many(21'000);
  const std::span<const BadRecord> records(all);
  auto encoder = MakeQuarantineEncoder(TwoColumns(), group_slices, arrow::default_memory_pool()).ValueOrDie();
  const auto writer = NewWriter(*env, "/q.parquet");
  size_t groups_seen = 0;
  // Few, many with a rest, many, few.
  for (const auto& [from, to] : {std::pair{0, 100}, {100, 17'000}, {17'000, 20'500}, {20'500, 21'000}}) {
    BadRecords held;
    QuarantineEncoder::RowGroups groups;
    const auto take = [&](std::unique_ptr<EncodedRowGroup> group) {
      groups.push_back(std::move(group));
      return Status::OK();
    };
    for (int at = from; at < to; at += 700) {
      const auto count = static_cast<size_t>(std::min(700, to - at));
      const BadRecords bad = Gathered(records.subspan(static_cast<size_t>(at), count));
      ASSERT_TRUE(encoder->Add(kWhere, bad, &held, take).ok());
      EXPECT_LT(held.size(), 1024);
    }
    ASSERT_TRUE(encoder->FinishGroup(kWhere, &held, take).ok());
    groups_seen += groups.size();
    for (const auto& group : groups) ASSERT_TRUE(writer->Append(*group).ok());
    ASSERT_TRUE(writer->Append(held).ok());
  }
  EXPECT_EQ(groups_seen, want_groups);
  EXPECT_EQ(writer->rows(), 21'000);
  EXPECT_EQ(writer->Finish().ValueOrDie().rows, 21'000);
  const auto rows = ReadAll(*env, "/q.parquet");
  ASSERT_EQ(rows.size(), all.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSERT_EQ(rows[i].line, all[i].line);
    ASSERT_EQ(rows[i].raw, all[i].raw);
    ASSERT_EQ(rows[i].failures.at(0).expected, "int64");
  }
}

TEST(Quarantine, RowGroupsMadeAheadStandInOrderBetweenHeldRecords) {
  ExpectInOrder(QuarantineEncoder::kFewSlices, 5);
  ExpectInOrder(QuarantineEncoder::kManySlices, 2);
}

TEST(Quarantine, RowGroupsEndAfterRowsBytesOrFailures) {
  auto env = MakeMemEnv();
  const auto groups_of = [&](const std::string& path, int count, size_t raw_bytes, size_t failures) {
    std::vector<BadRecord> records = Many(count);
    for (BadRecord& record : records) {
      record.raw.resize(raw_bytes, 'x');
      record.failures.resize(failures, record.failures[0]);
    }
    WriteAll(*env, path, records);
    return Footer(*env, path)->metadata()->num_row_groups();
  };
  EXPECT_EQ(groups_of("/rows", 4096, 10, 1), 1);
  EXPECT_EQ(groups_of("/more_rows", 4097, 10, 1), 2);
  EXPECT_EQ(groups_of("/bytes", 33, 64 << 10, 1), 5);
  EXPECT_EQ(groups_of("/failures", 64, 10, 1024), 4);
}

TEST(Quarantine, FooterTellsVersionAndWriter) {
  auto env = MakeMemEnv();
  WriteAll(*env, "/q.parquet", Many(3));
  const auto metadata = Footer(*env, "/q.parquet")->metadata();
  EXPECT_EQ(metadata->key_value_metadata()->Get(kQuarantineVersionKey).ValueOrDie(), kQuarantineVersion);
  EXPECT_TRUE(metadata->created_by().starts_with("freight "));
  // Row groups are small: an index would say little, and be kept until the end.
  EXPECT_FALSE(metadata->RowGroup(0)->ColumnChunk(0)->GetOffsetIndexLocation().has_value());
}

TEST(Quarantine, MemoryDoesNotGrowWithBadRows) {
  auto env = MakeMemEnv();
  int64_t peaks[2];
  for (int i = 0; i < 2; ++i) {
    arrow::ProxyMemoryPool pool(arrow::system_memory_pool());
    WriteAll(*env, "/q" + std::to_string(i), Many(i == 0 ? 10'000 : 60'000), &pool);
    peaks[i] = pool.max_memory();
    EXPECT_EQ(pool.bytes_allocated(), 0);
  }
  EXPECT_LT(peaks[1], peaks[0] * 5 / 4);
  EXPECT_LT(peaks[1], 12 << 20);
}

TEST(Quarantine, ReadingStopsWhenAsked) {
  auto env = MakeMemEnv();
  WriteAll(*env, "/q.parquet", Many(1000));
  int seen = 0;
  ASSERT_TRUE(ReadQuarantineFile(*env, "/q.parquet", [&](const QuarantinedRow&) { return ++seen < 10; }).ok());
  EXPECT_EQ(seen, 10);
}

TEST(Quarantine, DamagedFilesAreNamedAsCorrupt) {
  auto env = MakeMemEnv();
  WriteAll(*env, "/q.parquet", Many(1000));
  std::string bytes = ReadFile(*env, "/q.parquet", 1 << 24).ValueOrDie();
  const auto every_row = [](const QuarantinedRow&) { return true; };
  std::string flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(flipped[bytes.size() / 2] ^ 1);
  for (const std::string& damaged :
       {std::string(), std::string("not parquet"), bytes.substr(0, bytes.size() / 2), flipped}) {
    ASSERT_TRUE(WriteFileAtomic(*env, "/bad.parquet", damaged).ok());
    const Status read = ReadQuarantineFile(*env, "/bad.parquet", every_row);
    EXPECT_EQ(ReactionOf(read), Reaction::kCorrupt) << damaged.size() << " " << read.ToString();
    EXPECT_NE(read.message().find("/bad.parquet"), std::string::npos);
  }
  EXPECT_EQ(ReactionOf(ReadQuarantineFile(*env, "/absent.parquet", every_row)), Reaction::kNotFound);
}

TEST(Quarantine, FullDiskIsAnErrorWithItsErrno) {
  auto disk = MakeMemEnv();
  auto env = MakeFaultEnv(disk.get());
  env->Arm(2, Fault::kEnospc);
  auto writer = MakeQuarantineWriter(env->OpenWrite("/q.parquet", CreateMode::kNew).ValueOrDie(), TwoColumns(), kWhere,
                                     arrow::default_memory_pool())
                    .ValueOrDie();
  ASSERT_TRUE(writer->Append(Gathered(Many(10))).ok());
  EXPECT_EQ(ErrnoOf(writer->Finish().status()), ENOSPC);
}

}  // namespace
}  // namespace freight
