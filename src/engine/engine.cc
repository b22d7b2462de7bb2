// Runs a plan from lock to publication.
#include "engine/engine.h"

#include "contract/string_rules.h"
#include "engine/gather.h"
#include "engine/morsel_source.h"
#include "engine/sequencer.h"
#include "io/process.h"
#include "io/slab_pool.h"
#include "plan/read_ahead.h"

#include <arrow/api.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <thread>

namespace freight {
namespace {

// Results that wait for their turn may hold this part of the budget, or be one for each thread; the rest is for what is
// being worked on.
constexpr int64_t kWaitingShare = 128;

std::string UtcTime(int64_t micros, const char* format) {
  const std::time_t seconds = micros / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof(text), format, &parts));
}

// Sorts by start time; the random part keeps two starts of one second apart.
std::string MakeRunId(Env& env) {
  return fmt::format("{}-{:08x}", UtcTime(env.NowMicros(), "%Y%m%dT%H%M%SZ"), static_cast<uint32_t>(env.Random()));
}

// Calls `show` ten times a second from a thread of its own, and once more at the end.
class ProgressTicker {
 public:
  ProgressTicker(std::function<void()> show, bool on) {
    if (on) thread_ = std::thread([this, show = std::move(show)] { Tick(show); });
  }
  ~ProgressTicker() {
    {
      std::lock_guard lock(mutex_);
      finished_ = true;
    }
    ended_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Tick(const std::function<void()>& show) {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, std::chrono::milliseconds(100), [this] { return finished_; })) show();
    show();
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  bool finished_ = false;
  std::thread thread_;
};

std::vector<QuarantineLimit> QuarantineLimits(const Plan& plan) {
  const Pipeline& p = plan.pipeline;
  std::vector<QuarantineLimit> limits;
  const auto add = [&](const char* name, std::optional<double> percent, std::optional<int64_t> rows, Place place) {
    if (percent || rows) limits.push_back({name, percent, rows, std::move(place)});
  };
  add("quarantine.max_percent", p.quarantine_percent_max, std::nullopt, {p.file});
  add("onViolation.maxQuarantinePercent", plan.contract.max_quarantine_percent, std::nullopt, p.contract_place);
  add("quarantine.max_rows", std::nullopt, p.quarantine_rows_max, {p.file});
  return limits;
}

// The dataset's rows now, and as readers would find them after publishing.
StagedRows CountRows(const Accounting& rows, const DatasetState& state, const std::vector<PartitionResult>& preview) {
  StagedRows out{.in = rows.in, .quarantined = rows.quarantined, .first_publication = state.inputs.empty()};
  std::map<std::string, int64_t> by_partition;
  for (const auto& [path, parts] : state.partitions) {
    for (const auto& part : parts) by_partition[path] += part.rows;
  }
  for (const auto& [path, count] : by_partition) out.dataset_before += count;
  for (const auto& partition : preview) by_partition[partition.path] = partition.rows;
  for (const auto& [path, count] : by_partition) out.dataset_after += count;
  return out;
}

// One run: everything that lives from BeginTransaction to the report.
class Run {
 public:
  Run(Env& env, const Plan& plan, const RunOptions& options, RunReport* report)
      : env_(env), plan_(plan), options_(options), report_(*report),
        begin_ns_(env.MonotonicNanos()),
        budget_(options.memory_bytes > 0 ? options.memory_bytes : plan.memory_bytes),
        pool_(MakeBudgetPool(&budget_, "buffers")),
        finished_(MakeSlabPool()) {}

  Status Execute();
  void FillMemory();

 private:
  Status LoadInputs();
  Status ReadAll(const ChunkContext& context);
  Status Gather(const ChunkContext& context);
  void Work(MorselSource& source, Sequencer& sequencer);
  Status WorkUntilDone(MorselSource& source, Sequencer& sequencer);
  Status GateAndPublish();
  void Count(const ChunkDone& chunk);
  Status JudgeStagedBytes() const;
  void ShowProgress();
  bool Cancelled() const { return failed_ || StopSignal() != 0; }
  int StopSignal() const { return options_.stop ? options_.stop->load() : 0; }
  void Fault(Status status);

