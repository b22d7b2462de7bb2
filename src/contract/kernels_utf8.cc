// UTF-8 validation by table lookups, 32 or 64 bytes at a time: Keiser and Lemire, "Validating UTF-8 in less than one
// instruction per byte", 2021. Every pair of neighbouring bytes is looked up by three of its nibbles; each table names
// the faults that its nibble leaves possible, and a fault that all three name is one.
#include "contract/kernels_text.h"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace freight::kernels {

#if defined(__x86_64__)
namespace {

// Shorter texts are not worth a vector.
constexpr size_t kTextMin = 64;

// Faults of a pair, one bit each; the last one is none when a lead byte of three or four stands before the pair.
constexpr char kTooShort = 1 << 0;           // a lead byte without its continuation
constexpr char kTooLong = 1 << 1;            // a continuation after ASCII
constexpr char kOverlong3 = 1 << 2;          // e0 80..9f
constexpr char kTooLarge = 1 << 3;           // f4 90.., f5..
constexpr char kSurrogate = 1 << 4;          // ed a0..bf
constexpr char kOverlong2 = 1 << 5;          // c0, c1
constexpr char kOverlong4OrLarge = 1 << 6;   // f0 80..8f, f5 80..8f and above
constexpr char kTwoContinuations = static_cast<char>(1 << 7);
constexpr char kAnyLow = kTooShort | kTooLong | kTwoContinuations;  // whatever the first byte's low nibble
constexpr char kContinuation = kTooLong | kOverlong2 | kTwoContinuations;

using Lookup = const char (&)[16];

constexpr char kFirstHigh[16] = {
    kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong, kTooLong,
    kTwoContinuations, kTwoContinuations, kTwoContinuations, kTwoContinuations,
    kTooShort | kOverlong2, kTooShort, kTooShort | kOverlong3 | kSurrogate,
    kTooShort | kTooLarge | kOverlong4OrLarge};
constexpr char kLargeLow = kAnyLow | kTooLarge | kOverlong4OrLarge;
constexpr char kFirstLow[16] = {
    kAnyLow | kOverlong3 | kOverlong2 | kOverlong4OrLarge, kAnyLow | kOverlong2, kAnyLow, kAnyLow, kAnyLow | kTooLarge,
    kLargeLow, kLargeLow, kLargeLow, kLargeLow, kLargeLow, kLargeLow, kLargeLow, kLargeLow, kLargeLow | kSurrogate,
    kLargeLow, kLargeLow};
constexpr char kSecondHigh[16] = {
    kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort, kTooShort,
    kContinuation | kOverlong3 | kOverlong4OrLarge, kContinuation | kOverlong3 | kTooLarge,
    kContinuation | kSurrogate | kTooLarge, kContinuation | kSurrogate | kTooLarge,
    kTooShort, kTooShort, kTooShort, kTooShort};

#pragma GCC push_options
#pragma GCC target("avx2")
namespace avx2 {

inline __m256i Look(Lookup table, __m256i nibbles) {
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table))),
                             nibbles);
}

// The bytes that stand `kBack` places before each of `bytes`.
template <int kBack>
inline __m256i Before(__m256i bytes, __m256i last) {
  return _mm256_alignr_epi8(bytes, _mm256_permute2x128_si256(last, bytes, 0x21), 16 - kBack);
}

struct Validator {
  __m256i faults;
  __m256i last;  // the block before

  void Take(__m256i bytes) {
    // Between ASCII blocks there is nothing to look up; what a block leaves open is a fault of the pair at its end.
    if (_mm256_movemask_epi8(_mm256_or_si256(bytes, last)) != 0) Check(bytes);
    last = bytes;
  }

  void Check(__m256i bytes) {
    const __m256i low = _mm256_set1_epi8(0x0f);
    const __m256i before1 = Before<1>(bytes, last);
    const __m256i first_high = _mm256_and_si256(_mm256_srli_epi16(before1, 4), low);
    const __m256i second_high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low);
    const __m256i pair = _mm256_and_si256(
        _mm256_and_si256(Look(kFirstHigh, first_high), Look(kFirstLow, _mm256_and_si256(before1, low))),
        Look(kSecondHigh, second_high));
    const __m256i third = _mm256_subs_epu8(Before<2>(bytes, last), _mm256_set1_epi8(0xe0 - 0x80));
    const __m256i fourth = _mm256_subs_epu8(Before<3>(bytes, last), _mm256_set1_epi8(0xf0 - 0x80));
    const __m256i wanted = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(kTwoContinuations));
    faults = _mm256_or_si256(faults, _mm256_xor_si256(pair, wanted));
  }
};

