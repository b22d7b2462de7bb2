// Kernels of the fast path over bytes: where a string stops, where a number ends, whether a literal stands here.
//
// All may read up to 32 bytes behind what they judge, whatever lies there. Those with vectors have a portable twin
// (namespace portable) with the same answers.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace freight::ndjson {

namespace portable {

// The first byte from `p` that is a quote, a backslash or a control character. There must be one.
inline const char* StringStop(const char* p) {
  while (*p != '"' && *p != '\\' && static_cast<uint8_t>(*p) >= 0x20) ++p;
  return p;
}

inline uint32_t DigitRun(const char* p) {
  uint32_t n = 0;
  while (n < 16 && static_cast<uint8_t>(p[n] - '0') < 10) ++n;
  return n;
}

inline bool SameBytes(const char* p, const char* literal, uint32_t bytes) {
  return std::memcmp(p, literal, bytes) == 0;
}

}  // namespace portable

#if defined(__SSE2__)

inline uint32_t StopMask(const char* p) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
  const __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1F)), v);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control)));
}

inline const char* StringStop(const char* p) {
  for (;; p += 16) {
    const uint32_t stops = StopMask(p);
    if (stops != 0) return p + std::countr_zero(stops);
  }
}

// How many of the 16 bytes from `p` are digits before the first that is none.
inline uint32_t DigitRun(const char* p) {
  const __m128i v = _mm_sub_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), _mm_set1_epi8('0'));
  const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v);
  return static_cast<uint32_t>(std::countr_one(static_cast<uint32_t>(_mm_movemask_epi8(digits))));
}

// `literal` has 16 readable bytes after its end.
inline bool SameBytes(const char* p, const char* literal, uint32_t bytes) {
  for (uint32_t done = 0; done < bytes; done += 16) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + done));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(literal + done));
    const auto same = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)));
    const uint32_t wanted = bytes - done >= 16 ? 0xFFFF : (1u << (bytes - done)) - 1;
    if ((same & wanted) != wanted) return false;
  }
  return true;
}

#else
using portable::DigitRun;
using portable::SameBytes;
using portable::StringStop;
#endif

// Digits from `p` on, at most 32: then there may be more.
inline uint32_t DigitCount(const char* p) {
  const uint32_t first = DigitRun(p);
  return first < 16 ? first : 16 + DigitRun(p + 16);
}

// The end of the JSON number at `p`; nullptr when it is none, or one that only the careful scanner reads: with an
// exponent, or more than 31 digits before or behind the point.
inline const char* NumberEnd(const char* p) {
  p += *p == '-';
  const uint32_t whole = DigitCount(p);
  if (whole == 0 || whole == 32 || (*p == '0' && whole > 1)) return nullptr;
  p += whole;
  if (*p == '.') {
    const uint32_t fraction = DigitCount(p + 1);
    if (fraction == 0 || fraction == 32) return nullptr;
    p += 1 + fraction;
  }
  return (*p | 0x20) == 'e' ? nullptr : p;
}

// The four characters of `word` stand at `p`.
inline bool IsWord(const char* p, const char* word) { return std::memcmp(p, word, 4) == 0; }

}  // namespace freight::ndjson
