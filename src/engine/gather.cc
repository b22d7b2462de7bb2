// A merge over bundles in partition order, whole partitions handed to threads: each partition's rows in chunk order,
// then row order.
#include "engine/gather.h"

#include "engine/chunk_writer.h"
#include "sink/bundle.h"
#include "sink/row_bytes.h"

#include <arrow/api.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace freight {
namespace {

// Rows are handed to the encoder in batches of this size.
constexpr int64_t kBatchBytes = 1 << 20;
// A gathered row group ends with the row that reaches this or the plan's gather_bytes: a function of the rows alone.
constexpr int64_t kRowGroupRows = 128 << 10;

struct PartitionRuns {
  struct Run { const BundleReader* bundle; BundleReader::Run run; };
  std::string partition;
  std::vector<Run> runs;
};

// Thread: one caller at a time.
class PartitionQueue {
 public:
  Status Open(Env& env, const std::vector<ChunkDone>& chunks) {
    for (const auto& chunk : chunks) {
      for (const auto& bundle : chunk.bundles) {
        ARROW_ASSIGN_OR_RAISE(auto reader, BundleReader::Open(env, bundle.path));
        bundles_.push_back(std::move(reader));
      }
    }
    return Status::OK();
  }

  Result<std::optional<PartitionRuns>> Next() {
    const BundleReader* first = nullptr;
    for (const auto& bundle : bundles_) {
      if (!bundle->at_end() && (!first || bundle->partition() < first->partition())) first = bundle.get();
    }
    if (!first) return std::nullopt;
    PartitionRuns next{first->partition(), {}};
    for (auto& bundle : bundles_) {
      while (!bundle->at_end() && bundle->partition() == next.partition) {
        ARROW_ASSIGN_OR_RAISE(const auto run, bundle->Take());
        next.runs.push_back({bundle.get(), run});
      }
    }
    return next;
  }

 private:
  std::vector<std::unique_ptr<BundleReader>> bundles_;
};

// The files of one partition, one after another.
class PartSequence {
 public:
  PartSequence(const ChunkContext& context, const PartOwner& owner, std::string partition, std::string folder)
      : context_(context), owner_(owner), partition_(std::move(partition)), folder_(std::move(folder)) {}

  Status Append(EncodedRowGroup& group) {
    if (!open_) {
      const auto number = static_cast<int64_t>(finished_.size());
      ARROW_ASSIGN_OR_RAISE(open_, PartFile::Open(context_, owner_, folder_, number));
    }
    ARROW_RETURN_NOT_OK(open_->Append(group));
    return open_->full() ? FinishFile() : Status::OK();
  }

  Result<std::vector<PartInfo>> Finish() {
    if (open_) ARROW_RETURN_NOT_OK(FinishFile());
    return std::move(finished_);
  }

 private:
  Status FinishFile() {
    ARROW_ASSIGN_OR_RAISE(auto info, open_->Finish(partition_, static_cast<int64_t>(finished_.size())));
    finished_.push_back(std::move(info));
    open_.reset();
    return Status::OK();
  }

  const ChunkContext& context_;
  const PartOwner& owner_;
  const std::string partition_, folder_;
  std::unique_ptr<PartFile> open_;
  std::vector<PartInfo> finished_;
};

// Writes the runs of one partition into its parts. One per thread.
class PartGatherer {
 public:
  PartGatherer(const ChunkContext& context, std::unique_ptr<RowGroupEncoder> encoder)
      : encoder_(std::move(encoder)),
        pool_(context.pool),
        rows_(context.file_schema, context.pool),
        group_bytes_max_(context.plan.options.gather_bytes),
        group_rows_max_(context.plan.pipeline.row_group_bytes ? std::numeric_limits<int32_t>::max() : kRowGroupRows) {}

  Status Write(const PartitionRuns& work, PartSequence* part) {
    for (const auto& [bundle, run] : work.runs) {
      ARROW_ASSIGN_OR_RAISE(const auto bytes, bundle->Read(run, pool_));
      std::span<const uint8_t> left(bytes->data(), static_cast<size_t>(bytes->size()));
      while (!left.empty()) {
        const int64_t rows_max = group_rows_max_ - encoder_->rows();
        const int64_t bytes_max = std::min(kBatchBytes, group_bytes_max_ - group_bytes_);
        ARROW_RETURN_NOT_OK(rows_.Append(rows_max, bytes_max, &left));
        if (rows_.rows() < rows_max && rows_.bytes() < bytes_max) continue;
        ARROW_RETURN_NOT_OK(FlushBatch());
        if (encoder_->rows() < group_rows_max_ && group_bytes_ < group_bytes_max_) continue;
        ARROW_RETURN_NOT_OK(FlushGroup(part));
      }
    }
    ARROW_RETURN_NOT_OK(FlushBatch());
    return FlushGroup(part);
  }

