// The loops of ndjson_kernels.cc, included once per instruction set inside a namespace that defines Window (64 bytes,
// one bit of each answer per byte). No include guard, no includes: that is how it can be repeated.

// A value at the start of a window.
struct Value {
  uint32_t bytes;  // up to what follows it
  bool known;
  Field field;
};

constexpr uint64_t kLastByte = uint64_t{1} << 63;
constexpr uint32_t kLengthMax = (1u << 29) - 1;

FREIGHT_INLINE uint32_t First(uint64_t bits) { return static_cast<uint32_t>(__builtin_ctzll(bits)); }

FREIGHT_INLINE bool IsWord(const char* p, const char (&word)[5]) {
  uint32_t here, wanted;
  std::memcpy(&here, p, 4);
  std::memcpy(&wanted, word, 4);
  return here == wanted;
}

// The bytes behind backslashes that are not themselves behind one. The first byte is behind none.
FREIGHT_INLINE uint64_t Escaped(uint64_t backslash) {
  constexpr uint64_t kOdd = 0xAAAAAAAAAAAAAAAA;
  const uint64_t code = (((backslash << 1) | kOdd) - backslash) ^ kOdd;
  return code ^ backslash;
}

// Of a value that is none the field says nothing.
FREIGHT_INLINE Value Null(const char* p, uint32_t, char) { return {4, IsWord(p, "null"), {0, 0, 0, 0, 0}}; }

// A string without escapes that ends in the window.
FREIGHT_INLINE Value PlainString(const char* p, uint32_t at, char) {
  const uint64_t stops = Window(p).StringStops();
  // The lowest is the opening quote, or this is no string.
  const uint32_t end = First((stops & (stops - 1)) | kLastByte);
  const bool known = (*p == '"') & (p[end] == '"');
  return {end + 1, known, {at + 1, (end - 1) & kLengthMax, 1, 0, 0}};
}

FREIGHT_INLINE Value AnyString(const char* p, uint32_t at, char) {
  const char* window_at = p;
  uint64_t open = 1;
  while ((Window(window_at).StringStops() & ~open) == 0) {
    window_at += 64;
    open = 0;
  }
  const Window window(window_at);
  const uint64_t backslash = window.Equal('\\');
  const uint64_t escaped = Escaped(backslash);
  const uint64_t closing = window.Equal('"') & ~escaped & ~open;
  const uint64_t inside = closing ^ (closing - 1);
  const uint64_t wrong = (window.Below(0x20) | (escaped & ~window.SingleEscapes())) & inside;
  const bool known = (*p == '"') & (closing != 0) & (wrong == 0);
  const uint32_t length = static_cast<uint32_t>(window_at - p) + First(closing | kLastByte) - 1;
  return {length + 2, known, {at + 1, length & kLengthMax, 1, (backslash & inside) != 0, 0}};
}

// One that begins with a digit and ends before `behind`, which is no part of a number.
FREIGHT_INLINE Value PlainNumber(const char* p, uint32_t at, char behind) {
  const uint64_t others = Window(p).NoDigits() | kLastByte;
  const uint32_t whole = First(others);
  const uint32_t behind_point = First((others & (others - 1)) | kLastByte);
  const uint32_t bytes = p[whole] == '.' ? behind_point : whole;
  const uint32_t whole_max = *p == '0' ? 1 : 63;
  const bool known = (whole - 1 < whole_max) & (p[static_cast<ptrdiff_t>(bytes) - 1] != '.') & (p[bytes] == behind);
  return {bytes, known, {at, bytes, 0, 0, 0}};
}

FREIGHT_INLINE Value AnyNumber(const char* p, uint32_t at, char behind) {
  const uint32_t sign = *p == '-';
  Value value = PlainNumber(p + sign, at, behind);
  value.bytes += sign;
  value.field.length = value.bytes & kLengthMax;
  return value;
}

FREIGHT_INLINE Value Boolean(const char* p, uint32_t at, char) {
  const bool yes = IsWord(p, "true");
  const bool no = IsWord(p, "fals") & (p[4] == 'e');
  const uint32_t bytes = 5 - uint32_t{yes};
  return {bytes, yes || no, {at, bytes, 0, 0, 0}};
}

FREIGHT_INLINE uint64_t FirstBytes(uint32_t bytes) { return ~0ull >> (64 - (bytes < 64 ? bytes : 64)); }

// The literal, or the first 64 bytes of it.
struct Literal {
  explicit Literal(const NdjsonStepTask& task)
      : bytes(task.literal_bytes), wanted(FirstBytes(bytes)), window(task.literal) {}
  FREIGHT_INLINE bool StandsAt(const char* p) const { return !Window(p).Differs(window, wanted); }
  const uint32_t bytes;
  const uint64_t wanted;
  const Window window;
};

// The other bytes of a long one. What is equal so far is text, so that nothing behind the padding is read.
static bool RestStandsAt(const NdjsonStepTask& task, const char* p) {
  for (uint32_t done = 64; done < task.literal_bytes; done += 64) {
    if (Window(p + done).Differs(Window(task.literal + done), FirstBytes(task.literal_bytes - done))) return false;
  }
  return true;
}

// Whether every line before this one is still in: then none changes its place.
enum class Before : uint8_t { kAllIn, kSomeOut };

