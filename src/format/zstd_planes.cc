// A block mixes no two streams: the codes of one fit all of its bytes, and a stream that is one byte throughout takes
// four bytes. zstd's own blocks of 128 KiB hold several streams of a page, and it looks for matches in them.
#include "format/zstd_planes.h"

#include "base/status.h"
#include "format/zstd_entropy.h"
#include "format/zstd_frame.h"

#include <algorithm>
#include <cstring>

namespace freight {
namespace {

constexpr int64_t kConstantBytes = 4;  // of a block

// One byte many times, or Huffman codes without matches, or the bytes as they are when there are no shorter codes.
bool PutStream(const uint8_t* bytes, int64_t length, LiteralCoder& coder, ZstdFrame* frame) {
  for (; length > 0; bytes += kZstdBlockBytes, length -= kZstdBlockBytes) {
    const auto part = static_cast<size_t>(std::min(length, kZstdBlockBytes));
    if (part > 1 && std::memcmp(bytes, bytes + 1, part - 1) == 0) {
      if (!frame->Repeated(*bytes, static_cast<int64_t>(part))) return false;
      continue;
    }
    const auto codes = coder.Code({bytes, part});
    if (codes.empty() || codes.size() + 1 >= part) {
      if (!frame->Raw(bytes, static_cast<int64_t>(part))) return false;
      continue;
    }
    if (frame->Room() < kZstdBlockHeaderBytes + static_cast<int64_t>(codes.size()) + 1) return false;
    uint8_t* const begin = frame->BeginBlock();
    std::memcpy(frame->Rest().data(), codes.data(), codes.size());
    frame->Skip(static_cast<int64_t>(codes.size()));
    frame->Put(0, 1);  // no sequences
    frame->EndBlock(begin);
  }
  return true;
}

}  // namespace

int64_t EstimatePlanes(std::string_view streams, int width) {
  const size_t length = streams.size() / static_cast<size_t>(width);
  int64_t total = 0;
  for (size_t at = 0; at + length <= streams.size(); at += length) {
    const std::string_view stream = streams.substr(at, length);
    if (stream.find_first_not_of(stream[0]) == stream.npos) {
      total += kConstantBytes;
      continue;
    }
    const auto* const bytes = reinterpret_cast<const uint8_t*>(stream.data());
    total += std::min(HuffmanBytes(CountBytes({bytes, length})), static_cast<int64_t>(length));
  }
  return total;
}

std::optional<int64_t> WritePlanesFrame(std::string_view body, int64_t stream_bytes, int width, LiteralCoder& coder,
                                        std::span<uint8_t> out) {
  FREIGHT_ASSERT(stream_bytes % width == 0);
  if (stream_bytes == 0) return std::nullopt;
  const auto* bytes = reinterpret_cast<const uint8_t*>(body.data());
  const uint8_t* const end = bytes + body.size();
  const int64_t length = stream_bytes / width;
  ZstdFrame frame(out);
  if (!frame.Header(body.size()) || !frame.Raw(bytes, end - bytes - stream_bytes)) return std::nullopt;
  for (const uint8_t* stream = end - stream_bytes; stream < end; stream += length) {
    if (!PutStream(stream, length, coder, &frame)) return std::nullopt;
  }
  return frame.Finish();
}

}  // namespace freight
