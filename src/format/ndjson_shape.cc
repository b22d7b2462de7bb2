// Learning and matching of record shapes.
#include "format/ndjson_shape.h"

#include "contract/kernels_number.h"
#include "contract/kernels_text.h"
#include "format/ndjson_bytes.h"

#include <algorithm>

namespace freight {
namespace {

// Literals are compared in vectors that may reach past the text's end by less than its padding.
constexpr uint32_t kLiteralBytesMax = 4096;
constexpr size_t kLiteralPad = 64;

bool Fits(const char* p, const char* end, uint32_t bytes) { return end - p >= static_cast<int64_t>(bytes); }

}  // namespace

uint32_t NdjsonShape::AddLiteral(const char* begin, const char* end) {
  const auto at = static_cast<uint32_t>(literals_.size());
  literals_.append(begin, static_cast<size_t>(end - begin));
  return at;
}

NdjsonShape::Action NdjsonShape::ActionOf(int column, const std::vector<NdjsonNode>& columns) {
  if (column < 0) return Action::kUnread;
  const NdjsonNode& node = columns[static_cast<size_t>(column)];
  if (node.shape != NdjsonNode::Shape::kLeaf) return Action::kNested;
  switch (node.accepts) {
    case NdjsonAccepts::kString: return Action::kString;
    case NdjsonAccepts::kNumber: return Action::kNumber;
    case NdjsonAccepts::kBoolean: return Action::kBoolean;
    case NdjsonAccepts::kScalar: return Action::kScalar;
    case NdjsonAccepts::kJson: return Action::kJson;
  }
  return Action::kUnread;
}

void NdjsonShape::Learn(const char* text, uint32_t begin, uint32_t end, std::span<const NdjsonValue> values,
                        const std::vector<NdjsonNode>& columns) {
  if (!LearnSteps(text, begin, end, values, columns)) literals_.clear();
}

bool NdjsonShape::LearnSteps(const char* text, uint32_t begin, uint32_t end, std::span<const NdjsonValue> values,
                             const std::vector<NdjsonNode>& columns) {
  literals_.clear();
  steps_.clear();
  absent_.clear();
  absent_nested_.clear();
  std::vector<bool> present(columns.size(), false);
  uint32_t at = begin;
  for (const NdjsonValue& value : values) {
    if (value.begin < at || value.begin - at > kLiteralBytesMax) return false;
    steps_.push_back({.literal = AddLiteral(text + at, text + value.begin),
                      .literal_bytes = value.begin - at,
                      .column = value.column,
                      .depth = value.depth,
                      .action = ActionOf(value.column, columns)});
    if (value.column >= 0) present[static_cast<size_t>(value.column)] = true;
    at = value.end;
  }
  if (end - at > kLiteralBytesMax) return false;
  tail_ = AddLiteral(text + at, text + end);
  tail_bytes_ = end - at;
  literals_.append(kLiteralPad, '\0');
  for (size_t i = 0; i < columns.size(); ++i) {
    if (present[i]) continue;
    (columns[i].shape == NdjsonNode::Shape::kLeaf ? absent_ : absent_nested_).push_back(static_cast<int>(i));
  }
  return true;
}

uint32_t NdjsonShape::Match(const char* text, uint32_t begin, uint32_t size, std::span<Field* const> out, uint32_t row,
                            std::vector<NdjsonValue>* nested) const {
  if (literals_.empty()) return 0;
  const char* const end = text + size;
  const char* const literals = literals_.data();
  const char* p = text + begin;
  Field ignored;
  for (const Step& step : steps_) {
    if (!Fits(p, end, step.literal_bytes) || !ndjson::SameBytes(p, literals + step.literal, step.literal_bytes)) {
      return 0;
    }
    p += step.literal_bytes;
    const bool kept = step.action < Action::kNested;
    const char* const behind = Scan(step, text, p, end, kept ? out[static_cast<size_t>(step.column)] + row : &ignored);
    if (behind == nullptr) return 0;
    if (step.action == Action::kNested) [[unlikely]] {
      nested->push_back(
          {static_cast<uint32_t>(p - text), static_cast<uint32_t>(behind - text), step.column, step.depth});
    }
    p = behind;
  }
  if (!Fits(p, end, tail_bytes_) || !ndjson::SameBytes(p, literals + tail_, tail_bytes_)) return 0;
  p += tail_bytes_;
  if (p != end && *p != '\n') return 0;
  for (const int column : absent_) out[static_cast<size_t>(column)][row] = {.missing = 1};
  return static_cast<uint32_t>(p - text) + (p != end);
}

void NdjsonShape::MatchBlock(const NdjsonKernels& kernels, std::span<Field* const> out, uint32_t first_row,
                             NdjsonBlock* block) const {
  if (literals_.empty()) return;
  block->BeginProgress();
  for (const Step& step : steps_) {
    const bool kept = step.action < Action::kNested;
    TakeStep(kernels, step, kept ? out[static_cast<size_t>(step.column)] + first_row : nullptr, block);
  }
  CloseTails(out, first_row, block);
}

void NdjsonShape::TakeStep(const NdjsonKernels& kernels, const Step& step, Field* fields, NdjsonBlock* block) const {
  NdjsonProgress& progress = block->progress;
  const char* const literal = literals_.data() + step.literal;
  // The literals lie one behind the other, the tail last.
  const NdjsonStepTask task{.text = block->text,
                            .literal = literal,
                            .literal_bytes = step.literal_bytes,
                            .behind = literal[step.literal_bytes],
                            .fields = fields};
  switch (step.action) {
    case Action::kString: kernels.strings(task, &progress); break;
    case Action::kNumber: kernels.numbers(task, &progress); break;
    case Action::kBoolean: kernels.booleans(task, &progress); break;
    case Action::kScalar:
    case Action::kJson:
    case Action::kNested:
    case Action::kUnread: return TakeByLine(step, fields, block);
  }
  for (uint32_t i = 0; i < progress.doubtful_count; ++i) {
    const uint16_t doubtful = progress.doubtful[i];
    const uint16_t line = progress.lines[doubtful];
    const char* const p = block->text + progress.doubtful_at[i];
    const char* const behind = Scan(step, block->text, p, block->text + block->ends[line], fields + line);
    // At the end of the text no literal can stand: the line is out.
    progress.at[doubtful] = behind == nullptr ? block->size : static_cast<uint32_t>(behind - block->text);
  }
}

void NdjsonShape::TakeByLine(const Step& step, Field* fields, NdjsonBlock* block) const {
  NdjsonProgress& progress = block->progress;
  const char* const literal = literals_.data() + step.literal;
  const char* const text = block->text;
  Field ignored;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < progress.count; ++i) {
    const uint16_t line = progress.lines[i];
    const char* p = text + progress.at[i];
    const char* const end = text + block->ends[line];
    if (!Fits(p, end, step.literal_bytes) || !ndjson::SameBytes(p, literal, step.literal_bytes)) continue;
    p += step.literal_bytes;
    const char* const behind = Scan(step, text, p, end, fields != nullptr ? fields + line : &ignored);
    if (behind == nullptr) continue;
    progress.at[kept] = static_cast<uint32_t>(behind - text);
    progress.lines[kept++] = line;
  }
  progress.count = kept;
}

