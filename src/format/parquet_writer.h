// Batches -> Parquet: our own value encoders and statistics over libparquet's PageWriter and metadata builders.
//
// A worker encodes and compresses a row group (RowGroupEncoder); the sequencer appends finished row groups to a file
// in order (ParquetFile). The bytes depend on batches and options only.
#pragma once

#include "base/status.h"
#include "io/env.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace freight {

enum class ParquetProfile : uint8_t { kCompat, kFast };   // kCompat: PLAIN + RLE_DICTIONARY, data pages V1
enum class ParquetCodec : uint8_t { kNone, kSnappy, kZstd };

struct ParquetOptions {
  ParquetProfile profile = ParquetProfile::kCompat;
  ParquetCodec codec = ParquetCodec::kZstd;
  int level = 1;
  int64_t page_bytes = 256 << 10;
  std::vector<std::string> bloom_filter = {};  // columns of the file, not booleans and not nested
  std::vector<std::string> sorted_by = {};     // columns of the file, not nested: row groups in this order say so
  bool nested_dictionaries = false;  // strings inside structs and lists by dictionary; not with page_index
  bool page_index = true;  // kept until the end; says little where a column of a row group is hardly more than a page
};

// One compressed row group, still without a place in a file.
class EncodedRowGroup {
 public:
  virtual ~EncodedRowGroup() = default;
  virtual int64_t rows() const = 0;
  virtual int64_t bytes() const = 0;  // held in memory
};

// Collects batches of one schema into one row group. One per thread and target; reusable after Finish.
class RowGroupEncoder {
 public:
  virtual ~RowGroupEncoder() = default;
  // Strings, also those inside structs and lists, may come as dictionary(int32, utf8).
  virtual Status Append(const arrow::RecordBatch& batch) = 0;
  virtual int64_t rows() const = 0;
  virtual Result<std::unique_ptr<EncodedRowGroup>> Finish() = 0;  // null when no rows were appended
};

// What the encoders of one thread share, whatever they write: pools, the codec's state, scratch memory.
class PageTools;
// Row groups that are finished lie in `finished` until they are dropped; it may be freed from by any thread.
std::shared_ptr<PageTools> MakePageTools(arrow::MemoryPool* pool, arrow::MemoryPool* finished);

Result<std::unique_ptr<RowGroupEncoder>> MakeRowGroupEncoder(std::shared_ptr<arrow::Schema> schema,
                                                             const ParquetOptions& options,
                                                             std::shared_ptr<PageTools> tools);
// With tools of its own.
Result<std::unique_ptr<RowGroupEncoder>> MakeRowGroupEncoder(std::shared_ptr<arrow::Schema> schema,
                                                             const ParquetOptions& options, arrow::MemoryPool* pool);

// Readers number a file's row groups with 16 bits.
inline constexpr int64_t kRowGroupsMax = 32'767;

struct FinishedFile {
  int64_t rows = 0;
  int64_t bytes = 0;
  std::string content_hash;  // XXH3-128 hex of the file's bytes
};

// One Parquet file being written through Env. Finish writes the footer, syncs and closes; the caller renames.
class ParquetFile {
 public:
  static constexpr int64_t kBufferBytes = 128 << 10;  // held until they are written

  virtual ~ParquetFile() = default;
  virtual Status Append(EncodedRowGroup& group) = 0;
  virtual int64_t bytes_written() const = 0;
  virtual Result<FinishedFile> Finish() = 0;
};
// `out`: new and empty. Footer: the schema's metadata, created_by "freight <version>". No clock, host or path enters.
Result<std::unique_ptr<ParquetFile>> MakeParquetFile(std::unique_ptr<WritableFile> out,
                                                     std::shared_ptr<arrow::Schema> schema,
                                                     const ParquetOptions& options, arrow::MemoryPool* pool);

}  // namespace freight