  Env& env_;
  const Plan& plan_;
  const RunOptions& options_;
  RunReport& report_;
  const int64_t begin_ns_;
  MemoryBudget budget_;
  std::unique_ptr<arrow::MemoryPool> pool_;
  std::unique_ptr<arrow::MemoryPool> finished_;  // of row groups that wait; each is charged with its morsel
  Charge patterns_;
  std::unique_ptr<Transaction> transaction_;
  std::string quarantine_dir_;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;          // of what follows
  Status first_fault_;
  int64_t rows_live_ = 0, quarantined_live_ = 0, bytes_live_ = 0;
  int64_t staged_bytes_ = 0;
};

Status Run::Execute() {
  RunRequest request = plan_.request;
  request.run_id = report_.run_id;
  quarantine_dir_ =
      JoinPath(JoinPath(plan_.pipeline.folder, plan_.pipeline.quarantine_to),
               fmt::format("date={}/run_id={}", UtcTime(report_.started_micros, "%Y-%m-%d"), report_.run_id));
  request.quarantine_dir = quarantine_dir_;
  ARROW_ASSIGN_OR_RAISE(transaction_, BeginTransaction(env_, request, ContentHasher(plan_)));
  report_.epoch = transaction_->epoch();
  if (transaction_->decision().nothing_to_do) {
    report_.state = RunState::kNothingToDo;
    return Status::OK();
  }
  ARROW_RETURN_NOT_OK(LoadInputs());
  return GateAndPublish();
}

Status Run::LoadInputs() {
  for (const auto& input : plan_.inputs) {
    if (!input.decision.read) continue;
    ARROW_ASSIGN_OR_RAISE(const auto done, transaction_->Done(input.version.name));
    for (const auto& chunk : done) {
      report_.chunks_done_before += !chunk.gathered;
      rows_live_ += chunk.rows.in;
      quarantined_live_ += chunk.rows.quarantined;
      bytes_live_ += chunk.length;
      Count(chunk);
    }
  }
  ARROW_RETURN_NOT_OK(JudgeStagedBytes());
  ARROW_ASSIGN_OR_RAISE(auto splitter, MakePartitionSplitter(plan_.pipeline.partition_by, plan_.contract));
  ChunkContext context{env_,       plan_, *transaction_, report_.run_id, quarantine_dir_, splitter->file_schema(),
                       pool_.get(), MakePageTools(pool_.get(), pool_.get())};
  ProgressTicker ticker([this] { ShowProgress(); }, options_.progress != nullptr);
  ARROW_RETURN_NOT_OK(ReadAll(context));
  if (StopSignal() == 0) {
    Status gathered = Gather(context);
    if (gathered.ok() || ReactionOf(gathered) != Reaction::kStopped) return gathered;
  }
  return Fail(Reaction::kStopped, "stopped by signal {}", StopSignal()).Help("run the same command again to go on");
}

// The bundles and small parts of each input become its parts; done already when an earlier attempt got that far.
Status Run::Gather(const ChunkContext& context) {
  for (size_t i = 0; i < plan_.inputs.size(); i++) {
    if (!plan_.inputs[i].decision.read) continue;
    ARROW_ASSIGN_OR_RAISE(const auto chunks, transaction_->Done(plan_.inputs[i].version.name));
    if (chunks.empty() || chunks.back().gathered) continue;
    GatherOptions options;
    options.threads = report_.threads;
    options.cancelled = [this] { return StopSignal() != 0; };
    options.staged = [this](const PartInfo& part) {
      staged_bytes_ += part.bytes;
      return JudgeStagedBytes();
    };
    ARROW_RETURN_NOT_OK(GatherParts(context, i, chunks, options));
  }
  return Status::OK();
}

