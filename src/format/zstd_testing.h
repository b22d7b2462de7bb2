// What tests of zstd frames share: numbers, room that must not be passed, and zstd's own decoder.
#pragma once

#include "format/zstd_literals.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

namespace freight {

// Little-endian numbers of `width` bytes: next(0), next(1), ..., or next() again and again.
template <typename Next>
std::string Values(int width, int64_t count, Next next) {
  std::string bytes(static_cast<size_t>(count * width), '\0');
  for (int64_t i = 0; i < count; ++i) {
    uint64_t value = 0;
    if constexpr (std::is_invocable_v<Next&, int64_t>) value = next(i);
    else value = next();
    std::memcpy(bytes.data() + i * width, &value, static_cast<size_t>(width));
  }
  return bytes;
}

struct TestCoder {
  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context{ZSTD_createCCtx(), &ZSTD_freeCCtx};
  LiteralCoder coder{context.get()};
};

// The frame that `make` puts into so much room, of which it says the length.
template <typename Make>
std::optional<std::string> FrameWithin(size_t room, Make make) {
  std::string out(room + 1, '\x7e');
  const auto length = make(std::span<uint8_t>(reinterpret_cast<uint8_t*>(out.data()), room));
  EXPECT_EQ(out.back(), '\x7e') << "wrote past its room";
  if (!length) return std::nullopt;
  EXPECT_LE(*length, static_cast<int64_t>(room));
  out.resize(static_cast<size_t>(*length));
  return out;
}

// What zstd makes of the frame, or the name of its error.
inline std::string Decoded(const std::string& frame, size_t content) {
  std::string out(content, '\0');
  const size_t length = ZSTD_decompress(out.data(), out.size(), frame.data(), frame.size());
  if (ZSTD_isError(length)) return ZSTD_getErrorName(length);
  return length == content ? out : "another length";
}

}  // namespace freight
