// One column of a row group being encoded: arrays in, finished pages out.
#pragma once

#include "base/status.h"
#include "format/parquet_pages.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace freight {

class ColumnEncoder {
 public:
  virtual ~ColumnEncoder() = default;
  // An array of the field's type; for strings also dictionary(int32, utf8). Without nulls if the field is required.
  virtual Status Append(const arrow::Array& array) = 0;
  // Appends the pages of all rows since the last Finish, one EncodedColumn for each leaf of the field, depth first.
  // Gives the page memory back.
  virtual Status Finish(std::vector<EncodedColumn>* leaves) = 0;
};

// `compressor` is shared by the columns of a row group and must outlive them. Fails on types that are not written.
Result<std::unique_ptr<ColumnEncoder>> MakeColumnEncoder(const arrow::Field& field, PageCompressor* compressor);
// For utf8 and binary.
std::unique_ptr<ColumnEncoder> MakeBytesColumn(const arrow::Field& field, PageCompressor* compressor);

// For struct and list: levels and leaves.
Result<std::unique_ptr<ColumnEncoder>> MakeNestedColumn(const arrow::Field& field, PageCompressor* compressor);

// Nulls in a range of an array; `*validity` becomes null when there are none.
int64_t NullsInRange(const arrow::ArrayData& data, int64_t at, int64_t rows, const uint8_t** validity);

}  // namespace freight
