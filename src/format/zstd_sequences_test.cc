// zstd's own decoder reads the sequences that are written, for every table and every kind of number.
#include "format/zstd_sequences.h"

#include "format/zstd_testing.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace freight {
namespace {

constexpr size_t kHead = 4'000;

// What came out of a block of these sequences, and the frame that says so.
struct Made {
  std::string content;
  std::optional<std::string> frame;
};

void Execute(const ZstdSequence& sequence, std::mt19937& random, std::string* literals, std::string* content) {
  for (int i = 0; i < sequence.literals; ++i) {
    literals->push_back(static_cast<char>(random()));
    content->push_back(literals->back());
  }
  for (int i = 0; i < sequence.match; ++i) content->push_back((*content)[content->size() - sequence.offset]);
}

// A frame of one block for each element, behind bytes to go back to.
Made Make(std::vector<std::vector<ZstdSequence>> blocks, size_t room) {
  std::mt19937 random(1);
  Made made;
  for (size_t i = 0; i < kHead; ++i) made.content.push_back(static_cast<char>(random()));
  std::vector<std::string> literals(blocks.size());
  for (size_t i = 0; i < blocks.size(); ++i) {
    for (const ZstdSequence& sequence : blocks[i]) Execute(sequence, random, &literals[i], &made.content);
  }
  std::string out(room + 1, '\x7e');
  ZstdFrame frame({reinterpret_cast<uint8_t*>(out.data()), room});
  SequenceCoder coder;
  RepeatedOffsets offsets;
  bool fits = frame.Header(made.content.size()) &&
              frame.Raw(reinterpret_cast<const uint8_t*>(made.content.data()), static_cast<int64_t>(kHead));
  for (size_t i = 0; i < blocks.size() && fits; ++i) {
    const auto bytes = static_cast<int64_t>(literals[i].size());
    fits = frame.Room() >= bytes + 8;
    if (!fits) break;
    uint8_t* const block = frame.BeginBlock();
    frame.LiteralsHeader(bytes);
    literals[i].copy(reinterpret_cast<char*>(frame.Rest().data()), literals[i].size());
    frame.Skip(bytes);
    fits = coder.Write(blocks[i], &offsets, frame);
    frame.EndBlock(block);
  }
  EXPECT_EQ(out.back(), '\x7e') << "wrote past its room";
  if (fits) made.frame = out.substr(0, static_cast<size_t>(frame.Finish()));
  return made;
}

void ExpectReadBack(const std::vector<std::vector<ZstdSequence>>& blocks, const std::string& what) {
  const Made made = Make(blocks, 1 << 20);
  ASSERT_TRUE(made.frame.has_value()) << what;
  EXPECT_TRUE(Decoded(*made.frame, made.content.size()) == made.content) << what;
}

// A number up to `most`, small ones more often than large ones.
uint16_t Skewed(std::mt19937& random, uint32_t most) {
  const uint32_t bound = uint32_t{1} << random() % 17;
  return static_cast<uint16_t>(random() % std::min(bound, most + 1));
}

TEST(SequenceCoder, IsReadBackForEveryNumberOfSequences) {
  std::mt19937 random(2);
  for (const size_t count : {1, 2, 3, 20, 127, 128, 200, 600, 1'100, 2'500, 6'000, 0x7F00 - 1, 0x7F00, 40'000}) {
    for (const uint32_t variety : {1, 2, 3, 8, 40}) {
      if (count * variety * 2 > 120'000) continue;
      std::vector<ZstdSequence> sequences(count);
      for (ZstdSequence& sequence : sequences) {
        const uint32_t rare = random() % 50 == 0 ? 1 : variety;
        sequence.literals = static_cast<uint16_t>(variety == 1 ? 0 : random() % rare);
        sequence.match = static_cast<uint16_t>(3 + (variety == 1 ? 0 : random() % rare));
        sequence.offset = static_cast<uint16_t>(8 * (1 + random() % rare));
      }
      ExpectReadBack({sequences}, std::to_string(count) + " sequences of variety " + std::to_string(variety));
    }
  }
}

TEST(SequenceCoder, IsReadBackForNumbersOfEverySize) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<ZstdSequence> sequences;
    size_t content = 0;
    while (true) {
      ZstdSequence next;
      next.literals = Skewed(random, 0xFFFF);
      next.match = static_cast<uint16_t>(3 + Skewed(random, 0xFFFF - 3));
      next.offset = static_cast<uint16_t>(1 + Skewed(random, kHead - 1));
      content += next.literals + next.match;
      if (content > kZstdBlockBytes) break;
      sequences.push_back(next);
    }
    if (!sequences.empty()) ExpectReadBack({sequences}, "round " + std::to_string(round));
  }
}

TEST(SequenceCoder, RemembersOffsetsFromBlockToBlock) {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    // Few offsets, those of a frame's beginning among them: each is repeated with and without literals.
    const uint16_t some[] = {1, 4, 8, 16, 24};
    std::vector<std::vector<ZstdSequence>> blocks(1 + random() % 3);
    for (auto& block : blocks) {
      block.resize(1 + random() % 40);
      for (ZstdSequence& next : block) {
        next = {static_cast<uint16_t>(random() % 2), static_cast<uint16_t>(3 + random() % 9), some[random() % 5]};
      }
    }
    ExpectReadBack(blocks, "round " + std::to_string(round));
  }
}

