// Cutters of gzip, zstd and bzip2 files, which are read from front to back; see archive_pieces.h.
#include "io/archive_pieces.h"

#include "io/archive_cutters.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace freight {
namespace {

// Pieces are gathered to at least this, so that handing them over costs little beside decoding them.
constexpr int64_t kPieceBytes = 256 << 10;
// No piece's end was found within these bytes: there is none to be expected.
constexpr int64_t kPieceBytesMax = 4 << 20;
constexpr int64_t kReadBytes = 256 << 10;

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// Takes bytes off the front of a file that it has looked at.
class FrontCutter : public PieceCutter {
 public:
  explicit FrontCutter(std::unique_ptr<ReadableFile> file) : file_(std::move(file)) {}

  Result<std::optional<ArchivePiece>> Next() final {
    int64_t bytes = 0;
    while (bytes < kPieceBytes) {
      ARROW_ASSIGN_OR_RAISE(const int64_t end, EndOfUnit(bytes));
      if (end == bytes) break;
      bytes = end;
    }
    if (bytes == 0) return std::nullopt;
    ArchivePiece piece{ahead_.substr(0, static_cast<size_t>(bytes)), begin_};
    ahead_.erase(0, static_cast<size_t>(bytes));
    begin_ += bytes;
    return piece;
  }
  std::optional<int64_t> rest() const final { return begin_; }
  std::unique_ptr<ReadableFile> TakeFile() final { return std::move(file_); }

 protected:
  // The end of the unit (block, frame, stream) that begins at `from` of ahead(); `from` when there is none.
  virtual Result<int64_t> EndOfUnit(int64_t from) = 0;

  // Reads until ahead() has `bytes` bytes; false when the file ends before.
  Result<bool> Look(int64_t bytes) {
    while (static_cast<int64_t>(ahead_.size()) < bytes && !ended_) {
      const size_t size = ahead_.size();
      const int64_t wanted = std::max(kReadBytes, bytes - static_cast<int64_t>(size));
      ahead_.resize(size + static_cast<size_t>(wanted));
      ARROW_ASSIGN_OR_RAISE(const int64_t got,
                            file_->ReadAt(begin_ + static_cast<int64_t>(size), wanted, ahead_.data() + size));
      ahead_.resize(size + static_cast<size_t>(got));
      ended_ = got == 0;
    }
    return static_cast<int64_t>(ahead_.size()) >= bytes;
  }
  std::string_view ahead() const { return ahead_; }
  bool ended() const { return ended_; }

 private:
  std::unique_ptr<ReadableFile> file_;
  std::string ahead_;   // from begin_ on
  int64_t begin_ = 0;
  bool ended_ = false;  // ahead_ reaches the file's end
};

// A BGZF block: a gzip member with an extra field "BC" that holds its size less one. It decodes to 64 KiB at most.
class GzipCutter final : public FrontCutter {
 public:
  using FrontCutter::FrontCutter;
  int64_t piece_bytes() const override { return 16 * kPieceBytes; }

 private:
  static constexpr int64_t kFixedBytes = 12;  // of the header, up to the extra field

  Result<int64_t> EndOfUnit(int64_t from) override {
    ARROW_ASSIGN_OR_RAISE(const bool fixed, Look(from + kFixedBytes));
    if (!fixed || !ahead().substr(from).starts_with("\x1F\x8B\x08\x04")) return from;
    const auto extra = static_cast<int64_t>(LittleEndian(ahead().substr(from + 10, 2)));
    ARROW_ASSIGN_OR_RAISE(const bool whole, Look(from + kFixedBytes + extra));
    const int64_t bytes = whole ? BlockBytes(ahead().substr(from + kFixedBytes, extra)) : 0;
    ARROW_ASSIGN_OR_RAISE(const bool there, Look(from + bytes));
    return there ? from + bytes : from;
  }

  static int64_t BlockBytes(std::string_view extra) {
    while (extra.size() >= 4) {
      const size_t bytes = LittleEndian(extra.substr(2, 2));
      if (extra.starts_with("BC") && bytes == 2 && extra.size() >= 6) {
        return static_cast<int64_t>(LittleEndian(extra.substr(4, 2))) + 1;
      }
      extra.remove_prefix(std::min(extra.size(), 4 + bytes));
    }
    return 0;
  }
};

class ZstdCutter final : public FrontCutter {
 public:
  using FrontCutter::FrontCutter;
  int64_t piece_bytes() const override { return 16 * kPieceBytes; }

