// Where text repeats what stands before it: the search of a compressor, at four places of a page at once.
//
// A match begins where the one before it ends, so each step waits for the last one: for a table's cell, then for the
// text it names, then for the length. Four parts of the page, each with a table of its own, wait side by side.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace freight {

// `length` bytes that stand at `begin` and `offset` bytes before it, too. In one word: most that are written down are
// written over by the next one at once.
class TextMatch {
 public:
  static constexpr size_t kTextBytesMax = (size_t{1} << 24) - 1;
  static constexpr uint32_t kLengthMax = 0xFFFF;

  TextMatch() = default;
  TextMatch(uint64_t begin, uint64_t offset, uint64_t length) : word_(begin + (offset << 24) + (length << 48)) {}
  uint32_t begin() const { return static_cast<uint32_t>(word_ & kTextBytesMax); }
  uint32_t offset() const { return static_cast<uint32_t>(word_ >> 24 & kTextBytesMax); }
  uint32_t length() const { return static_cast<uint32_t>(word_ >> 48); }

 private:
  uint64_t word_;
};

// Holds scratch memory, at most 960 KiB, until it is released. One caller at a time.
class TextMatcher {
 public:
  static constexpr size_t kLanes = 4;
  static constexpr size_t kBlockBytesMax = 128 << 10;
  static constexpr size_t kTextBytesMin = kLanes << 10;
  static constexpr uint32_t kMatchMin = 6;

  // A run of the text with its matches, in order: none reaches out of the block, or copies from further back than
  // offset_max. Valid until the next call.
  struct Block {
    size_t begin = 0;
    size_t end = 0;
    std::span<const TextMatch> matches;
  };
  using Blocks = std::array<Block, kLanes>;

  // `text`: kTextBytesMin to TextMatch::kTextBytesMax bytes; it outlives the search. Forgets any other text.
  void Start(std::string_view text, uint32_t offset_max);
  void ReleaseScratch() { lanes_.reset(); }
  // How often Next() has blocks.
  size_t rounds() const { return rounds_; }
  // Where a lane's part begins; the text's end for kLanes.
  size_t PartBegin(size_t lane) const;
  // The next block of each lane; lane i's are the i-th part of the text, one behind the other.
  Blocks Next();

 private:
  static constexpr int kTableLog = 14;
  static constexpr size_t kMatchesMax = kBlockBytesMax / kMatchMin + 2;  // the last one is what no match was
  // Where the hashed bytes stood last.
  using Table = std::array<uint32_t, size_t{1} << kTableLog>;
  struct Lane {
    Table table;
    std::array<TextMatch, kMatchesMax> matches;
  };
  struct Cursor;

  static size_t CellOf(const uint8_t* at);
  static void Step(const uint8_t* text, uint32_t offset_max, Cursor& cursor, int64_t* steps);
  template <typename... Cursors>
  static std::array<Cursor, sizeof...(Cursors)> Together(const uint8_t* text, uint32_t offset_max, Cursors... cursors);
  void Search(std::array<Cursor, kLanes>& cursors);

  std::string_view text_;
  uint32_t offset_max_ = 0;
  size_t first_bytes_ = 0;  // of the first lane
  size_t part_bytes_ = 0;   // of each other one
  size_t rounds_ = 0;
  size_t round_ = 0;
  std::unique_ptr<std::array<Lane, kLanes>> lanes_;
};

// Whether so much of the text is matched that a closer search would hardly find more; judged by the last lane's block.
bool HasFewLiterals(const TextMatcher::Blocks& blocks);

}  // namespace freight
