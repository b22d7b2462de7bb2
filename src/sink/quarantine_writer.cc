// Quarantine files: bad records gather in Arrow builders and leave as small row groups.
//
// Written through parquet::arrow: failures are nested, and bad rows are few. Row groups end after kRowsMax rows or
// kRawBytesMax bytes, so that what is held does not grow with the number of bad rows.
#include "sink/quarantine_writer.h"

#include "format/parquet_sink.h"
#include "sink/quarantine_schema.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

#include <utility>

namespace freight {
namespace {

constexpr int64_t kRowsMax = 4096;
constexpr int64_t kRawBytesMax = 512 << 10;

std::shared_ptr<parquet::WriterProperties> Properties(arrow::MemoryPool* pool) {
  return parquet::WriterProperties::Builder()
      .created_by("freight " FREIGHT_VERSION)
      ->version(parquet::ParquetVersion::PARQUET_2_6)
      ->compression(parquet::Compression::ZSTD)
      ->compression_level(1)
      ->disable_dictionary("raw")
      ->disable_statistics("raw")
      ->enable_page_checksum()
      ->memory_pool(pool)
      ->build();
}

class Writer : public QuarantineWriter {
 public:
  Writer(std::unique_ptr<WritableFile> out, const Contract& contract, QuarantineContext context,
         arrow::MemoryPool* pool)
      : sink_(std::make_shared<HashingSink>(std::move(out))), context_(std::move(context)), pool_(pool) {
    for (const Column& column : contract.columns) column_names_.push_back(column.name);
  }

  Status Open() {
    const auto schema = QuarantineSchema();
    ARROW_ASSIGN_OR_RAISE(rows_builder_, arrow::RecordBatchBuilder::Make(schema, pool_));
    ARROW_ASSIGN_OR_RAISE(writer_, parquet::arrow::FileWriter::Open(*schema, pool_, sink_, Properties(pool_)));
    return writer_->AddKeyValueMetadata(arrow::key_value_metadata({kQuarantineVersionKey}, {kQuarantineVersion}));
  }

  Status Append(const BadRecords& records) override {
    for (int64_t i = 0; i < records.size(); ++i) {
      ARROW_RETURN_NOT_OK(AppendRow(records, records.entry(i)));
      ++rows_;
      ++held_rows_;
      held_bytes_ += records.entry(i).raw_length;
      if (held_rows_ == kRowsMax || held_bytes_ >= kRawBytesMax) ARROW_RETURN_NOT_OK(Flush());
    }
    return Status::OK();
  }

  int64_t rows() const override { return rows_; }

  Result<FinishedFile> Finish() override {
    ARROW_RETURN_NOT_OK(Flush());
    ARROW_RETURN_NOT_OK(writer_->Close());
    ARROW_RETURN_NOT_OK(sink_->Close());
    return sink_->Finished(rows_);
  }

 private:
  template <typename Builder>
  Builder* Of(QuarantineColumn column) {
    return rows_builder_->GetFieldAs<Builder>(column);
  }

  Status AppendRow(const BadRecords& records, const BadRecords::Entry& record) {
    ARROW_RETURN_NOT_OK(Of<arrow::StringBuilder>(kInput)->Append(context_.input));
    ARROW_RETURN_NOT_OK(Of<arrow::Int64Builder>(kLine)->Append(record.line));
    auto* group = Of<arrow::Int32Builder>(kRowGroup);
    ARROW_RETURN_NOT_OK(record.row_group < 0 ? group->AppendNull()
                                             : group->Append(record.row_group));
    ARROW_RETURN_NOT_OK(Of<arrow::Int64Builder>(kByteOffset)->Append(record.offset));
    ARROW_RETURN_NOT_OK(Of<arrow::Int64Builder>(kByteLength)->Append(record.length));
    ARROW_RETURN_NOT_OK(Of<arrow::StringBuilder>(kRunId)->Append(context_.run_id));
    ARROW_RETURN_NOT_OK(Of<arrow::Int32Builder>(kChunk)->Append(context_.chunk));
    auto* raw = Of<arrow::BinaryBuilder>(kRaw);
    ARROW_RETURN_NOT_OK(records.raw_kept(record) ? raw->Append(records.raw(record)) : raw->AppendNull());
    return AppendFailures(records, record);
  }

