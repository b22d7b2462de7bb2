// Buffers of one parsed column on their way to an Arrow array: validity, compaction to the kept rows.
#pragma once

#include "base/status.h"
#include "contract/kept_rows.h"

#include <arrow/buffer.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace freight {

// Makes *buffer hold `bytes` that may be written; what it held is lost. Reuses the buffer when nobody took it away.
Status Reserve(int64_t bytes, arrow::MemoryPool* pool, std::shared_ptr<arrow::ResizableBuffer>* buffer);

// Bit i is set where bytes[i] is 1; bytes are 0 or 1.
Result<std::shared_ptr<arrow::Buffer>> PackBits(std::span<const uint8_t> bytes, arrow::MemoryPool* pool);

// Moves the kept values to the front, in order.
template <typename T>
void Compact(T* values, const KeptRows& kept) {
  size_t to = 0;
  for (const auto [from, count] : kept.runs()) {
    if (from != to) std::memmove(values + to, values + from, count * sizeof(T));
    to += count;
  }
}

// Which rows of a batch hold a value: one byte each while parsing.
class Validity {
 public:
  Status Reset(int64_t rows, arrow::MemoryPool* pool);
  void SetNull(size_t row) {
    bytes_->mutable_data()[row] = 0;
    any_null_ = true;
  }
  void Set(size_t row, bool valid) {
    bytes_->mutable_data()[row] = valid;
    any_null_ |= !valid;
  }
  bool IsValid(size_t row) const { return bytes_->data()[row] != 0; }
  // nullptr and *null_count 0 when every kept row holds a value.
  Result<std::shared_ptr<arrow::Buffer>> Finish(const KeptRows& kept, arrow::MemoryPool* pool, int64_t* null_count);

 private:
  std::shared_ptr<arrow::ResizableBuffer> bytes_;
  bool any_null_ = false;
};

}  // namespace freight
