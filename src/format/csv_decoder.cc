// Morsels -> batches: finds fields, drives the column parsers, and names every failing rule of a bad record.
//
// In the simple dialects fields come from the vector index; a record that the index cannot vouch for (a quoting
// violation, a quote left open, a record longer than a step) is parsed by the careful parser, and only that one.
#include "contract/column_parser.h"
#include "format/csv_grammar.h"
#include "format/csv_locator.h"
#include "format/csv_reader.h"
#include "format/csv_scan.h"
#include "format/csv_text.h"
#include "io/pages.h"

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace freight {
namespace {

// Grows only: what lies behind the rows in use is never read.
template <typename T>
void MakeRoom(std::vector<T>* values, size_t count) {
  if (values->size() < count) values->resize(std::max(count, 2 * values->size()));
}

constexpr size_t kFetchedAhead = 4;  // bad rows

// A record whose shape is wrong: it never reaches the columns.
struct Malformed {
  uint32_t begin;
  uint32_t end;
  Reason reason;
  int64_t fields;
};

// Rows of the index whose separators stand one after another, as the column fill sees them.
struct IndexedRows {
  const char* text;
  const uint32_t* separators;  // from the first row's first one on
  const uint32_t* begins;      // per row
  int64_t rows;
  int64_t fields;              // per row
  int quote;                   // -1: quoting is off
  bool carriage_returns;       // may stand before line ends
};

// Field `index` of each row where it is the first, or the last of rows that may end with CR LF: without a branch on the
// data. The last one ends before the CR.
template <bool kFirst, bool kLast>
void FillOuterColumn(const IndexedRows& in, int64_t index, Field* out) {
  const uint32_t* separator = in.separators + index;
  for (int64_t row = 0; row < in.rows; ++row, separator += in.fields) {
    const uint32_t begin = kFirst ? in.begins[row] : (separator[-1] & ~kCsvQuotedNext) + 1;
    uint32_t end = *separator & ~kCsvQuotedNext;
    if (kLast) {
      const uint32_t some = end > begin;
      end -= some & uint32_t{in.text[end] == '\n'} & uint32_t{in.text[end - some] == '\r'};
    }
    // An empty field has a delimiter or a line end at `begin`: no quote.
    const uint32_t quoted = static_cast<uint8_t>(in.text[begin]) == in.quote;
    out[row] = {.begin = begin + quoted, .length = end - begin - 2 * quoted, .quoted = quoted};
  }
}

void FillColumn(const IndexedRows& in, int64_t index, Field* out) {
  const bool first = index == 0, last = index == in.fields - 1 && in.carriage_returns;
  if (first && last) return FillOuterColumn<true, true>(in, index, out);
  if (first) return FillOuterColumn<true, false>(in, index, out);
  if (last) return FillOuterColumn<false, true>(in, index, out);
  BestCsvScan().fields(in.separators + index, in.fields, in.rows, reinterpret_cast<uint64_t*>(out));
}

class Decoder final : public MorselDecoder {
 public:
  Decoder(const CsvDialect& dialect, const InputHeader& header, const Contract& contract, DecoderOptions options)
      : dialect_(dialect),
        header_(header),
        schema_(contract.ArrowSchema()),
        options_(options),
        pool_(options.pool != nullptr ? options.pool : arrow::default_memory_pool()),
        grammar_(dialect, header.fields == 1, header.fields),
        fast_(dialect.IsSimple() && options.path == DecoderPath::kAuto),
        scan_bytes_(CsvScanBytes::Of(dialect)),
        locator_(dialect.encoding),
        columns_(contract.columns.size()) {}

  Status Open(const Contract& contract);
  using Emit = std::function<Status(DecodedBatch&&)>;
  Status Decode(const Morsel& morsel, const Emit& emit) override;
  BadRecord Locate(int64_t row) override;

 private:
  struct ColumnState {
    std::unique_ptr<ColumnParser> parser;
    int field = -1;             // in the file, -1 = missing
    Pages fields_memory;
    Field* fields = nullptr;    // one per row of the batch
  };

  void FillBatch();
  bool IndexStep(int64_t limit);
  // Indexed rows that are not filled yet, up to rows_; their separators stand one after another.
  struct Unfilled {
    int64_t first_row;
    uint32_t separator = 0;  // the first row's first one
    int64_t doubled = 0;     // of the doubled quotes, those that were seen to
  };
  void AddIndexed(const CsvScanResult& found);
  void Fill(const CsvScanResult& found, Unfilled* rows);
  void MarkEscaped(int64_t doubled, Unfilled* rows);
  void AddOddRecord(uint32_t begin, uint32_t end, int64_t fields);
  void AddRow(int64_t begin, const CsvRecord& record);
  bool HasWrongFields(int64_t fields) const {
    return fields > header_.fields || (fields < header_.fields && !dialect_.null_padding);
  }
  void CarefulStep();
  void AddMalformed(int64_t begin, int64_t end, Reason reason, int64_t fields);
  void MakeRowRoom(int64_t rows);

  Status Judge(const Emit& emit, DecodedBatch* batch);
  Status ParseColumns();
  Result<std::shared_ptr<arrow::RecordBatch>> FinishColumns();
  Status CollectBad(const Emit& emit, BadRecords* bad);
  void FindBadRows();
  void MeasureBad();
  Status EmitAhead(const Emit& emit, BadRecords* bad) const;
  void FetchRow(uint32_t row) const;
  Status AddBad(int64_t begin, int64_t end, const Emit& emit, BadRecords* bad);
  std::string_view Describe(int64_t begin, int64_t end, BadRecord* bad);
  Failure FailureOf(const Malformed& malformed) const;

  std::string_view text() const { return {morsel_->text.data(), static_cast<size_t>(morsel_->text_bytes)}; }

  const CsvDialect dialect_;
  const InputHeader header_;
  const std::shared_ptr<arrow::Schema> schema_;
  const DecoderOptions options_;
  arrow::MemoryPool* const pool_;
  const CsvGrammar grammar_;
  const bool fast_;
  const CsvScanBytes scan_bytes_;
  CsvLocator locator_;
  std::vector<ColumnState> columns_;
  Pages index_;  // the next three: room for the worst, of which most text takes little
  uint32_t* separators_ = nullptr;
  uint32_t* ends_ = nullptr;
  uint32_t* doubled_ = nullptr;
  std::vector<int> column_of_field_;  // -1: not read
  std::vector<size_t> parse_order_;   // of columns_: strings last, which need not copy what others have flagged
  std::vector<Field> record_fields_;

  const Morsel* morsel_ = nullptr;
  int64_t at_ = 0;            // in the morsel's text
  int64_t careful_until_ = -1;

  // The batch in the making.
  int64_t batch_begin_ = 0;
  int64_t rows_ = 0;
  std::vector<uint32_t> row_begins_;
  std::vector<uint32_t> row_ends_;
  std::vector<uint8_t> errors_;
  std::vector<uint32_t> bad_rows_;   // of errors_
  std::vector<uint8_t> keep_;
  KeptRows kept_;  // of keep_
  std::vector<uint32_t> kept_rows_;  // of the accepted ones, when Locate has asked
  std::vector<Malformed> malformed_;
  struct {
    int64_t records = 0, raw_bytes = 0;
  } bad_room_;  // what the batch's bad records are mostly given, measured once
  BadRecord bad_;  // the one that is described: what its failures hold on the heap serves the next one
  int64_t blank_lines_ = 0;
  int64_t comments_ = 0;
};

Status Decoder::Open(const Contract& contract) {
  FREIGHT_ASSERT(header_.column_of_contract.size() == contract.columns.size());
  const TextRules rules{.nulls = dialect_.nulls,
                        .quote = dialect_.quote.value_or('"'),
                        .escape = dialect_.escape == dialect_.quote ? std::nullopt : dialect_.escape,
                        .encoding = TextEncodingOf(dialect_.encoding)};
  column_of_field_.assign(static_cast<size_t>(header_.fields), -1);
  for (size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].field = header_.column_of_contract[i];
    if (columns_[i].field >= 0) column_of_field_[static_cast<size_t>(columns_[i].field)] = static_cast<int>(i);
    ARROW_ASSIGN_OR_RAISE(columns_[i].parser,
                          MakeColumnParser(contract.columns[i], static_cast<int>(i), rules, pool_));
    parse_order_.push_back(i);
  }
  std::stable_partition(parse_order_.begin(), parse_order_.end(),
                        [&](size_t i) { return contract.columns[i].type.id != TypeId::kString; });
  if (fast_) {
    const auto room = static_cast<size_t>(CsvIndexRoom(options_.batch_bytes) + 1);
    if (!index_.Grow((2 * room + room / 2 + 1) * sizeof(uint32_t))) throw std::bad_alloc();
    separators_ = reinterpret_cast<uint32_t*>(index_.data());
    ends_ = separators_ + room;
    doubled_ = ends_ + room;
  }
  return Status::OK();
}

Status Decoder::Decode(const Morsel& morsel, const Emit& emit) {
  FREIGHT_ASSERT(morsel.text_bytes <= std::numeric_limits<uint32_t>::max() - Morsel::kPad);
  if (morsel.text_bytes == 0 && morsel.oversize.empty()) return Status::OK();
  morsel_ = &morsel;
  locator_.Start(morsel);
  at_ = 0;
  do {
    FillBatch();
    DecodedBatch batch;
    batch.bad = BadRecords(pool_);
    ARROW_RETURN_NOT_OK(Judge(emit, &batch));
    if (at_ == morsel.text_bytes) {
      for (const BadRecord& record : morsel.oversize) ARROW_RETURN_NOT_OK(batch.bad.Append(record));
    }
    batch.records = batch.accepted->num_rows() + batch.bad.size();
    ARROW_RETURN_NOT_OK(emit(std::move(batch)));
  } while (at_ < morsel.text_bytes);
  return Status::OK();
}

// Collects whole records from at_ on: about batch_bytes of them, at least one.
void Decoder::FillBatch() {
  rows_ = blank_lines_ = comments_ = 0;
  malformed_.clear();
  kept_rows_.clear();
  careful_until_ = -1;
  batch_begin_ = at_;
  locator_.NextBatch();
  const int64_t limit = std::min(at_ + options_.batch_bytes, morsel_->text_bytes);
  bool more = true;
  while (more && at_ < limit) {
    if (fast_ && careful_until_ < at_ && morsel_->text_bytes <= kCsvIndexedTextMax) {
      more = IndexStep(limit);
    } else {
      CarefulStep();
    }
  }
}

// Takes the records that the index finds, and says up to where the careful parser must look when that is not all.
// False when the next record crosses the limit, and so belongs to the next batch; the first one may cross.
bool Decoder::IndexStep(int64_t limit) {
  const int64_t size = morsel_->text_bytes;
  const int64_t begin = at_;
  const int64_t end = std::min(limit, at_ + dialect_.record_bytes_max);  // so that no record found is too long
  CsvScanResult found =
      BestCsvScan().index(scan_bytes_, {text().data(), begin, end, size},
                          {separators_, ends_, doubled_, locator_.MarkRoom(end - begin)});
  if (found.violation < 0 && end == size && !found.inside && found.records_end < size) {
    // The last record has no line end.
    separators_[found.separators++] = static_cast<uint32_t>(size);
    ends_[found.ends++] = static_cast<uint32_t>(size);
    found.records_end = size;
  }
  locator_.AddIndexed(begin, found);
  AddIndexed(found);
  at_ = found.records_end;
  if (found.violation < 0 && end < limit && at_ > begin) return true;
  careful_until_ = std::max(found.violation, at_);
  return found.violation >= 0 || end == size || end < limit || at_ == batch_begin_;
}

void Decoder::AddIndexed(const CsvScanResult& found) {
  MakeRowRoom(rows_ + found.ends);
  Unfilled rows{.first_row = rows_};
  const int64_t fields = header_.fields;
  const int64_t size = morsel_->text_bytes;
  uint32_t begin = static_cast<uint32_t>(at_);
  uint32_t separator = 0;
  for (int64_t i = 0; i < found.ends; ++i) {
    const uint32_t end = ends_[i];
    const int64_t last = separator + fields - 1;
    if (last < found.separators && separators_[last] == end) [[likely]] {
      row_begins_[rows_] = begin;
      row_ends_[rows_] = static_cast<uint32_t>(std::min<int64_t>(end + int64_t{1}, size));
      ++rows_;
      separator = static_cast<uint32_t>(last + 1);
    } else {
      // A blank line, or a record with another number of fields.
      Fill(found, &rows);
      const uint32_t first = separator;
      while (separators_[separator] != end) ++separator;
      AddOddRecord(begin, end, ++separator - first);
      rows = {.first_row = rows_, .separator = separator, .doubled = rows.doubled};
    }
    begin = end + 1;
  }
  Fill(found, &rows);
}

void Decoder::Fill(const CsvScanResult& found, Unfilled* rows) {
  const int64_t first = rows->first_row;
  const IndexedRows in{text().data(), separators_ + rows->separator, row_begins_.data() + first, rows_ - first,
                       header_.fields, dialect_.quote ? static_cast<uint8_t>(*dialect_.quote) : -1,
                       found.carriage_returns};
  for (ColumnState& column : columns_) {
    if (column.field >= 0) FillColumn(in, column.field, column.fields + first);
  }
  if (found.doubled > 0) MarkEscaped(found.doubled, rows);
}

// The fields of indexed rows that hold doubled quotes, named by their separators.
void Decoder::MarkEscaped(int64_t doubled, Unfilled* rows) {
  const int64_t end = rows->separator + (rows_ - rows->first_row) * header_.fields;
  const auto fields = static_cast<uint32_t>(header_.fields);  // 32 bits divide in a third of the time
  for (; rows->doubled < doubled && doubled_[rows->doubled] < end; ++rows->doubled) {
    if (doubled_[rows->doubled] < rows->separator) continue;  // of a record that is no indexed row
    const uint32_t field = doubled_[rows->doubled] - rows->separator;
    const int column = column_of_field_[field % fields];
    const auto row = static_cast<size_t>(rows->first_row + field / fields);
    if (column >= 0) columns_[static_cast<size_t>(column)].fields[row].escaped = 1;
  }
}

void Decoder::AddOddRecord(uint32_t begin, uint32_t end, int64_t fields) {
  const char* bytes = text().data();
  const bool blank = end == begin || (end == begin + 1 && bytes[begin] == '\r' && bytes[end] == '\n');
  if (blank) {
    ++blank_lines_;
  } else if (HasWrongFields(fields)) {
    const int64_t after = std::min<int64_t>(end + int64_t{1}, morsel_->text_bytes);
    AddMalformed(begin, after, fields < header_.fields ? Reason::kTooFewFields : Reason::kTooManyFields, fields);
  } else {
    // It ends early and is padded: only the careful parser knows its fields.
    const CsvRecord record = grammar_.Next(text(), begin, /*final=*/true, &record_fields_);
    FREIGHT_ASSERT(record.verdict == CsvVerdict::kRecord);
    AddRow(begin, record);
  }
}

// Of the careful parser; what the record lacks is missing.
void Decoder::AddRow(int64_t begin, const CsvRecord& record) {
  MakeRowRoom(rows_ + 1);
  for (ColumnState& column : columns_) {
    if (column.field < 0) continue;
    column.fields[rows_] = column.field < record.fields ? record_fields_[column.field] : Field{.missing = 1};
  }
  row_begins_[rows_] = static_cast<uint32_t>(begin);
  row_ends_[rows_] = static_cast<uint32_t>(record.end);
  ++rows_;
}

// One record, byte by byte. The end of a morsel is a record's end, so that it decides as the end of the input does.
void Decoder::CarefulStep() {
  const CsvRecord record = grammar_.Next(text(), at_, /*final=*/true, &record_fields_);
  switch (record.verdict) {
    case CsvVerdict::kBlank: ++blank_lines_; break;
    case CsvVerdict::kComment: ++comments_; break;
    case CsvVerdict::kStrayQuote: AddMalformed(at_, record.end, Reason::kStrayQuote, 0); break;
    case CsvVerdict::kUnterminated: AddMalformed(at_, record.end, Reason::kUnterminatedQuote, 0); break;
    case CsvVerdict::kTooLong:
    case CsvVerdict::kNeedMore: FREIGHT_ASSERT(false && "the cursor hands over whole records within the limit"); break;
    case CsvVerdict::kRecord:
      if (!HasWrongFields(record.fields)) {
        AddRow(at_, record);
      } else {
        const Reason reason = record.fields < header_.fields ? Reason::kTooFewFields : Reason::kTooManyFields;
        AddMalformed(at_, record.end, reason, record.fields);
      }
  }
  at_ = record.end;
}

void Decoder::AddMalformed(int64_t begin, int64_t end, Reason reason, int64_t fields) {
  malformed_.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end), reason, fields});
}

