// The one kind of EncodedRowGroup: what RowGroupEncoder makes and ParquetFile takes apart.
#pragma once

#include "format/parquet_pages.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace freight {

class PagedRowGroup final : public EncodedRowGroup {
 public:
  PagedRowGroup(int64_t rows, std::vector<EncodedColumn> columns, bool sorted)
      : rows_(rows), columns_(std::move(columns)), sorted_(sorted) {}
  int64_t rows() const override { return rows_; }
  int64_t bytes() const override {
    int64_t total = 0;
    for (const EncodedColumn& column : columns_) total += column.bytes();
    return total;
  }
  std::vector<EncodedColumn>& columns() { return columns_; }
  bool sorted() const { return sorted_; }  // its rows stand in the order of options.sorted_by

 private:
  const int64_t rows_;
  std::vector<EncodedColumn> columns_;
  const bool sorted_;
};

}  // namespace freight
