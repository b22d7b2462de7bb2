// The main job stopped at every call that touches state, recovered, run again: the result is that of a clean run. Each
// step of the commit protocol is broken in turn, and this suite must notice.
#include "commit/manifest_log.h"
#include "engine/run_crash_testing.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <tuple>

namespace freight::crash {
namespace {

using Violations = std::vector<std::string>;
using Files = std::map<std::string, std::string>;

const Scenario kFirst{"first", "replace_partitions", false};
const Scenario kScattered{"scattered", "replace_partitions", false, "csv", "pair = truncate(2, id)", 4096, true};

std::vector<Scenario> Scenarios() {
  Scenario moving{"moving", "replace_partitions", false};
  moving.changed_after = true;
  Scenario files{"files", "replace_partitions", true}, gathered_files = kScattered;
  Scenario archives{"archives", "replace_partitions", true};
  archives.suffix = ".xz";
  archives.threads = 3;
  files.small_files = gathered_files.small_files = true;
  gathered_files.name = "gathered_files";
  Scenario without_links{"without_links", "append", true};
  without_links.hard_links = false;
  Scenario joined{"joined", "replace_partitions", false}, mixed = kScattered;
  joined.joined = mixed.joined = mixed.mixed = true;
  Scenario many_bad{"many_bad", "replace_partitions", true};
  many_bad.many_bad = true;
  many_bad.morsel_bytes = 64 << 10;
  mixed.name = "mixed";
  mixed.morsel_bytes = 1400;
  return {kFirst,
          {"changed", "replace_partitions", true},
          moving,
          {"append", "append", true},
          {"replace", "replace", true},
          kScattered,  // one input that goes through a bundle and one that does not
          files,
          gathered_files,
          without_links,
          joined,
          mixed,
          many_bad,
          archives,  // read side by side, so that their chunks are committed in no fixed order
          {"ndjson", "replace_partitions", true, "ndjson"},
          {"parquet", "replace_partitions", true, "parquet"}};
}

void ChangeInput(Env& env, const Scenario& scenario) {
  Write(env, InputPath(scenario, "a"), Input(scenario, 300, 20, 4));
}

std::unique_ptr<FaultEnv> Faulty(MemEnv& disk) {
  auto faulty = MakeFaultEnv(&disk);
  if (BrokenForTest() == Breakage::kSkipPartSync) faulty->ForgetSyncsOf(kInProgress);
  return faulty;
}

std::map<std::string, std::set<std::string>> ByPartition(const Files& data) {
  std::map<std::string, std::set<std::string>> files;
  for (auto& [path, bytes] : data) files[ParentPath(path)].insert(BaseName(path) + ":" + bytes);
  return files;
}

std::multiset<std::string> QuarantineNames(MemEnv& env) {
  std::multiset<std::string> names;
  for (auto& [path, bytes] : env.Snapshot("/p/_dlq/")) names.insert(BaseName(path));
  return names;
}

// part-<input>-<chunk>-<hash>: two in one partition that differ in the hash only.
bool HasFilesOfOneChunk(const Files& data) {
  std::set<std::string> chunks;
  for (auto& [path, bytes] : data) {
    if (!chunks.insert(path.substr(0, path.rfind('-'))).second) return true;
  }
  return false;
}

// part-<input>-<chunk>-<hash>: no two of one input in a partition.
bool HasOneFilePerInput(const Files& data) {
  std::set<std::string> inputs;
  for (auto& [path, bytes] : data) {
    if (!inputs.insert(ParentPath(path) + "/" + BaseName(path).substr(0, 13)).second) return false;
  }
  return true;
}

// What a run that nobody disturbs makes of a scenario.
struct Clean {
  Files before, after;  // the data when the run under test starts, and when it ends
  Files last;           // when the run after it ends
  std::multiset<std::string> quarantine;
  RunReport report;
  std::vector<std::string> calls;
};

Clean CleanRun(const Scenario& scenario, Violations* violations) {
  Clean clean;
  auto disk = Disk(scenario);
  auto counting = MakeFaultEnv(disk.get());
  clean.before = Data(*disk);
  clean.report = RunOnce(*counting, scenario);
  for (int64_t k = 1; k <= counting->calls(); ++k) clean.calls.push_back(counting->CallName(k));
  clean.after = Data(*disk);
  if (scenario.changed_after) {
    ChangeInput(*disk, scenario);
    if (const RunReport then = RunOnce(*disk, scenario); !then.error.ok()) violations->push_back(then.error.ToString());
  }
  clean.last = Data(*disk);
  clean.quarantine = QuarantineNames(*disk);
  if (clean.report.state != RunState::kPublished) violations->push_back("clean run: " + clean.report.error.ToString());
  if (scenario.joined && !HasOneFilePerInput(clean.after)) violations->push_back("parts are not joined");
  if (scenario.small_files && !HasFilesOfOneChunk(clean.after)) violations->push_back("no chunk has several files");
  if (clean.report.rows.quarantined == 0 || clean.after.empty()) violations->push_back("the scenario proves nothing");
  return clean;
}

struct Cut {
  int64_t call;
  Fault fault;
  std::optional<bool> crash;  // dropping what was not synced or not; nullopt: the machine goes on
};

// I2 at the moment of the cut: every partition holds its old files or its new ones, whole.
void CheckReaders(const Clean& clean, MemEnv& disk, const std::string& where, Violations* violations) {
  auto before = ByPartition(clean.before), after = ByPartition(clean.after), now = ByPartition(Data(disk));
  for (auto& [partition, files] : now) {
    if (files != before[partition] && files != after[partition]) violations->push_back(where + ": mixed " + partition);
  }
  for (const std::string& objection : ReaderObjections(disk)) violations->push_back(where + ": " + objection);
}

void CheckRunAfter(const Scenario& scenario, const Clean& clean, const RunReport& stopped, MemEnv& disk,
                   const std::string& where, Violations* violations) {
  const auto claim = [&](bool holds, const std::string& what) {
    if (!holds) violations->push_back(where + ": " + what);
  };
  const RunReport again = RunOnce(disk, scenario);
  claim(again.error.ok(), "the next run fails: " + again.error.ToString() + " after " + stopped.error.ToString());
  claim(Data(disk) == clean.last, "another result than that of a clean run");
  for (const std::string& objection : ReaderObjections(disk)) claim(false, objection);
  if (!scenario.changed_after) {
    claim(QuarantineNames(disk) == clean.quarantine, "other quarantine files than those of a clean run");
    claim(stopped.chunks_run + again.chunks_run <= clean.report.chunks_run, "a chunk that was done is done again");
    if (again.state == RunState::kPublished) {
      claim(again.rows.in == clean.report.rows.in && again.rows.quarantined == clean.report.rows.quarantined,
            "other counts than those of a clean run");
    }
  }
  for (auto& [path, bytes] : disk.Snapshot("/p/")) claim(!path.ends_with(kInProgress), "left " + path);
  claim(disk.Snapshot("/p/out/t.freight/stage").empty(), "staged files are left");
  claim(RunOnce(disk, scenario).state == RunState::kNothingToDo, "a third run has work to do");
}

// Whether the cut left a bundle on disk.
bool CheckCut(const Scenario& scenario, const Clean& clean, const Cut& cut, Violations* violations) {
  auto disk = Disk(scenario);
  auto faulty = Faulty(*disk);
  faulty->Arm(cut.call, cut.fault);
  const RunReport stopped = RunOnce(*faulty, scenario);
  const std::string where = fmt::format("{}, fault {} at call {} ({}), drop {}", scenario.name,
                                        static_cast<int>(cut.fault), cut.call, faulty->CallName(cut.call),
                                        cut.crash ? fmt::format("{}", *cut.crash) : "none");
  if (cut.crash) disk->Crash(*cut.crash);
  CheckReaders(clean, *disk, where, violations);
  bool bundles = false;
  for (auto& [path, bytes] : disk->Snapshot("/p/")) bundles |= path.find("/bundles/bundle-") != std::string::npos;
  if (scenario.changed_after) ChangeInput(*disk, scenario);
  CheckRunAfter(scenario, clean, stopped, *disk, where, violations);
  return bundles;
}

// Ends at the first violation. One call more than there are: a crash right after the run has ended well.
void Sweep(const Scenario& scenario, Fault fault, std::optional<bool> crash, Violations* violations) {
  const Clean clean = CleanRun(scenario, violations);
  bool bundles = false;
  for (size_t k = 1; k <= clean.calls.size() + 1 && violations->empty(); ++k) {
    const bool cuts = fault != Fault::kShortWrite || k > clean.calls.size() || clean.calls[k - 1].starts_with("Append");
    if (cuts) bundles |= CheckCut(scenario, clean, {static_cast<int64_t>(k), fault, crash}, violations);
  }
  if (crash && violations->empty() && bundles != scenario.bundles) violations->push_back("bundles where none are due");
}

// Inputs read in pieces end in the files of one run over all, whichever step is broken in both.
void PiecesEndAsOneRun(const Scenario& scenario, Violations* violations) {
  auto pieces = Disk(scenario);
  (void)RunOnce(*pieces, scenario);
  auto whole = MakeMemEnv();
  for (auto& [path, bytes] : pieces->Snapshot("/p/")) {
    if (path.starts_with("/p/in/") || path.starts_with("/p/t.")) Write(*whole, path, bytes);
  }
  (void)RunOnce(*whole, scenario);
  if (Data(*pieces) != Data(*whole)) violations->push_back("runs in pieces end in other files than one run");
}

bool IntoLive(const std::string& call) { return call.find(" -> /p/out/t/") != std::string::npos; }

// Another run at each call of one that holds the lock.
void TwoRunsAtOnce(Violations* violations) {
  auto disk = Disk(kFirst);
  auto first = Faulty(*disk);
  bool locked = false;
  first->Before([&](int64_t, const std::string& call) {
    if (locked && violations->empty()) {
      const RunReport second = RunOnce(*disk, kFirst);
      if (ReactionOf(second.error) != Reaction::kTransient) violations->push_back("two runs at once, at " + call);
    }
    locked |= call.starts_with("TryLock");
  });
  if (!RunOnce(*first, kFirst).error.ok()) violations->push_back("the holder of the lock fails");
}

// The old run pauses before its call k; meanwhile somebody deletes its lock and a newer run publishes one input more.
// Returns whether the old one is told so.
bool CheckZombie(const Scenario& scenario, const std::string& call, size_t k, Violations* violations) {
  auto disk = Disk(scenario);
  auto zombie = Faulty(*disk);
  Files published;
  zombie->Before([&](int64_t at, const std::string&) {
    if (at != static_cast<int64_t>(k)) return;
    (void)disk->RemoveFile("/p/out/t.freight/lock");
    Write(*disk, InputPath(scenario, "c"), Input(scenario, 5000, 60, 1));
    const RunReport newer = RunOnce(*Faulty(*disk), scenario);
    if (newer.state != RunState::kPublished) violations->push_back("the newer run: " + newer.error.ToString());
    published = Data(*disk);
  });
  const RunReport old = RunOnce(*zombie, scenario);
  const std::string where = fmt::format("{} paused at call {} ({})", scenario.name, k, call);
  if (Data(*disk) != published) violations->push_back(where + ": a zombie changes what is published");
  const RunReport last = RunOnce(*disk, scenario);
  if (last.state != RunState::kNothingToDo) violations->push_back(where + ": then " + last.error.ToString());
  return ReactionOf(old.error) == Reaction::kTransient;
}

// From the moment when a run holds the lock until it changes the first live partition. docs/guarantees.md does not
// claim what is between looking and doing: between reading the log and replacing it, as a run does when it begins.
void ZombieChangesNothing(Violations* violations) {
  const Clean clean = CleanRun(kFirst, violations);
  bool locked = false, told = false;
  for (size_t k = 1; k <= clean.calls.size() && violations->empty(); ++k) {
    const std::string& call = clean.calls[k - 1];
    if (IntoLive(call)) break;
    if (locked && call.find("manifest.log.tmp") == std::string::npos) told |= CheckZombie(kFirst, call, k, violations);
    locked |= call.starts_with("TryLock");
  }
  if (!told) violations->push_back("no zombie is told that a newer run took over");
}

// Somebody else's file under the name that a staged file is about to get.
void NamesAreNotReplaced(const Scenario& scenario, Violations* violations) {
  const Clean clean = CleanRun(scenario, violations);
  for (size_t k = 1; k <= clean.calls.size() && violations->empty(); ++k) {
    const std::string& call = clean.calls[k - 1];
    const size_t arrow = call.find(std::string(kInProgress) + " -> ");
    if (arrow == std::string::npos || call.ends_with(kInProgress)) continue;
    auto disk = Disk(scenario);
    auto faulty = Faulty(*disk);
    faulty->Before([&](int64_t at, const std::string& name) {
      if (at != static_cast<int64_t>(k)) return;
      (void)disk->OpenWrite(name.substr(name.find(" -> ") + 4), CreateMode::kNew);
    });
    const RunReport report = RunOnce(*faulty, scenario);
    if (report.error.ok()) violations->push_back("a staged file is overwritten: " + call);
    CheckRunAfter(scenario, clean, report, *disk, "a foreign staged file, " + call, violations);
  }
}

// A run is stopped before it publishes, and its records are made to claim a row that no file holds.
void RowsMustBalance(const Scenario& scenario, bool bundled, Violations* violations) {
  const Clean clean = CleanRun(scenario, violations);
  const auto is_live = [](const std::string& call) { return IntoLive(call); };
  const auto publishing = std::find_if(clean.calls.begin(), clean.calls.end(), is_live) - clean.calls.begin();
  for (int64_t k = publishing; k > 0; --k) {
    auto disk = Disk(scenario);
    auto faulty = Faulty(*disk);
    faulty->Arm(k, Fault::kStop);
    (void)RunOnce(*faulty, scenario);
    disk->Crash(false);
    const std::string log = "/p/out/t.freight/manifest.log";
    auto contents = ReadLog(*disk, log);
    if (!contents.ok() || std::holds_alternative<IntentRecord>(contents->records.back())) continue;
    bool claimed = false;
    for (Record& record : contents->records) {
      auto* chunk = std::get_if<ChunkRecord>(&record);
      if (claimed || chunk == nullptr || chunk->chunk.gathered || chunk->chunk.bundles.empty() == bundled) continue;
      claimed = true;
      ++chunk->chunk.rows.in;
      ++chunk->chunk.rows.published;
      if (bundled) ++chunk->chunk.bundles[0].rows;
    }
    if (!claimed || !ManifestLog::Start(*disk, log, contents->records, 1).ok()) continue;
    const RunReport report = RunOnce(*disk, scenario);
    if (ReactionOf(report.error) != Reaction::kCorrupt) violations->push_back("a row that is in no file is published");
    return;
  }
  violations->push_back("no record to change");
}

struct Check {
  std::string name;
  std::function<void(Violations*)> find;
};

std::vector<Check> Suite() {
  std::vector<Check> checks{{"TwoRunsAtOnce", TwoRunsAtOnce}, {"Zombie", ZombieChangesNothing}};
  for (const bool bundled : {false, true}) {
    const Scenario& scenario = bundled ? kScattered : kFirst;
    checks.push_back({fmt::format("Rows_{}", scenario.name), [=](auto* v) { RowsMustBalance(scenario, bundled, v); }});
    checks.push_back({fmt::format("Names_{}", scenario.name), [=](auto* v) { NamesAreNotReplaced(scenario, v); }});
  }
  for (const Scenario& scenario : Scenarios()) {
    checks.push_back({fmt::format("Pieces_{}", scenario.name), [=](auto* v) { PiecesEndAsOneRun(scenario, v); }});
  }
  const std::vector<std::tuple<const char*, Fault, std::optional<bool>>> cuts{
      {"Stop", Fault::kStop, true},        {"StopKept", Fault::kStop, false},  {"Torn", Fault::kShortWrite, true},
      {"Short", Fault::kShortWrite, {}}, {"Eio", Fault::kEio, {}}, {"Enospc", Fault::kEnospc, {}}};
  for (const auto& [name, fault, crash] : cuts) {
    for (const Scenario& scenario : Scenarios()) {
      checks.push_back({fmt::format("{}_{}", name, scenario.name),
                        [=, fault = fault, crash = crash](auto* v) { Sweep(scenario, fault, crash, v); }});
    }
  }
  return checks;
}

class RunCrash : public testing::TestWithParam<size_t> {};

TEST_P(RunCrash, EndsLikeACleanRun) {
  Violations violations;
  Suite()[GetParam()].find(&violations);
  for (const std::string& violation : violations) ADD_FAILURE() << violation;
}

INSTANTIATE_TEST_SUITE_P(All, RunCrash, testing::Range<size_t>(0, Suite().size()),
                         [](const auto& info) { return Suite()[info.param].name; });

class BrokenRunStep : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { BreakForTest(static_cast<Breakage>(GetParam())); }
  void TearDown() override { BreakForTest(Breakage::kNone); }
};

TEST_P(BrokenRunStep, IsNoticed) {
  Violations violations;
  for (const Check& check : Suite()) {
    check.find(&violations);
    if (!violations.empty()) break;
  }
  ASSERT_FALSE(violations.empty());
  RecordProperty("violation", violations.front());
}

INSTANTIATE_TEST_SUITE_P(RunCrash, BrokenRunStep, testing::Range(1, static_cast<int>(kLastBreakage) + 1),
                         [](const auto& info) { return fmt::format("Step{}", info.param); });

// Under PRESET=tsan: workers once asked for an input's chunks while the sequencer added some.
TEST(RunThreads, InputsAreOpenedWhileChunksAreCommitted) {
  Files files[2];
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

std::string DayOfRows(int rows) {
  std::string text = "id,day,note\n";
  for (int row = 0; row < rows; row++) text += fmt::format("{},2026-01-01,n\n", row);
  return text;
}

// Only archives may overtake each other.
TEST(RunThreads, PlainFilesAreWrittenAndCommittedInTheirOrder) {
  std::vector<std::string> calls[2];
  for (const int threads : {1, 4}) {
    Scenario scenario{"inputs", "replace_partitions", false};
    scenario.threads = threads;
    scenario.morsel_bytes = 1 << 20;
    auto env = Disk(scenario);
    for (int i = 0; i < 20; i++) {  // every other one is done long before the one in front of it
      Write(*env, fmt::format("/p/in/c{:02}", i), DayOfRows(i % 2 ? 10 : 20'000));
    }
    auto counting = MakeFaultEnv(env.get());
    ASSERT_TRUE(RunOnce(*counting, scenario).error.ok());
    for (int64_t k = 1; k <= counting->calls(); ++k) calls[threads > 1].push_back(counting->CallName(k));
  }
  EXPECT_EQ(calls[0], calls[1]);
}

// The first chunk's file is synced only when the second one's is there. Until then the first is not committed. Then all
// goes on, or the disk fails.
TEST(RunThreads, AChunkIsWrittenWhileTheOneBeforeItBecomesDurable) {
  for (const bool fails : {false, true}) {
    Scenario scenario{"inputs", "replace_partitions", false};
    scenario.morsel_bytes = 20'000;
    scenario.sync_threads = 1;
    auto env = Disk(scenario);
    Write(*env, "/p/in/a", DayOfRows(8'000));
    auto faulty = MakeFaultEnv(env.get());
    std::mutex mutex;
    std::condition_variable opened;
    int parts = 0;
    bool together = false, waiting = true, committed_early = false;
    faulty->Before([&](int64_t, const std::string& name) {
      std::unique_lock lock(mutex);
      if (name.starts_with("Create") && name.find("open-") != name.npos) {
        ++parts;
        opened.notify_all();
      } else if (waiting && name.starts_with("Rename") && name.ends_with(".parquet")) {
        committed_early = true;
        opened.notify_all();
      } else if (name.starts_with("Sync") && name.find("-00000-0.inprogress") != name.npos && !together) {
        together = opened.wait_for(lock, std::chrono::seconds(20), [&] { return parts > 1; });
        opened.wait_for(lock, std::chrono::milliseconds(200), [&] { return committed_early; });
        waiting = false;
        if (fails) faulty->Arm(faulty->calls() + 1, Fault::kEio);
      }
    });
    const RunReport report = RunOnce(*faulty, scenario);
    EXPECT_TRUE(together);
    EXPECT_FALSE(committed_early);
    EXPECT_EQ(report.error.ok(), !fails) << report.error;
    env->Crash(true);
    const RunReport again = RunOnce(*env, scenario);
    EXPECT_TRUE(again.error.ok()) << again.error;
    EXPECT_TRUE(ReaderObjections(*env).empty());
    int64_t rows = 0;
    for (const auto& [path, bytes] : Data(*env)) rows += ReadBack({.bytes = bytes})->num_rows();
    EXPECT_EQ(rows, 8'000 + 25 - 3) << "b has 25 rows, three of them bad";
  }
}

// Two chunks of one archive, one of the other, or the other way round: the files are those of one thread.
TEST(RunThreads, ArchivesSideBySideGiveTheFilesOfOneThread) {
  Files files;
  for (const int threads : {1, 2, 5, 5, 5}) {
    Scenario scenario{"archives", "replace_partitions", false};
    scenario.suffix = ".xz";
    scenario.threads = threads;
    auto env = Disk(scenario);
    for (int i = 0; i < 12; i++) {
      Write(*env, fmt::format("/p/in/c{:02}.xz", i), Input(scenario, 10'000 + 1000 * i, 300, 1));
    }
    const RunReport report = RunOnce(*env, scenario);
    ASSERT_TRUE(report.error.ok()) << report.error;
    EXPECT_TRUE(std::is_sorted(report.quarantine_files.begin(), report.quarantine_files.end()));
    if (threads == 1) files = Data(*env);
    EXPECT_EQ(files, Data(*env)) << threads << " threads";
  }
}

// The run ends with the damage and publishes nothing; the archives beside it are whole.
TEST(RunThreads, ADamagedArchiveAmongOthersPublishesNothing) {
  for (const int threads : {1, 4}) {
    Scenario scenario{"archives", "replace_partitions", false};
    scenario.suffix = ".xz";
    scenario.threads = threads;
    scenario.morsel_bytes = 20'000;
    auto env = Disk(scenario);
    const std::string whole = Xz(DayOfRows(10'000));
    for (int i = 0; i < 8; i++) {
      Write(*env, fmt::format("/p/in/c{:02}.xz", i), i == 5 ? whole.substr(0, whole.size() - 10) : whole);
    }
    const RunReport report = RunOnce(*env, scenario);
    EXPECT_EQ(report.state, RunState::kFailed);
    EXPECT_NE(report.error.message().find("c05.xz\" is truncated"), std::string::npos) << report.error;
    EXPECT_TRUE(Data(*env).empty());
    Write(*env, "/p/in/c05.xz", whole);
    const RunReport again = RunOnce(*env, scenario);
    EXPECT_TRUE(again.error.ok()) << again.error;
    EXPECT_GT(again.chunks_done_before, 0) << "chunks of whole archives are kept";
  }
}

TEST(RunLimits, StagedOutputOverTheLimitStopsTheRunWhichGoesOnWhenItIsRaised) {
  const Scenario& scenario = kFirst;
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
  const Scenario& scenario = kFirst;
  auto clean_env = Disk(scenario);
  ASSERT_TRUE(RunOnce(*clean_env, scenario).error.ok());
  size_t parts = 0;
  for (const auto& [path, bytes] : Data(*clean_env)) parts += bytes.size();

  auto env = Disk(scenario);
  Write(*env, "/p/t.yaml", PipelineText(scenario) + fmt::format("limits: {{temp: {}}}\n", parts + 100));
  EXPECT_EQ(RunOnce(*env, scenario).state, RunState::kFailed);
  EXPECT_TRUE(Data(*env).empty());
}

TEST(RunLimits, PatternsAreCharged) {
  auto env = Disk(kFirst);
  std::string contract = kContract;
  contract.replace(contract.find("logicalType: string}"), 20, "logicalType: string, logicalTypeOptions: {pattern: o}}");
  Write(*env, "/p/t.odcs.yaml", contract);
  const RunReport report = RunOnce(*env, kFirst);
  ASSERT_TRUE(report.error.ok()) << report.error.ToString();
  const auto patterns = std::find_if(report.memory.begin(), report.memory.end(),
                                     [](const MemoryBudget::PartUse& use) { return use.part == "patterns"; });
  ASSERT_NE(patterns, report.memory.end());
  EXPECT_EQ(patterns->peak_bytes, report.threads * (512 << 10));
}

// Bundles and quarantine alone stay below the size of the parts.
TEST(RunLimits, GatheredPartsCountAsStaged) {
  auto clean_env = Disk(kScattered);
  ASSERT_TRUE(RunOnce(*clean_env, kScattered).error.ok());
  size_t parts = 0;
  for (const auto& [path, bytes] : Data(*clean_env)) parts += bytes.size();

  auto env = Disk(kScattered);
  Write(*env, "/p/t.yaml", PipelineText(kScattered) + fmt::format("limits: {{temp: {}}}\n", parts));
  const RunReport report = RunOnce(*env, kScattered);
  EXPECT_EQ(report.state, RunState::kFailed);
  EXPECT_NE(report.error.message().find("limits.temp"), std::string::npos);
  EXPECT_TRUE(Data(*env).empty());

  Write(*env, "/p/t.yaml", PipelineText(kScattered));
  const RunReport again = RunOnce(*env, kScattered);
  EXPECT_EQ(again.state, RunState::kPublished);
  EXPECT_EQ(again.chunks_run, 0) << "the chunks that were done are kept";
  EXPECT_EQ(Data(*env), Data(*clean_env));
}

}  // namespace
}  // namespace freight::crash
