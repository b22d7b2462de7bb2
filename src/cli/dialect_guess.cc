// Guesses a CSV dialect: each candidate reads the sample, the one with the most regular records wins.
#include "cli/dialect_guess.h"

#include "cli/type_guess.h"
#include "format/csv_text.h"
#include "io/byte_stream.h"

#include <algorithm>
#include <map>
#include <set>

namespace freight {
namespace {

constexpr size_t kRecordsMax = 1000;
constexpr size_t kFieldsMax = 200'000;  // of all records together

struct Record {
  std::vector<std::string> fields;
  bool bad = false;       // breaks the quoting rules
  int64_t end_line = 0;   // physical lines up to its end
};

// The record grammar of csv_reader.h over one sample, small and slow.
class Sampler {
 public:
  Sampler(std::string_view text, bool whole, const CsvDialect& dialect)
      : text_(text), whole_(whole), delimiter_(dialect.delimiter[0]), quote_(dialect.quote), escape_(dialect.escape) {}

  std::vector<Record> Read() {
    std::vector<Record> records;
    size_t fields = 0;
    while (at_ < text_.size() && records.size() < kRecordsMax && fields < kFieldsMax) {
      Record record;
      const bool complete = ReadRecord(&record);
      if (!complete && !whole_ && !records.empty()) break;  // the sample cuts it
      if (record.fields.size() == 1 && record.fields[0].empty() && !record.bad) continue;  // a blank line
      fields += record.fields.size();
      records.push_back(std::move(record));
    }
    return records;
  }

 private:
  // False when the text ended before a line end.
  bool ReadRecord(Record* record) {
    for (;;) {
      record->fields.emplace_back();
      if (quote_ && at_ < text_.size() && text_[at_] == *quote_) {
        ReadQuoted(record);
      } else {
        ReadPlain(record);
      }
      if (at_ >= text_.size()) break;
      if (text_[at_] != delimiter_) return TakeLineEnd(record);
      at_++;
    }
    record->end_line = lines_ + 1;
    return false;
  }

  void ReadPlain(Record* record) {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != delimiter_ && !AtLineEnd()) {
      record->bad = record->bad || (quote_ && text_[at_] == *quote_);
      at_++;
    }
    record->fields.back() += text_.substr(begin, at_ - begin);
  }

  void ReadQuoted(Record* record) {
    std::string& field = record->fields.back();
    for (at_++; at_ < text_.size(); at_++) {
      const char c = text_[at_];
      const bool pair = at_ + 1 < text_.size();
      if (escape_ && c == *escape_ && pair) {
        field += text_[++at_];
      } else if (c == *quote_ && !escape_ && pair && text_[at_ + 1] == *quote_) {
        field += text_[++at_];
      } else if (c == *quote_) {
        at_++;
        if (at_ < text_.size() && text_[at_] != delimiter_ && !AtLineEnd()) {
          record->bad = true;
          ReadPlain(record);
        }
        return;
      } else {
        lines_ += c == '\n' || (c == '\r' && !(pair && text_[at_ + 1] == '\n'));
        field += c;
      }
    }
    record->bad = true;  // never closed
  }

  bool AtLineEnd() const { return text_[at_] == '\n' || text_[at_] == '\r'; }

  bool TakeLineEnd(Record* record) {
    const bool pair = text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
    at_ += pair ? 2 : 1;
    record->end_line = ++lines_;
    return true;
  }

