// The loops of kernels_digits.cc, included once per instruction set inside a namespace that defines Vector, kFields
// (how many words of eight bytes it has) and the operations on it. No include guard, no includes: that is how it can
// be repeated.
//
// The 16 bytes of two neighbouring fields stand in two vectors, in the same lane: what is packed to eight bytes per
// field comes out in the order of the fields.
struct Pair {
  Vector even, odd;
  FREIGHT_INLINE Vector LowWords() const { return UnpackLow(even, odd); }
  FREIGHT_INLINE Vector AnyWords() const { return UnpackLow(even, odd) | UnpackHigh(even, odd); }
};

struct Places {
  Vector faults;           // by field: not zero where it does not fit
  Vector lengths;          // of those that fit
  uint64_t ends[kFields];  // where it is safe to read before
};

struct Texts {
  Vector faults;
  Pair bytes;
  Pair first;  // all bytes: which byte is the number's first, behind its sign
  Pair minus;  // all bytes: 1 or 0
};

struct TextConstants {
  // `lengths`: a bit for each that fits; up to `end_min` bytes before the end of a field are read.
  FREIGHT_INLINE TextConstants(const DigitForm& form, uint32_t lengths, uint32_t end_min)
      // Shifted by a length with the flags above it, the last bit tells whether that is odd: they are all beyond 31.
      : odd_lengths(Set64((form.odd_lengths | ~uint64_t{lengths}) & 0xffffffff)), end_min(end_min),
        first_end(Set64(end_min)) {}
  const Vector odd_lengths;
  const uint64_t end_min;
  const Vector first_end;
  const Vector unquoted = Set64(~uint64_t{kQuotedBit});
  const Vector length_bits = Set64(kLengthBits);
  const Vector low_half = Set64(0xffffffff);
  const Vector sixteen = Set64(16);
  const Vector ones = Set64(1);
  const Vector even_bytes = Repeat(kEvenBytes), odd_bytes = Repeat(kOddBytes);
  const Vector minus = Set8('-'), one_each = Set8(1);
};

FREIGHT_INLINE Places FindPlaces(const Field* fields, const TextConstants& c) {
  const Vector raw = Load(fields);
  const Vector flagged = HighHalf(raw) & c.unquoted;
  const Vector end = Add64(raw & c.low_half, HighHalf(raw) & c.length_bits);
  // Nothing is read before the text: a field that ends too early is read elsewhere, and does not fit.
  const Vector safe_end = Max32(end, c.first_end);
  Places places;
  // Once more one by one: addresses that come from a vector wait until it is written and read again.
  for (uint32_t k = 0; k < kFields; ++k) {
    places.ends[k] = std::max(uint64_t{fields[k].begin} + fields[k].length, c.end_min);
  }
  places.faults = (ShiftRightSigned32(c.odd_lengths, flagged) & c.ones) | (end ^ safe_end);
  places.lengths = flagged;
  return places;
}

FREIGHT_INLINE Texts LoadTexts(const char* text, const Field* fields, const TextConstants& c) {
  const Places places = FindPlaces(fields, c);
  Texts t;
  t.faults = places.faults;
  t.bytes = {LoadEven(text, places.ends, 16), LoadEven(text, places.ends + 1, 16)};
  const Vector start = Sub64(c.sixteen, places.lengths);
  const Pair starts = {Shuffle(start, c.even_bytes), Shuffle(start, c.odd_bytes)};
  t.minus = {SubSaturated8(c.one_each, Shuffle(t.bytes.even, starts.even) ^ c.minus),
             SubSaturated8(c.one_each, Shuffle(t.bytes.odd, starts.odd) ^ c.minus)};
  t.first = {Add8(starts.even, t.minus.even), Add8(starts.odd, t.minus.odd)};
  return t;
}

