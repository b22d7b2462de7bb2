// The block loops of csv_scan.cc, included once per instruction set inside a namespace that defines Classify (one mask
// per interesting byte of 64), PrefixXor and Flatten. No include guard, no includes: that is how it can be repeated.

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
};

// next_lf: the bit of the block's last byte, set when an LF follows it.
static inline Block Step(const Masks& m, uint64_t next_lf, Machine& machine) {
  const uint64_t inside = PrefixXor(m.quote) ^ machine.inside;
  const uint64_t line_ends = m.lf | (m.cr & ~((m.lf >> 1) | next_lf));
  const uint64_t allowed = m.delimiter | m.lf | m.cr | m.quote;
  const uint64_t opening = m.quote & inside;
  const uint64_t closing = m.quote & ~inside;
  Block block;
  block.line_ends = line_ends;
  block.ends = line_ends & ~inside;
  block.separators = block.ends | (m.delimiter & ~inside);
  block.violations = (opening & ~((allowed << 1) | machine.allows_quote)) |
                     (((closing << 1) | machine.closing) & ~allowed);
  machine = {uint64_t{0} - (inside >> 63), allowed >> 63, closing >> 63};
  return block;
}

// The last, partial block: bytes behind its end neither separate nor violate.
static inline Block TailStep(const Needles& needles, const CsvScanRange& range, int64_t at, Machine& machine) {
  const int64_t bytes = range.end - at;
  const uint64_t valid = ~uint64_t{0} >> (64 - bytes);
  alignas(64) char buffer[64] = {};
  std::memcpy(buffer, range.text + at, static_cast<size_t>(bytes));
  Masks masks = Classify(buffer, needles);
  masks = {masks.quote & valid, masks.delimiter & valid, masks.lf & valid, masks.cr & valid};
  const bool lf_follows = range.end < range.size && range.text[range.end] == '\n';
  Block block = Step(masks, uint64_t{lf_follows} << (bytes - 1), machine);
  block.violations &= valid;
  return block;
}

static inline Block FullStep(const Needles& needles, const CsvScanRange& range, int64_t at, Machine& machine) {
  const Masks masks = Classify(range.text + at, needles);
  const bool lf_follows = at + 64 < range.size && range.text[at + 64] == '\n';
  return Step(masks, uint64_t{lf_follows} << 63, machine);
}

// Tracks the last record end and the line ends up to it, block by block.
struct Tracker {
  int64_t end_block = -1;
  uint64_t end_mask = 0;
  uint64_t end_lines = 0;
  int64_t lines_before = 0;
  int64_t lines = 0;

  inline void Add(int64_t at, const Block& block) {
    if (block.ends != 0) {
      end_block = at;
      end_mask = block.ends;
      end_lines = block.line_ends;
      lines_before = lines;
    }
    lines += __builtin_popcountll(block.line_ends);
  }

  inline void Finish(CsvScanResult& result) const {
    if (end_block < 0) return;
    const int last = 63 - __builtin_clzll(end_mask);
    result.records_end = end_block + last + 1;
    result.line_ends = lines_before + __builtin_popcountll(end_lines & (~uint64_t{0} >> (63 - last)));
  }
};

// Calls on_block(position, block) up to the first block with a violation, which it does not see.
template <typename OnBlock>
static inline CsvScanResult ForEachBlock(const CsvScanBytes& bytes, const CsvScanRange& range, OnBlock&& on_block) {
  const Needles needles(bytes);
  CsvScanResult result{.records_end = range.begin};
  Machine machine;
  Tracker tracker;
  for (int64_t at = range.begin; at < range.end; at += 64) {
    const Block block = at + 64 <= range.end ? FullStep(needles, range, at, machine)
                                             : TailStep(needles, range, at, machine);
    if (block.violations != 0) [[unlikely]] {
      result.violation = at + __builtin_ctzll(block.violations);
      break;
    }
    tracker.Add(at, block);
    on_block(at, block);
  }
  tracker.Finish(result);
  result.inside = machine.inside != 0;
  return result;
}

static CsvScanResult Scan(const CsvScanBytes& bytes, const CsvScanRange& range) {
  return ForEachBlock(bytes, range, [](int64_t, const Block&) {});
}

static CsvScanResult Index(const CsvScanBytes& bytes, const CsvScanRange& range, uint32_t* separators, uint32_t* ends) {
  uint32_t* separator = separators;
  uint32_t* end = ends;
  CsvScanResult result = ForEachBlock(bytes, range, [&](int64_t at, const Block& block) {
    separator = Flatten(block.separators, static_cast<uint32_t>(at), separator);
    end = Flatten(block.ends, static_cast<uint32_t>(at), end);
  });
  result.separators = separator - separators;
  result.ends = end - ends;
  return result;
}

static int64_t CountRange(const CsvScanRange& range) {
  const Needles needles(CsvScanBytes{.delimiter = '\n', .quote = '\n', .quoting = false});
  Machine machine;
  int64_t lines = 0;
  for (int64_t at = range.begin; at < range.end; at += 64) {
    const Block block = at + 64 <= range.end ? FullStep(needles, range, at, machine)
                                             : TailStep(needles, range, at, machine);
    lines += __builtin_popcountll(block.line_ends);
  }
  return lines;
}

static constexpr CsvScanKernels kKernels = {Scan, Index, CountRange};