void Run::Count(const ChunkDone& chunk) {
  std::lock_guard lock(mutex_);
  report_.rows += chunk.rows;
  report_.bytes_in += chunk.length;
  report_.chunks_total += !chunk.gathered;
  for (const auto& [rule, rows] : chunk.bad_by_rule) report_.bad_by_rule[rule] += rows;
  for (const auto& file : chunk.quarantine) {
    report_.quarantine_files.push_back(file.path);
    staged_bytes_ += file.bytes;
  }
  for (const auto& part : chunk.parts) staged_bytes_ += part.bytes;
  for (const auto& bundle : chunk.bundles) staged_bytes_ += bundle.bytes;
}

// limits.temp: judged after each chunk and each gathered partition, so that it is passed by the files of one at most.
Status Run::JudgeStagedBytes() const {
  const auto& bytes_max = plan_.pipeline.temp_bytes;
  if (!bytes_max || staged_bytes_ <= *bytes_max) return Status::OK();
  return Fail(Reaction::kFailed, "staged output takes {} bytes, more than limits.temp of {}", staged_bytes_, *bytes_max)
      .At({plan_.pipeline.file})
      .Help("raise limits.temp and run again: the chunks that are done are kept");
}

void Run::Fault(Status status) {
  std::lock_guard lock(mutex_);
  if (first_fault_.ok()) first_fault_ = std::move(status);
  failed_ = true;
}

Status Run::ReadAll(const ChunkContext& context) {
  // Asked once, before the sequencer commits: workers open inputs while it does.
  std::map<std::string, std::vector<ChunkDone>> done_before;
  for (const auto& input : plan_.inputs) {
    if (!input.decision.read) continue;
    ARROW_ASSIGN_OR_RAISE(done_before[input.version.name], transaction_->Done(input.version.name));
  }
  const int64_t pattern_bytes = report_.threads * PatternBytesMax(plan_.contract.columns);
  if (pattern_bytes > 0) patterns_ = budget_.ChargeNow("patterns", pattern_bytes);
  MorselSource source(plan_, report_.threads, &budget_, [this] { return Cancelled(); },
                      [&done_before](const std::string& name) { return done_before.at(name); });
  Sequencer sequencer(
      context,
      [this](const ChunkDone& chunk) {
        Count(chunk);
        Status staged = JudgeStagedBytes();
        if (!staged.ok()) Fault(std::move(staged));
        std::lock_guard lock(mutex_);
        report_.chunks_run++;
      },
      [this](const Accounting& rows, int64_t bytes) {
        std::lock_guard lock(mutex_);
        rows_live_ += rows.in;
        quarantined_live_ += rows.quarantined;
        bytes_live_ += bytes;
      },
      {budget_.limit_bytes() / kWaitingShare, report_.threads});
  std::thread writer([&] {
    Status status = sequencer.Run();
    if (!status.ok()) Fault(std::move(status));
  });
  std::vector<std::thread> workers;
  for (int i = 0; i < report_.threads; i++) workers.emplace_back([&] { Work(source, sequencer); });
  for (auto& worker : workers) worker.join();
  sequencer.Close();
  writer.join();
  finished_->ReleaseUnused();
  return first_fault_;
}

void Run::Work(MorselSource& source, Sequencer& sequencer) {
  Status status = WorkUntilDone(source, sequencer);
  if (!status.ok()) Fault(std::move(status));
}

Status Run::WorkUntilDone(MorselSource& source, Sequencer& sequencer) {
  ARROW_ASSIGN_OR_RAISE(auto worker, MorselWorker::Make(plan_, report_.run_id, pool_.get(), finished_.get()));
  while (!failed_) {
    sequencer.WaitForRoom();
    ARROW_ASSIGN_OR_RAISE(std::optional<Task> task, source.Next());
    if (!task) return Status::OK();
    Done done{task->turn, task->chunk, {}};
    if (task->chunk_end) {
      done.what = *task->chunk_end;
    } else {
      ARROW_ASSIGN_OR_RAISE(MorselResult result, worker->Process(std::move(*task)));
      done.what = std::move(result);
    }
    sequencer.Put(std::move(done));
  }
  return Status::OK();
}

