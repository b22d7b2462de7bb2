// Four frames grow side by side, one for each lane of the search; they are joined when all are there.
#include "format/zstd_text.h"

#include <cstring>
#include <vector>

namespace freight {
namespace {

constexpr size_t kFrameHeaderBytes = 9;
constexpr size_t kSpareBytes = 32;  // what a block must have room for and does not take
constexpr size_t kLiteralsMax = 0xFFFF;  // of a sequence
constexpr size_t kWordBytes = 16;

// What blocks need beyond their bytes, if all are stored as they are.
size_t BlocksRoom(size_t blocks) { return blocks * static_cast<size_t>(kZstdBlockHeaderBytes) + kSpareBytes; }

}  // namespace

size_t ZstdTextWriter::RoomFor(size_t body_bytes) {
  const size_t blocks_max = body_bytes / static_cast<size_t>(kZstdBlockBytes) + 1;
  return kFrameHeaderBytes + body_bytes + (TextMatcher::kLanes + 1) * BlocksRoom(blocks_max);
}

std::optional<int64_t> ZstdTextWriter::WriteFrame(std::string_view body, int64_t text_bytes, LiteralCoder& coder,
                                                  std::span<uint8_t> out) {
  if (out.size() < RoomFor(body.size())) return std::nullopt;
  const std::string_view text = body.substr(body.size() - static_cast<size_t>(text_bytes));
  ZstdFrame frame(out);
  frame.Header(body.size());
  frame.Raw(reinterpret_cast<const uint8_t*>(body.data()), static_cast<int64_t>(body.size() - text.size()));
  matcher_.Start(text, ZstdSequence::kOffsetMax);
  const std::span<uint8_t> rest = frame.Rest();
  std::vector<ZstdFrame> lanes;
  for (size_t i = 0; i < TextMatcher::kLanes; ++i) lanes.emplace_back(rest.subspan(LaneBegin(i), LaneRoom(i)));
  if (!WriteLanes(text, coder, lanes)) return std::nullopt;
  lanes.back().Finish();
  for (size_t i = 0; i < TextMatcher::kLanes; ++i) {
    const uint8_t* const begin = rest.data() + LaneBegin(i);
    const int64_t bytes = lanes[i].Rest().data() - begin;
    std::memmove(frame.Rest().data(), begin, static_cast<size_t>(bytes));
    frame.Skip(bytes);
  }
  return frame.Rest().data() - out.data();
}

size_t ZstdTextWriter::LaneBegin(size_t lane) const {
  return matcher_.PartBegin(lane) + lane * BlocksRoom(matcher_.rounds());
}

size_t ZstdTextWriter::LaneRoom(size_t lane) const { return LaneBegin(lane + 1) - LaneBegin(lane); }

bool ZstdTextWriter::WriteLanes(std::string_view text, LiteralCoder& coder, std::span<ZstdFrame> lanes) {
  for (size_t round = 0; round < matcher_.rounds(); ++round) {
    const TextMatcher::Blocks blocks = matcher_.Next();
    if (round == 0 && !HasFewLiterals(blocks)) return false;
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (!WriteBlock(text, blocks[i], coder, lanes[i])) return false;
    }
  }
  return true;
}

// False without room.
bool ZstdTextWriter::WriteBlock(std::string_view text, const TextMatcher::Block& block, LiteralCoder& coder,
                                ZstdFrame& frame) {
  const auto content = static_cast<int64_t>(block.end - block.begin);
  if (content == 0) return true;
  if (Fill(text, block) && block_.Write(content, nullptr, &coder, frame)) return true;
  return frame.Raw(reinterpret_cast<const uint8_t*>(text.data()) + block.begin, content);
}

// False if a sequence would have more literals than it can.
bool ZstdTextWriter::Fill(std::string_view text, const TextMatcher::Block& block) {
  ZstdSequence* sequence = block_.sequences();
  uint8_t* literals = block_.literals();
  const char* at = text.data() + block.begin;
  for (const TextMatch match : block.matches) {
    const char* const begin = text.data() + match.begin();
    const auto number = static_cast<size_t>(begin - at);
    std::memcpy(literals, at, kWordBytes);  // mostly there are none: no match begins nearer to the block's end
    if (number > kWordBytes) [[unlikely]] {
      if (number > kLiteralsMax) return false;
      std::memcpy(literals, at, number);
    }
    literals += number;
    *sequence++ = {static_cast<uint16_t>(number), static_cast<uint16_t>(match.length()), match.offset()};
    at = begin + match.length();
  }
  const auto rest = static_cast<size_t>(text.data() + block.end - at);
  std::memcpy(literals, at, rest);
  literals += rest;
  block_.Hold(static_cast<size_t>(sequence - block_.sequences()),
              static_cast<size_t>(literals - block_.literals()));
  return true;
}

}  // namespace freight
