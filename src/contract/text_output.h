// Offsets and bytes of a variable-width column while its batch is parsed.
#pragma once

#include "base/status.h"
#include "contract/column_output.h"
#include "contract/column_parser.h"
#include "contract/kernels_text.h"

#include <arrow/buffer.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace freight {

class TextOutput {
 public:
  // `factor`: how many bytes one byte of text may become. Fails beyond 2 GiB, which no Arrow string array can hold.
  Status Reset(std::span<const Field> fields, int factor, arrow::MemoryPool* pool);

  // The next row. 64 bytes from p must be readable. The bytes of a row must not exceed factor times its field.
  void Append(const char* p, uint32_t n) {
    char* to = data_ + size_;
    // Most values are short: copying eight words whatever the length spares a call and a branch.
    std::memcpy(to, p, 64);
    if (n > 64) [[unlikely]] std::memcpy(to + 64, p + 64, n - 64);
    size_ += n;
    offsets_[++rows_] = static_cast<int32_t>(size_);
  }
  // The next row, whose quotes are doubled. 8 bytes after the field must be readable.
  void AppendUndoubled(const char* p, uint32_t n, char quote) {
    size_ += static_cast<int64_t>(kernels::CopyUndoubled(p, n, quote, data_ + size_));
    AppendEmpty();
  }
  void AppendCopy(std::string_view value) {
    // memcpy may not be given the nullptr of an empty view.
    if (!value.empty()) std::memcpy(data_ + size_, value.data(), value.size());
    size_ += static_cast<int64_t>(value.size());
    AppendEmpty();
  }
  // The next row, of a JSON string with escapes.
  void AppendUnescapedJson(std::string_view raw) {
    size_ += static_cast<int64_t>(kernels::UnescapeJson(raw, data_ + size_));
    AppendEmpty();
  }
  void AppendEmpty() { offsets_[++rows_] = static_cast<int32_t>(size_); }

  std::string_view Row(size_t row) const { return Rows(row, row + 1); }
  std::string_view Rows(size_t from, size_t to) const {
    return {data_ + offsets_[from], static_cast<size_t>(offsets_[to] - offsets_[from])};
  }
  // Of a row, or of what follows an empty one; 0 behind the last.
  uint8_t FirstByte(size_t row) const {
    const int64_t at = offsets_[row];
    return at < size_ ? static_cast<uint8_t>(data_[at]) : 0;
  }
  // The kept rows as an array of `type`; gives the buffers away.
  Result<std::shared_ptr<arrow::Array>> Finish(const std::shared_ptr<arrow::DataType>& type,
                                               const KeptRows& kept, std::shared_ptr<arrow::Buffer> validity,
                                               int64_t null_count);

 private:
  void CompactRows(const KeptRows& kept);

  std::shared_ptr<arrow::ResizableBuffer> offsets_buffer_, data_buffer_;
  int32_t* offsets_ = nullptr;
  char* data_ = nullptr;
  int64_t size_ = 0;
  size_t rows_ = 0;
};

}  // namespace freight