TEST(SequenceCoder, GivesLastOffsetsTheirShortNumbers) {
  std::vector<ZstdSequence> sequences = {{5, 8, 80}, {5, 8, 80}, {0, 8, 80}, {5, 8, 1},
                                         {0, 8, 80}, {5, 8, 96}, {2, 8, 1}};
  RepeatedOffsets offsets;
  SequenceCoder().EstimateBytes(sequences, offsets);
  std::vector<int> numbers;
  for (const ZstdSequence& sequence : sequences) numbers.push_back(sequence.offset);
  EXPECT_EQ(numbers, (std::vector<int>{83, 1, 83, 3, 1, 99, 3}));
}

TEST(SequenceCoder, SaysWhenTheRoomIsShort) {
  std::mt19937 random(5);
  std::vector<ZstdSequence> sequences(100);
  for (ZstdSequence& next : sequences) {
    next = {static_cast<uint16_t>(random() % 4), static_cast<uint16_t>(3 + random() % 9),
            static_cast<uint16_t>(1 + random() % 300)};
  }
  const size_t needed = Make({sequences}, 1 << 20).frame->size();
  for (size_t room = 0; room < needed; ++room) {
    EXPECT_FALSE(Make({sequences}, room).frame.has_value()) << room << " of " << needed;
  }
  EXPECT_EQ(Make({sequences}, needed + 8).frame, Make({sequences}, 1 << 20).frame);
}

TEST(SequenceCoder, EstimateIsNearTheSection) {
  std::mt19937 random(6);
  std::vector<ZstdSequence> sequences(5'000);
  for (ZstdSequence& next : sequences) {
    next = {static_cast<uint16_t>(random() % 3 == 0 ? 3 : 0), static_cast<uint16_t>(3 + random() % 9),
            static_cast<uint16_t>(8 * (1 + random() % 9))};
  }
  std::vector<ZstdSequence> copy = sequences;
  RepeatedOffsets offsets;
  const int64_t estimate = SequenceCoder().EstimateBytes(copy, offsets);
  std::string out(1 << 20, '\0');
  ZstdFrame frame({reinterpret_cast<uint8_t*>(out.data()), out.size()});
  ASSERT_TRUE(SequenceCoder().Write(sequences, &(offsets = {}), frame));
  const int64_t section = static_cast<int64_t>(out.size()) - frame.Room();
  EXPECT_NEAR(static_cast<double>(estimate), static_cast<double>(section), static_cast<double>(section) * 0.02);
}

TEST(FseTable, SharesFillTheTableAtEveryAccuracy) {
  std::mt19937 random(7);
  std::set<int> seen;
  bool less_than_one = false;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint32_t> counts(1 + random() % FseTable::kSymbolsMax);
    for (uint32_t& count : counts) count = random() % 3 == 0 ? 0 : 1 + random() % (1U << random() % 12);
    counts.back() = 1;
    FseTable table;
    table.Build(counts, 8 + round % 2);
    seen.insert(table.accuracy());
    int sum = 0;
    for (size_t symbol = 0; symbol < table.shares().size(); ++symbol) {
      const int share = table.shares()[symbol];
      ASSERT_EQ(share == 0, counts[symbol] == 0);
      less_than_one |= share < 0;
      sum += share < 0 ? 1 : share;
    }
    ASSERT_EQ(sum, 1 << table.accuracy());
  }
  EXPECT_EQ(seen, (std::set<int>{0, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(less_than_one);
}

// As RFC 8878 has a decoder move: from a cell by the bits it states to the next.
TEST(FseTable, EveryStepIsOneOfTheDecoder) {
  std::mt19937 random(8);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint32_t> counts(2 + random() % 40);
    for (uint32_t& count : counts) count = 1 + random() % (1U << random() % 10);
    FseTable table;
    table.Build(counts, FseTable::kAccuracyMax);
    const uint32_t size = 1U << table.accuracy();
    std::map<uint32_t, std::pair<uint32_t, std::map<uint32_t, int>>> cells;  // to: symbol and how it is left
    for (uint32_t state = size; state < 2 * size; ++state) {
      for (uint32_t symbol = 0; symbol < counts.size(); ++symbol) {
        const FseTable::Step step = table.Before(state, symbol);
        auto& cell = cells.try_emplace(step.state, symbol, std::map<uint32_t, int>{}).first->second;
        ASSERT_EQ(cell.first, symbol) << "one symbol to a cell";
        cell.second[state] = step.bits;
      }
    }
    ASSERT_EQ(cells.size(), size);
    for (const auto& [state, cell] : cells) {
      const int bits = cell.second.begin()->second;
      ASSERT_EQ(cell.second.size(), size_t{1} << bits) << "as many successors as the bits can tell apart";
      ASSERT_EQ(cell.second.begin()->first >> bits, cell.second.rbegin()->first >> bits);
    }
  }
}

}  // namespace
}  // namespace freight
