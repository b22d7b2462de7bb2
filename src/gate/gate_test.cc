// Which rows pass which gates.
#include "gate/gate.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

bool AllPass(const std::vector<GateResult>& results) { return GateVerdict(results).ok(); }

TEST(Gate, QuarantineLimitsHoldAtTheirBoundAndFailAboveIt) {
  const std::vector<QuarantineLimit> percent = {{.name = "quarantine.max_percent", .percent_max = 1.0}};
  const std::vector<QuarantineLimit> count = {{.name = "quarantine.max_rows", .rows_max = 10}};
  EXPECT_TRUE(AllPass(JudgeGates(percent, {}, {.in = 1000, .quarantined = 10})));
  EXPECT_FALSE(AllPass(JudgeGates(percent, {}, {.in = 1000, .quarantined = 11})));
  EXPECT_TRUE(AllPass(JudgeGates(count, {}, {.in = 1000, .quarantined = 10})));
  EXPECT_FALSE(AllPass(JudgeGates(count, {}, {.in = 1000, .quarantined = 11})));
  EXPECT_TRUE(AllPass(JudgeGates(percent, {}, {.in = 0, .quarantined = 0})));
}

TEST(Gate, RowCountJudgesTheDatasetAfterPublishing) {
  const std::vector<RowCountGate> gates = {{.min = 5, .max = 9}};
  for (const auto& [rows, passes] : {std::pair{4, false}, {5, true}, {9, true}, {10, false}}) {
    EXPECT_EQ(AllPass(JudgeGates({}, gates, {.dataset_after = rows})), passes) << rows;
  }
}

TEST(Gate, ChangeFromLastAsksNothingOfTheFirstPublication) {
  const std::vector<RowCountGate> gates = {{.change_from_last_percent = 40.0}};
  EXPECT_TRUE(AllPass(JudgeGates({}, gates, {.dataset_before = 0, .dataset_after = 7, .first_publication = true})));
  EXPECT_TRUE(AllPass(JudgeGates({}, gates, {.dataset_before = 10, .dataset_after = 14})));
  EXPECT_FALSE(AllPass(JudgeGates({}, gates, {.dataset_before = 10, .dataset_after = 15})));
  EXPECT_FALSE(AllPass(JudgeGates({}, gates, {.dataset_before = 0, .dataset_after = 1})));
}

TEST(Gate, AVerdictNamesEveryGateThatFailed) {
  const Status verdict = GateVerdict(JudgeGates({{.name = "quarantine.max_rows", .rows_max = 0}}, {{.min = 5000}},
                                                {.in = 2, .quarantined = 1, .dataset_after = 1}));
  EXPECT_EQ(ReactionOf(verdict), Reaction::kRefused);
  EXPECT_NE(verdict.message().find("quarantine.max_rows: expected at most 0 rows, found 1 row"), std::string::npos);
  EXPECT_NE(verdict.message().find("row_count.min: expected at least 5,000 rows, found 1 row"), std::string::npos);
}

}  // namespace
}  // namespace freight
