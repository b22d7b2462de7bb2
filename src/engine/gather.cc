// A merge over bundles and staged parts in partition order, whole partitions handed to threads: first the row groups of
// parts, then the rows of bundles, each in chunk order, then row order.
#include "engine/gather.h"

#include "engine/chunk_writer.h"
#include "engine/part_groups.h"
#include "format/parquet_stored.h"
#include "sink/bundle.h"
#include "sink/row_bytes.h"

#include <arrow/api.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <tuple>
#include <utility>

namespace freight {
namespace {

// Rows are handed to the encoder in batches of this size.
constexpr int64_t kBatchBytes = 1 << 20;
// A gathered row group ends with the row that reaches this or the plan's gather_bytes: a function of the rows alone.
constexpr int64_t kRowGroupRows = 128 << 10;

struct PartitionWork {
  std::string partition;
  std::vector<std::vector<PartInfo>> joined;  // a file each; the last one goes on with the runs, if there are any
  size_t runs = 0;
};

// Neighbours of a size that is worth reading together; a large partition is alone.
struct Share {
  std::vector<PartitionWork> partitions;
  std::vector<RunWindow::Run> runs;  // of the first partition, then of the next one
};

JoinRule RuleOf(const Plan& plan) {
  const auto& target = plan.pipeline.file_bytes;
  const int64_t small = plan.options.small_part_bytes;
  return {target ? std::min(small, *target / 2) : small, target};
}

// Thread: one caller at a time.
class PartitionQueue {
 public:
  explicit PartitionQueue(JoinRule rule) : rule_(rule) {}

  Status Open(Env& env, const std::vector<ChunkDone>& chunks) {
    for (const auto& chunk : chunks) {
      for (const auto& bundle : chunk.bundles) {
        ARROW_ASSIGN_OR_RAISE(auto reader, BundleReader::Open(env, bundle.path));
        bundles_.push_back(std::move(reader));
      }
      for (const auto& part : chunk.parts) parts_[part.partition].push_back(part);
    }
    return Status::OK();
  }

  // Only partitions in which something is to be written; empty at the end.
  Result<Share> Next() {
    Share share;
    int64_t bytes = 0;
    int64_t last_bytes = 0;
    // One more if it fits when it is like the last one.
    while (share.partitions.empty() || bytes + last_bytes <= RunWindow::kBytesMax) {
      const size_t runs_before = share.runs.size();
      ARROW_ASSIGN_OR_RAISE(const bool added, AddPartition(&share));
      if (!added) break;
      last_bytes = 0;
      for (size_t i = runs_before; i < share.runs.size(); ++i) last_bytes += share.runs[i].run.length;
      for (const auto& group : share.partitions.back().joined) {
        for (const PartInfo& part : group) last_bytes += part.bytes;
      }
      bytes += last_bytes;
    }
    return share;
  }

 private:
  Result<bool> AddPartition(Share* share) {
    while (true) {
      const std::string* first = parts_.empty() ? nullptr : &parts_.begin()->first;
      for (const auto& bundle : bundles_) {
        if (!bundle->at_end() && (!first || bundle->partition() < *first)) first = &bundle->partition();
      }
      if (!first) return false;
      PartitionWork next{*first, {}, 0};
      for (auto& bundle : bundles_) {
        while (!bundle->at_end() && bundle->partition() == next.partition) {
          ARROW_ASSIGN_OR_RAISE(const auto run, bundle->Take());
          share->runs.push_back({bundle.get(), run});
          ++next.runs;
        }
      }
      const auto parts = parts_.extract(next.partition);
      if (!parts.empty()) next.joined = GroupParts(parts.mapped(), rule_, next.runs > 0);
      if (next.joined.empty() && next.runs == 0) continue;
      share->partitions.push_back(std::move(next));
      return true;
    }
  }

  const JoinRule rule_;
  std::vector<std::unique_ptr<BundleReader>> bundles_;
  std::map<std::string, std::vector<PartInfo>> parts_;  // in chunk order
};

// The files of one partition, one after another.
class PartSequence {
 public:
  PartSequence(const ChunkContext& context, const PartOwner& owner, std::string partition, std::string folder)
      : context_(context), owner_(owner), partition_(std::move(partition)), folder_(std::move(folder)) {}