void Decoder::MakeRowRoom(int64_t rows) {
  const auto count = static_cast<size_t>(rows);
  if (row_begins_.size() >= count) return;
  const size_t before = row_begins_.size();
  MakeRoom(&row_begins_, count);
  MakeRoom(&row_ends_, count);
  for (ColumnState& column : columns_) {
    if (!column.fields_memory.Grow(row_begins_.size() * sizeof(Field))) throw std::bad_alloc();
    column.fields = reinterpret_cast<Field*>(column.fields_memory.data());
    // What is not in the file is missing from every row; the others are written per row.
    if (column.field < 0) std::fill(column.fields + before, column.fields + row_begins_.size(), Field{.missing = 1});
  }
}

Status Decoder::Judge(const Emit& emit, DecodedBatch* batch) {
  batch->blank_lines = blank_lines_;
  batch->comments = comments_;
  ARROW_RETURN_NOT_OK(ParseColumns());
  ARROW_RETURN_NOT_OK(CollectBad(emit, &batch->bad));
  ARROW_ASSIGN_OR_RAISE(batch->accepted, FinishColumns());
  return Status::OK();
}

Status Decoder::ParseColumns() {
  const auto count = static_cast<size_t>(rows_);
  errors_.assign(count, 0);
  for (const size_t i : parse_order_) {
    ARROW_RETURN_NOT_OK(columns_[i].parser->Parse(text().data(), {columns_[i].fields, count}, errors_));
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> Decoder::FinishColumns() {
  keep_.resize(errors_.size());
  for (size_t row = 0; row < errors_.size(); ++row) keep_[row] = errors_[row] == 0;
  kept_.Assign(keep_);
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < columns_.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> array, columns_[i].parser->Finish(kept_));
    const std::shared_ptr<arrow::Field>& declared = schema_->field(static_cast<int>(i));
    // Strings that repeat come as a dictionary.
    fields.push_back(declared->type()->Equals(*array->type()) ? declared : declared->WithType(array->type()));
    arrays.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), kept_.count(), std::move(arrays));
}

