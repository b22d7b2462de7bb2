// Streaming gzip (ISA-L) and zstd decoders with bounded buffers; see decoder.h.
#include "io/decoder.h"

#include "io/decoder_base.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace freight {
namespace {

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
  explicit GzipDecoder(ArchiveFile file)
      : Decoder(std::move(file), "gzip"),
        state_(std::make_unique<inflate_state>()),
        between_members_(input_.offset() > 0) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }

 private:
  int64_t state_bytes() const override { return sizeof(inflate_state); }

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
  bool between_members_;
  bool padded_ = false;
};

class ZstdDecoder final : public Decoder {
 public:
  explicit ZstdDecoder(ArchiveFile file)
      : Decoder(std::move(file), "zstd"),
        context_(ZSTD_createDCtx(), &ZSTD_freeDCtx),
        between_frames_(input_.offset() > 0) {
    FREIGHT_ASSERT(context_ != nullptr);
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, std::bit_width(uint64_t{kWindowBytesMax}) - 1);
  }

 private:
  int64_t state_bytes() const override { return static_cast<int64_t>(ZSTD_sizeof_DCtx(context_.get())); }

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
    if (ZSTD_getErrorCode(wanted) == ZSTD_error_frameParameter_windowTooLarge) return input_.WindowTooLarge();
    if (ZSTD_isError(wanted) != 0) return input_.Corrupt(ZSTD_getErrorName(wanted));
    between_frames_ = wanted == 0;
    if (to.pos == 0 && !between_frames_ && input_.ended()) return input_.Truncated();
    return static_cast<int64_t>(to.pos);
  }

  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context_;
  // False at first: a file without any frame is truncated, not empty.
  bool between_frames_;
};

}  // namespace

std::unique_ptr<ByteStream> GzipStream(ArchiveFile file) {
  return std::make_unique<GzipDecoder>(std::move(file));
}

std::unique_ptr<ByteStream> ZstdStream(ArchiveFile file) {
  return std::make_unique<ZstdDecoder>(std::move(file));
}

}  // namespace freight
