// Row groups back from a file that MakeParquetFile wrote, as it took them: pages are not decoded, so that joining files
// costs a copy.
#pragma once

#include "format/parquet_writer.h"

#include <cstdint>
#include <memory>
#include <string>

namespace freight {

// Thread: one caller.
class StoredRowGroups {
 public:
  virtual ~StoredRowGroups() = default;
  virtual int count() const = 0;
  // Holds the row group's bytes, from the pool, until it is appended. Its page checksums are verified.
  virtual Result<std::unique_ptr<EncodedRowGroup>> Load(int index) = 0;
};
// Errors: kCorrupt when the file is not whole, those of Env otherwise.
Result<std::unique_ptr<StoredRowGroups>> OpenStoredRowGroups(Env& env, const std::string& path,
                                                             arrow::MemoryPool* pool);

}  // namespace freight
