// Quarantine files: row groups of workers as they come, and few bad records gathered until they fill one.
#include "sink/quarantine_writer.h"

#include "sink/quarantine_schema.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <utility>

namespace freight {
namespace {

class Writer : public QuarantineWriter {
 public:
  Writer(QuarantineContext context, arrow::MemoryPool* pool)
      : context_(std::move(context)), pool_(pool), held_(pool) {}

  Status Open(std::unique_ptr<WritableFile> out, const Contract& contract, std::shared_ptr<PageTools> tools) {
    constexpr int kSlices = QuarantineEncoder::kFewSlices;
    ARROW_ASSIGN_OR_RAISE(encoder_, MakeQuarantineEncoder(contract, kSlices, pool_, std::move(tools)));
    auto schema = QuarantineSchema()->WithMetadata(
        arrow::key_value_metadata({kQuarantineVersionKey}, {kQuarantineVersion}));
    return MakeParquetFile(std::move(out), std::move(schema), QuarantineOptions(), pool_).Value(&file_);
  }

  Status Append(const BadRecords& records) override {
    rows_ += records.size();
    return encoder_->Add(context_, records, &held_, write_);
  }

  Status Append(EncodedRowGroup& group) override {
    ARROW_RETURN_NOT_OK(Flush());
    rows_ += group.rows();
    return file_->Append(group);
  }

  int64_t rows() const override { return rows_; }

  Result<FinishedFile> Finish() override {
    ARROW_RETURN_NOT_OK(Flush());
    held_.Release();
    return file_->Finish();
  }

 private:
  Status Flush() {
    ARROW_RETURN_NOT_OK(encoder_->FinishGroup(context_, &held_, write_));
    if (held_.empty()) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto group, encoder_->Encode(context_, held_));
    held_.Clear();
    return write_(std::move(group));
  }

  const QuarantineContext context_;
  arrow::MemoryPool* const pool_;
  std::unique_ptr<ParquetFile> file_;
  std::unique_ptr<QuarantineEncoder> encoder_;
  const QuarantineEncoder::TakeGroup write_ = [this](auto group) { return file_->Append(*group); };
  BadRecords held_;  // less than a slice
  int64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<QuarantineWriter>> MakeQuarantineWriter(std::unique_ptr<WritableFile> out,
                                                               const Contract& contract, QuarantineContext context,
                                                               arrow::MemoryPool* pool,
                                                               std::shared_ptr<PageTools> tools) {
  auto writer = std::make_unique<Writer>(std::move(context), pool);
  ARROW_RETURN_NOT_OK(writer->Open(std::move(out), contract, std::move(tools)));
  return writer;
}

}  // namespace freight