 private:
  Status FlushBatch() {
    if (rows_.rows() == 0) return Status::OK();
    group_bytes_ += rows_.bytes();
    ARROW_ASSIGN_OR_RAISE(const auto batch, rows_.Finish());
    return encoder_->Append(*batch);
  }

  Status FlushGroup(PartSequence* part) {
    group_bytes_ = 0;
    ARROW_ASSIGN_OR_RAISE(const auto group, encoder_->Finish());
    return group ? part->Append(*group) : Status::OK();
  }

  const std::unique_ptr<RowGroupEncoder> encoder_;
  arrow::MemoryPool* const pool_;
  RowReader rows_;
  const int64_t group_bytes_max_, group_rows_max_;
  int64_t group_bytes_ = 0;  // of the rows in the encoder
};

class Gathering {
 public:
  Gathering(const ChunkContext& context, const PartOwner& owner, const GatherOptions& options)
      : context_(context), owner_(owner), options_(options) {}

  Result<std::vector<PartInfo>> Run(const std::vector<ChunkDone>& chunks) {
    ARROW_RETURN_NOT_OK(queue_.Open(context_.env, chunks));
    std::vector<std::thread> threads;
    for (int i = 0; i < options_.threads; ++i) {
      threads.emplace_back([this] {
        Status status = Work();
        const std::lock_guard lock(mutex_);
        if (fault_.ok()) fault_ = std::move(status);
      });
    }
    for (auto& thread : threads) thread.join();
    ARROW_RETURN_NOT_OK(fault_);
    return std::move(parts_);
  }

 private:
  struct Turn {
    PartitionRuns work;
    std::string folder;
  };

  Result<std::optional<Turn>> Next() {
    const std::lock_guard lock(mutex_);
    if (!fault_.ok()) return std::nullopt;
    if (options_.cancelled && options_.cancelled()) return Fail(Reaction::kStopped, "stopped while gathering");
    ARROW_ASSIGN_OR_RAISE(auto work, queue_.Next());
    if (!work) return std::nullopt;
    ARROW_ASSIGN_OR_RAISE(auto folder, context_.transaction.StageDir(work->partition));
    return Turn{std::move(*work), std::move(folder)};
  }

  Status Work() {
    ARROW_ASSIGN_OR_RAISE(auto encoder,
                          MakeRowGroupEncoder(context_.file_schema, context_.plan.pipeline.parquet, context_.pool));
    PartGatherer gatherer(context_, std::move(encoder));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto turn, Next());
      if (!turn) return Status::OK();
      PartSequence sequence(context_, owner_, turn->work.partition, turn->folder);
      ARROW_RETURN_NOT_OK(gatherer.Write(turn->work, &sequence));
      ARROW_ASSIGN_OR_RAISE(auto parts, sequence.Finish());
      const std::lock_guard lock(mutex_);
      for (const PartInfo& part : parts) ARROW_RETURN_NOT_OK(options_.staged(part));
      std::move(parts.begin(), parts.end(), std::back_inserter(parts_));
    }
  }

  const ChunkContext& context_;
  const PartOwner owner_;
  const GatherOptions& options_;
  std::mutex mutex_;  // of everything below and of the transaction
  PartitionQueue queue_;
  std::vector<PartInfo> parts_;
  Status fault_;
};

}  // namespace

Status GatherBundles(const ChunkContext& context, size_t input, const std::vector<ChunkDone>& chunks,
                     const GatherOptions& options) {
  const auto index = static_cast<int32_t>(chunks.size());
  Gathering gathering(context, {context.plan.inputs[input], index}, options);
  ARROW_ASSIGN_OR_RAISE(auto parts, gathering.Run(chunks));
  ChunkWriter writer(context, input, index);
  writer.AddGathered(std::move(parts));
  const ChunkDone& last = chunks.back();
  ChunkEnd end;
  end.index = index;
  end.offset = last.offset + last.length;
  end.next = {last.next_morsel, end.offset, last.next_line};
  end.last = true;
  return writer.Commit(end).status();
}

}  // namespace freight
