// Reads quarantine files back through Env, a few rows at a time.
#include "format/parquet_input.h"
#include "sink/quarantine_schema.h"
#include "sink/quarantine_writer.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/properties.h>

#include <utility>

namespace freight {
namespace {

// Raw records may be large: few rows at a time.
constexpr int64_t kBatchRows = 256;

Status Corrupt(const std::string& path, const std::string& why) {
  return Fail(Reaction::kCorrupt, "\"{}\" is not a quarantine file that freight wrote: {}", path, why)
      .Help("restore the file, or remove it and run the pipeline again");
}

template <typename Array>
const Array& ColumnOf(const arrow::RecordBatch& batch, QuarantineColumn column) {
  return static_cast<const Array&>(*batch.column(column));
}

std::vector<QuarantinedRow::Why> FailuresOf(const arrow::RecordBatch& batch, int64_t row) {
  const auto& lists = ColumnOf<arrow::ListArray>(batch, kFailures);
  const auto& fields = static_cast<const arrow::StructArray&>(*lists.values());
  const auto text = [&](FailureField field, int64_t i) {
    const auto& strings = static_cast<const arrow::StringArray&>(*fields.field(field));
    return strings.IsNull(i) ? std::string() : strings.GetString(i);
  };
  std::vector<QuarantinedRow::Why> failures;
  for (int64_t i = lists.value_offset(row); i < lists.value_offset(row + 1); ++i) {
    failures.push_back({text(kFailureColumn, i), text(kFailureRule, i), text(kFailureReason, i),
                        text(kFailureExpected, i), text(kFailurePath, i)});
  }
  return failures;
}

QuarantinedRow RowOf(const arrow::RecordBatch& batch, int64_t i) {
  const auto& raw = ColumnOf<arrow::BinaryArray>(batch, kRaw);
  QuarantinedRow row;
  row.input = ColumnOf<arrow::StringArray>(batch, kInput).GetString(i);
  row.run_id = ColumnOf<arrow::StringArray>(batch, kRunId).GetString(i);
  row.line = ColumnOf<arrow::Int64Array>(batch, kLine).Value(i);
  const auto& groups = ColumnOf<arrow::Int32Array>(batch, kRowGroup);
  row.row_group = groups.IsNull(i) ? -1 : groups.Value(i);
  row.byte_offset = ColumnOf<arrow::Int64Array>(batch, kByteOffset).Value(i);
  row.byte_length = ColumnOf<arrow::Int64Array>(batch, kByteLength).Value(i);
  row.chunk = ColumnOf<arrow::Int32Array>(batch, kChunk).Value(i);
  row.raw_kept = !raw.IsNull(i);
  if (row.raw_kept) row.raw = raw.GetString(i);
  row.failures = FailuresOf(batch, i);
  return row;
}

Result<std::unique_ptr<parquet::arrow::FileReader>> OpenReader(std::shared_ptr<arrow::io::RandomAccessFile> file) {
  parquet::ArrowReaderProperties properties;
  properties.set_use_threads(false);
  properties.set_pre_buffer(false);
  properties.set_batch_size(kBatchRows);
  auto checked = parquet::default_reader_properties();
  checked.set_page_checksum_verification(true);
  checked.enable_buffered_stream();
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(std::move(file), checked));
  std::unique_ptr<parquet::arrow::FileReader> reader;
  ARROW_RETURN_NOT_OK(builder.properties(properties)->Build(&reader));
  return reader;
}

Status ReadRows(std::shared_ptr<arrow::io::RandomAccessFile> file,
                const std::function<bool(const QuarantinedRow&)>& each) {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenReader(std::move(file)));
  std::shared_ptr<arrow::Schema> schema;
  ARROW_RETURN_NOT_OK(reader->GetSchema(&schema));
  if (!schema->Equals(*QuarantineSchema(), /*check_metadata=*/false)) return Status::Invalid("its columns differ");
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->GetRecordBatchReader());
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(batches->ReadNext(&batch));
    if (!batch) return Status::OK();
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      if (!each(RowOf(*batch, i))) return Status::OK();
    }
  }
}

}  // namespace

Status ReadQuarantineFile(Env& env, const std::string& path, const std::function<bool(const QuarantinedRow&)>& each) {
  ARROW_ASSIGN_OR_RAISE(auto file, OpenRandomAccess(env, path));
  const Status read = ReadRows(std::move(file), each);
  // What the system said about the disk is passed on; what Parquet said is about the bytes.
  return read.ok() || DetailOf(read) != nullptr ? read : Corrupt(path, read.message());
}

}  // namespace freight
