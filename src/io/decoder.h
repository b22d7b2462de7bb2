// Decoders behind ByteStream: one for each compressed format.
#pragma once

#include "io/byte_stream.h"

#include <cstdint>
#include <memory>
#include <string>

namespace freight {

// What an archive may ask for its window: what zstd --long=27 and xz -9 need. More is refused.
inline constexpr int64_t kWindowBytesMax = int64_t{128} << 20;

// An archive to decode. `from` is where a member, frame or stream begins when those before it are decoded already, or
// where the last one ended; messages count from the file's beginning.
struct ArchiveFile {
  std::unique_ptr<ReadableFile> bytes;
  std::string path;
  int64_t from = 0;
};

// All members of a gzip file. Zero bytes after the last member are padding; anything else there is an error.
std::unique_ptr<ByteStream> GzipStream(ArchiveFile file);
// All frames of a zstd file.
std::unique_ptr<ByteStream> ZstdStream(ArchiveFile file);
// All streams of a bzip2 file.
std::unique_ptr<ByteStream> Bzip2Stream(ArchiveFile file);
// All streams of an xz file, with padding between them.
std::unique_ptr<ByteStream> XzStream(ArchiveFile file);
// The one of the path's suffix; null when it is none of kCompressedSuffixes.
std::unique_ptr<ByteStream> OpenDecoder(ArchiveFile file);

}  // namespace freight
