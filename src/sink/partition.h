// Partition values: from a batch's columns to directory names and back.
#pragma once

#include "base/status.h"
#include "contract/contract.h"
#include "contract/verdict.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

enum class TransformKind : uint8_t { kIdentity, kYear, kMonth, kDay, kHour, kBucket, kTruncate };

// One part of partition_by: `name = transform(source)`, or a bare column (identity, name = source).
// Result types (Iceberg's transforms, shown as Hive directories): year 2026, month 2026-06, day 2026-06-11,
// hour 2026-06-11-13, bucket(n, c) 0..n-1 by XXH3-64 of the value's canonical bytes, truncate(w, c): first w code
// points of a string, or v - ((v % w) + w) % w of an integer or a decimal's unscaled value.
struct PartitionField {
  std::string name;    // directory column
  TransformKind kind = TransformKind::kIdentity;
  std::string source;  // contract column
  int64_t argument = 0;
  Place place;
};

// Parses "event_date = day(event_time)", "country", "bucket(16, user_id)" (name defaults to "<source>_bucket",
// "<source>_day", ...). Errors carry the place's column of the fault and "did you mean".
Result<PartitionField> ParsePartitionField(std::string_view text, const Place& place);
// Checks fields against the contract: known source, a type the transform takes, unique names, no clash of a derived
// name with a contract column. Float, double and binary cannot partition.
Status CheckPartitionFields(const std::vector<PartitionField>& fields, const Contract& contract);

// Reversible escape of one value for a directory name (protocols A): %XX for controls, DEL and "#%'*/:=?\{[]^ ,
// a leading '.' or '_', and all of "..". NULL is __HIVE_DEFAULT_PARTITION__; a value equal to that word is escaped.
// nullopt when the name would pass 255 bytes after escaping, or the value has a NUL byte or is empty.
std::optional<std::string> EscapePartitionValue(std::optional<std::string_view> value);
std::optional<std::string> UnescapePartitionValue(std::string_view name);  // nullopt = NULL

// A batch with its rows assigned to partitions, in order of path; within each in input order.
struct SplitBatch {
  struct Part {
    std::string path;  // "event_date=2026-06-11/country=DE", "" without partition fields
    int32_t start = 0, rows = 0;  // in `order`; in the batch itself when `order` is empty
  };
  std::shared_ptr<arrow::RecordBatch> batch;  // file schema: identity partition columns left out
  std::vector<int32_t> order;  // row numbers; empty when each partition's rows stand together
  std::vector<Part> parts;
};

struct PartitionSlice {
  std::string path;
  std::shared_ptr<arrow::RecordBatch> rows;
};
// The batch in which parts are found by their start: gathered when there is an order.
Result<std::shared_ptr<arrow::RecordBatch>> InPartitionOrder(const SplitBatch& split, arrow::MemoryPool* pool);
// The partitions' rows as batches; gathers at most once.
Result<std::vector<PartitionSlice>> SlicesOf(const SplitBatch& split, arrow::MemoryPool* pool);

// Splits batches by partition. One per thread.
class PartitionSplitter {
 public:
  virtual ~PartitionSplitter() = default;
  // Rows whose value cannot name a directory come back as indices into `batch` with the field at fault.
  struct Unnameable { int64_t row; int field; };
  virtual Result<SplitBatch> Split(const std::shared_ptr<arrow::RecordBatch>& batch,
                                   std::vector<Unnameable>* unnameable) = 0;
  virtual std::shared_ptr<arrow::Schema> file_schema() const = 0;
};
Result<std::unique_ptr<PartitionSplitter>> MakePartitionSplitter(const std::vector<PartitionField>& fields,
                                                                 const Contract& contract);

}  // namespace freight