  Status Append(EncodedRowGroup& group) {
    ARROW_RETURN_NOT_OK(AppendToOpen(group));
    return open_->full() ? FinishFile() : Status::OK();
  }

  // Into one file whatever its size: what is left over would be small again.
  Status AppendStored(const std::string& path) {
    ARROW_ASSIGN_OR_RAISE(auto stored, OpenStoredRowGroups(context_.env, path, context_.pool));
    for (int i = 0; i < stored->count(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto group, stored->Load(i));
      ARROW_RETURN_NOT_OK(AppendToOpen(*group));
      if (open_->holds_most_row_groups()) ARROW_RETURN_NOT_OK(FinishFile());
    }
    return Status::OK();
  }

  Status FinishFile() {
    if (!open_) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto info, open_->Finish(partition_, static_cast<int64_t>(finished_.size())));
    finished_.push_back(std::move(info));
    open_.reset();
    return Status::OK();
  }

  Result<std::vector<PartInfo>> Finish() {
    ARROW_RETURN_NOT_OK(FinishFile());
    return std::move(finished_);
  }

 private:
  Status AppendToOpen(EncodedRowGroup& group) {
    if (!open_) {
      const auto number = static_cast<int64_t>(finished_.size());
      ARROW_ASSIGN_OR_RAISE(open_, PartFile::Open(context_, owner_, folder_, number));
    }
    return open_->Append(group);
  }

  const ChunkContext& context_;
  const PartOwner& owner_;
  const std::string partition_, folder_;
  std::unique_ptr<PartFile> open_;
  std::vector<PartInfo> finished_;
};

// Writes what is to be joined and gathered of partitions into their parts. One per thread.
class PartGatherer {
 public:
  PartGatherer(const ChunkContext& context, std::unique_ptr<RowGroupEncoder> encoder)
      : encoder_(std::move(encoder)),
        rows_(context.file_schema, context.pool),
        window_(context.pool),
        group_bytes_max_(context.plan.options.gather_bytes),
        group_rows_max_(context.plan.pipeline.row_group_bytes ? std::numeric_limits<int32_t>::max() : kRowGroupRows) {}

  // The runs of the partitions that Write is then called with, in their order.
  void Use(std::span<const RunWindow::Run> runs) {
    runs_ahead_ = runs;
    loaded_ = 0;
    next_ = 0;
  }

