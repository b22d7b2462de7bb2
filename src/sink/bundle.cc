// Bundles: rows come in morsel by morsel and are read back partition by partition.
#include "sink/bundle.h"

#include <arrow/buffer.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>
#include <utility>

namespace freight {
namespace {

constexpr int64_t kTrailerBytes = 8 + 8;
constexpr size_t kOutBytesMax = 256 << 10;
constexpr int64_t kWindowBytes = 16 << 10;

template <typename T>
void PutLe(T value, std::string* out) {
  for (size_t i = 0; i < sizeof(T); i++) out->push_back(static_cast<char>(value >> (8 * i)));
}

template <typename T>
T GetLe(const char* bytes) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); i++) value |= static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

}  // namespace

Status BundleWriter::Append(ScatteredRows rows) {
  for (const ScatteredRows::Run& run : rows.runs) {
    auto& entry = *partitions_.try_emplace(run.partition).first;
    if (entry.second.pending.empty()) touched_.push_back(&entry);
    entry.second.pending.push_back({rows.bytes->data() + run.offset, run.length, run.rows});
    rows_ += run.rows;
  }
  pending_bytes_ += rows.bytes->size();
  pending_.push_back(std::move(rows));
  return pending_bytes_ >= kPendingBytesMax ? Flush() : Status::OK();
}

Status BundleWriter::Flush() {
  std::sort(touched_.begin(), touched_.end(), [](auto* a, auto* b) { return a->first < b->first; });
  for (auto* partition : touched_) ARROW_RETURN_NOT_OK(WriteRuns(&partition->second));
  touched_.clear();
  pending_.clear();
  pending_bytes_ = 0;
  return Status::OK();
}

Status BundleWriter::WriteRuns(Partition* partition) {
  Entry entry{static_cast<uint64_t>(bytes_), 0, 0};
  for (const Piece& piece : partition->pending) {
    if (entry.length > 0 && entry.length + piece.length > kRunBytesMax) {
      partition->entries.push_back(entry);
      entry = {static_cast<uint64_t>(bytes_), 0, 0};
    }
    ARROW_RETURN_NOT_OK(Write(piece.bytes, piece.length));
    entry.length += static_cast<uint32_t>(piece.length);
    entry.rows += static_cast<uint32_t>(piece.rows);
  }
  partition->entries.push_back(entry);
  partition->pending.clear();
  return Status::OK();
}

Status BundleWriter::Write(const void* bytes, int64_t length) {
  out_bytes_.append(static_cast<const char*>(bytes), static_cast<size_t>(length));
  bytes_ += length;
  return out_bytes_.size() >= kOutBytesMax ? WriteOut() : Status::OK();
}

Status BundleWriter::WriteOut() {
  ARROW_RETURN_NOT_OK(out_->Append(out_bytes_));
  out_bytes_.clear();
  return Status::OK();
}

std::string BundleWriter::Footer() const {
  std::vector<const std::pair<const std::string, Partition>*> order;
  for (const auto& partition : partitions_) order.push_back(&partition);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->first < b->first; });
  std::string footer;
  for (const auto* partition : order) {
    for (const Entry& entry : partition->second.entries) {
      PutLe(static_cast<uint32_t>(partition->first.size()), &footer);
      footer += partition->first;
      PutLe(entry.offset, &footer);
      PutLe(entry.length, &footer);
      PutLe(entry.rows, &footer);
    }
  }
  PutLe(uint64_t{footer.size()}, &footer);
  footer += kBundleMagic;
  return footer;
}

Result<FinishedFile> BundleWriter::Finish() {
  ARROW_RETURN_NOT_OK(Flush());
  const std::string footer = Footer();
  ARROW_RETURN_NOT_OK(Write(footer.data(), static_cast<int64_t>(footer.size())));
  ARROW_RETURN_NOT_OK(WriteOut());
  ARROW_RETURN_NOT_OK(out_->Sync());
  ARROW_RETURN_NOT_OK(out_->Close());
  return FinishedFile{rows_, bytes_, ""};
}

Status BundleReader::Damaged() const {
  return Fail(Reaction::kCorrupt, "staged bundle \"{}\" is damaged", path_).Help("run again: the input is read anew");
}

