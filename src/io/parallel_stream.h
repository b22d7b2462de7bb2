// An archive of many pieces as one stream: pieces are decoded by several threads ahead of who reads.
#pragma once

#include "io/decoder.h"

#include <memory>

namespace freight {

// In smaller files there is nothing to share.
inline constexpr int64_t kParallelBytesMin = 512 << 10;

// The one decoder of the whole file when it has no pieces (io/archive_pieces.h), or only one, or the budget no room for
// two. Else a stream that gives the bytes, and ends in the message, of that decoder. A piece for each thread and one
// more are decoded or wait to be read; but for the one that is read next only as far as the budget has room for them
// and for options.room_bytes more.
// Thread: as ByteStream; its own threads end with it.
Result<std::unique_ptr<ByteStream>> ParallelStream(ArchiveFile file, const DecodeOptions& options);

}  // namespace freight
