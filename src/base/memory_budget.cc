// The byte budget and the Arrow pool that charges to it; see memory_budget.h.
#include "base/memory_budget.h"

#include "base/counted_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace freight {
namespace {

// How long a wait may go on before `cancelled` is asked again.
constexpr std::chrono::milliseconds kCancelPoll{20};

}  // namespace

// In an Admit, under the mutex.
class MemoryBudget::Waiting {
 public:
  Waiting(MemoryBudget* budget, int64_t bytes) : budget_(budget) {
    budget->least_wanted_ = budget->waiters_++ == 0 ? bytes : std::min(budget->least_wanted_, bytes);
  }
  ~Waiting() { --budget_->waiters_; }

 private:
  MemoryBudget* const budget_;
};

Charge& Charge::operator=(Charge&& o) noexcept {
  if (this == &o) return *this;
  Release();
  budget_ = std::exchange(o.budget_, nullptr);
  part_ = o.part_;
  kind_ = o.kind_;
  bytes_ = std::exchange(o.bytes_, 0);
  return *this;
}

void Charge::Release() {
  if (budget_ == nullptr) return;
  budget_->Add(part_, -bytes_);
  if (kind_ == Kind::kAdmitted) budget_->EndAdmission();
  budget_ = nullptr;
  bytes_ = 0;
}

void Charge::Resize(int64_t bytes) {
  FREIGHT_ASSERT(budget_ != nullptr && bytes >= 0);
  budget_->Add(part_, bytes - bytes_);
  bytes_ = bytes;
}

Charge MemoryBudget::Admit(const std::string& part, int64_t bytes, const std::function<bool()>& cancelled) {
  std::unique_lock lock(mutex_);
  const Waiting waiting(this, bytes);
  // Counting admissions, not bytes, keeps one that waits behind long-lived immediate charges from waiting for ever.
  while (used_bytes_ + bytes > limit_bytes_ && admitted_charges_ > 0) {
    if (!cancelled) {
      freed_.wait(lock);
      continue;
    }
    lock.unlock();
    const bool stop = cancelled();
    lock.lock();
    if (stop) return {};
    freed_.wait_for(lock, kCancelPoll,
                    [&] { return used_bytes_ + bytes <= limit_bytes_ || admitted_charges_ == 0; });
  }
  const int index = PartIndexLocked(part);
  AddLocked(index, bytes);
  ++admitted_charges_;
  return {this, index, bytes, Charge::Kind::kAdmitted};
}

Charge MemoryBudget::ChargeNow(const std::string& part, int64_t bytes) {
  std::lock_guard lock(mutex_);
  const int index = PartIndexLocked(part);
  AddLocked(index, bytes);
  return {this, index, bytes, Charge::Kind::kImmediate};
}

std::optional<Charge> MemoryBudget::ChargeIfRoom(const std::string& part, int64_t bytes, int64_t room) {
  std::lock_guard lock(mutex_);
  if (used_bytes_ + bytes + room > limit_bytes_) return std::nullopt;
  const int index = PartIndexLocked(part);
  AddLocked(index, bytes);
  return Charge(this, index, bytes, Charge::Kind::kImmediate);
}

std::vector<MemoryBudget::PartUse> MemoryBudget::Parts() const {
  std::lock_guard lock(mutex_);
  return parts_;
}

int64_t MemoryBudget::used_bytes() const {
  std::lock_guard lock(mutex_);
  return used_bytes_;
}

int64_t MemoryBudget::peak_bytes() const {
  std::lock_guard lock(mutex_);
  return peak_bytes_;
}

int MemoryBudget::PartIndex(const std::string& part) {
  std::lock_guard lock(mutex_);
  return PartIndexLocked(part);
}

int MemoryBudget::PartIndexLocked(const std::string& part) {
  const auto found = std::find_if(parts_.begin(), parts_.end(), [&](const PartUse& use) { return use.part == part; });
  if (found != parts_.end()) return static_cast<int>(found - parts_.begin());
  parts_.push_back({part, 0, 0});
  return static_cast<int>(parts_.size()) - 1;
}

void MemoryBudget::Add(int part, int64_t delta) {
  std::lock_guard lock(mutex_);
  AddLocked(part, delta);
}

void MemoryBudget::AddLocked(int part, int64_t delta) {
  PartUse& use = parts_[static_cast<size_t>(part)];
  use.now_bytes += delta;
  use.peak_bytes = std::max(use.peak_bytes, use.now_bytes);
  used_bytes_ += delta;
  peak_bytes_ = std::max(peak_bytes_, used_bytes_);
  FREIGHT_ASSERT(use.now_bytes >= 0);
  if (delta < 0) WakeIfRoom();
}

// Memory is freed all the time: whoever waits is woken only for enough of it.
void MemoryBudget::WakeIfRoom() {
  if (waiters_ > 0 && (used_bytes_ + least_wanted_ <= limit_bytes_ || admitted_charges_ == 0)) freed_.notify_all();
}

void MemoryBudget::EndAdmission() {
  std::lock_guard lock(mutex_);
  --admitted_charges_;
  WakeIfRoom();
}

// Passes every call to `base` and charges the difference. The budget must outlive the pool.
class BudgetPool final : public CountedPool {
 public:
  BudgetPool(MemoryBudget* budget, const std::string& part, arrow::MemoryPool* base)
      : budget_(budget), part_(budget->PartIndex(part)), base_(base) {}

  using CountedPool::Allocate;
  using CountedPool::Free;
  using CountedPool::Reallocate;

  Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    ARROW_RETURN_NOT_OK(base_->Allocate(size, alignment, out));
    budget_->Add(part_, size);
    stats().DidAllocateBytes(size);
    return Status::OK();
  }
  Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t** ptr) override {
    ARROW_RETURN_NOT_OK(base_->Reallocate(old_size, new_size, alignment, ptr));
    budget_->Add(part_, new_size - old_size);
    stats().DidReallocateBytes(old_size, new_size);
    return Status::OK();
  }
  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override {
    base_->Free(buffer, size, alignment);
    budget_->Add(part_, -size);
    stats().DidFreeBytes(size);
  }
  void ReleaseUnused() override { base_->ReleaseUnused(); }
  std::string backend_name() const override { return base_->backend_name(); }

 private:
  MemoryBudget* const budget_;
  const int part_;
  arrow::MemoryPool* const base_;
};

std::unique_ptr<arrow::MemoryPool> MakeBudgetPool(MemoryBudget* budget, std::string part, arrow::MemoryPool* base) {
  return std::make_unique<BudgetPool>(budget, part, base);
}

}  // namespace freight
