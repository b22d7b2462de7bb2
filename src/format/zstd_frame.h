// The parts of a zstd frame (RFC 8878) that every shape of ours shares: headers, raw blocks, and the room they have.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

namespace freight {

inline constexpr int64_t kZstdBlockBytes = 128 << 10;  // of content
inline constexpr int64_t kZstdBlockHeaderBytes = 3;
inline constexpr int kZstdMatchMin = 3;

// Writes into `out` and never past it. What does not ask for room itself is for callers that have: see Room().
class ZstdFrame {
 public:
  explicit ZstdFrame(std::span<uint8_t> out) : begin_(out.data()), at_(out.data()), end_(out.data() + out.size()) {}

  int64_t Room() const { return end_ - at_; }
  // All that is left: written to directly, then Skip()ped.
  std::span<uint8_t> Rest() const { return {at_, end_}; }
  void Skip(int64_t bytes) { at_ += bytes; }

  // Of a frame whose window is its content. False without room, as Raw.
  bool Header(size_t content) {
    constexpr uint32_t kMagic = 0xFD2FB528;
    constexpr uint32_t kSingleSegment32 = 0xA0;  // the content's size stands in 4 bytes
    if (Room() < 9) return false;
    Put(kMagic, 4);
    Put(kSingleSegment32, 1);
    Put(static_cast<uint32_t>(content), 4);
    return true;
  }

  // As many blocks as these bytes take.
  bool Raw(const uint8_t* bytes, int64_t length) {
    while (length > 0) {
      const int64_t part = std::min(length, kZstdBlockBytes);
      if (Room() < part + kZstdBlockHeaderBytes) return false;
      BlockHeader(BlockType::kRaw, part);
      std::memcpy(at_, bytes, static_cast<size_t>(part));
      at_ += part;
      bytes += part;
      length -= part;
    }
    return true;
  }

  // One block of at most kZstdBlockBytes times the same byte. False without room.
  bool Repeated(uint8_t byte, int64_t count) {
    if (Room() < kZstdBlockHeaderBytes + 1) return false;
    BlockHeader(BlockType::kRepeated, count);
    Put(byte, 1);
    return true;
  }

  // A compressed block: what is written between the two calls. Needs room for its header.
  uint8_t* BeginBlock() {
    at_ += kZstdBlockHeaderBytes;
    return at_ - kZstdBlockHeaderBytes;
  }
  void EndBlock(uint8_t* begin) {
    const int64_t size = at_ - begin - kZstdBlockHeaderBytes;
    at_ = begin;
    BlockHeader(BlockType::kCompressed, size);
    at_ += size;
  }
  // As if the block had not begun.
  void DropBlock(uint8_t* begin) { at_ = begin; }

  // Little-endian. Needs room, as the next two.
  void Put(uint32_t value, size_t bytes) {
    std::memcpy(at_, &value, bytes);
    at_ += bytes;
  }

  // Of literals as they are.
  void LiteralsHeader(int64_t bytes) {
    const auto size = static_cast<uint32_t>(bytes);
    if (size < 32) return Put(size << 3, 1);
    if (size < 4096) return Put(size << 4 | 1 << 2, 2);
    Put(size << 4 | 3 << 2, 3);
  }

  // The number of sequences of a block, 0 to 128 Ki.
  void SequenceCount(int64_t count) {
    const auto number = static_cast<uint32_t>(count);
    if (number < 128) {
      Put(number, 1);
    } else if (number < 0x7F00) {
      Put((number >> 8) + 128, 1);
      Put(number & 0xFF, 1);
    } else {
      Put(255, 1);
      Put(number - 0x7F00, 2);
    }
  }

  // Marks the last block; the frame's length. At least one block is there.
  int64_t Finish() {
    *last_header_ |= 1;
    return at_ - begin_;
  }

 private:
  enum class BlockType : uint32_t { kRaw = 0, kRepeated = 1, kCompressed = 2 };

  void BlockHeader(BlockType type, int64_t size) {
    last_header_ = at_;
    Put(static_cast<uint32_t>(size) << 3 | static_cast<uint32_t>(type) << 1, 3);
  }

  uint8_t* const begin_;
  uint8_t* at_;
  uint8_t* const end_;
  uint8_t* last_header_ = nullptr;
};

}  // namespace freight