// Rows that a column flagged and malformed records, merged in input order.
Status Decoder::CollectBad(const Emit& emit, BadRecords* bad) {
  auto malformed = malformed_.begin();
  const auto add_malformed_before = [&](int64_t position) -> Status {
    for (; malformed != malformed_.end() && malformed->begin < position; ++malformed) {
      bad_.failures.clear();
      bad_.failures.push_back(FailureOf(*malformed));
      ARROW_RETURN_NOT_OK(AddBad(malformed->begin, malformed->end, emit, bad));
    }
    return Status::OK();
  };
  FindBadRows();
  MeasureBad();
  ARROW_RETURN_NOT_OK(bad->Reserve(bad_room_.records, bad_room_.raw_bytes));
  for (size_t i = 0; i < bad_rows_.size(); ++i) {
    if (i + kFetchedAhead < bad_rows_.size()) FetchRow(bad_rows_[i + kFetchedAhead]);
    const uint32_t row = bad_rows_[i];
    ARROW_RETURN_NOT_OK(add_malformed_before(row_begins_[row]));
    bad_.failures.clear();
    for (ColumnState& column : columns_) {
      column.parser->Explain(text().data(), column.fields[row], &bad_.failures);
    }
    FREIGHT_ASSERT(!bad_.failures.empty());
    ARROW_RETURN_NOT_OK(AddBad(row_begins_[row], row_ends_[row], emit, bad));
  }
  return add_malformed_before(std::numeric_limits<int64_t>::max());
}

