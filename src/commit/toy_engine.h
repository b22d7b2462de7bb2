// A tiny engine for the tests of this folder: inputs are a few numbers, files say in words what they hold.
#pragma once

#include "commit/dataset.h"
#include "io/fault_env.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace freight::toy {

inline constexpr const char* kRoot = "/d/events";
inline constexpr const char* kState = "/d/events.freight";

enum class Staging : uint8_t { kParts, kBundles, kJoined };  // kJoined: parts that the closing record replaces

struct Chunk {
  std::map<std::string, int> rows;  // by partition
  int quarantined = 0;
};
struct Input {
  std::string name;
  int version = 1;
  std::vector<Chunk> chunks;
  Staging staging = Staging::kParts;
  int touched = 0;         // another stat with the same content
  std::string file_of;     // whose file it is under a new name; empty: its own
  bool copied = false;     // ... as a copy
  InputVersion Listed() const;
  std::string ContentHash() const;
};

struct ToyRun {
  WriteMode mode = WriteMode::kReplacePartitions;
  std::vector<Input> inputs;
  OnChanged on_changed = OnChanged::kRefuse;
  OnVanished on_vanished = OnVanished::kRefuse;
  std::vector<std::string> scope;
  bool rebuild = false;
  bool refuse = false;     // a gate says no after all chunks are done
  std::string plan = "plan", layout = "layout";
};

struct Outcome {
  Status status;
  bool nothing_to_do = false;
  std::set<std::string> written;  // "input:index:version" of chunks that this run committed
  std::vector<PartitionResult> partitions;
};

RunRequest RequestOf(const ToyRun& run, const std::string& run_id);
Result<std::unique_ptr<Transaction>> Begin(Env& env, const ToyRun& run, const std::string& run_id);
// Stages and commits every chunk of the inputs to read that is not done yet.
Status Load(Env& env, const ToyRun& run, const std::string& run_id, Transaction& transaction,
            std::set<std::string>* written);
// Begin, Load, Publish or Refuse.
Outcome Execute(Env& env, const ToyRun& run, const std::string& run_id);

// "p=1: a1 b1 | p=2: b2", read from the bytes of the live files: input and version, sorted.
std::string Describe(MemEnv& disk);
// Everything that must not depend on how often a run was cut off: published bytes, which partitions are sealed,
// quarantine (whatever the run's id), live inputs and their parts.
std::map<std::string, std::string> Outside(MemEnv& disk);
std::map<std::string, std::string> PublishedBytes(MemEnv& disk);
// Files of each partition as a reader finds them.
std::map<std::string, std::set<std::string>> LiveFiles(MemEnv& disk);
// What a reader could object to right now: a partition that is not sealed, or whose seal does not match its files.
std::vector<std::string> ReaderObjections(MemEnv& disk);

}  // namespace freight::toy