 private:
  static constexpr int64_t kHeaderBytesMax = 18;

  Result<int64_t> EndOfUnit(int64_t from) override {
    for (int64_t bytes_wanted = kHeaderBytesMax; bytes_wanted <= kPieceBytesMax; bytes_wanted *= 2) {
      ARROW_ASSIGN_OR_RAISE(const bool more, Look(from + bytes_wanted));
      const std::string_view frame = ahead().substr(from);
      if (frame.empty() || WindowBytes(frame) > kPieceWindowBytesMax) return from;
      const size_t bytes = ZSTD_findFrameCompressedSize(frame.data(), frame.size());
      if (ZSTD_isError(bytes) == 0) return from + static_cast<int64_t>(bytes);
      if (!more) return from;
    }
    return from;
  }

  // RFC 8878, 3.1.1.1: the window, or the content's size where that is the window. 0 of what is no frame's header.
  static int64_t WindowBytes(std::string_view frame) {
    if (!frame.starts_with("\x28\xB5\x2F\xFD") || static_cast<int64_t>(frame.size()) < kHeaderBytesMax) return 0;
    const auto descriptor = static_cast<uint8_t>(frame[4]);
    const bool single_segment = (descriptor >> 5 & 1) != 0;
    if (!single_segment) {
      const auto window = static_cast<uint8_t>(frame[5]);
      const int64_t base = int64_t{1} << (10 + (window >> 3));
      return base + base / 8 * (window & 7);
    }
    constexpr size_t kDictionaryIdBytes[] = {0, 1, 2, 4};
    constexpr size_t kContentSizeBytes[] = {1, 2, 4, 8};
    const size_t at = 5 + kDictionaryIdBytes[descriptor & 3];
    const uint64_t content = LittleEndian(frame.substr(at, kContentSizeBytes[descriptor >> 6]));
    return static_cast<int64_t>(std::min<uint64_t>(content, kPieceWindowBytesMax + 1));
  }
};

class Bzip2Cutter final : public FrontCutter {
 public:
  using FrontCutter::FrontCutter;
  int64_t piece_bytes() const override { return 24 * kPieceBytes; }

 private:
  static constexpr std::string_view kBlock = "1AY&SY";  // begins the first block of a stream, 4 bytes after "BZh9"
  static constexpr int64_t kBlockAt = 4;

  // Another stream begins there, or the file ends.
  Result<int64_t> EndOfUnit(int64_t from) override {
    int64_t searched = from + kBlockAt;
    for (int64_t wanted = from + kPieceBytes; wanted <= from + kPieceBytesMax; wanted += kPieceBytes) {
      ARROW_ASSIGN_OR_RAISE(const bool more, Look(wanted));
      if (!BeginsAt(from)) return from;
      for (size_t at; (at = ahead().find(kBlock, searched)) != std::string_view::npos;) {
        searched = static_cast<int64_t>(at) + 1;
        const int64_t begin = static_cast<int64_t>(at) - kBlockAt;
        if (begin > from && BeginsAt(begin)) return begin;
      }
      if (!more) return static_cast<int64_t>(ahead().size());
      searched = std::max(searched, static_cast<int64_t>(ahead().size() - kBlock.size()));
    }
    return from;
  }

  bool BeginsAt(int64_t at) const {
    const std::string_view stream = ahead().substr(at);
    return stream.size() > kBlockAt && stream.starts_with("BZh") && stream[3] >= '1' && stream[3] <= '9' &&
           stream.substr(kBlockAt).starts_with(kBlock);
  }
};

}  // namespace

Result<std::unique_ptr<PieceCutter>> CutArchive(std::unique_ptr<ReadableFile> file, const std::string& path) {
  if (path.ends_with(".xz")) return CutXz(std::move(file));
  if (path.ends_with(".gz")) return std::make_unique<GzipCutter>(std::move(file));
  if (path.ends_with(".zst")) return std::make_unique<ZstdCutter>(std::move(file));
  FREIGHT_ASSERT(path.ends_with(".bz2"));
  return std::make_unique<Bzip2Cutter>(std::move(file));
}

}  // namespace freight
