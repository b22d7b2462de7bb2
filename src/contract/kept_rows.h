// Which rows of a batch stay: found once, for all columns that give up the others.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace freight {

// Most rows stay, so that runs of them are long.
class KeptRows {
 public:
  struct Run {
    uint32_t from, count;
  };

  KeptRows() = default;
  explicit KeptRows(std::span<const uint8_t> keep) { Assign(keep); }

  // 1 for a row that stays, else 0. The bytes must outlive this or its next Assign.
  void Assign(std::span<const uint8_t> keep) {
    keep_ = keep;
    runs_.clear();
    count_ = 0;
    const uint8_t* const begin = keep.data();
    const uint8_t* const end = begin + keep.size();
    for (const uint8_t* at = begin; at != end;) {
      if (*at == 0) {
        ++at;
        continue;
      }
      const auto* rejected = static_cast<const uint8_t*>(std::memchr(at, 0, static_cast<size_t>(end - at)));
      const uint8_t* const run_end = rejected != nullptr ? rejected : end;
      runs_.push_back({static_cast<uint32_t>(at - begin), static_cast<uint32_t>(run_end - at)});
      count_ += run_end - at;
      at = run_end;
    }
  }

  int64_t count() const { return count_; }
  bool all() const { return count_ == static_cast<int64_t>(keep_.size()); }
  std::span<const Run> runs() const { return runs_; }  // in order
  bool operator[](size_t row) const { return keep_[row] != 0; }

 private:
  std::span<const uint8_t> keep_;
  std::vector<Run> runs_;
  int64_t count_ = 0;
};

}  // namespace freight
