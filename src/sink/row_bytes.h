// Rows as bytes: slices of a few rows each, so that the rows of one partition can be put together from anywhere.
//
//   slice   := rows:u16le column*    a column for each field of the schema
//   column  := nulls, then by type, of the rows that are not null,
//              fixed width up to 8 bytes, bool: numbers | 16 bytes wide: the bytes that Arrow keeps
//              utf8, binary: 0:u8 numbers (the lengths), then the bytes of all
//                            | words:u8 numbers (their lengths), their bytes, then the number of its word:u8 for each;
//                            nothing when all are null
//              list: numbers (the lengths), then a column of all items
//              struct: a column for each field, of all rows; where the struct is null, so are its fields
//   nulls   := 0:u8 when no row is null | 1:u8, then a bit per row, 1 = not null, lowest first, in whole bytes
//   numbers := form:u8 base offset*    nothing when there are none. form: bytes of base + 9 x bytes of an offset + 81 x
//              unit; a number is base, sign-extended, + offset x 1, 1000 or 1000000 for unit 0, 1, 2; floats as the
//              integers of the same bits
// Dictionary columns are utf8 or binary. The bytes do not say their schema.
#pragma once

#include "base/status.h"

#include <arrow/buffer.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace freight {

// Rows of one of the batches that a RowWriter holds.
struct RowPick {
  size_t batch;
  int64_t begin, count;
  int64_t end() const { return begin + count; }
};

// Thread: one caller.
class RowWriter {
 public:
  RowWriter();
  ~RowWriter();
  // One more batch, the next from 0 on, that rows are taken from until Release; its columns are kept alive. All have
  // one schema, but strings may come as a dictionary or not.
  Status Hold(const arrow::RecordBatch& batch);
  void Release();
  // The rows in this order, behind what `out` holds.
  Status Append(std::span<const RowPick> picks, arrow::BufferBuilder* out);

 private:
  class Column;
  Status PutSlice(int64_t* rows, arrow::BufferBuilder* out);
  std::vector<Column> columns_;
  std::vector<RowPick> slice_;
};

// Thread: one caller.
class RowReader {
 public:
  RowReader(std::shared_ptr<arrow::Schema> schema, arrow::MemoryPool* pool);
  ~RowReader();
  // Takes rows off the front of `bytes` until it holds `rows_max` rows or at least `bytes_max` bytes of them since the
  // last Finish, or they are used up. When that ends inside a slice, `bytes` keeps the slice: the next call must begin
  // with it. Fails (kCorrupt) when the bytes end inside a slice.
  Status Append(int64_t rows_max, int64_t bytes_max, std::span<const uint8_t>* bytes);
  int64_t rows() const { return rows_; }
  // Of the rows since the last Finish. A function of the rows alone, not of how they were cut into slices: the widths
  // of fixed columns, null or not, and for strings and lists their bytes and items and one more for each.
  int64_t bytes() const { return bytes_; }
  // All rows since the last Finish.
  Result<std::shared_ptr<arrow::RecordBatch>> Finish();

 private:
  class Column;
  Result<std::span<const uint8_t>> TakeSlice(std::span<const uint8_t> bytes);
  int64_t EndOfBatch(int64_t rows_max, int64_t bytes_max) const;
  int64_t BytesTo(int64_t row) const;
  const std::shared_ptr<arrow::Schema> schema_;
  std::vector<Column> columns_;
  // The columns may begin with rows that were given away before and end with rows that belong to the next batch.
  int64_t first_ = 0;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
  int64_t decoded_ = 0;     // rows in the columns
  int64_t slice_rows_ = 0;  // of the last slice
  int64_t given_ = 0;       // rows of the slice that the next call begins with
};

}  // namespace freight
