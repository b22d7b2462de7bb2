// RLE/bit-packed hybrid: runs where they are long, bit-packed groups of eight elsewhere.
#include "format/parquet_bits.h"

#include "base/status.h"

#include <cstring>

namespace freight {
namespace {

// One header byte then covers a stretch of literal groups, so that it can be filled in afterwards.
constexpr int kLiteralGroupsMax = 63;
// A run shorter than this many groups of eight levels costs no less than literals.
constexpr int64_t kLevelRunGroupsMin = 4;

uint8_t* PutVarint(uint64_t value, uint8_t* out) {
  while (value >= 0x80) {
    *out++ = static_cast<uint8_t>(value) | 0x80;
    value >>= 7;
  }
  *out++ = static_cast<uint8_t>(value);
  return out;
}

uint8_t* PutRun(int64_t count, uint16_t value, int value_bytes, uint8_t* out) {
  out = PutVarint(static_cast<uint64_t>(count) << 1, out);
  std::memcpy(out, &value, static_cast<size_t>(value_bytes));
  return out + value_bytes;
}

// Literal groups with a header byte that grows with them.
class LiteralRun {
 public:
  // Returns where the next group's bytes go.
  uint8_t* NextGroup(uint8_t* out) {
    if (header_ == nullptr || groups_ == kLiteralGroupsMax) {
      header_ = out++;
      groups_ = 0;
    }
    ++groups_;
    *header_ = static_cast<uint8_t>(groups_ << 1 | 1);
    return out;
  }
  void End() { header_ = nullptr; }

 private:
  uint8_t* header_ = nullptr;
  int groups_ = 0;
};

int64_t SameBytes(const uint8_t* bytes, int64_t from, int64_t end) {
  int64_t at = from + 1;
  while (at < end && bytes[at] == bytes[from]) ++at;
  return at - from;
}

uint8_t* PackGroup(const uint16_t* values, int bit_width, uint8_t* out) {
  if (bit_width <= 8) {
    uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word |= static_cast<uint64_t>(values[i]) << (i * bit_width);
    std::memcpy(out, &word, sizeof word);
  } else {
    unsigned __int128 word = 0;
    for (int i = 0; i < 8; ++i) word |= static_cast<unsigned __int128>(values[i]) << (i * bit_width);
    std::memcpy(out, &word, sizeof word);
  }
  return out + bit_width;
}

int64_t RunLength(std::span<const uint16_t> values, size_t from) {
  size_t at = from + 1;
  while (at < values.size() && values[at] == values[from]) ++at;
  return static_cast<int64_t>(at - from);
}

}  // namespace

int64_t EncodeLevels(const uint8_t* validity, int64_t rows, uint8_t* out) {
  uint8_t* const start = out + 4;
  uint8_t* at = start;
  const int64_t whole = rows / 8;
  if (validity == nullptr) {
    at = PutRun(rows, 1, 1, at);
  } else {
    LiteralRun literals;
    for (int64_t i = 0; i < whole;) {
      const bool uniform = validity[i] == 0x00 || validity[i] == 0xff;
      const int64_t same = uniform ? SameBytes(validity, i, whole) : 1;
      if (same >= kLevelRunGroupsMin) {
        literals.End();
        at = PutRun(same * 8, validity[i] & 1, 1, at);
        i += same;
        continue;
      }
      // A group of eight levels of width one is the bitmap's byte.
      at = literals.NextGroup(at);
      *at++ = validity[i++];
    }
    if (rows % 8 != 0) {
      at = literals.NextGroup(at);
      *at++ = static_cast<uint8_t>(validity[whole] & ((1 << rows % 8) - 1));
    }
  }
  const auto length = static_cast<uint32_t>(at - start);
  std::memcpy(out, &length, sizeof length);
  return at - out;
}

int64_t EncodeIndices(std::span<const uint16_t> indices, int bit_width, uint8_t* out) {
  FREIGHT_ASSERT(bit_width >= 0 && bit_width <= 16);
  uint8_t* at = out;
  *at++ = static_cast<uint8_t>(bit_width);
  const int value_bytes = (bit_width + 7) / 8;
  LiteralRun literals;
  for (size_t i = 0; i < indices.size();) {
    const int64_t run = RunLength(indices, i);
    if (run >= 8) {
      literals.End();
      at = PutRun(run, indices[i], value_bytes, at);
      i += static_cast<size_t>(run);
      continue;
    }
    uint16_t padded[8] = {};
    const size_t left = indices.size() - i;
    const uint16_t* group = indices.data() + i;
    if (left < 8) {
      std::memcpy(padded, group, left * sizeof(uint16_t));
      group = padded;
    }
    at = PackGroup(group, bit_width, literals.NextGroup(at));
    i += left < 8 ? left : 8;
  }
  return at - out;
}

int IndexBitWidth(int64_t entries) {
  int width = 0;
  while ((int64_t{1} << width) < entries) ++width;
  return width;
}

}  // namespace freight
