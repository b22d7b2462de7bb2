// Tests of the order in which inputs are handed out: which are read at once, and what waits for what.
#include "engine/morsel_source.h"

#include "io/fault_env.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

namespace freight {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kMorselsOfEach = 4;

// Inputs of numbered morsels without bytes. `on_read` is called inside of each read.
class FakeFormat final : public InputFormat {
 public:
  std::function<Status(const std::string& input)> on_read = [](auto&) { return Status::OK(); };
  mutable std::atomic<int> decode_threads = 0;  // that the last cursor was opened with

  std::string Identity() const override { return "fake"; }
  Result<InputHeader> ReadHeader(const InputFile&, const Contract&) const override { return InputHeader(); }
  Result<std::unique_ptr<MorselCursor>> OpenCursor(const InputFile& file, const InputHeader& header, InputPosition from,
                                                   CursorOptions options) const override {
    const InputOf input{file.name, header.archive_bytes};
    decode_threads = options.decode_threads;
    return std::make_unique<Cursor>(*this, input, from.morsel_index, std::move(options));
  }
  Result<std::unique_ptr<MorselDecoder>> MakeDecoder(const InputFile&, const InputHeader&, const Contract&,
                                                     DecoderOptions) const override {
    return Status::NotImplemented("");
  }

 private:
  struct InputOf {
    std::string name;
    int64_t archive_bytes;
  };
  class Cursor final : public MorselCursor {
   public:
    Cursor(const FakeFormat& format, InputOf input, int64_t next, CursorOptions options)
        : format_(format), input_(std::move(input)), next_(next), options_(std::move(options)) {}
    Result<std::optional<Morsel>> Next() override {
      ARROW_RETURN_NOT_OK(format_.on_read(input_.name));
      charge_ = options_.budget->ChargeNow("morsels", input_.archive_bytes);
      if (next_ == kMorselsOfEach) return std::nullopt;
      Morsel morsel;
      morsel.charge = options_.budget->Admit("morsels", options_.charge_factor * options_.morsel_bytes);
      morsel.index = next_++;
      return morsel;
    }
    InputPosition position() const override { return {next_, next_, 1}; }
    std::string TakeContentHash() override { return ""; }

   private:
    const FakeFormat& format_;
    const InputOf input_;
    int64_t next_;
    const CursorOptions options_;
    Charge charge_;  // of the decoder
  };
};

// A plan over inputs whose archives have a suffix.
struct World {
  explicit World(const std::vector<std::string>& names, int64_t archive_bytes = 100, int64_t budget_bytes = 10 << 20)
      : budget(budget_bytes) {
    for (const std::string& name : names) Add(name, archive_bytes);
    plan.pipeline.format = format;
    plan.options.morsel_bytes = 100;
    plan.options.chunk_morsels = 2;
  }

  void Add(const std::string& name, int64_t archive_bytes = 100) {
    PlannedInput input;
    EXPECT_TRUE((*env->OpenWrite("/" + name, CreateMode::kNew))->Append("").ok());
    input.file = {env.get(), "/" + name, name};
    input.version.name = name;
    input.version.stat = *env->Stat("/" + name);
    input.decision.read = true;
    input.header.archive_bytes = name.find('.') != std::string::npos ? archive_bytes : 0;
    plan.inputs.push_back(std::move(input));
  }

  MorselSource Source(int threads = 4) {
    return MorselSource(plan, threads, &budget, [this] { return cancelled.load(); },
                        [this](const std::string& name) { return done[name]; });
  }

