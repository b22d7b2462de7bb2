// How Freight's column types stand in a Parquet file: physical type, logical type and order of values.
#pragma once

#include "base/status.h"

#include <arrow/type_fwd.h>
#include <parquet/schema.h>

#include <memory>

namespace freight {

// Bytes of a FIXED_LEN_BYTE_ARRAY that holds every decimal of this precision.
int DecimalBytes(int precision);

// The schema's root node. Fails (kInvalid) on a type that Freight never writes and names the column.
Result<parquet::schema::NodePtr> ToParquetSchema(const arrow::Schema& schema);

}  // namespace freight
