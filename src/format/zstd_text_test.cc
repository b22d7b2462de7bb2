// zstd's own decoder reads every frame; the room given is never passed; frames are hardly larger than zstd's.
#include "format/zstd_text.h"

#include "format/zstd_testing.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace freight {
namespace {

class ZstdTextTest : public testing::Test {
 protected:
  std::optional<std::string> Frame(const std::string& body, size_t text_bytes, size_t room) {
    return FrameWithin(room, [&](std::span<uint8_t> out) {
      return writer_.WriteFrame(body, static_cast<int64_t>(text_bytes), coder_.coder, out);
    });
  }
  std::optional<std::string> Frame(const std::string& text) {
    return Frame(text, text.size(), ZstdTextWriter::RoomFor(text.size()));
  }

  TestCoder coder_;
  TextMatcher matcher_;
  std::unique_ptr<ZstdBlock> block_ = std::make_unique<ZstdBlock>();
  ZstdTextWriter writer_{matcher_, *block_};
};

TEST_F(ZstdTextTest, TextOfEveryKindIsReadBackOrRefused) {
  std::mt19937_64 random(1);
  int written = 0;
  for (int round = 0; round < 400; ++round) {
    const size_t bytes = TextMatcher::kTextBytesMin + random() % (size_t{1} << (8 + random() % 12));
    const std::string body = RandomBytes(random, random() % 3'000) + TextSoup(random, bytes);
    const auto frame = Frame(body, bytes, ZstdTextWriter::RoomFor(body.size()));
    if (!frame) continue;
    ++written;
    ASSERT_TRUE(Decoded(*frame, body.size()) == body) << round;
  }
  EXPECT_GT(written, 25);
}

TEST_F(ZstdTextTest, SentencesAreHardlyLargerThanZstdMakesThem) {
  std::mt19937_64 random(2);
  for (const size_t bytes : {size_t{150'000}, size_t{262'144}, size_t{1'000'000}}) {
    const std::string text = Sentences(random, bytes);
    std::string usual(ZSTD_compressBound(bytes), '\0');
    const size_t usual_bytes = ZSTD_compress(usual.data(), usual.size(), text.data(), bytes, 1);
    const auto frame = Frame(text);
    ASSERT_TRUE(frame.has_value());
    EXPECT_TRUE(Decoded(*frame, bytes) == text);
    EXPECT_LT(frame->size() * 100, usual_bytes * 106) << bytes;
  }
}

TEST_F(ZstdTextTest, TextThatHardlyRepeatsIsRefused) {
  std::mt19937_64 random(3);
  EXPECT_FALSE(Frame(RandomBytes(random, 300'000)).has_value());
}

TEST_F(ZstdTextTest, BytesThatDoNotRepeatAmongThoseThatDoAreStored) {
  std::mt19937_64 random(4);
  // Behind the first blocks, which decide: more literals than a sequence has, and a block of nothing else.
  const std::string text = Sentences(random, 900'000) + RandomBytes(random, 300'000) + Sentences(random, 400'000);
  const auto frame = Frame(text);
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(Decoded(*frame, text.size()) == text);
}

TEST_F(ZstdTextTest, OneByteAgainAndAgain) {
  const std::string text(3 << 20, 'x');
  const auto frame = Frame(text);
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(Decoded(*frame, text.size()) == text);
  EXPECT_LT(frame->size(), 2'000U);
}

TEST_F(ZstdTextTest, SaysWhenTheRoomIsShort) {
  std::mt19937_64 random(5);
  const std::string text = Sentences(random, 100'000);
  const size_t needed = ZstdTextWriter::RoomFor(text.size());
  for (const size_t room : {size_t{0}, size_t{8}, text.size() / 2, text.size(), needed - 1}) {
    EXPECT_FALSE(Frame(text, text.size(), room).has_value()) << room;
  }
  EXPECT_TRUE(Frame(text, text.size(), needed).has_value());
}

}  // namespace
}  // namespace freight
