// The instruction sets of the digit kernels and the choice between them at run time.
#include "contract/kernels_digits.h"

#include "contract/civil_time.h"

#include <algorithm>

#if defined(__x86_64__)
#include <immintrin.h>

// The loops are fast only when all that they call becomes one function.
#define FREIGHT_INLINE inline __attribute__((always_inline))

namespace freight::kernels {
namespace {

// Of a number: 1 to 16 bytes.
constexpr uint32_t kNumberLengths = 0x1fffe;
// The second word of a Field, as the compiler lays it out; a test reads every flag.
constexpr uint32_t kQuotedBit = 1u << 29;
constexpr uint32_t kLengthBits = kQuotedBit - 1;

// Of a date at the end of 16 bytes, and of the first 16 bytes of a timestamp: what a digit or a separator counts from,
// what a digit is at most, and where the digits of a moment's words stand.
constexpr char kDateZeros[16] = {0, 0, 0, 0, 0, 0, '0', '0', '0', '0', '-', '0', '0', '-', '0', '0'};
constexpr char kDateNines[16] = {-1, -1, -1, -1, -1, -1, 9, 9, 9, 9, 0, 9, 9, 0, 9, 9};
constexpr char kDateDigits[16] = {6, 7, 8, 9, 11, 12, 14, 15, -1, -1, -1, -1, -1, -1, -1, -1};
constexpr char kMinuteNines[16] = {9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9};
constexpr char kMinuteDigits[16] = {0, 1, 2, 3, 5, 6, 8, 9, -1, -1, 11, 12, 14, 15, -1, -1};
// Where the words have the month and the day; and by month, from 1 to 12.
constexpr char kMonthAtDay[16] = {-1, -1, -1, -1, -1, -1, 4, -1, -1, -1, -1, -1, -1, -1, -1, -1};
constexpr char kMonthDays[16] = {-1, 30, 27, 30, 29, 30, 29, 30, 30, 29, 30, 29, 30};  // less one
constexpr char kDaysBeforeLow[16] = {0,  306 - 256, 337 - 256, 0, 31, 61, 92, 122, static_cast<char>(153),
                                     static_cast<char>(184), static_cast<char>(214), static_cast<char>(245),
                                     275 - 256};
constexpr char kDaysBeforeHigh[16] = {0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr char kIsBeforeMarch[16] = {0, 1, 1};
constexpr uint16_t kMomentLeast[8] = {1, 0, 1, 1};
constexpr uint16_t kMomentSpan[8] = {98, 99, 11, 31, 0, 23, 59, 59};  // from the least to the greatest
constexpr uint16_t kMomentWeights[8] = {100, 1, 32, 1, 0, 3600, 60, 1};

alignas(16) constexpr char kPlaces[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
alignas(16) constexpr char kEvenBytes[16] = {};
alignas(16) constexpr char kOddBytes[16] = {8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8};

#pragma GCC push_options
#pragma GCC target("avx2")
namespace avx2 {

using Vector = __m256i;
constexpr uint32_t kFields = 4;

FREIGHT_INLINE Vector Load(const void* p) { return _mm256_loadu_si256(static_cast<const Vector*>(p)); }
FREIGHT_INLINE void Store(void* p, Vector v) { _mm256_storeu_si256(static_cast<Vector*>(p), v); }
FREIGHT_INLINE Vector Set8(char x) { return _mm256_set1_epi8(x); }
FREIGHT_INLINE Vector Set16(int16_t x) { return _mm256_set1_epi16(x); }
FREIGHT_INLINE Vector Set32(int32_t x) { return _mm256_set1_epi32(x); }
FREIGHT_INLINE Vector Set64(uint64_t x) { return _mm256_set1_epi64x(static_cast<int64_t>(x)); }
FREIGHT_INLINE __m128i Load16(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
FREIGHT_INLINE Vector Repeat(const void* lane) { return _mm256_broadcastsi128_si256(Load16(lane)); }
// 16 bytes for every second place, from `before` bytes in front of it.
FREIGHT_INLINE Vector LoadEven(const char* p, const uint64_t* places, uint32_t before) {
  const __m128i first = Load16(p + places[0] - before), second = Load16(p + places[2] - before);
  return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}
FREIGHT_INLINE Vector Add8(Vector a, Vector b) { return _mm256_add_epi8(a, b); }
FREIGHT_INLINE Vector Sub8(Vector a, Vector b) { return _mm256_sub_epi8(a, b); }
FREIGHT_INLINE Vector SubSaturated8(Vector a, Vector b) { return _mm256_subs_epu8(a, b); }
FREIGHT_INLINE Vector Min8(Vector a, Vector b) { return _mm256_min_epu8(a, b); }
FREIGHT_INLINE Vector Max32(Vector a, Vector b) { return _mm256_max_epu32(a, b); }
FREIGHT_INLINE Vector Add64(Vector a, Vector b) { return _mm256_add_epi64(a, b); }
FREIGHT_INLINE Vector Sub64(Vector a, Vector b) { return _mm256_sub_epi64(a, b); }
template <int kBits>
FREIGHT_INLINE Vector ShiftRight64(Vector v) { return _mm256_srli_epi64(v, kBits); }
template <int kBits>
FREIGHT_INLINE Vector ShiftLeft64(Vector v) { return _mm256_slli_epi64(v, kBits); }
FREIGHT_INLINE Vector HighHalf(Vector v) { return ShiftRight64<32>(v); }
FREIGHT_INLINE Vector ShiftRightSigned32(Vector v, Vector by) { return _mm256_srav_epi32(v, by); }
FREIGHT_INLINE Vector Shuffle(Vector v, Vector from) { return _mm256_shuffle_epi8(v, from); }
FREIGHT_INLINE Vector UnpackLow(Vector a, Vector b) { return _mm256_unpacklo_epi64(a, b); }
FREIGHT_INLINE Vector UnpackHigh(Vector a, Vector b) { return _mm256_unpackhi_epi64(a, b); }
FREIGHT_INLINE Vector MulAdd8(Vector a, Vector by) { return _mm256_maddubs_epi16(a, by); }
FREIGHT_INLINE Vector MulAdd16(Vector a, Vector by) { return _mm256_madd_epi16(a, by); }
FREIGHT_INLINE Vector PackFours(Vector a, Vector b) { return _mm256_packus_epi32(a, b); }
FREIGHT_INLINE Vector MulLow32(Vector a, Vector b) { return _mm256_mul_epu32(a, b); }
// v where `places` is not below `first`, zero elsewhere.
FREIGHT_INLINE Vector KeepFrom(Vector first, Vector places, Vector v) {
  return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_max_epu8(first, places), places), v);
}
FREIGHT_INLINE Vector KeepEqual(Vector a, Vector b, Vector v) { return _mm256_and_si256(_mm256_cmpeq_epi8(a, b), v); }
FREIGHT_INLINE Vector ZeroEqual(Vector a, Vector b, Vector v) {
  return _mm256_andnot_si256(_mm256_cmpeq_epi8(a, b), v);
}
// The sum of 16 bytes, in each of them.
FREIGHT_INLINE Vector SumOfLane(Vector v) {
  const Vector halves = _mm256_sad_epu8(v, _mm256_setzero_si256());
  return Shuffle(_mm256_add_epi64(halves, _mm256_shuffle_epi32(halves, 0x4e)), _mm256_setzero_si256());
}
// Bit i tells of field i.
FREIGHT_INLINE uint32_t Bits(Vector v) { return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(v))); }
FREIGHT_INLINE uint32_t NotZero(Vector v) { return Bits(_mm256_cmpeq_epi64(v, _mm256_setzero_si256())) ^ 0xf; }
FREIGHT_INLINE uint32_t Outside(Vector v, Vector least, Vector greatest) {
  return Bits(_mm256_or_si256(_mm256_cmpgt_epi64(least, v), _mm256_cmpgt_epi64(v, greatest)));
}

#include "contract/kernels_digits_inl.h"
#include "contract/kernels_stamps_inl.h"

constexpr DigitKernels kKernels = {Declared, Written, Dates, Timestamps};

}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw")
namespace avx512 {

using Vector = __m512i;
constexpr uint32_t kFields = 8;

FREIGHT_INLINE Vector Load(const void* p) { return _mm512_loadu_si512(p); }
FREIGHT_INLINE void Store(void* p, Vector v) { _mm512_storeu_si512(p, v); }
FREIGHT_INLINE Vector Set8(char x) { return _mm512_set1_epi8(x); }
FREIGHT_INLINE Vector Set16(int16_t x) { return _mm512_set1_epi16(x); }
FREIGHT_INLINE Vector Set32(int32_t x) { return _mm512_set1_epi32(x); }
FREIGHT_INLINE Vector Set64(uint64_t x) { return _mm512_set1_epi64(static_cast<int64_t>(x)); }
FREIGHT_INLINE __m128i Load16(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
FREIGHT_INLINE Vector Repeat(const void* lane) { return _mm512_maskz_broadcast_i32x4(0xffff, Load16(lane)); }
FREIGHT_INLINE Vector LoadEven(const char* p, const uint64_t* places, uint32_t before) {
  Vector v = _mm512_maskz_broadcast_i32x4(0x000f, Load16(p + places[0] - before));
  v = _mm512_mask_broadcast_i32x4(v, 0x00f0, Load16(p + places[2] - before));
  v = _mm512_mask_broadcast_i32x4(v, 0x0f00, Load16(p + places[4] - before));
  return _mm512_mask_broadcast_i32x4(v, 0xf000, Load16(p + places[6] - before));
}
FREIGHT_INLINE Vector Add8(Vector a, Vector b) { return _mm512_add_epi8(a, b); }
FREIGHT_INLINE Vector Sub8(Vector a, Vector b) { return _mm512_sub_epi8(a, b); }
FREIGHT_INLINE Vector SubSaturated8(Vector a, Vector b) { return _mm512_subs_epu8(a, b); }
FREIGHT_INLINE Vector Min8(Vector a, Vector b) { return _mm512_min_epu8(a, b); }
FREIGHT_INLINE Vector Max32(Vector a, Vector b) { return _mm512_maskz_max_epu32(0xffff, a, b); }
FREIGHT_INLINE Vector Add64(Vector a, Vector b) { return _mm512_add_epi64(a, b); }
FREIGHT_INLINE Vector Sub64(Vector a, Vector b) { return _mm512_sub_epi64(a, b); }
template <int kBits>
FREIGHT_INLINE Vector ShiftRight64(Vector v) { return _mm512_maskz_srli_epi64(0xff, v, kBits); }
template <int kBits>
FREIGHT_INLINE Vector ShiftLeft64(Vector v) { return _mm512_maskz_slli_epi64(0xff, v, kBits); }
FREIGHT_INLINE Vector HighHalf(Vector v) { return ShiftRight64<32>(v); }
FREIGHT_INLINE Vector ShiftRightSigned32(Vector v, Vector by) { return _mm512_maskz_srav_epi32(0xffff, v, by); }
FREIGHT_INLINE Vector Shuffle(Vector v, Vector from) { return _mm512_shuffle_epi8(v, from); }
FREIGHT_INLINE Vector UnpackLow(Vector a, Vector b) { return _mm512_maskz_unpacklo_epi64(0xff, a, b); }
FREIGHT_INLINE Vector UnpackHigh(Vector a, Vector b) { return _mm512_maskz_unpackhi_epi64(0xff, a, b); }
FREIGHT_INLINE Vector MulAdd8(Vector a, Vector by) { return _mm512_maddubs_epi16(a, by); }
FREIGHT_INLINE Vector MulAdd16(Vector a, Vector by) { return _mm512_madd_epi16(a, by); }
FREIGHT_INLINE Vector PackFours(Vector a, Vector b) { return _mm512_packus_epi32(a, b); }
FREIGHT_INLINE Vector MulLow32(Vector a, Vector b) { return _mm512_maskz_mul_epu32(0xff, a, b); }
FREIGHT_INLINE Vector KeepFrom(Vector first, Vector places, Vector v) {
  return _mm512_maskz_mov_epi8(_mm512_cmpge_epu8_mask(places, first), v);
}
FREIGHT_INLINE Vector KeepEqual(Vector a, Vector b, Vector v) {
  return _mm512_maskz_mov_epi8(_mm512_cmpeq_epi8_mask(a, b), v);
}
FREIGHT_INLINE Vector ZeroEqual(Vector a, Vector b, Vector v) {
  return _mm512_maskz_mov_epi8(_mm512_cmpneq_epi8_mask(a, b), v);
}
FREIGHT_INLINE Vector SumOfLane(Vector v) {
  const Vector halves = _mm512_sad_epu8(v, _mm512_setzero_si512());
  const Vector swapped = _mm512_maskz_shuffle_epi32(0xffff, halves, _MM_PERM_BADC);
  return Shuffle(_mm512_add_epi64(halves, swapped), _mm512_setzero_si512());
}
FREIGHT_INLINE uint32_t NotZero(Vector v) { return _mm512_test_epi64_mask(v, v); }
FREIGHT_INLINE uint32_t Outside(Vector v, Vector least, Vector greatest) {
  return static_cast<uint32_t>(_mm512_cmplt_epi64_mask(v, least) | _mm512_cmpgt_epi64_mask(v, greatest));
}

#include "contract/kernels_digits_inl.h"
#include "contract/kernels_stamps_inl.h"

constexpr DigitKernels kKernels = {Declared, Written, Dates, Timestamps};

}  // namespace avx512
#pragma GCC pop_options

}  // namespace

const DigitKernels* DigitKernelsFor(DigitTarget target) {
  if (target == DigitTarget::kAvx2) return __builtin_cpu_supports("avx2") ? &avx2::kKernels : nullptr;
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  return has_avx512 ? &avx512::kKernels : nullptr;
}

}  // namespace freight::kernels

#else

namespace freight::kernels {

const DigitKernels* DigitKernelsFor(DigitTarget) { return nullptr; }

}  // namespace freight::kernels

#endif

namespace freight::kernels {

const DigitKernels* BestDigitKernels() {
  for (const DigitTarget target : {DigitTarget::kAvx512, DigitTarget::kAvx2}) {
    if (const DigitKernels* kernels = DigitKernelsFor(target)) return kernels;
  }
  return nullptr;
}

}  // namespace freight::kernels
