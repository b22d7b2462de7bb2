// Frames of literals and run-length sequences: a value costs its low bytes, or their codes, and not one bit more.
//
// A decoder starts with the repeated offsets 1, 4 and 8, so the first sequence of a frame states its offset and all
// others repeat it. Literal length, offset and match length are then the same in each sequence of a block; the format
// writes such codes once per block (RLE mode), and none of them needs extra bits.
#include "format/zstd_stride.h"

#include "base/status.h"
#include "format/zstd_entropy.h"
#include "format/zstd_frame.h"
#include "format/zstd_numbers.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace freight {
namespace {

constexpr uint8_t kAllRle = 0x54;  // modes of literal lengths, offsets, match lengths
constexpr int64_t kBlockOverhead = 3 + 3 + 3 + 4 + 1;
// A value that is not like the one before it ends a block and stands in one of its own.
constexpr int64_t kExceptionBytes = kBlockOverhead + 3;

template <typename U>
std::array<int64_t, 9> CountDiffering(std::string_view values) {
  std::array<int64_t, 9> counts{};
  const auto* at = reinterpret_cast<const uint8_t*>(values.data());
  const size_t count = values.size() / sizeof(U);
  for (size_t i = 1; i < count; ++i) {
    const U before = LoadNumber<U>(at + (i - 1) * sizeof(U));
    ++counts[static_cast<size_t>(DifferingBytes(LoadNumber<U>(at + i * sizeof(U)), before))];
  }
  return counts;
}

// The `low` lowest bytes of each value, one behind the other; whole values are stored, each over the rest of the one
// before, so `out` holds sizeof(U) bytes more than it keeps.
template <typename U>
void LowBytes(const uint8_t* values, int64_t count, int low, uint8_t* out) {
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(out + i * low, values + i * static_cast<int64_t>(sizeof(U)), sizeof(U));
  }
}

class StrideWriter {
 public:
  StrideWriter(const Stride& stride, LiteralCoder& coder, ZstdFrame& frame)
      : stride_(stride), coder_(coder), frame_(frame) {}

  // One block of `count` values, each like the one before it. The first of a frame holds one value. False without room.
  template <typename U>
  bool Values(const uint8_t* values, int64_t count) {
    const int64_t literals = count * stride_.low;
    if (frame_.Room() < kBlockOverhead + literals + static_cast<int64_t>(sizeof(U))) return false;
    uint8_t* const block = frame_.BeginBlock();
    Literals<U>(values, count);
    frame_.SequenceCount(count);
    frame_.Put(kAllRle, 1);
    frame_.Put(static_cast<uint32_t>(stride_.low), 1);
    // The stated offset is `width`, of which the format keeps width + 3: its highest bit as the code, the rest, which
    // is 3 for both widths, as bits beneath the mark that ends the stream.
    const uint32_t offset_code = stride_.width == 8 ? 3 : 2;
    frame_.Put(offset_known_ ? 0 : offset_code, 1);
    frame_.Put(static_cast<uint32_t>(stride_.width - stride_.low - kZstdMatchMin), 1);
    frame_.Put(offset_known_ ? 1 : (1U << offset_code | 3), 1);
    offset_known_ = true;
    frame_.EndBlock(block);
    return true;
  }

 private:
  // Codes go where the bytes were, being fewer.
  template <typename U>
  void Literals(const uint8_t* values, int64_t count) {
    const int64_t bytes = count * stride_.low;
    uint8_t* const section = frame_.Rest().data();
    frame_.LiteralsHeader(bytes);
    uint8_t* const at = frame_.Rest().data();
    LowBytes<U>(values, count, stride_.low, at);
    const auto codes = stride_.coded ? coder_.Code({at, static_cast<size_t>(bytes)}) : std::span<const uint8_t>{};
    if (codes.empty()) return frame_.Skip(bytes);
    std::memcpy(section, codes.data(), codes.size());
    frame_.Skip(section + codes.size() - at);
  }

  const Stride stride_;
  LiteralCoder& coder_;
  ZstdFrame& frame_;
  bool offset_known_ = false;
};

