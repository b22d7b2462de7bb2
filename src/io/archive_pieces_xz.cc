// The cutter of xz files: the indexes say where blocks are, and a block in a stream of its own is an archive.
#include "io/archive_cutters.h"

#include <lzma.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace freight {
namespace {

// An index needs 16 bytes in memory for a block.
constexpr uint64_t kIndexBytesMax = 1 << 20;
constexpr int64_t kReadBytes = 4 << 10;

using Index = std::unique_ptr<lzma_index, void (*)(lzma_index*)>;
Index Own(lzma_index* index) {
  return {index, [](lzma_index* owned) { lzma_index_end(owned, nullptr); }};
}

// Null when the file's indexes cannot be read: what is wrong with it is said by who decodes it.
Result<Index> ReadIndex(ReadableFile& file) {
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, file.Stat());
  lzma_stream state = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> ended(&state, &lzma_end);
  lzma_index* read = nullptr;
  if (lzma_file_info_decoder(&state, &read, kIndexBytesMax, static_cast<uint64_t>(stat.size_bytes)) != LZMA_OK) {
    return Own(nullptr);
  }
  std::vector<uint8_t> buffer(kReadBytes);
  int64_t offset = 0;
  lzma_ret code = LZMA_OK;
  while (code == LZMA_OK || code == LZMA_SEEK_NEEDED) {
    if (code == LZMA_SEEK_NEEDED) {
      offset = static_cast<int64_t>(state.seek_pos);
      state.avail_in = 0;
    }
    if (state.avail_in == 0) {
      ARROW_ASSIGN_OR_RAISE(const int64_t got, file.ReadAt(offset, kReadBytes, buffer.data()));
      if (got == 0) break;
      state.next_in = buffer.data();
      state.avail_in = static_cast<size_t>(got);
      offset += got;
    }
    code = lzma_code(&state, LZMA_RUN);
  }
  return Own(code == LZMA_STREAM_END ? read : nullptr);
}

class XzCutter final : public PieceCutter {
 public:
  XzCutter(std::unique_ptr<ReadableFile> file, Index index) : file_(std::move(file)), index_(std::move(index)) {
    if (!index_ || lzma_index_block_count(index_.get()) < 2) return;
    lzma_index_iter at;
    lzma_index_iter_init(&at, index_.get());
    while (!lzma_index_iter_next(&at, LZMA_INDEX_ITER_BLOCK)) {
      plain_bytes_max_ = std::max(plain_bytes_max_, static_cast<int64_t>(at.block.uncompressed_size));
      bytes_max_ = std::max(bytes_max_, static_cast<int64_t>(at.block.total_size));
    }
    pieces_ = plain_bytes_max_ <= kPiecePlainBytesMax && bytes_max_ <= kPiecePlainBytesMax;
    lzma_index_iter_init(&at_, index_.get());
  }

  Result<std::optional<ArchivePiece>> Next() override {
    if (!pieces_ || ended_) return std::nullopt;
    ended_ = lzma_index_iter_next(&at_, LZMA_INDEX_ITER_BLOCK) != 0;
    if (ended_) return std::nullopt;
    ArchivePiece piece;
    piece.bytes.resize(LZMA_STREAM_HEADER_SIZE + at_.block.total_size);
    auto* bytes = reinterpret_cast<uint8_t*>(piece.bytes.data());
    lzma_stream_flags flags{};
    flags.check = at_.stream.flags->check;
    Check(lzma_stream_header_encode(&flags, bytes));
    const auto block_bytes = static_cast<int64_t>(at_.block.total_size);
    ARROW_ASSIGN_OR_RAISE(const int64_t got,
                          file_->ReadAt(static_cast<int64_t>(at_.block.compressed_file_offset), block_bytes,
                                        bytes + LZMA_STREAM_HEADER_SIZE));
    piece.bytes.resize(static_cast<size_t>(LZMA_STREAM_HEADER_SIZE + got));
    Close(flags, &piece.bytes);
    return piece;
  }
  std::optional<int64_t> rest() const override { return ended_ ? std::nullopt : std::optional<int64_t>(0); }
  int64_t piece_bytes() const override { return bytes_max_ + plain_bytes_max_ + kPieceWindowBytesMax; }
  std::unique_ptr<ReadableFile> TakeFile() override { return std::move(file_); }

 private:
  // The index of the one block, as the file's own has it, and the end of its stream.
  void Close(lzma_stream_flags flags, std::string* stream) const {
    const Index one = Own(lzma_index_init(nullptr));
    FREIGHT_ASSERT(one != nullptr);
    Check(lzma_index_append(one.get(), nullptr, at_.block.unpadded_size, at_.block.uncompressed_size));
    flags.backward_size = lzma_index_size(one.get());
    size_t size = stream->size();
    stream->resize(size + flags.backward_size + LZMA_STREAM_HEADER_SIZE);
    auto* bytes = reinterpret_cast<uint8_t*>(stream->data());
    Check(lzma_index_buffer_encode(one.get(), bytes, &size, stream->size()));
    Check(lzma_stream_footer_encode(&flags, bytes + size));
  }
  static void Check(lzma_ret code) { FREIGHT_ASSERT(code == LZMA_OK); }

  std::unique_ptr<ReadableFile> file_;
  const Index index_;
  lzma_index_iter at_{};
  int64_t bytes_max_ = 0, plain_bytes_max_ = 0;
  bool pieces_ = false;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<PieceCutter>> CutXz(std::unique_ptr<ReadableFile> file) {
  ARROW_ASSIGN_OR_RAISE(Index index, ReadIndex(*file));
  return std::make_unique<XzCutter>(std::move(file), std::move(index));
}

}  // namespace freight
