// Places in the log, and the chunks that lie there.
#include "commit/pending_chunks.h"

#include "commit/replay.h"

#include <algorithm>

namespace freight {

void PendingChunks::Add(const ChunkRecord& record, const LogPlace& place) {
  std::vector<Place>& places = inputs_[record.chunk.input];
  FREIGHT_ASSERT(record.chunk.index == static_cast<int32_t>(places.size()));
  auto stage = std::find(stages_.begin(), stages_.end(), record.stage);
  if (stage == stages_.end()) stage = stages_.insert(stage, record.stage);
  places.push_back(
      {place.offset, static_cast<uint32_t>(place.bytes), static_cast<uint32_t>(stage - stages_.begin())});
}

int32_t PendingChunks::CountOf(const std::string& input) const {
  const auto places = inputs_.find(input);
  return places == inputs_.end() ? 0 : static_cast<int32_t>(places->second.size());
}

const std::string& PendingChunks::StageOf(const std::string& input, int32_t index) const {
  FREIGHT_ASSERT(index < CountOf(input));
  return stages_[inputs_.find(input)->second[static_cast<size_t>(index)].stage];
}

Status PendingChunks::Read(const std::vector<Place>& places, const DatasetLayout& layout, const ManifestLog& log,
                           std::vector<StagedChunk>* chunks) {
  for (const Place& place : places) {
    ARROW_ASSIGN_OR_RAISE(ChunkRecord record, log.ReadChunk({place.offset, place.bytes}));
    chunks->push_back({ResolvedChunk(layout, std::move(record.chunk)), std::move(record.stage)});
  }
  return Status::OK();
}

Result<std::vector<StagedChunk>> PendingChunks::Of(const std::string& input, const DatasetLayout& layout,
                                                   const ManifestLog& log) const {
  std::vector<StagedChunk> chunks;
  const auto places = inputs_.find(input);
  if (places != inputs_.end()) ARROW_RETURN_NOT_OK(Read(places->second, layout, log, &chunks));
  return chunks;
}

Result<std::vector<StagedChunk>> PendingChunks::All(const DatasetLayout& layout, const ManifestLog& log) const {
  std::vector<StagedChunk> chunks;
  for (const auto& [input, places] : inputs_) ARROW_RETURN_NOT_OK(Read(places, layout, log, &chunks));
  return chunks;
}

}  // namespace freight
