// Commands from words to exit code, over a disk in memory.
#include "cli/commands.h"

#include "io/fault_env.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace freight {
namespace {

using nlohmann::ordered_json;

class CommandsTest : public testing::Test {
 protected:
  int Call(const std::vector<std::string>& words) {
    out_.clear();
    err_.clear();
    const auto parsed = ParseArguments(words);
    const auto* args = std::get_if<Arguments>(&parsed);
    if (args == nullptr) return kExitInvalid;
    Streams streams;
    streams.out = [this](std::string_view text) { return out_works_ && (out_ += text, true); };
    streams.err = [this](std::string_view text) { return err_ += text, true; };
    Console console(streams, env_.get(), false, args->log_format == "json", false);
    const auto variables = [](const std::string&) { return std::optional<std::string>(); };
    Context context{*env_, console, *args, variables, &stop_};
    const int code = RunCommand(context);
    out_failed_ = console.out_failed();
    return code;
  }
  void Write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(MakeDirs(*env_, ParentPath(path), false).ok());
    ASSERT_TRUE(WriteFileAtomic(*env_, path, text).ok());
  }
  bool ErrSays(const std::string& text) const { return err_.find(text) != std::string::npos; }
  bool OutSays(const std::string& text) const { return out_.find(text) != std::string::npos; }

  std::unique_ptr<MemEnv> env_ = MakeMemEnv();
  std::atomic<int> stop_{0};
  std::string out_, err_;
  bool out_works_ = true, out_failed_ = false;
};

TEST_F(CommandsTest, WithoutAPipelineTheHelpNamesInit) {
  for (const char* command : {"run", "plan", "check", "status"}) {
    EXPECT_EQ(Call({command}), kExitInvalid);
    EXPECT_TRUE(ErrSays("freight init")) << err_;
  }
}

TEST_F(CommandsTest, TheSampleProjectRunsAndItsBadRowIsShown) {
  ASSERT_EQ(Call({"init"}), kExitDone) << err_;
  EXPECT_EQ(Call({"check"}), kExitDone) << err_;
  EXPECT_TRUE(OutSays("ok: ")) << out_;
  EXPECT_EQ(err_, "");
  EXPECT_EQ(Call({"plan"}), kExitDone) << err_;
  EXPECT_TRUE(env_->Snapshot("clean").empty());
  EXPECT_EQ(Call({"run"}), kExitDone) << err_;
  EXPECT_TRUE(ErrSays("1 row: user_id is no int64")) << err_;
  EXPECT_FALSE(ErrSays("unknown")) << "a value of a row: " << err_;
  EXPECT_EQ(Call({"quarantine", "ls", "--json"}), kExitDone) << err_;
  const ordered_json list = ordered_json::parse(out_);
  EXPECT_EQ(list["datasets"][0]["rules"][0]["column"], "user_id");
  EXPECT_EQ(list["datasets"][0]["rows"], 1);
  EXPECT_EQ(Call({"quarantine", "show", "events"}), kExitDone) << err_;
  EXPECT_TRUE(OutSays("raw/events.csv:5 ")) << out_;
  EXPECT_TRUE(OutSays("  | e-4,unknown,view,")) << out_;
  EXPECT_EQ(Call({"quarantine", "show", "--rule", "required"}), kExitDone);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(Call({"run"}), kExitDone);
  EXPECT_TRUE(OutSays("nothing to do")) << out_;
}

TEST_F(CommandsTest, InitNeverOverwrites) {
  Write("events.yaml", "mine");
  EXPECT_EQ(Call({"init"}), kExitInvalid);
  EXPECT_TRUE(ErrSays("events.yaml")) << err_;
  EXPECT_EQ(ReadFile(*env_, "events.yaml", 100).ValueOrDie(), "mine");
  EXPECT_FALSE(Exists(*env_, "contracts/events.odcs.yaml").ValueOrDie());
}

TEST_F(CommandsTest, AProjectFromDataPublishesEveryWellFormedRow) {
  const std::vector<std::pair<std::string, int>> files = {
      {"id;name;day\n1;a;2026-06-11\n2;;2026-06-12\n", 2},
      {"id,id\n1,007\n18446744073709551615,x\n", 2},
      {"1.5\t\"a\tb\"\n2.25\t\"c\"\"d\"\n", 2},
      {"a,b\n1,2\n3\n4,5\n", 2},
      {"\"x\ny\",true\n1,2\n", 1},
      {std::string("\xFF\xFE" "k\0,\0v\0\r\0\n\0" "1\0,\0\xE9\0\r\0\n\0", 22), 1},
      {"id,size\r1,5\" disk\r2,3\" disk\r", 2}};
  for (size_t i = 0; i < files.size(); i++) {
    const std::string name = "f" + std::to_string(i);
    Write("raw/" + name + ".csv", files[i].first);
    ASSERT_EQ(Call({"init", "--from", "raw/" + name + ".csv", name}), kExitDone) << err_;
    ASSERT_EQ(Call({"run", name, "--json"}), kExitDone) << name << ": " << err_;
    const ordered_json report = ordered_json::parse(out_);
    EXPECT_EQ(report["state"], "published") << name;
    EXPECT_EQ(report["rows"]["published"], files[i].second) << name << err_;
  }
}

