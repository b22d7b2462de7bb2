// What a run would do, as values: inputs, chunks, partitions, columns, memory. Making a plan writes nothing.
#pragma once

#include "commit/dataset.h"
#include "contract/contract.h"
#include "format/input_format.h"
#include "plan/pipeline.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace freight {

// Sizes that decide the bytes of a dataset: part of plan_hash.
inline constexpr int64_t kMorselBytes = 4 << 20;
inline constexpr int64_t kChunkMorsels = 16;  // 64 MiB of input per chunk
inline constexpr int64_t kSmallPartBytes = 1 << 20;  // a part below this is joined with its neighbour in the partition
inline constexpr int64_t kGatherBytes = 8 << 20;  // of a gathered row group's rows, as RowReader counts them
// A morsel's text, its columns, pages and row group together stay within this many times its bytes.
inline constexpr int64_t kChargeFactor = 3;
inline constexpr int64_t kMemoryBytesUsual = 64 << 20;  // of a run without limits.memory

struct PlanOptions {
  bool rebuild = false;
  std::vector<std::string> scope;  // --partition, repeated
  int64_t morsel_bytes = kMorselBytes;    // tests make many chunks out of little data
  int64_t chunk_morsels = kChunkMorsels;
  int64_t gather_bytes = kGatherBytes;
  int64_t small_part_bytes = kSmallPartBytes;
  int sync_threads = 8;                   // they wait for the disk, not for a processor
};

struct PlannedInput {
  InputVersion version;
  InputFile file;
  InputDecision decision;
  InputHeader header;          // of inputs that are read
  int64_t chunks = 0;        // about; exact when not compressed and records are short
  int64_t chunks_done = 0;   // by an unfinished earlier run
};

struct Plan {
  Pipeline pipeline;
  Contract contract;
  PlanOptions options;
  RunRequest request;                 // run_id empty
  RunDecision decision;
  std::vector<PlannedInput> inputs;   // all listed, by name
  std::vector<std::string> vanished;
  std::map<std::string, int64_t> partitions_live;  // path -> rows now
  std::vector<std::string> unread_columns;
  std::vector<std::string> notes;
  int64_t bytes_to_read = 0;
  int64_t memory_bytes = 0;           // budget of a run: as given, or the usual one and what row groups need beside it
  int64_t memory_bytes_needed = 0;    // budget that keeps all threads busy
  int threads = 0;
};

// What stays as an earlier pipeline, contract or engine made it, and how to make it anew; empty without.
std::string OutdatedNote(const RunDecision& decision);

// Lists inputs, reads headers, decides. Fails with the reaction the exit code follows from (no input matches, header
// without a required column, refused change, ...).
Result<Plan> MakePlan(Env& env, const Pipeline& pipeline, const Contract& contract, const PlanOptions& options);

}  // namespace freight
