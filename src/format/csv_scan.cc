// The instruction sets of the CSV scans and the choice between them at run time.
#include "format/csv_scan.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// What the block loops keep in registers they keep only when all of them becomes one function.
#define FREIGHT_INLINE_LAMBDA __attribute__((always_inline))
#define FREIGHT_INLINE inline FREIGHT_INLINE_LAMBDA

namespace freight {
namespace {

// Bit i stands for byte i of the 64.
struct Masks {
  uint64_t quote;
  uint64_t delimiter;
  uint64_t lf;
  uint64_t cr;
};

namespace scalar {

constexpr uint64_t kEachByte = 0x0101010101010101;

struct Needles {
  explicit Needles(const CsvScanBytes& bytes)
      : quote(kEachByte * static_cast<uint8_t>(bytes.quote)),
        delimiter(kEachByte * static_cast<uint8_t>(bytes.delimiter)),
        quoting(uint64_t{0} - uint64_t{bytes.quoting}) {}
  uint64_t quote;
  uint64_t delimiter;
  uint64_t quoting;
};

// One bit for each of eight bytes that equals the needle's: exact zero bytes of the difference, then gathered.
FREIGHT_INLINE uint64_t Equal(uint64_t eight, uint64_t needle) {
  constexpr uint64_t kLow = kEachByte * 0x7F;
  const uint64_t difference = eight ^ needle;
  const uint64_t zero = ~(((difference & kLow) + kLow) | difference | kLow);
  return ((zero >> 7) * 0x0102040810204080) >> 56;
}

FREIGHT_INLINE Masks Classify(const char* text, const Needles& needles) {
  Masks masks = {};
  for (int i = 0; i < 64; i += 8) {
    uint64_t eight = 0;
    for (int k = 0; k < 8; ++k) eight |= uint64_t{static_cast<uint8_t>(text[i + k])} << (8 * k);
    masks.quote |= (Equal(eight, needles.quote) & needles.quoting) << i;
    masks.delimiter |= Equal(eight, needles.delimiter) << i;
    masks.lf |= Equal(eight, kEachByte * '\n') << i;
    masks.cr |= Equal(eight, kEachByte * '\r') << i;
  }
  return masks;
}

FREIGHT_INLINE uint64_t PrefixXor(uint64_t bits) {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

FREIGHT_INLINE uint32_t* Flatten(uint64_t mask, uint32_t base, uint32_t* out) {
  for (; mask != 0; mask &= mask - 1) *out++ = base + static_cast<uint32_t>(__builtin_ctzll(mask));
  return out;
}

#include "format/csv_scan_inl.h"

}  // namespace scalar

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx2,pclmul,bmi,bmi2,lzcnt,popcnt")
namespace avx2 {

struct Needles {
  explicit Needles(const CsvScanBytes& bytes)
      : quote(_mm256_set1_epi8(bytes.quote)),
        delimiter(_mm256_set1_epi8(bytes.delimiter)),
        quoting(uint64_t{0} - uint64_t{bytes.quoting}) {}
  __m256i quote;
  __m256i delimiter;
  uint64_t quoting;
};

FREIGHT_INLINE uint64_t Equal(__m256i low, __m256i high, __m256i needle) {
  const auto low_bits = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, needle)));
  const auto high_bits = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, needle)));
  return uint64_t{low_bits} | uint64_t{high_bits} << 32;
}

FREIGHT_INLINE Masks Classify(const char* text, const Needles& needles) {
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
  return {Equal(low, high, needles.quote) & needles.quoting, Equal(low, high, needles.delimiter),
          Equal(low, high, _mm256_set1_epi8('\n')), Equal(low, high, _mm256_set1_epi8('\r'))};
}

FREIGHT_INLINE uint64_t PrefixXor(uint64_t bits) {
  const __m128i ones = _mm_set1_epi8(-1);
  return static_cast<uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(_mm_cvtsi64_si128(bits), ones, 0)));
}

