// Finite State Entropy (RFC 8878, 4.1) from the encoder's side: a table for counted symbols, and its description.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace freight {

// A state is a number from 2^accuracy to twice that: where the decoder's table has the state's cell, plus the table's
// size. Symbols are encoded from the last to the first.
class FseTable {
 public:
  static constexpr int kAccuracyMax = 9;
  static constexpr size_t kSymbolsMax = 53;
  static constexpr int64_t kDescriptionBytesMax = 96;

  struct Step {
    uint32_t state;
    int bits;  // so many of the lowest of the state before are written
  };

  // For symbols that occur so often: at most kSymbolsMax, together at least one. A symbol that is the only one takes no
  // bits. The accuracy is what the number of symbols is worth, up to 2^accuracy_max.
  void Build(std::span<const uint32_t> counts, int accuracy_max);

  int accuracy() const { return accuracy_; }
  bool single() const { return accuracy_ == 0; }
  // The shares of 2^accuracy: -1 stands for less than one.
  std::span<const int16_t> shares() const { return {shares_.data(), symbols_number_}; }
  // Writes the description of a table that is not single() and returns its length. `out`: kDescriptionBytesMax bytes.
  int64_t Describe(uint8_t* out) const;

  // A state that decodes to the last symbol.
  uint32_t Last(uint32_t symbol) const { return Before(1U << accuracy_, symbol).state; }
  // The state that decodes to `symbol` and, with the bits written, leads to `state`.
  Step Before(uint32_t state, uint32_t symbol) const {
    const Symbol& at = symbols_[symbol];
    const uint32_t bits = (state + at.bits) >> 16;
    return {cells_[at.first + (state >> bits)], static_cast<int>(bits)};
  }

 private:
  // Of a symbol with n cells, a state is shifted by so many bits that it becomes a number from n to 2n - 1: that tells
  // the cell. These bits are as many, or one less for states below a threshold, as added to the state they have above
  // its 16 bits.
  struct Symbol {
    uint32_t bits;
    uint32_t first;  // its cell, minus n: wraps
  };

  void Share(std::span<const uint32_t> counts, uint64_t number);
  void FillCells();

  int accuracy_ = 0;
  size_t symbols_number_ = 0;
  std::array<int16_t, kSymbolsMax> shares_;
  std::array<Symbol, kSymbolsMax> symbols_;
  std::array<uint16_t, 1 << kAccuracyMax> cells_;  // states, in the order of symbols
};

}  // namespace freight