bool IsUtf8(std::string_view text) {
  constexpr size_t kBlock = 32;
  Validator validator = {_mm256_setzero_si256(), _mm256_setzero_si256()};
  size_t i = 0;
  for (; i + kBlock <= text.size(); i += kBlock) {
    validator.Take(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + i)));
  }
  // The rest with zeros behind it, even when there is none: a sequence cut off by the end is too short.
  alignas(kBlock) char rest[kBlock] = {};
  std::memcpy(rest, text.data() + i, text.size() - i);
  validator.Take(_mm256_load_si256(reinterpret_cast<const __m256i*>(rest)));
  return _mm256_testz_si256(validator.faults, validator.faults) != 0;
}

}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw")
namespace avx512 {

inline __m512i Look(Lookup table, __m512i nibbles) {
  return _mm512_shuffle_epi8(
      _mm512_maskz_broadcast_i32x4(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(table))), nibbles);
}

// As avx2::Validator; three-way logic is written as the table of its results.
struct Validator {
  static constexpr int kAndOfAll = 0x80, kOrThenAnd = 0xa8, kXorThenOr = 0xf6;
  __m512i faults;
  __m512i last;

  void Take(__m512i bytes) {
    if (_mm512_movepi8_mask(_mm512_or_si512(bytes, last)) != 0) Check(bytes);
    last = bytes;
  }

  void Check(__m512i bytes) {
    const __m512i low = _mm512_set1_epi8(0x0f);
    // Each sixteen bytes stand beside those before them.
    const __m512i shifted = _mm512_maskz_alignr_epi64(0xff, bytes, last, 6);
    const __m512i before1 = _mm512_alignr_epi8(bytes, shifted, 15);
    const __m512i first_high = _mm512_and_si512(_mm512_srli_epi16(before1, 4), low);
    const __m512i second_high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), low);
    const __m512i pair = _mm512_ternarylogic_epi64(Look(kFirstHigh, first_high),
                                                   Look(kFirstLow, _mm512_and_si512(before1, low)),
                                                   Look(kSecondHigh, second_high), kAndOfAll);
    const __m512i third = _mm512_subs_epu8(_mm512_alignr_epi8(bytes, shifted, 14), _mm512_set1_epi8(0xe0 - 0x80));
    const __m512i fourth = _mm512_subs_epu8(_mm512_alignr_epi8(bytes, shifted, 13), _mm512_set1_epi8(0xf0 - 0x80));
    const __m512i wanted =
        _mm512_ternarylogic_epi64(third, fourth, _mm512_set1_epi8(kTwoContinuations), kOrThenAnd);
    faults = _mm512_ternarylogic_epi64(faults, pair, wanted, kXorThenOr);
  }
};

bool IsUtf8(std::string_view text) {
  constexpr size_t kBlock = 64;
  Validator validator = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  size_t i = 0;
  for (; i + kBlock <= text.size(); i += kBlock) validator.Take(_mm512_loadu_si512(text.data() + i));
  const uint64_t rest = (uint64_t{1} << (text.size() - i)) - 1;
  validator.Take(_mm512_maskz_loadu_epi8(rest, text.data() + i));
  return _mm512_test_epi64_mask(validator.faults, validator.faults) == 0;
}

}  // namespace avx512
#pragma GCC pop_options

}  // namespace

Utf8Check Utf8CheckFor(Utf8Target target) {
  if (target == Utf8Target::kPortable) return IsUtf8Portable;
  if (target == Utf8Target::kAvx2 && __builtin_cpu_supports("avx2")) return avx2::IsUtf8;
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  return target == Utf8Target::kAvx512 && has_avx512 ? avx512::IsUtf8 : nullptr;
}

#else
namespace {
constexpr size_t kTextMin = 0;
}

Utf8Check Utf8CheckFor(Utf8Target target) { return target == Utf8Target::kPortable ? IsUtf8Portable : nullptr; }
#endif

namespace {

Utf8Check BestCheck() {
  for (const Utf8Target target : {Utf8Target::kAvx512, Utf8Target::kAvx2}) {
    if (const Utf8Check check = Utf8CheckFor(target)) return check;
  }
  return IsUtf8Portable;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  static const Utf8Check best = BestCheck();
  return text.size() < kTextMin ? IsUtf8Portable(text) : best(text);
}

}  // namespace freight::kernels
