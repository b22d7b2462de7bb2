// A file of Env as Arrow's readers want it.
#pragma once

#include "base/status.h"
#include "io/env.h"

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>

namespace freight {

// Thread: ReadAt from any thread. Its buffers come from `pool`, null: Arrow's default.
Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenRandomAccess(Env& env, const std::string& path,
                                                                      arrow::MemoryPool* pool = nullptr);

}  // namespace freight
