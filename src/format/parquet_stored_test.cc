// A file whose row groups are loaded and appended to another one is that file again, byte for byte.
#include "format/parquet_stored.h"

#include "format/arrow_testing.h"
#include "format/parquet_testing.h"

namespace freight {
namespace {

using arrow::field;
using arrow::list;
using arrow::struct_;

void Put(MemEnv& env, const std::string& path, const std::string& bytes) {
  auto out = env.OpenWrite(path, CreateMode::kNew).ValueOrDie();
  ASSERT_TRUE(out->Append(bytes).ok());
  ASSERT_TRUE(out->Close().ok());
}

// All row groups of all files, in order, in one file.
Result<std::string> Join(MemEnv& env, const std::vector<std::string>& paths,
                         const std::shared_ptr<arrow::Schema>& schema, const ParquetOptions& options) {
  auto* pool = arrow::default_memory_pool();
  ARROW_ASSIGN_OR_RAISE(auto out, env.OpenWrite("/joined", CreateMode::kNew));
  ARROW_ASSIGN_OR_RAISE(auto file, MakeParquetFile(std::move(out), schema, options, pool));
  for (const std::string& path : paths) {
    ARROW_ASSIGN_OR_RAISE(auto stored, OpenStoredRowGroups(env, path, pool));
    for (int i = 0; i < stored->count(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto group, stored->Load(i));
      ARROW_RETURN_NOT_OK(file->Append(*group));
    }
  }
  ARROW_RETURN_NOT_OK(file->Finish());
  auto bytes = ReadFile(env, "/joined", int64_t{1} << 30);
  ARROW_RETURN_NOT_OK(env.RemoveFile("/joined"));
  return bytes;
}

std::shared_ptr<arrow::Schema> AllTypes() {
  return arrow::schema({field("yes", arrow::boolean()), field("i8", arrow::int8()), field("u32", arrow::uint32()),
                        field("i64", arrow::int64(), false), field("d9", arrow::decimal32(9, 2)),
                        field("d18", arrow::decimal64(18, 2)), field("d38", arrow::decimal128(38, 4)),
                        field("f32", arrow::float32()), field("f64", arrow::float64()),
                        field("day", arrow::date32()), field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
                        field("uuid", arrow::fixed_size_binary(16)), field("blob", arrow::binary()),
                        field("text", arrow::utf8()), field("nothing", arrow::utf8()),
                        field("tags", list(field("element", arrow::utf8()))),
                        field("user", struct_({field("n", arrow::int32()), field("name", arrow::utf8())}))});
}

std::shared_ptr<arrow::RecordBatch> Batch(int64_t rows, std::mt19937_64& random) {
  auto batch = RandomBatch(AllTypes(), rows, random);
  const int nothing = AllTypes()->GetFieldIndex("nothing");
  return batch
      ->SetColumn(nothing, AllTypes()->field(nothing), arrow::MakeArrayOfNull(arrow::utf8(), rows).ValueOrDie())
      .ValueOrDie();
}

TEST(StoredRowGroups, AreWrittenAgainByteForByte) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 24; ++round) {
    SCOPED_TRACE(round);
    ParquetOptions options;
    options.profile = round % 2 ? ParquetProfile::kFast : ParquetProfile::kCompat;
    options.codec = std::array{ParquetCodec::kZstd, ParquetCodec::kSnappy, ParquetCodec::kNone}[round % 3];
    options.page_bytes = round % 4 ? 500 : 1 << 20;
    if (round % 5 == 0) options.bloom_filter = {"i64", "text"};
    if (round % 5 == 1) options.sorted_by = {"i64"};
    std::vector<Batches> groups;
    for (int i = 0; i <= round % 3; ++i) groups.push_back({Batch(1 + static_cast<int64_t>(random() % 400), random)});
    const Written whole = WriteFile(AllTypes(), groups, options);
    auto env = MakeMemEnv();
    Put(*env, "/whole", whole.bytes);
    EXPECT_TRUE(Join(*env, {"/whole"}, AllTypes(), options).ValueOrDie() == whole.bytes);
    std::vector<std::string> paths;
    for (const Batches& group : groups) {
      paths.push_back(fmt::format("/part{}", paths.size()));
      Put(*env, paths.back(), WriteFile(AllTypes(), {group}, options).bytes);
    }
    EXPECT_TRUE(Join(*env, paths, AllTypes(), options).ValueOrDie() == whole.bytes);
  }
}

// Long strings have bounds that are cut, dictionaries fill up midway, doubles hold NaN, pages stay without a codec.
TEST(StoredRowGroups, KeepCutBoundsFallBacksAndUnorderedValues) {
  std::mt19937_64 random(12);
  arrow::StringBuilder texts, kinds;
  arrow::DoubleBuilder reals;
  for (int i = 0; i < 60'000; ++i) {
    ASSERT_TRUE(texts.Append(std::string(100, static_cast<char>('a' + random() % 3)) + std::to_string(random())).ok());
    ASSERT_TRUE(kinds.Append(fmt::format("kind {}", i < 30'000 ? i % 50 : random())).ok());
    ASSERT_TRUE(reals.Append(i % 1000 == 0 ? std::nan("") : static_cast<double>(random())).ok());
  }
  const auto schema =
      arrow::schema({field("text", arrow::utf8()), field("kind", arrow::utf8()), field("real", arrow::float64())});
  const auto batch = arrow::RecordBatch::Make(
      schema, 60'000, {texts.Finish().ValueOrDie(), kinds.Finish().ValueOrDie(), reals.Finish().ValueOrDie()});
  const Written whole = WriteFile(schema, {{batch}});
  auto env = MakeMemEnv();
  Put(*env, "/whole", whole.bytes);
  EXPECT_TRUE(Join(*env, {"/whole"}, schema, {}).ValueOrDie() == whole.bytes);
}

TEST(StoredRowGroups, DamageIsNotCarriedOn) {
  std::mt19937_64 random(13);
  const Written whole = WriteFile(AllTypes(), {{Batch(300, random)}});
  for (int round = 0; round < 40; ++round) {
    auto env = MakeMemEnv();
    std::string bytes = whole.bytes;
    const size_t at = 4 + random() % (bytes.size() / 3);
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    Put(*env, "/damaged", bytes);
    const auto joined = Join(*env, {"/damaged"}, AllTypes(), {});
    EXPECT_TRUE(!joined.ok() || *joined == whole.bytes) << "a byte changed at " << at;
  }
  auto env = MakeMemEnv();
  Put(*env, "/cut", whole.bytes.substr(0, whole.bytes.size() / 2));
  EXPECT_FALSE(Join(*env, {"/cut"}, AllTypes(), {}).ok());
}

}  // namespace
}  // namespace freight
