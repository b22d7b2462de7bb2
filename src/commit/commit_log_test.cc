// manifest.log: torn tails, damage, old files; and what the transaction refuses around it.
#include "commit/layout.h"
#include "commit/manifest_log.h"
#include "commit/toy_engine.h"
#include "io/fault_env.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <vector>

namespace freight::toy {
namespace {

const std::string kLog = std::string(kState) + "/manifest.log";

ToyRun Whole() {
  return {.inputs = {{"a.csv", 1, {{{{"p=1", 3}}, 1}, {{{"p=1", 1}, {"p=2", 2}}, 0}}},
                     {"b.csv", 1, {{{{"p=2", 2}}, 0}}, Staging::kBundles}}};
}

// A disk on which a run has loaded all and was then cut off.
std::unique_ptr<MemEnv> CutOffDisk() {
  auto disk = MakeMemEnv();
  std::set<std::string> written;
  auto transaction = Begin(*disk, Whole(), "cut").ValueOrDie();
  EXPECT_TRUE(Load(*disk, Whole(), "cut", *transaction, &written).ok());
  return disk;
}

std::string LogBytes(MemEnv& disk) { return disk.Snapshot(kLog).at(kLog); }

void WriteLog(MemEnv& disk, const std::string& bytes) {
  EXPECT_TRUE(MakeDirs(disk, kState, false).ok());
  EXPECT_TRUE(WriteFileAtomic(disk, kLog, bytes).ok());
}

// Where each record ends.
std::vector<size_t> RecordEnds(const std::string& bytes) {
  std::vector<size_t> ends;
  for (size_t at = 0; at < bytes.size(); ends.push_back(at)) {
    at += 8 + static_cast<uint8_t>(bytes[at]) + 256 * static_cast<uint8_t>(bytes[at + 1]);
  }
  return ends;
}

TEST(ManifestLog, ALogCutAtAnyByteLosesOnlyTheRecordThatIsNotWhole) {
  auto disk = CutOffDisk();
  const std::string bytes = LogBytes(*disk);
  const std::vector<size_t> ends = RecordEnds(bytes);
  ASSERT_EQ(ends.size(), 6u);  // snapshot, run_started, three chunks, the gathered record
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const auto whole = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin());
    const auto log = ParseLog(bytes.substr(0, size), kLog);
    ASSERT_EQ(log.ok(), whole > 0) << size;
    if (!log.ok()) {
      EXPECT_EQ(ReactionOf(log.status()), Reaction::kCorrupt);
      continue;
    }
    EXPECT_EQ(log->records.size(), whole);
    EXPECT_EQ(log->torn_tail, size != ends[whole - 1]);
  }
}

TEST(ManifestLog, ZeroedAndGarbageTailsAreTorn) {
  const std::string bytes = LogBytes(*CutOffDisk());
  for (const std::string& tail :
       {std::string(4096, '\0'), std::string("{}"), std::string(300, '\xff'), bytes.substr(0, 60)}) {
    const auto log = ParseLog(bytes + tail, kLog);
    ASSERT_TRUE(log.ok());
    EXPECT_TRUE(log->torn_tail);
    EXPECT_EQ(log->records.size(), 6u);
  }
}

TEST(ManifestLog, AnyBitThatFlipsBeforeTheLastRecordStopsEverything) {
  const std::string bytes = LogBytes(*CutOffDisk());
  const std::vector<size_t> ends = RecordEnds(bytes);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    const auto log = ParseLog(damaged, kLog);
    if (at >= ends[ends.size() - 2]) {
      EXPECT_TRUE(log.ok() && log->torn_tail) << at;  // not to be told from a torn tail
    } else {
      EXPECT_EQ(ReactionOf(log.status()), Reaction::kCorrupt) << at;
    }
  }
}

TEST(ManifestLog, DamageStopsARunAndChangesNothing) {
  auto disk = CutOffDisk();
  std::string bytes = LogBytes(*disk);
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  WriteLog(*disk, bytes);
  const auto staged = disk->Snapshot(std::string(kState) + "/stage");
  const Outcome outcome = Execute(*disk, Whole(), "next");
  EXPECT_EQ(ReactionOf(outcome.status), Reaction::kCorrupt);
  EXPECT_EQ(disk->Snapshot(std::string(kState) + "/stage"), staged);
  EXPECT_EQ(LogBytes(*disk), bytes);
}

