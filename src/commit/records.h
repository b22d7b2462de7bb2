// The records of manifest.log, version 1, and their JSON: one record = one durable fact.
//
//   log     := record+                          the first one is a snapshot
//   record  := length:u32le crc32c:u32le payload[length]          crc over the payload
//   payload := one JSON object, "kind" first, then keys in the order of the struct that it encodes
// Not SQLite: the log must live beside the data on any file system, be readable with cat, and need one fdatasync per
// chunk. Grammar with an example: docs/formats/manifest.md.
#pragma once

#include "commit/dataset.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace freight {

inline constexpr int kManifestFormatVersion = 1;

// A published partition; without files it is an emptied one.
struct PartitionVersion {
  std::string path;
  int64_t version = 0;     // publications of this partition so far
  std::string commit_id;   // random; also inside the partition's _MANIFEST.json
  std::vector<PartInfo> files;
};

// All that was published before the run that starts this log.
struct SnapshotRecord {
  int format_version = kManifestFormatVersion;
  std::string dataset;
  int64_t epoch = 0;
  std::string plan_hash, layout_hash, engine_version;
  std::vector<InputVersion> inputs;
  std::vector<PartitionVersion> partitions;
};

// Raises the epoch.
struct RunStarted {
  int64_t epoch = 0;
  std::string run_id, plan_hash, layout_hash, engine_version, mode;
  std::vector<std::string> scope;
  std::string quarantine_dir;
  std::string host;
  int64_t pid = 0, started_micros = 0;
};

struct ChunkRecord {
  int64_t epoch = 0;
  std::string stage;  // where its parts lie: the stage folder of the attempt that wrote them
  ChunkDone chunk;
};

// P1, the linearization point of a publication: what the dataset is from here on. Made visible partition by partition.
struct IntentRecord {
  int64_t epoch = 0;
  std::string run_id, stage, plan_hash, layout_hash, engine_version;
  std::vector<InputVersion> inputs;         // new or changed entries
  std::vector<std::string> removed_inputs;
  std::vector<PartitionVersion> partitions; // in the order in which they are swapped
};

// P5 of one partition.
struct PartitionPublished {
  int64_t epoch = 0;
  std::string path, commit_id;
};

struct RunPublished {
  int64_t epoch = 0;
  std::string run_id;
};

struct RunRefused {
  int64_t epoch = 0;
  std::string run_id, why;
};

using Record =
    std::variant<SnapshotRecord, RunStarted, ChunkRecord, IntentRecord, PartitionPublished, RunPublished, RunRefused>;

int64_t EpochOf(const Record& record);

// kInvalid when a name is not UTF-8, since JSON could not give it back.
Result<std::string> EncodeRecord(const Record& record);
// kCorrupt when the payload is no record; kFailed when a newer version wrote it.
Result<Record> DecodeRecord(std::string_view payload);

// What lies in a published partition as _MANIFEST.json. Holds no clock.
Result<std::string> PartitionManifestText(const std::string& dataset, const IntentRecord& intent,
                                          const PartitionVersion& partition);
// The commit id in such a text, "" when there is none.
std::string CommitIdIn(std::string_view manifest_text);

}  // namespace freight
