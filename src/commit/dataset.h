// One dataset's committed state and the transaction of one run over it: the only code that may say "done".
//
// Layout and protocol: docs/formats/manifest.md, after protocols.md section A:
//   <root>/<partition>/part-<input8>-<chunk5>-<hash16>.parquet, _MANIFEST.json, _SUCCESS
//   <root>.freight/manifest.log, lock, stage/<epoch>-<run>/<partition>/..., trash/...
// All modes publish by one renameat2 per partition (a swap of whole directories), also append.
#pragma once

#include "base/status.h"
#include "io/env.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace freight {

enum class WriteMode : uint8_t { kAppend, kReplacePartitions, kReplace };
enum class OnChanged : uint8_t { kRefuse, kReplace };        // append only; the other modes always replace
enum class OnVanished : uint8_t { kRefuse, kKeep, kDrop };   // replace_partitions; append: kKeep admits renamed inputs

// Identity of one version of an input. Equal stat = same; else equal content hash and size = same.
struct InputVersion {
  std::string name;            // declared name: path relative to the pipeline file, '/' separated
  FileStat stat;
  std::string content_hash;    // chain over chunk hashes; empty until read to the end
  std::string plan_hash;       // of a published one: what made its rows; empty if an earlier build wrote the log
  std::string Id() const;      // 8 hex of the hash of the name: the <input8> of part names
};

// content_hash of an input from its chunks' content hashes, in order; `chain` starts as "".
std::string ChainContentHash(const std::string& chain, const std::string& chunk_hash);

struct Accounting {  // I4: in == published + filtered + deduplicated + quarantined
  int64_t in = 0, published = 0, filtered = 0, deduplicated = 0, quarantined = 0;
  int64_t blank_lines = 0, comments = 0;
  bool Balanced() const { return in == published + filtered + deduplicated + quarantined; }
  Accounting& operator+=(const Accounting& o);
};

struct PartInfo {            // one published or staged data file
  std::string partition;     // "" or "a=1/b=2"
  std::string file;          // base name
  std::string input;         // owner
  int32_t chunk = 0;
  int64_t rows = 0, bytes = 0;
  std::string content_hash;
};

struct QuarantineFile {
  std::string path;          // as given to the engine: relative to the pipeline folder, or absolute
  int64_t rows = 0, bytes = 0;
  std::string content_hash;
};

// Rows of many partitions staged in one file (sink/bundle.h); gathered into parts before publishing.
struct BundleInfo {
  std::string path;          // as given to the engine, like a quarantine file's; lives under BundleDir()
  int64_t rows = 0, bytes = 0;
};

// One chunk done: written once, durable before anyone relies on it.
struct ChunkDone {
  std::string chunk_id;      // H(dataset, plan_hash, input name + version, range)
  std::string input;
  FileStat stat;             // the input's version that was read
  int32_t index = 0;
  int64_t offset = 0, length = 0, next_line = 0, next_morsel = 0;  // range, and where the next chunk starts
  std::string content_hash;  // of the range's bytes
  bool last = false;         // the input ends here
  Accounting rows;
  std::vector<PartInfo> parts;
  std::vector<QuarantineFile> quarantine;
  std::vector<BundleInfo> bundles;   // rows.published == rows of parts + rows of bundles, unless gathered
  bool gathered = false;             // the input's closing record: its parts hold the rows of all its bundles
  std::vector<PartInfo> replaced;    // ... and of these staged parts, which are not published
  std::map<std::string, int64_t> bad_by_rule;  // "column:rule:reason" -> rows
};

struct RunRequest {
  std::string dataset;       // name in the pipeline, e.g. clean.events
  std::string root;          // path of the dataset
  std::string run_id;
  std::string plan_hash;     // what decides bytes: contract, dialect, partitioning, writer settings, engine version
  std::string layout_hash;   // dataset identity: schema + partitioning + contract compatible; another one on a
                             // non-empty dataset is refused unless rebuild or mode replace
  std::string engine_version;
  WriteMode mode = WriteMode::kReplacePartitions;
  OnChanged on_changed = OnChanged::kRefuse;
  OnVanished on_vanished = OnVanished::kRefuse;
  bool rebuild = false;      // treat every input as changed
  int sync_threads = 0;      // that make files and folders durable side by side; 0: one after the other
  std::string quarantine_dir;       // folder of this run's quarantine files; recovery removes unlisted ones in it
  std::vector<std::string> scope;   // partitions to rebuild ("event_date=2026-06-11"); empty = all
  std::vector<InputVersion> inputs; // listed now, sorted by name
};

enum class InputState : uint8_t { kNew, kChanged, kUnchanged, kVanished };
struct InputDecision {
  std::string name;
  InputState state = InputState::kNew;
  bool read = false;         // this run reads it
  bool rows_leave = false;   // its published parts leave the dataset
  std::string why;           // for plan: "new", "changed: size 120 -> 130", ...
  bool outdated = false;     // its rows stay, and another plan made them
};
struct RunDecision {
  std::vector<InputDecision> inputs;
  std::vector<std::string> partitions_losing;  // live partitions that lose or may lose parts
  std::vector<Status> refusals;                // empty = may run
  bool nothing_to_do = false;
};

