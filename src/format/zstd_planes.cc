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
// Codes for the upper half of amounts take as long as those for their signs, and save a seventh instead of nearly all.
constexpr int64_t kCodesPayPercent = 80;

// One byte many times, or Huffman codes without matches, or the bytes as they are when there are no shorter codes or no
// coder.
bool PutStream(const uint8_t* bytes, int64_t length, LiteralCoder* coder, ZstdFrame* frame) {
  for (; length > 0; bytes += kZstdBlockBytes, length -= kZstdBlockBytes) {
    const auto part = static_cast<size_t>(std::min(length, kZstdBlockBytes));
    if (part > 1 && std::memcmp(bytes, bytes + 1, part - 1) == 0) {
      if (!frame->Repeated(*bytes, static_cast<int64_t>(part))) return false;
      continue;
    }
    const auto codes = coder != nullptr ? coder->Code({bytes, part}) : std::span<const uint8_t>{};
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

PlanesEstimate EstimatePlanes(std::string_view streams, int width) {
  const size_t length = streams.size() / static_cast<size_t>(width);
  PlanesEstimate estimate{{width}};
  for (int i = 0; i < width; ++i) {
    const std::string_view stream = streams.substr(static_cast<size_t>(i) * length, length);
    if (stream.find_first_not_of(stream[0]) == stream.npos) {
      estimate.bytes += kConstantBytes;
      continue;
    }
    const auto* const bytes = reinterpret_cast<const uint8_t*>(stream.data());
    const auto raw = static_cast<int64_t>(length);
    const int64_t codes = HuffmanBytes(CountBytes({bytes, length}));
    const bool pay = codes * 100 <= raw * kCodesPayPercent;
    estimate.planes.coded |= static_cast<uint8_t>(pay << i);
    estimate.bytes += pay ? codes : raw;
  }
  return estimate;
}

std::optional<int64_t> WritePlanesFrame(std::string_view body, int64_t stream_bytes, const Planes& planes,
                                        LiteralCoder& coder, std::span<uint8_t> out) {
  FREIGHT_ASSERT(stream_bytes % planes.width == 0);
  if (stream_bytes == 0) return std::nullopt;
  const auto* bytes = reinterpret_cast<const uint8_t*>(body.data());
  const uint8_t* const end = bytes + body.size();
  const int64_t length = stream_bytes / planes.width;
  ZstdFrame frame(out);
  if (!frame.Header(body.size()) || !frame.Raw(bytes, end - bytes - stream_bytes)) return std::nullopt;
  const uint8_t* const streams = end - stream_bytes;
  for (int i = 0; i < planes.width; ++i) {
    const bool coded = (planes.coded >> i & 1) != 0;
    if (!PutStream(streams + i * length, length, coded ? &coder : nullptr, &frame)) return std::nullopt;
  }
  return frame.Finish();
}

}  // namespace freight
