// Staged rows of a chunk that touches many partitions: one file, one sync, instead of a thousand.
//
// bundle, version 1 (staging only, never published):
//   bundle  := segment* footer length:u64le magic        length of footer in bytes
//   segment := one Arrow IPC record batch message of the file schema
//   footer  := entry* in byte order of partition, entries of one partition in row order
//   entry   := partition_bytes:u32le partition offset:u64le length:u32le rows:u32le
//   magic   := "FRTBNDL1"
// No checksum: a bundle never outlives the publication that it was staged for.
// Not Parquet: a segment holds the few rows of one partition and is read back whole, once.
#pragma once

#include "base/status.h"
#include "format/parquet_writer.h"
#include "io/env.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace freight {

// A batch as a segment's bytes; dictionary columns are written as plain values.
Result<std::shared_ptr<arrow::Buffer>> EncodeSegment(const arrow::RecordBatch& rows, arrow::MemoryPool* pool);

// Thread: one caller. Finish writes the footer, syncs and closes.
class BundleWriter {
 public:
  explicit BundleWriter(std::unique_ptr<WritableFile> out) : out_(std::move(out)) {}
  Status Append(const std::string& partition, int64_t rows, const arrow::Buffer& segment);
  Result<FinishedFile> Finish();

 private:
  struct Segment { uint64_t offset; uint32_t length; uint32_t rows; };
  std::unique_ptr<WritableFile> out_;
  std::map<std::string, std::vector<Segment>> index_;
  std::string pending_;  // appended in large pieces
  uint64_t bytes_ = 0;
  int64_t rows_ = 0;
  Status Flush();
};

// Walks the partitions of a bundle in byte order. Holds a window of the footer, not all of it.
class BundleReader {
 public:
  static Result<std::unique_ptr<BundleReader>> Open(Env& env, const std::string& path,
                                                    std::shared_ptr<arrow::Schema> file_schema);
  bool at_end() const { return !has_entry_; }
  const std::string& partition() const { return entry_.partition; }
  // The segment at hand as a batch; then moves to the next one.
  Result<std::shared_ptr<arrow::RecordBatch>> Take();

 private:
  struct Entry { std::string partition; uint64_t offset = 0; uint32_t length = 0; uint32_t rows = 0; };
  Status Advance();
  Status NeedWindow(size_t bytes);
  std::unique_ptr<ReadableFile> file_;
  std::shared_ptr<arrow::Schema> schema_;
  std::string path_;
  int64_t footer_at_ = 0, footer_end_ = 0;
  std::string window_;
  size_t in_window_ = 0;
  Entry entry_;
  bool has_entry_ = false;
};

}  // namespace freight
