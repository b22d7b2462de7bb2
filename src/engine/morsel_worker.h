// What one thread does with one morsel: decode, judge, split by partition, encode row groups.
#pragma once

#include "commit/dataset.h"
#include "engine/task.h"
#include "format/parquet_writer.h"
#include "plan/plan.h"
#include "sink/bundle.h"
#include "sink/partition.h"
#include "sink/quarantine_encoder.h"
#include "sink/row_bytes.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace freight {

// A morsel done, waiting for its turn at the sequencer. Memory is bounded by the morsel's charge.
struct MorselResult {
  struct Piece {
    std::string partition;
    std::unique_ptr<EncodedRowGroup> group;
  };
  std::vector<Piece> pieces;    // of a morsel that touches few partitions
  ScatteredRows scattered;      // of one that touches many
  QuarantineEncoder::RowGroups bad_groups;  // of a morsel with many bad rows
  BadRecords bad;               // of one with few; in input order
  FailureCounts bad_by_rule;    // of both
  Accounting rows;
  int64_t bytes = 0;            // of input
  Charge charge;
};

// Thread: one per worker. Reusable; keeps its parsers and encoders from morsel to morsel.
class MorselWorker {
 public:
  // Row groups are left in `finished`.
  static Result<std::unique_ptr<MorselWorker>> Make(const Plan& plan, const std::string& run_id,
                                                    arrow::MemoryPool* pool, arrow::MemoryPool* finished);
  Result<MorselResult> Process(Task task);

 private:
  MorselWorker(const Plan& plan, const std::string& run_id, arrow::MemoryPool* pool)
      : plan_(plan), run_id_(run_id), pool_(pool), scattered_bytes_(pool) {}
  Status UseInput(size_t input);
  Status TakeBatch(DecodedBatch&& batch, MorselResult* result);
  bool InScope(const std::string& partition) const;
  Status Quarantine(const std::vector<PartitionSplitter::Unnameable>& unnameable, BadRecords* records,
                    MorselResult* result);
  // Counts the rows of the partitions that this run replaces, and takes the others out.
  void KeepInScope(SplitBatch* split, MorselResult* result) const;
  Status Encode(const SplitBatch& split);
  Status Scatter(SplitBatch split, MorselResult* result);
  Status WriteHeld(MorselResult* result);
  Status FinishPieces(MorselResult* result);

  const Plan& plan_;
  const std::string run_id_;
  arrow::MemoryPool* pool_;
  std::unique_ptr<PartitionSplitter> splitter_;
  std::shared_ptr<PageTools> tools_;
  std::unique_ptr<QuarantineEncoder> quarantine_;
  QuarantineContext quarantine_context_;  // of the morsel at hand
  std::unique_ptr<MorselDecoder> decoder_;
  size_t decoder_input_ = SIZE_MAX;
  std::optional<bool> scattered_;  // of the morsel at hand, decided by its first batch
  RowWriter row_writer_;
  std::vector<std::vector<SplitBatch::Part>> held_;  // of the batches that row_writer_ holds
  int64_t held_bytes_ = 0;
  arrow::BufferBuilder scattered_bytes_;
  int64_t scattered_bytes_hint_ = 0;  // a little more than the last morsel's: growing would copy them again and again
  std::map<std::string, std::unique_ptr<RowGroupEncoder>> open_;
  std::vector<std::unique_ptr<RowGroupEncoder>> idle_;
};

}  // namespace freight