TEST_F(CommandsTest, RunJsonHasTheKeysOfTheManualInOrderAlsoWhenItFails) {
  ASSERT_EQ(Call({"init"}), kExitDone);
  const std::vector<std::string> want = {"format_version", "run_id", "dataset", "state", "rows", "bytes_in", "chunks",
                                         "partitions", "elapsed_s", "peak_rss_bytes"};
  for (const bool works : {true, false}) {
    if (!works) {
      ASSERT_TRUE(env_->RemoveFile("raw/events.csv").ok());
    }
    EXPECT_EQ(Call({"run", "--json"}) == kExitDone, works) << err_;
    const ordered_json report = ordered_json::parse(out_);
    std::vector<std::string> keys;
    for (const auto& [key, value] : report.items()) keys.push_back(key);
    EXPECT_EQ(keys, want);
    EXPECT_EQ(report["state"], works ? "published" : "failed");
  }
}

TEST_F(CommandsTest, ABrokenPipelineEndsWithTwoAndACaret) {
  Write("bad.yaml", "version: 1\ndataset: clean.bad\nsorce: {csv: x.csv}\n");
  for (const char* command : {"check", "plan", "run", "status"}) {
    EXPECT_EQ(Call({command, "bad.yaml"}), kExitInvalid);
    EXPECT_TRUE(ErrSays("--> bad.yaml:3:1")) << err_;
    EXPECT_TRUE(ErrSays("^")) << err_;
  }
  EXPECT_EQ(Call({"check", "bad.yaml", "--json"}), kExitInvalid);
  const ordered_json json = ordered_json::parse(out_);
  EXPECT_EQ(json["format_version"], 1);
  EXPECT_EQ(json["files"][0]["ok"], false);
  bool found = false;
  for (const auto& d : json["files"][0]["diagnostics"]) found = found || (d["line"] == 3 && d["severity"] == "error");
  EXPECT_TRUE(found) << out_;
}

TEST_F(CommandsTest, InitInARepositoryLeavesItsIgnoreFileAlone) {
  Write("/repo/.gitignore", "mine\n");
  EXPECT_EQ(Call({"init", "/repo"}), kExitDone) << err_;
  EXPECT_TRUE(ErrSays("/repo/.gitignore stays as it is; it should name clean/ *.freight/ _dlq/")) << err_;
  EXPECT_FALSE(OutSays(".gitignore")) << out_;
  EXPECT_EQ(ReadFile(*env_, "/repo/.gitignore", 100).ValueOrDie(), "mine\n");
}

TEST_F(CommandsTest, APartitionThatIsNotThereIsSaid) {
  ASSERT_EQ(Call({"init"}), kExitDone);
  ASSERT_EQ(Call({"run"}), kExitDone) << err_;
  EXPECT_EQ(Call({"run", "--partition", "event_date=2026-06-11"}), kExitDone);
  EXPECT_FALSE(ErrSays("no row falls")) << err_;
  EXPECT_EQ(Call({"run", "--partition", "event_date=2026-06-11", "--partition", "event_date=2026-6-11"}), kExitDone);
  EXPECT_TRUE(ErrSays("no row falls into partition \"event_date=2026-6-11\"")) << err_;
  EXPECT_FALSE(ErrSays("no row falls into partition \"event_date=2026-06-11\"")) << err_;
}

TEST_F(CommandsTest, ANameThatIsNearlyRightIsNamed) {
  ASSERT_EQ(Call({"init"}), kExitDone);
  EXPECT_EQ(Call({"status", "clean.evnts"}), kExitInvalid);
  EXPECT_TRUE(ErrSays("did you mean \"clean.events\"?")) << err_;
  for (const char* target : {"events", "clean.events", "events.yaml", "."})
    EXPECT_EQ(Call({"status", target}), kExitDone) << err_;
}

TEST_F(CommandsTest, ShowRunsAndStatusTellWhatHappened) {
  ASSERT_EQ(Call({"init"}), kExitDone);
  EXPECT_EQ(Call({"status"}), kExitDone);
  EXPECT_TRUE(OutSays("never_run")) << out_;
  ASSERT_EQ(Call({"run", "--json"}), kExitDone) << err_;
  const std::string id = ordered_json::parse(out_)["run_id"];
  EXPECT_EQ(Call({"runs"}), kExitDone);
  EXPECT_TRUE(OutSays(id)) << out_;
  EXPECT_EQ(Call({"show", id.substr(0, 18)}), kExitDone) << err_;
  for (const char* part : {"published", "event_date=2026-06-11", "row_count.min", "memory ", "epoch 1"}) {
    EXPECT_TRUE(OutSays(part)) << part << out_;
  }
  EXPECT_EQ(Call({"show", "nope"}), kExitInvalid);
  EXPECT_EQ(Call({"status", "--json"}), kExitDone);
  const ordered_json status = ordered_json::parse(out_)["datasets"][0];
  EXPECT_EQ(status["rows"], 5);
  EXPECT_EQ(status["last_run"]["run_id"], id);
  EXPECT_EQ(status["last_run"]["quarantined"], 1);
}

