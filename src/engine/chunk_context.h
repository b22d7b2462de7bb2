// What all chunks of a run share.
#pragma once

#include "commit/dataset.h"
#include "format/parquet_writer.h"
#include "plan/plan.h"

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

namespace freight {

struct ChunkContext {
  Env& env;
  const Plan& plan;
  Transaction& transaction;
  std::string run_id;
  std::string quarantine_dir;  // <quarantine.to>/date=.../run_id=..., joined with the pipeline's folder
  std::shared_ptr<arrow::Schema> file_schema;
  arrow::MemoryPool* pool;
  std::shared_ptr<PageTools> tools;  // of the thread that writes chunks
};

}  // namespace freight
