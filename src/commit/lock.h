// The lock of a dataset: one run at a time, and a word for the second one about who holds it.
#pragma once

#include "commit/dataset.h"
#include "commit/layout.h"

#include <memory>

namespace freight {

// The state folder must exist. kTransient when another run holds the lock, naming its run, host, pid and start.
Result<std::unique_ptr<FileLock>> AcquireLock(Env& env, const DatasetLayout& layout, const RunRequest& request);

}  // namespace freight
