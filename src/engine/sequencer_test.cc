// Workers that are ahead of one that is slow wait for it: what is finished does not pile up behind it.
#include "engine/sequencer.h"

#include "engine/run_crash_testing.h"
#include "plan/read_ahead.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace freight {
namespace {

using crash::Scenario;

struct World {
  World() {
    EXPECT_TRUE(loaded.ok());
    plan = MakePlan(*env, loaded.pipeline, loaded.contract, PlanOptions{}).ValueOrDie();
    plan.request.run_id = "r";
    plan.request.quarantine_dir = "/p/_dlq";
    transaction = BeginTransaction(*env, plan.request, ContentHasher(plan)).ValueOrDie();
  }
  const Scenario scenario{"first", "replace_partitions", false};
  std::unique_ptr<MemEnv> env = crash::Disk(scenario);
  LoadedPipeline loaded = LoadPipeline(*env, "/p/t.yaml", [](const std::string&) { return std::nullopt; });
  Plan plan;
  std::unique_ptr<Transaction> transaction;
  MemoryBudget budget{1 << 30};
};

class SequencerTest : public testing::Test {
 protected:
  // A result that holds so many bytes; one of sequence 0 is never there, as if its worker were slow.
  void Put(int64_t sequence, int64_t bytes) {
    MorselResult result;
    result.charge = world_.budget.ChargeNow("results", bytes);
    sequencer_.Put({{0, sequence, 0}, 0, std::move(result)});
  }
  bool LetsAWorkerGoOn() {
    std::promise<void> went_on;
    std::thread worker([&] {
      sequencer_.WaitForRoom();
      went_on.set_value();
    });
    const bool at_once = went_on.get_future().wait_for(std::chrono::milliseconds(200)) == std::future_status::ready;
    if (!at_once) {
      sequencer_.Close();
      EXPECT_TRUE(sequencer_.Run().ok());  // nobody waits for who no longer writes
    }
    worker.join();
    return at_once;
  }

  World world_;
  const ChunkContext context_{*world_.env, world_.plan, *world_.transaction, "r", "/p/_dlq", nullptr,
                              arrow::default_memory_pool(), nullptr};
  Sequencer sequencer_{context_, [](const ChunkDone&) {}, [](const Accounting&, int64_t) {},
                       {.bytes = 1000, .results = 2}};
};

TEST_F(SequencerTest, ManySmallResultsMayWaitBehindASlowMorsel) {
  for (int i = 1; i <= 9; ++i) Put(i, 100);
  EXPECT_TRUE(LetsAWorkerGoOn());
}

TEST_F(SequencerTest, AFewLargeResultsMayWaitBehindASlowMorsel) {
  Put(1, 1 << 20);
  EXPECT_TRUE(LetsAWorkerGoOn());
}

TEST_F(SequencerTest, WorkersWaitWhenMuchWaitsBehindASlowMorsel) {
  Put(1, 500);
  Put(2, 500);
  EXPECT_FALSE(LetsAWorkerGoOn());
}

}  // namespace
}  // namespace freight
