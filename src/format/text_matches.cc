// One step looks up eight bytes and decides without a branch: whether text repeats is nothing that a processor could
// foresee.
#include "format/text_matches.h"

#include "base/status.h"
#include "format/zstd_numbers.h"

#include <algorithm>
#include <bit>
#include <tuple>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace freight {
namespace {

constexpr uint32_t kStepBytes = 32;  // that a step compares, and goes on by at most
constexpr size_t kSeenBytes = 32 << 10;  // of the text before its part that a lane knows
constexpr size_t kSeenStep = 2;
constexpr size_t kAheadBytes = 256;  // the page has left the cache, and no prefetcher sees four streams
constexpr size_t kLiteralsPercentMax = 8;
constexpr int64_t kStepsMin = 4;  // for fewer, lanes go on one by one
// Text in which nothing was seen before takes as long as so many bytes more.
constexpr size_t kUnknownBytes = 24 << 10;
constexpr size_t kFirstShareMin = 10;  // of the text, for the lane that begins there

size_t ShareOf(size_t bytes, size_t parts) { return (bytes + parts - 1) / parts; }

// How long the same bytes stand at both places, `known` of which were compared.
[[gnu::noinline]] uint32_t LongLength(const uint8_t* a, const uint8_t* b, uint32_t known, uint32_t length_max) {
  while (known + 8 <= length_max) {
    const uint64_t differing = LoadNumber<uint64_t>(a + known) ^ LoadNumber<uint64_t>(b + known);
    if (differing != 0) return known + static_cast<uint32_t>(std::countr_zero(differing)) / 8;
    known += 8;
  }
  while (known < length_max && a[known] == b[known]) ++known;
  return known;
}

// How many of the first 32 bytes are the same.
inline uint32_t EqualBytes(const uint8_t* a, const uint8_t* b) {
#if defined(__SSE2__)
  const auto equal = [&](int at) {
    const auto load = [&](const uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at)); };
    return static_cast<uint64_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(load(a), load(b))));
  };
  return static_cast<uint32_t>(std::countr_zero(~(equal(0) | equal(16) << 16)));
#else
  return LongLength(a, b, 0, kStepBytes);
#endif
}

}  // namespace

// A lane's place in its block.
struct TextMatcher::Cursor {
  // How many steps surely end within the block.
  int64_t steps() const { return (static_cast<int64_t>(end) - static_cast<int64_t>(at)) / kStepBytes; }

  size_t at;
  size_t end;
  TextMatch* out;
  Table* table;
};

void TextMatcher::Start(std::string_view text, uint32_t offset_max) {
  FREIGHT_ASSERT(text.size() >= kTextBytesMin && text.size() <= TextMatch::kTextBytesMax);
  text_ = text;
  offset_max_ = offset_max;
  // The first lane knows nothing at first, and finds little.
  const size_t fair = (text.size() + kUnknownBytes) / kLanes;
  const size_t first = std::max(fair - std::min(fair, kUnknownBytes), text.size() / kFirstShareMin);
  part_bytes_ = ShareOf(text.size() - first, kLanes - 1);
  first_bytes_ = text.size() - std::min(text.size(), part_bytes_ * (kLanes - 1));
  rounds_ = ShareOf(part_bytes_, kBlockBytesMax);
  round_ = 0;
  if (!lanes_) lanes_ = std::make_unique_for_overwrite<std::array<Lane, kLanes>>();
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t i = 0; i < kLanes; ++i) {
    Table& table = (*lanes_)[i].table;
    table.fill(0);
    const size_t begin = PartBegin(i);
    for (size_t at = begin - std::min(begin, kSeenBytes); at < begin; at += kSeenStep) {
      table[CellOf(bytes + at)] = static_cast<uint32_t>(at);
    }
  }
}

inline size_t TextMatcher::CellOf(const uint8_t* at) {
  return LoadNumber<uint64_t>(at) * 0x9E3779B97F4A7C15 >> (64 - kTableLog);
}

