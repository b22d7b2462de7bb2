// Hashes and ids with one spelling everywhere: lower-case hex of XXH3-128 (content) or a prefix of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace freight {

// 32 lower-case hex digits of XXH3-128.
std::string HashHex(std::string_view bytes);

// Streaming XXH3-128 with the same result as HashHex over the concatenation.
class StreamHash {
 public:
  StreamHash();
  ~StreamHash();
  StreamHash(StreamHash&&) noexcept;
  StreamHash& operator=(StreamHash&&) noexcept;
  void Update(const void* data, size_t bytes);
  std::string Hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// CRC-32C (Castagnoli), as in the manifest log's frames.
uint32_t Crc32c(std::string_view bytes);
// Its twin for processors without the instruction; the same result.
uint32_t Crc32cPortable(std::string_view bytes);

}  // namespace freight