void Decoder::FindBadRows() {
  bad_rows_.clear();
  const uint8_t* const begin = errors_.data();
  const uint8_t* const end = begin + rows_;
  for (const uint8_t* at = begin; at != end; ++at) {
    at = static_cast<const uint8_t*>(std::memchr(at, 1, static_cast<size_t>(end - at)));
    if (at == nullptr) return;
    bad_rows_.push_back(static_cast<uint32_t>(at - begin));
  }
}

// Of all, or as many as are emitted ahead. Their bytes are those of the text, unless they are written another way.
void Decoder::MeasureBad() {
  const auto all = static_cast<int64_t>(bad_rows_.size() + malformed_.size());
  int64_t bytes = 0;
  for (const uint32_t row : bad_rows_) bytes += row_ends_[row] - row_begins_[row];
  for (const Malformed& record : malformed_) bytes += record.end - record.begin;
  const int64_t count = options_.bad_ahead > 0 ? std::min(all, options_.bad_ahead) : all;
  bad_room_ = {count, bytes * count / std::max<int64_t>(all, 1)};
}

Status Decoder::EmitAhead(const Emit& emit, BadRecords* bad) const {
  DecodedBatch ahead;
  ahead.records = bad->size();
  ahead.bad = std::exchange(*bad, BadRecords(pool_));
  ARROW_RETURN_NOT_OK(emit(std::move(ahead)));
  return bad->Reserve(bad_room_.records, bad_room_.raw_bytes);
}

