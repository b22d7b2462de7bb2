// The `parquet` source: header from the footer, morsels of rows, typed columns judged by the contract.
#include "format/parquet_format.h"

#include "base/hash.h"
#include "format/header_match.h"
#include "format/morsel_admission.h"
#include "format/parquet_layout.h"
#include "format/parquet_typed.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <utility>

namespace freight {
namespace {

constexpr FieldSpec kFields[] = {
    {.key = "parquet",
     .count = FieldCount::kOneOrList,
     .required = true,
     .help = "Input files: paths or globs (`*`, `?`, `[..]`, `**`), relative to the pipeline file.",
     .example = "raw/events/*.parquet"},
    {.key = "where",
     .count = FieldCount::kOneOrList,
     .help =
         "Conditions that all must hold for a row to be read: `column = value` with one of `=`, `!=`, `<`, `<=`, `>`, "
         "`>=`, or `column is null`, `column is not null`. Other rows are counted as filtered; row groups whose "
         "statistics show that they hold no other rows are not decoded.",
     .example = "[event_time >= 2026-06-01, amount is not null]"},
};
constexpr Shape kShape = {
    "source", "Where the rows come from: Parquet files. Columns that neither contract nor `where` names are not read.",
    kFields};

std::shared_ptr<const InputFormat> Make(const Fields& source, Findings* findings) {
  std::vector<Condition> where;
  for (const YamlNode* node : source.List("where")) {
    auto condition = ParseCondition(node->text);
    if (condition.ok()) where.push_back(*std::move(condition));
    else findings->AddStatus(kCodeConflict, node->span, condition.status());
  }
  return std::make_shared<ParquetFormat>(std::move(where));
}

// Cuts row groups into morsels by what the footer says. Reads the file only for its content hash.
class Cursor final : public MorselCursor {
 public:
  Cursor(const InputFile& file, ParquetLayout layout, std::unique_ptr<ReadableFile> bytes, CursorOptions options)
      : file_(file), layout_(std::move(layout)), bytes_(std::move(bytes)), options_(std::move(options)) {}

  // Walks to the morsel at which the input is resumed.
  Status Open(const InputPosition& from) {
    SkipEmptyGroups();
    while (next_.morsel_index < from.morsel_index && !AtEnd()) Step();
    return Status::OK();
  }

  Result<std::optional<Morsel>> Next() override {
    if (next_.morsel_index == 0 && !hashed_footer_) {
      hashed_footer_ = true;
      ARROW_RETURN_NOT_OK(HashBytes(layout_.footer_begin(), layout_.file_bytes()));
    }
    if (AtEnd()) return std::nullopt;
    Morsel morsel;
    ARROW_ASSIGN_OR_RAISE(morsel.charge, AdmitMorsel(options_));
    const ParquetRowGroup& group = Group();
    // What is not read cannot change the result: the statistics that say so are in the footer.
    if (row_ == 0 && !group.excluded) ARROW_RETURN_NOT_OK(HashBytes(group.file_begin, group.file_end));
    morsel.index = next_.morsel_index;
    morsel.offset = next_.offset;
    morsel.first_line = next_.line;
    morsel.row_group = static_cast<int64_t>(group_);
    morsel.row = row_;
    morsel.rows = std::min(group.RowsPerMorsel(options_.morsel_bytes), group.rows - row_);
    Step();
    morsel.length = next_.offset - morsel.offset;
    return morsel;
  }

  InputPosition position() const override { return next_; }
  std::string TakeContentHash() override { return std::exchange(hash_, StreamHash()).Hex(); }

 private:
  const ParquetRowGroup& Group() const { return layout_.row_groups()[group_]; }
  bool AtEnd() const { return group_ == layout_.row_groups().size(); }

  void SkipEmptyGroups() {
    while (!AtEnd() && row_ == Group().rows) {
      ++group_;
      row_ = 0;
    }
    // Rows have no offset of their own: they share their row group's bytes evenly.
    next_.offset = layout_.file_bytes();
    if (AtEnd()) return;
    const ParquetRowGroup& group = Group();
    const double share = static_cast<double>(row_) / static_cast<double>(group.rows);
    const auto bytes = static_cast<double>(group.file_end - group.file_begin);
    next_.offset = group.file_begin + static_cast<int64_t>(share * bytes);
    if (next_.morsel_index == 0) next_.offset = 0;
  }

