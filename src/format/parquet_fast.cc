// Delta, byte-stream-split and delta-length encoders, and the choice between them and PLAIN.
#include "format/parquet_fast.h"

#include <arrow/type.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace freight {
namespace {

constexpr int64_t kBlock = 128;
constexpr int64_t kMini = 32;
constexpr int64_t kMinis = kBlock / kMini;
// Enough values to judge a page by; few enough to compress twice.
constexpr int64_t kSampleBytes = 64 << 10;

uint8_t* PutVarint(uint64_t value, uint8_t* out) {
  while (value >= 0x80) {
    *out++ = static_cast<uint8_t>(value) | 0x80;
    value >>= 7;
  }
  *out++ = static_cast<uint8_t>(value);
  return out;
}

template <typename T>
uint64_t ZigZag(T value) {
  const auto wide = static_cast<int64_t>(value);
  return static_cast<uint64_t>(wide) << 1 ^ static_cast<uint64_t>(wide >> 63);
}

template <typename U>
uint8_t* PackMini(const U* values, int width, uint8_t* out) {
  unsigned __int128 pending = 0;
  int bits = 0;
  for (int64_t i = 0; i < kMini; ++i) {
    pending |= static_cast<unsigned __int128>(values[i]) << bits;
    bits += width;
    if (bits < 64) continue;
    const auto word = static_cast<uint64_t>(pending);
    std::memcpy(out, &word, sizeof word);
    out += sizeof word;
    pending >>= 64;
    bits -= 64;
  }
  const auto word = static_cast<uint64_t>(pending);
  std::memcpy(out, &word, static_cast<size_t>(bits / 8));
  return out + bits / 8;
}

// Deltas wrap around, as the format has it. `deltas` holds `count` of them and zeros up to a whole block.
template <typename U>
uint8_t* PutBlock(U* deltas, int64_t count, uint8_t* out) {
  using T = std::make_signed_t<U>;
  T least = static_cast<T>(deltas[0]);
  for (int64_t i = 1; i < count; ++i) least = std::min(least, static_cast<T>(deltas[i]));
  for (int64_t i = 0; i < count; ++i) deltas[i] = static_cast<U>(deltas[i] - static_cast<U>(least));
  out = PutVarint(ZigZag(least), out);
  uint8_t* const widths = out;
  std::memset(widths, 0, kMinis);
  out += kMinis;
  for (int64_t mini = 0; mini * kMini < count; ++mini) {
    const U* values = deltas + mini * kMini;
    U all = 0;
    for (int64_t i = 0; i < kMini; ++i) all |= values[i];
    widths[mini] = static_cast<uint8_t>(std::bit_width(all));
    out = PackMini(values, widths[mini], out);
  }
  return out;
}

template <typename T>
int64_t EncodeDeltas(std::span<const T> values, uint8_t* const start) {
  using U = std::make_unsigned_t<T>;
  uint8_t* out = PutVarint(kBlock, start);
  out = PutVarint(kMinis, out);
  out = PutVarint(values.size(), out);
  out = PutVarint(ZigZag(values.empty() ? T{0} : values[0]), out);
  const auto total = static_cast<int64_t>(values.size());
  for (int64_t at = 1; at < total; at += kBlock) {
    U deltas[kBlock] = {};
    const int64_t count = std::min(kBlock, total - at);
    for (int64_t i = 0; i < count; ++i) {
      const auto row = static_cast<size_t>(at + i);
      deltas[i] = static_cast<U>(static_cast<U>(values[row]) - static_cast<U>(values[row - 1]));
    }
    out = PutBlock(deltas, count, out);
  }
  return out - start;
}

// Byte k of every value, then byte k + 1 of every value.
void SplitStreams(std::string_view values, int64_t width, uint8_t* out) {
  const int64_t count = static_cast<int64_t>(values.size()) / width;
  const auto* in = reinterpret_cast<const uint8_t*>(values.data());
  for (int64_t byte = 0; byte < width; ++byte) {
    for (int64_t i = 0; i < count; ++i) out[byte * count + i] = in[i * width + byte];
  }
}

template <typename T>
std::span<const T> ValuesOf(std::string_view bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

std::string_view View(const uint8_t* bytes, int64_t length) {
  return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(length)};
}

}  // namespace

