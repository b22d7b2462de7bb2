// Steps P1 to P6: from staged parts to partitions that readers see.
#pragma once

#include "commit/decide.h"
#include "commit/manifest_log.h"
#include "commit/replay.h"
#include "io/sync_queue.h"

#include <map>
#include <set>
#include <string>

namespace freight {

struct PublishContext {
  Env& env;
  const DatasetLayout& layout;
  SyncQueue& syncs;
};

// Before P1: completes the staged directories of `intent` with hard links (or copies) of the files that they do not
// hold yet, the live parts that stay and the parts that earlier attempts staged. `stage_of` names the attempt by
// "partition/file". kFailed when a live partition holds a file that is not ours, which the swap would take along.
Status AssembleStage(const PublishContext& in, const IntentRecord& intent, const DatasetState& live,
                     const std::map<std::string, std::string>& stage_of);

// P2 to P5 of every partition that is not published yet, then the record that ends the run. `intent` is in the log.
// Used by the run itself and by recovery: may be repeated from any point at which it was cut off.
Status PublishPartitions(const PublishContext& in, ManifestLog& log, const std::string& dataset,
                         const IntentRecord& intent, const std::set<std::string>& swapped);

// P2 and P3 alone, of all partitions: what a run that forgets P1 would do.
Status SwapPartitions(const PublishContext& in, ManifestLog& log, const std::string& dataset,
                      const IntentRecord& intent);

}  // namespace freight
