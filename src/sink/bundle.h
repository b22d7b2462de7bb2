// Staged rows of a chunk that touches many partitions: one file, one sync, instead of a thousand.
//
// bundle, version 4 (staging only, never published):
//   bundle := flush* footer length:u64le magic           length of footer in bytes
//   flush  := run* in byte order of partition            so that the runs of neighbours are read in one go
//   run    := rows of one partition as row_bytes.h writes them, about kRunBytesMax at most
//   footer := entry* in byte order of partition, entries of one partition in row order
//   entry  := partition_bytes:u32le partition offset:u64le length:u32le rows:u32le
//   magic  := "FRTBNDL4"
// No checksum: a bundle never outlives the publication that it was staged for.
#pragma once

#include "base/status.h"
#include "format/parquet_writer.h"
#include "io/env.h"

#include <arrow/buffer.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace freight {

inline constexpr std::string_view kBundleMagic = "FRTBNDL4";

// Rows of a morsel for many partitions, those of one partition in row order.
struct ScatteredRows {
  struct Run { std::string partition; int64_t offset, length, rows; };  // of `bytes`
  std::vector<Run> runs;
  std::shared_ptr<arrow::Buffer> bytes;  // rows as row_bytes.h writes them; null without runs
};

// Thread: one caller. Holds what it was given until there are kPendingBytesMax of it, so that a partition's rows stand
// together. Finish writes the footer, syncs and closes.
class BundleWriter {
 public:
  static constexpr int64_t kPendingBytesMax = 8 << 20;
  static constexpr int64_t kRunBytesMax = 1 << 20;  // passed by one appended run at most

  explicit BundleWriter(std::unique_ptr<WritableFile> out) : out_(std::move(out)) {}
  Status Append(ScatteredRows rows);
  Result<FinishedFile> Finish();

 private:
  struct Entry { uint64_t offset; uint32_t length, rows; };
  struct Piece { const uint8_t* bytes; int64_t length, rows; };
  struct Partition {
    std::vector<Entry> entries;
    std::vector<Piece> pending;  // into pending_
  };
  using Partitions = std::unordered_map<std::string, Partition>;
  Status Flush();
  Status WriteRuns(Partition* partition);
  Status Write(const void* bytes, int64_t length);
  Status WriteOut();
  std::string Footer() const;

  std::unique_ptr<WritableFile> out_;
  Partitions partitions_;
  std::vector<Partitions::value_type*> touched_;  // those with pending rows
  std::vector<ScatteredRows> pending_;
  int64_t pending_bytes_ = 0;
  std::string out_bytes_;  // written in large pieces
  int64_t bytes_ = 0;
  int64_t rows_ = 0;
};

// Walks the partitions of a bundle in byte order. Holds a window of the footer, not all of it.
// Thread: one caller; Read from any thread.
class BundleReader {
 public:
  struct Run { int64_t offset, length, rows; };
  static Result<std::unique_ptr<BundleReader>> Open(Env& env, const std::string& path);
  bool at_end() const { return !has_entry_; }
  const std::string& partition() const { return partition_; }
  // The run at hand; then moves to the next one.
  Result<Run> Take();
  // `length` bytes from `offset` on.
  Status Read(int64_t offset, int64_t length, uint8_t* out) const;

 private:
  Status Advance();
  Status NeedWindow(size_t bytes);
  Status Damaged() const;
  std::unique_ptr<ReadableFile> file_;
  std::string path_;
  int64_t footer_at_ = 0, footer_end_ = 0;
  std::string window_;
  size_t in_window_ = 0;
  std::string partition_;
  Run run_{};
  bool has_entry_ = false;
};

// Rows of many runs, in memory together. Runs that stand side by side in their bundle are read by one call.
// Thread: one caller.
class RunWindow {
 public:
  static constexpr int64_t kBytesMax = 4 << 20;
  struct Run { const BundleReader* bundle; BundleReader::Run run; };

  explicit RunWindow(arrow::MemoryPool* pool) : pool_(pool) {}
  // Of `runs`, in any order, the first ones of kBytesMax together, one at least; returns how many. What was loaded
  // before is gone.
  Result<size_t> Load(std::span<const Run> runs);
  std::span<const uint8_t> rows(size_t run) const { return {bytes_->data() + starts_[run], lengths_[run]}; }

 private:
  Status ReadTogether(std::span<const Run> runs, std::span<const size_t> order, int64_t* at);
  arrow::MemoryPool* const pool_;
  std::unique_ptr<arrow::ResizableBuffer> bytes_;
  std::vector<size_t> order_, starts_, lengths_;
};

}  // namespace freight
