// libsnappy's decoder reads every block; the room given is never passed; blocks of sentences are smaller than
// libsnappy's.
#include "format/snappy_text.h"

#include "format/snappy_block.h"
#include "format/zstd_testing.h"

#include <arrow/util/compression.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace freight {
namespace {

class SnappyTextTest : public testing::Test {
 protected:
  std::optional<std::string> Block(const std::string& body, size_t text_bytes, size_t room) {
    return FrameWithin(room, [&](std::span<uint8_t> out) {
      return WriteSnappyText(body, static_cast<int64_t>(text_bytes), matcher_, out);
    });
  }
  std::optional<std::string> Block(const std::string& text) {
    return Block(text, text.size(), SnappyTextRoomFor(text.size()));
  }
  std::string Read(const std::string& block, size_t content) {
    std::string out(content, '\0');
    const auto length = snappy_->Decompress(static_cast<int64_t>(block.size()),
                                            reinterpret_cast<const uint8_t*>(block.data()),
                                            static_cast<int64_t>(content), reinterpret_cast<uint8_t*>(out.data()));
    return length.ok() ? out : length.status().ToString();
  }

  std::unique_ptr<arrow::util::Codec> snappy_ = arrow::util::Codec::Create(arrow::Compression::SNAPPY).ValueOrDie();
  TextMatcher matcher_;
};

TEST_F(SnappyTextTest, TextOfEveryKindIsReadBackOrRefused) {
  std::mt19937_64 random(1);
  int written = 0;
  for (int round = 0; round < 400; ++round) {
    const size_t bytes = TextMatcher::kTextBytesMin + random() % (size_t{1} << (8 + random() % 12));
    const std::string body = RandomBytes(random, random() % 3 == 0 ? random() % 200'000 : 0) + TextSoup(random, bytes);
    const auto block = Block(body, bytes, SnappyTextRoomFor(body.size()));
    if (!block) continue;
    ++written;
    ASSERT_TRUE(Read(*block, body.size()) == body) << round;
  }
  EXPECT_GT(written, 25);
}

TEST_F(SnappyTextTest, SentencesAreSmallerThanLibsnappyMakesThem) {
  std::mt19937_64 random(2);
  for (const size_t bytes : {size_t{150'000}, size_t{262'144}, size_t{1'000'000}}) {
    const std::string text = Sentences(random, bytes, 400, 12);
    const auto* input = reinterpret_cast<const uint8_t*>(text.data());
    const auto length = static_cast<int64_t>(bytes);
    std::string usual(static_cast<size_t>(snappy_->MaxCompressedLen(length, input)), '\0');
    const int64_t usual_bytes = snappy_->Compress(length, input, static_cast<int64_t>(usual.size()),
                                                  reinterpret_cast<uint8_t*>(usual.data())).ValueOrDie();
    const auto block = Block(text);
    ASSERT_TRUE(block.has_value());
    EXPECT_TRUE(Read(*block, bytes) == text);
    EXPECT_LT(static_cast<int64_t>(block->size()), usual_bytes) << bytes;
  }
}

TEST_F(SnappyTextTest, LiteralsOfEveryLengthStandBetweenCopies) {
  std::mt19937_64 random(3);
  std::string text = Sentences(random, 1'300'000);  // no lane begins where the literals stand
  for (size_t length : {1, 15, 16, 17, 59, 60, 61, 255, 256, 257, 65'535, 65'536, 65'537}) {
    text += RandomBytes(random, length) + text.substr(100'000, 400);
  }
  text += Sentences(random, 3'000'000);
  const auto block = Block(text);
  ASSERT_TRUE(block.has_value());
  EXPECT_TRUE(Read(*block, text.size()) == text);
}

TEST_F(SnappyTextTest, CopiesOfEveryLengthAreSplit) {
  std::mt19937_64 random(4);
  const std::string once = RandomBytes(random, 1'000);
  std::string text;
  for (size_t length = 1; text.size() < 600'000; length = length % 300 + 1) text += once.substr(0, length);
  const auto block = Block(text);
  ASSERT_TRUE(block.has_value());
  EXPECT_TRUE(Read(*block, text.size()) == text);
  const std::string same(3 << 20, 'x');
  ASSERT_TRUE(Block(same).has_value());
  EXPECT_TRUE(Read(*Block(same), same.size()) == same);
}

TEST_F(SnappyTextTest, SaysWhenTheRoomIsShortOrTheTextHardlyRepeats) {
  std::mt19937_64 random(5);
  const std::string text = Sentences(random, 100'000);
  const size_t needed = SnappyTextRoomFor(text.size());
  for (const size_t room : {size_t{0}, size_t{4}, text.size(), needed - 1}) {
    EXPECT_FALSE(Block(text, text.size(), room).has_value()) << room;
  }
  EXPECT_TRUE(Block(text, text.size(), needed).has_value());
  EXPECT_FALSE(Block(RandomBytes(random, 300'000)).has_value());
}

}  // namespace
}  // namespace freight
