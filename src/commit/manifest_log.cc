// Frames of manifest.log: length, checksum, payload.
#include "commit/manifest_log.h"

#include "base/hash.h"

#include <algorithm>
#include <optional>

namespace freight {
namespace {

constexpr size_t kHeaderBytes = 8;

void PutU32(uint32_t value, std::string* out) {
  for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<char>(value >> shift));
}

uint32_t GetU32(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value |= uint32_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
  return value;
}

// The payload of the record that starts at `at`, nullopt when there is no whole one. A run of zero bytes, which a power
// cut can leave, is none: a payload starts with a brace.
std::optional<std::string_view> PayloadAt(std::string_view bytes, size_t at) {
  if (bytes.size() - at < kHeaderBytes + 2) return std::nullopt;
  const uint32_t length = GetU32(bytes, at);
  if (length < 2 || length > kRecordBytesMax || length > bytes.size() - at - kHeaderBytes) return std::nullopt;
  const std::string_view payload = bytes.substr(at + kHeaderBytes, length);
  if (payload.front() != '{' || Crc32c(payload) != GetU32(bytes, at + 4)) return std::nullopt;
  return payload;
}

Status Damaged(const std::string& path, int64_t offset) {
  return Fail(Reaction::kCorrupt, "\"{}\" is damaged at byte {}", path, offset)
      .Help("nothing was changed; restore the state folder from a copy, or move it and the dataset away and run again");
}

bool AnyRecordAfter(std::string_view bytes, size_t at) {
  for (size_t i = at + 1; i < bytes.size(); ++i) {
    if (PayloadAt(bytes, i)) return true;
  }
  return false;
}

}  // namespace

Result<std::string> FrameRecord(const Record& record) {
  ARROW_ASSIGN_OR_RAISE(const std::string payload, EncodeRecord(record));
  if (static_cast<int64_t>(payload.size()) > kRecordBytesMax) {
    return Fail(Reaction::kFailed, "a manifest record of {} bytes is over the bound of {}", payload.size(),
                kRecordBytesMax)
        .Help("partition by fewer values");
  }
  std::string frame;
  frame.reserve(kHeaderBytes + payload.size());
  PutU32(static_cast<uint32_t>(payload.size()), &frame);
  PutU32(Crc32c(payload), &frame);
  return frame += payload;
}

Result<LogContents> ParseLog(std::string_view bytes, const std::string& path) {
  LogContents contents;
  size_t at = 0;
  while (at < bytes.size()) {
    const auto payload = PayloadAt(bytes, at);
    if (!payload) break;
    ARROW_ASSIGN_OR_RAISE(Record record, DecodeRecord(*payload));
    contents.records.push_back(std::move(record));
    at += kHeaderBytes + payload->size();
  }
  contents.torn_tail = at < bytes.size();
  const bool starts_well =
      !contents.records.empty() && std::holds_alternative<SnapshotRecord>(contents.records.front());
  if (!starts_well || (contents.torn_tail && AnyRecordAfter(bytes, at))) {
    return Damaged(path, static_cast<int64_t>(at));
  }
  return contents;
}

Result<LogContents> ReadLog(Env& env, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const std::string bytes, ReadFile(env, path, kLogBytesMax));
  return ParseLog(bytes, path);
}

Result<std::unique_ptr<ManifestLog>> ManifestLog::Start(Env& env, std::string path, const std::vector<Record>& records,
                                                        int64_t epoch, std::vector<LogPlace>* places) {
  std::string bytes;
  std::vector<LogPlace> laid;
  for (const Record& record : records) {
    ARROW_ASSIGN_OR_RAISE(const std::string frame, FrameRecord(record));
    laid.push_back({static_cast<int64_t>(bytes.size()), static_cast<int64_t>(frame.size())});
    bytes += frame;
  }
  std::unique_ptr<ManifestLog> log(new ManifestLog(env, std::move(path), epoch));
  const bool append = BrokenForTest() == Breakage::kSkipTailTruncate && Exists(env, log->path_).ValueOr(false);
  if (!append) ARROW_RETURN_NOT_OK(WriteFileAtomic(env, log->path_, bytes));
  ARROW_ASSIGN_OR_RAISE(log->file_, env.OpenWrite(log->path_, CreateMode::kAppend));
  if (append) ARROW_RETURN_NOT_OK(log->file_->Append(bytes));
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, env.Stat(log->path_));
  log->inode_ = stat.inode;
  log->bytes_ = stat.size_bytes;
  ARROW_ASSIGN_OR_RAISE(log->written_, env.OpenRead(log->path_));
  if (places != nullptr) {
    const int64_t before = log->bytes_ - static_cast<int64_t>(bytes.size());
    for (LogPlace& place : laid) place.offset += before;
    *places = std::move(laid);
  }
  return log;
}

Status ManifestLog::Append(std::span<const Record> records) {
  if (failed_)
    return Fail(Reaction::kFailed, "\"{}\" cannot be written since an earlier failure", path_).Help("run again");
  std::string frames;
  for (const Record& record : records) {
    ARROW_ASSIGN_OR_RAISE(const std::string frame, FrameRecord(record));
    frames += frame;
  }
  failed_ = true;
  ARROW_RETURN_NOT_OK(file_->Append(frames));
  if (BrokenForTest() != Breakage::kSkipManifestSync) ARROW_RETURN_NOT_OK(file_->Sync());
  bytes_ += static_cast<int64_t>(frames.size());
  failed_ = false;
  return Status::OK();
}

Result<ChunkRecord> ManifestLog::ReadChunk(const LogPlace& place) const {
  std::string frame(static_cast<size_t>(place.bytes), '\0');
  ARROW_ASSIGN_OR_RAISE(const int64_t read, written_->ReadAt(place.offset, place.bytes, frame.data()));
  const auto payload = read == place.bytes ? PayloadAt(frame, 0) : std::nullopt;
  if (!payload) return Damaged(path_, place.offset);
  ARROW_ASSIGN_OR_RAISE(Record record, DecodeRecord(*payload));
  if (auto* chunk = std::get_if<ChunkRecord>(&record)) return std::move(*chunk);
  return Damaged(path_, place.offset);
}

Status ManifestLog::CheckEpoch() {
  if (BrokenForTest() == Breakage::kSkipEpochCheck) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, env_.Stat(path_));
  if (stat.inode == inode_ && stat.size_bytes == bytes_) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const LogContents now, ReadLog(env_, path_));
  int64_t highest = 0;
  for (const Record& record : now.records) highest = std::max(highest, EpochOf(record));
  if (highest > epoch_) {
    return Fail(Reaction::kTransient, "a newer run took over this dataset (epoch {}, this one has {})", highest, epoch_)
        .Help("let it finish, then run again");
  }
  return Fail(Reaction::kCorrupt, "\"{}\" was changed by something that is no run", path_)
      .Help("nothing more was published; see that nothing else writes into the state folder, then run again");
}

}  // namespace freight