TEST(ManifestLog, ATornTailCostsOneChunk) {
  auto disk = CutOffDisk();
  const std::string bytes = LogBytes(*disk);
  WriteLog(*disk, bytes.substr(0, RecordEnds(bytes)[3] - 1));
  const Outcome outcome = Execute(*disk, Whole(), "next");
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.written, (std::set<std::string>{"a.csv:1:1", "b.csv:0:1"}));
}

TEST(ManifestLog, AStagedFileThatIsGoneOrShorterIsDoneAgainAndSaid) {
  for (const bool shorter : {false, true}) {
    auto disk = CutOffDisk();
    const std::string part = disk->Snapshot(std::string(kState) + "/stage/1-cut/1/p=1").begin()->first;
    ASSERT_TRUE((shorter ? disk->Truncate(part, 3) : disk->RemoveFile(part)).ok());
    auto transaction = Begin(*disk, Whole(), "next").ValueOrDie();
    EXPECT_NE(transaction->decision().inputs[0].why.find("chunk 0 is done again"), std::string::npos);
    EXPECT_TRUE(transaction->Done("a.csv")->empty());
    EXPECT_EQ(transaction->Done("b.csv")->size(), 2u);
  }
}

TEST(ManifestLog, EveryRunStartsItAnewSoThatItDoesNotGrow) {
  auto disk = MakeMemEnv();
  ToyRun run = Whole();
  size_t size = 0;
  for (int i = 0; i < 20; ++i) {
    run.rebuild = true;
    run.inputs[0].version = 1 + i % 2;
    ASSERT_TRUE(Execute(*disk, run, fmt::format("run{}", i)).status.ok());
    if (i == 3) size = LogBytes(*disk).size();
  }
  EXPECT_LT(LogBytes(*disk).size(), size + 64);  // epochs and versions get longer
  EXPECT_EQ(ReadDatasetState(*disk, kRoot)->epoch, 20);
}

TEST(ManifestLog, ARunWithNothingToDoWritesNothing) {
  auto disk = MakeMemEnv();
  ASSERT_TRUE(Execute(*disk, Whole(), "one").status.ok());
  const std::string log = LogBytes(*disk);
  EXPECT_TRUE(Execute(*disk, Whole(), "two").nothing_to_do);
  EXPECT_EQ(LogBytes(*disk), log);
}

TEST(ManifestLog, PathsOfQuarantineDoNotDependOnTheWorkingFolder) {
  const DatasetLayout by_name("p/clean/events");
  EXPECT_EQ(by_name.Portable("p/_dlq/events/x.parquet"), "../_dlq/events/x.parquet");
  EXPECT_EQ(by_name.Resolve("../_dlq/events/x.parquet"), "p/_dlq/events/x.parquet");
  const DatasetLayout absolute("/data/p/clean/events/");
  EXPECT_EQ(absolute.Resolve(by_name.Portable("p/_dlq/events/x.parquet")), "/data/p/_dlq/events/x.parquet");
  EXPECT_EQ(by_name.Resolve(by_name.Portable("/var/dlq/x.parquet")), "/var/dlq/x.parquet");
  EXPECT_EQ(by_name.Resolve(by_name.Portable("")), "");
  EXPECT_EQ(DatasetLayout("events").Portable("./_dlq/x"), "_dlq/x");
  EXPECT_EQ(DatasetLayout("events").Resolve("_dlq/x"), "_dlq/x");
  EXPECT_EQ(DatasetLayout("../events").Portable("here/_dlq/x"), "here/_dlq/x");
}

// tests/compat/manifest_v1.log: a finished first run and the next one cut off after two chunks.
TEST(ManifestLog, TheGoldenFileOfVersion1StillOpens) {
  auto real = MakeDiskEnv();
  const std::string golden = ParentPath(__FILE__) + "/../../tests/compat/manifest_v1.log";
  const auto bytes = ReadFile(*real, golden, kLogBytesMax);
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  auto disk = MakeMemEnv();
  WriteLog(*disk, *bytes);
  const auto state = ReadDatasetState(*disk, kRoot);
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  EXPECT_EQ(state->dataset, "clean.events");
  EXPECT_EQ(state->epoch, 2);
  EXPECT_EQ(state->unfinished_run, "second");
  ASSERT_EQ(state->inputs.size(), 2u);
  EXPECT_EQ(state->inputs.at("a.csv").stat.size_bytes, 1002);
  EXPECT_EQ(state->inputs.at("a.csv").plan_hash, "");  // not kept for each input then
  ASSERT_EQ(state->partitions.size(), 2u);
  ASSERT_EQ(state->partitions.at("p=1").size(), 2u);
  EXPECT_EQ(state->partitions.at("p=1")[0].rows, 3);
  EXPECT_EQ(state->partitions.at("p=2")[0].input, "b.csv");
  ASSERT_EQ(state->pending_chunks.size(), 2u);
  EXPECT_EQ(state->pending_chunks[0].quarantine[0].path, "/q/run_id=second/part-5c3bc557-00000.parquet");
  EXPECT_EQ(state->pending_chunks[0].rows.quarantined, 1);
  EXPECT_TRUE(state->pending_chunks[1].last);
}

