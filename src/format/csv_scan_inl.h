// The block loops of csv_scan.cc, included once per instruction set inside a namespace that defines Classify (one mask
// per interesting byte of 64), PrefixXor, Flatten and VectorFields. No include guard, no includes: so it can be
// repeated.

struct Machine {
  uint64_t inside = 0;        // all ones: the block starts in a quoted field
  uint64_t allows_quote = 1;  // the byte before the block may stand before an opening quote
  uint64_t closing = 0;       // the byte before the block is a closing quote
};

struct Block {
  uint64_t separators;
  uint64_t ends;
  uint64_t line_ends;
  uint64_t violations;
  uint64_t doubled;  // second quotes of doubled ones
  uint64_t quotes;
  uint64_t carriage_returns;
};

// next_lf() says whether an LF follows the block's last byte, whose bit is `last`; asked only when the block has a CR.
template <typename NextLf>
FREIGHT_INLINE Block Step(const Masks& m, uint64_t last, NextLf&& next_lf, Machine& machine) {
  const uint64_t inside = PrefixXor(m.quote) ^ machine.inside;
  const uint64_t allowed = m.delimiter | m.lf | m.cr | m.quote;
  const uint64_t opening = m.quote & inside;
  const uint64_t closing = m.quote & ~inside;
  Block block;
  block.quotes = m.quote;
  block.carriage_returns = m.cr;
  block.line_ends = m.lf;
  if (m.cr != 0) block.line_ends |= m.cr & ~((m.lf >> 1) | (next_lf() ? last : 0));
  block.ends = block.line_ends & ~inside;
  block.separators = block.ends | (m.delimiter & ~inside);
  block.violations = (opening & ~((allowed << 1) | machine.allows_quote)) |
                     (((closing << 1) | machine.closing) & ~allowed);
  block.doubled = opening & ((closing << 1) | machine.closing);
  machine = {uint64_t{0} - (inside >> 63), allowed >> 63, closing >> 63};
  return block;
}

// The last, partial block: bytes behind its end neither separate nor violate.
FREIGHT_INLINE Block TailStep(const Needles& needles, const CsvScanRange& range, int64_t at, Machine& machine) {
  const int64_t bytes = range.end - at;
  const uint64_t valid = ~uint64_t{0} >> (64 - bytes);
  alignas(64) char buffer[64] = {};
  std::memcpy(buffer, range.text + at, static_cast<size_t>(bytes));
  Masks masks = Classify(buffer, needles);
  masks = {masks.quote & valid, masks.delimiter & valid, masks.lf & valid, masks.cr & valid};
  const auto next_lf = [&]() FREIGHT_INLINE_LAMBDA { return range.end < range.size && range.text[range.end] == '\n'; };
  Block block = Step(masks, uint64_t{1} << (bytes - 1), next_lf, machine);
  block.violations &= valid;
  return block;
}

// Calls on_block(position, block) up to the first block that it answers false to, or the end; returns where it stopped.
template <typename OnBlock>
FREIGHT_INLINE int64_t ForEachBlock(const CsvScanBytes& bytes, const CsvScanRange& range, Machine& machine,
                                   OnBlock&& on_block) {
  const Needles needles(bytes);
  const char* const text = range.text;
  const int64_t size = range.size;
  int64_t at = range.begin;
  for (const int64_t full_end = range.end - 63; at < full_end; at += 64) {
    const auto next_lf = [&]() FREIGHT_INLINE_LAMBDA { return at + 64 < size && text[at + 64] == '\n'; };
    if (!on_block(at, Step(Classify(text + at, needles), uint64_t{1} << 63, next_lf, machine))) return at;
  }
  if (at < range.end) on_block(at, TailStep(needles, range, at, machine));
  return at;
}

static int64_t CountRange(const CsvScanRange& range) {
  Machine machine;
  int64_t lines = 0;
  const CsvScanBytes no_quotes{.delimiter = '\n', .quote = '\n', .quoting = false};
  ForEachBlock(no_quotes, range, machine, [&](int64_t, const Block& block) FREIGHT_INLINE_LAMBDA {
    lines += __builtin_popcountll(block.line_ends);
    return true;
  });
  return lines;
}

