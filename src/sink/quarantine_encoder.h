// Bad records -> compressed row groups of a quarantine file, still without a place in one.
#pragma once

#include "contract/bad_records.h"
#include "contract/contract.h"
#include "format/parquet_writer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace freight {

// Where the records of a row group come from.
struct QuarantineContext {
  std::string input;
  std::string run_id;
  int32_t chunk = 0;
};

// Records that are written together.
struct QuarantineFill {
  int64_t rows = 0, raw_bytes = 0, failures = 0;
  void Add(const BadRecords::Entry& entry);
  void Merge(const QuarantineFill& more);
  // By the record that fills the last one, so that memory does not grow with bad rows.
  bool Holds(int slices) const;
};

// Thread: one at a time; one per worker. Reusable.
class QuarantineEncoder {
 public:
  // Slices of a full row group: few where it grows while others wait to be written, many where its metadata would
  // outweigh it.
  static constexpr int kFewSlices = 4;
  static constexpr int kManySlices = 16;

  using RowGroups = std::vector<std::unique_ptr<EncodedRowGroup>>;
  using TakeGroup = std::function<Status(std::unique_ptr<EncodedRowGroup>)>;
  virtual ~QuarantineEncoder() = default;
  // Takes `records`, a slice at a time, into the row group in the making, which goes to `take` when it is full. The
  // rest waits in `held`, where that of the last call may stand.
  Status Add(const QuarantineContext& context, const BadRecords& records, BadRecords* held, const TakeGroup& take);
  // Ends the row group in the making with what is held. Without one, that stays: it is less than a slice.
  Status FinishGroup(const QuarantineContext& context, BadRecords* held, const TakeGroup& take);
  // All of them, about a slice at most, as one row group. Not while one is in the making.
  Result<std::unique_ptr<EncodedRowGroup>> Encode(const QuarantineContext& context, const BadRecords& records);

 protected:
  explicit QuarantineEncoder(int group_slices) : group_slices_(group_slices) {}
  virtual Status Append(const QuarantineContext& context, const BadRecords& records, int64_t from, int64_t count) = 0;
  virtual Result<std::unique_ptr<EncodedRowGroup>> Finish() = 0;

 private:
  const int group_slices_;
  QuarantineFill group_;  // in the making
};
// Without tools of the thread it has its own.
Result<std::unique_ptr<QuarantineEncoder>> MakeQuarantineEncoder(const Contract& contract, int group_slices,
                                                                 arrow::MemoryPool* pool,
                                                                 std::shared_ptr<PageTools> tools = nullptr);

ParquetOptions QuarantineOptions();

}  // namespace freight
