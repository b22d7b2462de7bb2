// zstd's own decoder reads every frame; the room given is never passed; frames are smaller than zstd's where they are
// meant to be.
#include "format/zstd_repeats.h"

#include "format/zstd_testing.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <string>

namespace freight {
namespace {

// The keys of a sorted table's children.
std::function<uint64_t()> ParentKeys(std::mt19937_64& random) {
  return [&random, key = uint64_t{1'000'000}, left = uint64_t{0}]() mutable {
    if (left-- == 0) {
      key += 1 + random() % 5;
      left = random() % 7;
    }
    return key;
  };
}

class RepeatsTest : public testing::Test {
 protected:
  std::optional<std::string> Frame(const std::string& body, int64_t value_bytes, const Repeats& repeats, size_t room) {
    return FrameWithin(room, [&](std::span<uint8_t> out) {
      return writer_->WriteFrame(body, value_bytes, repeats, coder_.coder, out);
    });
  }

  // With a head of other bytes in front, for both kinds of literals.
  void ExpectReadBack(const std::string& values, int width, size_t head, const std::string& what) {
    const std::string body = std::string(head, 'n') + values;
    for (const bool coded : {false, true}) {
      const auto frame = Frame(body, static_cast<int64_t>(values.size()), {width, coded}, body.size() + 200);
      ASSERT_TRUE(frame.has_value()) << what;
      EXPECT_TRUE(Decoded(*frame, body.size()) == body) << what;
    }
  }

  size_t UsualBytes(const std::string& body) {
    std::string out(ZSTD_compressBound(body.size()), '\0');
    return ZSTD_compress(out.data(), out.size(), body.data(), body.size(), 1);
  }

