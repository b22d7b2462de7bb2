// Decoders behind ByteStream: one for each compressed format.
#pragma once

#include "io/byte_stream.h"

#include <memory>
#include <string>

namespace freight {

// All members of a gzip file. Zero bytes after the last member are padding; anything else there is an error.
std::unique_ptr<ByteStream> GzipStream(std::unique_ptr<ReadableFile> file, std::string path);
// All frames of a zstd file.
std::unique_ptr<ByteStream> ZstdStream(std::unique_ptr<ReadableFile> file, std::string path);

}  // namespace freight
