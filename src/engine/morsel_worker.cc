// Decode, judge, split, encode: everything that happens to a row before its chunk is written.
#include "engine/morsel_worker.h"

#include <arrow/api.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <utility>

namespace freight {
namespace {

// A batch that touches more partitions than this would make row groups of a few hundred rows: its morsel goes into
// the chunk's bundle. Judged on the morsel's first batch, so that it depends on the data alone.
constexpr size_t kDirectPartitionsMax = 16;
// Batches are held until their morsel is done, or they take this much: the more rows of a partition stand together, the
// less each of them costs.
constexpr int64_t kHeldBytesMax = 5 << 20;

QuarantineEncoder::TakeGroup KeepIn(QuarantineEncoder::RowGroups* groups) {
  return [groups](std::unique_ptr<EncodedRowGroup> group) {
    groups->push_back(std::move(group));
    return Status::OK();
  };
}

}  // namespace

Result<std::unique_ptr<MorselWorker>> MorselWorker::Make(const Plan& plan, const std::string& run_id,
                                                         arrow::MemoryPool* pool, arrow::MemoryPool* finished) {
  std::unique_ptr<MorselWorker> worker(new MorselWorker(plan, run_id, pool));
  worker->tools_ = MakePageTools(pool, finished);
  ARROW_ASSIGN_OR_RAISE(worker->quarantine_, MakeQuarantineEncoder(plan.contract, QuarantineEncoder::kManySlices, pool,
                                                                   worker->tools_));
  ARROW_ASSIGN_OR_RAISE(worker->splitter_, MakePartitionSplitter(plan.pipeline.partition_by, plan.contract));
  return worker;
}

Result<MorselResult> MorselWorker::Process(Task task) {
  ARROW_RETURN_NOT_OK(UseInput(task.turn.input));
  scattered_.reset();
  quarantine_context_ = {plan_.inputs[task.turn.input].version.name, run_id_, task.chunk};
  MorselResult result;
  result.bad = BadRecords(pool_);
  result.bytes = task.morsel->length;
  ARROW_RETURN_NOT_OK(decoder_->Decode(
      *task.morsel, [&](DecodedBatch&& batch) { return TakeBatch(std::move(batch), &result); }));
  ARROW_RETURN_NOT_OK(FinishPieces(&result));
  ARROW_RETURN_NOT_OK(quarantine_->FinishGroup(quarantine_context_, &result.bad, KeepIn(&result.bad_groups)));
  if (result.bad.empty()) result.bad.Release();  // the room for them need not wait
  result.charge = std::move(task.morsel->charge);
  task.morsel.reset();  // the text is freed before the result waits
  int64_t held = 0;
  for (const auto& piece : result.pieces) held += piece.group->bytes();
  if (result.scattered.bytes) held += result.scattered.bytes->capacity();
  for (const auto& group : result.bad_groups) held += group->bytes();
  held += result.bad.held_bytes();
  result.charge.Resize(held);
  return result;
}

Status MorselWorker::UseInput(size_t input) {
  if (decoder_input_ == input) return Status::OK();
  decoder_.reset();  // first: beside the old one, the new one would lie where nothing has been yet, input after input
  constexpr int64_t kBadAhead = 512;  // half a slice of their row group
  DecoderOptions options;
  options.pool = pool_;
  options.bad_ahead = plan_.pipeline.partition_by.empty() ? kBadAhead : 0;
  const PlannedInput& planned = plan_.inputs[input];
  ARROW_ASSIGN_OR_RAISE(decoder_,
                        plan_.pipeline.format->MakeDecoder(planned.file, planned.header, plan_.contract, options));
  decoder_input_ = input;
  return Status::OK();
}

Status MorselWorker::TakeBatch(DecodedBatch&& batch, MorselResult* result) {
  result->rows.in += batch.records;
  result->rows.filtered += batch.filtered;
  result->rows.blank_lines += batch.blank_lines;
  result->rows.comments += batch.comments;
  result->rows.quarantined += batch.bad.size();
  CountByRule(batch.bad, &result->bad_by_rule);
  std::optional<SplitBatch> split;
  if (batch.accepted && batch.accepted->num_rows() > 0) {
    std::vector<PartitionSplitter::Unnameable> unnameable;
    ARROW_ASSIGN_OR_RAISE(split, splitter_->Split(batch.accepted, &unnameable));
    ARROW_RETURN_NOT_OK(Quarantine(unnameable, &batch.bad, result));
  }
  ARROW_RETURN_NOT_OK(quarantine_->Add(quarantine_context_, batch.bad, &result->bad, KeepIn(&result->bad_groups)));
  batch.bad.Release();
  if (!split) return Status::OK();
  if (!scattered_) scattered_ = split->parts.size() > kDirectPartitionsMax;
  KeepInScope(&*split, result);
  return *scattered_ ? Scatter(std::move(*split), result) : Encode(*split);
}

Status MorselWorker::Quarantine(const std::vector<PartitionSplitter::Unnameable>& unnameable, BadRecords* records,
                                MorselResult* result) {
  for (const auto& bad : unnameable) {
    BadRecord record = decoder_->Locate(bad.row);
    const std::string& source = plan_.pipeline.partition_by[bad.field].source;
    const auto& columns = plan_.contract.columns;
    const auto column = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == source; });
    Failure failure;
    failure.column = static_cast<int>(column - columns.begin());
    failure.reason = Reason::kPartitionValue;
    failure.expected = "a value that can name a folder: 1 to 255 bytes, no NUL";
    ++result->bad_by_rule[{failure.column, failure.reason}];
    record.failures.push_back(std::move(failure));
    ARROW_RETURN_NOT_OK(records->Insert(record));
    result->rows.quarantined++;
  }
  return Status::OK();
}

