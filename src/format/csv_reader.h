// CSV bytes -> morsels -> batches with a verdict for every record.
//
// The one truth about a dialect (the "record grammar", also docs/formats/csv.md):
//   line end     LF, CR LF, or CR, outside quotes; also mixed
//   record       fields between delimiters up to a line end or the end of input; an empty line is no record
//                (counted apart), but in a one-column file it is a record with one empty field
//   quoted field starts with the quote as its first byte; a doubled quote (or escape + byte) is one; after the closing
//                quote only a delimiter or a line end may come
//   stray quote  a quote inside an unquoted field, or other text after a closing quote: the record is malformed
//                (kStrayQuote) and ends at the next line end after that point
//   never closed a quoted field still open at the end of input or after record_bytes_max bytes of its record: the
//                record is the line in which it opened (kUnterminatedQuote); reading goes on with the next line
//   too long     a record over record_bytes_max: kRecordTooLong by address, not kept
// Rows never depend on morsel size, batch size, thread count or instruction set.
#pragma once

#include "base/memory_budget.h"
#include "base/status.h"
#include "contract/contract.h"
#include "contract/verdict.h"
#include "format/csv_dialect.h"
#include "io/byte_stream.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace freight {

// A run of consecutive whole records: the unit of work of one thread. Becomes one row group per partition.
struct Morsel {
  int64_t index = 0;       // within the input, from 0
  int64_t offset = 0;      // of text[0] in the input's bytes (after decompression, before transcoding)
  int64_t length = 0;      // input bytes covered (differs from text.size() for utf-16 and dropped oversize records)
  int64_t first_line = 1;  // physical line of text[0]
  std::string text;        // kPad zero bytes follow text_bytes
  int64_t text_bytes = 0;
  bool plain = true;       // no quoting violation inside: the vector path may be used
  bool utf16_big_endian = false;    // how raw bytes of a utf-16 input are written back
  std::vector<BadRecord> oversize;  // kRecordTooLong, cut out by the cursor behind the text (offset, length, line;
                                    // raw empty)
  Charge charge;           // of the budget, for the text and the columns made of it
  static constexpr int64_t kPad = 64;
};

// Where an input can be resumed: at a morsel border.
struct CsvPosition {
  int64_t morsel_index = 0;
  int64_t offset = 0;
  int64_t line = 1;
};

// What the first record says, mapped to the contract.
struct CsvHeader {
  std::vector<std::string> names;           // as in the file (empty when header is off)
  int64_t fields = 0;                       // fields per record that this file must have
  std::vector<int> column_of_contract;      // per contract column: field index, -1 = missing (optional: null)
  std::vector<std::string> unread;          // names in the file that the contract does not name
  CsvPosition data_begin;                   // first byte after the header
};

// Reads BOM, skip_rows and the header. Fails with Place (file:1:column) and help: missing required column,
// duplicate names, unknown columns under kFreeze, an empty file with header on. With header off, fields are the
// contract's columns in order.
Result<CsvHeader> ReadCsvHeader(ByteStream& in, const std::string& file_name, const CsvDialect& dialect,
                                const Contract& contract);

// Cuts an input into morsels in order by quote parity and the violation check. One caller at a time.
class CsvCursor {
 public:
  virtual ~CsvCursor() = default;
  // nullopt at the end. Waits for the budget. Morsel borders depend on bytes, dialect and morsel_bytes only.
  virtual Result<std::optional<Morsel>> Next() = 0;
  virtual CsvPosition position() const = 0;      // of the next morsel
  // XXH3-128 over the input bytes since the start or since the last call; used as a chunk's content hash.
  virtual std::string TakeContentHash() = 0;
};
struct CsvCursorOptions {
  int64_t morsel_bytes = 4 << 20;
  MemoryBudget* budget = nullptr;               // may be null in tests
  std::function<bool()> cancelled;
  int64_t charge_factor = 3;                    // admission = factor * morsel_bytes
};
Result<std::unique_ptr<CsvCursor>> MakeCsvCursor(std::unique_ptr<ByteStream> in, const CsvDialect& dialect,
                                                 const CsvHeader& header, CsvPosition from, CsvCursorOptions options);

// One decoded step of a morsel (about 1 MiB of text).
struct DecodedBatch {
  std::shared_ptr<arrow::RecordBatch> accepted;  // contract columns in contract order
  std::vector<BadRecord> bad;                    // in input order
  int64_t records = 0;                           // accepted + bad
  int64_t blank_lines = 0;
  int64_t comments = 0;
};

// Parses and judges morsels. One per thread; reusable over morsels of one input.
class CsvDecoder {
 public:
  virtual ~CsvDecoder() = default;
  virtual Status Decode(const Morsel& morsel, const std::function<Status(DecodedBatch&&)>& emit) = 0;
  // Address and raw bytes of row `row` of the batch being emitted (failures left empty). Only inside `emit`: a later
  // stage may still refuse an accepted row.
  virtual BadRecord Locate(int64_t row) = 0;
};
enum class CsvPath : uint8_t { kAuto, kScalar };  // kScalar: the careful parser for everything (the reference in tests)
struct CsvDecoderOptions {
  int64_t batch_bytes = 1 << 20;
  CsvPath path = CsvPath::kAuto;
  arrow::MemoryPool* pool = nullptr;  // null: arrow's default
};
Result<std::unique_ptr<CsvDecoder>> MakeCsvDecoder(const CsvDialect& dialect, const CsvHeader& header,
                                                   const Contract& contract, CsvDecoderOptions options);

}  // namespace freight
