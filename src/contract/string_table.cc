// Building of the table of distinct strings.
#include "contract/string_table.h"

#include <algorithm>

namespace freight {

Status StringTable::Reset(int64_t rows, arrow::MemoryPool* pool) {
  bytes_.clear();
  ends_.clear();
  // At most half full, and always a free slot: the search for a place ends.
  const auto entries = static_cast<uint32_t>(std::min<int64_t>(rows, kEntriesMax));
  const uint32_t slots = std::bit_ceil(2 * entries + 2);
  mask_ = slots - 1;
  shift_ = 64 - static_cast<uint32_t>(std::countr_zero(slots));
  const auto bytes = static_cast<int64_t>(slots * sizeof(Slot));
  ARROW_ASSIGN_OR_RAISE(slots_, arrow::AllocateBuffer(bytes, pool));
  std::memset(slots_->mutable_data(), 0xff, static_cast<size_t>(bytes));
  return Status::OK();
}

bool StringTable::Insert(std::string_view text, uint32_t place) {
  if (ends_.size() >= kEntriesMax || bytes_.size() + text.size() > kBytesMax) return false;
  const auto n = static_cast<uint32_t>(text.size());
  reinterpret_cast<Slot*>(slots_->mutable_data())[place] = {KeyOf(text.data(), n), n, size()};
  bytes_.append(text);
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  return true;
}

StringTable::Key StringTable::LongKey(const char* p, uint32_t n) {
  Key key = {n, kMixA};
  for (uint32_t i = 0; i + 16 < n; i += 16) {
    key.low = Mix(key.low ^ kernels::Load64(p + i), kMixA ^ kernels::Load64(p + i + 8));
  }
  // The last 16 bytes, overlapping what was read: there is no rest to mask.
  key.high = Mix(key.low ^ kernels::Load64(p + n - 16), kMixB ^ kernels::Load64(p + n - 8));
  return key;
}

}  // namespace freight