// The scan up to the first block with a violation, which on_clean(position, block, lines up to its end) does not see.
template <typename OnClean>
FREIGHT_INLINE CsvScanResult ScanClean(const CsvScanBytes& bytes, const CsvScanRange& range, OnClean&& on_clean) {
  CsvScanResult result{.records_end = range.begin};
  Machine machine;
  int64_t lines = 0;
  int64_t end_block = -1;
  uint64_t end_mask = 0;
  const auto on_block = [&](int64_t at, const Block& block) FREIGHT_INLINE_LAMBDA {
    if (block.violations != 0) [[unlikely]] {
      result.violation = at + __builtin_ctzll(block.violations);
      return false;
    }
    lines += __builtin_popcountll(block.line_ends);
    if (block.ends != 0) {
      end_block = at;
      end_mask = block.ends;
    }
    on_clean(at, block, lines);
    return true;
  };
  const int64_t stopped = ForEachBlock(bytes, range, machine, on_block);
  result.inside = machine.inside != 0;
  if (end_block < 0) return result;
  result.records_end = end_block + 64 - __builtin_clzll(end_mask);
  const int64_t counted = result.violation < 0 ? range.end : stopped;
  result.line_ends = lines - CountRange({range.text, result.records_end, counted, range.size});
  return result;
}

static CsvScanResult Scan(const CsvScanBytes& bytes, const CsvScanRange& range) {
  return ScanClean(bytes, range, [](int64_t, const Block&, int64_t) FREIGHT_INLINE_LAMBDA {});
}

static CsvScanResult Index(const CsvScanBytes& bytes, const CsvScanRange& range, const CsvIndexArrays& out) {
  uint32_t* separator = out.separators;
  uint32_t* end = out.ends;
  uint32_t* doubled = out.doubled;
  uint64_t carriage_returns = 0;
  const auto on_clean = [&](int64_t at, const Block& block, int64_t lines) FREIGHT_INLINE_LAMBDA {
    for (uint64_t left = block.doubled; left != 0; left &= left - 1) {
      const uint64_t before = block.separators & (left ^ (left - 1)) >> 1;
      *doubled++ = static_cast<uint32_t>(separator - out.separators + __builtin_popcountll(before));
    }
    // The byte behind the range belongs to a record that is not complete.
    const uint64_t next = bytes.quoting && at + 64 < range.end && range.text[at + 64] == bytes.quote;
    const uint64_t marked = block.separators & ~block.ends & (block.quotes >> 1 | next << 63);
    separator = Flatten<true>(block.separators, marked, static_cast<uint32_t>(at), separator);
    end = Flatten<false>(block.ends, 0, static_cast<uint32_t>(at), end);
    carriage_returns |= block.carriage_returns;
    out.lines[(at - range.begin) / kCsvLineMarkBytes] = static_cast<uint32_t>(lines);
  };
  CsvScanResult result = ScanClean(bytes, range, on_clean);
  result.separators = separator - out.separators;
  result.ends = end - out.ends;
  result.doubled = doubled - out.doubled;
  result.carriage_returns = carriage_returns != 0;
  return result;
}

static void Fields(const uint32_t* separators, int64_t stride, int64_t rows, uint64_t* out) {
  int64_t row = VectorFields(separators, stride, rows, out);
  for (separators += row * stride; row < rows; ++row, separators += stride) {
    const uint64_t quoted = separators[-1] >> 31;
    const uint64_t begin = (separators[-1] & ~kCsvQuotedNext) + uint64_t{1};
    const uint64_t length = (*separators & ~kCsvQuotedNext) - begin - 2 * quoted;
    out[row] = (begin + quoted) | (length | quoted << 29) << 32;
  }
}

static constexpr CsvScanKernels kKernels = {Scan, Index, Fields, CountRange};
