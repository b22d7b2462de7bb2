// Assembly of a page body from values and validity.
#include "format/parquet_page_builder.h"

#include "format/parquet_bits.h"

#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace freight {

Status ValidityBuilder::Append(const uint8_t* validity, int64_t offset, int64_t rows, int64_t nulls) {
  const int64_t total = rows_ + rows;
  if (nulls_ + nulls > 0) {
    const int64_t bytes = arrow::bit_util::BytesForBits(total);
    if (bytes > bits_.length()) ARROW_RETURN_NOT_OK(bits_.Advance(bytes - bits_.length()));
    if (nulls_ == 0) arrow::bit_util::SetBitsTo(bits_.mutable_data(), 0, rows_, true);
    if (nulls == 0) {
      arrow::bit_util::SetBitsTo(bits_.mutable_data(), rows_, rows, true);
    } else {
      arrow::internal::CopyBitmap(validity, offset, rows, bits_.mutable_data(), rows_);
    }
  }
  rows_ = total;
  nulls_ += nulls;
  return Status::OK();
}

void ValidityBuilder::Clear() {
  rows_ = nulls_ = 0;
  bits_.Rewind(0);
}

void ValidityBuilder::Release() {
  Clear();
  bits_.Reset();
}

Result<uint8_t*> PageBuilder::Reserve(int64_t bytes) {
  const int64_t wanted = std::max(values_.length(), head_room_) + bytes + kSlack;
  needed_ = std::max(needed_, wanted);
  if (wanted > values_.capacity()) {
    // Doubling must not overshoot a page: these buffers are most of what an encoder holds. A first page mostly becomes
    // about what the last one was, and then need not be copied while it grows.
    const int64_t grown = values_.capacity() == 0 ? last_needed_ + last_needed_ / 16 : values_.capacity() * 2;
    const int64_t bounded = std::min(grown, head_room_ + page_bytes_ + kSlack);
    ARROW_RETURN_NOT_OK(values_.Resize(std::max(wanted, bounded), /*shrink_to_fit=*/false));
  }
  if (values_.length() == 0) ARROW_RETURN_NOT_OK(values_.Advance(head_room_));
  return values_.mutable_data() + values_.length();
}

Status PageBuilder::AppendRows(const uint8_t* validity, int64_t offset, int64_t rows, int64_t nulls) {
  FREIGHT_ASSERT(nullable_ || nulls == 0);
  return validity_.Append(validity, offset, rows, nulls);
}

std::string_view PageBuilder::values() const {
  if (values_.length() == 0) return {};
  return {reinterpret_cast<const char*>(values_.data()) + head_room_, static_cast<size_t>(value_bytes())};
}

Status PageBuilder::ReplaceValues(std::string_view bytes) {
  if (values_.length() != 0) values_.Rewind(head_room_);
  ARROW_ASSIGN_OR_RAISE(uint8_t* out, Reserve(static_cast<int64_t>(bytes.size())));
  std::memcpy(out, bytes.data(), bytes.size());
  Advance(static_cast<int64_t>(bytes.size()));
  return Status::OK();
}

Result<std::string_view> PageBuilder::Body(std::string_view front) {
  ARROW_RETURN_NOT_OK(Reserve(0).status());
  const int64_t values = value_bytes();
  int64_t level_bytes = 0;
  if (nullable_) {
    levels_.Rewind(0);
    ARROW_RETURN_NOT_OK(levels_.Reserve(LevelBytesMax(rows())));
    level_bytes = EncodeLevels(validity_.bits(), rows(), levels_.mutable_data());
  }
  const int64_t head = level_bytes + static_cast<int64_t>(front.size());
  const int64_t begin = std::max(int64_t{0}, head_room_ - head);
  const int64_t shift = begin + head - head_room_;
  ARROW_RETURN_NOT_OK(values_.Advance(shift));
  uint8_t* const body = values_.mutable_data() + begin;
  if (shift > 0) std::memmove(body + head, body + head_room_, static_cast<size_t>(values));
  std::memcpy(body, levels_.data(), static_cast<size_t>(level_bytes));
  if (!front.empty()) std::memcpy(body + level_bytes, front.data(), front.size());
  return std::string_view(reinterpret_cast<const char*>(body), static_cast<size_t>(head + values));
}

void PageBuilder::Clear() {
  values_.Rewind(0);
  validity_.Clear();
}

void PageBuilder::Release() {
  last_needed_ = std::exchange(needed_, 0);
  values_.Reset();
  levels_.Reset();
  validity_.Release();
}

}  // namespace freight