TEST(Target, FilesOfOthersAreNeverTouched) {
  auto disk = MakeMemEnv();
  ASSERT_TRUE(MakeDirs(*disk, kRoot, false).ok());
  ASSERT_TRUE(WriteFileAtomic(*disk, std::string(kRoot) + "/thesis.docx", "x").ok());
  const auto before = disk->Snapshot("/");
  EXPECT_EQ(ReactionOf(Execute(*disk, Whole(), "one").status), Reaction::kInvalid);
  EXPECT_EQ(ReactionOf(ReadDatasetState(*disk, kRoot).status()), Reaction::kInvalid);
  EXPECT_EQ(disk->Snapshot("/"), before);
}

TEST(Target, AForeignFileInAPartitionIsNotSwappedAway) {
  auto disk = MakeMemEnv();
  ToyRun run = Whole();
  ASSERT_TRUE(Execute(*disk, run, "one").status.ok());
  ASSERT_TRUE(WriteFileAtomic(*disk, std::string(kRoot) + "/p=1/notes.txt", "x").ok());
  const auto before = PublishedBytes(*disk);
  run.inputs[0].version = 2;
  const Outcome outcome = Execute(*disk, run, "two");
  EXPECT_EQ(ReactionOf(outcome.status), Reaction::kFailed);
  EXPECT_NE(outcome.status.message().find("notes.txt"), std::string::npos);
  EXPECT_EQ(PublishedBytes(*disk), before);
}

TEST(Target, AFileIsNoTarget) {
  auto disk = MakeMemEnv();
  ASSERT_TRUE(MakeDirs(*disk, "/d", false).ok());
  ASSERT_TRUE(WriteFileAtomic(*disk, kRoot, "x").ok());
  EXPECT_EQ(ReactionOf(Execute(*disk, Whole(), "one").status), Reaction::kInvalid);
}

TEST(Target, OfAnotherDatasetIsRefused) {
  auto disk = MakeMemEnv();
  ASSERT_TRUE(Execute(*disk, Whole(), "one").status.ok());
  RunRequest request = RequestOf(Whole(), "two");
  request.dataset = "clean.other";
  EXPECT_EQ(ReactionOf(BeginTransaction(*disk, request, nullptr).status()), Reaction::kInvalid);
}

// What somebody else does to published files of b.csv in p=2.
std::vector<std::function<void(MemEnv&)>> Damages() {
  const std::string folder = std::string(kRoot) + "/p=2";
  const auto part_of_b = [=](MemEnv& disk) {
    for (const auto& [path, bytes] : disk.Snapshot(folder)) {
      if (bytes.starts_with("b.csv")) return path;
    }
    return std::string();
  };
  return {[=](MemEnv& disk) { EXPECT_TRUE(disk.RemoveFile(part_of_b(disk)).ok()); },
          [=](MemEnv& disk) { EXPECT_TRUE(disk.Truncate(part_of_b(disk), 3).ok()); },
          [=](MemEnv& disk) { EXPECT_TRUE(RemoveTree(disk, folder).ok()); },
          [=](MemEnv& disk) { EXPECT_TRUE(RemoveTree(disk, kRoot).ok()); }};
}

TEST(Target, DamagedPartsAreRefusedAndWrittenAgainByARebuild) {
  for (const auto& damage : Damages()) {
    auto disk = MakeMemEnv();
    ASSERT_TRUE(Execute(*disk, Whole(), "one").status.ok());
    const auto whole = PublishedBytes(*disk);
    damage(*disk);
    EXPECT_FALSE(ReadDatasetState(*disk, kRoot)->damaged.empty());
    const auto before = disk->Snapshot(kRoot);
    const Outcome refused = Execute(*disk, Whole(), "two");
    EXPECT_EQ(ReactionOf(refused.status), Reaction::kCorrupt) << refused.status.ToString();
    EXPECT_NE(refused.status.ToString().find("--rebuild"), std::string::npos) << refused.status.ToString();
    EXPECT_EQ(disk->Snapshot(kRoot), before);
    ToyRun rebuild = Whole();
    rebuild.rebuild = true;
    const Outcome healed = Execute(*disk, rebuild, "three");
    EXPECT_TRUE(healed.status.ok()) << healed.status.ToString();
    EXPECT_EQ(PublishedBytes(*disk), whole);
    EXPECT_TRUE(ReadDatasetState(*disk, kRoot)->damaged.empty());
    EXPECT_TRUE(Execute(*disk, Whole(), "four").nothing_to_do);
  }
}

