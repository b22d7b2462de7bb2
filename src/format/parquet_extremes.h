// Least and greatest of many numbers, by the widest vectors that the processor has.
#pragma once

#include <cstdint>

namespace freight {

// Lowers *low and raises *high to values[0..count). NaN changes neither; which of the two zeros a zero is, is open.
template <typename T>
using ExtendRange = void (*)(const T* values, int64_t count, T* low, T* high);

enum class ExtremesTarget : uint8_t { kScalar, kAvx2, kAvx512 };

// For int32_t, uint32_t, int64_t, uint64_t, float and double. Null when this processor lacks the instructions.
template <typename T>
ExtendRange<T> ExtendRangeFor(ExtremesTarget target);
template <typename T>
ExtendRange<T> BestExtendRange();

// The scalar reference, for any number.
template <typename T>
void ExtendRangeByOne(const T* values, int64_t count, T* low, T* high) {
  T least = *low, greatest = *high;
  for (int64_t i = 0; i < count; ++i) {
    // A comparison with NaN is false: it changes neither.
    least = values[i] < least ? values[i] : least;
    greatest = values[i] > greatest ? values[i] : greatest;
  }
  *low = least;
  *high = greatest;
}

}  // namespace freight
