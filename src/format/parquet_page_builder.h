// The page that a column encoder is filling: value bytes, the validity of its rows, and how both become one page body.
#pragma once

#include "base/status.h"

#include <arrow/buffer_builder.h>

#include <cstdint>
#include <string_view>

namespace freight {

// Validity of rows in order; no bit is kept until the first null arrives.
class ValidityBuilder {
 public:
  explicit ValidityBuilder(arrow::MemoryPool* pool) : bits_(pool) {}
  // `validity` may be null (all valid); `nulls` counts the nulls in the range.
  Status Append(const uint8_t* validity, int64_t offset, int64_t rows, int64_t nulls);
  int64_t rows() const { return rows_; }
  int64_t nulls() const { return nulls_; }
  const uint8_t* bits() const { return nulls_ == 0 ? nullptr : bits_.data(); }
  void Clear();
  void Release();

 private:
  arrow::BufferBuilder bits_;
  int64_t rows_ = 0;
  int64_t nulls_ = 0;
};

class PageBuilder {
 public:
  // Bytes that may be written, and then are garbage, beyond what Reserve was asked for.
  static constexpr int64_t kSlack = 64;

  // `front_bytes`: of what Body is mostly given to stand before the values.
  PageBuilder(bool nullable, int64_t page_bytes, arrow::MemoryPool* pool, int64_t front_bytes = 0)
      : nullable_(nullable),
        page_bytes_(page_bytes),
        head_room_(kLevelRoom + front_bytes),
        values_(pool),
        levels_(pool),
        validity_(pool) {}
  // Room for `bytes` more value bytes, aligned as the values before it are.
  Result<uint8_t*> Reserve(int64_t bytes);
  void Advance(int64_t bytes) { values_.UnsafeAdvance(bytes); }
  Status AppendRows(const uint8_t* validity, int64_t offset, int64_t rows, int64_t nulls);
  int64_t rows() const { return validity_.rows(); }
  int64_t nulls() const { return validity_.nulls(); }
  int64_t value_bytes() const { return values_.length() == 0 ? 0 : values_.length() - head_room_; }
  std::string_view values() const;
  // Puts other value bytes in the place of those appended.
  Status ReplaceValues(std::string_view bytes);
  // The page body: definition levels (nullable columns only), `front`, then values. Valid until the next call.
  Result<std::string_view> Body(std::string_view front = {});
  void Clear();    // keeps the memory for the next page
  void Release();

 private:
  // Levels are known last but stand first. Those of a page of 16,384 rows fit in here, and nothing has to move.
  static constexpr int64_t kLevelRoom = 2112;

  const bool nullable_;
  const int64_t page_bytes_;  // what a full page's values take
  const int64_t head_room_;
  int64_t needed_ = 0;       // of values_, since it was released
  int64_t last_needed_ = 0;  // ... and before
  arrow::BufferBuilder values_;
  arrow::BufferBuilder levels_;
  ValidityBuilder validity_;
};

}  // namespace freight