  std::unique_ptr<MemEnv> env = MakeMemEnv();
  std::shared_ptr<FakeFormat> format = std::make_shared<FakeFormat>();
  Plan plan;
  MemoryBudget budget;
  std::atomic<bool> cancelled = false;
  std::map<std::string, std::vector<ChunkDone>> done;
};

// What each of several workers that take all tasks was given.
std::vector<Turn> Drain(MorselSource* source, int workers) {
  std::mutex mutex;
  std::vector<Turn> turns;
  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([&] {
      while (true) {
        const auto task = source->Next();
        ASSERT_TRUE(task.ok()) << task.status();
        if (!*task) return;
        const std::lock_guard lock(mutex);
        turns.push_back((*task)->turn);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return turns;
}

// The most inputs that were read at one moment. Each read takes a while, so that workers meet.
int MostAtOnce(World* world, int workers) {
  std::atomic<int> reading = 0, most = 0;
  world->format->on_read = [&](const std::string&) {
    const int now = ++reading;
    int before = most;
    while (now > before && !most.compare_exchange_weak(before, now)) {
    }
    std::this_thread::sleep_for(5ms);
    --reading;
    return Status::OK();
  };
  MorselSource source = world->Source(workers);
  Drain(&source, workers);
  return most;
}

TEST(MorselSource, EachInputHasItsTasksInOrderWithoutGaps) {
  for (const char* suffix : {"", ".xz"}) {
    World world({std::string("a") + suffix, std::string("b") + suffix, std::string("c") + suffix});
    MorselSource source = world.Source();
    std::map<size_t, std::vector<int64_t>> sequences;
    for (const Turn& turn : Drain(&source, 3)) sequences[turn.input].push_back(turn.sequence);
    ASSERT_EQ(sequences.size(), 3U);
    for (auto& [input, numbers] : sequences) {
      std::sort(numbers.begin(), numbers.end());
      EXPECT_EQ(numbers, (std::vector<int64_t>{0, 1, 2, 3, 4, 5})) << "four morsels and two chunk ends";
    }
  }
}

TEST(MorselSource, ArchivesAreReadSideBySideUpToTheNumberOfWorkers) {
  World world({"a.xz", "b.xz", "c.xz", "d.xz"});
  // Nothing goes on until two inputs are being read.
  std::mutex mutex;
  std::condition_variable came;
  std::set<std::string> seen;
  world.format->on_read = [&](const std::string& name) {
    std::unique_lock lock(mutex);
    seen.insert(name);
    came.notify_all();
    const bool met = came.wait_for(lock, 10s, [&] { return seen.size() >= 2; });
    return met ? Status::OK() : Status::Invalid("alone");
  };
  MorselSource source = world.Source();
  EXPECT_EQ(Drain(&source, 2).size(), 24U);
  World again({"a.xz", "b.xz", "c.xz", "d.xz"});
  EXPECT_EQ(MostAtOnce(&again, 2), 2);
}

TEST(MorselSource, NoMoreDecodersAreOpenThanWorkersCanFollow) {
  for (const auto& [workers, decoders] : {std::pair(2, 1), std::pair(7, 1), std::pair(8, 2)}) {
    World world({"a.gz", "b.zst", "c.gz", "d.zst"});
    EXPECT_EQ(MostAtOnce(&world, workers), decoders) << workers;
  }
}

TEST(MorselSource, OneWorkerReadsArchivesOneAfterAnother) {
  World world({"a.xz", "b.xz"});
  MorselSource source = world.Source();
  const std::vector<Turn> turns = Drain(&source, 1);
  ASSERT_EQ(turns.size(), 12U);
  for (size_t i = 0; i < turns.size(); ++i) {
    EXPECT_EQ(turns[i].input, i / 6);
    EXPECT_EQ(turns[i].sequence, static_cast<int64_t>(i % 6));
    EXPECT_EQ(turns[i].inputs_before, static_cast<int64_t>(i / 6));
  }
}

TEST(MorselSource, FilesThatAreReadAsTheyAreComeOneAfterAnotherAlsoBesideArchives) {
  World plain({"a", "b", "c"});
  EXPECT_EQ(MostAtOnce(&plain, 4), 1);
  World mixed({"a", "b.xz", "c"});
  EXPECT_EQ(MostAtOnce(&mixed, 4), 1);
}

TEST(MorselSource, APlainFileIsWrittenAfterTheArchivesBeforeIt) {
  World world({"a.xz", "b.xz", "c", "d.xz"});
  MorselSource source = world.Source();
  for (const Turn& turn : Drain(&source, 3)) {
    EXPECT_LE(turn.inputs_before, static_cast<int64_t>(turn.input));
    if (turn.input >= 2) {
      EXPECT_EQ(turn.inputs_before, static_cast<int64_t>(turn.input));
    }
  }
}

TEST(MorselSource, FewerArchivesAreOpenWhenTheBudgetIsShort) {
  // A morsel is admitted with 300 bytes, a chunk in the making beside another one takes 128 KiB.
  const int64_t writer = 128 << 10;
  World one({"a.xz", "b.xz", "c.xz"}, 1000, 1000 + 1000 + writer + 299);
  EXPECT_EQ(MostAtOnce(&one, 3), 1);
  World three({"a.xz", "b.xz", "c.xz"}, 1000, 3 * (1000 + writer + 3 * 300));
  EXPECT_GE(MostAtOnce(&three, 3), 2);
  for (const auto& use : three.budget.Parts()) EXPECT_EQ(use.now_bytes, 0) << use.part;
}

// Two archives are open and both can be read; one holds a morsel with its share of the budget.
TEST(MorselSource, AMorselThatWasReadAheadIsHandedOutFirst) {
  World world({"a.xz", "b.xz"});
  std::mutex mutex;
  std::condition_variable changed;
  bool a_waits = false, a_may_go = false;
  world.format->on_read = [&](const std::string& name) {
    if (name == "b.xz") return Status::OK();
    std::unique_lock lock(mutex);
    a_waits = true;
    changed.notify_all();
    changed.wait(lock, [&] { return a_may_go; });
    return Status::OK();
  };
  MorselSource source = world.Source();
  std::thread slow([&] { EXPECT_EQ((*source.Next())->turn.input, 0U); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return a_waits; });
  }
  for (int i = 0; i < 3; ++i) {
    const auto task = *source.Next();
    EXPECT_EQ(task->turn.input, 1U);
    EXPECT_EQ(task->chunk_end.has_value(), i == 2) << "two morsels and the end of their chunk";
  }
  {
    const std::lock_guard lock(mutex);
    a_may_go = true;
  }
  changed.notify_all();
  slow.join();
  const auto next = *source.Next();
  EXPECT_EQ(next->turn.input, 1U);
  EXPECT_TRUE(next->morsel.has_value());
}

TEST(MorselSource, AfterAFailureNobodyIsGivenWork) {
  World world({"a.xz", "b.xz"});
  std::atomic<int> reads = 0;
  world.format->on_read = [&](const std::string&) { return ++reads == 2 ? Status::IOError("torn") : Status::OK(); };
  MorselSource source = world.Source();
  EXPECT_TRUE((*source.Next()).has_value());
  EXPECT_FALSE(source.Next().ok());
  const auto after = source.Next();
  ASSERT_TRUE(after.ok());
  EXPECT_FALSE(after->has_value());
  EXPECT_EQ(reads, 2);
}

TEST(MorselSource, ThreadsThatNoOtherArchiveTakesHelpToDecodeOne) {
  const std::pair<std::vector<std::string>, int> cases[] = {
      {{"a.xz"}, 8}, {{"a.gz"}, 2}, {{"a.xz", "b", "c.xz"}, 4}, {{"a.xz", "b.xz", "c.xz"}, 2},
      {std::vector<std::string>(9, "x"), 8}};
  for (const auto& [names, wanted] : cases) {
    World world({});
    for (size_t i = 0; i < names.size(); ++i) {
      world.Add(names.size() < 9 ? names[i] : std::to_string(i) + ".xz");
    }
    if (names.size() == 9) {  // eight of them are read already
      for (size_t i = 1; i < 9; ++i) world.plan.inputs[i].decision.read = false;
    }
    MorselSource source = world.Source(8);
    ASSERT_TRUE((*source.Next()).has_value());
    EXPECT_EQ(world.format->decode_threads, wanted) << names.size();
  }
}

TEST(MorselSource, ChunksThatAreDoneAreNotHandedOutAgain) {
  World world({"a.xz", "b.xz", "c.xz"});
  ChunkDone first;
  first.next_morsel = first.length = 2;
  world.done["a.xz"] = {first};
  ChunkDone last = first;
  last.last = true;
  world.done["b.xz"] = {first, last};
  MorselSource source = world.Source();
  std::map<size_t, int> tasks;
  for (const Turn& turn : Drain(&source, 2)) ++tasks[turn.input];
  EXPECT_EQ(tasks, (std::map<size_t, int>{{0, 3}, {2, 6}}));
}

}  // namespace
}  // namespace freight
