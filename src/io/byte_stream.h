// Bytes of one input in order, decompressed: what lies behind it (a file, a FIFO, a decoder) stays here.
#pragma once

#include "base/memory_budget.h"
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
bool IsCompressed(std::string_view path);

// How many workers one decoder of the path's format keeps busy: a worker parses and writes some 0.3 GB/s, ISA-L and
// libzstd decode 1.3 GB/s of events, libbz2 and liblzma less than 0.1 GB/s.
int WorkersPerDecoder(const std::string& path);

// How an archive may be decoded by more than the thread that reads it.
struct DecodeOptions {
  int threads = 1;                 // 1: by the one that reads
  MemoryBudget* budget = nullptr;  // of what is decoded ahead; may be null in tests
  int64_t room_bytes = 0;          // of the budget that is left to others
};
inline constexpr const char* kArchivesBudgetPart = "archives";

// Decoder by name, all members, frames or streams of the file; else the bytes as they are. Refuses a directory.
Result<std::unique_ptr<ByteStream>> OpenByteStream(Env& env, const std::string& path,
                                                   const DecodeOptions& options = {});
std::unique_ptr<ByteStream> StringStream(std::string bytes);  // for tests

}  // namespace freight
