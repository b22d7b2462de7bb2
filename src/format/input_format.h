// What every input format gives the engine: an input cut into morsels in order, morsels decoded into batches with a
// verdict for every record. One InputFormat per pipeline; values only, shared by all threads.
//
// Rows, morsel borders and verdicts depend on the input's bytes, the format's settings, the contract and morsel_bytes
// alone: never on batch size, thread count, instruction set or where reading began.
#pragma once

#include "base/memory_budget.h"
#include "base/status.h"
#include "contract/bad_records.h"
#include "contract/contract.h"
#include "contract/verdict.h"
#include "format/morsel_text.h"
#include "source/input_file.h"
#include "spec/field_table.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

// Where an input can be resumed: at a morsel border. Offsets count the input's own bytes, after decompression.
struct InputPosition {
  int64_t morsel_index = 0;
  int64_t offset = 0;
  int64_t line = 1;
};

// What the conditions of a source skip unread, by what the input says of its row groups.
struct SkippedGroups {
  int64_t row_groups = 0;  // of the input
  int64_t skipped = 0, rows = 0;
};

// What an input says of itself before its rows, matched to the contract.
struct InputHeader {
  std::vector<std::string> names;           // of its columns; empty when it names none up front
  int64_t fields = 0;                       // of each record, where the format has such a number
  std::vector<int> column_of_contract;      // per contract column: index into names, -1 = missing (optional: null)
  std::vector<std::string> unread;          // names that the contract does not name
  std::vector<int> leaves;                  // that are read, where columns are stored apart
  std::optional<SkippedGroups> skipped;     // of sources that have conditions
  int64_t page_bytes = 0;                   // of a row group whose pages are held while its morsels are read, at most
  InputPosition data_begin;                 // of the first record
  int64_t archive_bytes = 0;                // what decompressing it holds, judged by its beginning; 0: read as it is
};

// What a format hangs on a morsel for its decoders; dropped with it.
class MorselExtra {
 public:
  virtual ~MorselExtra() = default;
};

// A run of consecutive whole records: the unit of work of one thread. Becomes one row group per partition.
struct Morsel {
  int64_t index = 0;       // within the input, from 0
  int64_t offset = 0;      // of text[0] in the input's bytes (after decompression, before transcoding)
  int64_t length = 0;      // input bytes covered (differs from text.size() for utf-16 and dropped oversize records)
  int64_t first_line = 1;  // physical line of text[0]; of the first row where rows are not lines
  MorselText text;         // kPad zero bytes follow text_bytes
  int64_t text_bytes = 0;
  int64_t row_group = -1;  // of formats that have such: the morsel's rows are `rows` rows from `row` of it
  int64_t row = 0, rows = 0;
  bool utf16_big_endian = false;    // how raw bytes of a utf-16 input are written back
  std::vector<BadRecord> oversize;  // kRecordTooLong, cut out by the cursor behind the text (offset, length, line;
                                    // raw empty)
  Charge charge;           // of the budget, for the text and the columns made of it
  std::unique_ptr<MorselExtra> extra;
  static constexpr int64_t kPad = 64;
};

// Cuts an input into morsels in order. One caller at a time.
class MorselCursor {
 public:
  virtual ~MorselCursor() = default;
  // nullopt at the end. Waits for the budget.
  virtual Result<std::optional<Morsel>> Next() = 0;
  virtual InputPosition position() const = 0;    // of the next morsel
  // XXH3-128 over the input bytes since the start or since the last call; used as a chunk's content hash.
  virtual std::string TakeContentHash() = 0;
};
struct CursorOptions {
  int64_t morsel_bytes = 4 << 20;
  MemoryBudget* budget = nullptr;               // may be null in tests
  std::function<bool()> cancelled;
  int64_t charge_factor = 3;                    // admission = factor * morsel_bytes
  int decode_threads = 1;                       // that an archive may be decompressed by
  std::shared_ptr<PageLender> texts = nullptr;  // for the text of morsels, see MorselTextBytes; null: the cursor's own
};

// The end of an input does not become a morsel of a few records: the last one takes this much more.
constexpr int64_t LastMorselBytes(int64_t morsel_bytes) { return morsel_bytes + morsel_bytes / 64; }

// What the text of a morsel takes, unless its first record is longer.
constexpr size_t MorselTextBytes(int64_t morsel_bytes) {
  return static_cast<size_t>(LastMorselBytes(morsel_bytes) + 1 + Morsel::kPad);
}

// One decoded step of a morsel (about 1 MiB of text).
struct DecodedBatch {
  std::shared_ptr<arrow::RecordBatch> accepted;  // contract columns in contract order; null: nothing but bad records
  BadRecords bad;                                // in input order
  int64_t filtered = 0;                          // records that the source's own conditions do not want
  int64_t records = 0;                           // accepted + bad + filtered
  int64_t blank_lines = 0;
  int64_t comments = 0;
};

// Parses and judges morsels. One per thread; reusable over morsels of one input.
class MorselDecoder {
 public:
  virtual ~MorselDecoder() = default;
  virtual Status Decode(const Morsel& morsel, const std::function<Status(DecodedBatch&&)>& emit) = 0;
  // Address and raw bytes of row `row` of the batch being emitted (failures left empty). Only inside `emit`: a later
  // stage may still refuse an accepted row.
  virtual BadRecord Locate(int64_t row) = 0;
};
enum class DecoderPath : uint8_t { kAuto, kScalar };  // kScalar: the careful parser for everything (the reference)
struct DecoderOptions {
  int64_t batch_bytes = 1 << 20;
  DecoderPath path = DecoderPath::kAuto;
  // Where later stages refuse no rows, bad records may come ahead of the others of their batch, so many at a time, in
  // batches that accept none. 0: never.
  int64_t bad_ahead = 0;
  arrow::MemoryPool* pool = nullptr;  // null: arrow's default
};

// Thread: const and free of state, for all threads at once.
class InputFormat {
 public:
  virtual ~InputFormat() = default;
  // The settings that decide rows, as one text: part of the plan's hash.
  virtual std::string Identity() const = 0;
  // Whether its inputs can have such columns at all; fails with the place in the contract. Reads no file. As given
  // here: no columns of objects and arrays.
  virtual Status CheckContract(const Contract& contract) const;
  // Reads what stands before the data. Fails with Place and help: a missing required column, duplicate names, unknown
  // columns under kFreeze, an empty file that should have a header.
  virtual Result<InputHeader> ReadHeader(const InputFile& file, const Contract& contract) const = 0;
  virtual Result<std::unique_ptr<MorselCursor>> OpenCursor(const InputFile& file, const InputHeader& header,
                                                           InputPosition from, CursorOptions options) const = 0;
  virtual Result<std::unique_ptr<MorselDecoder>> MakeDecoder(const InputFile& file, const InputHeader& header,
                                                             const Contract& contract,
                                                             DecoderOptions options) const = 0;
};

// A format as the catalog lists it. Its shape's first field is named after it and holds the paths and globs.
struct InputFormatDef {
  std::string_view title;  // of its reference page
  const Shape& shape;
  // Settings out of `source`; what contradicts itself goes to `findings`. Never null.
  std::shared_ptr<const InputFormat> (*make)(const Fields& source, Findings* findings);

  std::string_view key() const { return shape.fields.front().key; }
};

}  // namespace freight
