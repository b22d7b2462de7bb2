// A dictionary for integers of a small range, and the index pages that go with it.
#pragma once

#include "base/status.h"
#include "format/parquet_pages.h"

#include <arrow/buffer_builder.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace freight {

// Codes are given in order of first use. All values lie in one window of kRange numbers around the first page's, so
// that a table finds their codes. T: int32_t, int64_t or their unsigned kin, as PLAIN stores them.
template <typename T>
class NumberDictionary {
 public:
  static constexpr uint64_t kRange = 4096;

  explicit NumberDictionary(arrow::MemoryPool* pool) : codes_(pool), entries_(pool) {}
  // Whether a page whose least and greatest values are these can be coded along with the pages before it.
  bool Covers(T least, T greatest) const;
  // The PLAIN values of such a page as an index page's. The result lives until the compressor's next call.
  Result<std::string_view> Encode(std::string_view values, T least, T greatest, PageCompressor* compressor);
  int64_t entries() const { return entries_.length() / static_cast<int64_t>(sizeof(T)); }
  // The dictionary page's body; the dictionary is empty afterwards.
  Result<std::shared_ptr<arrow::Buffer>> Finish();

 private:
  // Where a value stands in the window. Modulo 2^64, so that the window may lie across the ends of T.
  uint64_t Place(T value) const { return static_cast<uint64_t>(value) - base_; }
  Status Index(std::string_view values, uint16_t* out);

  uint64_t base_ = 0;                          // the window's first number, once there are entries
  arrow::TypedBufferBuilder<uint16_t> codes_;  // by place in the window: code + 1, 0 = not used so far
  arrow::BufferBuilder entries_;               // PLAIN
};

}  // namespace freight
