// Validity and buffers of parsed columns.
#include "contract/column_output.h"

#include <arrow/util/bitmap_ops.h>

#include <cstring>
#include <utility>

namespace freight {

Status Reserve(int64_t bytes, arrow::MemoryPool* pool, std::shared_ptr<arrow::ResizableBuffer>* buffer) {
  if (*buffer != nullptr && (*buffer)->capacity() >= bytes) return (*buffer)->Resize(bytes, /*shrink_to_fit=*/false);
  buffer->reset();  // before the new one is charged: its bytes are not needed any more
  ARROW_ASSIGN_OR_RAISE(*buffer, arrow::AllocateResizableBuffer(bytes, pool));
  return Status::OK();
}

Result<std::shared_ptr<arrow::Buffer>> PackBits(std::span<const uint8_t> bytes, arrow::MemoryPool* pool) {
  const auto size = static_cast<int64_t>((bytes.size() + 7) / 8);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bits, arrow::AllocateBuffer(size, pool));
  uint8_t* out = bits->mutable_data();
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    // Byte k holds bit k of the result: the product gathers them in its highest byte.
    *out++ = static_cast<uint8_t>(word * 0x0102040810204080 >> 56);
  }
  if (i < bytes.size()) *out = 0;
  for (int bit = 0; i < bytes.size(); ++i, ++bit) *out |= static_cast<uint8_t>(bytes[i] << bit);
  return bits;
}

Status Validity::Reset(int64_t rows, arrow::MemoryPool* pool) {
  ARROW_RETURN_NOT_OK(Reserve(rows, pool, &bytes_));
  std::memset(bytes_->mutable_data(), 1, static_cast<size_t>(rows));
  any_null_ = false;
  return Status::OK();
}

Result<std::shared_ptr<arrow::Buffer>> Validity::Finish(const KeptRows& kept, arrow::MemoryPool* pool,
                                                        int64_t* null_count) {
  *null_count = 0;
  if (!any_null_) return nullptr;
  uint8_t* bytes = bytes_->mutable_data();
  if (!kept.all()) Compact(bytes, kept);
  ARROW_ASSIGN_OR_RAISE(auto bits, PackBits({bytes, static_cast<size_t>(kept.count())}, pool));
  *null_count = kept.count() - arrow::internal::CountSetBits(bits->data(), 0, kept.count());
  return *null_count > 0 ? std::move(bits) : nullptr;
}

}  // namespace freight