void NdjsonShape::CloseTails(std::span<Field* const> out, uint32_t first_row, NdjsonBlock* block) const {
  // A brace and blanks mostly: the first eight bytes of the tail decide, and the others are seldom there.
  const uint32_t first_bytes = std::min(tail_bytes_, 8u);
  const uint64_t wanted = ~uint64_t{0} >> (64 - 8 * first_bytes);
  const char* const tail = literals_.data() + tail_;
  const uint64_t first = kernels::Load64(tail) & wanted;
  const NdjsonProgress& progress = block->progress;
  const std::span<const uint16_t> lines(progress.lines.data(), progress.count);
  for (size_t i = 0; i < lines.size(); ++i) {
    const uint32_t at = progress.at[i];
    const char* const p = block->text + at;
    bool same = (at + tail_bytes_ == block->ends[lines[i]]) & ((kernels::Load64(p) & wanted) == first);
    if (tail_bytes_ > 8) same = same && ndjson::SameBytes(p, tail, tail_bytes_);
    block->matched[lines[i]] = same;
  }
  for (const int column : absent_) {
    Field* const fields = out[static_cast<size_t>(column)] + first_row;
    for (const uint16_t line : lines) fields[line] = {.missing = 1};
  }
  block->CloseMatched();
}

// The end of the value at p, nullptr when the careful path must look at the record.
inline const char* NdjsonShape::Scan(const Step& step, const char* text, const char* p, const char* end,
                                     Field* field) {
  const auto set = [&](const char* begin, const char* behind, bool quoted) {
    *field = {static_cast<uint32_t>(begin - text), static_cast<uint32_t>(behind - begin), quoted};
  };
  const bool unread = step.action == Action::kUnread;
  if (*p == '"' && (step.action == Action::kString || unread)) [[likely]] {
    const char* const stop = ndjson::StringStop(p + 1);
    // A column's strings are checked with the column.
    const auto valid = [&] { return !unread || kernels::IsUtf8({p + 1, static_cast<size_t>(stop - p - 1)}); };
    if (*stop == '"' && valid()) [[likely]] {
      set(p + 1, stop, true);
      return stop + 1;
    }
  } else if (step.action == Action::kNumber || unread) {
    const char* const behind = ndjson::NumberEnd(p);
    if (behind != nullptr) [[likely]] {
      set(p, behind, false);
      return behind;
    }
  } else if (step.action == Action::kBoolean) {
    const uint32_t bytes = ndjson::IsWord(p, "true") ? 4 : ndjson::IsWord(p, "fals") && p[4] == 'e' ? 5 : 0;
    if (bytes != 0) [[likely]] {
      set(p, p + bytes, false);
      return p + bytes;
    }
  }
  if (step.action != Action::kNested && ndjson::IsWord(p, "null")) {
    *field = {};
    return p + 4;
  }
  return ScanAny(step, text, p, end, field);
}