  Status AppendFailures(const BadRecords& records, const BadRecords::Entry& record) {
    auto* list = Of<arrow::ListBuilder>(kFailures);
    ARROW_RETURN_NOT_OK(list->Append());
    auto* fields = static_cast<arrow::StructBuilder*>(list->value_builder());
    const auto text = [&](FailureField field) {
      return static_cast<arrow::StringBuilder*>(fields->field_builder(field));
    };
    for (uint32_t i = 0; i < record.failures; ++i) {
      const BadRecords::Why& failure = records.why(record.first_failure + i);
      ARROW_RETURN_NOT_OK(fields->Append());
      auto* column = text(kFailureColumn);
      ARROW_RETURN_NOT_OK(failure.column < 0 ? column->AppendNull()
                                             : column->Append(column_names_.at(static_cast<size_t>(failure.column))));
      ARROW_RETURN_NOT_OK(text(kFailureRule)->Append(RuleWord(failure.reason)));
      ARROW_RETURN_NOT_OK(text(kFailureReason)->Append(ReasonWord(failure.reason)));
      ARROW_RETURN_NOT_OK(text(kFailureExpected)->Append(records.text(failure.expected)));
      auto* path = text(kFailurePath);
      const std::string_view where = records.text(failure.path);
      ARROW_RETURN_NOT_OK(where.empty() ? path->AppendNull() : path->Append(where));
    }
    return Status::OK();
  }

  Status Flush() {
    if (held_rows_ == 0) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto batch, rows_builder_->Flush());
    ARROW_ASSIGN_OR_RAISE(auto table, arrow::Table::FromRecordBatches({batch}));
    ARROW_RETURN_NOT_OK(writer_->WriteTable(*table, held_rows_));
    held_rows_ = held_bytes_ = 0;
    return Status::OK();
  }

  const std::shared_ptr<HashingSink> sink_;
  const QuarantineContext context_;
  arrow::MemoryPool* const pool_;
  std::vector<std::string> column_names_;
  std::unique_ptr<arrow::RecordBatchBuilder> rows_builder_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  int64_t rows_ = 0;
  int64_t held_rows_ = 0;
  int64_t held_bytes_ = 0;
};

}  // namespace

std::shared_ptr<arrow::Schema> QuarantineSchema() {
  const auto failure = arrow::struct_({arrow::field("column", arrow::utf8()),
                                       arrow::field("rule", arrow::utf8(), false),
                                       arrow::field("reason", arrow::utf8(), false),
                                       arrow::field("expected", arrow::utf8(), false),
                                       arrow::field("path", arrow::utf8())});
  return arrow::schema({arrow::field("input", arrow::utf8(), false), arrow::field("line", arrow::int64(), false),
                        arrow::field("row_group", arrow::int32()), arrow::field("byte_offset", arrow::int64(), false),
                        arrow::field("byte_length", arrow::int64(), false),
                        arrow::field("run_id", arrow::utf8(), false), arrow::field("chunk", arrow::int32(), false),
                        arrow::field("raw", arrow::binary()),
                        arrow::field("failures", arrow::list(arrow::field("element", failure, false)), false)});
}

Result<std::unique_ptr<QuarantineWriter>> MakeQuarantineWriter(std::unique_ptr<WritableFile> out,
                                                               const Contract& contract, QuarantineContext context,
                                                               arrow::MemoryPool* pool) {
  auto writer = std::make_unique<Writer>(std::move(out), contract, std::move(context), pool);
  ARROW_RETURN_NOT_OK(writer->Open());
  return writer;
}

}  // namespace freight