// The numbers of 16 digit values each: pairs, then fours, then eight, then all.
FREIGHT_INLINE Vector Fold(const Pair& digits) {
  const Vector tens = Set16(10 | 1 << 8), hundreds = Set32(100 | 1 << 16), myriads = Set32(10'000 | 1 << 16);
  const Vector fours = PackFours(MulAdd16(MulAdd8(digits.even, tens), hundreds),
                                 MulAdd16(MulAdd8(digits.odd, tens), hundreds));
  const Vector eights = MulAdd16(fours, myriads);
  return Add64(MulLow32(eights, Set64(100'000'000)), HighHalf(eights));
}

inline uint64_t Declared(const char* text, const Field* fields, const DigitForm& form, int64_t* values) {
  const TextConstants c(form, kNumberLengths, 16);
  const uint32_t point = form.scale > 0 ? 15 - form.scale : 16;
  char zeros[16], nines[16], gaps[16];
  for (uint32_t i = 0; i < 16; ++i) {
    zeros[i] = i == point ? '.' : '0';
    nines[i] = i == point ? 0 : 9;
    gaps[i] = static_cast<char>(point < 16 && i <= point ? i - 1 : i);  // -1 becomes zero
  }
  const Vector zero = Repeat(zeros), nine = Repeat(nines), gap = Repeat(gaps), places = Repeat(kPlaces);
  const Vector first_max = Set8(static_cast<char>(form.scale > 0 ? point - 1 : 15));
  const Vector least = Set64(static_cast<uint64_t>(form.least)), greatest = Set64(static_cast<uint64_t>(form.greatest));
  uint64_t misfits = 0;
  for (uint32_t i = 0; i < kBlockFields; i += kFields) {
    const Texts t = LoadTexts(text, fields + i, c);
    const Pair digits = {KeepFrom(t.first.even, places, Sub8(t.bytes.even, zero)),
                         KeepFrom(t.first.odd, places, Sub8(t.bytes.odd, zero))};
    const Pair wrong = {SubSaturated8(digits.even, nine), SubSaturated8(digits.odd, nine)};
    const Vector faults = t.faults | wrong.AnyWords() | SubSaturated8(t.first.LowWords(), first_max);
    const Vector magnitude = Fold({Shuffle(digits.even, gap), Shuffle(digits.odd, gap)});
    const Vector sign = Sub64(Set64(0), t.minus.LowWords() & c.ones);
    const Vector value = Sub64(magnitude ^ sign, sign);
    Store(values + i, value);
    misfits |= uint64_t{NotZero(faults) | Outside(value, least, greatest)} << i;
  }
  return ~misfits;
}

// A point at the first or the last place is none: it stays, and is no digit.
inline constexpr char kPointPlaces[16] = {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0};
inline constexpr char kPlacesFromOne[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

struct WrittenHalf {
  Vector digits, wrong;
  Vector point;  // all bytes: one more than its place, 0 without one
};

FREIGHT_INLINE WrittenHalf TakePointOut(Vector bytes, Vector first) {
  const Vector places = Repeat(kPlaces), nine = Set8(9);
  const Vector kept = KeepFrom(first, places, Sub8(bytes, Set8('0')));
  // Two points add up to a place behind both: they stay, and are no digits.
  const Vector point = SumOfLane(KeepEqual(kept, Set8('.' - '0'), Repeat(kPointPlaces)));
  const Vector digits = ZeroEqual(point, Repeat(kPlacesFromOne), kept);
  const Vector last_whole = Min8(Sub8(point, Set8(2)), Set8(15));
  const Vector gap = Sub8(places, Min8(SubSaturated8(point, places), Set8(1)));
  return {Shuffle(digits, gap), SubSaturated8(digits, nine) | SubSaturated8(first, last_whole), point};
}

inline uint64_t Written(const char* text, const Field* fields, const DigitForm& form, WrittenDecimals* out) {
  const TextConstants c(form, kNumberLengths, 16);
  uint64_t misfits = 0;
  out->negative = 0;
  for (uint32_t i = 0; i < kBlockFields; i += kFields) {
    const Texts t = LoadTexts(text, fields + i, c);
    const WrittenHalf even = TakePointOut(t.bytes.even, t.first.even), odd = TakePointOut(t.bytes.odd, t.first.odd);
    const Pair wrong = {even.wrong, odd.wrong}, point = {even.point, odd.point};
    Store(out->digits.data() + i, Fold({even.digits, odd.digits}));
    Store(out->scale.data() + i, Sub8(Set8(16), point.LowWords()) & Set64(15));
    out->negative |= uint64_t{NotZero(t.minus.LowWords())} << i;
    misfits |= uint64_t{NotZero(t.faults | wrong.AnyWords())} << i;
  }
  return ~misfits;
}
