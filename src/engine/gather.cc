// A merge over bundles in partition order: each partition's rows in chunk order, then row order.
#include "engine/gather.h"

#include "sink/bundle.h"

#include <arrow/api.h>

namespace freight {
namespace {

class Gatherer {
 public:
  Gatherer(const ChunkContext& context, ChunkWriter* writer) : context_(context), writer_(*writer) {}

  Status OpenBundles(const std::vector<ChunkDone>& chunks) {
    for (const auto& chunk : chunks) {
      for (const auto& bundle : chunk.bundles) {
        ARROW_ASSIGN_OR_RAISE(auto reader, BundleReader::Open(context_.env, bundle.path, context_.file_schema));
        readers_.push_back(std::move(reader));
      }
    }
    return Status::OK();
  }

  Status Run() {
    ARROW_ASSIGN_OR_RAISE(encoder_,
                          MakeRowGroupEncoder(context_.file_schema, context_.plan.pipeline.parquet, context_.pool));
    while (const std::string* first = FirstPartition()) {
      const std::string partition = *first;
      ARROW_RETURN_NOT_OK(GatherPartition(partition));
    }
    return Status::OK();
  }

 private:
  const std::string* FirstPartition() const {
    const std::string* first = nullptr;
    for (const auto& reader : readers_) {
      if (!reader->at_end() && (!first || reader->partition() < *first)) first = &reader->partition();
    }
    return first;
  }

  Status GatherPartition(const std::string& partition) {
    for (auto& reader : readers_) {
      while (!reader->at_end() && reader->partition() == partition) {
        ARROW_ASSIGN_OR_RAISE(auto batch, reader->Take());
        ARROW_RETURN_NOT_OK(encoder_->Append(*batch));
        if (encoder_->rows() >= kGatherRowGroupRows) ARROW_RETURN_NOT_OK(FlushGroup(partition));
      }
    }
    ARROW_RETURN_NOT_OK(FlushGroup(partition));
    return writer_.ClosePartition(partition);
  }

  Status FlushGroup(const std::string& partition) {
    ARROW_ASSIGN_OR_RAISE(auto group, encoder_->Finish());
    return group ? writer_.AddGathered(partition, *group) : Status::OK();
  }

  const ChunkContext& context_;
  ChunkWriter& writer_;
  std::vector<std::unique_ptr<BundleReader>> readers_;
  std::unique_ptr<RowGroupEncoder> encoder_;
};

}  // namespace

Status GatherBundles(const ChunkContext& context, size_t input, const std::vector<ChunkDone>& chunks) {
  ChunkWriter writer(context, input, static_cast<int32_t>(chunks.size()));
  Gatherer gatherer(context, &writer);
  ARROW_RETURN_NOT_OK(gatherer.OpenBundles(chunks));
  ARROW_RETURN_NOT_OK(gatherer.Run());
  const ChunkDone& last = chunks.back();
  ChunkEnd end;
  end.index = static_cast<int32_t>(chunks.size());
  end.offset = last.offset + last.length;
  end.next = {last.next_morsel, end.offset, last.next_line};
  end.last = true;
  return writer.Commit(end).status();
}

}  // namespace freight
