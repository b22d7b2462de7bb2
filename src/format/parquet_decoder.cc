// Rows of a Parquet file, decoded and judged by the contract.
#include "format/parquet_decoder.h"

#include "format/parquet_layout.h"
#include "format/typed_tree.h"

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <utility>

namespace freight {
namespace {

// Decodes the rows of morsels, going on where the last one ended when it can.
class Decoder final : public MorselDecoder {
 public:
  Decoder(const InputFile& file, const Contract& contract, arrow::MemoryPool* pool)
      : file_(file), schema_(contract.ArrowSchema()), pool_(pool ? pool : arrow::default_memory_pool()) {}

  Status Open(const Contract& contract, const std::vector<Condition>& where, int64_t batch_bytes) {
    ARROW_ASSIGN_OR_RAISE(auto probe, OpenParquet(file_, 1, pool_));
    ARROW_ASSIGN_OR_RAISE(ParquetMatch match,
                          MatchParquet(file_, probe->manifest(), contract, PathsOf(where), nullptr));
    ARROW_ASSIGN_OR_RAISE(filter_, ParquetFilter::Bind(where, match.conditions, file_));
    ARROW_ASSIGN_OR_RAISE(layout_,
                          ParquetLayout::Read(file_, *probe->parquet_reader()->metadata(), match.leaves, filter_));
    ARROW_ASSIGN_OR_RAISE(reader_, OpenParquet(file_, layout_.RowsOfBatch(batch_bytes), pool_));
    ARROW_ASSIGN_OR_RAISE(std::vector<std::vector<std::string>> paths, ParquetPaths(contract));
    for (size_t i = 0; i < contract.columns.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto column, TypedTree::Make(contract.columns[i], static_cast<int>(i), match.columns[i],
                                                         std::move(paths[i]), pool_));
      columns_.push_back(std::move(column));
    }
    leaves_ = std::move(match.leaves);
    names_ = std::move(match.names);
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

  Result<DecodedBatch> Judge() {
    DecodedBatch judged;
    judged.records = batch_->num_rows();
    errors_.assign(static_cast<size_t>(judged.records), 0);
    for (size_t i = 0; i < columns_.size(); ++i) ARROW_RETURN_NOT_OK(columns_[i]->Parse(*batch_, errors_));
    keep_.assign(errors_.size(), 1);
    ARROW_RETURN_NOT_OK(filter_.Apply(*batch_, &keep_, pool_));
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
  std::vector<std::string> names_;  // of the batches' columns
  std::vector<std::unique_ptr<TypedTree>> columns_;
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

Result<std::unique_ptr<MorselDecoder>> MakeParquetDecoder(const InputFile& file, const Contract& contract,
                                                          const std::vector<Condition>& where,
                                                          DecoderOptions options) {
  auto decoder = std::make_unique<Decoder>(file, contract, options.pool);
  ARROW_RETURN_NOT_OK(decoder->Open(contract, where, options.batch_bytes));
  return decoder;
}

}  // namespace freight
