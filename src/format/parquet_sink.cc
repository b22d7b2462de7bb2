// Small writes of page headers gather into appends of useful size; large ones pass through.
#include "format/parquet_sink.h"

#include <string_view>

namespace freight {

Status HashingSink::Write(const void* data, int64_t bytes) {
  FREIGHT_ASSERT(!closed_);
  const std::string_view view(static_cast<const char*>(data), static_cast<size_t>(bytes));
  hash_.Update(view.data(), view.size());
  position_ += bytes;
  if (buffer_.size() + view.size() > kBufferBytes) ARROW_RETURN_NOT_OK(Flush());
  if (view.size() >= kBufferBytes) return out_->Append(view);
  if (buffer_.empty()) buffer_.reserve(kBufferBytes);
  buffer_.append(view);
  return Status::OK();
}

Status HashingSink::Flush() {
  if (buffer_.empty()) return Status::OK();
  ARROW_RETURN_NOT_OK(out_->Append(buffer_));
  buffer_.clear();
  return Status::OK();
}

Status HashingSink::Close() {
  if (closed_) return Status::OK();
  closed_ = true;
  ARROW_RETURN_NOT_OK(Flush());
  ARROW_RETURN_NOT_OK(out_->Sync());
  return out_->Close();
}

}  // namespace freight
