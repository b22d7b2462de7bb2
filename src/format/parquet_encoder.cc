// RowGroupEncoder: hands each column of a batch to its encoder.
#include "format/parquet_column.h"
#include "format/parquet_order.h"
#include "format/parquet_row_group.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

namespace freight {
namespace {

// Strings may come as a dictionary.
bool Carries(const arrow::DataType& declared, const arrow::DataType& given) {
  if (given.id() == arrow::Type::DICTIONARY || declared.Equals(given)) return true;
  if (given.id() != declared.id() || given.num_fields() != declared.num_fields()) return false;
  for (int i = 0; i < given.num_fields(); ++i) {
    if (!Carries(*declared.field(i)->type(), *given.field(i)->type())) return false;
  }
  return given.num_fields() > 0;
}

class Encoder : public RowGroupEncoder {
 public:
  Encoder(std::shared_ptr<arrow::Schema> schema, std::unique_ptr<PageCompressor> compressor)
      : schema_(std::move(schema)),
        compressor_(std::move(compressor)),
        order_(*schema_, compressor_->options().sorted_by) {}

  Status Open() {
    for (const auto& field : schema_->fields()) {
      ARROW_ASSIGN_OR_RAISE(auto column, MakeColumnEncoder(*field, compressor_.get()));
      columns_.push_back(std::move(column));
    }
    return Status::OK();
  }

  Status Append(const arrow::RecordBatch& batch) override {
    FREIGHT_ASSERT(batch.num_columns() == schema_->num_fields());
    for (int i = 0; i < batch.num_columns(); ++i) {
      const arrow::Array& array = *batch.column(i);
      FREIGHT_ASSERT(Carries(*schema_->field(i)->type(), *array.type()));
      ARROW_RETURN_NOT_OK(columns_[static_cast<size_t>(i)]->Append(array));
    }
    order_.Add(batch);
    rows_ += batch.num_rows();
    return Status::OK();
  }

  int64_t rows() const override { return rows_; }

  Result<std::unique_ptr<EncodedRowGroup>> Finish() override {
    if (rows_ == 0) return nullptr;
    std::vector<EncodedColumn> encoded;
    for (const auto& column : columns_) ARROW_RETURN_NOT_OK(column->Finish(&encoded));
    compressor_->ReleaseScratch();
    return std::make_unique<PagedRowGroup>(std::exchange(rows_, 0), std::move(encoded), order_.Finish());
  }

 private:
  const std::shared_ptr<arrow::Schema> schema_;
  const std::unique_ptr<PageCompressor> compressor_;
  std::vector<std::unique_ptr<ColumnEncoder>> columns_;
  RowOrder order_;
  int64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<RowGroupEncoder>> MakeRowGroupEncoder(std::shared_ptr<arrow::Schema> schema,
                                                             const ParquetOptions& options,
                                                             std::shared_ptr<PageTools> tools) {
  ARROW_ASSIGN_OR_RAISE(auto compressor, PageCompressor::Make(options, std::move(tools)));
  auto encoder = std::make_unique<Encoder>(std::move(schema), std::move(compressor));
  ARROW_RETURN_NOT_OK(encoder->Open());
  return encoder;
}

Result<std::unique_ptr<RowGroupEncoder>> MakeRowGroupEncoder(std::shared_ptr<arrow::Schema> schema,
                                                             const ParquetOptions& options, arrow::MemoryPool* pool) {
  return MakeRowGroupEncoder(std::move(schema), options, MakePageTools(pool, pool));
}

}  // namespace freight