Result<std::unique_ptr<BundleReader>> BundleReader::Open(Env& env, const std::string& path) {
  std::unique_ptr<BundleReader> reader(new BundleReader());
  reader->path_ = path;
  ARROW_ASSIGN_OR_RAISE(reader->file_, env.OpenRead(path));
  ARROW_ASSIGN_OR_RAISE(FileStat stat, reader->file_->Stat());
  char trailer[kTrailerBytes] = {};
  if (stat.size_bytes < kTrailerBytes) return reader->Damaged();
  ARROW_ASSIGN_OR_RAISE(int64_t got, reader->file_->ReadAt(stat.size_bytes - kTrailerBytes, kTrailerBytes, trailer));
  const bool ours = std::memcmp(trailer + 8, kBundleMagic.data(), kBundleMagic.size()) == 0;
  if (got != kTrailerBytes || !ours) return reader->Damaged();
  reader->footer_end_ = stat.size_bytes - kTrailerBytes;
  reader->footer_at_ = reader->footer_end_ - static_cast<int64_t>(GetLe<uint64_t>(trailer));
  if (reader->footer_at_ < 0) return reader->Damaged();
  ARROW_RETURN_NOT_OK(reader->Advance());
  return reader;
}

Status BundleReader::NeedWindow(size_t bytes) {
  if (window_.size() - in_window_ >= bytes) return Status::OK();
  window_.erase(0, in_window_);
  in_window_ = 0;
  const int64_t want = std::min<int64_t>(footer_end_ - footer_at_, std::max<int64_t>(kWindowBytes, bytes));
  const size_t had = window_.size();
  window_.resize(had + want);
  ARROW_ASSIGN_OR_RAISE(int64_t got, file_->ReadAt(footer_at_, want, window_.data() + had));
  footer_at_ += got;
  window_.resize(had + got);
  return window_.size() >= bytes ? Status::OK() : Damaged();
}

Status BundleReader::Advance() {
  has_entry_ = in_window_ < window_.size() || footer_at_ < footer_end_;
  if (!has_entry_) return Status::OK();
  ARROW_RETURN_NOT_OK(NeedWindow(4));
  const uint32_t name_bytes = GetLe<uint32_t>(window_.data() + in_window_);
  ARROW_RETURN_NOT_OK(NeedWindow(4 + name_bytes + 16));
  const char* at = window_.data() + in_window_ + 4;
  partition_.assign(at, name_bytes);
  run_.offset = static_cast<int64_t>(GetLe<uint64_t>(at + name_bytes));
  run_.length = GetLe<uint32_t>(at + name_bytes + 8);
  run_.rows = GetLe<uint32_t>(at + name_bytes + 12);
  in_window_ += 4 + name_bytes + 16;
  return Status::OK();
}

Result<BundleReader::Run> BundleReader::Take() {
  const Run run = run_;
  ARROW_RETURN_NOT_OK(Advance());
  return run;
}

Status BundleReader::Read(int64_t offset, int64_t length, uint8_t* out) const {
  ARROW_ASSIGN_OR_RAISE(const int64_t got, file_->ReadAt(offset, length, out));
  return got == length ? Status::OK() : Damaged();
}

Result<size_t> RunWindow::Load(std::span<const Run> runs) {
  starts_.clear();
  lengths_.clear();
  int64_t bytes = 0;
  for (const Run& run : runs) {
    if (!lengths_.empty() && bytes + run.run.length > kBytesMax) break;
    bytes += run.run.length;
    lengths_.push_back(static_cast<size_t>(run.run.length));
  }
  if (!bytes_) {
    ARROW_ASSIGN_OR_RAISE(bytes_, arrow::AllocateResizableBuffer(bytes, pool_));
  } else {
    ARROW_RETURN_NOT_OK(bytes_->Resize(bytes, false));
  }
  starts_.resize(lengths_.size());
  order_.resize(lengths_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
    return std::tie(runs[a].bundle, runs[a].run.offset) < std::tie(runs[b].bundle, runs[b].run.offset);
  });
  int64_t at = 0;
  for (size_t begin = 0, end = 1; begin < order_.size(); begin = end, ++end) {
    const auto follows = [&](const Run& a, const Run& b) {
      return a.bundle == b.bundle && a.run.offset + a.run.length == b.run.offset;
    };
    while (end < order_.size() && follows(runs[order_[end - 1]], runs[order_[end]])) ++end;
    ARROW_RETURN_NOT_OK(ReadTogether(runs, std::span(order_).subspan(begin, end - begin), &at));
  }
  return lengths_.size();
}

Status RunWindow::ReadTogether(std::span<const Run> runs, std::span<const size_t> order, int64_t* at) {
  const Run& first = runs[order.front()];
  const int64_t begin = *at;
  for (const size_t run : order) {
    starts_[run] = static_cast<size_t>(*at);
    *at += runs[run].run.length;
  }
  return first.bundle->Read(first.run.offset, *at - begin, bytes_->mutable_data() + begin);
}

}  // namespace freight
