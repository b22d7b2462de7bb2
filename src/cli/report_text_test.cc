// Plans, reports and progress as text and JSON.
#include "cli/report_text.h"

#include "cli/text.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <sstream>

namespace freight {
namespace {

Plan SamplePlan() {
  Plan plan;
  plan.pipeline.dataset = "clean.events";
  plan.pipeline.partition_by = {{"event_date", TransformKind::kDay, "event_time", 0, {}}};
  plan.memory_bytes = 64 << 20;
  plan.request.root = "clean/events";
  plan.decision.inputs = {{"raw/a.csv", InputState::kNew, true, false, "new"},
                          {"raw/b.csv", InputState::kUnchanged, false, false, "unchanged"},
                          {"raw/c.csv", InputState::kVanished, false, true, "vanished"}};
  plan.decision.partitions_losing = {"event_date=2026-06-11"};
  PlannedInput read;
  read.version.name = "raw/a.csv";
  read.version.stat.size_bytes = 200 << 20;
  read.decision = plan.decision.inputs[0];
  read.chunks = 4;
  read.chunks_done = 1;
  read.header.skipped = SkippedGroups{.row_groups = 1200, .skipped = 1100, .rows = 4'000'000};
  PlannedInput kept;
  kept.version.name = "raw/b.csv";
  kept.decision = plan.decision.inputs[1];
  plan.inputs = {read, kept};
  plan.partitions_live = {{"event_date=2026-06-11", 1000}, {"event_date=2026-06-12", 2000}};
  Column column;
  column.name = "amount";
  column.type.id = TypeId::kDecimal;
  column.type.precision = 12;
  column.type.scale = 2;
  column.place = {"contracts/events.odcs.yaml", 21, 9};
  plan.contract.columns = {column};
  plan.unread_columns = {"debug", "trace"};
  plan.bytes_to_read = 200 << 20;
  plan.memory_bytes_needed = 48 << 20;
  plan.threads = 2;
  return plan;
}

TEST(PlanText, SaysWhatIsReadReplacedAndLeft) {
  const std::string text = PlanText(SamplePlan(), 0);
  for (const char* line :
       {"clean.events: a run would read\n", "  read raw/a.csv: new, 200.0 MiB\n",
        "  leave 1 input unchanged\n", "statistics: 1,100 of 1,200 row groups, 4,000,000 rows\n",
        "  gone raw/c.csv: vanished, its rows leave\n", "decided by the data",
        "  replace event_date=2026-06-11: holds rows that leave or come again (1,000 rows now)\n",
        "  leave 1 partition live", "not name them: debug, trace\n", "all threads busy with 48.0 MiB"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

TEST(PlanText, FitsFortyColumns) {
  std::istringstream lines(PlanText(SamplePlan(), 40));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(DisplayWidth(line), 40) << line;
}

TEST(PlanJson, HasAVersionAndNoFormattedNumbers) {
  const nlohmann::ordered_json json = PlanJson(SamplePlan());
  EXPECT_EQ(json.begin().key(), "format_version");
  EXPECT_EQ(json["bytes_to_read"], 200 << 20);
  EXPECT_EQ(json["inputs"][0]["state"], "new");
  EXPECT_EQ(json["inputs"][0]["rows_skipped"], 4'000'000);
  EXPECT_FALSE(json["inputs"][1].contains("row_groups"));
  EXPECT_EQ(json["inputs"][2]["rows_leave"], true);
  EXPECT_EQ(json["columns_not_read"].size(), 2u);
  EXPECT_EQ(json["partitions_losing"][0], "event_date=2026-06-11");
}

RunReport SampleReport() {
  RunReport report;
  report.run_id = "20260611T080000Z-0badcafe";
  report.dataset = "clean.events";
  report.state = RunState::kPublished;
  report.rows = {.in = 1'000'000, .published = 990'000, .quarantined = 10'000};
  report.partitions = {{"event_date=2026-06-11", PartitionAction::kReplaced, 990'000, 2, 5 << 20}};
  report.bad_by_rule = {{":fields:too_few_fields", 1000}, {"amount:type:inexact", 9000}};
  report.elapsed_s = 1.25;
  return report;
}

TEST(RunText, AccountsForEveryRow) {
  const std::string text = RunText(SampleReport(), SamplePlan(), 0);
  for (const char* line :
       {"clean.events: published in 1.2 s, run 20260611T080000Z-0badcafe\n", "rows in      1,000,000\n",
        "published    990,000\n", "quarantined  10,000 (1 %)\n", "replaced 1\n",
        "event_date=2026-06-11  replaced, 990,000 rows, 2 files, 5.0 MiB\n", "clean/events\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

TEST(RunText, NamesRowsThatAnotherPlanMade) {
  Plan plan = SamplePlan();
  RunReport report = SampleReport();
  EXPECT_EQ(RunText(report, plan, 0).find("another version"), std::string::npos);
  plan.decision.inputs[1].outdated = true;
  for (const RunState state : {RunState::kPublished, RunState::kNothingToDo}) {
    report.state = state;
    EXPECT_NE(RunText(report, plan, 0).find("note: 1 input was published by another version"), std::string::npos);
  }
  plan.decision.inputs[0].outdated = true;
  EXPECT_NE(RunText(report, plan, 0).find("note: 2 inputs were published by another version"), std::string::npos);
}

TEST(RunText, ARunThatPublishedNothingDoesNotSayPublished) {
  RunReport report = SampleReport();
  report.state = RunState::kRefused;
  report.partitions.clear();
  EXPECT_EQ(RunText(report, SamplePlan(), 0).find("published"), std::string::npos);
}

TEST(RuleNotes, AreSortedByCountAndPointIntoTheContract) {
  const auto notes = RuleNotes(SampleReport(), SamplePlan().contract);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].message, "9,000 rows: amount is no decimal(12,2) (inexact)");
  EXPECT_EQ(notes[0].address, "contracts/events.odcs.yaml:21:9");
  EXPECT_EQ(notes[1].message, "1,000 rows: too_few_fields (fields)");
  EXPECT_EQ(notes[1].address, "");
}

TEST(RuleNotes, AColumnNamedWithColonsIsFound) {
  Contract contract = SamplePlan().contract;
  contract.columns[0].name = "a:b";
  RunReport report;
  report.bad_by_rule = {{"a:b:required:missing", 1}};
  EXPECT_EQ(RuleNotes(report, contract)[0].message, "1 row: a:b is required (missing)");
}

}  // namespace
}  // namespace freight
