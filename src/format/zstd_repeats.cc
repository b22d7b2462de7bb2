// Finds what comes back by a small table of last places, without a branch for each value: whether a value is new is
// nothing that a processor could foresee.
#include "format/zstd_repeats.h"

#include "base/status.h"
#include "format/zstd_entropy.h"
#include "format/zstd_frame.h"
#include "format/zstd_numbers.h"

#include <algorithm>
#include <cstring>

namespace freight {
namespace {

constexpr int kPlacesLog = 12;
// Values are compared with those of their part of a block alone: that keeps distances and lengths within 16 bits.
constexpr int64_t kPartValues = 4 << 10;
constexpr uint32_t kLiteralsMax = 0xFFFF - 16;  // of a sequence: room for another value
constexpr int64_t kBlockOverhead = 3 + 3 + 3 + 1;
// A code's table, at most.
constexpr int64_t kHuffmanTableBytesMax = 128;
// Codes take a tenth of the time of everything else.
constexpr int64_t kCodesPayPercent = 95;

// How far back values stood, of those asked for one after the other, from the second to the last.
template <typename U>
class Distances {
 public:
  explicit Distances(const uint8_t* values) : values_(values) {}

  // How many values before the i-th it stood; 0: it is new.
  uint32_t Of(uint32_t i) {
    const U value = LoadNumber<U>(values_ + i * sizeof(U));
    const uint32_t place = places_.Replace(value, i);
    return Either(value == LoadNumber<U>(values_ + place * sizeof(U)), i - place, 0);
  }

 private:
  const uint8_t* const values_;
  LastPlaces<kPlacesLog> places_;
};

template <typename U>
int64_t RepeatedPercent(std::string_view values) {
  const int64_t count = std::min(static_cast<int64_t>(values.size() / sizeof(U)), kPartValues);
  Distances<U> distances(reinterpret_cast<const uint8_t*>(values.data()));
  int64_t repeated = 0;
  for (uint32_t i = 1; i < count; ++i) repeated += distances.Of(i) > 0;
  return repeated * 100 / std::max<int64_t>(count, 1);
}

int64_t CodedBytes(std::span<const uint8_t> literals) {
  const ByteCounts counts = CountBytes(literals);
  const auto different = std::count_if(counts.begin(), counts.end(), [](int64_t count) { return count > 0; });
  return HuffmanBytes(counts) + std::min<int64_t>(kHuffmanTableBytesMax, different);
}

}  // namespace

int64_t RepeatedPercent(std::string_view values, int width) {
  FREIGHT_ASSERT(width == 4 || width == 8);
  return width == 8 ? RepeatedPercent<uint64_t>(values) : RepeatedPercent<uint32_t>(values);
}

// The sequences and literals of a block behind another value. False if there are too many literals.
template <typename U>
bool RepeatsWriter::Find(const uint8_t* values, int64_t count) {
  constexpr auto kWidth = static_cast<int64_t>(sizeof(U));
  static_assert(kBlockValues < static_cast<int64_t>(ZstdBlock::kSequencesMax));
  Copy* end = copies_.data();
  for (int64_t at = 0; at < count; at += kPartValues) {
    end = FindCopies<U>(values + at * kWidth, at, std::min(kPartValues, count - at), end);
  }
  end->begin = static_cast<uint16_t>(count);
  return FindLiterals<U>(values, end);
}

// A value that stood as far back as the one before it goes on with that one's copy; any other begins a sequence. That
// one is written in any case, and the next value writes over it if it was not to be.
template <typename U>
RepeatsWriter::Copy* RepeatsWriter::FindCopies(const uint8_t* values, int64_t begin, int64_t count, Copy* out) {
  Distances<U> distances(values);
  uint32_t before = UINT32_MAX;  // the distance of the copy
  uint32_t next = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t here = next;
    next = i + 1 < count ? distances.Of(i + 1) : 0;
    // A new value's upper bytes go with the value behind it, if that comes back: one sequence for both.
    const uint32_t distance = Either(here > 0, here, next + (next == 0));
    *out = {static_cast<uint16_t>(begin + i), static_cast<uint16_t>(distance)};
    out += here != before;
    before = distance;
  }
  return out;
}

