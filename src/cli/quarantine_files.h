// Which quarantine files a dataset has: those in its folder, and what became of those that the log counts on.
#pragma once

#include "io/env.h"
#include "plan/pipeline.h"

#include <string>
#include <vector>

namespace freight {

struct QuarantinePath {
  // Of <folder>/date=<date>/run_id=<run_id>/<name>.parquet; the last two "" where not known.
  std::string path, date, run_id;
  Status fault;                    // why it cannot be read: gone, another size than the run wrote, no permission
};

// Oldest first. `folder` is the quarantine's, `root` the dataset's. Never fails as a whole: what cannot be listed
// stands among the files with its fault.
std::vector<QuarantinePath> FindQuarantineFiles(Env& env, const std::string& folder, const std::string& root);

// Keeps the files of one run, named by its id or the first letters of it; all of them when `wanted` is empty. Faults
// that may be of any run stay.
Status KeepRun(const std::string& wanted, std::vector<QuarantinePath>* files);

}  // namespace freight
