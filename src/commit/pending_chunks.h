// The chunks that a run has committed and not yet published. They are durable in the run's log and are read there again
// when they are needed; memory holds where, so that it does not grow with an input by what is said about each chunk.
#pragma once

#include "commit/manifest_log.h"
#include "commit/staging.h"

#include <map>
#include <string>
#include <vector>

namespace freight {

class PendingChunks {
 public:
  // Chunks of an input come in the order of their indexes, from 0.
  void Add(const ChunkRecord& record, const LogPlace& place);
  int32_t CountOf(const std::string& input) const;
  // The folder of the attempt that wrote the chunk, which must be there.
  const std::string& StageOf(const std::string& input, int32_t index) const;
  // By index. `log` is the one that the places are of.
  Result<std::vector<StagedChunk>> Of(const std::string& input, const DatasetLayout& layout,
                                      const ManifestLog& log) const;
  // By input, then by index.
  Result<std::vector<StagedChunk>> All(const DatasetLayout& layout, const ManifestLog& log) const;

 private:
  struct Place {
    int64_t offset = 0;
    uint32_t bytes = 0;  // kRecordBytesMax fits
    uint32_t stage = 0;  // into stages_
  };
  static Status Read(const std::vector<Place>& places, const DatasetLayout& layout, const ManifestLog& log,
                     std::vector<StagedChunk>* chunks);

  std::map<std::string, std::vector<Place>> inputs_;
  std::vector<std::string> stages_;  // a run adds one; those before are of attempts that it resumes
};

}  // namespace freight