// Bad rows stand far apart: their fields and text are no longer near.
void Decoder::FetchRow(uint32_t row) const {
  for (const ColumnState& column : columns_) __builtin_prefetch(column.fields + row);
  __builtin_prefetch(morsel_->text.data() + row_begins_[row]);
  __builtin_prefetch(morsel_->text.data() + row_ends_[row] - 1);
}

Status Decoder::AddBad(int64_t begin, int64_t end, const Emit& emit, BadRecords* bad) {
  const std::string_view raw = Describe(begin, end, &bad_);
  ARROW_RETURN_NOT_OK(bad->Append(bad_, raw));
  const bool ahead = options_.bad_ahead > 0 && bad->size() >= options_.bad_ahead;
  return ahead ? EmitAhead(emit, bad) : Status::OK();
}

// Its address. Answers its bytes, which stand in the morsel, or in `bad` when they are written another way.
std::string_view Decoder::Describe(int64_t begin, int64_t end, BadRecord* bad) {
  locator_.Go(begin);
  bad->offset = locator_.offset();
  bad->length = locator_.FileBytes(begin, end);
  bad->line = locator_.line();
  const std::string_view raw = text().substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  if (dialect_.encoding != CsvEncoding::kUtf16) return raw;
  bad->raw = EncodeUtf16(raw, morsel_->utf16_big_endian ? ByteOrder::kBig : ByteOrder::kLittle);
  return bad->raw;
}

