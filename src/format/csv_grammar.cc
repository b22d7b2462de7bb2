// The careful record parser: byte by byte, every dialect feature, one record per call.
#include "format/csv_grammar.h"

#include <algorithm>
#include <cstring>

namespace freight {
namespace {

constexpr int64_t kRecordBytesMin = 64;
constexpr int64_t kRecordBytesMax = (int64_t{1} << 29) - 1;  // Field::length has 29 bits

bool IsLineEnd(char c) { return c == '\n' || c == '\r'; }

Status CheckByte(const CsvDialect& dialect, std::optional<char> byte, const char* what) {
  if (!byte) return Status::OK();
  if (*byte == '\0') return Fail(Reaction::kInvalid, "{} must not be the NUL byte", what);
  if (IsLineEnd(*byte)) return Fail(Reaction::kInvalid, "{} must not be a line end", what);
  if (dialect.delimiter.find(*byte) != std::string::npos) {
    return Fail(Reaction::kInvalid, "{} must not be part of the delimiter", what).Help("choose another byte for one");
  }
  return Status::OK();
}

}  // namespace

bool CsvDialect::IsSimple() const {
  return delimiter.size() == 1 && (!escape || escape == quote) && !comment && !trim;
}

Status CheckCsvDialect(const CsvDialect& dialect) {
  if (dialect.delimiter.empty()) return Fail(Reaction::kInvalid, "delimiter must not be empty");
  if (std::any_of(dialect.delimiter.begin(), dialect.delimiter.end(), IsLineEnd)) {
    return Fail(Reaction::kInvalid, "delimiter must not hold a line end");
  }
  ARROW_RETURN_NOT_OK(CheckByte(dialect, dialect.quote, "quote"));
  ARROW_RETURN_NOT_OK(CheckByte(dialect, dialect.escape, "escape"));
  ARROW_RETURN_NOT_OK(CheckByte(dialect, dialect.comment, "comment"));
  if (dialect.comment && dialect.comment == dialect.quote) {
    return Fail(Reaction::kInvalid, "comment must differ from quote");
  }
  if (dialect.escape && !dialect.quote) {
    return Fail(Reaction::kInvalid, "escape needs a quote: it has a meaning in quoted fields only");
  }
  if (dialect.skip_rows < 0) return Fail(Reaction::kInvalid, "skip_rows must not be negative");
  if (dialect.record_bytes_max < kRecordBytesMin || dialect.record_bytes_max > kRecordBytesMax) {
    return Fail(Reaction::kInvalid, "max_record_bytes must be {} to {}", kRecordBytesMin, kRecordBytesMax);
  }
  return Status::OK();
}

// One record on its way. `limit` is where its bytes end: the text's end or record_bytes_max.
struct CsvGrammar::Walk {
  std::string_view text;
  int64_t begin;
  int64_t limit;
  bool final;
  std::vector<Field>* fields;
  int64_t at;         // next byte to read
  CsvRecord outcome;  // set when a step answers false
  int64_t seen = 0;   // fields

  int64_t size() const { return static_cast<int64_t>(text.size()); }
  bool AtLimit() const { return at >= limit; }

  // Bytes of the line end at i < limit: 0 = none, 1 or 2; a CR whose next byte is not known yet counts as 3, past all.
  int LineEndAt(int64_t i) const {
    if (text[i] == '\n') return 1;
    if (text[i] != '\r') return 0;
    if (i + 1 < size()) return text[i + 1] == '\n' ? 2 : 1;
    return final ? 1 : 3;
  }

  bool Stop(CsvVerdict verdict, int64_t end, int64_t where) {
    outcome = {verdict, end, where, seen};
    return false;
  }
  bool TooLong() { return Stop(CsvVerdict::kTooLong, limit, begin); }

  // The bytes ran out inside a record: the verdict that they would have, or a question for more.
  bool StopAtLimit(CsvVerdict verdict, int64_t where) {
    if (limit < size()) return TooLong();
    if (!final) return Stop(CsvVerdict::kNeedMore, begin, begin);
    return Stop(verdict, size(), where);
  }

  bool StopAfterLineEnd(CsvVerdict verdict, int64_t i, int64_t where) {
    const int length = LineEndAt(i);
    if (length == 3) return Stop(CsvVerdict::kNeedMore, begin, begin);
    if (i + length > limit) return TooLong();
    return Stop(verdict, i + length, where);
  }

