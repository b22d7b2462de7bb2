// The main job stopped at every call that touches state, recovered, run again: the result is that of a clean run.
#include "commit/dataset.h"
#include "engine/engine.h"
#include "format/parquet_testing.h"
#include "io/fault_env.h"
#include "plan/load.h"

#include <gtest/gtest.h>

#include <set>

namespace freight {
namespace {

constexpr const char* kContract = R"(apiVersion: v3.1.0
kind: DataContract
id: t
name: t
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - {name: id, logicalType: integer, required: true}
      - {name: day, logicalType: date, required: true}
      - {name: note, logicalType: string}
)";

struct Scenario {
  const char* name;
  const char* mode;
  bool published_before;  // a first version is live before the run under test
  const char* format = "csv";
  const char* partition_by = "day";
  int64_t morsel_bytes = 256;
  bool bundles = false;  // the run goes through bundles
  int threads = 1;
};

std::string PipelineText(const Scenario& scenario) {
  return fmt::format("version: 1\ndataset: clean.t\nsource: {{{}: in/*}}\ncontract: t.odcs.yaml\n"
                     "quarantine: {{to: _dlq/t}}\nto: {{parquet: out/t, partition_by: [\"{}\"], mode: {}}}\n",
                     scenario.format, scenario.partition_by, scenario.mode);
}

std::string NdjsonInput(int first_id, int rows, int first_day) {
  std::string text;
  for (int i = 0; i < rows; i++) {
    if (i % 9 == 4) text += fmt::format("{{\"id\":\"x{}\",\"day\":\"2026-01-01\"}}\n", i);
    else text += fmt::format("{{\"id\":{},\"day\":\"2026-01-{:02}\",\"note\":\"note\\n{}\"}}\n", first_id + i,
                             first_day + i / 12, i);
  }
  return text;
}

// Row groups of ten rows.
std::string ParquetInput(int first_id, int rows, int first_day) {
  arrow::Int64Builder ids;
  arrow::Date32Builder days;
  arrow::StringBuilder notes;
  for (int i = 0; i < rows; i++) {
    EXPECT_TRUE(i % 9 == 4 ? ids.AppendNull().ok() : ids.Append(first_id + i).ok());
    EXPECT_TRUE(days.Append(20'453 + first_day + i / 12).ok());
    EXPECT_TRUE(notes.Append(fmt::format("note\n{}", i)).ok());
  }
  const auto schema = arrow::schema({arrow::field("id", arrow::int64()), arrow::field("day", arrow::date32(), false),
                                     arrow::field("note", arrow::utf8())});
  const auto batch = arrow::RecordBatch::Make(
      schema, rows, {ids.Finish().ValueOrDie(), days.Finish().ValueOrDie(), notes.Finish().ValueOrDie()});
  std::vector<Batches> groups;
  for (int at = 0; at < rows; at += 10) groups.push_back({batch->Slice(at, 10)});
  return WriteFile(schema, groups).bytes;
}

std::string Input(const Scenario& scenario, int first_id, int rows, int first_day) {
  if (std::string(scenario.format) == "parquet") return ParquetInput(first_id, rows, first_day);
  if (std::string(scenario.format) == "ndjson") return NdjsonInput(first_id, rows, first_day);
  std::string text = "id,day,note\n";
  for (int i = 0; i < rows; i++) {
    if (i % 9 == 4) {
      text += fmt::format("x{},2026-01-01,\"bad, \"\"id\"\"\"\n", i);
    } else {
      text += fmt::format("{},2026-01-{:02},\"note\n{}\"\n", first_id + i, first_day + i / 12, i);
    }
  }
  return text;
}

void Write(Env& env, const std::string& path, const std::string& text) {
  ASSERT_TRUE(MakeDirs(env, ParentPath(path), true).ok());
  ASSERT_TRUE(WriteFileAtomic(env, path, text).ok());
}

// The disk as the run under test finds it.
std::unique_ptr<MemEnv> Disk(const Scenario& scenario);

RunReport RunOnce(Env& env, const Scenario& scenario) {
  auto loaded = LoadPipeline(env, "/p/t.yaml", [](const std::string&) { return std::nullopt; });
  RunReport report;
  if (!loaded.ok()) {
    report.error = Status::Invalid(loaded.diagnostics.empty() ? "pipeline" : loaded.diagnostics[0].message);
    return report;
  }
  PlanOptions options;
  options.morsel_bytes = scenario.morsel_bytes;
  options.chunk_morsels = 2;
  auto plan = MakePlan(env, loaded.pipeline, loaded.contract, options);
  if (!plan.ok()) {
    report.error = plan.status();
    return report;
  }
  RunOptions run;
  run.threads = scenario.threads;
  return ExecuteRun(env, *plan, run);
}

std::unique_ptr<MemEnv> Disk(const Scenario& scenario) {
  auto env = MakeMemEnv();
  Write(*env, "/p/t.yaml", PipelineText(scenario));
  Write(*env, "/p/t.odcs.yaml", kContract);
  Write(*env, "/p/in/a", Input(scenario, 0, 40, 1));
  if (scenario.published_before) {
    RunReport report = RunOnce(*env, scenario);
    EXPECT_EQ(report.state, RunState::kPublished) << report.error.ToString();
    if (std::string(scenario.mode) != "append") Write(*env, "/p/in/a", Input(scenario, 100, 30, 2));
  }
  Write(*env, "/p/in/b", Input(scenario, 1000, 25, 3));
  return env;
}

// Data files of the dataset: path -> bytes.
std::map<std::string, std::string> Data(MemEnv& env) {
  std::map<std::string, std::string> data;
  for (auto& [path, bytes] : env.Snapshot("/p/out/t/")) {
    if (path.ends_with(".parquet")) data[path] = bytes;
  }
  return data;
}

std::map<std::string, std::set<std::string>> ByPartition(const std::map<std::string, std::string>& data) {
  std::map<std::string, std::set<std::string>> files;
  for (auto& [path, bytes] : data) files[ParentPath(path)].insert(BaseName(path) + ":" + bytes);
  return files;
}

// I2 at the moment of the crash: every partition holds its old files or its new ones, whole.
void CheckWhole(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& after,
                MemEnv& env, const std::string& where) {
  auto old_files = ByPartition(before), new_files = ByPartition(after), now = ByPartition(Data(env));
  for (auto& [partition, files] : now) {
    EXPECT_TRUE(files == old_files[partition] || files == new_files[partition]) << where << ": mixed " << partition;
  }
}

class RunCrash : public testing::TestWithParam<Scenario> {};

TEST_P(RunCrash, StoppedAnywhereTheNextRunEndsLikeACleanOne) {
  auto clean_env = Disk(GetParam());
  const auto before = Data(*clean_env);
  RunReport clean = RunOnce(*clean_env, GetParam());
  ASSERT_EQ(clean.state, RunState::kPublished) << clean.error.ToString();
  ASSERT_GT(clean.rows.quarantined, 0);
  const auto expected = Data(*clean_env);
  ASSERT_FALSE(expected.empty());

  bool bundles = false;
  for (const bool drop : {false, true}) {
    for (int64_t k = 1;; k++) {
      auto disk = Disk(GetParam());
      auto faulty = MakeFaultEnv(disk.get());
      faulty->Arm(k, Fault::kStop);
      RunReport stopped = RunOnce(*faulty, GetParam());
      if (!faulty->fired()) break;
      const std::string where = fmt::format("stop at call {} ({}), drop {}", k, faulty->CallName(k), drop);
      disk->Crash(drop);
      CheckWhole(before, expected, *disk, where);
      for (auto& [path, bytes] : disk->Snapshot("/p/")) bundles |= path.find("/bundles/bundle-") != std::string::npos;
      RunReport again = RunOnce(*disk, GetParam());
      ASSERT_TRUE(again.error.ok()) << where << ": " << again.error.ToString();
      ASSERT_EQ(Data(*disk), expected) << where;
      if (again.state == RunState::kPublished) {
        EXPECT_EQ(again.rows.in, clean.rows.in) << where;
        EXPECT_EQ(again.rows.quarantined, clean.rows.quarantined) << where;
      }
      for (auto& [path, bytes] : disk->Snapshot("/p/")) {
        EXPECT_FALSE(path.ends_with(".inprogress")) << where << ": left " << path;
      }
    }
  }
  EXPECT_EQ(bundles, GetParam().bundles);
}

TEST_P(RunCrash, AFullOrFailingDiskFailsTheRunAndTheNextOneEndsLikeACleanOne) {
  auto clean_env = Disk(GetParam());
  RunReport clean = RunOnce(*clean_env, GetParam());
  const auto expected = Data(*clean_env);
  for (const Fault fault : {Fault::kEio, Fault::kEnospc, Fault::kShortWrite}) {
    for (int64_t k = 1;; k++) {
      auto disk = Disk(GetParam());
      auto faulty = MakeFaultEnv(disk.get());
      faulty->Arm(k, fault);
      RunReport failed = RunOnce(*faulty, GetParam());
      if (!faulty->fired()) break;
      const std::string where =
          fmt::format("fault {} at call {} ({})", static_cast<int>(fault), k, faulty->CallName(k));
      RunReport again = RunOnce(*disk, GetParam());
      ASSERT_TRUE(again.error.ok()) << where << ": " << again.error.ToString() << " after " << failed.error.ToString();
      ASSERT_EQ(Data(*disk), expected) << where;
    }
  }
}

// Under PRESET=tsan: workers once asked for an input's chunks while the sequencer added some.
TEST(RunThreads, InputsAreOpenedWhileChunksAreCommitted) {
  std::map<std::string, std::string> files[2];
  for (const int threads : {1, 4}) {
    Scenario scenario{"inputs", "replace_partitions", false};
    scenario.threads = threads;
    auto env = Disk(scenario);
    for (int i = 0; i < 60; i++) Write(*env, fmt::format("/p/in/c{:02}", i), Input(scenario, 10'000 + 100 * i, 30, 1));
    ASSERT_TRUE(RunOnce(*env, scenario).error.ok());
    files[threads > 1] = Data(*env);
  }
  EXPECT_EQ(files[0], files[1]);
}

TEST(RunLimits, StagedOutputOverTheLimitStopsTheRunWhichGoesOnWhenItIsRaised) {
  const Scenario scenario{"limit", "replace_partitions", false};
  auto clean_env = Disk(scenario);
  ASSERT_TRUE(RunOnce(*clean_env, scenario).error.ok());

  auto env = Disk(scenario);
  Write(*env, "/p/t.yaml", PipelineText(scenario) + "limits: {temp: 3000}\n");
  RunReport stopped = RunOnce(*env, scenario);
  EXPECT_EQ(stopped.state, RunState::kFailed);
  EXPECT_NE(stopped.error.message().find("more than limits.temp of 3000"), std::string::npos) << stopped.error;
  EXPECT_TRUE(Data(*env).empty());

  Write(*env, "/p/t.yaml", PipelineText(scenario));
  RunReport resumed = RunOnce(*env, scenario);
  EXPECT_TRUE(resumed.error.ok()) << resumed.error.ToString();
  EXPECT_GT(resumed.chunks_done_before, 0);
  EXPECT_EQ(Data(*env), Data(*clean_env));
}

TEST(RunLimits, QuarantineCountsAsStaged) {
  const Scenario scenario{"limit", "replace_partitions", false};
  auto clean_env = Disk(scenario);
  ASSERT_TRUE(RunOnce(*clean_env, scenario).error.ok());
  size_t parts = 0;
  for (const auto& [path, bytes] : Data(*clean_env)) parts += bytes.size();

  auto env = Disk(scenario);
  Write(*env, "/p/t.yaml", PipelineText(scenario) + fmt::format("limits: {{temp: {}}}\n", parts + 100));
  EXPECT_EQ(RunOnce(*env, scenario).state, RunState::kFailed);
  EXPECT_TRUE(Data(*env).empty());
}

INSTANTIATE_TEST_SUITE_P(Modes, RunCrash,
                         testing::Values(Scenario{"first", "replace_partitions", false},
                                         Scenario{"changed", "replace_partitions", true},
                                         Scenario{"append", "append", true}, Scenario{"replace", "replace", true},
                                         Scenario{"ndjson", "replace_partitions", true, "ndjson"},
                                         Scenario{"parquet", "replace_partitions", true, "parquet"},
                                         // One input that goes through a bundle and one that does not.
                                         Scenario{"scattered", "replace_partitions", false, "csv",
                                                  "pair = truncate(2, id)", 4096, true}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace freight
