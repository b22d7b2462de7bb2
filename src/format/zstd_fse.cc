// Shares for counted symbols, the cells they get in the decoder's table, and how both are written down.
#include "format/zstd_fse.h"

#include "base/status.h"

#include <algorithm>
#include <bit>

namespace freight {
namespace {

constexpr int kAccuracyMin = 5;

int BitWidth(uint64_t x) { return static_cast<int>(std::bit_width(x)); }

// The bits of a description, the lowest first.
class BitString {
 public:
  explicit BitString(uint8_t* out) : begin_(out), at_(out) {}

  void Put(uint32_t value, int bits) {
    held_ |= value << number_;
    number_ += bits;
    for (; number_ >= 8; number_ -= 8, held_ >>= 8) *at_++ = static_cast<uint8_t>(held_);
  }

  int64_t Finish() {
    if (number_ > 0) *at_++ = static_cast<uint8_t>(held_);
    return at_ - begin_;
  }

 private:
  uint8_t* const begin_;
  uint8_t* at_;
  uint32_t held_ = 0;
  int number_ = 0;
};

// A value from 0 to `most`. The lower ones take a bit less when their number leaves bit patterns unused.
void PutUpTo(uint32_t most, uint32_t value, BitString& out) {
  const int bits = BitWidth(most);
  const uint32_t shorter = (1U << bits) - 1 - most;
  if (value < shorter) return out.Put(value, bits - 1);
  out.Put(value < 1U << (bits - 1) ? value : value + shorter, bits);
}

int Cells(int share) { return share < 0 ? 1 : share; }

}  // namespace

void FseTable::Build(std::span<const uint32_t> counts, int accuracy_max) {
  FREIGHT_ASSERT(counts.size() <= kSymbolsMax && accuracy_max <= kAccuracyMax);
  uint64_t number = 0;
  uint32_t different = 0;
  symbols_number_ = 0;
  for (size_t symbol = 0; symbol < counts.size(); ++symbol) {
    if (counts[symbol] == 0) continue;
    number += counts[symbol];
    ++different;
    symbols_number_ = symbol + 1;
  }
  FREIGHT_ASSERT(different > 0);
  // Four symbols for each cell: a finer table would take more than it saves. A cell for each symbol, and one to spare.
  const int worth = std::max(BitWidth(number) - 3, BitWidth(different));
  accuracy_ = different == 1 ? 0 : std::clamp(worth, kAccuracyMin, accuracy_max);
  Share(counts, number);
  FillCells();
}

// Rounded; what that leaves over or takes too much is the most frequent symbol's, who feels it least.
void FseTable::Share(std::span<const uint32_t> counts, uint64_t number) {
  int rest = 1 << accuracy_;
  for (size_t symbol = 0; symbol < symbols_number_; ++symbol) {
    const uint64_t scaled = static_cast<uint64_t>(counts[symbol]) << accuracy_;
    const auto rounded = static_cast<int16_t>((scaled + number / 2) / number);
    shares_[symbol] = counts[symbol] == 0 ? int16_t{0} : scaled < number ? int16_t{-1} : rounded;
    rest -= Cells(shares_[symbol]);
  }
  const auto largest = [&] { return std::max_element(shares_.begin(), shares_.begin() + symbols_number_); };
  if (rest > 0) *largest() = static_cast<int16_t>(*largest() + rest);
  for (; rest < 0; ++rest) --*largest();
}

// RFC 8878, 4.1.1: shares of less than one have the last cells; the others' are strewn over the rest.
void FseTable::FillCells() {
  const uint32_t size = 1U << accuracy_;
  std::array<uint8_t, 1 << kAccuracyMax> owners;
  uint32_t strewn = size;
  for (size_t symbol = 0; symbol < symbols_number_; ++symbol) {
    if (shares_[symbol] < 0) owners[--strewn] = static_cast<uint8_t>(symbol);
  }
  const uint32_t step = (size >> 1) + (size >> 3) + 3;
  uint32_t cell = 0;
  for (size_t symbol = 0; symbol < symbols_number_; ++symbol) {
    for (int i = 0; i < shares_[symbol]; ++i) {
      owners[cell] = static_cast<uint8_t>(symbol);
      do cell = (cell + step) & (size - 1);
      while (cell >= strewn);
    }
  }
  std::array<uint32_t, kSymbolsMax> next;
  uint32_t first = 0;
  for (size_t symbol = 0; symbol < symbols_number_; ++symbol) {
    const auto cells = static_cast<uint32_t>(Cells(shares_[symbol]));
    next[symbol] = first;
    const auto bits = static_cast<uint32_t>(cells == 0 ? 0 : accuracy_ - BitWidth(cells) + 1);
    symbols_[symbol] = {(bits << 16) - (cells << bits), first - cells};
    first += cells;
  }
  for (uint32_t at = 0; at < size; ++at) cells_[next[owners[at]]++] = static_cast<uint16_t>(size + at);
}

int64_t FseTable::Describe(uint8_t* out) const {
  FREIGHT_ASSERT(!single());
  BitString bits(out);
  bits.Put(static_cast<uint32_t>(accuracy_ - kAccuracyMin), 4);
  uint32_t rest = 1U << accuracy_;
  for (size_t symbol = 0; symbol < symbols_number_; ++symbol) {
    PutUpTo(rest + 1, static_cast<uint32_t>(shares_[symbol] + 1), bits);
    rest -= static_cast<uint32_t>(Cells(shares_[symbol]));
    if (shares_[symbol] != 0) continue;
    // How many more zeros follow, in digits up to 3; 3 says that another digit follows.
    size_t zeros = 0;
    while (shares_[symbol + 1 + zeros] == 0) ++zeros;
    symbol += zeros;
    for (; zeros >= 3; zeros -= 3) bits.Put(3, 2);
    bits.Put(static_cast<uint32_t>(zeros), 2);
  }
  return bits.Finish();
}

}  // namespace freight
