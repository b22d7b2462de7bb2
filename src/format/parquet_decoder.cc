// Rows of a Parquet file, decoded and judged by the contract.
#include "format/parquet_decoder.h"

#include "format/parquet_layout.h"
#include "format/parquet_turns.h"
#include "format/typed_tree.h"

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <utility>

namespace freight {
namespace {

// Rows of a turn that are decoded and wait for being judged. A morsel is admitted with more (kChargeFactor of plan.h).
constexpr int64_t kHeldBytesMax = 8 << 20;

// The rows of one row group, from the first one on.
class RowGroupRows final : public RowGroupTurns::Reader {
 public:
  static Result<std::unique_ptr<RowGroupRows>> Open(const InputFile& file,
                                                    std::shared_ptr<parquet::arrow::FileReader> reader,
                                                    int64_t row_group, const std::vector<int>& leaves) {
    std::unique_ptr<RowGroupRows> rows(new RowGroupRows(file, row_group));
    auto opened = reader->GetRecordBatchReader({static_cast<int>(row_group)}, leaves);
    if (!opened.ok()) return ParquetFailure(file, row_group, opened.status());
    rows->reader_ = std::move(reader);
    rows->batches_ = *std::move(opened);
    return rows;
  }

  // What lies before is decoded and dropped.
  Status SkipTo(int64_t row) {
    while (row_ < row) ARROW_RETURN_NOT_OK(Next(row - row_).status());
    return Status::OK();
  }

  // At least one row, `rows_max` at most.
  Result<std::shared_ptr<arrow::RecordBatch>> Next(int64_t rows_max) {
    if (rest_ == nullptr || rest_->num_rows() == 0) {
      const Status read = batches_->ReadNext(&rest_);
      if (!read.ok()) return ParquetFailure(file_, row_group_, read);
      if (rest_ == nullptr || rest_->num_rows() == 0) {
        return ParquetFailure(file_, row_group_, arrow::Status::Invalid("it holds fewer rows than its footer says"));
      }
    }
    auto batch = rest_->Slice(0, std::min(rows_max, rest_->num_rows()));
    rest_ = rest_->Slice(batch->num_rows());
    row_ += batch->num_rows();
    return batch;
  }

 private:
  RowGroupRows(const InputFile& file, int64_t row_group) : file_(file), row_group_(row_group) {}

  const InputFile file_;
  const int64_t row_group_;
  std::shared_ptr<parquet::arrow::FileReader> reader_;  // which batches_ looks into
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> rest_;
  int64_t row_ = 0;  // the next one
};

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
    batch_rows_ = layout_.RowsOfBatch(batch_bytes);
    ARROW_ASSIGN_OR_RAISE(reader_, OpenParquet(file_, batch_rows_, pool_));
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
    row_group_ = morsel.row_group;
    line_ = morsel.first_line;
    if (!morsel.extra) {
      ARROW_ASSIGN_OR_RAISE(const auto rows, RowGroupRows::Open(file_, reader_, row_group_, leaves_));
      return DecodeRows(*rows, morsel, nullptr, emit);
    }
    auto& turn = static_cast<RowGroupTurns::Turn&>(*morsel.extra);
    std::unique_ptr<RowGroupTurns::Reader>& rows = turn.Wait();
    if (!rows) {
      ARROW_ASSIGN_OR_RAISE(rows, OpenForTurns(turn));
    }
    return DecodeRows(static_cast<RowGroupRows&>(*rows), morsel, &turn, emit);
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
  // With a reader of its own: others go on with it when this decoder is elsewhere.
  Result<std::unique_ptr<RowGroupRows>> OpenForTurns(const RowGroupTurns::Turn& turn) const {
    int64_t batch_rows = turn.rows_per_turn();
    while (batch_rows > batch_rows_ && batch_rows % 2 == 0) batch_rows /= 2;
    ARROW_ASSIGN_OR_RAISE(auto reader, OpenParquet(file_, std::min(batch_rows, batch_rows_), pool_,
                                                   reader_->parquet_reader()->metadata()));
    return RowGroupRows::Open(file_, std::move(reader), row_group_, leaves_);
  }