  std::string_view text_;
  bool whole_;
  char delimiter_;
  std::optional<char> quote_, escape_;
  size_t at_ = 0;
  int64_t lines_ = 0;
};

struct Fit {
  CsvDialect dialect;
  double regular = 0;  // share of well-formed records with the usual number of fields
  int64_t fields = 0;  // the usual number
};

Fit Measure(std::string_view sample, bool whole, const CsvDialect& dialect) {
  const auto records = Sampler(sample, whole, dialect).Read();
  std::map<int64_t, int64_t> counts;
  for (const auto& record : records) {
    if (!record.bad) counts[static_cast<int64_t>(record.fields.size())]++;
  }
  Fit fit{dialect, 0, 1};
  int64_t most = 0;
  for (const auto& [fields, n] : counts) {
    if (n < most) continue;
    most = n;
    fit.fields = fields;
  }
  if (!records.empty()) fit.regular = static_cast<double>(most) / static_cast<double>(records.size());
  return fit;
}

// One column is what every text has: something that divides most records is better evidence.
double Value(const Fit& fit) { return fit.fields > 1 ? fit.regular : 0.4 * fit.regular; }

CsvDialect BestDialect(std::string_view sample, bool whole) {
  struct Quoting { std::optional<char> quote, escape; };
  constexpr Quoting kQuotings[] = {{'"', {}}, {'"', '\\'}, {{}, {}}, {'\'', {}}};
  Fit best;
  for (const auto& quoting : kQuotings) {
    Fit best_here;
    for (const char* delimiter : {",", ";", "\t", "|"}) {
      CsvDialect dialect;
      dialect.delimiter = delimiter;
      dialect.quote = quoting.quote;
      dialect.escape = quoting.escape;
      const Fit fit = Measure(sample, whole, dialect);
      const double gain = Value(fit) - Value(best_here);
      if (best_here.fields == 0 || gain > 1e-9 || (gain > -1e-9 && fit.fields > best_here.fields)) best_here = fit;
    }
    // Another quoting must explain more: without quotes in the file they are all alike.
    if (best.fields == 0 || Value(best_here) > Value(best) + 1e-3) best = best_here;
  }
  return best.dialect;
}

bool IsTyped(const TypeGuess& guess) { return guess.has_values() && guess.Type().id != TypeId::kString; }

// A header is text above typed values, or text that never comes again below.
bool LooksLikeHeader(const std::vector<Record>& records) {
  const auto& first = records[0].fields;
  int64_t votes = 0;
  bool repeated = false, typed = false;
  for (size_t column = 0; column < first.size(); column++) {
    TypeGuess top, below;
    if (!first[column].empty()) top.See(first[column]);
    for (size_t i = 1; i < records.size(); i++) {
      if (records[i].bad || records[i].fields.size() != first.size()) continue;
      const std::string& value = records[i].fields[column];
      repeated = repeated || (!value.empty() && value == first[column]);
      if (!value.empty()) below.See(value);
    }
    typed = typed || IsTyped(top);
    if (!IsTyped(below) || !top.has_values()) continue;
    below.See(first[column]);
    votes += IsTyped(below) ? -1 : 1;
  }
  if (votes != 0) return votes > 0;
  return !typed && !repeated;
}

// Bytes of the valid multi-byte sequence at the start of `s`; 0: invalid; -1: cut off.
int SequenceLength(std::string_view s) {
  const auto lead = static_cast<unsigned char>(s[0]);
  const size_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (s.size() < n) return -1;
  return IsValidUtf8(s.substr(0, n)) ? static_cast<int>(n) : 0;
}

struct ByteCounts {
  int64_t sequences = 0, invalid = 0;
  bool undefined_1252 = false;
};

// Counts over `text`; returns how many bytes at its end wait for more.
size_t CountBytes(std::string_view text, ByteCounts* counts) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      i++;
      continue;
    }
    const int n = SequenceLength(text.substr(i));
    if (n < 0) return text.size() - i;
    counts->undefined_1252 |= byte == 0x81 || byte == 0x8D || byte == 0x8F || byte == 0x90 || byte == 0x9D;
    (n > 0 ? counts->sequences : counts->invalid)++;
    i += static_cast<size_t>(std::max(n, 1));
  }
  return 0;
}

}  // namespace

Result<CsvEncoding> GuessEncoding(Env& env, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const auto in, OpenByteStream(env, path));
  std::string buffer(kDialectSampleBytes, '\0');
  ByteCounts counts;
  size_t kept = 0;
  for (bool first = true;; first = false) {
    ARROW_ASSIGN_OR_RAISE(const int64_t n, in->Read(static_cast<int64_t>(buffer.size() - kept), buffer.data() + kept));
    if (n == 0) break;
    const std::string_view text(buffer.data(), kept + static_cast<size_t>(n));
    if (first && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))) return CsvEncoding::kUtf16;
    kept = CountBytes(text, &counts);
    std::copy(text.end() - static_cast<int64_t>(kept), text.end(), buffer.begin());
  }
  counts.invalid += kept > 0;
  if (counts.invalid <= counts.sequences) return CsvEncoding::kUtf8;
  return counts.undefined_1252 ? CsvEncoding::kLatin1 : CsvEncoding::kWindows1252;
}

DialectGuess GuessDialect(std::string_view sample, bool whole, CsvEncoding encoding) {
  DialectGuess guess;
  guess.dialect = BestDialect(sample, whole);
  guess.dialect.encoding = encoding;
  guess.fields = Measure(sample, whole, guess.dialect).fields;
  const auto records = Sampler(sample, whole, guess.dialect).Read();
  guess.dialect.header = !records.empty() && LooksLikeHeader(records);
  if (!guess.dialect.header) return guess;
  guess.header_lines = records[0].end_line;
  const bool latin = encoding == CsvEncoding::kLatin1 || encoding == CsvEncoding::kWindows1252;
  for (const auto& name : records[0].fields) guess.names.push_back(latin ? LatinToUtf8(name, encoding) : name);
  return guess;
}

}  // namespace freight
