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

template <bool kMarked>
FREIGHT_INLINE uint32_t* Flatten(uint64_t mask, uint64_t marked, uint32_t base, uint32_t* out) {
  for (; mask != 0; mask &= mask - 1) {
    const int at = __builtin_ctzll(mask);
    *out++ = (base + static_cast<uint32_t>(at)) | (kMarked && (marked >> at & 1) != 0 ? kCsvQuotedNext : 0);
  }
  return out;
}

int64_t VectorFields(const uint32_t*, int64_t, int64_t, uint64_t*) { return 0; }

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
template <bool kMarked>
FREIGHT_INLINE uint32_t* Flatten(uint64_t mask, uint64_t marked, uint32_t base, uint32_t* out) {
  const int count = __builtin_popcountll(mask);
  uint64_t marks = kMarked ? _pext_u64(marked, mask) : 0;
  for (int done = 0; done < count; done += 8) {
    for (int i = 0; i < 8; ++i) {
      out[done + i] = (base + static_cast<uint32_t>(_tzcnt_u64(mask))) | static_cast<uint32_t>(marks) << 31;
      mask = _blsr_u64(mask);
      marks >>= 1;
    }
  }
  return out + count;
}

// Two separators of a row in 64 bits, of this row and the one behind it.
FREIGHT_INLINE __m128i TwoRows(const uint32_t* separators, int64_t stride) {
  return _mm_unpacklo_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(separators - 1)),
                            _mm_loadl_epi64(reinterpret_cast<const __m128i*>(separators - 1 + stride)));
}

FREIGHT_INLINE __m256i FourRows(const uint32_t* separators, int64_t stride) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(TwoRows(separators, stride)),
                                 TwoRows(separators + 2 * stride, stride), 1);
}

// As Fields does it, for as many rows as whole vectors hold.
FREIGHT_INLINE int64_t VectorFields(const uint32_t* separators, int64_t stride, int64_t rows, uint64_t* out) {
  const __m256i place = _mm256_set1_epi64x(~kCsvQuotedNext);
  const __m256i one = _mm256_set1_epi64x(1);
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4, separators += 4 * stride) {
    const __m256i both = FourRows(separators, stride);
    const __m256i quoted = _mm256_and_si256(_mm256_srli_epi64(both, 31), one);
    const __m256i begin = _mm256_add_epi64(_mm256_and_si256(both, place), one);
    const __m256i end = _mm256_and_si256(_mm256_srli_epi64(both, 32), place);
    const __m256i length = _mm256_sub_epi64(_mm256_sub_epi64(end, begin), _mm256_add_epi64(quoted, quoted));
    const __m256i upper = _mm256_or_si256(length, _mm256_slli_epi64(quoted, 29));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + row),
                        _mm256_or_si256(_mm256_slli_epi64(upper, 32), _mm256_add_epi64(begin, quoted)));
  }
  return row;
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

template <bool kMarked>
FREIGHT_INLINE void Widen(__m128i positions, uint64_t marks, __m512i base, uint32_t* out) {
  __m512i wide = _mm512_add_epi32(_mm512_maskz_cvtepu8_epi32(0xffff, positions), base);
  const __m512i mark = _mm512_set1_epi32(static_cast<int>(kCsvQuotedNext));
  if (kMarked) wide = _mm512_mask_or_epi32(wide, static_cast<__mmask16>(marks), wide, mark);
  _mm512_storeu_si512(out, wide);
}

// Compresses the byte numbers 0..63 by the mask, then widens sixteen at a time.
template <bool kMarked>
FREIGHT_INLINE uint32_t* Flatten(uint64_t mask, uint64_t marked, uint32_t base, uint32_t* out) {
  const int count = __builtin_popcountll(mask);
  const uint64_t marks = kMarked ? _pext_u64(marked, mask) : 0;
  const __m512i packed = _mm512_maskz_compress_epi8(mask, _mm512_load_si512(kIota));
  const __m512i bases = _mm512_set1_epi32(static_cast<int>(base));
  Widen<kMarked>(_mm512_maskz_extracti32x4_epi32(0xf, packed, 0), marks, bases, out);
  if (count > 16) [[unlikely]] {
    Widen<kMarked>(_mm512_maskz_extracti32x4_epi32(0xf, packed, 1), marks >> 16, bases, out + 16);
    Widen<kMarked>(_mm512_maskz_extracti32x4_epi32(0xf, packed, 2), marks >> 32, bases, out + 32);
    Widen<kMarked>(_mm512_maskz_extracti32x4_epi32(0xf, packed, 3), marks >> 48, bases, out + 48);
  }
  return out + count;
}

FREIGHT_INLINE int64_t VectorFields(const uint32_t* separators, int64_t stride, int64_t rows, uint64_t* out) {
  constexpr __mmask8 kAll = 0xff;
  const __m512i place = _mm512_set1_epi64(~kCsvQuotedNext);
  const __m512i one = _mm512_set1_epi64(1);
  int64_t row = 0;
  for (; row + 8 <= rows; row += 8, separators += 8 * stride) {
    const __m512i both = _mm512_maskz_inserti64x4(kAll, _mm512_castsi256_si512(avx2::FourRows(separators, stride)),
                                                  avx2::FourRows(separators + 4 * stride, stride), 1);
    const __m512i quoted = _mm512_and_si512(_mm512_maskz_srli_epi64(kAll, both, 31), one);
    const __m512i begin = _mm512_add_epi64(_mm512_and_si512(both, place), one);
    const __m512i end = _mm512_and_si512(_mm512_maskz_srli_epi64(kAll, both, 32), place);
    const __m512i length = _mm512_sub_epi64(_mm512_sub_epi64(end, begin), _mm512_add_epi64(quoted, quoted));
    const __m512i upper = _mm512_or_si512(length, _mm512_maskz_slli_epi64(kAll, quoted, 29));
    const __m512i lower = _mm512_add_epi64(begin, quoted);
    _mm512_storeu_si512(out + row, _mm512_or_si512(_mm512_maskz_slli_epi64(kAll, upper, 32), lower));
  }
  return row;
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
