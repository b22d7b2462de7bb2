// One data file while it is written: Parquet under an open name, then under a name made of its content.
#pragma once

#include "engine/chunk_context.h"
#include "format/parquet_writer.h"
#include "io/sync_queue.h"

#include <cstdint>
#include <memory>
#include <string>

namespace freight {

// Whose part it is. The values outlive the file.
struct PartOwner {
  const PlannedInput& input;
  int32_t chunk = 0;
  SyncQueue* syncs = nullptr;  // makes the file durable, not Finish, when there is one
};

// Thread: one caller.
class PartFile {
 public:
  // In `folder`, the partition's staged directory. `number` keeps those apart that are open
  // in it at the same time.
  static Result<std::unique_ptr<PartFile>> Open(const ChunkContext& context, const PartOwner& owner,
                                                const std::string& folder, int64_t number);
  Status Append(EncodedRowGroup& group);
  // Reached to.file_size, or the most row groups that a file can have: the partition's next one begins another file.
  bool full() const;
  bool holds_most_row_groups() const { return row_groups_ >= kRowGroupsMax; }
  // Synced (but see PartOwner) and renamed, but still "in progress" until the chunk is committed. `before` is how many
  // files of this chunk the partition has already: they can even be equal, so it keeps their names apart.
  Result<PartInfo> Finish(const std::string& partition, int64_t before);

 private:
  PartFile(const ChunkContext& context, const PartOwner& owner) : context_(context), owner_(owner) {}
  const ChunkContext& context_;
  const PartOwner owner_;
  std::unique_ptr<ParquetFile> file_;
  std::string path_;
  int64_t row_groups_ = 0;
};

}  // namespace freight