// Gives a sequence's first value the literals in which it differs from what it copies. Where this leaves no match, the
// value is a literal of the next sequence.
template <typename U>
bool RepeatsWriter::FindLiterals(const uint8_t* values, const Copy* end) {
  constexpr auto kWidth = static_cast<uint32_t>(sizeof(U));
  uint8_t* literals = block_.literals();
  ZstdSequence* out = block_.sequences();
  uint32_t whole = 0;  // bytes of such values
  for (const Copy* in = copies_.data(); in < end; ++in) {
    const uint8_t* const at = values + in->begin * kWidth;
    const uint32_t offset = in->distance * kWidth;
    const uint32_t bytes = static_cast<uint32_t>(in[1].begin - in->begin) * kWidth;
    const U value = LoadNumber<U>(at);
    const auto low = static_cast<uint32_t>(DifferingBytes(value, LoadNumber<U>(at - offset)));
    std::memcpy(literals, &value, kWidth);
    if (bytes < low + kZstdMatchMin) [[unlikely]] {
      literals += kWidth;
      whole += kWidth;
      if (whole > kLiteralsMax) return false;
      continue;
    }
    literals += low;
    out->literals = static_cast<uint16_t>(whole + low);
    out->match = static_cast<uint16_t>(bytes - low);
    out->offset = offset;
    ++out;
    whole = 0;
  }
  block_.Hold(static_cast<size_t>(out - block_.sequences()), static_cast<size_t>(literals - block_.literals()));
  return true;
}

RepeatsEstimate RepeatsWriter::Estimate(std::string_view values, int width) {
  FREIGHT_ASSERT(width == 4 || width == 8);
  const int64_t count = std::min(static_cast<int64_t>(values.size()) / width - 1, kBlockValues);
  if (count < 1) return {};
  const uint8_t* const second = reinterpret_cast<const uint8_t*>(values.data()) + width;
  const bool found = width == 8 ? Find<uint64_t>(second, count) : Find<uint32_t>(second, count);
  const std::span<ZstdSequence> sequences = block_.held_sequences();
  const std::span<const uint8_t> literals = block_.held_literals();
  if (!found || sequences.empty()) return {};
  RepeatedOffsets offsets;
  const int64_t sequence_bytes = block_.coder().EstimateBytes(sequences, offsets) + kBlockOverhead;
  const int64_t plain = sequence_bytes + static_cast<int64_t>(literals.size());
  const int64_t coded = sequence_bytes + CodedBytes(literals);
  const auto number = static_cast<int64_t>(sequences.size());
  if (coded * 100 < plain * kCodesPayPercent) return {{width, true}, coded, number};
  return {{width, false}, plain, number};
}

std::optional<int64_t> RepeatsWriter::WriteFrame(std::string_view body, int64_t value_bytes, const Repeats& repeats,
                                                 LiteralCoder& coder, std::span<uint8_t> out) {
  FREIGHT_ASSERT(repeats.width == 4 || repeats.width == 8);
  LiteralCoder* const used = repeats.coded ? &coder : nullptr;
  return repeats.width == 8 ? Write<uint64_t>(body, value_bytes, used, out)
                            : Write<uint32_t>(body, value_bytes, used, out);
}

template <typename U>
std::optional<int64_t> RepeatsWriter::Write(std::string_view body, int64_t value_bytes, LiteralCoder* coder,
                                            std::span<uint8_t> out) {
  constexpr auto kWidth = static_cast<int64_t>(sizeof(U));
  const int64_t count = value_bytes / kWidth;
  const auto* bytes = reinterpret_cast<const uint8_t*>(body.data());
  const uint8_t* const values = bytes + body.size() - value_bytes;
  ZstdFrame frame(out);
  if (count < 2 || !frame.Header(body.size()) || !frame.Raw(bytes, values - bytes + kWidth)) return std::nullopt;
  RepeatedOffsets offsets;
  for (int64_t at = 1; at < count; at += kBlockValues) {
    const int64_t number = std::min(kBlockValues, count - at);
    const uint8_t* const block = values + at * kWidth;
    if (Find<U>(block, number) && block_.Write(number * kWidth, &offsets, coder, frame)) continue;
    if (!frame.Raw(block, number * kWidth)) return std::nullopt;
  }
  return frame.Finish();
}

}  // namespace freight
