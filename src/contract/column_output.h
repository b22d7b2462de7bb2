// Buffers of one parsed column on their way to an Arrow array: validity, compaction to the kept rows.
#pragma once

#include "base/status.h"

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

// Moves the kept values to the front, in order. Most rows are kept: eight at a time where that is so.
template <typename T>
void Compact(T* values, std::span<const uint8_t> keep) {
  constexpr uint64_t kEachOfEight = 0x0101010101010101;
  constexpr size_t kEight = sizeof kEachOfEight;
  size_t to = 0, from = 0;
  while (from + kEight <= keep.size()) {
    uint64_t kept;
    std::memcpy(&kept, keep.data() + from, sizeof kept);
    if (kept == kEachOfEight) {
      std::memmove(values + to, values + from, kEight * sizeof(T));
      to += kEight;
      from += kEight;
      continue;
    }
    for (const size_t end = from + kEight; from < end; ++from) {
      values[to] = values[from];
      to += keep[from];
    }
  }
  for (; from < keep.size(); ++from) {
    values[to] = values[from];
    to += keep[from];
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
  Result<std::shared_ptr<arrow::Buffer>> Finish(std::span<const uint8_t> keep, int64_t kept, arrow::MemoryPool* pool,
                                                int64_t* null_count);

 private:
  std::shared_ptr<arrow::ResizableBuffer> bytes_;
  bool any_null_ = false;
};

}  // namespace freight
