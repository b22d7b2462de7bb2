// Every match is one, for text of every kind and size; what comes back is found.
#include "format/text_matches.h"

#include "format/zstd_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace freight {
namespace {

std::vector<TextMatcher::Blocks> AllBlocks(TextMatcher& matcher, const std::string& text, uint32_t offset_max,
                                           std::vector<std::vector<TextMatch>>* matches) {
  std::vector<TextMatcher::Blocks> rounds;
  matcher.Start(text, offset_max);
  while (rounds.size() < matcher.rounds()) {
    rounds.push_back(matcher.Next());
    for (const TextMatcher::Block& block : rounds.back()) {
      matches->emplace_back(block.matches.begin(), block.matches.end());
    }
  }
  return rounds;
}

void ExpectMatches(const std::string& text, const TextMatcher::Block& block, const std::vector<TextMatch>& matches,
                   uint32_t offset_max) {
  size_t at = block.begin;
  for (const TextMatch& match : matches) {
    ASSERT_GE(match.begin(), at);
    at = match.begin() + match.length();
    ASSERT_LE(at, block.end);
    ASSERT_GE(match.length(), TextMatcher::kMatchMin);
    ASSERT_GE(match.offset(), 1U);
    ASSERT_LE(match.offset(), std::min<size_t>(offset_max, match.begin()));
    for (size_t i = 0; i < match.length(); ++i) {
      ASSERT_EQ(text[match.begin() + i], text[match.begin() + i - match.offset()]);
    }
  }
}

// The lanes' blocks, one lane behind the other, are the text; the share of it that matches cover.
double ExpectSound(TextMatcher& matcher, const std::string& text, uint32_t offset_max) {
  std::vector<std::vector<TextMatch>> matches;
  const auto rounds = AllBlocks(matcher, text, offset_max, &matches);
  size_t end = 0;
  size_t covered = 0;
  for (size_t lane = 0; lane < TextMatcher::kLanes; ++lane) {
    EXPECT_EQ(matcher.PartBegin(lane), end);
    for (size_t round = 0; round < rounds.size(); ++round) {
      const TextMatcher::Block& block = rounds[round][lane];
      EXPECT_EQ(block.begin, end);
      EXPECT_LE(block.end - block.begin, TextMatcher::kBlockBytesMax);
      end = block.end;
      const auto& found = matches[round * TextMatcher::kLanes + lane];
      ExpectMatches(text, block, found, offset_max);
      for (const TextMatch& match : found) covered += match.length();
    }
  }
  EXPECT_EQ(end, text.size());
  return static_cast<double>(covered) / static_cast<double>(text.size());
}

TEST(TextMatcher, EveryMatchIsOneInTextOfEveryKind) {
  TextMatcher matcher;
  std::mt19937_64 random(1);
  for (int round = 0; round < 400; ++round) {
    const size_t bytes = TextMatcher::kTextBytesMin + random() % (size_t{1} << (8 + random() % 12));
    const uint32_t offset_max = round % 2 == 0 ? UINT32_MAX : 1 + static_cast<uint32_t>(random() % 70'000);
    ExpectSound(matcher, TextSoup(random, bytes), offset_max);
    if (testing::Test::HasFailure()) FAIL() << "round " << round;
  }
}

TEST(TextMatcher, WordsThatComeBackAreFoundInAllLanes) {
  TextMatcher matcher;
  std::mt19937_64 random(2);
  for (const size_t bytes : {size_t{100'000}, size_t{262'144}, size_t{1'000'003}, size_t{5'000'000}}) {
    EXPECT_GT(ExpectSound(matcher, Sentences(random, bytes), UINT32_MAX), 0.75) << bytes;
  }
  EXPECT_LT(ExpectSound(matcher, RandomBytes(random, 300'000), UINT32_MAX), 0.01);
}

TEST(TextMatcher, AMatchMayBeAsLongAsItsNumberHolds) {
  TextMatcher matcher;
  const std::string text(1 << 20, 'x');
  EXPECT_GT(ExpectSound(matcher, text, UINT32_MAX), 0.999);
  std::vector<std::vector<TextMatch>> matches;
  AllBlocks(matcher, text, UINT32_MAX, &matches);
  EXPECT_EQ(matches[0][0].length(), TextMatch::kLengthMax);
}

TEST(TextMatcher, WhatItFindsDoesNotDependOnTextBefore) {
  std::mt19937_64 random(3);
  const std::string text = Sentences(random, 200'000);
  const auto found = [&](TextMatcher& matcher) {
    std::vector<std::vector<TextMatch>> matches;
    AllBlocks(matcher, text, UINT32_MAX, &matches);
    std::vector<uint32_t> numbers;
    for (const auto& block : matches) {
      for (const TextMatch& m : block) numbers.insert(numbers.end(), {m.begin(), m.offset(), m.length()});
    }
    return numbers;
  };
  TextMatcher fresh;
  TextMatcher used;
  ExpectSound(used, Sentences(random, 300'000), UINT32_MAX);
  EXPECT_EQ(found(used), found(fresh));
}

}  // namespace
}  // namespace freight