  // Others wait for a turn: its rows are decoded before they are judged, as many as kHeldBytesMax at a time.
  Status DecodeRows(RowGroupRows& rows, const Morsel& morsel, RowGroupTurns::Turn* turn,
                    const std::function<Status(DecodedBatch&&)>& emit) {
    ARROW_RETURN_NOT_OK(rows.SkipTo(morsel.row));
    arrow::RecordBatchVector held;
    int64_t held_bytes = 0;
    for (int64_t left = morsel.rows; left > 0;) {
      ARROW_ASSIGN_OR_RAISE(auto batch, rows.Next(left));
      left -= batch->num_rows();
      ARROW_ASSIGN_OR_RAISE(const int64_t bytes, arrow::util::ReferencedBufferSize(*batch));
      held_bytes += bytes;
      held.push_back(std::move(batch));
      if (left == 0 && turn) EndTurn(morsel, *turn);
      if (left > 0 && turn && turn->HasNext() && held_bytes < kHeldBytesMax) continue;
      for (auto& next : held) ARROW_RETURN_NOT_OK(JudgeBatch(std::move(next), emit));
      held.clear();
      held_bytes = 0;
    }
    return Status::OK();
  }

  // A reader holds pages of all columns: it goes before the next row group's comes.
  void EndTurn(const Morsel& morsel, RowGroupTurns::Turn& turn) const {
    if (morsel.row + morsel.rows == layout_.row_groups()[static_cast<size_t>(row_group_)].rows) turn.Wait().reset();
    turn.End();
  }

  Status JudgeBatch(std::shared_ptr<arrow::RecordBatch> batch, const std::function<Status(DecodedBatch&&)>& emit) {
    batch_ = std::move(batch);
    ARROW_ASSIGN_OR_RAISE(DecodedBatch judged, Judge());
    ARROW_RETURN_NOT_OK(emit(std::move(judged)));
    line_ += batch_->num_rows();
    batch_.reset();
    return Status::OK();
  }

  Result<DecodedBatch> Judge() {
    DecodedBatch judged;
    judged.bad = BadRecords(pool_);
    judged.records = batch_->num_rows();
    errors_.assign(static_cast<size_t>(judged.records), 0);
    for (size_t i = 0; i < columns_.size(); ++i) ARROW_RETURN_NOT_OK(columns_[i]->Parse(*batch_, errors_));
    keep_.assign(errors_.size(), 1);
    ARROW_RETURN_NOT_OK(filter_.Apply(*batch_, &keep_, pool_));
    for (size_t row = 0; row < errors_.size(); ++row) {
      judged.filtered += keep_[row] == 0;
      if (keep_[row] == 0 || errors_[row] == 0) continue;
      keep_[row] = 0;
      BadRecord bad = Describe(static_cast<int64_t>(row));
      for (const auto& column : columns_) column->Explain(static_cast<int64_t>(row), &bad.failures);
      FREIGHT_ASSERT(!bad.failures.empty());
      ARROW_RETURN_NOT_OK(judged.bad.Append(bad));
    }
    kept_.Assign(keep_);
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    for (size_t i = 0; i < columns_.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto array, columns_[i]->Finish(kept_));
      fields.push_back(schema_->field(static_cast<int>(i))->WithType(array->type()));
      arrays.push_back(std::move(array));
    }
    judged.accepted = arrow::RecordBatch::Make(arrow::schema(std::move(fields)), kept_.count(), std::move(arrays));
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
  std::shared_ptr<parquet::arrow::FileReader> reader_;
  int64_t batch_rows_ = 0;
  std::vector<int> leaves_;
  ParquetFilter filter_;
  ParquetLayout layout_;
  std::vector<std::string> names_;  // of the batches' columns
  std::vector<std::unique_ptr<TypedTree>> columns_;
  // The batch at hand.
  int64_t row_group_ = -1;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t line_ = 1;  // of its first row
  std::vector<uint8_t> errors_, keep_;
  KeptRows kept_;  // of keep_
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
