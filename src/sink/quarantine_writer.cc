// Quarantine files: row groups of workers as they come, and few bad records gathered until they fill one.
#include "sink/quarantine_writer.h"

#include "sink/quarantine_schema.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <utility>

namespace freight {
namespace {

// Few bad records are not worth the memory that more of them would take.
constexpr auto kFlush = QuarantineFill::Part::kQuarter;

class Writer : public QuarantineWriter {
 public:
  Writer(QuarantineContext context, arrow::MemoryPool* pool)
      : context_(std::move(context)), pool_(pool), held_(pool) {}

  Status Open(std::unique_ptr<WritableFile> out, const Contract& contract, std::shared_ptr<PageTools> tools) {
    ARROW_ASSIGN_OR_RAISE(encoder_, MakeQuarantineEncoder(contract, pool_, std::move(tools)));
    auto schema = QuarantineSchema()->WithMetadata(
        arrow::key_value_metadata({kQuarantineVersionKey}, {kQuarantineVersion}));
    return MakeParquetFile(std::move(out), std::move(schema), QuarantineOptions(), pool_).Value(&file_);
  }

  Status Append(const BadRecords& records) override {
    for (int64_t at = 0; at < records.size();) {
      const int64_t begin = at;
      while (at < records.size() && !fill_.Holds(kFlush)) fill_.Add(records.entry(at++));
      ARROW_RETURN_NOT_OK(held_.Append(records, begin, at - begin));
      if (fill_.Holds(kFlush)) ARROW_RETURN_NOT_OK(Flush());
    }
    rows_ += records.size();
    return Status::OK();
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
    if (held_.empty()) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(const auto group, encoder_->Encode(context_, held_));
    held_.Clear();
    fill_ = {};
    return file_->Append(*group);
  }

  const QuarantineContext context_;
  arrow::MemoryPool* const pool_;
  std::unique_ptr<ParquetFile> file_;
  std::unique_ptr<QuarantineEncoder> encoder_;
  BadRecords held_;
  QuarantineFill fill_;  // of held_
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
