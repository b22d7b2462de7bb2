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
constexpr int64_t kSampleBytes = 8 << 10;

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

// Each value with its right neighbour, the left one in the low `width` bits.
void JoinPairs(const uint64_t* values, int64_t count, int width, uint64_t* pairs) {
  typedef uint64_t Words [[gnu::vector_size(16)]];
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    Words from[2];
    std::memcpy(from, values + i, sizeof from);
    const Words left = __builtin_shufflevector(from[0], from[1], 0, 2);
    const Words right = __builtin_shufflevector(from[0], from[1], 1, 3);
    const Words pair = left | right << width;
    std::memcpy(pairs + i / 2, &pair, sizeof pair);
  }
  for (; i < count; i += 2) pairs[i / 2] = values[i] | values[i + 1] << width;
}

void JoinPairs(const uint32_t* values, int64_t count, int width, uint64_t* pairs) {
  for (int64_t i = 0; i < count; i += 2) {
    uint64_t both;
    std::memcpy(&both, values + i, sizeof both);
    pairs[i / 2] = (both & 0xffffffff) | both >> 32 << width;
  }
}

// The low `width` bits (32..64) of each value, one after the other: whole bytes, and up to four more are touched.
void PutWords(const uint64_t* values, int64_t count, int width, uint8_t* out) {
  // The last value's bits in the byte where the next one starts: also those for which its own word had no room.
  uint64_t before = 0;
  for (int64_t i = 0, bit = 0; i < count; ++i) {
    const uint64_t word = values[i] << bit % 8 | before;
    std::memcpy(out + bit / 8, &word, sizeof word);
    bit += width;
    before = values[i] >> (width - 1 - bit % 8) >> 1;  // in two steps, as one of 64 bits is undefined
  }
}

// The low `width` (1..64) bits of each value, one after the other; those above are zero. Neighbours are joined into one
// value of twice the width until no two fit into a word: what is left to write is few words, and nothing depends on
// where in a word the bits fall. Touches up to four bytes behind those that it returns.
template <int64_t kCount, typename U>
uint8_t* PackBits(const U* values, int width, uint8_t* out) {
  if constexpr (kCount > 1) {
    if (sizeof(U) == sizeof(uint32_t) || width <= 32) {
      uint64_t pairs[kCount / 2];
      JoinPairs(values, kCount, width, pairs);
      return PackBits<kCount / 2>(pairs, 2 * width, out);
    }
  }
  if constexpr (sizeof(U) == sizeof(uint64_t)) PutWords(values, kCount, width, out);
  return out + kCount * width / 8;
}

// Lanes side by side, which the compiler turns into vectors: one least value would be waited for by each comparison.
template <typename T>
T LeastOfBlock(const T* values) {
  constexpr int kLanes = 8;
  T least[kLanes];
  std::memcpy(least, values, sizeof least);
  for (int64_t i = kLanes; i < kBlock; i += kLanes) {
    for (int k = 0; k < kLanes; ++k) least[k] = std::min(least[k], values[i + k]);
  }
  return *std::min_element(least, least + kLanes);
}

// `values` are `count` of them, at most a block, behind values[-1]. Deltas wrap around, as the format has it.
template <typename T>
uint8_t* PutBlock(const T* values, int64_t count, uint8_t* out) {
  using U = std::make_unsigned_t<T>;
  T deltas[kBlock];
  const auto delta = [values](int64_t i) {
    return static_cast<T>(static_cast<U>(values[i]) - static_cast<U>(values[i - 1]));
  };
  if (count == kBlock) {
    for (int64_t i = 0; i < kBlock; ++i) deltas[i] = delta(i);
  } else {
    for (int64_t i = 0; i < count; ++i) deltas[i] = delta(i);
    // What fills the block up is zero once the least has been taken off.
    std::fill(deltas + count, deltas + kBlock, *std::min_element(deltas, deltas + count));
  }
  const T least = LeastOfBlock(deltas);
  out = PutVarint(ZigZag(least), out);
  uint8_t* const widths = out;
  std::memset(widths, 0, kMinis);
  out += kMinis;
  for (int64_t mini = 0; mini * kMini < count; ++mini) {
    U above[kMini];
    U all = 0;
    for (int64_t i = 0; i < kMini; ++i) {
      above[i] = static_cast<U>(static_cast<U>(deltas[mini * kMini + i]) - static_cast<U>(least));
      all |= above[i];
    }
    widths[mini] = static_cast<uint8_t>(std::bit_width(all));
    if (all != 0) out = PackBits<kMini>(above, widths[mini], out);
  }
  return out;
}

template <typename T>
int64_t EncodeDeltas(std::span<const T> values, uint8_t* const start) {
  uint8_t* out = PutVarint(kBlock, start);
  out = PutVarint(kMinis, out);
  out = PutVarint(values.size(), out);
  out = PutVarint(ZigZag(values.empty() ? T{0} : values[0]), out);
  const auto total = static_cast<int64_t>(values.size());
  for (int64_t at = 1; at < total; at += kBlock) {
    out = PutBlock(values.data() + at, std::min(kBlock, total - at), out);
  }
  return out - start;
}

// Byte k of every value, then byte k + 1 of every value. Sixteen values are turned around at a time: joining the bytes
// of the first half and those of the second by turns moves each bit of a byte's place (four of the value's number,
// above two or three of the byte's) up by one and the highest one down, and after four times the number is below.
template <int kWidth>
void SplitStreamsOf(const char* in, int64_t count, uint8_t* out) {
  typedef uint8_t Bytes [[gnu::vector_size(16)]];
  int64_t done = 0;
  for (; done + 16 <= count; done += 16) {
    Bytes from[kWidth], to[kWidth];
    std::memcpy(from, in + done * kWidth, sizeof from);
    for (int turn = 0; turn < 4; ++turn) {
      for (int i = 0; i < kWidth / 2; ++i) {
        const Bytes a = from[i], b = from[i + kWidth / 2];
        to[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        to[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      }
      std::memcpy(from, to, sizeof from);
    }
    for (int k = 0; k < kWidth; ++k) std::memcpy(out + k * count + done, &from[k], sizeof(Bytes));
  }
  for (; done < count; ++done) {
    for (int k = 0; k < kWidth; ++k) out[k * count + done] = static_cast<uint8_t>(in[done * kWidth + k]);
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

void SplitStreams(std::string_view values, int64_t width, uint8_t* out) {
  const auto bytes = static_cast<int64_t>(values.size());
  width == 4 ? SplitStreamsOf<4>(values.data(), bytes / 4, out) : SplitStreamsOf<8>(values.data(), bytes / 8, out);
}

}  // namespace freight
