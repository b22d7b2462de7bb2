// Vector scans of CSV text in the simple dialects: record ends, field separators, line ends, quoting violations.
//
// A line end ends a record iff the number of quotes before it is even, as long as quotes stand only where the grammar
// allows: an opening one after the record's start, a delimiter or a quote; a closing one before a delimiter, a line end
// or a quote. Both are checked per 64 bytes. Up to the first violation the answer is the careful parser's; there the
// scan stops, and the caller parses that record with care.
#pragma once

#include "format/csv_dialect.h"

#include <cstdint>

namespace freight {

struct CsvScanBytes {
  char delimiter = ',';
  char quote = '"';
  bool quoting = true;

  static CsvScanBytes Of(const CsvDialect& dialect) {
    return {dialect.delimiter[0], dialect.quote.value_or('\0'), dialect.quote.has_value()};
  }
};

// A range of text that starts outside quotes at a record's start. The byte at `end`, when end < size, decides whether
// a CR before it is a line end of its own.
struct CsvScanRange {
  const char* text = nullptr;
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size = 0;
};

struct CsvScanResult {
  int64_t records_end = 0;  // one past the last record end before the violation; begin when there is none
  int64_t line_ends = 0;    // physical ones in [begin, records_end)
  int64_t violation = -1;   // position of the first one
  bool inside = false;      // a quoted field is open at `end`; meaningful without a violation
  int64_t separators = 0;   // written by Index
  int64_t ends = 0;         // written by Index
  int64_t doubled = 0;      // written by Index
  bool carriage_returns = false;  // seen by Index, in quotes or not
};

// Of a delimiter in the index: a quote follows it, so that the next field is a quoted one.
inline constexpr uint32_t kCsvQuotedNext = uint32_t{1} << 31;
inline constexpr int64_t kCsvIndexedTextMax = kCsvQuotedNext - 64;  // bytes of text that can be indexed

// What Index writes. The first two have CsvIndexRoom(bytes of text) places, doubled half of that: whole vectors are
// stored. `lines` is right up to records_end.
struct CsvIndexArrays {
  // Positions of delimiters and record ends (the LF, or a lone CR) outside quotes; delimiters with kCsvQuotedNext.
  uint32_t* separators = nullptr;
  uint32_t* ends = nullptr;        // positions of record ends alone
  uint32_t* doubled = nullptr;     // per doubled quote, how many separators stand before it: its field's own is next
  uint32_t* lines = nullptr;       // per kCsvLineMarkBytes of the range or part of them: line ends up to their end
};
inline constexpr int64_t kCsvLineMarkBytes = 128;
constexpr int64_t CsvIndexRoom(int64_t bytes) { return bytes + 64; }

struct CsvScanKernels {
  CsvScanResult (*scan)(const CsvScanBytes& bytes, const CsvScanRange& range);
  // Also writes where fields and records end. What stands behind records_end belongs to a record that is not complete.
  CsvScanResult (*index)(const CsvScanBytes& bytes, const CsvScanRange& range, const CsvIndexArrays& out);
  // Row i's field between separators[i * stride - 1], a delimiter, and separators[i * stride], as the bits of a Field
  // (contract/column_parser.h): where it begins, from bit 32 on its length, bit 61 when it is quoted.
  void (*fields)(const uint32_t* separators, int64_t stride, int64_t rows, uint64_t* out);
  // Line ends in a range whose borders do not cut a CR LF.
  int64_t (*count_line_ends)(const CsvScanRange& range);
};

enum class CsvScanTarget : uint8_t { kScalar, kAvx2, kAvx512 };

// Null when this processor lacks the instructions.
const CsvScanKernels* CsvScanFor(CsvScanTarget target);
const CsvScanKernels& BestCsvScan();

// Position of the first LF or CR in [begin, end), or end.
int64_t FindLineEndByte(const char* text, int64_t begin, int64_t end);
inline int64_t CountLineEnds(const char* text, int64_t begin, int64_t end) {
  return BestCsvScan().count_line_ends({text, begin, end, end});
}

}  // namespace freight
