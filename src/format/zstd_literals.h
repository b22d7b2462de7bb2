// Huffman codes for the literals of zstd frames that we write ourselves: libzstd makes them, without a match search.
#pragma once

#include <zstd.h>

#include <cstdint>
#include <span>
#include <vector>

namespace freight {

class LiteralCoder {
 public:
  // `context` is the caller's and may be used for other things between two calls.
  explicit LiteralCoder(ZSTD_CCtx* context) : context_(context) {}

  // The literals section (RFC 8878, 3.1.1.3.1) for at most 128 KiB of literals, with codes of its own. Valid until the
  // next call. Empty if codes do not make them smaller, or libzstd cannot be asked for codes alone.
  std::span<const uint8_t> Code(std::span<const uint8_t> literals);

 private:
  ZSTD_CCtx* const context_;
  std::vector<uint8_t> frame_;
};

}  // namespace freight
