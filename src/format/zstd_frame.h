// The frame and the simple blocks of RFC 8878, for pages whose shape we know better than a match search finds it.
#pragma once

#include "format/zstd_literals.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

namespace freight {

// Writes one frame into `out`. Each call answers false, and the frame is void, when there is not enough room.
class ZstdFrame {
 public:
  static constexpr int64_t kBlockBytes = 128 << 10;  // of content, at most

  explicit ZstdFrame(std::span<uint8_t> out) : begin_(out.data()), at_(out.data()), end_(out.data() + out.size()) {}

  // The window is the content, whose size stands in 4 bytes.
  bool Header(size_t content) {
    if (Room() < 9) return false;
    Put(0xFD2FB528, 4);
    Put(0xA0, 1);
    Put(static_cast<uint32_t>(content), 4);
    return true;
  }

  // Bytes as they are.
  bool Raw(const uint8_t* bytes, int64_t length) {
    return InBlocks(bytes, length, [this](const uint8_t* part, int64_t size) {
      if (Room() < size + kHeaderBytes) return false;
      BlockHeader(BlockType::kRaw, size);
      std::memcpy(at_, part, static_cast<size_t>(size));
      at_ += size;
      return true;
    });
  }

  // One byte many times, or Huffman codes without matches, or bytes as they are when there are no shorter codes.
  bool Coded(const uint8_t* bytes, int64_t length, LiteralCoder& coder) {
    return InBlocks(bytes, length, [&](const uint8_t* part, int64_t size) {
      if (size > 1 && std::memcmp(part, part + 1, static_cast<size_t>(size - 1)) == 0) return Repeated(*part, size);
      const auto codes = coder.Code({part, static_cast<size_t>(size)});
      const auto block = static_cast<int64_t>(codes.size()) + 1;
      if (codes.empty() || block >= size) return Raw(part, size);
      if (Room() < block + kHeaderBytes) return false;
      BlockHeader(BlockType::kCompressed, block);
      std::memcpy(at_, codes.data(), codes.size());
      at_ += codes.size();
      Put(0, 1);  // no sequences
      return true;
    });
  }

  // The bytes of the frame, of which at least one block is written.
  int64_t Finish() {
    *last_header_ |= 1;
    return at_ - begin_;
  }

 protected:
  enum class BlockType : uint32_t { kRaw = 0, kRepeated = 1, kCompressed = 2 };
  static constexpr int64_t kHeaderBytes = 3;

  int64_t Room() const { return end_ - at_; }

  void Put(uint32_t value, size_t bytes) {
    std::memcpy(at_, &value, bytes);
    at_ += bytes;
  }

  void BlockHeader(BlockType type, int64_t size) {
    last_header_ = at_;
    Put(static_cast<uint32_t>(size) << 3 | static_cast<uint32_t>(type) << 1, kHeaderBytes);
  }

  uint8_t* at() const { return at_; }
  void MoveTo(uint8_t* at) { at_ = at; }

 private:
  bool Repeated(uint8_t byte, int64_t count) {
    if (Room() < kHeaderBytes + 1) return false;
    BlockHeader(BlockType::kRepeated, count);
    Put(byte, 1);
    return true;
  }

  template <typename Put>
  bool InBlocks(const uint8_t* bytes, int64_t length, Put put) {
    for (int64_t at = 0; at < length; at += kBlockBytes) {
      if (!put(bytes + at, std::min(length - at, kBlockBytes))) return false;
    }
    return true;
  }

  uint8_t* const begin_;
  uint8_t* at_;
  uint8_t* const end_;
  uint8_t* last_header_ = nullptr;
};

}  // namespace freight
