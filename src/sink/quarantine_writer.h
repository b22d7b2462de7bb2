// Quarantined records as Parquet, one file per chunk that has any; and the reader behind `freight quarantine`.
#pragma once

#include "contract/bad_records.h"
#include "contract/contract.h"
#include "format/parquet_writer.h"
#include "io/env.h"
#include "sink/quarantine_encoder.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace freight {

// Columns (docs/formats/quarantine.md): input utf8, line int64, row_group int32 (null: the format has none),
// byte_offset int64, byte_length int64, run_id utf8, chunk int32, raw binary (null when it was not kept),
// failures list<struct<column utf8 (null = record), rule utf8, reason utf8, expected utf8, path utf8 (null where
// records are flat)>>.
class QuarantineWriter {
 public:
  virtual ~QuarantineWriter() = default;
  // Records are held until they fill a row group. Either way rows stand in the order of the calls.
  virtual Status Append(const BadRecords& records) = 0;
  virtual Status Append(EncodedRowGroup& group) = 0;
  virtual int64_t rows() const = 0;
  virtual Result<FinishedFile> Finish() = 0;  // syncs and closes
};
// Without tools of the thread it has its own.
Result<std::unique_ptr<QuarantineWriter>> MakeQuarantineWriter(std::unique_ptr<WritableFile> out,
                                                               const Contract& contract, QuarantineContext context,
                                                               arrow::MemoryPool* pool,
                                                               std::shared_ptr<PageTools> tools = nullptr);

// One row read back.
struct QuarantinedRow {
  std::string input, run_id;
  int64_t line = 0, row_group = -1, byte_offset = 0, byte_length = 0;  // row_group -1: the format has none
  int32_t chunk = 0;
  std::string raw;
  bool raw_kept = true;
  struct Why { std::string column, rule, reason, expected, path; };
  std::vector<Why> failures;
};
// Calls `each` for every row of the file, in order, holding one batch in memory; stops early when it returns false.
Status ReadQuarantineFile(Env& env, const std::string& path, const std::function<bool(const QuarantinedRow&)>& each);

}  // namespace freight