// Writes a match in any case, and goes on behind it or by a byte. Takes from `steps` what a long match takes of others.
[[gnu::always_inline]] inline void TextMatcher::Step(const uint8_t* text, uint32_t offset_max, Cursor& cursor,
                                                     int64_t* steps) {
  const size_t at = cursor.at;
  __builtin_prefetch(text + at + kAheadBytes);
  uint32_t& cell = (*cursor.table)[CellOf(text + at)];
  const size_t before = cell;
  cell = static_cast<uint32_t>(at);
  uint64_t length = EqualBytes(text + at, text + before);
  if (length == kStepBytes) [[unlikely]] {
    const auto length_max = static_cast<uint32_t>(std::min<size_t>(cursor.end - at, TextMatch::kLengthMax));
    length = LongLength(text + at, text + before, kStepBytes, length_max);
    *steps -= static_cast<int64_t>(length / kStepBytes);
  }
  const bool found = (length >= kMatchMin) & (at - before <= offset_max);
  uint64_t all = 0 - static_cast<uint64_t>(found);
  asm("" : "+r"(all));  // no branch: compilers see through the rest
  *cursor.out = TextMatch(at, at - before, length);
  cursor.out += found;
  cursor.at = at + 1 + ((length - 1) & all);
}

// Step by step side by side, until one of them has next to no steps left.
template <typename... Cursors>
std::array<TextMatcher::Cursor, sizeof...(Cursors)> TextMatcher::Together(const uint8_t* text, uint32_t offset_max,
                                                                          Cursors... cursors) {
  while (true) {
    int64_t steps = std::min({cursors.steps()...});
    if (steps < kStepsMin) return {cursors...};
    do {
      (Step(text, offset_max, cursors, &steps), ...);
    } while (--steps > 0);
  }
}

size_t TextMatcher::PartBegin(size_t lane) const { return lane == 0 ? 0 : first_bytes_ + (lane - 1) * part_bytes_; }

TextMatcher::Blocks TextMatcher::Next() {
  FREIGHT_ASSERT(round_ < rounds_);
  std::array<Lane, kLanes>& lanes = *lanes_;
  Blocks blocks;
  std::array<Cursor, kLanes> starts;
  for (size_t i = 0; i < kLanes; ++i) {
    const size_t part_end = PartBegin(i + 1);
    const size_t block_bytes = ShareOf(part_end - PartBegin(i), rounds_);
    blocks[i].begin = std::min(PartBegin(i) + round_ * block_bytes, part_end);
    blocks[i].end = std::min(blocks[i].begin + block_bytes, part_end);
    // Nothing stands before the first byte; a cell that nothing was written to is the first byte's.
    starts[i] = {std::max<size_t>(blocks[i].begin, 1), blocks[i].end, lanes[i].matches.data(), &lanes[i].table};
  }
  Search(starts);
  for (size_t i = 0; i < kLanes; ++i) {
    blocks[i].matches = {lanes[i].matches.data(), starts[i].out};
  }
  ++round_;
  return blocks;
}

// All lanes until one ends, then those that have most left.
void TextMatcher::Search(std::array<Cursor, kLanes>& cursors) {
  const auto* const text = reinterpret_cast<const uint8_t*>(text_.data());
  cursors = Together(text, offset_max_, cursors[0], cursors[1], cursors[2], cursors[3]);
  const auto more = [](const Cursor& a, const Cursor& b) { return a.steps() > b.steps(); };
  std::array<Cursor, kLanes> left = cursors;
  while (true) {
    std::sort(left.begin(), left.end(), more);
    if (left[1].steps() < kStepsMin) break;
    if (left[2].steps() < kStepsMin) {
      std::tie(left[0], left[1]) = std::tuple_cat(Together(text, offset_max_, left[0], left[1]));
    } else {
      std::tie(left[0], left[1], left[2]) =
          std::tuple_cat(Together(text, offset_max_, left[0], left[1], left[2]));
    }
  }
  for (Cursor& cursor : left) {
    for (int64_t steps = 0; cursor.at + kStepBytes <= cursor.end;) Step(text, offset_max_, cursor, &steps);
  }
  for (Cursor& cursor : cursors) {
    cursor = *std::find_if(left.begin(), left.end(), [&](const Cursor& c) { return c.table == cursor.table; });
  }
}

bool HasFewLiterals(const TextMatcher::Blocks& blocks) {
  const TextMatcher::Block& block = blocks.back();
  size_t literals = block.end - block.begin;
  const size_t literals_max = literals * kLiteralsPercentMax / 100;
  for (const TextMatch& match : block.matches) literals -= match.length();
  return literals <= literals_max;
}

}  // namespace freight
