// The instruction sets of the NDJSON kernels and the choice between them at run time.
#include "format/ndjson_kernels.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>

// The loops are fast only when all that they call becomes one function.
#define FREIGHT_INLINE_LAMBDA __attribute__((always_inline))
#define FREIGHT_INLINE inline FREIGHT_INLINE_LAMBDA

namespace freight {
namespace {

// By low half of a byte, the one character with it that may follow a backslash; "b" and "r" share theirs with '"'.
#define FREIGHT_SINGLE_ESCAPES 0, 0, '"', 0, 't', 0, 'f', 0, 0, 0, 0, 0, '\\', 0, 'n', '/'

#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
namespace avx2 {

class Window {
 public:
  FREIGHT_INLINE explicit Window(const char* p)
      : low_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))),
        high_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + 32))) {}
  FREIGHT_INLINE uint64_t Equal(char c) const { return Equal(low_, high_, _mm256_set1_epi8(c), _mm256_set1_epi8(c)); }
  FREIGHT_INLINE bool Differs(const Window& other, uint64_t where) const {
    return (~Equal(low_, high_, other.low_, other.high_) & where) != 0;
  }
  FREIGHT_INLINE uint64_t Below(uint8_t limit) const { return AtMost(low_, high_, limit - 1); }
  FREIGHT_INLINE uint64_t NoDigits() const {
    const __m256i zero = _mm256_set1_epi8('0');
    return ~AtMost(_mm256_sub_epi8(low_, zero), _mm256_sub_epi8(high_, zero), 9);
  }
  // Quotes, backslashes, control characters.
  FREIGHT_INLINE uint64_t StringStops() const { return Bits(StringStops(low_), StringStops(high_)); }
  FREIGHT_INLINE uint64_t SingleEscapes() const {
    const __m256i table = _mm256_setr_epi8(FREIGHT_SINGLE_ESCAPES, FREIGHT_SINGLE_ESCAPES);
    return Equal(low_, high_, _mm256_shuffle_epi8(table, low_), _mm256_shuffle_epi8(table, high_)) | Equal('b') |
           Equal('r');
  }

 private:
  FREIGHT_INLINE static uint64_t Bits(__m256i low, __m256i high) {
    return uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(low))} |
           uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(high))} << 32;
  }
  FREIGHT_INLINE static uint64_t Equal(__m256i low, __m256i high, __m256i to_low, __m256i to_high) {
    return Bits(_mm256_cmpeq_epi8(low, to_low), _mm256_cmpeq_epi8(high, to_high));
  }
  FREIGHT_INLINE static uint64_t AtMost(__m256i low, __m256i high, int limit) {
    const __m256i limits = _mm256_set1_epi8(static_cast<char>(limit));
    return Equal(low, high, _mm256_min_epu8(low, limits), _mm256_min_epu8(high, limits));
  }
  FREIGHT_INLINE static __m256i StringStops(__m256i bytes) {
    const __m256i quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
    const __m256i backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
    const __m256i control = _mm256_cmpeq_epi8(bytes, _mm256_min_epu8(bytes, _mm256_set1_epi8(0x1F)));
    return _mm256_or_si256(_mm256_or_si256(quote, backslash), control);
  }

  __m256i low_, high_;
};

#include "format/ndjson_kernels_inl.h"

}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,lzcnt,popcnt")
namespace avx512 {

class Window {
 public:
  FREIGHT_INLINE explicit Window(const char* p) : bytes_(_mm512_loadu_si512(p)) {}
  FREIGHT_INLINE uint64_t Equal(char c) const { return _mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8(c)); }
  FREIGHT_INLINE bool Differs(const Window& other, uint64_t where) const {
    const __mmask64 differs = _mm512_mask_cmpneq_epi8_mask(where, bytes_, other.bytes_);
    return _kortestz_mask64_u8(differs, differs) == 0;
  }
  FREIGHT_INLINE uint64_t Below(uint8_t limit) const {
    return _mm512_cmplt_epu8_mask(bytes_, _mm512_set1_epi8(static_cast<char>(limit)));
  }
  FREIGHT_INLINE uint64_t NoDigits() const {
    return _mm512_cmpge_epu8_mask(_mm512_sub_epi8(bytes_, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
  }
  // Quotes, backslashes, control characters.
  FREIGHT_INLINE uint64_t StringStops() const {
    const __mmask64 quote = _mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8('"'));
    const __mmask64 backslash = _mm512_cmpeq_epi8_mask(bytes_, _mm512_set1_epi8('\\'));
    const __mmask64 control = _mm512_cmplt_epu8_mask(bytes_, _mm512_set1_epi8(0x20));
    return _kor_mask64(_kor_mask64(quote, backslash), control);
  }
  FREIGHT_INLINE uint64_t SingleEscapes() const {
    const __m512i table = _mm512_maskz_broadcast_i32x4(0xffff, _mm_setr_epi8(FREIGHT_SINGLE_ESCAPES));
    return _mm512_cmpeq_epi8_mask(bytes_, _mm512_shuffle_epi8(table, bytes_)) | Equal('b') | Equal('r');
  }

 private:
  __m512i bytes_;
};

#include "format/ndjson_kernels_inl.h"

}  // namespace avx512
#pragma GCC pop_options

bool HasAvx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("popcnt");
}

bool HasAvx512() {
  return HasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

}  // namespace
}  // namespace freight
#endif

namespace freight {

const NdjsonKernels* NdjsonKernelsFor([[maybe_unused]] NdjsonTarget target) {
#if defined(__x86_64__)
  if (target == NdjsonTarget::kAvx2 && HasAvx2()) return &avx2::kKernels;
  if (target == NdjsonTarget::kAvx512 && HasAvx512()) return &avx512::kKernels;
#endif
  return nullptr;
}

const NdjsonKernels* BestNdjsonKernels() {
  static const NdjsonKernels* const best = [] {
    const NdjsonKernels* const widest = NdjsonKernelsFor(NdjsonTarget::kAvx512);
    return widest != nullptr ? widest : NdjsonKernelsFor(NdjsonTarget::kAvx2);
  }();
  return best;
}

}  // namespace freight
