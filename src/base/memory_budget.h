// The byte budget of a run: every buffer, queue and writer is charged to it under a named part.
#pragma once

#include "base/heap_pool.h"

#include <arrow/memory_pool.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace freight {

class MemoryBudget;
class BudgetPool;

// RAII share of the budget. Movable; gives its bytes back when destroyed.
class Charge {
 public:
  Charge() = default;
  Charge(Charge&& o) noexcept { *this = std::move(o); }
  Charge& operator=(Charge&& o) noexcept;
  ~Charge() { Release(); }
  int64_t bytes() const { return bytes_; }
  void Release();
  // Grows or shrinks without waiting: the caller already works within an admission it waited for.
  void Resize(int64_t bytes);

 private:
  friend class MemoryBudget;
  // An admitted charge is one that others may have to wait for.
  enum class Kind : uint8_t { kImmediate, kAdmitted };
  Charge(MemoryBudget* budget, int part, int64_t bytes, Kind kind)
      : budget_(budget), part_(part), kind_(kind), bytes_(bytes) {}
  MemoryBudget* budget_ = nullptr;
  int part_ = 0;
  Kind kind_ = Kind::kImmediate;
  int64_t bytes_ = 0;
};

// Thread: all methods may be called from any thread.
// Waiting happens only in Admit: callers admit in morsel order and finish what they admitted, so that the oldest
// work can always go on. A request larger than the whole budget is let through alone.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  // Blocks until `bytes` fit or nothing else is admitted. `cancelled` (may be empty) is asked now and again from the
  // waiting thread and ends the wait early: the charge is then empty.
  Charge Admit(const std::string& part, int64_t bytes, const std::function<bool()>& cancelled = {});
  // Charges at once, also beyond the limit.
  Charge ChargeNow(const std::string& part, int64_t bytes);
  // Charges `bytes` at once if `room` more would fit beside them; else nullopt.
  std::optional<Charge> ChargeIfRoom(const std::string& part, int64_t bytes, int64_t room);

  struct PartUse { std::string part; int64_t now_bytes; int64_t peak_bytes; };
  std::vector<PartUse> Parts() const;
  int64_t limit_bytes() const { return limit_bytes_; }
  int64_t used_bytes() const;
  int64_t peak_bytes() const;

 private:
  friend class Charge;
  friend class BudgetPool;
  class Waiting;
  int PartIndex(const std::string& part);
  int PartIndexLocked(const std::string& part);
  void Add(int part, int64_t delta);
  void AddLocked(int part, int64_t delta);
  void EndAdmission();
  void WakeIfRoom();
  const int64_t limit_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<PartUse> parts_;
  int64_t admitted_charges_ = 0;
  int64_t waiters_ = 0;
  int64_t least_wanted_ = 0;  // by one of them, or by one that has left
  int64_t used_bytes_ = 0;
  int64_t peak_bytes_ = 0;
};

// An arrow::MemoryPool over `base` that charges each allocation to `part` of the budget (without waiting).
std::unique_ptr<arrow::MemoryPool> MakeBudgetPool(MemoryBudget* budget, std::string part,
                                                  arrow::MemoryPool* base = HeapPool());

}  // namespace freight
