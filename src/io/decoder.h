// Decoders behind ByteStream: one for each compressed format.
#pragma once

#include "io/byte_stream.h"

#include <cstdint>
#include <memory>
#include <string>

namespace freight {

// What an archive may ask for its window: what zstd --long=27 and xz -9 need. More is refused.
inline constexpr int64_t kWindowBytesMax = int64_t{128} << 20;

// All members of a gzip file. Zero bytes after the last member are padding; anything else there is an error.
std::unique_ptr<ByteStream> GzipStream(std::unique_ptr<ReadableFile> file, std::string path);
// All frames of a zstd file.
std::unique_ptr<ByteStream> ZstdStream(std::unique_ptr<ReadableFile> file, std::string path);
// All streams of a bzip2 file.
std::unique_ptr<ByteStream> Bzip2Stream(std::unique_ptr<ReadableFile> file, std::string path);
// All streams of an xz file, with padding between them.
std::unique_ptr<ByteStream> XzStream(std::unique_ptr<ReadableFile> file, std::string path);

}  // namespace freight
