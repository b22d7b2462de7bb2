// Codes for the numbers of sequences, and the bit stream that a decoder reads from its end: so the last sequence is
// written first.
#include "format/zstd_sequences.h"

#include "base/status.h"
#include "format/zstd_entropy.h"
#include "format/zstd_numbers.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

namespace freight {
namespace {

constexpr int kLengthAccuracyMax = 9;
constexpr int kOffsetAccuracyMax = 8;
constexpr int kLiteralCodeBits = 6;  // of a code among `codes`
constexpr int kMatchCodeBits = 6;
constexpr uint32_t kCodeMask = 63;
constexpr uint32_t kLastOffsets = 3;  // have numbers of their own
// A bit of these is in the packed codes of a length that has extra bits: literals' from 16, matches' from 32.
constexpr uint32_t kLongCodes = 0x30 | 0x20 << kLiteralCodeBits;

// How many bits follow a code (RFC 8878, 3.1.1.3.2.1.1). Each code's first number is a multiple of 2 to these bits, so
// they are the lowest of the number.
constexpr std::array<uint8_t, 36> kLiteralExtra = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  1,  1,
                                                   1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::array<uint8_t, 53> kMatchExtra = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,
                                                 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1,  1,  1,
                                                 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

template <size_t kNumbers, size_t kCodes>
constexpr std::array<uint8_t, kNumbers> CodesOf(const std::array<uint8_t, kCodes>& extra) {
  std::array<uint8_t, kNumbers> codes{};
  size_t number = 0;
  for (size_t code = 0; number < kNumbers; ++code) {
    for (size_t end = number + (size_t{1} << extra[code]); number < end && number < kNumbers; ++number) {
      codes[number] = static_cast<uint8_t>(code);
    }
  }
  return codes;
}

constexpr auto kLiteralCodes = CodesOf<64>(kLiteralExtra);
constexpr auto kMatchCodes = CodesOf<128>(kMatchExtra);  // of lengths beyond the shortest

// Of a number that is not 0.
uint32_t HighestBit(uint32_t x) { return 31 ^ static_cast<uint32_t>(std::countl_zero(x | 1)); }

uint32_t LiteralCode(uint32_t length) { return length < 64 ? kLiteralCodes[length] : HighestBit(length) + 19; }

uint32_t MatchCode(uint32_t beyond) { return beyond < 128 ? kMatchCodes[beyond] : HighestBit(beyond) + 36; }

// The format's number for an offset. The three last ones have the numbers 1 to 3; without literals the very last one
// has none, as it would continue the match before, and the others are one lower.
uint32_t OffsetNumber(uint32_t offset, bool literals, RepeatedOffsets& last) {
  const bool is_second = offset == last.second;
  const bool stays = literals & (offset == last.first);
  uint32_t number = Either(offset == last.third, 2U + literals, offset + kLastOffsets);
  number = Either(is_second, 1U + literals, number);
  number = Either(stays, 1, number);
  last.third = Either(stays | is_second, last.third, last.second);
  last.second = Either(stays, last.second, last.first);
  last.first = offset;
  return number;
}

// At most 57.
struct Bits {
  // A value of so many bits, above the others.
  void Put(uint32_t value, int bits) {
    held |= static_cast<uint64_t>(value) << number;
    number += bits;
  }

  uint64_t held = 0;
  int number = 0;
};

class BitStream {
 public:
  BitStream(uint8_t* at, const uint8_t* end) : at_(at), end_(end) {}

  bool Write(const Bits& bits) {
    if (end_ - at_ < 8) return false;
    held_ |= bits.held << number_;
    number_ += bits.number;
    std::memcpy(at_, &held_, 8);
    at_ += number_ >> 3;
    held_ >>= number_ & ~7;
    number_ &= 7;
    return true;
  }

  uint8_t* at() const { return at_ + (number_ > 0 ? 1 : 0); }

