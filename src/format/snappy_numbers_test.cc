// libsnappy's decoder reads every block; no copy leaves its fragment; the room given is never passed; blocks are
// hardly larger than libsnappy's where they are meant to be taken.
#include "format/snappy_numbers.h"

#include "format/zstd_testing.h"

#include <arrow/util/compression.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace freight {
namespace {

constexpr SnappyNumbers kShapes[] = {{8, 0}, {8, 1}, {8, 2}, {4, 0}};
constexpr size_t kFragment = 64 << 10;

arrow::util::Codec& Snappy() {
  static const auto codec = arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  return *codec;
}

std::optional<std::string> Block(const std::string& body, size_t value_bytes, const SnappyNumbers& shape, size_t room) {
  return FrameWithin(room, [&](std::span<uint8_t> out) {
    return WriteSnappyNumbers(body, static_cast<int64_t>(value_bytes), shape, out);
  });
}

size_t RoomFor(const std::string& body) { return body.size() + body.size() / 4 + 64; }

std::string ReadBySnappy(const std::string& block, size_t content) {
  std::string out(content, '\0');
  const auto length = Snappy().Decompress(static_cast<int64_t>(block.size()),
                                          reinterpret_cast<const uint8_t*>(block.data()),
                                          static_cast<int64_t>(content), reinterpret_cast<uint8_t*>(out.data()));
  if (!length.ok()) return length.status().ToString();
  return *length == static_cast<int64_t>(content) ? out : "another length";
}

size_t UsualBytes(const std::string& body) {
  const auto* input = reinterpret_cast<const uint8_t*>(body.data());
  const auto length = static_cast<int64_t>(body.size());
  std::string out(static_cast<size_t>(Snappy().MaxCompressedLen(length, input)), '\0');
  const auto room = static_cast<int64_t>(out.size());
  return static_cast<size_t>(
      Snappy().Compress(length, input, room, reinterpret_cast<uint8_t*>(out.data())).ValueOrDie());
}

// The first of a block's copies that begins in another fragment than it ends in or copies from; -1: there is none.
int64_t CopyOutOfItsFragment(const std::string& block) {
  const auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(block[at])); };
  size_t at = 0;
  while (byte(at++) >= 0x80) {}
  for (size_t written = 0; at < block.size();) {
    const size_t tag = byte(at++);
    size_t length = (tag >> 2) + 1;
    if (tag % 4 == 0) {
      const size_t more = length > 60 ? length - 60 : 0;
      if (more > 0) length = 1;
      for (size_t i = 0; i < more; ++i) length += byte(at++) << (8 * i);
      at += length;
    } else {
      size_t offset = byte(at++);
      if (tag % 4 == 1) {
        length = 4 + (tag >> 2) % 8;
        offset += tag >> 5 << 8;
      } else {
        offset += byte(at++) << 8;
      }
      const size_t fragment = written / kFragment;
      if ((written - offset) / kFragment != fragment || (written + length - 1) / kFragment != fragment) {
        return static_cast<int64_t>(written);
      }
    }
    written += length;
  }
  return -1;
}

// In each shape of the width, behind a head of other bytes.
void ExpectReadBack(const std::string& values, int width, size_t head, const std::string& what) {
  const std::string body = std::string(head, 'n') + values;
  for (const SnappyNumbers& shape : kShapes) {
    if (shape.width != width) continue;
    const auto block = Block(body, values.size(), shape, RoomFor(body));
    ASSERT_TRUE(block.has_value()) << what << ", low " << shape.low;
    ASSERT_TRUE(ReadBySnappy(*block, body.size()) == body) << what << ", low " << shape.low;
    ASSERT_EQ(CopyOutOfItsFragment(*block), -1) << what << ", low " << shape.low;
  }
}

