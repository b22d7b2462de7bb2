// The encoders of deltas and of split streams against plain ones that go bit by bit and byte by byte.
#include "format/parquet_fast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

namespace freight {
namespace {

// Blocks of 128 values in four miniblocks.
constexpr size_t kMini = 32, kMinis = 4;

void PutVarint(uint64_t value, std::vector<uint8_t>* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<uint8_t>(value | 0x80));
  out->push_back(static_cast<uint8_t>(value));
}

void PutZigZag(int64_t value, std::vector<uint8_t>* out) {
  PutVarint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63), out);
}

template <typename U>
void PutBits(const std::vector<U>& values, int width, std::vector<uint8_t>* out) {
  size_t bits = out->size() * 8;
  for (const U value : values) {
    for (int bit = 0; bit < width; ++bit, ++bits) {
      if (bits % 8 == 0) out->push_back(0);
      out->back() = static_cast<uint8_t>(out->back() | (value >> bit & 1) << bits % 8);
    }
  }
}

template <typename T>
std::vector<uint8_t> Expected(const std::vector<T>& values) {
  using U = std::make_unsigned_t<T>;
  std::vector<uint8_t> out;
  PutVarint(kMini * kMinis, &out);
  PutVarint(kMinis, &out);
  PutVarint(values.size(), &out);
  PutZigZag(values.empty() ? 0 : values[0], &out);
  for (size_t at = 1; at < values.size(); at += kMini * kMinis) {
    std::vector<U> deltas;
    for (size_t i = at; i < std::min(values.size(), at + kMini * kMinis); ++i) {
      deltas.push_back(static_cast<U>(static_cast<U>(values[i]) - static_cast<U>(values[i - 1])));
    }
    const auto less = [](U a, U b) { return static_cast<T>(a) < static_cast<T>(b); };
    const U least = *std::min_element(deltas.begin(), deltas.end(), less);
    PutZigZag(static_cast<T>(least), &out);
    for (U& delta : deltas) delta = static_cast<U>(delta - least);
    deltas.resize(kMini * kMinis, 0);  // a miniblock without values has the width zero
    const size_t widths = out.size();
    out.resize(widths + kMinis, 0);
    for (size_t mini = 0; mini < kMinis; ++mini) {
      const std::vector<U> part(deltas.begin() + static_cast<int64_t>(mini * kMini),
                                deltas.begin() + static_cast<int64_t>((mini + 1) * kMini));
      const int width = std::bit_width(*std::max_element(part.begin(), part.end()));
      out[widths + mini] = static_cast<uint8_t>(width);
      PutBits(part, width, &out);
    }
  }
  return out;
}

// Into no more bytes than the bound promises: a sanitizer sees one beyond them.
template <typename T>
std::vector<uint8_t> Encoded(const std::vector<T>& values) {
  std::vector<uint8_t> out(static_cast<size_t>(DeltaBytesMax(static_cast<int64_t>(values.size()), sizeof(T))), 0xa5);
  out.resize(static_cast<size_t>(EncodeDelta(std::span<const T>(values), out.data())));
  return out;
}

template <typename T>
class Deltas : public testing::Test {};
using Numbers = testing::Types<int32_t, int64_t>;
TYPED_TEST_SUITE(Deltas, Numbers);

TYPED_TEST(Deltas, OfEveryWidthAndLengthAreTheBytesOfTheFormat) {
  using T = TypeParam;
  using U = std::make_unsigned_t<T>;
  std::mt19937_64 random(7);
  constexpr int kBits = sizeof(T) * 8;
  for (int width = 0; width <= kBits; ++width) {
    for (size_t count = 0; count < 400; count += count < 4 ? 1 : 1 + random() % 9) {
      std::vector<T> values(count);
      U value = static_cast<U>(random());  // runs over the type's end now and then
      const U step = static_cast<U>(random() >> random() % 64);
      for (T& at : values) {
        // Neighbouring miniblocks differ in width.
        const int bits = random() % 40 == 0 ? width : width / 2;
        value = static_cast<U>(value - step + (bits == 0 ? U{0} : static_cast<U>(random() >> (64 - bits))));
        at = static_cast<T>(value);
      }
      ASSERT_EQ(Encoded(values), Expected(values)) << width << " " << count;
    }
  }
}

TYPED_TEST(Deltas, OfOneOddValueAtEveryPlaceAreTheBytesOfTheFormat) {
  using T = TypeParam;
  for (const T odd : {T{1}, T{-1}, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()}) {
    for (size_t count = 1; count < 270; count += 33) {
      for (size_t at = 0; at < count; ++at) {
        std::vector<T> values(count, T{0});
        values[at] = odd;
        ASSERT_EQ(Encoded(values), Expected(values)) << odd << " " << count << " " << at;
      }
    }
  }
}

TYPED_TEST(Deltas, OfExtremesTakeAllBits) {
  using T = TypeParam;
  std::mt19937_64 random(8);
  for (int round = 0; round < 500; ++round) {
    std::vector<T> values(random() % 300);
    for (T& value : values) value = random() % 2 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
    if (round % 2 == 0) {
      for (T& value : values) value = static_cast<T>(random());
    }
    ASSERT_EQ(Encoded(values), Expected(values)) << round;
  }
}

TEST(SplitStreams, HoldEachByteOfEveryValue) {
  std::mt19937_64 random(9);
  for (const size_t width : {4, 8}) {
    for (size_t count = 0; count < 100; ++count) {
      std::string values(count * width, 0);
      for (char& byte : values) byte = static_cast<char>(random());
      std::vector<uint8_t> expected(values.size()), out(values.size());
      for (size_t i = 0; i < values.size(); ++i) {
        expected[i % width * count + i / width] = static_cast<uint8_t>(values[i]);
      }
      SplitStreams(values, static_cast<int64_t>(width), out.data());
      ASSERT_EQ(out, expected) << width << " " << count;
    }
  }
}

}  // namespace
}  // namespace freight
