// Rows of an array in another order, by hand for the types that Freight writes; dictionaries stay as they are.
#pragma once

#include "base/status.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>

namespace freight {

// Row i of the result is row rows[i] of `array`. Fixed-width types, bool, utf8, binary, dictionary(int32, ...),
// and structs and lists of them.
Result<std::shared_ptr<arrow::Array>> GatherRows(const arrow::Array& array, std::span<const int32_t> rows,
                                                 arrow::MemoryPool* pool);

}  // namespace freight
