// The record grammar of csv_reader.h as one careful parser: the truth that the vector path is fuzzed against.
#pragma once

#include "contract/column_parser.h"
#include "format/csv_dialect.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace freight {

enum class CsvVerdict : uint8_t {
  kRecord,        // fields are filled
  kBlank,         // an empty line in a file of several columns
  kComment,
  kStrayQuote,    // `at` is the first byte that may not stand there
  kUnterminated,  // `at` is the quote that opened; `end` is the end of its line
  kTooLong,       // over record_bytes_max; `end` is where to look for the line end that ends it
  kNeedMore,      // not final, and the bytes do not decide: never returned for more than record_bytes_max + 1 bytes
};

struct CsvRecord {
  CsvVerdict verdict = CsvVerdict::kNeedMore;
  int64_t end = 0;  // one past the line end
  int64_t at = 0;
  int64_t fields = 0;  // of a kRecord
};

// Refuses a dialect that contradicts itself, for example a delimiter that holds the quote.
Status CheckCsvDialect(const CsvDialect& dialect);

class CsvGrammar {
 public:
  // one_column: an empty line is a record with one empty field. Of a record with more fields than fields_max the rest
  // is counted and not stored.
  CsvGrammar(const CsvDialect& dialect, bool one_column, int64_t fields_max = std::numeric_limits<int64_t>::max());

  // The record at `begin` < text.size(). final: nothing follows `text`. `fields` (may be null) is replaced; its
  // positions count from text.data().
  CsvRecord Next(std::string_view text, int64_t begin, bool final, std::vector<Field>* fields) const;

 private:
  struct Walk;
  bool IsBlank(char c) const { return c == ' ' || c == '\t'; }
  bool DelimiterAt(const Walk& walk, int64_t at) const;
  void SkipBlanks(Walk& walk) const;
  bool QuotedField(Walk& walk) const;
  bool UnquotedField(Walk& walk) const;
  bool EndField(Walk& walk, Field field) const;
  CsvRecord Fields(Walk& walk) const;

  CsvDialect dialect_;
  bool one_column_;
  int64_t fields_max_;
  char escape_;                        // inside quotes; the quote itself when quotes are doubled
  std::array<bool, 256> stops_ = {};   // bytes that may end or break an unquoted field
};

}  // namespace freight