// The lines from `from` on, where `kept` are in before them; answers how many are in then. With all in so far, it ends
// at the first line that is out.
template <Before before, bool is_long, typename ValueAt>
FREIGHT_INLINE uint32_t TakeLines(const NdjsonStepTask& task, NdjsonProgress* progress, uint32_t from, uint32_t kept,
                                  ValueAt&& value_at) {
  const Literal literal(task);
  const char* const text = task.text;
  const char behind = task.behind;
  Field* const fields = task.fields;
  const uint32_t count = progress->count;
  uint32_t doubtful_count = progress->doubtful_count;
  for (uint32_t i = from; i < count; ++i) {
    uint32_t at = progress->at[i];
    bool same = literal.StandsAt(text + at);
    if constexpr (is_long) same = same && RestStandsAt(task, text + at);
    // Foreseen where lines are alike, so that nothing waits for it.
    if (!same) [[unlikely]] {
      if (before == Before::kAllIn) break;
      continue;
    }
    at += literal.bytes;
    const Value value = value_at(text + at, at, behind);
    const uint16_t line = progress->lines[i];
    if (before == Before::kSomeOut) progress->lines[kept] = line;
    progress->at[kept] = at + value.bytes;
    fields[line] = value.field;
    progress->doubtful[doubtful_count] = static_cast<uint16_t>(kept);
    progress->doubtful_at[doubtful_count] = at;
    doubtful_count += !value.known;
    ++kept;
  }
  progress->doubtful_count = doubtful_count;
  return kept;
}

template <bool is_long, typename ValueAt>
FREIGHT_INLINE void TakeLines(const NdjsonStepTask& task, NdjsonProgress* progress, ValueAt&& value_at) {
  progress->doubtful_count = 0;
  uint32_t kept = TakeLines<Before::kAllIn, is_long>(task, progress, 0, 0, value_at);
  if (kept < progress->count) {
    kept = TakeLines<Before::kSomeOut, is_long>(task, progress, kept + 1, kept, value_at);
  }
  progress->count = kept;
}

// Those whose value `value_at` knows are no longer doubtful.
template <typename ValueAt>
FREIGHT_INLINE void TakeDoubtful(const NdjsonStepTask& task, NdjsonProgress* progress, ValueAt&& value_at) {
  uint32_t left = 0;
  for (uint32_t i = 0; i < progress->doubtful_count; ++i) {
    const uint16_t doubtful = progress->doubtful[i];
    const uint32_t at = progress->doubtful_at[i];
    const Value value = value_at(task.text + at, at, task.behind);
    progress->at[doubtful] = at + value.bytes;
    task.fields[progress->lines[doubtful]] = value.field;
    progress->doubtful[left] = doubtful;
    progress->doubtful_at[left] = at;
    left += !value.known;
  }
  progress->doubtful_count = left;
}

#define FREIGHT_VALUE(function) \
  [](const char* p, uint32_t at, char behind) FREIGHT_INLINE_LAMBDA { return function(p, at, behind); }

template <typename Usual, typename Any>
FREIGHT_INLINE void Take(const NdjsonStepTask& task, NdjsonProgress* progress, Usual&& usual, Any&& any) {
  if (task.literal_bytes <= 64) TakeLines<false>(task, progress, usual);
  else TakeLines<true>(task, progress, usual);
  TakeDoubtful(task, progress, FREIGHT_VALUE(Null));
  TakeDoubtful(task, progress, any);
}

static void Strings(const NdjsonStepTask& task, NdjsonProgress* progress) {
  Take(task, progress, FREIGHT_VALUE(PlainString), FREIGHT_VALUE(AnyString));
}

static void Numbers(const NdjsonStepTask& task, NdjsonProgress* progress) {
  Take(task, progress, FREIGHT_VALUE(PlainNumber), FREIGHT_VALUE(AnyNumber));
}

static void Booleans(const NdjsonStepTask& task, NdjsonProgress* progress) {
  Take(task, progress, FREIGHT_VALUE(Boolean), FREIGHT_VALUE(Boolean));
}

#undef FREIGHT_VALUE

FREIGHT_INLINE uint32_t AddEnds(uint64_t ends, uint32_t at, uint32_t* out) {
  const auto found = static_cast<uint32_t>(__builtin_popcountll(ends));
  // One or none is usual, and which of the two is not foreseen.
  *out = at + First(ends | kLastByte);
  if (found > 1) [[unlikely]] {
    for (ends &= ends - 1; ends != 0; ends &= ends - 1) *++out = at + First(ends);
  }
  return found;
}

static uint32_t LineEnds(const char* text, uint32_t begin, uint32_t end, std::array<uint32_t, kNdjsonLinesMax>* out) {
  const uint32_t count_max = kNdjsonLinesMax - 64;  // one window may hold 64
  uint32_t count = 0, at = begin;
  for (; end - at >= 64 && count <= count_max; at += 64) {
    count += AddEnds(Window(text + at).Equal('\n'), at, out->data() + count);
  }
  if (at == end || end - at >= 64 || count > count_max) return count;
  return count + AddEnds(Window(text + at).Equal('\n') & ~(~uint64_t{0} << (end - at)), at, out->data() + count);
}

constexpr NdjsonKernels kKernels = {LineEnds, Strings, Numbers, Booleans};
