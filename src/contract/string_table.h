// The distinct strings of one batch: text -> code in the order of first occurrence.
//
// Strings of up to 16 bytes are their own key: two masked words, one multiplication, one comparison. Longer ones are
// kept by hash and compared in full.
#pragma once

#include "base/status.h"
#include "contract/kernels_number.h"

#include <arrow/buffer.h>
#include <arrow/type_fwd.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

class StringTable {
 public:
  static constexpr uint32_t kEntriesMax = 1024;
  static constexpr size_t kBytesMax = 64 << 10;
  static constexpr uint32_t kNone = ~0u;

  // Room for `rows` strings or kEntriesMax, whichever is less.
  Status Reset(int64_t rows, arrow::MemoryPool* pool);
  // Gives the slots back to the pool; the entries stay.
  void ReleaseSlots() { slots_.reset(); }

  // The code of the text, or kNone; *place is then where Insert puts it. 16 bytes from p must be readable.
  uint32_t Find(const char* p, uint32_t n, uint32_t* place) const {
    const Key key = KeyOf(p, n);
    const Slot* slots = reinterpret_cast<const Slot*>(slots_->data());
    for (uint32_t at = Spread(key) >> shift_;; at = (at + 1) & mask_) {
      const Slot& slot = slots[at];
      const bool same = slot.key.low == key.low && slot.key.high == key.high && slot.length == n;
      if (same && slot.code != kNone && (n <= 16 || entry(slot.code) == std::string_view(p, n))) return slot.code;
      if (slot.code == kNone) {
        *place = at;
        return kNone;
      }
    }
  }
  // After a Find that said kNone. False when the table is full: nothing was inserted.
  bool Insert(std::string_view text, uint32_t place);

  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
  std::string_view entry(uint32_t code) const {
    const size_t begin = code == 0 ? 0 : ends_[code - 1];
    return std::string_view(bytes_).substr(begin, ends_[code] - begin);
  }

 private:
  struct Key {
    uint64_t low, high;
  };
  struct Slot {
    Key key;
    uint32_t length;
    uint32_t code;
  };

  __extension__ typedef unsigned __int128 Wide;
  static uint64_t Mix(uint64_t a, uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  static constexpr uint64_t kMixA = 0x9e3779b97f4a7c15, kMixB = 0xd6e8feb86659fd93;
  static uint64_t Spread(const Key& key) { return Mix(key.low ^ kMixA, key.high ^ kMixB); }

  static Key KeyOf(const char* p, uint32_t n) {
    if (n > 16) return LongKey(p, n);
    // A window over ones and zeros gives the masks of any length without a branch.
    static constexpr std::array<uint64_t, 4> kWindow = {~0ull, ~0ull, 0, 0};
    const char* masks = reinterpret_cast<const char*>(kWindow.data()) + (16 - n);
    return {kernels::Load64(p) & kernels::Load64(masks), kernels::Load64(p + 8) & kernels::Load64(masks + 8)};
  }
  static Key LongKey(const char* p, uint32_t n);

  std::shared_ptr<arrow::Buffer> slots_;
  uint32_t mask_ = 0;
  uint32_t shift_ = 0;
  std::string bytes_;  // the entries one after another, at most kBytesMax; their text, where it is charged, has no less
  std::vector<uint32_t> ends_;
};

}  // namespace freight