void MorselWorker::KeepInScope(SplitBatch* split, MorselResult* result) const {
  std::erase_if(split->parts, [&](const SplitBatch::Part& part) {
    const bool in_scope = InScope(part.path);
    (in_scope ? result->rows.published : result->rows.filtered) += part.rows;
    return !in_scope;
  });
}

bool MorselWorker::InScope(const std::string& partition) const {
  const auto& scope = plan_.request.scope;
  return scope.empty() || std::any_of(scope.begin(), scope.end(), [&](const std::string& wanted) {
           return partition == wanted || partition.starts_with(wanted + "/");
         });
}

Status MorselWorker::Encode(const SplitBatch& split) {
  ARROW_ASSIGN_OR_RAISE(const auto slices, SlicesOf(split, pool_));
  for (const PartitionSlice& slice : slices) {
    auto& encoder = open_[slice.path];
    if (!encoder && !idle_.empty()) {
      encoder = std::move(idle_.back());
      idle_.pop_back();
    }
    if (!encoder) {
      ARROW_ASSIGN_OR_RAISE(encoder, MakeRowGroupEncoder(splitter_->file_schema(), plan_.pipeline.parquet, tools_));
    }
    ARROW_RETURN_NOT_OK(encoder->Append(*slice.rows));
  }
  return Status::OK();
}

Status MorselWorker::Scatter(SplitBatch split, MorselResult* result) {
  if (split.parts.empty()) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(const auto rows, InPartitionOrder(split, pool_));
  ARROW_RETURN_NOT_OK(row_writer_.Hold(*rows));
  held_bytes_ += arrow::util::TotalBufferSize(*rows);
  held_.push_back(std::move(split.parts));
  return held_bytes_ < kHeldBytesMax ? Status::OK() : WriteHeld(result);
}

// A run for each partition, in order of path, with its rows of all batches.
Status MorselWorker::WriteHeld(MorselResult* result) {
  if (held_.empty()) return Status::OK();
  if (scattered_bytes_.length() == 0) ARROW_RETURN_NOT_OK(scattered_bytes_.Reserve(scattered_bytes_hint_));
  std::vector<size_t> next(held_.size(), 0);
  std::vector<RowPick> picks;
  while (true) {
    const std::string* path = nullptr;
    for (size_t i = 0; i < held_.size(); ++i) {
      if (next[i] == held_[i].size()) continue;
      const std::string& candidate = held_[i][next[i]].path;
      if (path == nullptr || candidate < *path) path = &candidate;
    }
    if (path == nullptr) break;
    picks.clear();
    int64_t rows = 0;
    for (size_t i = 0; i < held_.size(); ++i) {
      if (next[i] == held_[i].size() || held_[i][next[i]].path != *path) continue;
      const SplitBatch::Part& part = held_[i][next[i]++];
      picks.push_back({i, part.start, part.rows});
      rows += part.rows;
    }
    const int64_t offset = scattered_bytes_.length();
    ARROW_RETURN_NOT_OK(row_writer_.Append(picks, &scattered_bytes_));
    result->scattered.runs.push_back({*path, offset, scattered_bytes_.length() - offset, rows});
  }
  row_writer_.Release();
  held_.clear();
  held_bytes_ = 0;
  return Status::OK();
}

Status MorselWorker::FinishPieces(MorselResult* result) {
  // Encoders keep their buffers: a few are worth keeping, a thousand partitions' worth is not.
  constexpr size_t kIdleEncodersMax = 4;
  for (auto& [partition, encoder] : open_) {
    ARROW_ASSIGN_OR_RAISE(auto group, encoder->Finish());
    if (group) result->pieces.push_back({partition, std::move(group)});
    if (idle_.size() < kIdleEncodersMax) idle_.push_back(std::move(encoder));
  }
  open_.clear();
  ARROW_RETURN_NOT_OK(WriteHeld(result));
  if (scattered_bytes_.length() == 0) return Status::OK();
  scattered_bytes_hint_ = scattered_bytes_.length() + scattered_bytes_.length() / 16;
  // Not shrunk: that would copy them all.
  return scattered_bytes_.Finish(/*shrink_to_fit=*/false).Value(&result->scattered.bytes);
}

}  // namespace freight
