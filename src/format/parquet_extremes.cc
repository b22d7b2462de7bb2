// The instruction sets of the least and greatest number, and the choice between them at run time.
#include "format/parquet_extremes.h"

#include <cstddef>
#include <cstring>
#include <initializer_list>

namespace freight {
namespace {

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx2")
namespace avx2 {
constexpr size_t kVectorBytes = 32;
#include "format/parquet_extremes_inl.h"
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
namespace avx512 {
constexpr size_t kVectorBytes = 64;
#include "format/parquet_extremes_inl.h"
}  // namespace avx512
#pragma GCC pop_options

bool HasAvx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

#endif

}  // namespace

template <typename T>
ExtendRange<T> ExtendRangeFor(ExtremesTarget target) {
  if (target == ExtremesTarget::kScalar) return ExtendRangeByOne<T>;
#if defined(__x86_64__)
  if (target == ExtremesTarget::kAvx2 && __builtin_cpu_supports("avx2")) return avx2::Extend<T>;
  if (target == ExtremesTarget::kAvx512 && HasAvx512()) return avx512::Extend<T>;
#endif
  return nullptr;
}

template <typename T>
ExtendRange<T> BestExtendRange() {
  for (const ExtremesTarget target : {ExtremesTarget::kAvx512, ExtremesTarget::kAvx2}) {
    if (const ExtendRange<T> extend = ExtendRangeFor<T>(target)) return extend;
  }
  return ExtendRangeByOne<T>;
}

#define FREIGHT_EXTREMES_OF(T)                            \
  template ExtendRange<T> ExtendRangeFor(ExtremesTarget); \
  template ExtendRange<T> BestExtendRange();
FREIGHT_EXTREMES_OF(int32_t)
FREIGHT_EXTREMES_OF(uint32_t)
FREIGHT_EXTREMES_OF(int64_t)
FREIGHT_EXTREMES_OF(uint64_t)
FREIGHT_EXTREMES_OF(float)
FREIGHT_EXTREMES_OF(double)

}  // namespace freight
