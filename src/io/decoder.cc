// Streaming gzip (ISA-L) and zstd decoders with bounded buffers; see decoder.h.
#include "io/decoder.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace freight {
namespace {

constexpr int64_t kBufferBytes = 256 * 1024;

// The compressed side: one buffer of the file, refilled when it is used up.
class CompressedInput {
 public:
  CompressedInput(std::unique_ptr<ReadableFile> file, std::string path, const char* format)
      : file_(std::move(file)), path_(std::move(path)), format_(format), buffer_(kBufferBytes) {}

  // Makes at least one byte available unless the file has ended.
  Status Fill() {
    if (left() > 0 || ended_) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(end_, file_->ReadAt(read_, kBufferBytes, buffer_.data()));
    read_ += end_;
    at_ = 0;
    ended_ = end_ == 0;
    return Status::OK();
  }

  uint8_t* data() { return buffer_.data() + at_; }
  int64_t left() const { return end_ - at_; }
  bool ended() const { return ended_; }
  int64_t offset() const { return read_ - left(); }
  void Skip(int64_t bytes) { at_ += bytes; }

  Status Truncated() const {
    return Fail(Reaction::kFailed, "\"{}\" is truncated: the {} data ends at compressed byte {} before it is complete",
                path_, format_, offset())
        .Help("fetch or compress the file again");
  }
  Status Corrupt(std::string_view reason) const {
    return Fail(Reaction::kFailed, "\"{}\" is corrupt: {} near compressed byte {}", path_, reason, offset())
        .Help(fmt::format("fetch the file again, or rename it if it is not {}", format_));
  }

 private:
  const std::unique_ptr<ReadableFile> file_;
  const std::string path_;
  const char* const format_;
  std::vector<uint8_t> buffer_;
  int64_t at_ = 0;
  int64_t end_ = 0;
  int64_t read_ = 0;
  bool ended_ = false;
};

// What both decoders share: skipping is decoding and dropping.
class Decoder : public ByteStream {
 public:
  Decoder(std::unique_ptr<ReadableFile> file, std::string path, const char* format)
      : input_(std::move(file), std::move(path), format) {}

  Result<int64_t> Read(int64_t bytes, void* out) final {
    int64_t done = 0;
    while (done < bytes && !finished_) {
      ARROW_ASSIGN_OR_RAISE(const int64_t got, Decode(bytes - done, static_cast<uint8_t*>(out) + done));
      done += got;
    }
    offset_ += done;
    return done;
  }

  Status SkipTo(int64_t offset) final {
    FREIGHT_ASSERT(offset >= offset_);
    std::vector<uint8_t> dropped(static_cast<size_t>(std::min(offset - offset_, kBufferBytes)));
    while (offset_ < offset) {
      const int64_t step = std::min(offset - offset_, kBufferBytes);
      ARROW_ASSIGN_OR_RAISE(const int64_t got, Read(step, dropped.data()));
      if (got == 0) break;
    }
    return Status::OK();
  }

 protected:
  // One step: up to `bytes` decoded bytes, possibly none; sets finished_ after the last one.
  virtual Result<int64_t> Decode(int64_t bytes, uint8_t* out) = 0;

  CompressedInput input_;
  bool finished_ = false;

 private:
  int64_t offset_ = 0;
};

const char* GzipReason(int code) {
  switch (code) {
    case ISAL_INVALID_WRAPPER: return "this is no gzip header";
    case ISAL_UNSUPPORTED_METHOD: return "the gzip header names a method other than deflate";
    case ISAL_INCORRECT_CHECKSUM: return "the gzip checksum does not match";
    default: return "the deflate data is invalid";
  }
}

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder(std::unique_ptr<ReadableFile> file, std::string path)
      : Decoder(std::move(file), std::move(path), "gzip"), state_(std::make_unique<inflate_state>()) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }

 private:
  Result<int64_t> Decode(int64_t bytes, uint8_t* out) override {
    ARROW_RETURN_NOT_OK(input_.Fill());
    if (between_members_) {
      ARROW_RETURN_NOT_OK(NextMember());
      return 0;
    }
    const auto room = static_cast<uint32_t>(std::min<int64_t>(bytes, std::numeric_limits<int32_t>::max()));
    state_->next_in = input_.data();
    state_->avail_in = static_cast<uint32_t>(input_.left());
    state_->next_out = out;
    state_->avail_out = room;
    const int code = isal_inflate(state_.get());
    input_.Skip(input_.left() - state_->avail_in);
    if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT) return input_.Corrupt(GzipReason(code));
    const int64_t got = room - state_->avail_out;
    between_members_ = state_->block_state == ISAL_BLOCK_FINISH;
    if (got == 0 && !between_members_ && input_.ended()) return input_.Truncated();
    return got;
  }

  Status NextMember() {
    while (input_.left() > 0 && *input_.data() == 0) {
      padded_ = true;
      input_.Skip(1);
    }
    if (input_.left() == 0) {
      finished_ = input_.ended();
      return Status::OK();
    }
    if (padded_) return input_.Corrupt("bytes follow the padding after the last gzip member");
    isal_inflate_reset(state_.get());
    state_->crc_flag = ISAL_GZIP;
    between_members_ = false;
    return Status::OK();
  }

  const std::unique_ptr<inflate_state> state_;
  bool between_members_ = false;
  bool padded_ = false;
};

class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder(std::unique_ptr<ReadableFile> file, std::string path)
      : Decoder(std::move(file), std::move(path), "zstd"), context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {
    FREIGHT_ASSERT(context_ != nullptr);
  }

 private:
  Result<int64_t> Decode(int64_t bytes, uint8_t* out) override {
    ARROW_RETURN_NOT_OK(input_.Fill());
    if (input_.ended() && between_frames_) {
      finished_ = true;
      return 0;
    }
    ZSTD_inBuffer from{input_.data(), static_cast<size_t>(input_.left()), 0};
    ZSTD_outBuffer to{out, static_cast<size_t>(bytes), 0};
    const size_t wanted = ZSTD_decompressStream(context_.get(), &to, &from);
    input_.Skip(static_cast<int64_t>(from.pos));
    if (ZSTD_isError(wanted) != 0) return input_.Corrupt(ZSTD_getErrorName(wanted));
    between_frames_ = wanted == 0;
    if (to.pos == 0 && !between_frames_ && input_.ended()) return input_.Truncated();
    return static_cast<int64_t>(to.pos);
  }

  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
  // False at first: a file without any frame is truncated, not empty.
  bool between_frames_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> GzipStream(std::unique_ptr<ReadableFile> file, std::string path) {
  return std::make_unique<GzipDecoder>(std::move(file), std::move(path));
}

std::unique_ptr<ByteStream> ZstdStream(std::unique_ptr<ReadableFile> file, std::string path) {
  return std::make_unique<ZstdDecoder>(std::move(file), std::move(path));
}

}  // namespace freight