  void Step() {
    const int64_t rows = std::min(Group().RowsPerMorsel(options_.morsel_bytes), Group().rows - row_);
    row_ += rows;
    next_.line += rows;
    ++next_.morsel_index;
    SkipEmptyGroups();
  }

  Status HashBytes(int64_t begin, int64_t end) {
    constexpr int64_t kStepBytes = 1 << 20;
    std::string step(static_cast<size_t>(std::min(kStepBytes, end - begin)), '\0');
    for (int64_t at = begin; at < end;) {
      ARROW_ASSIGN_OR_RAISE(const int64_t got, bytes_->ReadAt(at, std::min(kStepBytes, end - at), step.data()));
      if (got == 0) return Fail(Reaction::kFailed, "the file ends at byte {} of {}", at, end).At({file_.name});
      hash_.Update(step.data(), static_cast<size_t>(got));
      at += got;
    }
    return Status::OK();
  }

  const InputFile file_;
  const ParquetLayout layout_;
  const std::unique_ptr<ReadableFile> bytes_;
  const CursorOptions options_;
  StreamHash hash_;
  bool hashed_footer_ = false;
  InputPosition next_;
  size_t group_ = 0;
  int64_t row_ = 0;  // within the group
};

// Decodes the rows of morsels, going on where the last one ended when it can.
class Decoder final : public MorselDecoder {
 public:
  Decoder(const InputFile& file, const Contract& contract, arrow::MemoryPool* pool)
      : file_(file), schema_(contract.ArrowSchema()), pool_(pool) {}

  Status Open(const InputHeader& header, const Contract& contract, const std::vector<Condition>& where,
              int64_t batch_bytes) {
    ARROW_ASSIGN_OR_RAISE(auto probe, OpenParquet(file_, 1, pool_));
    std::shared_ptr<arrow::Schema> declared;
    ARROW_RETURN_NOT_OK(ParquetFailure(file_, -1, probe->GetSchema(&declared)));
    ARROW_ASSIGN_OR_RAISE(filter_, ParquetFilter::Bind(where, *declared, file_));
    const std::vector<int> tops = ColumnsToRead(header, filter_);
    ARROW_ASSIGN_OR_RAISE(layout_,
                          ParquetLayout::Read(file_, *probe->parquet_reader()->metadata(), tops, filter_));
    ARROW_ASSIGN_OR_RAISE(reader_, OpenParquet(file_, layout_.RowsOfBatch(batch_bytes), pool_));
    const auto& schema = *reader_->parquet_reader()->metadata()->schema();
    for (int leaf = 0; leaf < schema.num_columns(); ++leaf) {
      const int top = schema.group_node()->FieldIndex(*schema.GetColumnRoot(leaf));
      if (std::binary_search(tops.begin(), tops.end(), top)) leaves_.push_back(leaf);
    }
    const auto place_of = [&tops](int top) {
      return top < 0 ? -1 : static_cast<int>(std::lower_bound(tops.begin(), tops.end(), top) - tops.begin());
    };
    for (const int top : filter_.columns()) filter_places_.push_back(place_of(top));
    for (size_t i = 0; i < contract.columns.size(); ++i) {
      const int top = header.column_of_contract[i];
      places_.push_back(place_of(top));
      ARROW_ASSIGN_OR_RAISE(auto column, TypedColumn::Make(contract.columns[i], static_cast<int>(i),
                                                           top < 0 ? nullptr : declared->field(top)->type(), pool_));
      columns_.push_back(std::move(column));
    }
    for (const int top : tops) names_.push_back(header.names[static_cast<size_t>(top)]);
    return Status::OK();
  }

