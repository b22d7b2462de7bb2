// Open, append, finish: one data file.
#include "engine/part_file.h"

#include "base/hash.h"

namespace freight {

Result<std::unique_ptr<PartFile>> PartFile::Open(const ChunkContext& context, const PartOwner& owner,
                                                 const std::string& folder, int64_t number) {
  std::unique_ptr<PartFile> part(new PartFile(context, owner));
  part->path_ = JoinPath(
      folder, fmt::format("open-{}-{:05}-{}.inprogress", owner.input.version.Id(), owner.chunk, number));
  ARROW_ASSIGN_OR_RAISE(auto out, context.env.OpenWrite(part->path_, CreateMode::kNew));
  if (owner.syncs) out = owner.syncs->Defer(std::move(out));
  ARROW_ASSIGN_OR_RAISE(part->file_, MakeParquetFile(std::move(out), context.file_schema,
                                                     context.plan.pipeline.parquet, context.pool));
  return part;
}

Status PartFile::Append(EncodedRowGroup& group) {
  ++row_groups_;
  return file_->Append(group);
}

bool PartFile::full() const {
  const auto& target = context_.plan.pipeline.file_bytes;
  return holds_most_row_groups() || (target && file_->bytes_written() >= *target);
}

Result<PartInfo> PartFile::Finish(const std::string& partition, int64_t before) {
  ARROW_ASSIGN_OR_RAISE(FinishedFile finished, file_->Finish());
  const std::string name_hash =
      before == 0 ? finished.content_hash : HashHex(fmt::format("{}:{}", finished.content_hash, before));
  PartInfo info;
  info.partition = partition;
  info.file =
      fmt::format("part-{}-{:05}-{}.parquet", owner_.input.version.Id(), owner_.chunk, name_hash.substr(0, 16));
  info.input = owner_.input.version.name;
  info.chunk = owner_.chunk;
  info.rows = finished.rows;
  info.bytes = finished.bytes;
  info.content_hash = finished.content_hash;
  ARROW_RETURN_NOT_OK(context_.env.Rename(path_, JoinPath(ParentPath(path_), info.file + ".inprogress"),
                                          RenameMode::kNoReplace));
  return info;
}

}  // namespace freight
