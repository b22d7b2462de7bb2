// NDJSON bytes -> morsels -> batches with a verdict for every record.
//
// The one truth about the format (also docs/formats/ndjson.md):
//   line end     LF, wherever it stands: JSON text cannot hold a raw one. A CR before it is a blank.
//   record       one line; the last one needs no line end
//   blank line   nothing but blanks: no record, counted apart
//   too long     a record with its line end longer than record_bytes_max: quarantined without its bytes
//   value        of a column: at the path that its source_name spells (format/json_path.h); absent is null
#pragma once

#include "format/input_format.h"
#include "io/byte_stream.h"

namespace freight {

Result<std::unique_ptr<MorselCursor>> MakeNdjsonCursor(std::unique_ptr<ByteStream> in, int64_t record_bytes_max,
                                                       InputPosition from, CursorOptions options);
Result<std::unique_ptr<MorselDecoder>> MakeNdjsonDecoder(const Contract& contract, DecoderOptions options);

// LFs in [begin, end).
int64_t CountLf(const char* text, int64_t begin, int64_t end);

}  // namespace freight