// Eight positions at a time, wanted or not: the branch on the count is the only one.
FREIGHT_INLINE uint32_t* Flatten(uint64_t mask, uint32_t base, uint32_t* out) {
  const int count = __builtin_popcountll(mask);
  for (int done = 0; done < count; done += 8) {
    for (int i = 0; i < 8; ++i) {
      out[done + i] = base + static_cast<uint32_t>(_tzcnt_u64(mask));
      mask = _blsr_u64(mask);
    }
  }
  return out + count;
}

#include "format/csv_scan_inl.h"

}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,pclmul,bmi,bmi2,lzcnt,popcnt")
namespace avx512 {

struct Needles {
  explicit Needles(const CsvScanBytes& bytes)
      : quote(_mm512_set1_epi8(bytes.quote)),
        delimiter(_mm512_set1_epi8(bytes.delimiter)),
        quoting(uint64_t{0} - uint64_t{bytes.quoting}) {}
  __m512i quote;
  __m512i delimiter;
  uint64_t quoting;
};

FREIGHT_INLINE Masks Classify(const char* text, const Needles& needles) {
  const __m512i bytes = _mm512_loadu_si512(text);
  return {_mm512_cmpeq_epi8_mask(bytes, needles.quote) & needles.quoting,
          _mm512_cmpeq_epi8_mask(bytes, needles.delimiter),
          _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\n')),
          _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\r'))};
}

FREIGHT_INLINE uint64_t PrefixXor(uint64_t bits) { return avx2::PrefixXor(bits); }

alignas(64) constexpr uint8_t kIota[64] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};

FREIGHT_INLINE void Widen(__m128i positions, __m512i base, uint32_t* out) {
  _mm512_storeu_si512(out, _mm512_add_epi32(_mm512_maskz_cvtepu8_epi32(0xffff, positions), base));
}

// Compresses the byte numbers 0..63 by the mask, then widens sixteen at a time.
FREIGHT_INLINE uint32_t* Flatten(uint64_t mask, uint32_t base, uint32_t* out) {
  const int count = __builtin_popcountll(mask);
  const __m512i packed = _mm512_maskz_compress_epi8(mask, _mm512_load_si512(kIota));
  const __m512i bases = _mm512_set1_epi32(static_cast<int>(base));
  Widen(_mm512_maskz_extracti32x4_epi32(0xf, packed, 0), bases, out);
  if (count > 16) [[unlikely]] {
    Widen(_mm512_maskz_extracti32x4_epi32(0xf, packed, 1), bases, out + 16);
    Widen(_mm512_maskz_extracti32x4_epi32(0xf, packed, 2), bases, out + 32);
    Widen(_mm512_maskz_extracti32x4_epi32(0xf, packed, 3), bases, out + 48);
  }
  return out + count;
}

#include "format/csv_scan_inl.h"

}  // namespace avx512
#pragma GCC pop_options

bool HasAvx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

bool HasAvx512() {
  return HasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2");
}

#endif

const CsvScanKernels& ChooseBest() {
  for (const CsvScanTarget target : {CsvScanTarget::kAvx512, CsvScanTarget::kAvx2}) {
    if (const CsvScanKernels* kernels = CsvScanFor(target)) return *kernels;
  }
  return scalar::kKernels;
}

}  // namespace

const CsvScanKernels* CsvScanFor(CsvScanTarget target) {
  if (target == CsvScanTarget::kScalar) return &scalar::kKernels;
#if defined(__x86_64__)
  if (target == CsvScanTarget::kAvx2 && HasAvx2()) return &avx2::kKernels;
  if (target == CsvScanTarget::kAvx512 && HasAvx512()) return &avx512::kKernels;
#endif
  return nullptr;
}

const CsvScanKernels& BestCsvScan() {
  static const CsvScanKernels& best = ChooseBest();
  return best;
}

int64_t FindLineEndByte(const char* text, int64_t begin, int64_t end) {
  const auto* lf = static_cast<const char*>(std::memchr(text + begin, '\n', static_cast<size_t>(end - begin)));
  const int64_t stop = lf != nullptr ? lf - text : end;
  const auto* cr = static_cast<const char*>(std::memchr(text + begin, '\r', static_cast<size_t>(stop - begin)));
  return cr != nullptr ? cr - text : stop;
}

}  // namespace freight