  Status Decode(const Morsel& morsel, const std::function<Status(DecodedBatch&&)>& emit) override {
    if (layout_.row_groups()[static_cast<size_t>(morsel.row_group)].excluded) {
      return emit({.filtered = morsel.rows, .records = morsel.rows});
    }
    ARROW_RETURN_NOT_OK(GoTo(morsel));
    int64_t left = morsel.rows;
    while (left > 0) {
      if (rest_ == nullptr || rest_->num_rows() == 0) ARROW_RETURN_NOT_OK(ReadBatch());
      batch_ = rest_->Slice(0, std::min(left, rest_->num_rows()));
      rest_ = rest_->Slice(batch_->num_rows());
      line_ = morsel.first_line + morsel.rows - left;
      left -= batch_->num_rows();
      row_ += batch_->num_rows();
      ARROW_ASSIGN_OR_RAISE(DecodedBatch judged, Judge());
      ARROW_RETURN_NOT_OK(emit(std::move(judged)));
    }
    return Status::OK();
  }

  BadRecord Locate(int64_t row) override {
    int64_t kept = -1;
    for (size_t i = 0; i < keep_.size(); ++i) {
      kept += keep_[i];
      if (keep_[i] != 0 && kept == row) return Describe(static_cast<int64_t>(i));
    }
    FREIGHT_ASSERT(false);
  }

 private:
  // Reading begins with a row group; the rows before the morsel's are decoded and dropped.
  Status GoTo(const Morsel& morsel) {
    if (morsel.row_group != row_group_ || row_ > morsel.row || !rows_) {
      row_group_ = morsel.row_group;
      row_ = 0;
      rest_.reset();
      rows_.reset();
      auto opened = reader_->GetRecordBatchReader({static_cast<int>(row_group_)}, leaves_);
      if (!opened.ok()) return ParquetFailure(file_, row_group_, opened.status());
      rows_ = std::move(*opened);
    }
    while (row_ < morsel.row) {
      if (rest_ == nullptr || rest_->num_rows() == 0) ARROW_RETURN_NOT_OK(ReadBatch());
      const int64_t dropped = std::min(morsel.row - row_, rest_->num_rows());
      rest_ = rest_->Slice(dropped);
      row_ += dropped;
    }
    return Status::OK();
  }

  Status ReadBatch() {
    const Status read = rows_->ReadNext(&rest_);
    if (!read.ok()) return ParquetFailure(file_, row_group_, read);
    if (rest_ != nullptr && rest_->num_rows() > 0) return Status::OK();
    return ParquetFailure(file_, row_group_, arrow::Status::Invalid("it holds fewer rows than its footer says"));
  }

  std::shared_ptr<arrow::Array> ValuesOf(size_t column) const {
    return places_[column] < 0 ? nullptr : batch_->column(places_[column]);
  }

  Result<DecodedBatch> Judge() {
    DecodedBatch judged;
    judged.records = batch_->num_rows();
    errors_.assign(static_cast<size_t>(judged.records), 0);
    for (size_t i = 0; i < columns_.size(); ++i) ARROW_RETURN_NOT_OK(columns_[i]->Parse(ValuesOf(i), errors_));
    keep_.assign(errors_.size(), 1);
    filter_.Apply(*batch_, filter_places_, &keep_);
    int64_t kept = 0;
    for (size_t row = 0; row < errors_.size(); ++row) {
      judged.filtered += keep_[row] == 0;
      if (keep_[row] == 0 || errors_[row] == 0) {
        kept += keep_[row];
        continue;
      }
      keep_[row] = 0;
      BadRecord bad = Describe(static_cast<int64_t>(row));
      for (const auto& column : columns_) column->Explain(static_cast<int64_t>(row), &bad.failures);
      FREIGHT_ASSERT(!bad.failures.empty());
      judged.bad.push_back(std::move(bad));
    }
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (size_t i = 0; i < columns_.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto array, columns_[i]->Finish(keep_, kept));
      fields.push_back(schema_->field(static_cast<int>(i))->WithType(array->type()));
      arrays.push_back(std::move(array));
    }
    judged.accepted = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), kept, std::move(arrays));
    return judged;
  }

  // Address, and the columns that are read as one line of JSON.
  BadRecord Describe(int64_t row) const {
    BadRecord bad{.line = line_ + row, .row_group = row_group_};
    bad.raw = "{";
    for (int i = 0; i < batch_->num_columns(); ++i) {
      if (i > 0) bad.raw.push_back(',');
      AppendJsonString(names_[static_cast<size_t>(i)], &bad.raw);
      bad.raw.push_back(':');
      AppendJson(*batch_->column(i), row, &bad.raw);
    }
    bad.raw.push_back('}');
    return bad;
  }

  const InputFile file_;
  const std::shared_ptr<arrow::Schema> schema_;
  arrow::MemoryPool* const pool_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::vector<int> leaves_;
  ParquetFilter filter_;
  ParquetLayout layout_;
  std::vector<int> filter_places_;  // of the filter's columns in the batches
  std::vector<int> places_;  // contract column -> column of the batches, -1 = missing
  std::vector<std::string> names_;  // of the batches' columns
  std::vector<std::unique_ptr<TypedColumn>> columns_;
  // Where reading stands.
  int64_t row_group_ = -1;
  int64_t row_ = 0;  // next one of the row group
  std::unique_ptr<arrow::RecordBatchReader> rows_;
  std::shared_ptr<arrow::RecordBatch> rest_;
  // The batch at hand.
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t line_ = 1;  // of its first row
  std::vector<uint8_t> errors_, keep_;
};

}  // namespace

