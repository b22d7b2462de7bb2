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

// Records that are written together: so many that they are full, or a part of that.
struct QuarantineFill {
  enum class Part : uint8_t { kQuarter = 4, kWhole = 1 };
  int64_t rows = 0, raw_bytes = 0, failures = 0;
  void Add(const BadRecords::Entry& entry);
  void Merge(const QuarantineFill& more);
  // By the record that fills it, so that memory does not grow with bad rows.
  bool Holds(Part part) const;
};

// Thread: one at a time; one per worker. Reusable.
class QuarantineEncoder {
 public:
  using RowGroups = std::vector<std::unique_ptr<EncodedRowGroup>>;
  using TakeGroup = std::function<Status(std::unique_ptr<EncodedRowGroup>)>;
  virtual ~QuarantineEncoder() = default;
  // Takes `records`, a quarter of a full row group at a time, into the one in the making, which goes to `take` when it
  // is full. The rest waits in `held`, where that of the last call may stand.
  Status Add(const QuarantineContext& context, const BadRecords& records, BadRecords* held, const TakeGroup& take);
  // Ends the row group in the making with what is held. Without one, that stays: it is less than a quarter.
  Status FinishGroup(const QuarantineContext& context, BadRecords* held, const TakeGroup& take);
  // All of them, about a quarter at most, as one row group. Not while one is in the making.
  Result<std::unique_ptr<EncodedRowGroup>> Encode(const QuarantineContext& context, const BadRecords& records);

 protected:
  virtual Status Append(const QuarantineContext& context, const BadRecords& records, int64_t from, int64_t count) = 0;
  virtual Result<std::unique_ptr<EncodedRowGroup>> Finish() = 0;

 private:
  QuarantineFill group_;  // in the making
};
// Without tools of the thread it has its own.
Result<std::unique_ptr<QuarantineEncoder>> MakeQuarantineEncoder(const Contract& contract, arrow::MemoryPool* pool,
                                                                 std::shared_ptr<PageTools> tools = nullptr);

ParquetOptions QuarantineOptions();

}  // namespace freight
