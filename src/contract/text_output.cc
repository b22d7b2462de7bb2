// Compaction and hand-over of variable-width columns.
#include "contract/text_output.h"

#include <arrow/array/data.h>
#include <arrow/array/util.h>

namespace freight {

namespace {

constexpr int64_t kSlack = 64;  // Append writes whole words

}  // namespace

Status TextOutput::Reset(std::span<const Field> fields, int factor, arrow::MemoryPool* pool) {
  int64_t bytes = 0;
  for (const Field& field : fields) bytes += field.length;
  bytes *= factor;
  if (bytes > INT32_MAX) return Fail(Reaction::kFailed, "one batch holds {} bytes of one column", bytes);
  const auto rows = static_cast<int64_t>(fields.size());
  ARROW_RETURN_NOT_OK(Reserve((rows + 1) * static_cast<int64_t>(sizeof(int32_t)), pool, &offsets_buffer_));
  ARROW_RETURN_NOT_OK(Reserve(bytes + kSlack, pool, &data_buffer_));
  offsets_ = reinterpret_cast<int32_t*>(offsets_buffer_->mutable_data());
  data_ = reinterpret_cast<char*>(data_buffer_->mutable_data());
  offsets_[0] = 0;
  size_ = 0;
  rows_ = 0;
  return Status::OK();
}

void TextOutput::CompactRows(const KeptRows& kept) {
  int32_t size = 0;
  size_t to = 0;
  for (const auto [from, count] : kept.runs()) {
    const int32_t begin = offsets_[from], end = offsets_[from + count];
    if (begin != size) std::memmove(data_ + size, data_ + begin, static_cast<size_t>(end - begin));
    // to <= from: the offsets still to be read stay.
    for (size_t i = 0; i < count; ++i) offsets_[to + i] = offsets_[from + i] - (begin - size);
    to += count;
    size += end - begin;
  }
  offsets_[to] = size;
  size_ = size;
}

Result<std::shared_ptr<arrow::Array>> TextOutput::Finish(const std::shared_ptr<arrow::DataType>& type,
                                                         const KeptRows& kept, std::shared_ptr<arrow::Buffer> validity,
                                                         int64_t null_count) {
  if (!kept.all()) CompactRows(kept);
  ARROW_RETURN_NOT_OK(offsets_buffer_->Resize((kept.count() + 1) * static_cast<int64_t>(sizeof(int32_t)), false));
  ARROW_RETURN_NOT_OK(data_buffer_->Resize(size_, false));
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, kept.count(), {std::move(validity), std::move(offsets_buffer_), std::move(data_buffer_)}, null_count));
}

}  // namespace freight
