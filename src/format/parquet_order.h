// Whether the rows of a row group stand in the order of some of its columns.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace freight {

// Values of one column, compared row by row. Thread: one caller.
class OrderedColumn {
 public:
  virtual ~OrderedColumn() = default;
  // The rows that follow those before; kept alive by the caller until Hold.
  virtual void Use(const arrow::Array& array) = 0;
  // Row `row` against the one before it, for 0 the row held: below, equal, or above 0 as that one is less than, equal
  // to, or greater than it, so that above 0 is out of order. Nulls come last, NaN has no order.
  virtual int Compare(int64_t row) const = 0;
  virtual void Hold(int64_t row) = 0;  // for the next array
};

class RowOrder {
 public:
  // Columns of the schema that are neither objects nor arrays; none: nothing is ordered.
  RowOrder(const arrow::Schema& schema, const std::vector<std::string>& columns);
  ~RowOrder();
  void Add(const arrow::RecordBatch& batch);
  // Whether all rows since the last call were in ascending order by the columns, the first one deciding first.
  bool Finish();

 private:
  bool FollowsInOrder(int64_t row) const;

  struct Column {
    int index;  // in the schema
    std::unique_ptr<OrderedColumn> values;
  };
  std::vector<Column> columns_;
  bool any_ = false;     // a row is held
  bool sorted_ = true;
};

// Which leaf of the file a flat column is: objects and arrays before it count with all of theirs.
int LeafIndex(const arrow::Schema& schema, const std::string& column);

}  // namespace freight
