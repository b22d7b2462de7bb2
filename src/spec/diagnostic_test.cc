// How diagnostics look, and which word was meant.
#include "spec/diagnostic.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

Diagnostic Unknown() {
  return {Severity::kError, "F0102", "unknown key \"partiton_by\"", {"events.yaml", 3, 3}, 11,
          "did you mean \"partition_by\"?"};
}

TEST(RenderDiagnostic, ShowsPlaceLineCaretAndHelp) {
  EXPECT_EQ(RenderDiagnostic(Unknown(), "version: 1\nto:\n  partiton_by: [event_date]\n", false),
            "error[F0102]: unknown key \"partiton_by\"\n"
            " --> events.yaml:3:3\n"
            "  |\n"
            "3 |   partiton_by: [event_date]\n"
            "  |   ^^^^^^^^^^^\n"
            "  = help: did you mean \"partition_by\"?\n");
}

TEST(RenderDiagnostic, GutterGrowsWithTheLineNumber) {
  Diagnostic d = Unknown();
  d.place.line = 14;
  d.help.clear();
  EXPECT_EQ(RenderDiagnostic(d, std::string(13, '\n') + "\tpartiton_by: x\r\n", false),
            "error[F0102]: unknown key \"partiton_by\"\n"
            "  --> events.yaml:14:3\n"
            "   |\n"
            "14 |  partiton_by: x\n"
            "   |   ^^^^^^^^^^^\n");
}

TEST(RenderDiagnostic, WithoutSourceOrPlaceSaysWhatItKnows) {
  EXPECT_EQ(
      RenderDiagnostic(Unknown(), "", false),
      "error[F0102]: unknown key \"partiton_by\"\n --> events.yaml:3:3\n  = help: did you mean \"partition_by\"?\n");
  EXPECT_EQ(RenderDiagnostic({Severity::kWarning, "", "careful", {}, 1, ""}, "x", false), "warning: careful\n");
}

TEST(RenderDiagnostic, CutsLongLinesAroundTheCaret) {
  const std::string line = std::string(300, 'a') + "WRONG" + std::string(300, 'b');
  const std::string out = RenderDiagnostic({Severity::kNote, "", "m", {"f", 1, 301}, 5, ""}, line, false);
  EXPECT_EQ(out, "note: m\n --> f:1:301\n  |\n1 | ..." + std::string(47, 'a') + "WRONG" + std::string(42, 'b') +
                     "...\n  | " + std::string(50, ' ') + "^^^^^\n");
}

TEST(RenderDiagnostic, CountsCharactersNotBytes) {
  const std::string out = RenderDiagnostic({Severity::kError, "", "m", {"f", 1, 3}, 1, ""}, "éé!", false);
  EXPECT_EQ(out, "error: m\n --> f:1:3\n  |\n1 | éé!\n  |   ^\n");
}

TEST(RenderDiagnostic, KeepsControlBytesOfAFileFromTheTerminal) {
  const std::string out =
      RenderDiagnostic({Severity::kError, "", "key \"\x1b[2J\"", {"f", 1, 1}, 1, ""}, "\x1b[2J", false);
  EXPECT_EQ(out, "error: key \"\\x1b[2J\"\n --> f:1:1\n  |\n1 |  [2J\n  | ^\n");
}

TEST(RenderDiagnostic, ColorsOnlyWhenAsked) {
  EXPECT_NE(RenderDiagnostic(Unknown(), "", true).find("\033[1;31merror[F0102]\033[0m"), std::string::npos);
  EXPECT_EQ(RenderDiagnostic(Unknown(), "", false).find('\033'), std::string::npos);
}

TEST(RenderStatus, ShowsPlaceAndHelpOfOurErrors) {
  const Status status = Fail(Reaction::kInvalid, "no input").At({"a.yaml", 2, 7}).Help("check the glob");
  EXPECT_EQ(RenderStatus(status, false), "error: no input\n --> a.yaml:2:7\n  = help: check the glob\n");
  EXPECT_EQ(RenderStatus(Status::IOError("disk on fire"), false), "error: disk on fire\n");
}

TEST(DidYouMean, FindsSlipsAndNothingElse) {
  const std::vector<std::string> known = {"partition_by", "parquet", "mode", "to"};
  for (const auto& [word, want] : std::initializer_list<std::pair<const char*, const char*>>{
           {"partiton_by", "partition_by"}, {"partitoin_by", "partition_by"}, {"Mode", "mode"}, {"mdoe", "mode"},
           {"ot", "to"}, {"parquets", "parquet"}, {"transform", ""}, {"xyz", ""}, {"", ""}}) {
    EXPECT_EQ(DidYouMean(word, known), want) << word;
  }
}

}  // namespace
}  // namespace freight
