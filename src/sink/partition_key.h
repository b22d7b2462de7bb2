// One partition field over one batch: which value each row has, and what each value is called in a path.
#pragma once

#include "base/status.h"
#include "sink/partition.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace freight {

// Rows of a batch by value: ids[row] indexes `names`. A name is the escaped directory value, nullopt when the value
// cannot name a directory. Different ids may have the same name only if both are nullopt.
struct FieldKeys {
  std::vector<uint32_t> ids;
  std::vector<std::optional<std::string>> names;
  bool same_names = false;  // as the last batch's; some of them may be no row's
};

// Computes keys batch after batch, reusing its memory. One per thread and field.
class KeyReader {
 public:
  virtual ~KeyReader() = default;
  // `array` is of the column's type, or dictionary(int32, utf8) for a string.
  virtual const FieldKeys& Read(const arrow::Array& array) = 0;
};
std::unique_ptr<KeyReader> MakeKeyReader(const PartitionField& field, const ColumnType& type);

}  // namespace freight
