// Bundles: append segments in any partition order, read them back in partition order.
#include "sink/bundle.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/api.h>

#include <cstring>

namespace freight {
namespace {

constexpr std::string_view kMagic = "FRTBNDL1";
constexpr int64_t kTrailerBytes = 8 + 8;
constexpr size_t kPendingBytesMax = 256 << 10;
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

Result<std::shared_ptr<arrow::Array>> Plain(const std::shared_ptr<arrow::Array>& column, arrow::MemoryPool* pool) {
  if (column->type_id() != arrow::Type::DICTIONARY) return column;
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*column);
  const auto& words = static_cast<const arrow::StringArray&>(*dictionary.dictionary());
  const auto& codes = static_cast<const arrow::Int32Array&>(*dictionary.indices());
  arrow::StringBuilder builder(pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(codes.length()));
  for (int64_t i = 0; i < codes.length(); i++) {
    ARROW_RETURN_NOT_OK(codes.IsNull(i) ? builder.AppendNull() : builder.Append(words.GetView(codes.Value(i))));
  }
  return builder.Finish();
}

}  // namespace

Result<std::shared_ptr<arrow::Buffer>> EncodeSegment(const arrow::RecordBatch& rows, arrow::MemoryPool* pool) {
  arrow::ArrayVector columns;
  arrow::FieldVector fields;
  for (int i = 0; i < rows.num_columns(); i++) {
    ARROW_ASSIGN_OR_RAISE(auto column, Plain(rows.column(i), pool));
    fields.push_back(rows.schema()->field(i)->WithType(column->type()));
    columns.push_back(std::move(column));
  }
  auto batch = arrow::RecordBatch::Make(arrow::schema(fields), rows.num_rows(), columns);
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.memory_pool = pool;
  options.use_threads = false;
  return arrow::ipc::SerializeRecordBatch(*batch, options);
}

Status BundleWriter::Append(const std::string& partition, int64_t rows, const arrow::Buffer& segment) {
  index_[partition].push_back({bytes_, static_cast<uint32_t>(segment.size()), static_cast<uint32_t>(rows)});
  pending_.append(reinterpret_cast<const char*>(segment.data()), segment.size());
  bytes_ += segment.size();
  rows_ += rows;
  return pending_.size() >= kPendingBytesMax ? Flush() : Status::OK();
}

Status BundleWriter::Flush() {
  ARROW_RETURN_NOT_OK(out_->Append(pending_));
  pending_.clear();
  return Status::OK();
}

Result<FinishedFile> BundleWriter::Finish() {
  std::string footer;
  for (const auto& [partition, segments] : index_) {
    for (const auto& segment : segments) {
      PutLe<uint32_t>(static_cast<uint32_t>(partition.size()), &footer);
      footer += partition;
      PutLe(segment.offset, &footer);
      PutLe(segment.length, &footer);
      PutLe(segment.rows, &footer);
    }
  }
  const uint64_t length = footer.size();
  PutLe(length, &footer);
  footer += kMagic;
  pending_ += footer;
  ARROW_RETURN_NOT_OK(Flush());
  ARROW_RETURN_NOT_OK(out_->Sync());
  ARROW_RETURN_NOT_OK(out_->Close());
  return FinishedFile{rows_, static_cast<int64_t>(bytes_ + footer.size()), ""};
}

Result<std::unique_ptr<BundleReader>> BundleReader::Open(Env& env, const std::string& path,
                                                         std::shared_ptr<arrow::Schema> file_schema) {
  std::unique_ptr<BundleReader> reader(new BundleReader());
  reader->path_ = path;
  reader->schema_ = std::move(file_schema);
  ARROW_ASSIGN_OR_RAISE(reader->file_, env.OpenRead(path));
  ARROW_ASSIGN_OR_RAISE(FileStat stat, reader->file_->Stat());
  char trailer[kTrailerBytes];
  auto corrupt =
      Fail(Reaction::kCorrupt, "staged bundle \"{}\" is damaged", path).Help("run again: the input is read anew");
  if (stat.size_bytes < kTrailerBytes) return corrupt;
  ARROW_ASSIGN_OR_RAISE(int64_t got, reader->file_->ReadAt(stat.size_bytes - kTrailerBytes, kTrailerBytes, trailer));
  if (got != kTrailerBytes || std::memcmp(trailer + 8, kMagic.data(), kMagic.size()) != 0) return corrupt;
  reader->footer_end_ = stat.size_bytes - kTrailerBytes;
  reader->footer_at_ = reader->footer_end_ - static_cast<int64_t>(GetLe<uint64_t>(trailer));
  if (reader->footer_at_ < 0) return corrupt;
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
  if (window_.size() >= bytes) return Status::OK();
  return Fail(Reaction::kCorrupt, "staged bundle \"{}\" is damaged", path_).Help("run again: the input is read anew");
}

Status BundleReader::Advance() {
  has_entry_ = in_window_ < window_.size() || footer_at_ < footer_end_;
  if (!has_entry_) return Status::OK();
  ARROW_RETURN_NOT_OK(NeedWindow(4));
  const uint32_t name_bytes = GetLe<uint32_t>(window_.data() + in_window_);
  ARROW_RETURN_NOT_OK(NeedWindow(4 + name_bytes + 16));
  const char* at = window_.data() + in_window_ + 4;
  entry_.partition.assign(at, name_bytes);
  entry_.offset = GetLe<uint64_t>(at + name_bytes);
  entry_.length = GetLe<uint32_t>(at + name_bytes + 8);
  entry_.rows = GetLe<uint32_t>(at + name_bytes + 12);
  in_window_ += 4 + name_bytes + 16;
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> BundleReader::Take() {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bytes, arrow::AllocateBuffer(entry_.length));
  ARROW_ASSIGN_OR_RAISE(int64_t got,
                        file_->ReadAt(static_cast<int64_t>(entry_.offset), entry_.length, bytes->mutable_data()));
  if (got != entry_.length) {
    return Fail(Reaction::kCorrupt, "staged bundle \"{}\" is damaged", path_).Help("run again: the input is read anew");
  }
  arrow::io::BufferReader in(bytes);
  arrow::ipc::DictionaryMemo no_dictionaries;
  ARROW_ASSIGN_OR_RAISE(
      auto batch, arrow::ipc::ReadRecordBatch(schema_, &no_dictionaries, arrow::ipc::IpcReadOptions::Defaults(), &in));
  ARROW_RETURN_NOT_OK(Advance());
  return batch;
}

}  // namespace freight
