// One dictionary for a row group out of the dictionaries of its batches, in order of first use by a row.
#pragma once

#include "base/status.h"

#include <arrow/buffer_builder.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace freight {

class MergedDictionary {
 public:
  // Beyond these a dictionary costs readers more than plain pages do.
  static constexpr int64_t kEntriesMax = 1 << 16;
  static constexpr int64_t kBytesMax = 1 << 20;
  static constexpr int32_t kFull = -1;

  explicit MergedDictionary(arrow::MemoryPool* pool) : plain_(pool), starts_(pool), slots_(pool) {}
  // The code of `value`, which is added if it is new; kFull when it does not fit any more.
  Result<int32_t> CodeOf(std::string_view value);
  int64_t entries() const { return starts_.length(); }
  std::string_view Value(int64_t code) const {
    const uint8_t* at = plain_.data() + starts_.data()[code];
    uint32_t length;
    std::memcpy(&length, at, sizeof length);
    return {reinterpret_cast<const char*>(at) + sizeof length, length};
  }
  // The dictionary page's body.
  Result<std::shared_ptr<arrow::Buffer>> CopyPage(arrow::MemoryPool* pool) const;
  void Release();

 private:
  // Words that come again and again are found by their bytes alone, without a hash of any length and a look at the
  // entry. `word` holds all bytes of a value of up to 8.
  struct Recent { uint64_t word; uint32_t length; int32_t code; };
  static constexpr size_t kRecents = 256;

  Result<int32_t> Find(std::string_view value);
  Status Rehash(int64_t slots);

  arrow::BufferBuilder plain_;                  // entries as PLAIN: u32 length, bytes
  arrow::TypedBufferBuilder<uint32_t> starts_;  // where entry i begins in plain_
  arrow::TypedBufferBuilder<uint32_t> slots_;   // open addressing, power of two: code + 1, 0 = free
  std::vector<Recent> recent_;                  // by word and length; none before the first short value
};

}  // namespace freight