TEST(Target, DamagedPartsThatLeaveAnywayDoNotMatter) {
  for (const auto& damage : Damages()) {
    auto disk = MakeMemEnv();
    ToyRun run = Whole();
    run.mode = WriteMode::kReplace;
    ASSERT_TRUE(Execute(*disk, run, "one").status.ok());
    damage(*disk);
    for (Input& input : run.inputs) input.version = 2;
    EXPECT_TRUE(Execute(*disk, run, "two").status.ok());
    EXPECT_TRUE(ReadDatasetState(*disk, kRoot)->damaged.empty());
  }
}

TEST(Target, DamagedPartsOfAVanishedInputCannotBeRebuilt) {
  auto disk = MakeMemEnv();
  ToyRun run = Whole();
  ASSERT_TRUE(Execute(*disk, run, "one").status.ok());
  Damages()[0](*disk);
  run.inputs.pop_back();  // b.csv
  run.rebuild = true;
  run.on_vanished = OnVanished::kKeep;
  const auto before = PublishedBytes(*disk);
  EXPECT_EQ(ReactionOf(Execute(*disk, run, "two").status), Reaction::kCorrupt);
  EXPECT_EQ(PublishedBytes(*disk), before);
  run.on_vanished = OnVanished::kDrop;
  EXPECT_TRUE(Execute(*disk, run, "three").status.ok());
  EXPECT_EQ(Describe(*disk).find("b.csv"), std::string::npos);
}

TEST(Target, ANamedPartitionHealsByItself) {
  auto disk = MakeMemEnv();
  ToyRun run = Whole();
  ASSERT_TRUE(Execute(*disk, run, "one").status.ok());
  const auto whole = PublishedBytes(*disk);
  Damages()[2](*disk);
  run.scope = {"p=1"};
  EXPECT_EQ(ReactionOf(Execute(*disk, run, "two").status), Reaction::kCorrupt);
  run.scope = {"p=2"};
  EXPECT_TRUE(Execute(*disk, run, "three").status.ok());
  EXPECT_EQ(PublishedBytes(*disk), whole);
}

TEST(Transaction, AnInputThatIsNotReadToItsEndIsNotPublished) {
  auto disk = MakeMemEnv();
  const ToyRun run = Whole();
  auto transaction = Begin(*disk, run, "one").ValueOrDie();
  std::set<std::string> written;
  ToyRun part = run;
  part.inputs[0].chunks.pop_back();
  EXPECT_FALSE(Load(*disk, part, "one", *transaction, &written).ok());  // its stat says another size
  EXPECT_EQ(ReactionOf(transaction->Publish().status()), Reaction::kFailed);
  EXPECT_TRUE(disk->Snapshot(kRoot).empty());
}

TEST(Transaction, ChunksOfBothAttemptsAreReadFromTheLogAndNotKept) {
  auto disk = CutOffDisk();
  auto inputs = Whole().inputs;
  inputs.push_back({"c.csv", 1, {{{{"p=1", 1}}, 1}, {{{"p=3", 2}}, 0}}});
  const ToyRun run{.inputs = inputs};
  auto transaction = Begin(*disk, run, "next").ValueOrDie();
  std::set<std::string> written;
  ASSERT_TRUE(Load(*disk, run, "next", *transaction, &written).ok());
  EXPECT_TRUE(transaction->state().pending_chunks.empty());
  std::string text;
  for (const char* input : {"a.csv", "b.csv", "c.csv", "d.csv"}) {
    const auto chunks = transaction->Done(input).ValueOrDie();
    for (const ChunkDone& chunk : chunks) {
      text += fmt::format("{} {}{}:", chunk.input, chunk.index, chunk.last ? " last" : "");
      for (const QuarantineFile& file : chunk.quarantine) EXPECT_TRUE(Exists(*disk, file.path).ValueOrDie());
      for (const PartInfo& part : chunk.parts) {
        EXPECT_EQ(disk->Stat(transaction->StagedPath(part))->size_bytes, part.bytes);
        text += fmt::format(" {} of {}", part.rows, part.partition);
      }
      text += "\n";
    }
  }
  EXPECT_EQ(text,
            "a.csv 0: 3 of p=1\na.csv 1 last: 1 of p=1 2 of p=2\nb.csv 0 last:\nb.csv 1 last: 2 of p=2\n"
            "c.csv 0: 1 of p=1\nc.csv 1 last: 2 of p=3\n");
}

