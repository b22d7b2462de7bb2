// Streaming bzip2 and xz decoders with bounded buffers; see decoder.h.
#include "io/decoder.h"

#include "io/decoder_base.h"

#include <bzlib.h>
#include <lzma.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace freight {
namespace {

class Bzip2Decoder final : public Decoder {
 public:
  explicit Bzip2Decoder(ArchiveFile file) : Decoder(std::move(file), "bzip2"), between_streams_(input_.offset() > 0) {
    Start();
  }
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&state_); }

 private:
  // About 3.6 MiB for the largest block size.
  static constexpr int64_t kStateBytes = 3700 * 1024;
  int64_t state_bytes() const override { return kStateBytes; }

  void Start() {
    state_ = {};
    const int started = BZ2_bzDecompressInit(&state_, 0, 0);
    FREIGHT_ASSERT(started == BZ_OK);
  }

  Result<int64_t> Decode(int64_t bytes, uint8_t* out) override {
    ARROW_RETURN_NOT_OK(input_.Fill());
    if (between_streams_) {
      finished_ = input_.ended();
      if (finished_) return 0;
      BZ2_bzDecompressEnd(&state_);
      Start();
      between_streams_ = false;
    }
    const auto room = static_cast<unsigned>(std::min<int64_t>(bytes, std::numeric_limits<int32_t>::max()));
    state_.next_in = reinterpret_cast<char*>(input_.data());
    state_.avail_in = static_cast<unsigned>(input_.left());
    state_.next_out = reinterpret_cast<char*>(out);
    state_.avail_out = room;
    const int code = BZ2_bzDecompress(&state_);
    input_.Skip(input_.left() - state_.avail_in);
    if (code == BZ_DATA_ERROR_MAGIC) return input_.Corrupt("this is no bzip2 header");
    if (code != BZ_OK && code != BZ_STREAM_END) return input_.Corrupt("the bzip2 data is invalid");
    const int64_t got = room - state_.avail_out;
    between_streams_ = code == BZ_STREAM_END;
    if (got == 0 && !between_streams_ && input_.ended()) return input_.Truncated();
    return got;
  }

  bz_stream state_{};
  bool between_streams_;
};

const char* XzReason(lzma_ret code) {
  switch (code) {
    case LZMA_FORMAT_ERROR: return "this is no xz header";
    case LZMA_OPTIONS_ERROR: return "the xz data uses an unknown filter or check";
    default: return "the xz data is invalid";
  }
}

class XzDecoder final : public Decoder {
 public:
  explicit XzDecoder(ArchiveFile file) : Decoder(std::move(file), "xz") {
    const lzma_ret started = lzma_stream_decoder(&state_, kWindowBytesMax, LZMA_CONCATENATED);
    FREIGHT_ASSERT(started == LZMA_OK);
  }
  ~XzDecoder() override { lzma_end(&state_); }

 private:
  int64_t state_bytes() const override { return static_cast<int64_t>(lzma_memusage(&state_)); }

  Result<int64_t> Decode(int64_t bytes, uint8_t* out) override {
    ARROW_RETURN_NOT_OK(input_.Fill());
    state_.next_in = input_.data();
    state_.avail_in = static_cast<size_t>(input_.left());
    state_.next_out = out;
    state_.avail_out = static_cast<size_t>(bytes);
    const lzma_ret code = lzma_code(&state_, input_.ended() ? LZMA_FINISH : LZMA_RUN);
    input_.Skip(input_.left() - static_cast<int64_t>(state_.avail_in));
    const int64_t got = bytes - static_cast<int64_t>(state_.avail_out);
    finished_ = code == LZMA_STREAM_END;
    if (code == LZMA_OK || finished_) return got;
    // Nothing more to give and nothing more to take; on a file that goes on the next step gives more.
    if (code == LZMA_BUF_ERROR) return input_.ended() && got == 0 ? input_.Truncated() : Result<int64_t>(got);
    return code == LZMA_MEMLIMIT_ERROR ? input_.WindowTooLarge() : input_.Corrupt(XzReason(code));
  }

  lzma_stream state_ = LZMA_STREAM_INIT;
};

}  // namespace

std::unique_ptr<ByteStream> Bzip2Stream(ArchiveFile file) {
  return std::make_unique<Bzip2Decoder>(std::move(file));
}

std::unique_ptr<ByteStream> XzStream(ArchiveFile file) {
  return std::make_unique<XzDecoder>(std::move(file));
}

}  // namespace freight