Status Run::GateAndPublish() {
  if (!report_.rows.Balanced()) {
    return Fail(Reaction::kCorrupt,
                "accounting does not balance: {} rows in, {} published, {} filtered, {} quarantined", report_.rows.in,
                report_.rows.published, report_.rows.filtered, report_.rows.quarantined)
        .Help("nothing was published; please report this with the run record");
  }
  ARROW_ASSIGN_OR_RAISE(const auto preview, transaction_->Preview());
  report_.gates = JudgeGates(QuarantineLimits(plan_), plan_.pipeline.gates,
                             CountRows(report_.rows, transaction_->state(), preview));
  Status verdict = GateVerdict(report_.gates);
  if (!verdict.ok()) {
    ARROW_RETURN_NOT_OK(transaction_->Refuse(verdict.message()));
    return verdict;
  }
  ARROW_ASSIGN_OR_RAISE(Published published, transaction_->Publish());
  report_.partitions = std::move(published.partitions);
  report_.state = RunState::kPublished;
  return Status::OK();
}

void Run::ShowProgress() {
  Progress progress;
  {
    std::lock_guard lock(mutex_);
    progress.rows = rows_live_;
    progress.quarantined = quarantined_live_;
    progress.bytes_done = bytes_live_;
    progress.chunks_done = report_.chunks_total;
  }
  for (const auto& input : plan_.inputs) {
    if (input.decision.read) progress.chunks_total += input.chunks;
  }
  progress.bytes_total = plan_.bytes_to_read;
  progress.memory_bytes = budget_.used_bytes();
  progress.elapsed_ns = env_.MonotonicNanos() - begin_ns_;
  options_.progress(progress);
}

void Run::FillMemory() {
  report_.memory = budget_.Parts();
  report_.memory_limit_bytes = budget_.limit_bytes();
  report_.memory_peak_bytes = budget_.peak_bytes();
}

RunState StateOf(const Status& status) {
  switch (ReactionOf(status)) {
    case Reaction::kRefused: return RunState::kRefused;
    case Reaction::kStopped: return RunState::kStopped;
    default: return RunState::kFailed;
  }
}

}  // namespace

const char* RunStateWord(RunState state) {
  switch (state) {
    case RunState::kPublished: return "published";
    case RunState::kNothingToDo: return "nothing_to_do";
    case RunState::kRefused: return "refused";
    case RunState::kFailed: return "failed";
    case RunState::kStopped: return "stopped";
  }
  FREIGHT_ASSERT(false);
}

RunReport ExecuteRun(Env& env, const Plan& plan, const RunOptions& options) {
  RunReport report;
  report.run_id = options.run_id.empty() ? MakeRunId(env) : options.run_id;
  report.dataset = plan.pipeline.dataset;
  report.started_micros = env.NowMicros();
  report.threads = options.threads > 0 ? options.threads : plan.threads;
  report.unread_columns = plan.unread_columns;
  report.notes = plan.notes;
  const int64_t begin_ns = env.MonotonicNanos();
  {
    Run run(env, plan, options, &report);
    report.error = run.Execute();
    run.FillMemory();
  }
  if (!report.error.ok()) report.state = StateOf(report.error);
  // Archives that are read side by side are committed as they come.
  std::sort(report.quarantine_files.begin(), report.quarantine_files.end());
  report.finished_micros = env.NowMicros();
  report.elapsed_s = static_cast<double>(env.MonotonicNanos() - begin_ns) / 1e9;
  report.peak_rss_bytes = PeakRssBytes();
  return report;
}

}  // namespace freight
