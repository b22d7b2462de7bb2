// Cuts an archive into pieces that can be decoded by themselves, where the format says where they begin and end.
//
//   gzip   blocks of BGZF, whose extra field says how long they are; members of other gzip files do not say it
//   zstd   frames, whose blocks say how long they are (pzstd, the seekable format)
//   bzip2  streams, found by the bytes that begin one and its first block (pbzip2)
//   xz     blocks, listed in the indexes at the end (xz -T)
//
// A piece is judged by nobody here: that its bytes are sound shows when they are decoded. Whoever meets a piece that is
// not lets a decoder of the whole file (decoder.h) go on where the piece begins, and so do the bytes that are no piece:
// what an archive means, and what is wrong with it, is said by those decoders alone.
#pragma once

#include "io/decoder.h"

#include <memory>
#include <optional>
#include <string>

namespace freight {

// Larger pieces are not cut: what a piece may decode to, and the window that its decoder may need.
inline constexpr int64_t kPiecePlainBytesMax = int64_t{32} << 20;
inline constexpr int64_t kPieceWindowBytesMax = int64_t{8} << 20;

struct ArchivePiece {
  std::string bytes;  // an archive of the same format by itself
  int64_t begin = 0;  // where a decoder of the whole file can go on instead of it; 0: only from the file's beginning
};

// Thread: one caller at a time. Blocks on I/O.
class PieceCutter {
 public:
  virtual ~PieceCutter() = default;
  // The next piece in order. nullopt: no piece follows, see rest().
  virtual Result<std::optional<ArchivePiece>> Next() = 0;
  // Where a decoder of the whole file must go on after the last piece; nullopt when nothing follows it.
  virtual std::optional<int64_t> rest() const = 0;
  // What a piece takes with its decoded bytes, as far as the format tells.
  virtual int64_t piece_bytes() const = 0;
  // The file, when no more pieces are wanted.
  virtual std::unique_ptr<ReadableFile> TakeFile() = 0;
};

// By the path's suffix, which is one of kCompressedSuffixes.
Result<std::unique_ptr<PieceCutter>> CutArchive(std::unique_ptr<ReadableFile> file, const std::string& path);

}  // namespace freight
