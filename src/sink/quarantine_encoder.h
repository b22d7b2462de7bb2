// Bad records -> compressed row groups of a quarantine file, still without a place in one.
#pragma once

#include "contract/bad_records.h"
#include "contract/contract.h"
#include "format/parquet_writer.h"

#include <cstdint>
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

// How far a row group is filled. It ends with the record that fills it, so that memory does not grow with bad rows.
struct QuarantineFill {
  int64_t rows = 0, raw_bytes = 0, failures = 0;
  void Add(const BadRecords::Entry& entry);
  bool IsFull() const;
  // Enough for a row group that does not wait for more records.
  bool IsLarge() const;
};

// Thread: one at a time; one per worker. Reusable.
class QuarantineEncoder {
 public:
  using RowGroups = std::vector<std::unique_ptr<EncodedRowGroup>>;
  virtual ~QuarantineEncoder() = default;
  // `count` records from number `from` on as one row group.
  virtual Result<std::unique_ptr<EncodedRowGroup>> Encode(const QuarantineContext& context, const BadRecords& records,
                                                          int64_t from, int64_t count) = 0;
  // Takes the row groups that are so large off the front of `records`; what is left, in its order, is for a later one.
  enum class Least : uint8_t { kFull, kLarge };
  Status EncodeFront(const QuarantineContext& context, Least least, BadRecords* records, RowGroups* groups);
};
// Without tools of the thread it has its own.
Result<std::unique_ptr<QuarantineEncoder>> MakeQuarantineEncoder(const Contract& contract, arrow::MemoryPool* pool,
                                                                 std::shared_ptr<PageTools> tools = nullptr);

ParquetOptions QuarantineOptions();

}  // namespace freight