  // The record is `verdict` up to the first line end from `from` on, whatever quotes say.
  bool StopAtLine(CsvVerdict verdict, int64_t from, int64_t where) {
    for (int64_t i = from; i < limit; ++i) {
      if (IsLineEnd(text[i])) return StopAfterLineEnd(verdict, i, where);
    }
    return StopAtLimit(verdict, where);
  }
};

CsvGrammar::CsvGrammar(const CsvDialect& dialect, bool one_column, int64_t fields_max)
    : dialect_(dialect),
      one_column_(one_column),
      fields_max_(fields_max),
      escape_(dialect.escape.value_or(dialect.quote.value_or('\0'))) {
  for (const char c : {'\n', '\r', dialect.delimiter[0]}) stops_[static_cast<uint8_t>(c)] = true;
  if (dialect.quote) stops_[static_cast<uint8_t>(*dialect.quote)] = true;
}

CsvRecord CsvGrammar::Next(std::string_view text, int64_t begin, bool final, std::vector<Field>* fields) const {
  const int64_t size = static_cast<int64_t>(text.size());
  if (fields != nullptr) fields->clear();
  Walk walk{text, begin, std::min(size, begin + dialect_.record_bytes_max), final, fields, begin, {}, 0};
  if (dialect_.comment && text[begin] == *dialect_.comment) {
    walk.StopAtLine(CsvVerdict::kComment, begin, begin);
    return walk.outcome;
  }
  if (!one_column_ && IsLineEnd(text[begin])) {
    walk.StopAfterLineEnd(CsvVerdict::kBlank, begin, begin);
    return walk.outcome;
  }
  return Fields(walk);
}

CsvRecord CsvGrammar::Fields(Walk& walk) const {
  bool more = true;
  while (more) {
    if (dialect_.trim) SkipBlanks(walk);
    const bool quoted = dialect_.quote && !walk.AtLimit() && walk.text[walk.at] == *dialect_.quote;
    more = quoted ? QuotedField(walk) : UnquotedField(walk);
  }
  return walk.outcome;
}

bool CsvGrammar::DelimiterAt(const Walk& walk, int64_t at) const {
  if (walk.text[at] != dialect_.delimiter[0]) return false;
  return dialect_.delimiter.size() == 1 || walk.text.compare(at, dialect_.delimiter.size(), dialect_.delimiter) == 0;
}

void CsvGrammar::SkipBlanks(Walk& walk) const {
  while (!walk.AtLimit() && IsBlank(walk.text[walk.at]) && !DelimiterAt(walk, walk.at)) ++walk.at;
}

// From the opening quote to the delimiter behind the closing one.
bool CsvGrammar::QuotedField(Walk& walk) const {
  const int64_t open = walk.at;
  const char quote = *dialect_.quote;
  Field field{.begin = static_cast<uint32_t>(open + 1), .quoted = 1};
  int64_t i = open + 1;
  for (; i < walk.limit; ++i) {
    if (escape_ == quote) {  // quoted text can be megabytes long
      const void* found = std::memchr(walk.text.data() + i, quote, static_cast<size_t>(walk.limit - i));
      i = found == nullptr ? walk.limit : static_cast<const char*>(found) - walk.text.data();
      if (found == nullptr) break;
    }
    const char c = walk.text[i];
    if (c != quote && c != escape_) continue;
    const bool doubled = c == quote && escape_ == quote && i + 1 < walk.size() && walk.text[i + 1] == quote;
    if (c == quote && !doubled) break;
    field.escaped = 1;
    ++i;
  }
  if (i >= walk.limit) {  // Still open: the record is the line in which the quote opened, if the bytes decide.
    if (walk.limit == walk.size() && !walk.final) return walk.Stop(CsvVerdict::kNeedMore, walk.begin, walk.begin);
    return walk.StopAtLine(CsvVerdict::kUnterminated, open, open);
  }
  field.length = static_cast<uint32_t>(i - open - 1);
  walk.at = i + 1;
  if (dialect_.trim) SkipBlanks(walk);
  if (walk.AtLimit() || IsLineEnd(walk.text[walk.at]) || DelimiterAt(walk, walk.at)) return EndField(walk, field);
  return walk.StopAtLine(CsvVerdict::kStrayQuote, walk.at, walk.at);
}

bool CsvGrammar::UnquotedField(Walk& walk) const {
  const int64_t begin = walk.at;
  for (; walk.at < walk.limit; ++walk.at) {
    const char c = walk.text[walk.at];
    if (!stops_[static_cast<uint8_t>(c)]) continue;
    if (dialect_.quote && c == *dialect_.quote) return walk.StopAtLine(CsvVerdict::kStrayQuote, walk.at, walk.at);
    if (IsLineEnd(c) || DelimiterAt(walk, walk.at)) break;
  }
  int64_t end = walk.at;
  while (dialect_.trim && end > begin && IsBlank(walk.text[end - 1])) --end;
  return EndField(walk, {.begin = static_cast<uint32_t>(begin), .length = static_cast<uint32_t>(end - begin)});
}

// True when another field follows; else the record is complete or its bytes ran out.
bool CsvGrammar::EndField(Walk& walk, Field field) const {
  if (walk.fields != nullptr && walk.seen < fields_max_) walk.fields->push_back(field);
  ++walk.seen;
  if (walk.AtLimit()) return walk.StopAtLimit(CsvVerdict::kRecord, walk.begin);
  if (IsLineEnd(walk.text[walk.at])) return walk.StopAfterLineEnd(CsvVerdict::kRecord, walk.at, walk.begin);
  walk.at += static_cast<int64_t>(dialect_.delimiter.size());
  return true;
}

}  // namespace freight
