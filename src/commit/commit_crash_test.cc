// Every run stopped at every call that touches state, and every protocol step broken: what is left must be whole, and
// the next run must end as if nothing had happened.
#include "commit/toy_engine.h"

#include <functional>
#include <optional>

namespace freight::toy {
namespace {

struct Scenario {
  std::string name;
  std::vector<ToyRun> before;
  ToyRun run;                      // the one that is cut off
  std::optional<ToyRun> then;      // another one that follows it, instead of the same again
  std::string deleted = {};        // a partition that somebody deletes before that
  bool hard_links = true;          // the file system has them
};

Input A(int version) {
  switch (version) {
    case 1: return {"a.csv", 1, {{{{"p=1", 3}, {"p=2", 2}}, 1}, {{{"p=1", 1}}, 0}}};
    case 2: return {"a.csv", 2, {{{{"p=1", 4}}, 2}, {{{"p=3", 5}}, 1}}};
    default: return {"a.csv", version, {{{{"p=3", 1}}, 0}}};
  }
}
Input B() { return {"b.csv", 1, {{{{"p=1", 2}, {"p=4", 1}}, 0}, {{{"p=4", 2}}, 1}}, Staging::kBundles}; }
Input C() { return {"c.csv", 1, {{{{"p=1", 7}, {"p=5", 1}}, 1}}, Staging::kJoined}; }
Input Flat(int version) { return {"f.csv", version, {{{{"", version}}, 0}}}; }
Input Nested() { return {"a.csv", 1, {{{{"p=1/q=2", 3}, {"p=2/q=2", 1}}, 0}}}; }

std::vector<Scenario> Scenarios() {
  const ToyRun first{.inputs = {A(1), B()}};
  const ToyRun changed{.inputs = {A(2), B()}};
  ToyRun appended{.mode = WriteMode::kAppend, .inputs = {A(1), B(), C()}};
  ToyRun replaced{.mode = WriteMode::kReplace, .inputs = {A(2), C()}};
  ToyRun refused = changed;
  refused.refuse = true;
  ToyRun rebuilt = first;
  rebuilt.rebuild = true;
  ToyRun back{.mode = WriteMode::kReplace, .inputs = {A(1), B()}};
  ToyRun nested{.mode = WriteMode::kReplace, .inputs = {Nested()}, .layout = "nested"};
  ToyRun scoped{.inputs = {A(1), B()}, .scope = {"p=1", "p=9"}, .plan = "other"};
  return {
      {"first publication", {}, first, {}},
      {"the input changes after the stop", {}, first, changed},
      {"a changed input replaces and empties partitions", {first}, changed, {}},
      {"append", {first}, appended, {}},
      {"append without hard links", {first}, appended, {}, "", false},
      {"replace with a vanished input", {first}, replaced, {}},
      {"no partitions", {ToyRun{.inputs = {Flat(1)}}}, ToyRun{.inputs = {Flat(2)}}, {}},
      {"deeper partitions", {first}, nested, {}},
      {"flatter partitions", {nested}, back, {}},
      {"named partitions", {first}, scoped, {}},
      {"the input changes back after the stop",
       {first},
       ToyRun{.mode = WriteMode::kReplace, .inputs = {A(2), B()}},
       back},
      {"a deleted partition is written again", {first}, rebuilt, {}, "p=1"},
      {"a refusal, then a run that publishes", {first}, refused, changed},
  };
}

void RunCleanly(MemEnv& disk, const ToyRun& run, const std::string& run_id, std::vector<std::string>* violations) {
  const Outcome outcome = Execute(disk, run, run_id);
  if (!outcome.status.ok()) violations->push_back("a clean run fails: " + outcome.status.ToString());
}

std::unique_ptr<MemEnv> DiskAfter(const std::vector<ToyRun>& runs, std::vector<std::string>* violations) {
  auto disk = MakeMemEnv();
  for (size_t i = 0; i < runs.size(); ++i) RunCleanly(*disk, runs[i], fmt::format("before{}", i), violations);
  return disk;
}

std::unique_ptr<MemEnv> DiskBefore(const Scenario& scenario, std::vector<std::string>* violations) {
  auto disk = DiskAfter(scenario.before, violations);
  if (!scenario.hard_links) disk->ForbidLinks();
  if (!scenario.deleted.empty()) {
    const Status gone = RemoveTree(*disk, std::string(kRoot) + "/" + scenario.deleted);
    if (!gone.ok()) violations->push_back("nothing to delete: " + gone.ToString());
  }
  return disk;
}

std::unique_ptr<MemEnv> DiskAfterRun(const Scenario& scenario, const ToyRun& run,
                                     std::vector<std::string>* violations) {
  auto disk = DiskBefore(scenario, violations);
  RunCleanly(*disk, run, "clean", violations);
  return disk;
}

// Whether the run after the cut starts over when the cut one has published already, and so quarantines once more.
bool StartsOver(const Scenario& scenario) {
  return scenario.then || !scenario.run.scope.empty() || scenario.run.rebuild;
}

bool SameOutside(const Scenario& scenario, MemEnv& disk, MemEnv& clean) {
  return StartsOver(scenario) ? PublishedBytes(disk) == PublishedBytes(clean) : Outside(disk) == Outside(clean);
}

void CheckReaders(MemEnv& disk, MemEnv& before, MemEnv& after, const std::string& where,
                  std::vector<std::string>* violations) {
  for (const std::string& objection : ReaderObjections(disk)) violations->push_back(where + ": " + objection);
  const auto old_files = LiveFiles(before);
  const auto new_files = LiveFiles(after);
  const auto holds = [](const auto& files, const std::string& partition, const std::set<std::string>& names) {
    const auto found = files.find(partition);
    return found != files.end() && found->second == names;
  };
  for (const auto& [partition, names] : LiveFiles(disk)) {
    if (holds(old_files, partition, names) || holds(new_files, partition, names)) continue;
    // Between two partitionings a folder is emptied on the way.
    if (names.empty()) continue;
    violations->push_back(fmt::format("{}: partition \"{}\" is neither old nor new", where, partition));
  }
}

struct Cut {
  int64_t call;
  Fault fault;
  std::optional<bool> crash;  // dropping what was not synced or not; nullopt: the machine goes on
};

// False when the run ended before the call.
bool CheckCut(const Scenario& scenario, const Cut& cut, MemEnv& before, MemEnv& after, MemEnv& clean,
              std::vector<std::string>* violations) {
  auto disk = DiskBefore(scenario, violations);
  auto faults = MakeFaultEnv(disk.get());
  faults->Arm(cut.call, cut.fault);
  const Outcome first = Execute(*faults, scenario.run, "one");
  const std::string where = fmt::format("{}, call {} ({}), fault {}", scenario.name, cut.call,
                                        faults->CallName(cut.call), static_cast<int>(cut.fault));
  if (!faults->fired() && !first.status.ok()) violations->push_back(where + ": fails unasked");
  if (cut.crash) disk->Crash(*cut.crash);
  CheckReaders(*disk, before, after, where, violations);
  const ToyRun& next = scenario.then ? *scenario.then : scenario.run;
  const Outcome second = Execute(*disk, next, "two");
  if (!second.status.ok()) violations->push_back(where + ": the next run fails: " + second.status.ToString());
  if (!StartsOver(scenario)) {
    for (const std::string& chunk : first.written) {
      if (second.written.contains(chunk)) violations->push_back(where + ": a chunk that was done is done again");
    }
  }
  if (!SameOutside(scenario, *disk, clean)) violations->push_back(where + ": another result than that of a clean run");
  for (const std::string& objection : ReaderObjections(*disk)) violations->push_back(where + ", then: " + objection);
  if (!disk->Snapshot(std::string(kState) + "/stage").empty()) violations->push_back(where + ": staged files are left");
  ToyRun again = next;
  again.rebuild = false;
  if (again.scope.empty() && !Execute(*disk, again, "three").nothing_to_do)
    violations->push_back(where + ": a third run has work to do");
  return faults->fired();
}

// The calls of a run that nothing cuts off.
std::vector<std::string> CallNames(const Scenario& scenario, std::vector<std::string>* violations) {
  auto disk = DiskBefore(scenario, violations);
  auto faults = MakeFaultEnv(disk.get());
  (void)Execute(*faults, scenario.run, "one");
  std::vector<std::string> names;
  for (int64_t call = 1; call <= faults->calls(); ++call) names.push_back(faults->CallName(call));
  return names;
}

// Where a fault differs from a plain EIO.
bool Matters(Fault fault, std::optional<bool> crash, const std::string& call) {
  const auto is = [&](const char* name) { return call.starts_with(name); };
  switch (fault) {
    case Fault::kEnospc: return is("Append") || is("MakeDir") || is("Create") || is("Link");
    case Fault::kShortWrite: return is("Append");
    case Fault::kEio: return !crash || is("Sync");
    default: return true;
  }
}

void Sweep(const Scenario& scenario, Fault fault, std::optional<bool> crash, std::vector<std::string>* violations) {
  auto before = DiskBefore(scenario, violations);
  auto after = DiskAfterRun(scenario, scenario.run, violations);
  auto clean = DiskAfterRun(scenario, scenario.then ? *scenario.then : scenario.run, violations);
  const std::vector<std::string> calls = CallNames(scenario, violations);
  // One call more than there are: a crash right after the run has ended well.
  for (size_t call = 1; call <= calls.size() + 1 && violations->empty(); ++call) {
    if (call <= calls.size() && !Matters(fault, crash, calls[call - 1])) continue;
    const bool fired =
        CheckCut(scenario, {static_cast<int64_t>(call), fault, crash}, *before, *after, *clean, violations);
    if (fired != (call <= calls.size())) violations->push_back(scenario.name + ": the run makes other calls each time");
  }
}

using Check = std::function<void(std::vector<std::string>*)>;

void TwoRunsAtOnce(std::vector<std::string>* violations) {
  auto disk = MakeMemEnv();
  auto holder = Begin(*disk, {.inputs = {A(1)}}, "one");
  const auto second = Begin(*disk, {.inputs = {A(2)}}, "two");
  if (second.ok() || ReactionOf(second.status()) != Reaction::kTransient) {
    violations->push_back("a second run gets the lock");
  } else if (second.status().message().find("run one on memory (pid 1) since 2026-01-01T00:00:00Z") ==
             std::string::npos) {
    violations->push_back("the second run does not say who holds the lock: " + second.status().message());
  }
}

// `staged_before`: whether the zombie has staged everything when the newer run starts.
void ZombieCannotPublish(bool staged_before, std::vector<std::string>* violations) {
  auto disk = DiskAfter({{.inputs = {A(1)}}}, violations);
  const ToyRun old_run{.inputs = {A(2)}};
  const ToyRun new_run{.inputs = {A(3)}};
  std::set<std::string> written;
  auto zombie = Begin(*disk, old_run, "old").ValueOrDie();
  if (staged_before && !Load(*disk, old_run, "old", *zombie, &written).ok()) violations->push_back("loading fails");
  if (!disk->RemoveFile(std::string(kState) + "/lock").ok()) violations->push_back("no lock file");
  if (!Execute(*disk, new_run, "new").status.ok()) violations->push_back("the newer run fails");
  const auto published = PublishedBytes(*disk);
  Status end = staged_before ? Status::OK() : Load(*disk, old_run, "old", *zombie, &written);
  if (end.ok()) end = zombie->Publish().status();
  if (end.ok() || ReactionOf(end) != Reaction::kTransient) violations->push_back("a zombie is not told that it is one");
  zombie.reset();
  if (PublishedBytes(*disk) != published) violations->push_back("a zombie changes what is published");
}

void StagedNamesAreNotReplaced(std::vector<std::string>* violations) {
  auto disk = MakeMemEnv();
  const ToyRun run{.inputs = {Flat(1)}};
  auto clean = DiskAfter({run}, violations);
  auto transaction = Begin(*disk, run, "one").ValueOrDie();
  const std::string name = *LiveFiles(*clean)[""].begin();
  auto file = disk->OpenWrite(JoinPath(transaction->StageDir("").ValueOrDie(), name), CreateMode::kNew);
  std::set<std::string> written;
  if (Load(*disk, run, "one", *transaction, &written).ok()) violations->push_back("a staged file is overwritten");
}

void RowsMustBalance(std::vector<std::string>* violations) {
  auto disk = MakeMemEnv();
  auto transaction = Begin(*disk, {.inputs = {Flat(1)}}, "one").ValueOrDie();
  ChunkDone chunk;
  chunk.input = "f.csv";
  chunk.stat = Flat(1).Listed().stat;
  chunk.rows.in = 2;
  chunk.rows.filtered = 1;
  if (transaction->CommitChunk(chunk).ok()) violations->push_back("a chunk that lost a row is committed");
  chunk.rows.published = 1;
  if (transaction->CommitChunk(chunk).ok()) violations->push_back("a published row without a file is committed");
}

// A sweep compares with a clean run of the same code; this says what a clean run must come to.
void ScenariosDoWhatTheirNamesSay(std::vector<std::string>* violations) {
  const std::map<std::string, std::string> expected{
      {"first publication", "p=1: a.csv1 b.csv1 | p=2: a.csv1 | p=4: b.csv1"},
      {"the input changes after the stop", "p=1: a.csv2 b.csv1 | p=2: | p=3: a.csv2 | p=4: b.csv1"},
      {"a changed input replaces and empties partitions", "p=1: a.csv2 b.csv1 | p=2: | p=3: a.csv2 | p=4: b.csv1"},
      {"append", "p=1: a.csv1 b.csv1 c.csv1 | p=2: a.csv1 | p=4: b.csv1 | p=5: c.csv1"},
      {"append without hard links", "p=1: a.csv1 b.csv1 c.csv1 | p=2: a.csv1 | p=4: b.csv1 | p=5: c.csv1"},
      {"replace with a vanished input", "p=1: a.csv2 c.csv1 | p=2: | p=3: a.csv2 | p=4: | p=5: c.csv1"},
      {"no partitions", ": f.csv2"},
      {"deeper partitions", "p=1: | p=1/q=2: a.csv1 | p=2: | p=2/q=2: a.csv1 | p=4:"},
      {"flatter partitions", "p=1: a.csv1 b.csv1 | p=2: a.csv1 | p=4: b.csv1"},
      {"named partitions", "p=1: a.csv1 b.csv1 | p=2: a.csv1 | p=4: b.csv1"},
      {"the input changes back after the stop", "p=1: a.csv1 b.csv1 | p=2: a.csv1 | p=3: | p=4: b.csv1"},
      {"a refusal, then a run that publishes", "p=1: a.csv2 b.csv1 | p=2: | p=3: a.csv2 | p=4: b.csv1"},
      {"a deleted partition is written again", "p=1: a.csv1 b.csv1 | p=2: a.csv1 | p=4: b.csv1"},
  };
  for (const Scenario& scenario : Scenarios()) {
    auto disk = DiskAfterRun(scenario, scenario.run, violations);
    if (scenario.then) RunCleanly(*disk, *scenario.then, "then", violations);
    const std::string text = Describe(*disk);
    if (text != expected.at(scenario.name)) violations->push_back(scenario.name + " ends with " + text);
  }
}

std::vector<Check> Suite() {
  std::vector<Check> checks{TwoRunsAtOnce, StagedNamesAreNotReplaced, RowsMustBalance, ScenariosDoWhatTheirNamesSay};
  for (const bool staged_before : {false, true}) {
    checks.push_back([=](auto* violations) { ZombieCannotPublish(staged_before, violations); });
  }
  const std::vector<std::pair<Fault, std::optional<bool>>> cuts{
      {Fault::kStop, true}, {Fault::kStop, false}, {Fault::kEio, std::nullopt}, {Fault::kEio, true},
      {Fault::kEnospc, std::nullopt}, {Fault::kShortWrite, std::nullopt}, {Fault::kShortWrite, true}};
  for (const auto& [fault, crash] : cuts) {
    for (const Scenario& scenario : Scenarios()) {
      checks.push_back(
          [=, fault = fault, crash = crash](auto* violations) { Sweep(scenario, fault, crash, violations); });
    }
  }
  return checks;
}

// The first violation that the suite finds, "" when there is none.
std::string FirstViolation() {
  std::vector<std::string> violations;
  for (const Check& check : Suite()) {
    check(&violations);
    if (!violations.empty()) return violations.front();
  }
  return "";
}

TEST(CommitCrash, EveryRunCutOffAnywhereEndsAsACleanRun) {
  std::vector<std::string> violations;
  for (const Check& check : Suite()) {
    check(&violations);
    for (const std::string& violation : violations) ADD_FAILURE() << violation;
    violations.clear();
  }
}

class BrokenStep : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { BreakForTest(static_cast<Breakage>(GetParam())); }
  void TearDown() override { BreakForTest(Breakage::kNone); }
};

TEST_P(BrokenStep, IsNoticed) {
  const std::string violation = FirstViolation();
  EXPECT_NE(violation, "");
  RecordProperty("violation", violation);
}

INSTANTIATE_TEST_SUITE_P(CommitCrash, BrokenStep,
                         testing::Range(1, static_cast<int>(kLastBreakage) + 1),
                         [](const auto& info) { return fmt::format("Step{}", info.param); });

}  // namespace
}  // namespace freight::toy