  TestCoder coder_;
  std::unique_ptr<ZstdBlock> block_ = std::make_unique<ZstdBlock>();
  std::unique_ptr<RepeatsWriter> writer_ = std::make_unique<RepeatsWriter>(*block_);
};

TEST_F(RepeatsTest, SoupsOfEveryKindAreReadBack) {
  std::mt19937_64 random(1);
  for (uint64_t seed = 0; seed < 3'000; ++seed) {
    Soup soup(seed);
    const int width = seed % 2 == 0 ? 4 : 8;
    const auto count = static_cast<int64_t>(2 + random() % (uint64_t{1} << (2 + random() % 10)));
    ExpectReadBack(Values(width, count, [&] { return soup.Next(); }), width, random() % 3 * (random() % 100),
                   "seed " + std::to_string(seed));
  }
}

TEST_F(RepeatsTest, LargeSoupsAreReadBack) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Soup soup(10'000 + seed);
    const int width = seed % 2 == 0 ? 4 : 8;
    const int64_t count = 40'000 + static_cast<int64_t>(seed) * 1'000;
    ExpectReadBack(Values(width, count, [&] { return soup.Next(); }), width, seed % 3 * 150'000,
                   "seed " + std::to_string(seed));
  }
}

TEST_F(RepeatsTest, BlocksEndAnywhere) {
  std::mt19937_64 random(2);
  for (const int width : {4, 8}) {
    for (const int64_t count : {2, 3, 4'097, 16'384, 16'385, 16'386, 32'768, 32'769, 32'770}) {
      const std::string what = std::to_string(count) + " values of " + std::to_string(width) + " bytes";
      ExpectReadBack(Values(width, count, Timestamps(random, 1'000'000, 1'700'000'000)), width, 7, what);
      ExpectReadBack(Values(width, count, [] { return 42; }), width, 0, "equal: " + what);
      ExpectReadBack(Values(width, count, [&] { return random(); }), width, 0, "without repeats: " + what);
      ExpectReadBack(Values(width, count, ParentKeys(random)), width, 300'000, "keys: " + what);
      // Runs that go on over a block's end.
      const auto runs = [n = uint64_t{0}]() mutable { return n++ / 5'000; };
      ExpectReadBack(Values(width, count, runs), width, 0, "runs: " + what);
    }
  }
}

// A match that is as long as 16 bits can say ends where the next value would have to give it its first byte.
TEST_F(RepeatsTest, PairsOfUnlikeValuesAreReadBackWhereMatchesAreCut) {
  std::mt19937_64 random(9);
  for (const int64_t before : {0, 1}) {
    const std::string odd = Values(8, 1 + before, [&] { return random(); });
    const auto pair = [&random, value = uint64_t{0}, again = false]() mutable {
      again = !again;
      return again ? value = random() : value;
    };
    ExpectReadBack(odd + Values(8, 9'000, pair), 8, 0, std::to_string(before));
  }
}

TEST_F(RepeatsTest, EqualValuesTakeNextToNothing) {
  const std::string body = Values(8, 60'000, [] { return 1'700'000'000'000'000; });
  EXPECT_LT(Frame(body, 480'000, {8}, body.size())->size(), 300U);
}

TEST_F(RepeatsTest, IsSmallerThanUsual) {
  std::mt19937_64 random(3);
  const auto percent = [&](const std::string& body, const Repeats& repeats) {
    return Frame(body, static_cast<int64_t>(body.size()), repeats, body.size())->size() * 100 / UsualBytes(body);
  };
  EXPECT_LE(percent(Values(8, 70'000, Timestamps(random, 1'000'000, 1'700'000'000)), {8, true}), 95U);
  EXPECT_LE(percent(Values(4, 70'000, Timestamps(random, 1, 1'700'000'000)), {4, true}), 95U);
  EXPECT_LE(percent(Values(4, 70'000, ParentKeys(random)), {4, false}), 95U);
}

TEST_F(RepeatsTest, ReturnsNothingWhenTheRoomIsShort) {
  std::mt19937_64 random(4);
  const std::string body = "head" + Values(8, 60, ParentKeys(random));
  const size_t needed = Frame(body, 480, {8}, 4'096)->size();
  ASSERT_LT(needed, 300U);
  for (size_t room = 0; room < needed; ++room) {
    EXPECT_FALSE(Frame(body, 480, {8}, room).has_value()) << room << " of " << needed;
  }
  EXPECT_EQ(Frame(body, 480, {8}, needed + 24)->size(), needed);
}

TEST_F(RepeatsTest, TheSameValuesGiveTheSameBytes) {
  std::mt19937_64 random(5);
  const std::string body = Values(8, 50'000, Timestamps(random, 1'000'000, 1'700'000'000));
  const std::string other = Values(8, 50'000, [&] { return random(); });
  const auto frame = Frame(body, 400'000, {8, true}, body.size());
  Frame(other, 400'000, {8, true}, body.size());
  EXPECT_EQ(Frame(body, 400'000, {8, true}, body.size()), frame) << "whatever was written before";
  block_ = std::make_unique<ZstdBlock>();
  writer_ = std::make_unique<RepeatsWriter>(*block_);
  EXPECT_EQ(Frame(body, 400'000, {8, true}, body.size()), frame);
}

TEST_F(RepeatsTest, EstimateIsNearTheFrame) {
  std::mt19937_64 random(6);
  const std::function<uint64_t()> kinds[] = {Timestamps(random, 1'000'000, 1'700'000'000), ParentKeys(random),
                                             Timestamps(random, 1, 1'700'000'000)};
  for (const int width : {4, 8}) {
    for (const auto& next : kinds) {
      const std::string body = Values(width, 2'048, next);
      const RepeatsEstimate estimate = writer_->Estimate(body, width);
      const auto frame = Frame(body, static_cast<int64_t>(body.size()), estimate.repeats, body.size());
      ASSERT_TRUE(frame.has_value());
      EXPECT_NEAR(static_cast<double>(estimate.bytes), static_cast<double>(frame->size()),
                  static_cast<double>(frame->size()) * 0.05);
    }
  }
}

TEST_F(RepeatsTest, CodesAreForLowBytesThatTheyShrink) {
  std::mt19937_64 random(7);
  const auto coded = [&](const std::string& body) { return writer_->Estimate(body, 8).repeats.coded; };
  EXPECT_TRUE(coded(Values(8, 4'096, Timestamps(random, 1'000'000, 1'700'000'000))));
  EXPECT_FALSE(coded(Values(8, 4'096, ParentKeys(random))));
}

TEST(RepeatedPercent, CountsWhatStoodShortlyBefore) {
  std::mt19937_64 random(8);
  for (const int width : {4, 8}) {
    EXPECT_GE(RepeatedPercent(Values(width, 2'000, [] { return 7; }), width), 99);
    EXPECT_EQ(RepeatedPercent(Values(width, 2'000, [n = uint64_t{0}]() mutable { return n++; }), width), 0);
    EXPECT_EQ(RepeatedPercent(Values(width, 2'000, [n = uint64_t{0}]() mutable { return n++ / 2; }), width), 50);
  }
  EXPECT_EQ(RepeatedPercent("", 8), 0);
}

}  // namespace
}  // namespace freight
