// What tests of zstd frames and Snappy blocks share: numbers, room that must not be passed, and zstd's own decoder.
#pragma once

#include "format/zstd_literals.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

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

// Three events in a second, each up to some seconds late.
inline std::function<uint64_t()> Timestamps(std::mt19937_64& random, uint64_t unit, uint64_t begin) {
  return [&random, unit, begin, number = uint64_t{0}]() mutable {
    return (begin + number++ / 3 + random() % 3 + random() % 2) * unit;
  };
}

// Values of which some stood shortly before, some are near the last one, and some are like no other.
class Soup {
 public:
  explicit Soup(uint64_t seed) : random_(seed), repeated_(random_() % 101), near_(random_() % 101) {
    step_ = 1 | (random_() >> random_() % 64);
    back_ = 1 + random_() % (uint64_t{1} << random_() % 12);
  }

  uint64_t Next() {
    uint64_t value = random_() >> random_() % 64;
    if (!seen_.empty() && random_() % 100 < repeated_) {
      value = seen_[seen_.size() - 1 - random_() % std::min<uint64_t>(back_, seen_.size())];
    } else if (!seen_.empty() && random_() % 100 < near_) {
      value = seen_.back() + random_() % step_;
    }
    seen_.push_back(value);
    return value;
  }

 private:
  std::mt19937_64 random_;
  uint64_t repeated_, near_, step_, back_;
  std::vector<uint64_t> seen_;
};

inline std::string RandomBytes(std::mt19937_64& random, size_t bytes) {
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// Of so many words, in any order, each with up to seven letters more than the shortest.
inline std::string Sentences(std::mt19937_64& random, size_t bytes, size_t vocabulary = 20, size_t shortest = 3) {
  std::vector<std::string> words(vocabulary);
  for (std::string& word : words) {
    for (uint64_t left = shortest + random() % 8; left > 0; --left) word += static_cast<char>('a' + random() % 26);
  }
  std::string text;
  while (text.size() < bytes) text += words[random() % words.size()] + ' ';
  text.resize(bytes);
  return text;
}

// Pieces that stood before, of every length, among bytes that did not; sometimes one byte again and again.
inline std::string TextSoup(std::mt19937_64& random, size_t bytes) {
  const uint64_t repeated = random() % 101;
  const uint64_t piece_log = 1 + random() % 12;
  const uint64_t back_log = 1 + random() % 20;
  std::string text = Sentences(random, 100);
  while (text.size() < bytes) {
    const size_t length = 1 + random() % (uint64_t{1} << piece_log);
    if (random() % 100 < repeated) {
      const size_t back = 1 + random() % std::min(text.size(), size_t{1} << back_log);
      for (size_t i = 0; i < length; ++i) text += text[text.size() - back];
    } else {
      text += random() % 3 == 0 ? RandomBytes(random, length) : Sentences(random, length);
    }
  }
  text.resize(bytes);
  return text;
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
