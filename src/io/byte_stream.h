// Bytes of one input in order, decompressed: what lies behind it (a file, a FIFO, a decoder) stays here.
#pragma once

#include "base/status.h"
#include "io/env.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace freight {

// Thread: one caller at a time. Blocks on I/O.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Reads up to `bytes` (at least 1 unless at the end: 0). A truncated or corrupt archive is an error that names the
  // compressed offset.
  virtual Result<int64_t> Read(int64_t bytes, void* out) = 0;
  // Skips to `offset` >= current, in decompressed bytes; a plain file seeks, a decoder decodes and drops.
  virtual Status SkipTo(int64_t offset) = 0;
  // What it holds now, a decoder's window included.
  virtual int64_t memory_bytes() const { return 0; }
};

// Names that end so are decompressed.
inline constexpr std::string_view kCompressedSuffixes[] = {".gz", ".zst", ".bz2", ".xz"};

// Decoder by name, all members, frames or streams of the file; else the bytes as they are. Refuses a directory.
Result<std::unique_ptr<ByteStream>> OpenByteStream(Env& env, const std::string& path);
std::unique_ptr<ByteStream> StringStream(std::string bytes);  // for tests

}  // namespace freight