  Status Write(const PartitionWork& work, const Transaction& transaction, PartSequence* part) {
    for (size_t i = 0; i < work.joined.size(); ++i) {
      for (const PartInfo& staged : work.joined[i]) {
        ARROW_RETURN_NOT_OK(part->AppendStored(transaction.StagedPath(staged)));
      }
      if (i + 1 < work.joined.size() || work.runs == 0) ARROW_RETURN_NOT_OK(part->FinishFile());
    }
    for (size_t i = 0; i < work.runs; ++i) {
      ARROW_ASSIGN_OR_RAISE(auto left, NextRun());
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
  Result<std::span<const uint8_t>> NextRun() {
    if (next_ == loaded_) {
      runs_ahead_ = runs_ahead_.subspan(loaded_);
      ARROW_ASSIGN_OR_RAISE(loaded_, window_.Load(runs_ahead_));
      next_ = 0;
    }
    return window_.rows(next_++);
  }

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
  RowReader rows_;
  RunWindow window_;
  std::span<const RunWindow::Run> runs_ahead_;  // those in the window first
  size_t loaded_ = 0, next_ = 0;                // of those in the window
  const int64_t group_bytes_max_, group_rows_max_;
  int64_t group_bytes_ = 0;  // of the rows in the encoder
};

class Gathering {
 public:
  Gathering(const ChunkContext& context, const PartOwner& owner, const GatherOptions& options)
      : context_(context),
        syncs_(context.env, context.plan.options.sync_threads),
        owner_{owner.input, owner.chunk, &syncs_},
        options_(options),
        queue_(RuleOf(context.plan)) {}

  struct Closing {
    std::vector<PartInfo> parts, replaced;
  };
  Result<Closing> Run(const std::vector<ChunkDone>& chunks) {
    ARROW_RETURN_NOT_OK(queue_.Open(context_.env, chunks));
    ARROW_ASSIGN_OR_RAISE(first_, queue_.Next());
    if (first_.partitions.empty()) return Closing{};
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
    ARROW_RETURN_NOT_OK(syncs_.Drain());
    return std::move(closing_);
  }

 private:
  // Empty when there is no more to do.
  Result<Share> Next() {
    const std::lock_guard lock(mutex_);
    if (!fault_.ok()) return Share{};
    if (!first_.partitions.empty()) return std::exchange(first_, {});
    return queue_.Next();
  }

  Status Work() {
    ARROW_ASSIGN_OR_RAISE(auto encoder,
                          MakeRowGroupEncoder(context_.file_schema, context_.plan.pipeline.parquet, context_.pool));
    PartGatherer gatherer(context_, std::move(encoder));
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const Share share, Next());
      if (share.partitions.empty()) return Status::OK();
      gatherer.Use(share.runs);
      for (const PartitionWork& work : share.partitions) {
        ARROW_ASSIGN_OR_RAISE(const auto folder, Begin(work));
        if (!folder) return Status::OK();
        PartSequence sequence(context_, owner_, work.partition, *folder);
        ARROW_RETURN_NOT_OK(gatherer.Write(work, context_.transaction, &sequence));
        ARROW_ASSIGN_OR_RAISE(auto parts, sequence.Finish());
        ARROW_RETURN_NOT_OK(Close(work, std::move(parts)));
      }
    }
  }

  // The folder to write to; none when another thread failed.
  Result<std::optional<std::string>> Begin(const PartitionWork& work) {
    const std::lock_guard lock(mutex_);
    if (!fault_.ok()) return std::nullopt;
    if (options_.cancelled && options_.cancelled()) return Fail(Reaction::kStopped, "stopped while gathering");
    return context_.transaction.StageDir(work.partition);
  }

  Status Close(const PartitionWork& work, std::vector<PartInfo> parts) {
    const std::lock_guard lock(mutex_);
    for (const PartInfo& part : parts) ARROW_RETURN_NOT_OK(options_.staged(part));
    std::move(parts.begin(), parts.end(), std::back_inserter(closing_.parts));
    for (const auto& group : work.joined) {
      closing_.replaced.insert(closing_.replaced.end(), group.begin(), group.end());
    }
    return Status::OK();
  }

  const ChunkContext& context_;
  SyncQueue syncs_;
  const PartOwner owner_;
  const GatherOptions& options_;
  std::mutex mutex_;  // of everything below and of the transaction
  PartitionQueue queue_;
  Share first_;  // taken before there are threads: most inputs have nothing to gather
  Closing closing_;
  Status fault_;
};

}  // namespace

Status GatherParts(const ChunkContext& context, size_t input, const std::vector<ChunkDone>& chunks,
                   const GatherOptions& options) {
  const auto index = static_cast<int32_t>(chunks.size());
  Gathering gathering(context, {context.plan.inputs[input], index}, options);
  ARROW_ASSIGN_OR_RAISE(auto closing, gathering.Run(chunks));
  if (closing.parts.empty()) return Status::OK();
  const auto order = [](const PartInfo& a, const PartInfo& b) {
    return std::tie(a.partition, a.chunk, a.file) < std::tie(b.partition, b.chunk, b.file);
  };
  std::sort(closing.replaced.begin(), closing.replaced.end(), order);
  SyncQueue none(context.env, 0);  // what was gathered is durable
  ChunkWriter writer(context, input, index, &none);
  writer.AddGathered(std::move(closing.parts), std::move(closing.replaced));
  const ChunkDone& last = chunks.back();
  ChunkEnd end;
  end.index = index;
  end.offset = last.offset + last.length;
  end.next = {last.next_morsel, end.offset, last.next_line};
  end.last = true;
  ARROW_RETURN_NOT_OK(writer.Seal(end));
  return writer.Commit().status();
}

}  // namespace freight
