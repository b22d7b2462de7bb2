// The dates and timestamps of kernels_digits.cc: what is said on top of kernels_digits_inl.h holds for this file, too.
//
// A moment is eight words: century, year of it, month, day, 0, hour, minute, second; of a date, the last are 0.

// Not zero where a word is out of its range, which ends for the day with the month: the month's length less one stands
// where the day does, and elsewhere all bits are set.
FREIGHT_INLINE Vector Wrong(Vector words) {
  const Vector days = Shuffle(Repeat(kMonthDays), Shuffle(words, Repeat(kMonthAtDay)));
  return SubSaturated8(Sub8(words, Repeat(kMomentLeast)), days & Repeat(kMomentSpan));
}

// Days since March of the year 0, as DaysFromCivil counts them.
FREIGHT_INLINE Vector DaysOf(const Pair& fours, Vector low_half) {
  const Vector year_and_day = UnpackLow(fours.even, fours.odd);
  const Vector month_and_day = HighHalf(year_and_day);
  const Vector month = ShiftRight64<5>(month_and_day), day = month_and_day & Set64(31);
  const Vector before = Add64(Shuffle(Repeat(kDaysBeforeLow), month),
                              ShiftLeft64<8>(Shuffle(Repeat(kDaysBeforeHigh), month)));
  const Vector year = Sub64(year_and_day & low_half, Shuffle(Repeat(kIsBeforeMarch), month));
  const Vector century = ShiftRight64<19>(MulLow32(year, Set64(5243)));  // exact below 43'699
  const Vector leap_days = Sub64(ShiftRight64<2>(century), century);
  return Add64(Add64(ShiftRight64<2>(MulLow32(year, Set64(1461))), leap_days), Add64(before, day));
}

FREIGHT_INLINE Pair Fours(const Pair& words) {
  const Vector weights = Repeat(kMomentWeights);
  return {MulAdd16(words.even, weights), MulAdd16(words.odd, weights)};
}

constexpr uint64_t kDaysTo1970 = 719'469;

inline uint64_t Dates(const char* text, const Field* fields, const DigitForm& form, int64_t* days) {
  const TextConstants c(form, 1u << 10, 16);
  const Vector zero = Repeat(kDateZeros), nine = Repeat(kDateNines), digits = Repeat(kDateDigits);
  const Vector tens = Set16(10 | 1 << 8);
  const Vector least = Set64(static_cast<uint64_t>(form.least)), greatest = Set64(static_cast<uint64_t>(form.greatest));
  uint64_t misfits = 0;
  for (uint32_t i = 0; i < kBlockFields; i += kFields) {
    const Places places = FindPlaces(fields + i, c);
    const Pair bytes = {Sub8(LoadEven(text, places.ends, 16), zero), Sub8(LoadEven(text, places.ends + 1, 16), zero)};
    const Pair words = {MulAdd8(Shuffle(bytes.even, digits), tens), MulAdd8(Shuffle(bytes.odd, digits), tens)};
    const Pair wrong = {SubSaturated8(bytes.even, nine) | Wrong(words.even),
                        SubSaturated8(bytes.odd, nine) | Wrong(words.odd)};
    const Vector value = Sub64(DaysOf(Fours(words), c.low_half), Set64(kDaysTo1970));
    Store(days + i, value);
    misfits |= uint64_t{NotZero(places.faults | wrong.AnyWords()) | Outside(value, least, greatest)} << i;
  }
  return ~misfits;
}

// A timestamp's first 16 bytes, to the minute, and its last, of which the seconds count.
struct StampConstants {
  FREIGHT_INLINE explicit StampConstants(const DigitForm& form) {
    char zeros[16] = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', form.separator, '0', '0', ':', '0', '0'};
    zero = Repeat(zeros);
    const uint32_t colon = form.utc ? 12 : 13;
    char last_zeros[16] = {}, last_nines[16], last_digits[16];
    for (uint32_t i = 0; i < 16; ++i) {
      last_nines[i] = static_cast<char>(i < colon ? 0xff : i == colon + 1 || i == colon + 2 ? 9 : 0);
      last_digits[i] = static_cast<char>(i < 14 ? 0x80 : colon + 1 + (i - 14));
    }
    last_zeros[15] = 'Z';
    last_zeros[colon] = ':';
    last_zeros[colon + 1] = last_zeros[colon + 2] = '0';
    last_zero = Repeat(last_zeros), last_nine = Repeat(last_nines), last_digit = Repeat(last_digits);
  }
  Vector zero, last_zero, last_nine, last_digit;
  const Vector nine = Repeat(kMinuteNines), digit = Repeat(kMinuteDigits), tens = Set16(10 | 1 << 8);
};

struct StampHalf {
  Vector words, wrong;
};

FREIGHT_INLINE StampHalf ReadStamp(Vector first, Vector last, const StampConstants& c) {
  first = Sub8(first, c.zero);
  last = Sub8(last, c.last_zero);
  const Vector words = MulAdd8(Shuffle(first, c.digit) | Shuffle(last, c.last_digit), c.tens);
  return {words, SubSaturated8(first, c.nine) | SubSaturated8(last, c.last_nine) | Wrong(words)};
}

inline uint64_t Timestamps(const char* text, const Field* fields, const DigitForm& form, int64_t* micros) {
  const uint32_t length = form.utc ? 20 : 19;
  const TextConstants c(form, 1u << length, length);
  const StampConstants stamp(form);
  const Vector least = Set64(static_cast<uint64_t>(form.least)), greatest = Set64(static_cast<uint64_t>(form.greatest));
  uint64_t misfits = 0;
  for (uint32_t i = 0; i < kBlockFields; i += kFields) {
    const Places places = FindPlaces(fields + i, c);
    const uint64_t* ends = places.ends;
    const StampHalf even = ReadStamp(LoadEven(text, ends, length), LoadEven(text, ends, 16), stamp);
    const StampHalf odd = ReadStamp(LoadEven(text, ends + 1, length), LoadEven(text, ends + 1, 16), stamp);
    const Pair wrong = {even.wrong, odd.wrong}, fours = Fours({even.words, odd.words});
    const Vector time = UnpackHigh(fours.even, fours.odd);
    const Vector seconds = Add64(time, HighHalf(time)) & c.low_half;
    const Vector days = ShiftLeft64<13>(MulLow32(DaysOf(fours, c.low_half), Set64(kMicrosPerDay >> 13)));
    const Vector value = Sub64(Add64(days, MulLow32(seconds, Set64(kMicrosPerSecond))),
                               Set64(kDaysTo1970 * kMicrosPerDay));
    Store(micros + i, value);
    misfits |= uint64_t{NotZero(places.faults | wrong.AnyWords()) | Outside(value, least, greatest)} << i;
  }
  return ~misfits;
}
