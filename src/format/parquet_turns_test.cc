// Row groups of several morsels: decoded once, in turns, whoever decodes, and whatever becomes of a morsel.
#include "format/parquet_turns.h"

#include "format/parquet_format.h"
#include "format/parquet_testing.h"

#include <atomic>
#include <random>
#include <thread>

namespace freight {
namespace {

constexpr int64_t kRows = 400'000;

std::shared_ptr<arrow::RecordBatch> Numbers() {
  std::mt19937_64 random(7);
  arrow::Int64Builder ids, values;
  for (int64_t i = 0; i < kRows; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE(values.Append(static_cast<int64_t>(random())).ok());
  }
  const auto schema = arrow::schema({arrow::field("id", arrow::int64()), arrow::field("v", arrow::int64())});
  return arrow::RecordBatch::Make(schema, kRows, {ids.Finish().ValueOrDie(), values.Finish().ValueOrDie()});
}

// One row group of 6.4 MB in a file, read as morsels of 1 MiB or so.
class OneRowGroup : public testing::Test {
 protected:
  OneRowGroup() {
    const auto batch = Numbers();
    ParquetOptions options;
    options.codec = ParquetCodec::kNone;
    const Written written = WriteFile(batch->schema(), {{batch}}, options);
    auto out = disk_->OpenWrite("/a.parquet", CreateMode::kNew).ValueOrDie();
    EXPECT_TRUE(out->Append(written.bytes).ok());
    EXPECT_TRUE(out->Close().ok());
    for (const char* name : {"id", "v"}) {
      Column column;
      column.name = column.source_name = name;
      column.type.id = TypeId::kInt64;
      contract_.columns.push_back(column);
    }
    header_ = format_.ReadHeader(file_, contract_).ValueOrDie();
    env_->CountReads(true);
  }

  std::unique_ptr<MorselCursor> Cursor(InputPosition from = {}) {
    return format_.OpenCursor(file_, header_, from, {.morsel_bytes = 1 << 20}).ValueOrDie();
  }
  std::unique_ptr<MorselDecoder> Decoder() {
    return format_.MakeDecoder(file_, header_, contract_, options_).ValueOrDie();
  }

  std::vector<Morsel> Morsels(InputPosition from = {}) {
    std::vector<Morsel> morsels;
    const auto cursor = Cursor(from);
    while (auto morsel = cursor->Next().ValueOrDie()) morsels.push_back(*std::move(morsel));
    return morsels;
  }

  // The ids must be those that follow the morsel's first row.
  static void DecodeAll(MorselDecoder& decoder, Morsel morsel) {
    int64_t next = morsel.first_line - 1;
    const Status decoded = decoder.Decode(morsel, [&next](DecodedBatch&& batch) {
      const auto& ids = static_cast<const arrow::Int64Array&>(*batch.accepted->column(0));
      for (int64_t i = 0; i < ids.length(); ++i) EXPECT_EQ(ids.Value(i), next++);
      return Status::OK();
    });
    EXPECT_TRUE(decoded.ok()) << decoded.ToString();
    EXPECT_EQ(next, morsel.first_line - 1 + morsel.rows);
  }

  // Reads while `decoders` take the file's morsels by turns.
  int64_t ReadsOf(size_t decoders) {
    std::vector<std::unique_ptr<MorselDecoder>> made;
    for (size_t i = 0; i < decoders; ++i) made.push_back(Decoder());
    std::vector<Morsel> morsels = Morsels();
    EXPECT_GE(morsels.size(), 5u);
    const int64_t before = env_->calls();
    for (size_t i = 0; i < morsels.size(); ++i) DecodeAll(*made[i % decoders], std::move(morsels[i]));
    return env_->calls() - before;
  }

  std::unique_ptr<MemEnv> disk_ = MakeMemEnv();
  std::unique_ptr<FaultEnv> env_ = MakeFaultEnv(disk_.get());
  const InputFile file_{env_.get(), "/a.parquet", "a.parquet"};
  const ParquetFormat format_{{}};
  const DecoderOptions options_{.pool = arrow::system_memory_pool()};  // the thread sanitizer sees into this one
  Contract contract_;
  InputHeader header_;
};

TEST_F(OneRowGroup, IsReadOnceHoweverManyDecode) {
  const int64_t once = ReadsOf(1);
  EXPECT_GE(once, 20);  // 6.4 MB in buffers of 256 KiB
  EXPECT_EQ(ReadsOf(2), once);
  EXPECT_EQ(ReadsOf(3), once);
}

TEST_F(OneRowGroup, GivesEveryThreadItsOwnRows) {
  for (const int threads : {2, 8}) {
    const auto cursor = Cursor();
    std::mutex mutex;
    std::vector<std::thread> running;
    std::atomic<int64_t> rows = 0;
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([&] {
        const auto decoder = Decoder();
        for (;;) {
          std::optional<Morsel> morsel;
          {
            std::lock_guard lock(mutex);
            morsel = cursor->Next().ValueOrDie();
          }
          if (!morsel) return;
          rows += morsel->rows;
          DecodeAll(*decoder, *std::move(morsel));
        }
      });
    }
    for (std::thread& thread : running) thread.join();
    EXPECT_EQ(rows, kRows);
  }
}

TEST_F(OneRowGroup, GoesOnBehindAMorselThatWasDropped) {
  const auto decoder = Decoder();
  std::vector<Morsel> morsels = Morsels();
  DecodeAll(*decoder, std::move(morsels[0]));
  morsels.erase(morsels.begin(), morsels.begin() + 3);
  for (Morsel& morsel : morsels) DecodeAll(*decoder, std::move(morsel));
}

TEST_F(OneRowGroup, IsResumedInItsMiddle) {
  const auto cursor = Cursor();
  for (int i = 0; i < 3; ++i) cursor->Next().ValueOrDie();
  std::vector<Morsel> rest = Morsels(cursor->position());
  ASSERT_GE(rest.size(), 2u);
  EXPECT_EQ(rest[0].index, 3);
  const auto decoder = Decoder();
  for (Morsel& morsel : rest) DecodeAll(*decoder, std::move(morsel));
}

TEST_F(OneRowGroup, AReaderThatFailsHoldsNobodyUp) {
  auto first = Decoder(), second = Decoder();
  std::vector<Morsel> morsels = Morsels();
  env_->Arm(env_->calls() + 1, Fault::kEio);
  const auto ignore = [](DecodedBatch&&) { return Status::OK(); };
  {
    const Morsel failed = std::move(morsels[0]);
    EXPECT_FALSE(first->Decode(failed, ignore).ok());
  }
  std::thread other([&] {
    const Morsel next = std::move(morsels[1]);
    (void)second->Decode(next, ignore);  // whatever it comes to, it comes back
  });
  other.join();
}

TEST(RowGroupTurns, ComeInOrderAndKnowOfLaterOnes) {
  const auto turns = std::make_shared<RowGroupTurns>(10);
  auto first = turns->Next(), second = turns->Next(), third = turns->Next();
  EXPECT_TRUE(first->HasNext());
  std::atomic<bool> second_came = false;
  std::thread waiting([&] {
    second->Wait();
    second_came = true;
    second->End();
  });
  first->Wait();
  third.reset();
  EXPECT_FALSE(second_came);
  first->End();
  waiting.join();
  EXPECT_TRUE(second_came);
  auto fourth = turns->Next();
  EXPECT_FALSE(fourth->HasNext());
  fourth->Wait();
}

}  // namespace
}  // namespace freight
