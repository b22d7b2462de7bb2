// Building of the table of distinct strings.
#include "contract/string_table.h"

#include <algorithm>
#include <span>

namespace freight {

namespace {

// Most columns that repeat have fewer, and the slots of a new batch are cleared.
constexpr int64_t kFirstEntries = 255;

}  // namespace

Status StringTable::Reset(int64_t rows, arrow::MemoryPool* pool) {
  pool_ = pool;
  bytes_.clear();
  ends_.clear();
  return MakeRoom(std::min(rows, kFirstEntries));
}

// Free slots for all and one more, at most half of them in use: the search for a place ends, and soon.
Status StringTable::MakeRoom(int64_t entries) {
  const uint32_t slots = std::bit_ceil(2 * static_cast<uint32_t>(entries) + 2);
  mask_ = slots - 1;
  shift_ = 64 - static_cast<uint32_t>(std::countr_zero(slots));
  const auto bytes = static_cast<int64_t>(slots * sizeof(Slot));
  ARROW_ASSIGN_OR_RAISE(slots_, arrow::AllocateBuffer(bytes, pool_));
  std::memset(slots_->mutable_data(), 0xff, static_cast<size_t>(bytes));
  return Status::OK();
}

Result<bool> StringTable::Insert(std::string_view text, uint32_t place) {
  if (ends_.size() >= kEntriesMax || bytes_.size() + text.size() > kBytesMax) return false;
  const auto n = static_cast<uint32_t>(text.size());
  reinterpret_cast<Slot*>(slots_->mutable_data())[place] = {KeyOf(text.data(), n), n, size()};
  bytes_.append(text);
  ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  if (2 * size() > mask_ - 1) ARROW_RETURN_NOT_OK(Grow());
  return true;
}

Status StringTable::Grow() {
  const std::shared_ptr<arrow::Buffer> old = slots_;
  const auto* from = reinterpret_cast<const Slot*>(old->data());
  const uint32_t old_slots = mask_ + 1;
  ARROW_RETURN_NOT_OK(MakeRoom(2 * static_cast<int64_t>(size())));
  auto* to = reinterpret_cast<Slot*>(slots_->mutable_data());
  for (const Slot& slot : std::span(from, old_slots)) {
    if (slot.code == kNone) continue;
    uint32_t at = static_cast<uint32_t>(Spread(slot.key) >> shift_);
    while (to[at].code != kNone) at = (at + 1) & mask_;
    to[at] = slot;
  }
  return Status::OK();
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
