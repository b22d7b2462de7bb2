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

#include "format/csv_dialect.h"
#include "format/input_format.h"
#include "io/byte_stream.h"

#include <memory>
#include <string>

namespace freight {

// Reads BOM, skip_rows and the header. Fails with Place (file:1:column) and help: missing required column,
// duplicate names, unknown columns under kFreeze, an empty file with header on. With header off, fields are the
// contract's columns in order.
Result<InputHeader> ReadCsvHeader(ByteStream& in, const std::string& file_name, const CsvDialect& dialect,
                                const Contract& contract);

// Cuts by quote parity and the violation check.
Result<std::unique_ptr<MorselCursor>> MakeCsvCursor(std::unique_ptr<ByteStream> in, const CsvDialect& dialect,
                                                 const InputHeader& header, InputPosition from, CursorOptions options);

Result<std::unique_ptr<MorselDecoder>> MakeCsvDecoder(const CsvDialect& dialect, const InputHeader& header,
                                                   const Contract& contract, DecoderOptions options);

}  // namespace freight
