// The table of modes: what each change of the inputs does to the published rows, and that pieces make the same whole.
#include "commit/toy_engine.h"

#include <functional>

namespace freight::toy {
namespace {

constexpr const char* kRefused = "refused";

Input Simple(const std::string& name, int version, const std::vector<std::string>& partitions) {
  Input input{name, version, {{}}};
  for (const std::string& partition : partitions) input.chunks[0].rows[partition] = version;
  return input;
}

// a lies in 1 and 2, b in 2 and 3.
std::vector<Input> Start() { return {Simple("a", 1, {"p=1", "p=2"}), Simple("b", 1, {"p=2", "p=3"})}; }

struct Case {
  std::string change;
  std::function<void(ToyRun*)> apply;
  std::string append, replace_partitions, replace;  // what is published afterwards, or kRefused
};

const char* const kSame = "p=1: a1 | p=2: a1 b1 | p=3: b1";

Input RenamedB() {
  Input renamed = Simple("z", 1, {"p=2", "p=3"});
  renamed.file_of = "b";
  return renamed;
}

Input CopiedB() {
  Input copied = RenamedB();
  copied.copied = true;
  copied.touched = 1;
  return copied;
}

// The second run, but for its mode.
std::function<void(ToyRun*)> Then(ToyRun next) {
  return [next](ToyRun* run) {
    const WriteMode mode = run->mode;
    *run = next;
    run->mode = mode;
  };
}

const Input kA1 = Simple("a", 1, {"p=1", "p=2"});
const Input kA2 = Simple("a", 2, {"p=1"});
const Input kB1 = Simple("b", 1, {"p=2", "p=3"});
const Input kB2 = Simple("b", 2, {"p=2", "p=3"});
const Input kC1 = Simple("c", 1, {"p=1"});
const char* const kWithC = "p=1: a1 c1 | p=2: a1 b1 | p=3: b1";
const char* const kWithA2 = "p=1: a2 | p=2: b1 | p=3: b1";
const char* const kWithoutA = "p=1: c1 | p=2: b1 | p=3: b1";
const char* const kWithoutB = "p=1: a1 | p=2: a1 | p=3:";

std::vector<Case> InputCases() {
  Input touched = kA1;
  touched.touched = 1;
  return {
      {"nothing", Then({.inputs = {kA1, kB1}}), kSame, kSame, kSame},
      {"another order", Then({.inputs = {kB1, kA1}}), kSame, kSame, kSame},
      {"touched, same content", Then({.inputs = {touched, kB1}}), kSame, kSame, kSame},
      {"new", Then({.inputs = {kA1, kB1, kC1}}), kWithC, kWithC, kWithC},
      {"changed", Then({.inputs = {kA2, kB1}}), kRefused, kWithA2, kWithA2},
      {"changed, on_changed: replace", Then({.inputs = {kA2, kB1}, .on_changed = OnChanged::kReplace}), kWithA2,
       kWithA2, kWithA2},
      {"vanished, nothing else", Then({.inputs = {kA1}}), kSame, kSame, kWithoutB},
      {"vanished, new elsewhere", Then({.inputs = {kA1, kC1}}), kWithC, kWithC, "p=1: a1 c1 | p=2: a1 | p=3:"},
      {"vanished, known to share", Then({.inputs = {kB2}}), kRefused, kRefused, "p=1: | p=2: b2 | p=3: b2"},
      {"vanished, found to share", Then({.inputs = {kB1, kC1}}), kWithC, kRefused, kWithoutA},
      {"vanished, on_vanished: keep", Then({.inputs = {kB1, kC1}, .on_vanished = OnVanished::kKeep}), kWithC, kWithC,
       kWithoutA},
      {"vanished, on_vanished: drop", Then({.inputs = {kB1, kC1}, .on_vanished = OnVanished::kDrop}), kRefused,
       kWithoutA, kWithoutA},
      {"renamed", Then({.inputs = {kA1, RenamedB()}}), kRefused, kRefused, kSame},
      {"copied", Then({.inputs = {kA1, CopiedB()}}), kRefused, kRefused, kSame},
      {"copied, on_vanished: keep", Then({.inputs = {kA1, CopiedB()}, .on_vanished = OnVanished::kKeep}), kSame, kSame,
       kSame},
      {"renamed, on_vanished: keep", Then({.inputs = {kA1, RenamedB()}, .on_vanished = OnVanished::kKeep}), kSame,
       kSame, kSame},
  };
}

std::vector<Case> PlanCases() {
  return {
      {"rebuild", Then({.inputs = {kA2, kB1}, .rebuild = true}), kWithA2, kWithA2, kWithA2},
      {"another schema", Then({.inputs = {kA1, kB1}, .layout = "other"}), kRefused, kRefused, kSame},
      {"another schema, rebuild", Then({.inputs = {kA1, kB1}, .rebuild = true, .layout = "other"}), kSame, kSame,
       kSame},
      {"another schema, rebuild, vanished", Then({.inputs = {kA1}, .rebuild = true, .layout = "other"}), kRefused,
       kRefused, kWithoutB},
      {"another plan", Then({.inputs = {kA1, kB1}, .plan = "other"}), kSame, kSame, kSame},
      {"named partition", Then({.inputs = {kA1, kB1}, .scope = {"p=2"}}), kSame, kSame, kSame},
      {"named partition, changed", Then({.inputs = {kA2, kB1}, .scope = {"p=1"}}), kRefused, kRefused, kRefused},
      {"named partition, new", Then({.inputs = {kA1, kB1, kC1}, .scope = {"p=1"}}), kRefused, kRefused, kRefused},
  };
}

std::vector<Case> Cases() {
  std::vector<Case> cases = InputCases();
  for (Case& test : PlanCases()) cases.push_back(std::move(test));
  return cases;
}

struct Ending {
  std::string text;  // Describe, or kRefused
  std::map<std::string, std::string> files;
};

// Runs Start and then the case; `killed`: cut off over and over, a little later each time, until it gets through.
Ending Play(const Case& test, WriteMode mode, bool killed) {
  auto disk = MakeMemEnv();
  ToyRun run{.mode = mode, .inputs = Start()};
  EXPECT_TRUE(Execute(*disk, run, "start").status.ok());
  const auto before = Outside(*disk);
  test.apply(&run);
  for (int64_t call = 1; killed && call < 200; call += 3) {
    auto faults = MakeFaultEnv(disk.get());
    faults->Arm(call, Fault::kStop);
    (void)Execute(*faults, run, fmt::format("killed{}", call));
    disk->Crash(call % 2 == 0);
    if (!faults->fired()) break;
  }
  const Outcome outcome = Execute(*disk, run, "last");
  if (outcome.status.ok()) return {Describe(*disk), PublishedBytes(*disk)};
  EXPECT_FALSE(DetailOf(outcome.status)->help.empty()) << outcome.status.ToString();
  EXPECT_TRUE(Outside(*disk) == before) << test.change;
  return {kRefused, PublishedBytes(*disk)};
}

TEST(CommitModes, TableOfModes) {
  for (const Case& test : Cases()) {
    for (const bool killed : {false, true}) {
      SCOPED_TRACE(test.change + (killed ? ", killed on the way" : ""));
      EXPECT_EQ(Play(test, WriteMode::kAppend, killed).text, test.append) << "append";
      EXPECT_EQ(Play(test, WriteMode::kReplacePartitions, killed).text, test.replace_partitions)
          << "replace_partitions";
      EXPECT_EQ(Play(test, WriteMode::kReplace, killed).text, test.replace) << "replace";
    }
  }
}

std::vector<Input> Ten() {
  std::vector<Input> inputs;
  for (int i = 0; i < 10; ++i) {
    inputs.push_back(Simple(fmt::format("in{}", i), i + 1, {fmt::format("p={}", i % 3), fmt::format("p={}", i % 4)}));
    inputs.back().chunks.push_back({{{"p=9", i}}, i % 2});
    if (i % 5 == 4) inputs.back().staging = Staging::kBundles;
  }
  return inputs;
}

TEST(CommitModes, TenRunsOverPiecesMakeTheFilesOfOneRun) {
  for (const WriteMode mode : {WriteMode::kAppend, WriteMode::kReplacePartitions, WriteMode::kReplace}) {
    auto at_once = MakeMemEnv();
    ASSERT_TRUE(Execute(*at_once, {.mode = mode, .inputs = Ten()}, "all").status.ok());
    for (const bool killed : {false, true}) {
      auto in_pieces = MakeMemEnv();
      ToyRun run{.mode = mode};
      for (const Input& input : Ten()) {
        run.inputs.insert(run.inputs.begin(), input);
        auto faults = MakeFaultEnv(in_pieces.get());
        if (killed) faults->Arm(static_cast<int64_t>(13 * run.inputs.size()), Fault::kStop);
        (void)Execute(*faults, run, fmt::format("piece{}", run.inputs.size()));
        if (killed) in_pieces->Crash(run.inputs.size() % 2 == 0);
        ASSERT_TRUE(Execute(*in_pieces, run, fmt::format("whole{}", run.inputs.size())).status.ok());
      }
      EXPECT_EQ(PublishedBytes(*in_pieces), PublishedBytes(*at_once));
      EXPECT_EQ(Outside(*in_pieces), Outside(*at_once));
    }
  }
}

TEST(CommitModes, ActionsSayWhatHappenedToEachTouchedPartition) {
  auto disk = MakeMemEnv();
  const auto actions = [&](const ToyRun& run, const std::string& id) {
    std::string text;
    const Outcome outcome = Execute(*disk, run, id);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    for (const auto& p : outcome.partitions)
      text += fmt::format("{} {} {} rows {} files; ", p.path, PartitionActionWord(p.action), p.rows, p.files);
    return text;
  };
  EXPECT_EQ(actions({.inputs = Start()}, "1"),
            "p=1 created 1 rows 1 files; p=2 created 2 rows 2 files; p=3 created 1 rows 1 files; ");
  auto inputs = Start();
  inputs[0] = Simple("a", 2, {"p=2"});
  EXPECT_EQ(actions({.inputs = inputs}, "2"), "p=1 emptied 0 rows 0 files; p=2 replaced 3 rows 2 files; ");
  EXPECT_EQ(actions({.inputs = inputs, .rebuild = true}, "3"),
            "p=2 unchanged 3 rows 2 files; p=3 unchanged 1 rows 1 files; ");
  inputs[0] = Simple("a", 3, {"p=1"});
  EXPECT_EQ(actions({.inputs = inputs}, "4"), "p=1 created 3 rows 1 files; p=2 replaced 1 rows 1 files; ");
}

TEST(CommitModes, UnchangedPartitionsAreNotSwapped) {
  auto disk = MakeMemEnv();
  ASSERT_TRUE(Execute(*disk, {.inputs = Start()}, "1").status.ok());
  const auto before = disk->Snapshot(kRoot);
  ASSERT_TRUE(Execute(*disk, {.inputs = Start(), .rebuild = true}, "2").status.ok());
  EXPECT_EQ(disk->Snapshot(kRoot), before);
}

TEST(CommitModes, PreviewShowsTheWholeDatasetAsPublishLeavesIt) {
  auto disk = MakeMemEnv();
  ASSERT_TRUE(Execute(*disk, {.inputs = Start()}, "1").status.ok());
  auto inputs = Start();
  inputs[0] = Simple("a", 4, {"p=1"});
  std::set<std::string> written;
  const ToyRun run{.inputs = inputs};
  auto transaction = Begin(*disk, run, "2").ValueOrDie();
  ASSERT_TRUE(Load(*disk, run, "2", *transaction, &written).ok());
  std::string text;
  const auto preview = transaction->Preview();
  ASSERT_TRUE(preview.ok());
  for (const auto& p : *preview)
    text += fmt::format("{} {} {}; ", p.path, PartitionActionWord(p.action), p.rows);
  EXPECT_EQ(text, "p=1 replaced 4; p=2 replaced 1; p=3 unchanged 1; ");
  EXPECT_EQ(Describe(*disk), kSame);
}

TEST(CommitModes, AReasonIsGivenForEveryInput) {
  auto disk = MakeMemEnv();
  auto inputs = Start();
  inputs[0].chunks.push_back({{{"p=1", 1}}, 0});
  const ToyRun run{.inputs = inputs};
  std::set<std::string> written;
  {
    auto transaction = Begin(*disk, run, "cut").ValueOrDie();
    ASSERT_TRUE(Load(*disk, run, "cut", *transaction, &written).ok());
  }
  const auto why = [&](ToyRun next) {
    return DecideRun(ReadDatasetState(*disk, kRoot).ValueOrDie(), RequestOf(next, "x"), nullptr).inputs[0].why;
  };
  EXPECT_EQ(why(run), "new; 2 chunks done by run cut");
  EXPECT_EQ(why({.inputs = inputs, .plan = "other"}), "new; read anew, 2 chunks of run cut do not fit the plan of now");
  inputs[0].version = 2;
  EXPECT_EQ(why({.inputs = inputs}), "new; read anew, 2 chunks of run cut do not fit the input of now");
  ASSERT_TRUE(Execute(*disk, run, "done").status.ok());
  EXPECT_EQ(why({.inputs = inputs}), "changed: same size, other content");
  inputs[0].chunks.pop_back();
  EXPECT_EQ(why({.inputs = inputs}), "changed: size 1002 -> 1001 bytes");
}

TEST(CommitModes, RowsOfAnotherPlanAreNamedUntilTheyAreMadeAnew) {
  auto disk = MakeMemEnv();
  const auto outdated = [&](const ToyRun& next) {
    std::string names;
    for (const InputDecision& input :
         DecideRun(ReadDatasetState(*disk, kRoot).ValueOrDie(), RequestOf(next, "x"), nullptr).inputs) {
      if (input.outdated) names += input.name + " ";
    }
    return names;
  };
  const ToyRun other{.inputs = {kA1, kB1, kC1}, .plan = "other"};
  ASSERT_TRUE(Execute(*disk, {.inputs = Start()}, "1").status.ok());
  EXPECT_EQ(outdated({.inputs = Start()}), "");
  EXPECT_EQ(outdated(other), "a b ");
  EXPECT_EQ(outdated({.inputs = other.inputs, .rebuild = true, .plan = "other"}), "");
  ASSERT_TRUE(Execute(*disk, other, "2").status.ok());  // c is new
  EXPECT_EQ(outdated(other), "a b ");
  EXPECT_EQ(outdated({.inputs = other.inputs}), "c ");
  ASSERT_TRUE(Execute(*disk, {.inputs = other.inputs, .scope = {"p=2"}, .plan = "other"}, "3").status.ok());
  EXPECT_EQ(outdated(other), "a b ");  // their rows elsewhere are as they were
  ASSERT_TRUE(Execute(*disk, {.inputs = other.inputs, .rebuild = true, .plan = "other"}, "4").status.ok());
  EXPECT_EQ(outdated(other), "");
}

}  // namespace
}  // namespace freight::toy
