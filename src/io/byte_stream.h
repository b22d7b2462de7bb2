// Bytes of one input in order, decompressed: what lies behind it (a file, a FIFO, a gzip or zstd decoder) stays here.
#pragma once

#include "base/status.h"
#include "io/env.h"

#include <cstdint>
#include <memory>
#include <string>

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
};

// Decoder by name: ".gz" (all members), ".zst" (all frames), else the bytes as they are. Refuses a directory.
Result<std::unique_ptr<ByteStream>> OpenByteStream(Env& env, const std::string& path);
std::unique_ptr<ByteStream> StringStream(std::string bytes);  // for tests

}  // namespace freight