enum class PartitionAction : uint8_t { kCreated, kReplaced, kEmptied, kUnchanged };
const char* PartitionActionWord(PartitionAction action);
struct PartitionResult {
  std::string path;
  PartitionAction action = PartitionAction::kUnchanged;
  int64_t rows = 0, files = 0, bytes = 0;  // after publishing
};

// What is live now; also what `plan`, `status` and `show` print. Reading it takes no lock and changes nothing.
struct DatasetState {
  std::string dataset;                                    // whose state it is; empty before the first run
  int64_t epoch = 0;
  std::string layout_hash, plan_hash, engine_version;
  std::map<std::string, InputVersion> inputs;             // live inputs by name
  std::map<std::string, std::vector<PartInfo>> partitions; // live parts by partition, sorted by file name
  std::vector<PartInfo> damaged;                           // of them, those whose file is gone or of another size
  std::string unfinished_run;                              // run id of a run that was cut off, else empty
  std::string unfinished_plan_hash;                        // what its chunks were made by
  std::vector<std::string> unfinished_scope;
  // Chunks of that run; DecideRun says which can be resumed. Not in one block, which would leave holes where it was.
  std::deque<ChunkDone> pending_chunks;
};
// Empty state when nothing was ever written there. Fails when <root> holds files that are not ours.
Result<DatasetState> ReadDatasetState(Env& env, const std::string& root);

// The table of modes (product.md), as a pure function. `content_hash_of` is asked only when stat differs and size is
// equal, to tell a touched file from a changed one (may be null: then stat decides).
RunDecision DecideRun(const DatasetState& state, const RunRequest& request,
                      const std::function<Result<std::string>(const InputVersion&)>& content_hash_of);

struct Published { std::vector<PartitionResult> partitions; };

// One run's exclusive hold on a dataset: lock + epoch. Destroying it without Publish leaves everything resumable.
// Thread: CommitChunk may be called by one thread at a time; the rest from the owner.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual const DatasetState& state() const = 0;  // without pending chunks: Done has them
  virtual const RunDecision& decision() const = 0;
  virtual int64_t epoch() const = 0;
  // Chunks of earlier attempts of this same plan and input version, contiguous from 0: need not be read again. Grows
  // with CommitChunk: after the last one it lists all chunks of the input. Read from the log: kCorrupt when it changed.
  // Their files were checked (size, exist). Chunks that no longer fit are discarded with their files.
  virtual Result<std::vector<ChunkDone>> Done(const std::string& input) const = 0;
  // Directory for a partition's staged files; created on demand.
  virtual Result<std::string> StageDir(const std::string& partition) = 0;
  // Where a part of a chunk that is done lies staged.
  virtual std::string StagedPath(const PartInfo& part) const = 0;
  // Directory for this attempt's bundles; outside any partition, removed after publishing.
  virtual Result<std::string> BundleDir() = 0;
  // Steps 5-7: the files lie as `<file>.inprogress` in StageDir (quarantine: `<path>.inprogress`), synced and
  // closed. Renames them, syncs directories and new ancestors, appends the durable record. An input's in order.
  virtual Status CommitChunk(const ChunkDone& chunk) = 0;
  // P1-P6 for every touched partition. Checks I4 and the epoch; Reaction::kTransient when fenced.
  // Partitions outside request.scope are never touched when a scope is given.
  virtual Result<Published> Publish() = 0;
  // The run ends without publishing (gate, quarantine limit): staged data is dropped, quarantine files stay.
  virtual Status Refuse(const std::string& why) = 0;
  // Every partition as Publish would leave it, from the staged chunks (gates and `plan` look at it).
  virtual Result<std::vector<PartitionResult>> Preview() const = 0;
};
// Takes the lock (held: Reaction::kTransient naming the holder's run, host, pid, since), recovers by the table,
// raises the epoch, decides. Refusals fail with kInvalid/kFailed before anything is written.
Result<std::unique_ptr<Transaction>> BeginTransaction(
    Env& env, const RunRequest& request,
    const std::function<Result<std::string>(const InputVersion&)>& content_hash_of);

// Switches that break one step each; tests only. The suite must notice every one.
enum class Breakage : uint8_t {
  kNone,
  kSkipPartSync,         // 3: the writer of a part or quarantine file does not sync it
  kSkipStageDirSync,     // 6
  kSkipManifestSync,     // 7
  kSkipTailTruncate,     // recovery of 7: the next run appends behind a torn record
  kKeepUnlistedStage,    // recovery of 1-6: files without a record stay
  kTrustPendingChunks,   // recovery of 7: chunks are resumed whatever version of the input they hold
  kReplaceStaged,        // 5: an existing staged file is overwritten
  kSkipAccounting,       // I4
  kPublishBeforeIntent,  // P1 after P3
  kSkipSeal,             // P2
  kSkipSealSync,         // P2 without fsync
  kSkipEpochCheck,       // P3
  kSkipParentSync,       // P4
  kSkipRollForward,      // recovery of P1-P5
  kForgetEmptied,        // partitions that lost all rows stay as they were
  kPublishReplaced,      // parts whose rows a closing record wrote again are published too
  kSkipCopySync,         // P1: what a file system without hard links copies is not synced
  kSkipLock,
};
inline constexpr Breakage kLastBreakage = Breakage::kSkipLock;
void BreakForTest(Breakage step);
Breakage BrokenForTest();

}  // namespace freight