TEST_F(CommandsTest, ADamagedLogHidesNoRunOfTheHistory) {
  ASSERT_EQ(Call({"init"}), kExitDone);
  ASSERT_EQ(Call({"run", "--json"}), kExitDone) << err_;
  const std::string id = ordered_json::parse(out_)["run_id"];
  Write("clean/events.freight/manifest.log", "garbage");
  EXPECT_EQ(Call({"status"}), kExitFailed);
  EXPECT_EQ(Call({"runs"}), kExitFailed);
  EXPECT_TRUE(OutSays(id)) << out_;
  EXPECT_TRUE(ErrSays("manifest.log\" is damaged")) << err_;
  EXPECT_EQ(Call({"runs", "--json"}), kExitFailed);
  EXPECT_EQ(ordered_json::parse(out_)["datasets"][0]["runs"][0]["run_id"], id);
  EXPECT_EQ(Call({"show", id}), kExitDone) << err_;
}

TEST_F(CommandsTest, AStopBeforeTheRunEndsAsTheSignalDoes) {
  ASSERT_EQ(Call({"init"}), kExitDone);
  stop_ = 15;
  EXPECT_EQ(Call({"run"}), 143);
}

TEST_F(CommandsTest, AFailedWriteToStdoutIsNoticed) {
  out_works_ = false;
  Call({"help"});
  EXPECT_TRUE(out_failed_);
}

TEST_F(CommandsTest, LogLinesAreJsonObjectsWithPlaces) {
  Write("bad.yaml", "version: 1\ndataset: clean.bad\nsorce: {csv: x.csv}\n");
  EXPECT_EQ(Call({"check", "bad.yaml", "--log-format", "json"}), kExitInvalid);
  bool found = false;
  for (size_t at = 0; at < err_.size(); at = err_.find('\n', at) + 1) {
    const ordered_json line = ordered_json::parse(err_.substr(at, err_.find('\n', at) - at));
    EXPECT_EQ(line["level"], "error");
    EXPECT_TRUE(line.contains("ts"));
    found = found || line["line"] == 3;
  }
  EXPECT_TRUE(found) << err_;
}

TEST_F(CommandsTest, DocsWriteOnePageForTheCommandsToo) {
  EXPECT_EQ(Call({"docs"}), kExitInvalid);
  EXPECT_EQ(Call({"docs", "--out", "reference"}), kExitDone) << err_;
  EXPECT_GT(env_->Snapshot("reference").size(), 1u);
  EXPECT_EQ(ReadFile(*env_, "reference/commands.md", 1 << 20).ValueOrDie(), CommandsPage());
  EXPECT_EQ(Call({"schema"}), kExitDone);
  EXPECT_TRUE(ordered_json::parse(out_).is_object());
}

TEST(UseColor, FollowsTheChoiceThenTheVariablesThenTheTerminal) {
  const auto with = [](std::map<std::string, std::string> set) {
    return [set](const std::string& name) {
      const auto found = set.find(name);
      return found == set.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
  };
  EXPECT_TRUE(UseColor("auto", true, with({{"TERM", "xterm"}})));
  EXPECT_FALSE(UseColor("auto", true, with({{"TERM", "dumb"}})));
  EXPECT_FALSE(UseColor("auto", false, with({{"TERM", "xterm"}})));
  EXPECT_FALSE(UseColor("auto", true, with({{"TERM", "xterm"}, {"NO_COLOR", "1"}})));
  EXPECT_TRUE(UseColor("auto", true, with({{"TERM", "xterm"}, {"NO_COLOR", ""}})));
  EXPECT_TRUE(UseColor("auto", false, with({{"FORCE_COLOR", "1"}})));
  EXPECT_TRUE(UseColor("always", false, with({{"NO_COLOR", "1"}})));
  EXPECT_FALSE(UseColor("never", true, with({{"FORCE_COLOR", "1"}})));
}

TEST(ExitCodes, TheWorstOfSeveralRunsIsTold) {
  EXPECT_EQ(WorstExitCode(kExitDone, kExitTransient), kExitTransient);
  EXPECT_EQ(WorstExitCode(kExitRefused, kExitTransient), kExitRefused);
  EXPECT_EQ(WorstExitCode(kExitInvalid, kExitFailed), kExitFailed);
  EXPECT_EQ(WorstExitCode(130, kExitFailed), 130);
  EXPECT_EQ(ExitCodeOf(Fail(Reaction::kStopped, "x").Build(), 15), 143);
  EXPECT_EQ(ExitCodeOf(Fail(Reaction::kTransient, "x").Build()), 75);
  EXPECT_EQ(ExitCodeOf(Fail(Reaction::kNotFound, "x").Build()), 1);
  EXPECT_EQ(ExitCodeOf(Status::IOError("x")), 1);
}

}  // namespace
}  // namespace freight