Result<ParquetShape> ReadParquetShape(const InputFile& file) {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenParquet(file, 1, nullptr));
  ParquetShape shape;
  ARROW_RETURN_NOT_OK(ParquetFailure(file, -1, reader->GetSchema(&shape.schema)));
  shape.rows = reader->parquet_reader()->metadata()->num_rows();
  return shape;
}

std::string ParquetFormat::Identity() const {
  std::string text = "parquet";
  for (const Condition& condition : where_) text += fmt::format("|{}:{}", condition.text.size(), condition.text);
  return text;
}

Result<InputHeader> ParquetFormat::ReadHeader(const InputFile& file, const Contract& contract) const {
  ARROW_ASSIGN_OR_RAISE(const ParquetShape shape, ReadParquetShape(file));
  NamedColumns found{.what = "schema", .names = shape.schema->field_names(), .places = {{file.name}}};
  InputHeader header;
  header.names = found.names;
  header.fields = static_cast<int64_t>(found.names.size());
  ARROW_RETURN_NOT_OK(MatchColumns(contract, found, &header));
  for (size_t i = 0; i < contract.columns.size(); ++i) {
    const int top = header.column_of_contract[i];
    if (top >= 0) ARROW_RETURN_NOT_OK(CheckTyped(contract.columns[i], *shape.schema->field(top)->type()));
  }
  ARROW_RETURN_NOT_OK(ParquetFilter::Bind(where_, *shape.schema, file).status());
  return header;
}

Result<std::unique_ptr<MorselCursor>> ParquetFormat::OpenCursor(const InputFile& file, const InputHeader& header,
                                                                InputPosition from, CursorOptions options) const {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenParquet(file, 1, nullptr));
  std::shared_ptr<arrow::Schema> declared;
  ARROW_RETURN_NOT_OK(ParquetFailure(file, -1, reader->GetSchema(&declared)));
  ARROW_ASSIGN_OR_RAISE(const auto filter, ParquetFilter::Bind(where_, *declared, file));
  ARROW_ASSIGN_OR_RAISE(auto layout, ParquetLayout::Read(file, *reader->parquet_reader()->metadata(),
                                                         ColumnsToRead(header, filter), filter));
  ARROW_ASSIGN_OR_RAISE(auto bytes, file.env->OpenRead(file.path));
  auto cursor = std::make_unique<Cursor>(file, std::move(layout), std::move(bytes), std::move(options));
  ARROW_RETURN_NOT_OK(cursor->Open(from));
  return cursor;
}

Result<std::unique_ptr<MorselDecoder>> ParquetFormat::MakeDecoder(const InputFile& file, const InputHeader& header,
                                                                  const Contract& contract,
                                                                  DecoderOptions options) const {
  auto decoder = std::make_unique<Decoder>(file, contract, options.pool);
  ARROW_RETURN_NOT_OK(decoder->Open(header, contract, where_, options.batch_bytes));
  return decoder;
}

constinit const InputFormatDef kParquetFormat = {"source: Parquet files", kShape, Make};

}  // namespace freight
