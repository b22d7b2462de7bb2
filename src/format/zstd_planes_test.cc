// zstd's own decoder reads every frame of streams; the room given is never passed; the estimate is near the frame.
#include "format/zstd_planes.h"

#include "format/zstd_testing.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>

namespace freight {
namespace {

// BYTE_STREAM_SPLIT of numbers.
std::string Streams(int width, int64_t count, const std::function<uint64_t()>& next) {
  std::string streams(static_cast<size_t>(count * width), '\0');
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t value = next();
    for (int byte = 0; byte < width; ++byte) {
      streams[static_cast<size_t>(byte * count + i)] = static_cast<char>(value >> (8 * byte));
    }
  }
  return streams;
}

std::optional<std::string> Frame(const std::string& body, int64_t stream_bytes, const Planes& planes, size_t room) {
  TestCoder coder;
  return FrameWithin(room, [&](std::span<uint8_t> out) {
    return WritePlanesFrame(body, stream_bytes, planes, coder.coder, out);
  });
}

TEST(PlanesFrame, IsReadBackWhateverTheStreamsHold) {
  std::mt19937_64 random(3);
  const std::function<uint64_t()> numbers[] = {
      [&] { return random(); }, [&] { return random() % 100'000; }, [] { return uint64_t{7}; },
      [&] { return random() % 2 << 56 | random() % 3 << 20; }};
  for (const int width : {4, 8}) {
    for (const int64_t count : {1, 2, 300, 32'768, 140'000}) {
      for (const size_t head : {0, 7, 200'000}) {
        for (const auto& next : numbers) {
          const std::string body = std::string(head, 'n') + Streams(width, count, next);
          for (const uint8_t coded : {0x00, 0x55, 0xFF}) {
            const auto frame = Frame(body, count * width, {width, coded}, body.size() + 100);
            ASSERT_TRUE(frame.has_value()) << width << " " << count << " " << head;
            ASSERT_TRUE(Decoded(*frame, body.size()) == body) << width << " " << count << " " << head;
          }
        }
      }
    }
  }
}

TEST(PlanesFrame, ReturnsNothingWhenTheRoomIsShort) {
  std::mt19937_64 random(5);
  const std::string body = "head" + Streams(8, 500, [&] { return random() % 3'000 | random() % 4 << 40; });
  const size_t needed = Frame(body, 4'000, {8, 0xFF}, 8'192)->size();
  for (size_t room = 0; room < needed; ++room) {
    EXPECT_FALSE(Frame(body, 4'000, {8, 0xFF}, room).has_value()) << room << " of " << needed;
  }
  EXPECT_EQ(Frame(body, 4'000, {8, 0xFF}, needed)->size(), needed);
}

TEST(PlanesFrame, IsSmallerThanTheUsualOneForAmounts) {
  std::mt19937_64 random(7);
  const std::string body = Streams(8, 32'768, [&] { return random() % (random() % 5 == 0 ? 200'000 : 65'536); });
  std::string usual(ZSTD_compressBound(body.size()), '\0');
  const size_t usual_bytes = ZSTD_compress(usual.data(), usual.size(), body.data(), body.size(), 1);
  const PlanesEstimate estimate = EstimatePlanes(body, 8);
  EXPECT_EQ(estimate.planes.coded, 0x04) << "the others are random bytes, or nothing but zeroes";
  const auto frame = Frame(body, static_cast<int64_t>(body.size()), estimate.planes, body.size());
  EXPECT_LT(frame->size() * 100, usual_bytes * 98);
  EXPECT_NEAR(static_cast<double>(estimate.bytes), static_cast<double>(frame->size()),
              static_cast<double>(frame->size()) * 0.02);
}

}  // namespace
}  // namespace freight
