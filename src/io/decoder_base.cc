// The compressed side of a decoder, and the loops around its steps.
#include "io/decoder_base.h"

#include <algorithm>
#include <utility>

namespace freight {

CompressedInput::CompressedInput(ArchiveFile file, const char* format)
    : file_(std::move(file.bytes)),
      path_(std::move(file.path)),
      format_(format),
      buffer_(kBufferBytes),
      read_(file.from) {}

Status CompressedInput::Fill() {
  if (left() > 0 || ended_) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(end_, file_->ReadAt(read_, kBufferBytes, buffer_.data()));
  read_ += end_;
  at_ = 0;
  ended_ = end_ == 0;
  return Status::OK();
}

Status CompressedInput::Truncated() const {
  return Fail(Reaction::kFailed, "\"{}\" is truncated: the {} data ends at compressed byte {} before it is complete",
              path_, format_, offset())
      .Help("fetch or compress the file again");
}

Status CompressedInput::Corrupt(std::string_view reason) const {
  return Fail(Reaction::kFailed, "\"{}\" is corrupt: {} near compressed byte {}", path_, reason, offset())
      .Help(fmt::format("fetch the file again, or rename it if it is not {}", format_));
}

Status CompressedInput::WindowTooLarge() const {
  return Fail(Reaction::kFailed, "\"{}\" needs a {} window of more than {} MiB", path_, format_, kWindowBytesMax >> 20)
      .Help("compress the file again with a smaller window (zstd --long=27 or less, xz -9 or less)");
}

Result<int64_t> Decoder::Read(int64_t bytes, void* out) {
  int64_t done = 0;
  while (done < bytes && !finished_) {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, Decode(bytes - done, static_cast<uint8_t*>(out) + done));
    done += got;
  }
  offset_ += done;
  return done;
}

Status Decoder::SkipTo(int64_t offset) {
  FREIGHT_ASSERT(offset >= offset_);
  std::vector<uint8_t> dropped(static_cast<size_t>(std::min(offset - offset_, CompressedInput::kBufferBytes)));
  while (offset_ < offset) {
    const int64_t step = std::min(offset - offset_, CompressedInput::kBufferBytes);
    ARROW_ASSIGN_OR_RAISE(const int64_t got, Read(step, dropped.data()));
    if (got == 0) break;
  }
  return Status::OK();
}

}  // namespace freight
