// Run records survive a round trip, list newest first, and the public object keeps its keys and their order.
#include "observe/run_history.h"

#include "io/fault_env.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace freight {
namespace {

using nlohmann::ordered_json;

RunReport Sample(const std::string& id) {
  RunReport report;
  report.run_id = id;
  report.dataset = "clean.events";
  report.state = RunState::kPublished;
  report.rows = {.in = 10, .published = 8, .filtered = 0, .deduplicated = 0, .quarantined = 2, .blank_lines = 1};
  report.bytes_in = 512;
  report.chunks_total = 3;
  report.chunks_done_before = 1;
  report.chunks_run = 2;
  report.partitions = {{"day=2026-06-11", PartitionAction::kCreated, 8, 1, 4096}};
  report.gates = {{"row_count.min", "at least 1 rows", "8 rows", true, {"p.yaml", 9, 5}}};
  report.bad_by_rule = {{"amount:type:inexact", 2}};
  report.memory = {{"morsels", 0, 1024}};
  report.memory_limit_bytes = 64 << 20;
  report.memory_peak_bytes = 2048;
  report.started_micros = 1'000'000;
  report.elapsed_s = 1.5;
  report.peak_rss_bytes = 7 << 20;
  return report;
}

TEST(RunReportJson, IsTheObjectOfTheManualKeyForKey) {
  EXPECT_EQ(RunReportJson(Sample("r1")).dump(),
            R"({"format_version":1,"run_id":"r1","dataset":"clean.events","state":"published",)"
            R"("rows":{"in":10,"published":8,"filtered":0,"deduplicated":0,"quarantined":2},"bytes_in":512,)"
            R"("chunks":{"total":3,"done_before":1,"run":2},)"
            R"("partitions":[{"path":"day=2026-06-11","action":"created","rows":8,"files":1,"bytes":4096}],)"
            R"("elapsed_s":1.5,"peak_rss_bytes":7340032})");
}

TEST(RunHistory, AFailedRunComesBackWithItsErrorMemoryAndGates) {
  const auto env = MakeMemEnv();
  RunReport report = Sample("20260611T000000Z-aa");
  report.state = RunState::kFailed;
  report.error = Fail(Reaction::kFailed, "disk full").At({"a.csv", 3}).Help("make room").Build();
  ASSERT_TRUE(SaveRun(*env, "out/events", report).ok());
  const ordered_json record = LoadRun(*env, "out/events", "20260611").ValueOrDie();
  EXPECT_EQ(record["state"], "failed");
  EXPECT_EQ(record["error"]["message"], "disk full");
  EXPECT_EQ(record["error"]["place"], "a.csv:3");
  EXPECT_EQ(record["memory"]["parts"][0]["peak_bytes"], 1024);
  EXPECT_EQ(record["gates"][0]["place"], "p.yaml:9:5");
  EXPECT_EQ(record["bad_by_rule"]["amount:type:inexact"], 2);
}

TEST(RunHistory, ListsNewestFirstAndNoMoreThanAsked) {
  const auto env = MakeMemEnv();
  EXPECT_TRUE(LoadRuns(*env, "d", 5).ValueOrDie().empty());
  for (const char* id : {"20260611T000000Z-aa", "20260613T000000Z-cc", "20260612T000000Z-bb"}) {
    ASSERT_TRUE(SaveRun(*env, "d", Sample(id)).ok());
  }
  const auto runs = LoadRuns(*env, "d", 2).ValueOrDie();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0]["run_id"], "20260613T000000Z-cc");
  EXPECT_EQ(runs[1]["run_id"], "20260612T000000Z-bb");
}

TEST(RunHistory, RunsOfOneSecondAreOrderedByTheirStart) {
  const auto env = MakeMemEnv();
  RunReport first = Sample("20260611T000000Z-ff"), second = Sample("20260611T000000Z-aa");
  first.started_micros = 100;
  second.started_micros = 200;
  ASSERT_TRUE(SaveRun(*env, "d", first).ok());
  ASSERT_TRUE(SaveRun(*env, "d", second).ok());
  const auto runs = LoadRuns(*env, "d", 1).ValueOrDie();
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0]["run_id"], "20260611T000000Z-aa");
}

TEST(RunHistory, APrefixMustNameOneRun) {
  const auto env = MakeMemEnv();
  ASSERT_TRUE(SaveRun(*env, "d", Sample("ab1")).ok());
  ASSERT_TRUE(SaveRun(*env, "d", Sample("ab2")).ok());
  ASSERT_TRUE(SaveRun(*env, "d", Sample("ab")).ok());
  EXPECT_EQ(LoadRun(*env, "d", "ab1").ValueOrDie()["run_id"], "ab1");
  EXPECT_EQ(LoadRun(*env, "d", "ab").ValueOrDie()["run_id"], "ab");
  EXPECT_EQ(ReactionOf(LoadRun(*env, "d", "a").status()), Reaction::kInvalid);
  EXPECT_EQ(ReactionOf(LoadRun(*env, "d", "zz").status()), Reaction::kNotFound);
  EXPECT_EQ(ReactionOf(LoadRun(*env, "d", "").status()), Reaction::kNotFound);
}

TEST(RunHistory, ADamagedRecordIsNamed) {
  const auto env = MakeMemEnv();
  ASSERT_TRUE(SaveRun(*env, "d", Sample("r1")).ok());
  ASSERT_TRUE(WriteFileAtomic(*env, "d.freight/runs/r1.json", "{\"format_version\": 1").ok());
  const Status status = LoadRun(*env, "d", "r1").status();
  EXPECT_EQ(ReactionOf(status), Reaction::kCorrupt);
  EXPECT_NE(status.message().find("d.freight/runs/r1.json"), std::string::npos);
}

TEST(RunHistory, ADamagedRecordHidesNoOtherRun) {
  const auto env = MakeMemEnv();
  for (const char* id : {"20260611T000000Z-aa", "20260612T000000Z-bb", "20260613T000000Z-cc"}) {
    ASSERT_TRUE(SaveRun(*env, "d", Sample(id)).ok());
  }
  ASSERT_TRUE(WriteFileAtomic(*env, "d.freight/runs/20260612T000000Z-bb.json", "half a rec").ok());
  const auto runs = LoadRuns(*env, "d", 5).ValueOrDie();
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0]["run_id"], "20260613T000000Z-cc");
  EXPECT_EQ(runs[1]["run_id"], "20260612T000000Z-bb");
  EXPECT_EQ(runs[1]["state"], "damaged");
  const std::string message = runs[1]["error"]["message"];
  EXPECT_NE(message.find("d.freight/runs/20260612T000000Z-bb.json"), std::string::npos) << message;
  EXPECT_EQ(runs[2]["run_id"], "20260611T000000Z-aa");
}

TEST(RunHistory, KeepsTheNewestRecordsOnly) {
  const auto env = MakeMemEnv();
  for (size_t i = 0; i < kRunsKept + 3; i++) {
    ASSERT_TRUE(SaveRun(*env, "d", Sample(fmt::format("20260611T{:06}Z-aa", i))).ok());
  }
  const auto runs = LoadRuns(*env, "d", 2 * kRunsKept).ValueOrDie();
  ASSERT_EQ(runs.size(), kRunsKept);
  EXPECT_EQ(runs.back()["run_id"], "20260611T000003Z-aa");
}

TEST(RunHistory, AnIdWithAPathInItIsRefused) {
  const auto env = MakeMemEnv();
  EXPECT_FALSE(SaveRun(*env, "d", Sample("../escape")).ok());
}

}  // namespace
}  // namespace freight