TEST(Transaction, ReadsItsChunksFromItsOwnLogWhenANewerRunHasReplacedIt) {
  auto disk = CutOffDisk();
  auto transaction = Begin(*disk, Whole(), "next").ValueOrDie();
  WriteLog(*disk, LogBytes(*disk).substr(0, RecordEnds(LogBytes(*disk)).front()));
  EXPECT_EQ(transaction->Done("a.csv")->size(), 2u);
  EXPECT_EQ(ReactionOf(transaction->Publish().status()), Reaction::kCorrupt);
}

TEST(Transaction, AChunkThatCannotBeReadBackStopsItAndTheNextRunPublishesAll) {
  auto clean = CutOffDisk();
  ASSERT_TRUE(Execute(*clean, Whole(), "next").status.ok());
  for (int64_t at = 2; at <= 5; ++at) {  // behind a look at the epoch: three chunks, the gathered record
    auto disk = CutOffDisk();
    auto faulty = MakeFaultEnv(disk.get());
    {
      auto transaction = Begin(*faulty, Whole(), "next").ValueOrDie();
      faulty->CountReads(true);
      const int64_t call = faulty->calls() + at;
      faulty->Arm(call, Fault::kEio);
      EXPECT_EQ(ErrnoOf(transaction->Publish().status()), EIO);
      EXPECT_TRUE(faulty->CallName(call).starts_with("ReadAt " + kLog)) << faulty->CallName(call);
    }
    EXPECT_TRUE(disk->Snapshot(kRoot).empty());
    const Outcome next = Execute(*disk, Whole(), "third");
    EXPECT_TRUE(next.status.ok() && next.written.empty()) << next.status;
    EXPECT_EQ(Describe(*disk), Describe(*clean));
  }
}

TEST(Transaction, ALogThatIsOverwrittenUnderItStopsIt) {
  auto disk = CutOffDisk();
  auto transaction = Begin(*disk, Whole(), "next").ValueOrDie();
  const std::string bytes = LogBytes(*disk);
  const auto size = static_cast<int64_t>(bytes.size());
  ASSERT_TRUE(disk->Truncate(kLog, size - 20).ok());
  ASSERT_TRUE(disk->OpenWrite(kLog, CreateMode::kAppend).ValueOrDie()->Append(std::string(20, '?')).ok());
  for (const Status& status : {transaction->Done("b.csv").status(), transaction->Preview().status(),
                               transaction->Publish().status()}) {
    EXPECT_EQ(ReactionOf(status), Reaction::kCorrupt);
    EXPECT_NE(status.message().find("manifest.log\" is damaged at byte"), std::string::npos) << status.message();
  }
  EXPECT_EQ(transaction->Done("a.csv")->size(), 2u);
  EXPECT_TRUE(disk->Snapshot(kRoot).empty());
}

TEST(Transaction, EndsWithRefuseAndKeepsTheQuarantine) {
  auto disk = MakeMemEnv();
  ToyRun run = Whole();
  run.refuse = true;
  ASSERT_TRUE(Execute(*disk, run, "one").status.ok());
  EXPECT_TRUE(disk->Snapshot(kRoot).empty());
  EXPECT_TRUE(disk->Snapshot(std::string(kState) + "/stage").empty());
  EXPECT_EQ(disk->Snapshot("/q").size(), 1u);
  EXPECT_TRUE(ReadDatasetState(*disk, kRoot)->pending_chunks.empty());
  run.refuse = false;
  ASSERT_TRUE(Execute(*disk, run, "two").status.ok());
  EXPECT_EQ(disk->Snapshot("/q").size(), 2u);
}

TEST(Transaction, ANameThatIsNotUtf8IsRefused) {
  auto disk = MakeMemEnv();
  ToyRun run = Whole();
  run.inputs[0].name = "a\xff.csv";
  EXPECT_EQ(ReactionOf(Execute(*disk, run, "one").status), Reaction::kInvalid);
}

}  // namespace
}  // namespace freight::toy
