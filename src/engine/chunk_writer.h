// Writes one chunk: a part file per partition, its quarantine file, and at the end the chunk's record.
#pragma once

#include "engine/morsel_worker.h"
#include "engine/part_file.h"
#include "sink/bundle.h"
#include "sink/quarantine_writer.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace freight {

// A partition's writer holds a buffer and its row groups' metadata; the least recently used one is finished early and
// its partition gets another part file.
inline constexpr int64_t kOpenPartsMax = 32;

// Thread: the sequencer's. Results come in morsel order, so the bytes depend on the input and the plan only.
class ChunkWriter {
 public:
  // `syncs` makes the files durable.
  ChunkWriter(const ChunkContext& context, size_t input, int32_t chunk, SyncQueue* syncs);
  Status Add(MorselResult result);
  // Of an input's closing record (engine/gather.h): parts of rows that were counted when their bundle or the parts that
  // are replaced were committed.
  void AddGathered(std::vector<PartInfo> parts, std::vector<PartInfo> replaced);
  // Finishes all files, which become durable while the next chunk is written.
  Status Seal(const ChunkEnd& end);
  // Commits the sealed chunk. Waits for its files: durable when this returns.
  Result<ChunkDone> Commit();

 private:
  struct OpenPart {
    std::unique_ptr<PartFile> file;
    int64_t last_used = 0;
  };
  using OpenParts = std::map<std::string, OpenPart>;
  Result<OpenParts::iterator> PartFor(const std::string& partition);
  Status FinishPart(OpenParts::iterator part);
  Result<std::unique_ptr<WritableFile>> OpenDeferred(const std::string& path);
  Status Bundle(ScatteredRows rows);
  Status FinishBundle();
  Status Quarantine(const MorselResult& result);
  Status OpenQuarantine();
  Status FinishQuarantine();

  const ChunkContext& context_;
  const PlannedInput& input_;
  SyncQueue* const syncs_;
  ChunkDone done_;
  OpenParts parts_;
  int64_t uses_ = 0;
  int64_t files_opened_ = 0;
  std::unique_ptr<BundleWriter> bundle_;
  std::string bundle_path_;
  FailureCounts bad_by_rule_;
  std::unique_ptr<QuarantineWriter> quarantine_;
  std::string quarantine_path_;
};

}  // namespace freight
