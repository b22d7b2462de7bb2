// One chunk's files, in morsel order.
#include "engine/chunk_writer.h"

#include "base/hash.h"

#include <arrow/api.h>

#include <algorithm>

namespace freight {
namespace {

std::string RuleKey(const Contract& contract, int column, Reason reason) {
  const std::string name = column < 0 ? "" : contract.columns[static_cast<size_t>(column)].name;
  return fmt::format("{}:{}:{}", name, RuleWord(reason), ReasonWord(reason));
}

}  // namespace

ChunkWriter::ChunkWriter(const ChunkContext& context, size_t input, int32_t chunk, SyncQueue* syncs)
    : context_(context), input_(context.plan.inputs[input]), syncs_(syncs) {
  done_.input = input_.version.name;
  done_.stat = input_.version.stat;
  done_.index = chunk;
}

Status ChunkWriter::Add(MorselResult result) {
  done_.rows += result.rows;
  for (auto& piece : result.pieces) {
    ARROW_ASSIGN_OR_RAISE(const auto part, PartFor(piece.partition));
    ARROW_RETURN_NOT_OK(part->second.file->Append(*piece.group));
    piece.group.reset();
    if (part->second.file->full()) ARROW_RETURN_NOT_OK(FinishPart(part));
  }
  ARROW_RETURN_NOT_OK(Bundle(std::move(result.scattered)));
  return Quarantine(result);
}

void ChunkWriter::AddGathered(std::vector<PartInfo> parts, std::vector<PartInfo> replaced) {
  done_.gathered = true;
  done_.parts = std::move(parts);
  done_.replaced = std::move(replaced);
}

Status ChunkWriter::Bundle(ScatteredRows rows) {
  if (rows.runs.empty()) return Status::OK();
  if (!bundle_) {
    ARROW_ASSIGN_OR_RAISE(std::string folder, context_.transaction.BundleDir());
    bundle_path_ = JoinPath(folder, fmt::format("bundle-{}-{:05}", input_.version.Id(), done_.index));
    ARROW_ASSIGN_OR_RAISE(auto out, OpenDeferred(bundle_path_ + ".inprogress"));
    bundle_ = std::make_unique<BundleWriter>(std::move(out));
  }
  return bundle_->Append(std::move(rows));
}

Result<std::unique_ptr<WritableFile>> ChunkWriter::OpenDeferred(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto out, context_.env.OpenWrite(path, CreateMode::kNew));
  return syncs_->Defer(std::move(out));
}

Status ChunkWriter::FinishBundle() {
  if (!bundle_) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(FinishedFile finished, bundle_->Finish());
  done_.bundles.push_back({bundle_path_, finished.rows, finished.bytes});
  return Status::OK();
}

Result<ChunkWriter::OpenParts::iterator> ChunkWriter::PartFor(const std::string& partition) {
  auto found = parts_.find(partition);
  if (found == parts_.end()) {
    if (static_cast<int64_t>(parts_.size()) >= kOpenPartsMax) {
      auto oldest = std::min_element(parts_.begin(), parts_.end(),
                                     [](auto& a, auto& b) { return a.second.last_used < b.second.last_used; });
      ARROW_RETURN_NOT_OK(FinishPart(oldest));
    }
    ARROW_ASSIGN_OR_RAISE(std::string folder, context_.transaction.StageDir(partition));
    OpenPart part;
    ARROW_ASSIGN_OR_RAISE(part.file, PartFile::Open(context_, {input_, done_.index, syncs_}, folder, files_opened_++));
    found = parts_.emplace(partition, std::move(part)).first;
  }
  found->second.last_used = ++uses_;
  return found;
}

Status ChunkWriter::FinishPart(OpenParts::iterator part) {
  const auto& [partition, open] = *part;
  const auto before = std::count_if(done_.parts.begin(), done_.parts.end(),
                                    [&](const PartInfo& p) { return p.partition == part->first; });
  ARROW_ASSIGN_OR_RAISE(PartInfo info, open.file->Finish(partition, before));
  done_.parts.push_back(std::move(info));
  parts_.erase(part);
  return Status::OK();
}

Status ChunkWriter::Quarantine(const MorselResult& result) {
  for (const auto& [rule, rows] : result.bad_by_rule) bad_by_rule_[rule] += rows;
  if (result.bad_groups.empty() && result.bad.empty()) return Status::OK();
  if (!quarantine_) ARROW_RETURN_NOT_OK(OpenQuarantine());
  for (const auto& group : result.bad_groups) ARROW_RETURN_NOT_OK(quarantine_->Append(*group));
  return quarantine_->Append(result.bad);
}

Status ChunkWriter::OpenQuarantine() {
  ARROW_RETURN_NOT_OK(MakeDirs(context_.env, context_.quarantine_dir, true));
  quarantine_path_ =
      JoinPath(context_.quarantine_dir, fmt::format("part-{}-{:05}.parquet", input_.version.Id(), done_.index));
  ARROW_ASSIGN_OR_RAISE(auto out, OpenDeferred(quarantine_path_ + ".inprogress"));
  QuarantineContext where{input_.version.name, context_.run_id, done_.index};
  return MakeQuarantineWriter(std::move(out), context_.plan.contract, where, context_.pool, context_.tools)
      .Value(&quarantine_);
}

Status ChunkWriter::FinishQuarantine() {
  for (const auto& [rule, rows] : bad_by_rule_) {
    done_.bad_by_rule[RuleKey(context_.plan.contract, rule.first, rule.second)] += rows;
  }
  bad_by_rule_.clear();
  if (!quarantine_) return Status::OK();
  ARROW_ASSIGN_OR_RAISE(FinishedFile finished, quarantine_->Finish());
  done_.quarantine.push_back({quarantine_path_, finished.rows, finished.bytes, finished.content_hash});
  return Status::OK();
}

Status ChunkWriter::Seal(const ChunkEnd& end) {
  while (!parts_.empty()) ARROW_RETURN_NOT_OK(FinishPart(parts_.begin()));
  ARROW_RETURN_NOT_OK(FinishBundle());
  ARROW_RETURN_NOT_OK(FinishQuarantine());
  std::sort(done_.parts.begin(), done_.parts.end(), [](const PartInfo& a, const PartInfo& b) {
    return std::tie(a.partition, a.file) < std::tie(b.partition, b.file);
  });
  done_.offset = end.offset;
  done_.length = end.length;
  done_.next_line = end.next.line;
  done_.next_morsel = end.next.morsel_index;
  done_.content_hash = end.content_hash;
  done_.last = end.last;
  const FileStat& stat = done_.stat;
  done_.chunk_id = HashHex(fmt::format("{}|{}|{}|{}:{}:{}:{}|{}+{}", context_.plan.pipeline.dataset,
                                       context_.plan.request.plan_hash, done_.input, stat.size_bytes, stat.mtime_ns,
                                       stat.ctime_ns, stat.inode, done_.offset, done_.length));
  return Status::OK();
}

Result<ChunkDone> ChunkWriter::Commit() {
  ARROW_RETURN_NOT_OK(syncs_->Drain());
  ARROW_RETURN_NOT_OK(context_.transaction.CommitChunk(done_));
  return done_;
}

}  // namespace freight