BadRecord Decoder::Locate(int64_t row) {
  if (kept_rows_.empty()) {
    for (size_t i = 0; i < keep_.size(); ++i) {
      if (keep_[i] != 0) kept_rows_.push_back(static_cast<uint32_t>(i));
    }
  }
  FREIGHT_ASSERT(row >= 0 && row < static_cast<int64_t>(kept_rows_.size()));
  const uint32_t of_batch = kept_rows_[static_cast<size_t>(row)];
  BadRecord bad;
  bad.raw = std::string(Describe(row_begins_[of_batch], row_ends_[of_batch], &bad));
  return bad;
}

Failure Decoder::FailureOf(const Malformed& malformed) const {
  Failure failure{.reason = malformed.reason};
  switch (malformed.reason) {
    case Reason::kStrayQuote: failure.expected = "quotes around whole fields only"; break;
    case Reason::kUnterminatedQuote: failure.expected = "a closing quote"; break;
    default: failure.expected = fmt::format("{} fields, found {}", header_.fields, malformed.fields);
  }
  return failure;
}

}  // namespace

Result<std::unique_ptr<MorselDecoder>> MakeCsvDecoder(const CsvDialect& dialect, const InputHeader& header,
                                                   const Contract& contract, DecoderOptions options) {
  ARROW_RETURN_NOT_OK(CheckCsvDialect(dialect));
  auto decoder = std::make_unique<Decoder>(dialect, header, contract, options);
  ARROW_RETURN_NOT_OK(decoder->Open(contract));
  return decoder;
}

}  // namespace freight