FastFamily FastFamilyOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64: return FastFamily::kSplit;
    case arrow::Type::DECIMAL128:
    case arrow::Type::FIXED_SIZE_BINARY: return FastFamily::kNone;
    default: return FastFamily::kDelta;
  }
}

Result<PageEncoding> ChooseEncoding(FastFamily family, std::string_view values, int64_t width,
                                    PageCompressor* compressor) {
  const bool split = family == FastFamily::kSplit;
  const PageEncoding other = split ? PageEncoding::kByteStreamSplit : PageEncoding::kDeltaBinaryPacked;
  const std::string_view sample = values.substr(0, static_cast<size_t>(kSampleBytes));
  if (family == FastFamily::kNone || sample.empty()) return PageEncoding::kPlain;
  ARROW_ASSIGN_OR_RAISE(const int64_t plain, compressor->StoredBytes(sample));
  ARROW_ASSIGN_OR_RAISE(const std::string_view rewritten, RewriteNumbers(other, sample, width, compressor));
  ARROW_ASSIGN_OR_RAISE(const int64_t bytes, compressor->StoredBytes(rewritten));
  return bytes < plain ? other : PageEncoding::kPlain;
}

Result<std::string_view> RewriteNumbers(PageEncoding encoding, std::string_view values, int64_t width,
                                        PageCompressor* compressor) {
  const int64_t count = static_cast<int64_t>(values.size()) / width;
  if (encoding == PageEncoding::kByteStreamSplit) {
    ARROW_ASSIGN_OR_RAISE(uint8_t* out, compressor->RewriteSpace(static_cast<int64_t>(values.size())));
    SplitStreams(values, width, out);
    return View(out, static_cast<int64_t>(values.size()));
  }
  FREIGHT_ASSERT(encoding == PageEncoding::kDeltaBinaryPacked);
  ARROW_ASSIGN_OR_RAISE(uint8_t* out, compressor->RewriteSpace(DeltaBytesMax(count, width)));
  return View(out, width == 4 ? EncodeDelta(ValuesOf<int32_t>(values), out)
                              : EncodeDelta(ValuesOf<int64_t>(values), out));
}

Result<std::string_view> RewriteStrings(std::string_view values, int64_t count, PageCompressor* compressor) {
  // Lengths at the end of the space, the result in front of them.
  const int64_t text = static_cast<int64_t>(values.size()) - count * 4;
  const int64_t front = (DeltaBytesMax(count, 4) + text + 7) / 8 * 8;
  ARROW_ASSIGN_OR_RAISE(uint8_t* out, compressor->RewriteSpace(front + count * 4));
  auto* lengths = reinterpret_cast<int32_t*>(out + front);
  const char* at = values.data();
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(lengths + i, at, sizeof(int32_t));
    at += 4 + lengths[i];
  }
  uint8_t* to = out + EncodeDelta(std::span<const int32_t>(lengths, static_cast<size_t>(count)), out);
  at = values.data();
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to, at + 4, static_cast<size_t>(lengths[i]));
    to += lengths[i];
    at += 4 + lengths[i];
  }
  return View(out, to - out);
}

int64_t DeltaBytesMax(int64_t count, int64_t width) {
  // A header, then per block the least delta, the widths and at most all bits of each value.
  return 32 + (count / kBlock + 1) * (10 + kMinis + kBlock * width) + 8;
}

int64_t EncodeDelta(std::span<const int32_t> values, uint8_t* out) { return EncodeDeltas(values, out); }
int64_t EncodeDelta(std::span<const int64_t> values, uint8_t* out) { return EncodeDeltas(values, out); }

}  // namespace freight
