// Tests of the byte budget: what waits, what never waits, and what is counted.
#include "base/memory_budget.h"

#include <arrow/buffer.h>
#include <gtest/gtest.h>

#include <thread>

namespace freight {
namespace {

using namespace std::chrono_literals;

MemoryBudget::PartUse PartNamed(const MemoryBudget& budget, const std::string& name) {
  for (const auto& use : budget.Parts()) {
    if (use.part == name) return use;
  }
  return {"none", -1, -1};
}

TEST(MemoryBudget, CountsPartsAndPeaks) {
  MemoryBudget budget(100);
  {
    const Charge a = budget.Admit("read", 40);
    const Charge b = budget.ChargeNow("write", 80);
    EXPECT_EQ(budget.used_bytes(), 120);
    EXPECT_EQ(PartNamed(budget, "read").now_bytes, 40);
  }
  EXPECT_EQ(budget.used_bytes(), 0);
  EXPECT_EQ(budget.peak_bytes(), 120);
  EXPECT_EQ(PartNamed(budget, "write").now_bytes, 0);
  EXPECT_EQ(PartNamed(budget, "write").peak_bytes, 80);
}

TEST(MemoryBudget, ChargesIfThereIsRoomAndNeverWaits) {
  MemoryBudget budget(100);
  const Charge held = budget.ChargeNow("x", 40);
  EXPECT_FALSE(budget.ChargeIfRoom("y", 30, 31));
  EXPECT_EQ(budget.used_bytes(), 40);
  const std::optional<Charge> charged = budget.ChargeIfRoom("y", 30, 30);
  ASSERT_TRUE(charged);
  EXPECT_EQ(charged->bytes(), 30);
  EXPECT_EQ(budget.used_bytes(), 70);
}

TEST(Charge, MovesResizesAndReleasesOnce) {
  MemoryBudget budget(100);
  Charge a = budget.ChargeNow("x", 10);
  Charge b = std::move(a);
  EXPECT_EQ(a.bytes(), 0);  // NOLINT: a moved-from charge is empty by contract
  a.Release();
  b.Resize(30);
  EXPECT_EQ(budget.used_bytes(), 30);
  b = budget.ChargeNow("x", 5);
  EXPECT_EQ(budget.used_bytes(), 5);
  b.Release();
  b.Release();
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(Admit, WaitsUntilBytesAreGivenBack) {
  MemoryBudget budget(100);
  Charge first = budget.Admit("x", 60);
  std::atomic<bool> admitted{false};
  std::thread waiter([&] {
    const Charge second = budget.Admit("x", 60);
    admitted = true;
  });
  std::this_thread::sleep_for(30ms);
  EXPECT_FALSE(admitted);
  first.Resize(40);
  waiter.join();
  EXPECT_TRUE(admitted);
  EXPECT_LE(budget.peak_bytes(), 100);
}

TEST(Admit, LetsAnOversizedRequestThroughAlone) {
  MemoryBudget budget(100);
  const Charge fixed = budget.ChargeNow("kept", 90);
  Charge first = budget.Admit("x", 500);  // nothing is admitted: would wait for ever otherwise
  EXPECT_EQ(first.bytes(), 500);
  std::atomic<bool> admitted{false};
  std::thread waiter([&] {
    const Charge second = budget.Admit("x", 500);
    admitted = true;
  });
  std::this_thread::sleep_for(30ms);
  EXPECT_FALSE(admitted);
  first.Release();
  waiter.join();
  EXPECT_TRUE(admitted);
}

TEST(Admit, EndsEmptyWhenCancelled) {
  MemoryBudget budget(100);
  const Charge first = budget.Admit("x", 100);
  std::atomic<bool> stop{false};
  std::thread canceller([&] {
    std::this_thread::sleep_for(30ms);
    stop = true;
  });
  const Charge second = budget.Admit("x", 1, [&] { return stop.load(); });
  canceller.join();
  EXPECT_EQ(second.bytes(), 0);
  EXPECT_EQ(budget.used_bytes(), 100);
}

TEST(Admit, ManyThreadsNeverPassTheLimitAndAllFinish) {
  MemoryBudget budget(100);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&budget, t] {
      for (int i = 0; i < 200; ++i) {
        const Charge charge = budget.Admit(std::to_string(t), 1 + (i * 7 + t) % 60);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(budget.peak_bytes(), 100);
  EXPECT_EQ(budget.used_bytes(), 0);
}

TEST(BudgetPool, ChargesWhatArrowAllocates) {
  MemoryBudget budget(1 << 20);
  const auto pool = MakeBudgetPool(&budget, "arrow");
  {
    auto buffer = *arrow::AllocateResizableBuffer(1000, pool.get());
    EXPECT_EQ(PartNamed(budget, "arrow").now_bytes, pool->bytes_allocated());
    EXPECT_GE(pool->bytes_allocated(), 1000);
    ASSERT_TRUE(buffer->Resize(5000).ok());
    EXPECT_GE(PartNamed(budget, "arrow").now_bytes, 5000);
    EXPECT_EQ(budget.used_bytes(), pool->bytes_allocated());
  }
  EXPECT_EQ(budget.used_bytes(), 0);
  EXPECT_EQ(pool->bytes_allocated(), 0);
  EXPECT_GE(pool->max_memory(), 5000);
  EXPECT_EQ(pool->num_allocations(), 2);
}

}  // namespace
}  // namespace freight
