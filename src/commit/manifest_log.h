// manifest.log as a file: framed records, read with the torn tail told from corruption, and appended durably.
#pragma once

#include "commit/records.h"
#include "io/env.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

// Of one record and of the whole log: what is larger was not written by us.
inline constexpr int64_t kRecordBytesMax = int64_t{1} << 28;
inline constexpr int64_t kLogBytesMax = int64_t{1} << 30;

Result<std::string> FrameRecord(const Record& record);

struct LogContents {
  std::vector<Record> records;
  bool torn_tail = false;  // bytes after the last whole record; nobody relied on them
};
// Changes nothing. kCorrupt when a bad record is followed by a good one, or when the first one is bad: the log comes
// into being whole, so a power cut cannot leave that.
Result<LogContents> ParseLog(std::string_view bytes, const std::string& path);
// NotFound when there is no log.
Result<LogContents> ReadLog(Env& env, const std::string& path);

// One record's frame in a log's file.
struct LogPlace {
  int64_t offset = 0, bytes = 0;
};

// The log of the run that holds the dataset's lock.
// Thread: one caller at a time. After a failed Append nothing more can be appended: what the failed call left on disk
// is unknown, and the next run starts a new file anyway.
class ManifestLog {
 public:
  // Replaces the log by one file that holds `records`, in one atomic step, and opens it. Everything is written anew,
  // torn tail and pages of a failed fsync are left behind, and an older run's open file is no longer the log.
  // `places`, when given, says where each of the records lies.
  static Result<std::unique_ptr<ManifestLog>> Start(Env& env, std::string path, const std::vector<Record>& records,
                                                    int64_t epoch, std::vector<LogPlace>* places = nullptr);
  // Durable when it returns. Of several records a power cut may leave the first ones only.
  Status Append(const Record& record) { return Append(std::span(&record, 1)); }
  Status Append(std::span<const Record> records);
  // Where the next record will lie.
  int64_t end() const { return bytes_; }
  // A chunk's record from this run's own file, also when a newer run has replaced the log. kCorrupt when the place does
  // not hold one any more.
  Result<ChunkRecord> ReadChunk(const LogPlace& place) const;
  // kTransient when a run with a higher epoch has started: what this one stages may no longer be published.
  Status CheckEpoch();

 private:
  ManifestLog(Env& env, std::string path, int64_t epoch) : env_(env), path_(std::move(path)), epoch_(epoch) {}

  Env& env_;
  const std::string path_;
  const int64_t epoch_;
  std::unique_ptr<WritableFile> file_;
  std::unique_ptr<ReadableFile> written_;  // the same file
  uint64_t inode_ = 0;
  int64_t bytes_ = 0;
  bool failed_ = false;
};

}  // namespace freight
