// zstd's own decoder reads every frame; the room given is never passed; only fitting values take the shape.
#include "format/zstd_stride.h"

#include "format/zstd_testing.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace freight {
namespace {

std::optional<std::string> Frame(const std::string& body, int64_t value_bytes, const Stride& stride, size_t room) {
  TestCoder coder;
  return FrameWithin(room, [&](std::span<uint8_t> out) {
    return WriteStrideFrame(body, value_bytes, stride, coder.coder, out);
  });
}

class EachStride : public testing::TestWithParam<Stride> {};

TEST_P(EachStride, IsReadBack) {
  const Stride stride = GetParam();
  std::mt19937_64 random(7);
  const uint64_t mask = (uint64_t{1} << (8 * stride.low)) - 1;
  for (const int64_t count : {2, 3, 100, 127 + 2, 5'000, 0x7F00 + 2, 131'072}) {
    for (const size_t head : {0, 5, 300'000}) {
      const std::string body = std::string(head, 'n') + Values(stride.width, count, [&](int64_t i) {
                                 return (random() & mask) | (static_cast<uint64_t>(i / 4'000) << (8 * stride.low));
                               });
      const int64_t value_bytes = count * stride.width;
      const auto frame = Frame(body, value_bytes, stride, body.size() + 100);
      ASSERT_TRUE(frame.has_value()) << count << " values after " << head << " bytes";
      EXPECT_TRUE(Decoded(*frame, body.size()) == body) << count << " values after " << head << " bytes";
      EXPECT_LE(frame->size(), head + static_cast<size_t>(count * stride.low + 18 * (count / 4'000 + 8) + 40));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EachStride,
                         testing::Values(Stride{8, 1}, Stride{8, 2}, Stride{8, 3}, Stride{8, 4}, Stride{8, 5},
                                         Stride{4, 1}),
                         [](const auto& info) {
                           return "Low" + std::to_string(info.param.low) + "Of" + std::to_string(info.param.width);
                         });

TEST(StrideFrame, ValuesThatDoNotFitAreStoredWhole) {
  std::mt19937_64 random(3);
  for (const int every : {1, 2, 3, 50}) {
    const std::string body = Values(8, 3'000, [&](int64_t i) { return i % every == 0 ? random() : random() % 65'536; });
    const auto frame = Frame(body, static_cast<int64_t>(body.size()), {8, 2}, 100'000);
    ASSERT_TRUE(frame.has_value());
    EXPECT_TRUE(Decoded(*frame, body.size()) == body) << "every " << every;
  }
}

// One value in five has a third byte: the column of amounts that codes are for.
uint64_t Amount(std::mt19937_64& random) { return random() % (random() % 5 == 0 ? 200'000 : 65'536); }

TEST(CodedStrideFrame, IsReadBackAndSmaller) {
  std::mt19937_64 random(13);
  for (const int64_t count : {2, 3, 100, 5'000, 16'384, 16'386, 131'072}) {
    for (const size_t head : {0, 5, 300'000}) {
      const std::string body = std::string(head, 'n') + Values(8, count, [&](int64_t) { return Amount(random); });
      const auto plain = Frame(body, count * 8, {8, 3}, body.size() + 100);
      const auto coded = Frame(body, count * 8, {8, 3, true}, body.size() + 100);
      ASSERT_TRUE(plain && coded) << count << " values after " << head << " bytes";
      EXPECT_TRUE(Decoded(*coded, body.size()) == body) << count << " values after " << head << " bytes";
      if (count >= 5'000) {
        EXPECT_LT((coded->size() - head) * 100, (plain->size() - head) * 84);
      }
    }
  }
}

TEST(CodedStrideFrame, StoresBytesThatCodesDoNotShrink) {
  std::mt19937_64 random(17);
  for (const int64_t count : {1, 40'000}) {
    const std::string body = Values(8, count + 1, [&](int64_t) { return random() % 65'536; });
    const int64_t bytes = (count + 1) * 8;
    EXPECT_EQ(Frame(body, bytes, {8, 2, true}, body.size()), Frame(body, bytes, {8, 2}, body.size()));
  }
}

TEST(EstimateCodedStride, IsNearTheFrame) {
  std::mt19937_64 random(19);
  for (const bool high_outliers : {false, true}) {
    const std::string body = Values(8, 16'000, [&](int64_t i) {
      return high_outliers && i % 25 == 0 ? uint64_t{1} << 24 | random() % 65'536 : Amount(random);
    });
    const StrideEstimate estimate = EstimateCodedStride(body, EstimateStride(body, 8));
    EXPECT_EQ(estimate.stride.low, high_outliers ? 4 : 3) << "a byte more is cheaper than exceptions";
    const auto frame = Frame(body, static_cast<int64_t>(body.size()), estimate.stride, 2 * body.size());
    ASSERT_TRUE(frame.has_value());
    EXPECT_NEAR(static_cast<double>(estimate.bytes), static_cast<double>(frame->size()),
                static_cast<double>(frame->size()) * 0.05 + 300);
  }
}

TEST(StrideFrame, ReturnsNothingWhenTheRoomIsShort) {
  std::mt19937_64 random(5);
  const std::string body = "head" + Values(8, 40, [&](int64_t i) { return i == 20 ? random() : random() % 65'536; });
  const auto value_bytes = static_cast<int64_t>(body.size()) - 4;
  const size_t needed = Frame(body, value_bytes, {8, 2}, 4'096)->size();
  for (size_t room = 0; room < needed; ++room) {
    EXPECT_FALSE(Frame(body, value_bytes, {8, 2}, room).has_value()) << room << " of " << needed;
  }
  const auto frame = Frame(body, value_bytes, {8, 2}, needed + 24);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->size(), needed);
}

TEST(EstimateStride, TakesTheLowBytesThatVary) {
  std::mt19937_64 random(9);
  const auto low = [](const StrideEstimate& estimate) { return estimate.stride.low; };
  EXPECT_EQ(low(EstimateStride(Values(8, 4'000, [&](int64_t) { return random() % 4'600'000; }), 8)), 3);
  EXPECT_EQ(low(EstimateStride(Values(8, 4'000, [&](int64_t) { return random() % 50'000; }), 8)), 2);
  EXPECT_EQ(low(EstimateStride(Values(8, 4'000, [&](int64_t) { return random() % 200; }), 8)), 1);
  EXPECT_EQ(low(EstimateStride(Values(4, 4'000, [&](int64_t) { return random() % 200; }), 4)), 1);
}

TEST(EstimateStride, IsNearTheFrame) {
  std::mt19937_64 random(11);
  for (const uint64_t one_in : {10, 100, 100'000}) {
    const std::string body =
        Values(8, 16'000, [&](int64_t) { return random() % (random() % one_in == 0 ? uint64_t{1} << 40 : 60'000); });
    const StrideEstimate estimate = EstimateStride(body, 8);
    const auto frame = Frame(body, static_cast<int64_t>(body.size()), estimate.stride, 2 * body.size());
    ASSERT_TRUE(frame.has_value());
    EXPECT_NEAR(static_cast<double>(estimate.bytes), static_cast<double>(frame->size()),
                static_cast<double>(frame->size()) * 0.05 + 300);
  }
}

}  // namespace
}  // namespace freight
