// Inputs by name, and archives beside each other where memory allows.
#include "engine/morsel_source.h"

#include "engine/chunk_writer.h"
#include "format/parquet_writer.h"

#include <algorithm>
#include <utility>

namespace freight {
namespace {

// Each has a chunk in the making with its part files: together half of the 1024 files that Linux lets a process open.
constexpr size_t kOpenInputsMax = 512 / kOpenPartsMax;

int64_t CountArchives(const Plan& plan) {
  return std::count_if(plan.inputs.begin(), plan.inputs.end(), [](const PlannedInput& input) {
    return input.decision.read && input.header.archive_bytes > 0;
  });
}

}  // namespace

MorselSource::MorselSource(const Plan& plan, int threads, MemoryBudget* budget, std::function<bool()> cancelled,
                           std::function<std::vector<ChunkDone>(const std::string&)> done)
    : context_{plan, budget, std::move(cancelled),
               std::make_shared<PageLender>(MorselTextBytes(plan.options.morsel_bytes))},
      done_(std::move(done)),
      threads_(threads),
      archives_(CountArchives(plan)),
      writer_bytes_(ParquetFile::kBufferBytes * (plan.pipeline.partition_by.empty() ? 1 : kOpenPartsMax)) {}

Result<std::optional<Task>> MorselSource::Next() {
  OpenInput* input = Claim();
  if (input == nullptr) return std::optional<Task>();
  auto task = input->lane->Next();
  GiveBack(input, !task.ok());
  return task;
}

// An input that this worker alone reads until it gives it back; null when there is nothing for it to do.
MorselSource::OpenInput* MorselSource::Claim() {
  std::unique_lock lock(mutex_);
  while (!failed_ && !context_.cancelled()) {
    OpenInput* input = Free();
    if (input == nullptr) input = OpenNext();
    if (input != nullptr) {
      input->busy = true;
      return input;
    }
    if (open_.empty()) return nullptr;
    given_back_.wait(lock);
  }
  return nullptr;
}

void MorselSource::GiveBack(OpenInput* input, bool failed) {
  std::lock_guard lock(mutex_);
  input->busy = false;
  failed_ |= failed;
  // The cursor has charged what its decoder holds by now.
  if (input->charge.bytes() > 0) input->charge.Resize(open_.front().get() == input ? 0 : writer_bytes_);
  if (input->lane->finished()) std::erase_if(open_, [&](const auto& open) { return open.get() == input; });
  given_back_.notify_all();
}

// A morsel that was read ahead comes first: its share of the budget is what others may be waiting for.
MorselSource::OpenInput* MorselSource::Free() {
  OpenInput* first = nullptr;
  for (const auto& input : open_) {
    if (input->busy) continue;
    if (input->lane->holds_morsel()) return input.get();
    if (first == nullptr) first = input.get();
  }
  return first;
}

MorselSource::OpenInput* MorselSource::OpenNext() {
  const PlannedInput* next = NextToRead();
  if (next == nullptr) return nullptr;
  std::optional<Charge> charge = Afford(*next);
  if (!charge) return nullptr;
  if (open_.empty()) inputs_before_ = inputs_opened_;
  auto opened = std::make_unique<OpenInput>();
  const Turn first{next_input_, 0, inputs_before_};
  const auto decode_threads = std::max<int64_t>(1, Decoders(*next) / std::max<int64_t>(1, archives_));
  opened->lane = std::make_unique<InputLane>(context_, first, done_(next->version.name), decode_threads);
  opened->archive = next->header.archive_bytes > 0;
  opened->charge = std::move(*charge);
  next_input_++;
  inputs_opened_++;
  open_.push_back(std::move(opened));
  return open_.back().get();
}

// Where next_input_ is then.
const PlannedInput* MorselSource::NextToRead() {
  for (; next_input_ < context_.plan.inputs.size(); next_input_++) {
    const PlannedInput& input = context_.plan.inputs[next_input_];
    if (!input.decision.read) continue;
    const std::vector<ChunkDone> done = done_(input.version.name);
    if (done.empty() || !done.back().last) return &input;
  }
  return nullptr;
}

// How many decoders of the input's format keep all workers busy.
int MorselSource::Decoders(const PlannedInput& input) const {
  return std::max(1, threads_ / WorkersPerDecoder(input.file.path));
}

// Charges an input that may be opened now.
std::optional<Charge> MorselSource::Afford(const PlannedInput& input) const {
  const int64_t archive_bytes = input.header.archive_bytes;
  if (open_.empty()) return context_.budget->ChargeNow(kArchivesBudgetPart, archive_bytes);
  const auto is_file = [](const PlannedInput& one) { return one.version.stat.kind == FileKind::kFile; };
  const size_t open_max = std::min(kOpenInputsMax, static_cast<size_t>(Decoders(input)));
  if (!open_.front()->archive || archive_bytes == 0 || !is_file(input) || open_.size() >= open_max) {
    return std::nullopt;
  }
  const int64_t morsel_bytes = kChargeFactor * context_.plan.options.morsel_bytes;
  return context_.budget->ChargeIfRoom(kArchivesBudgetPart, archive_bytes + writer_bytes_, morsel_bytes);
}

}  // namespace freight