// 9 of 10 have two bytes that vary, the others three.
uint64_t Amount(std::mt19937_64& random) { return random() % (random() % 10 == 0 ? 1'000'000 : 20'000); }

TEST(SnappyNumbers, SoupsOfEveryKindAreReadBack) {
  std::mt19937_64 random(1);
  for (uint64_t seed = 0; seed < 3'000; ++seed) {
    Soup soup(seed);
    const int width = seed % 2 == 0 ? 4 : 8;
    const auto count = static_cast<int64_t>(random() % (uint64_t{1} << (1 + random() % 11)));
    ExpectReadBack(Values(width, count, [&] { return soup.Next(); }), width, random() % 3 * (random() % 100),
                   "seed " + std::to_string(seed));
  }
}

TEST(SnappyNumbers, LargeSoupsAreReadBack) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Soup soup(10'000 + seed);
    const int width = seed % 2 == 0 ? 4 : 8;
    const int64_t count = 20'000 + static_cast<int64_t>(seed) * 1'000;
    ExpectReadBack(Values(width, count, [&] { return soup.Next(); }), width, seed % 3 * 70'003,
                   "seed " + std::to_string(seed));
  }
}

TEST(SnappyNumbers, FragmentsEndAnywhere) {
  std::mt19937_64 random(2);
  for (const int width : {4, 8}) {
    const auto fragment = static_cast<int64_t>(kFragment) / width;
    for (const int64_t count : {int64_t{1}, int64_t{2}, fragment - 1, fragment, fragment + 1, 2 * fragment + 1}) {
      for (const size_t head : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{61}, size_t{300}, kFragment - 1,
                                kFragment, kFragment + 1, 2 * kFragment - 5}) {
        const std::string what = std::to_string(count) + " values of " + std::to_string(width) + " bytes behind " +
                                 std::to_string(head);
        ExpectReadBack(Values(width, count, Timestamps(random, 1'000'000, 1'700'000'000)), width, head, what);
        ExpectReadBack(Values(width, count, [] { return 42; }), width, head, "equal: " + what);
        ExpectReadBack(Values(width, count, [&] { return random(); }), width, head, "without repeats: " + what);
      }
    }
  }
}

TEST(SnappyNumbers, WhatIsNoValueIsReadBack) {
  for (const size_t head : {size_t{0}, size_t{1}, size_t{60}, size_t{61}, size_t{256}, size_t{257}, kFragment + 300}) {
    for (const int width : {4, 8}) ExpectReadBack("", width, head, std::to_string(head) + " bytes alone");
  }
}

TEST(SnappyNumbers, SortedNegativeAndFarApartValuesAreReadBack) {
  std::mt19937_64 random(3);
  for (const int width : {4, 8}) {
    const auto negative = [n = int64_t{100}]() mutable { return static_cast<uint64_t>(n--); };
    ExpectReadBack(Values(width, 30'000, negative), width, 3, "falling below zero");
    ExpectReadBack(Values(width, 30'000, [n = uint64_t{0}]() mutable { return n++; }), width, 3, "rising");
    ExpectReadBack(Values(width, 30'000, [n = uint64_t{0}]() mutable { return n++ / 5'000; }), width, 3, "runs");
    ExpectReadBack(Values(width, 30'000, [&] { return Amount(random); }), width, 3, "amounts");
    // Copies from as far as 16 bits can say.
    auto far = [n = uint64_t{0}, width]() mutable { return n++ % (kFragment / static_cast<size_t>(width) - 1); };
    ExpectReadBack(Values(width, 60'000, [&] { return far() * 0x0101'0101'0101'0101; }), width, 0, "far");
  }
}

TEST(SnappyNumbers, EqualValuesTakeNextToNothing) {
  const std::string body = Values(8, 32'768, [] { return 1'700'000'000'000'000; });
  EXPECT_LE(Block(body, body.size(), {8}, body.size())->size(), body.size() * 3 / 64 + 50);
}

TEST(SnappyNumbers, NeighbouringLiteralsAreOne) {
  std::mt19937_64 random(4);
  for (const int width : {4, 8}) {
    const std::string body = Values(width, 5'000, [&] { return random(); });
    EXPECT_LE(Block(body, body.size(), {width}, RoomFor(body))->size(), body.size() * 102 / 100);
  }
}

struct Column {
  const char* name;
  int width;
  int low;
  std::function<uint64_t(std::mt19937_64&)> next;
  size_t percent_max;  // of libsnappy's bytes
};

// Shapes of real columns: each gets the one that is meant for it, and about the room that libsnappy takes.
TEST(SnappyNumbers, AreAsSmallAsLibsnappys) {
  std::mt19937_64 random(5);
  auto times = Timestamps(random, 1'000'000, 1'700'000'000);
  auto seconds = Timestamps(random, 1'000, 1'700'000'000);
  const Column columns[] = {
      {"timestamps", 8, 0, [&](auto&) { return times(); }, 101},
      {"milliseconds", 8, 0, [&](auto&) { return seconds(); }, 100},
      {"amounts", 8, 1, Amount, 101},
      {"small amounts", 8, 1, [](auto& r) { return r() % 20'000; }, 101},
      {"keys", 8, 2, [](auto& r) { return 1 + r() % 4'600'000; }, 101},
      {"negative amounts", 8, 1, [](auto& r) { return uint64_t{0} - r() % 20'000; }, 101},
  };
  for (const Column& column : columns) {
    const std::string body = Values(column.width, 32'768, [&] { return column.next(random); });
    const std::string sample = body.substr(body.size() / 2, 16 << 10);
    std::vector<uint8_t> scratch(sample.size());
    const auto bytes_max = static_cast<int64_t>(UsualBytes(sample) * 102 / 100);
    const SnappyNumbers shape = ChooseSnappyNumbers(sample, column.width, bytes_max, scratch);
    ASSERT_EQ(shape.width, column.width) << column.name;
    EXPECT_EQ(shape.low, column.low) << column.name;
    const size_t bytes = Block(body, body.size(), shape, body.size())->size();
    EXPECT_LE(bytes * 1000, UsualBytes(body) * column.percent_max * 10) << column.name;
  }
}

TEST(SnappyNumbers, AreNotChosenWhereTheyWouldBeLarger) {
  std::mt19937_64 random(6);
  std::vector<uint8_t> scratch(16 << 10);
  for (const int width : {4, 8}) {
    const std::string sample = Values(width, (16 << 10) / width, [&] { return random(); });
    EXPECT_EQ(ChooseSnappyNumbers(sample, width, 1 << 20, scratch).width, 0) << "no room";
    const std::string equal = Values(width, (16 << 10) / width, [] { return 7; });
    const auto bytes = static_cast<int64_t>(Block(equal, equal.size(), {width}, equal.size())->size());
    EXPECT_EQ(ChooseSnappyNumbers(equal, width, bytes, scratch).width, width);
    EXPECT_EQ(ChooseSnappyNumbers(equal, width, bytes - 1, scratch).width, 0);
  }
}

TEST(SnappyNumbers, ReturnsNothingWhenTheRoomIsShort) {
  std::mt19937_64 random(7);
  for (const SnappyNumbers& shape : kShapes) {
    const std::string body =
        "head" + Values(shape.width, 100, [&, i = 0]() mutable { return ++i % 9 == 0 ? random() : random() % 9'000; });
    const size_t value_bytes = body.size() - 4;
    const size_t needed = Block(body, value_bytes, shape, 4'096)->size();
    for (size_t room = 0; room < needed; ++room) {
      EXPECT_FALSE(Block(body, value_bytes, shape, room).has_value()) << room << " of " << needed;
    }
    const auto block = Block(body, value_bytes, shape, needed + 24);
    ASSERT_TRUE(block.has_value());
    EXPECT_EQ(block->size(), needed);
    EXPECT_TRUE(ReadBySnappy(*block, body.size()) == body);
  }
}

// Where the end of a number that the next fragment takes up still has to find room.
TEST(SnappyNumbers, ReturnsNothingWhenTheRoomEndsWithAFragment) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 20; ++round) {
    const std::string values = Values(8, 8'200, [&] { return random() % 2; });
    const size_t whole = kFragment - 8;  // of the first fragment, behind a byte that is no value
    const std::string body = "h" + values;
    const size_t first = Block(body.substr(0, 1 + whole), whole, {8}, RoomFor(body))->size();
    for (size_t room = first - 16; room < first + 16; ++room) {
      EXPECT_FALSE(Block(body, values.size(), {8}, room).has_value()) << room << ", " << first;
    }
  }
}

TEST(SnappyNumbers, TheSameValuesGiveTheSameBytes) {
  std::mt19937_64 random(8);
  const std::string body = Values(8, 20'000, [&] { return Amount(random); });
  const std::string other = Values(8, 20'000, [&] { return random(); });
  for (const int low : {0, 1, 2}) {
    const auto block = Block(body, body.size(), {8, low}, RoomFor(body));
    Block(other, other.size(), {8, low}, RoomFor(other));
    EXPECT_EQ(Block(body, body.size(), {8, low}, RoomFor(body)), block) << "whatever was written before";
    // Each fragment stands for itself.
    const std::string first = body.substr(0, kFragment);
    const auto alone = Block(first, first.size(), {8, low}, RoomFor(first));
    EXPECT_EQ(block->substr(3, alone->size() - 3), alone->substr(3));
  }
}

}  // namespace
}  // namespace freight