// How many of the values are like the one before them, which is there.
template <typename U>
int64_t AlikeAtStart(const uint8_t* values, int64_t count, int low) {
  const auto upper = [&](int64_t i) {
    return (LoadNumber<U>(values + i * static_cast<int64_t>(sizeof(U))) ^
            LoadNumber<U>(values + (i - 1) * static_cast<int64_t>(sizeof(U)))) >> (8 * low);
  };
  // In steps whose loop has no exit, which the compiler turns into vectors.
  constexpr int64_t kStep = 128;
  int64_t alike = 0;
  while (alike < count) {
    const int64_t end = std::min(alike + kStep, count);
    U any = 0;
    for (int64_t i = alike; i < end; ++i) any |= static_cast<U>(upper(i));
    if (any != 0) {
      while (upper(alike) == 0) ++alike;
      return alike;
    }
    alike = end;
  }
  return count;
}

template <typename U>
std::optional<int64_t> WriteFrame(std::string_view body, int64_t value_bytes, const Stride& stride,
                                  LiteralCoder& coder, std::span<uint8_t> out) {
  constexpr auto kWidth = static_cast<int64_t>(sizeof(U));
  const int64_t count = value_bytes / kWidth;
  const auto* bytes = reinterpret_cast<const uint8_t*>(body.data());
  const uint8_t* const values = bytes + body.size() - value_bytes;
  ZstdFrame frame(out);
  StrideWriter strides(stride, coder, frame);
  if (count < 2 || !frame.Header(body.size()) || !frame.Raw(bytes, values - bytes + kWidth)) return std::nullopt;
  bool first = true;
  for (int64_t at = 1; at < count;) {
    const int64_t most = std::min(first ? 1 : kZstdBlockBytes / kWidth, count - at);
    const int64_t alike = AlikeAtStart<U>(values + at * kWidth, most, stride.low);
    if (alike > 0) {
      if (!strides.Values<U>(values + at * kWidth, alike)) return std::nullopt;
      first = false;
      at += alike;
    } else {
      if (!frame.Raw(values + at * kWidth, kWidth)) return std::nullopt;
      ++at;
    }
  }
  return frame.Finish();
}

// What values of these differences take with `low` literal bytes each, beside the bytes themselves.
int64_t ExceptionBytes(const std::array<int64_t, 9>& counts, int low) {
  int64_t others = 0;
  for (size_t more = static_cast<size_t>(low) + 1; more < counts.size(); ++more) others += counts[more];
  return others * kExceptionBytes;
}

std::array<int64_t, 9> CountDiffering(std::string_view values, int width) {
  FREIGHT_ASSERT(width == 4 || width == 8);
  return width == 8 ? CountDiffering<uint64_t>(values) : CountDiffering<uint32_t>(values);
}

// What Huffman codes for the low bytes take, by their entropy and without the table of codes.
int64_t CodedBytes(std::string_view values, const Stride& stride) {
  ByteCounts counts{};
  const size_t low = static_cast<size_t>(stride.low);
  for (size_t at = 0; at < values.size(); at += static_cast<size_t>(stride.width)) {
    for (size_t i = 0; i < low; ++i) ++counts[static_cast<uint8_t>(values[at + i])];
  }
  return HuffmanBytes(counts);
}

}  // namespace

StrideEstimate EstimateStride(std::string_view values, int width) {
  const auto counts = CountDiffering(values, width);
  const int64_t number = static_cast<int64_t>(values.size()) / width;
  StrideEstimate best;
  for (int low = width - kZstdMatchMin; low >= 1; --low) {
    const int64_t bytes = number * low + ExceptionBytes(counts, low);
    if (best.stride.low == 0 || bytes < best.bytes) best = {{width, low}, bytes};
  }
  return best;
}

StrideEstimate EstimateCodedStride(std::string_view values, const StrideEstimate& plain) {
  const auto counts = CountDiffering(values, plain.stride.width);
  StrideEstimate best;
  const int least = plain.stride.low;
  const int most = std::min(least + (ExceptionBytes(counts, least) > 0 ? 1 : 0), plain.stride.width - kZstdMatchMin);
  for (int low = least; low <= most; ++low) {
    const Stride coded{plain.stride.width, low, true};
    const int64_t bytes = CodedBytes(values, coded) + ExceptionBytes(counts, low);
    if (best.stride.low == 0 || bytes < best.bytes) best = {coded, bytes};
  }
  return best;
}

std::optional<int64_t> WriteStrideFrame(std::string_view body, int64_t value_bytes, const Stride& stride,
                                        LiteralCoder& coder, std::span<uint8_t> out) {
  FREIGHT_ASSERT(stride.low >= 1 && stride.low <= stride.width - kZstdMatchMin);
  return stride.width == 8 ? WriteFrame<uint64_t>(body, value_bytes, stride, coder, out)
                           : WriteFrame<uint32_t>(body, value_bytes, stride, coder, out);
}

}  // namespace freight