// By the careful scanner; a line end cuts off what belongs to the next record, since no value holds one. Blanks between
// the values of an object or array are the exception, so that these end before it.
[[gnu::noinline]] const char* NdjsonShape::ScanAny(const Step& step, const char* text, const char* p, const char* end,
                                                   Field* field) {
  const void* line_end = std::memchr(p, '\n', static_cast<size_t>(end - p));
  JsonScan scan(p, line_end == nullptr ? end : static_cast<const char*>(line_end));
  JsonKind kind;
  if (!scan.Kind(&kind) || scan.at() != p) return nullptr;
  const auto begin = static_cast<uint32_t>(p - text);
  const bool takes_text = step.action != Action::kJson && step.action != Action::kNested &&
                          step.action != Action::kUnread && kind == JsonKind::kString;
  if (takes_text) {
    JsonString string;
    if ((step.action != Action::kString && step.action != Action::kScalar) ||
        !scan.String(JsonUtf8::kLater, &string)) {
      return nullptr;
    }
    *field = {begin + 1, static_cast<uint32_t>(string.raw.size()), 1, string.escaped};
    return scan.at();
  }
  if (!scan.Value(JsonUtf8::kChecked, step.depth)) return nullptr;
  const bool container = kind == JsonKind::kObject || kind == JsonKind::kArray;
  const bool boolean = kind == JsonKind::kTrue || kind == JsonKind::kFalse;
  *field = {begin, static_cast<uint32_t>(scan.at() - p)};
  bool fits = true;
  switch (step.action) {
    case Action::kString: fits = kind == JsonKind::kNull; break;
    case Action::kNumber: fits = kind == JsonKind::kNull || kind == JsonKind::kNumber; break;
    case Action::kBoolean: fits = kind == JsonKind::kNull || boolean; break;
    case Action::kScalar: fits = !container; break;
    case Action::kJson:
    case Action::kNested:
    case Action::kUnread: break;
  }
  if (kind == JsonKind::kNull) *field = {};
  return fits ? scan.at() : nullptr;
}

}  // namespace freight