 private:
  uint64_t held_ = 0;  // less than a byte
  int number_ = 0;
  uint8_t* at_;
  const uint8_t* const end_;
};

struct Codes {
  static Codes Of(uint32_t packed) {
    return {packed & kCodeMask, packed >> kLiteralCodeBits & kCodeMask, packed >> (kLiteralCodeBits + kMatchCodeBits)};
  }
  uint32_t Packed() const {
    return literals | match << kLiteralCodeBits | offset << (kLiteralCodeBits + kMatchCodeBits);
  }

  uint32_t literals, match, offset;
};

// The bits that tell long literals and matches from others with the same codes.
[[gnu::noinline]] Bits LengthBits(const ZstdSequence& sequence) {
  const Codes codes = Codes::Of(sequence.codes);
  const int literals = kLiteralExtra[codes.literals];
  const int match = kMatchExtra[codes.match];
  Bits bits;
  bits.Put(sequence.literals & ((1U << literals) - 1), literals);
  bits.Put((static_cast<uint32_t>(sequence.match) - kZstdMatchMin) & ((1U << match) - 1), match);
  return bits;
}

// Such bits above `states`.
[[gnu::always_inline]] inline bool WriteSequence(const ZstdSequence& sequence, const Codes& codes, Bits states,
                                                 BitStream& out) {
  if ((sequence.codes & kLongCodes) != 0) [[unlikely]] {
    if (!out.Write(states)) return false;
    states = LengthBits(sequence);
  }
  states.Put(sequence.offset ^ (1U << codes.offset), static_cast<int>(codes.offset));
  return out.Write(states);
}

uint32_t PutState(const FseTable& table, uint32_t state, uint32_t code, Bits& out) {
  const FseTable::Step step = table.Before(state, code);
  out.Put(state ^ (state >> step.bits << step.bits), step.bits);
  return step.state;
}

bool PutTable(const FseTable& table, uint32_t only_symbol, ZstdFrame& frame) {
  uint8_t description[FseTable::kDescriptionBytesMax];
  description[0] = static_cast<uint8_t>(only_symbol);
  const int64_t bytes = table.single() ? 1 : table.Describe(description);
  if (frame.Room() < bytes) return false;
  std::memcpy(frame.Rest().data(), description, static_cast<size_t>(bytes));
  frame.Skip(bytes);
  return true;
}

// By entropy, and what describes the codes: less than a byte for each.
template <typename Counts>
int64_t CodesBits(const Counts& counts) {
  std::array<int64_t, FseTable::kSymbolsMax> wide;
  std::copy(counts.begin(), counts.end(), wide.begin());
  const auto different = std::count_if(wide.begin(), wide.end(), [](int64_t count) { return count > 0; });
  return EntropyBits(wide, 0) + 8 * different;
}

void NumberOffsets(std::span<ZstdSequence> sequences, RepeatedOffsets& offsets) {
  RepeatedOffsets last = offsets;
  for (ZstdSequence& sequence : sequences) {
    sequence.offset = OffsetNumber(sequence.offset, sequence.literals > 0, last);
  }
  offsets = last;
}

}  // namespace

void SequenceCoder::CountCodes(std::span<ZstdSequence> sequences, RepeatedOffsets* offsets) {
  if (offsets != nullptr) NumberOffsets(sequences, *offsets);
  const uint32_t beyond = offsets == nullptr ? kLastOffsets : 0;
  // Most sequences have the same code as the one before, whose count is still on its way to memory: two counts of each.
  std::array<CodeCounts, 2> counts{};
  const auto count = [&](ZstdSequence& sequence, CodeCounts& in) {
    const uint32_t literals = LiteralCode(sequence.literals);
    const uint32_t match = MatchCode(static_cast<uint32_t>(sequence.match) - kZstdMatchMin);
    sequence.offset += beyond;
    const uint32_t offset = HighestBit(sequence.offset);
    ++in.literals[literals];
    ++in.matches[match];
    ++in.offsets[offset];
    sequence.codes = Codes{literals, match, offset}.Packed();
  };
  size_t i = 0;
  for (; i + 1 < sequences.size(); i += 2) {
    count(sequences[i], counts[0]);
    count(sequences[i + 1], counts[1]);
  }
  if (i < sequences.size()) count(sequences[i], counts[0]);
  for (size_t code = 0; code < FseTable::kSymbolsMax; ++code) {
    counts_.literals[code] = counts[0].literals[code] + counts[1].literals[code];
    counts_.matches[code] = counts[0].matches[code] + counts[1].matches[code];
    counts_.offsets[code] = counts[0].offsets[code] + counts[1].offsets[code];
  }
}

bool SequenceCoder::Write(std::span<ZstdSequence> sequences, RepeatedOffsets* offsets, ZstdFrame& frame) {
  FREIGHT_ASSERT(!sequences.empty());
  CountCodes(sequences, offsets);
  literals_.Build(counts_.literals, kLengthAccuracyMax);
  offsets_.Build(counts_.offsets, kOffsetAccuracyMax);
  matches_.Build(counts_.matches, kLengthAccuracyMax);
  if (frame.Room() < 8) return false;
  frame.SequenceCount(static_cast<int64_t>(sequences.size()));
  const auto mode = [](const FseTable& table) { return table.single() ? 1U : 2U; };
  frame.Put(mode(literals_) << 6 | mode(offsets_) << 4 | mode(matches_) << 2, 1);
  const Codes first = Codes::Of(sequences.front().codes);
  if (!PutTable(literals_, first.literals, frame) || !PutTable(offsets_, first.offset, frame) ||
      !PutTable(matches_, first.match, frame)) {
    return false;
  }
  uint8_t* const begin = frame.Rest().data();
  const uint8_t* const end = WriteStream(sequences, begin, begin + frame.Room());
  if (end == nullptr) return false;
  frame.Skip(end - begin);
  return true;
}

// Null without room.
uint8_t* SequenceCoder::WriteStream(std::span<const ZstdSequence> sequences, uint8_t* at, const uint8_t* end) const {
  BitStream out(at, end);
  const Codes last = Codes::Of(sequences.back().codes);
  uint32_t literals = literals_.Last(last.literals);
  uint32_t offset = offsets_.Last(last.offset);
  uint32_t match = matches_.Last(last.match);
  if (!WriteSequence(sequences.back(), last, {}, out)) return nullptr;
  for (size_t i = sequences.size() - 1; i-- > 0;) {
    const ZstdSequence& sequence = sequences[i];
    const Codes codes = Codes::Of(sequence.codes);
    Bits states;
    offset = PutState(offsets_, offset, codes.offset, states);
    match = PutState(matches_, match, codes.match, states);
    literals = PutState(literals_, literals, codes.literals, states);
    if (!WriteSequence(sequence, codes, states, out)) return nullptr;
  }
  Bits states;
  states.Put(match ^ (1U << matches_.accuracy()), matches_.accuracy());
  states.Put(offset ^ (1U << offsets_.accuracy()), offsets_.accuracy());
  states.Put(literals ^ (1U << literals_.accuracy()), literals_.accuracy());
  states.Put(1, 1);  // where the decoder begins
  return out.Write(states) ? out.at() : nullptr;
}

int64_t SequenceCoder::EstimateBytes(std::span<ZstdSequence> sequences, RepeatedOffsets& offsets) {
  CountCodes(sequences, &offsets);
  int64_t bits = CodesBits(counts_.literals) + CodesBits(counts_.offsets) + CodesBits(counts_.matches);
  for (size_t code = 0; code < FseTable::kSymbolsMax; ++code) {
    if (code < kLiteralExtra.size()) bits += counts_.literals[code] * kLiteralExtra[code];
    bits += counts_.matches[code] * kMatchExtra[code] + counts_.offsets[code] * static_cast<int64_t>(code);
  }
  return bits / 8;
}

}  // namespace freight
