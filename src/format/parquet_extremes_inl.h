// The loop of parquet_extremes.cc, included once per instruction set inside a namespace that defines kVectorBytes. No
// include guard, no includes: that is how it can be repeated.

// Two vectors at a time: neither waits for the other.
template <typename T>
void Extend(const T* values, int64_t count, T* low, T* high) {
  typedef T Lanes [[gnu::vector_size(kVectorBytes)]];
  constexpr int64_t kLanes = kVectorBytes / sizeof(T);
  Lanes least[2] = {Lanes{} + *low, Lanes{} + *low}, greatest[2] = {Lanes{} + *high, Lanes{} + *high};
  int64_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    Lanes next[2];
    std::memcpy(next, values + i, sizeof next);
    for (int k = 0; k < 2; ++k) {
      least[k] = next[k] < least[k] ? next[k] : least[k];
      greatest[k] = next[k] > greatest[k] ? next[k] : greatest[k];
    }
  }
  T lanes[2][2 * kLanes];
  std::memcpy(lanes[0], least, sizeof least);
  std::memcpy(lanes[1], greatest, sizeof greatest);
  for (const T value : lanes[0]) *low = value < *low ? value : *low;
  for (const T value : lanes[1]) *high = value > *high ? value : *high;
  ExtendRangeByOne(values + i, count - i, low, high);
}
