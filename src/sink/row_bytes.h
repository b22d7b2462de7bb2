// Rows as bytes, one after the other, so that the rows of one partition can be put together from anywhere.
//
//   row    := the schema's fields as a struct
//   struct := null bits, one per field, least significant first, in whole bytes; then each field that is not null
//   value  := fixed width: the bytes that Arrow keeps | bool: one byte | utf8, binary: length bytes | struct | list
//   list   := length, null bits of the items as above, then each item that is not null
//   length := u8 below 255, else 255 u32le
// Dictionary columns are written as their words. The bytes do not say their schema.
#pragma once

#include "base/status.h"

#include <arrow/buffer.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace freight {

// Thread: one caller.
class RowWriter {
 public:
  RowWriter();
  ~RowWriter();
  // The batch that rows are taken from, until the next one; kept alive.
  void Use(std::shared_ptr<arrow::RecordBatch> batch);
  // Rows of the batch in this order, behind what `out` holds.
  Status Append(std::span<const int32_t> rows, arrow::BufferBuilder* out) const;
  Status Append(int32_t first_row, int32_t rows, arrow::BufferBuilder* out) const;

 private:
  struct Column;
  Status AppendRow(int32_t row, arrow::BufferBuilder* out) const;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::unique_ptr<Column> root_;
};

// Thread: one caller.
class RowReader {
 public:
  RowReader(std::shared_ptr<arrow::Schema> schema, arrow::MemoryPool* pool);
  ~RowReader();
  // Takes rows off the front of `bytes` until it holds `rows_max` rows or at least `bytes_max` bytes of them since the
  // last Finish, or they are used up. Fails (kCorrupt) when they end inside a row.
  Status Append(int64_t rows_max, int64_t bytes_max, std::span<const uint8_t>* bytes);
  int64_t rows() const { return rows_; }
  int64_t bytes() const { return bytes_; }  // that the rows since the last Finish took
  // All rows since the last Finish.
  Result<std::shared_ptr<arrow::RecordBatch>> Finish();

 private:
  class Column;
  const std::shared_ptr<arrow::Schema> schema_;
  arrow::MemoryPool* const pool_;
  std::unique_ptr<Column> root_;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace freight
