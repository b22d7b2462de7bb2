// Threads that decode pieces in any order, and a reader that takes them in theirs.
#include "io/parallel_stream.h"

#include "io/archive_pieces.h"
#include "io/pages.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace freight {
namespace {

constexpr int64_t kDecodeStepBytes = 1 << 20;
constexpr int64_t kDropBytes = 256 << 10;

// The bytes of a piece as a file.
class PieceFile final : public ReadableFile {
 public:
  explicit PieceFile(const std::string& bytes) : bytes_(bytes) {}
  Result<int64_t> ReadAt(int64_t offset, int64_t bytes, void* out) override {
    const int64_t got = std::clamp<int64_t>(static_cast<int64_t>(bytes_.size()) - offset, 0, bytes);
    if (got > 0) std::memcpy(out, bytes_.data() + offset, static_cast<size_t>(got));
    return got;
  }
  Result<FileStat> Stat() override { return FileStat{.size_bytes = static_cast<int64_t>(bytes_.size())}; }

 private:
  const std::string& bytes_;
};

struct Slot {
  ArchivePiece piece;
  Pages plain;
  size_t plain_bytes = 0;
  bool done = false;   // decoded, or given up
  bool sound = false;  // all of it is in `plain`
  Charge charge;
};

class Parallel final : public ByteStream {
 public:
  Parallel(std::string path, std::unique_ptr<PieceCutter> cutter, ArchivePiece first, const DecodeOptions& options)
      : path_(std::move(path)), options_(options), cutter_(std::move(cutter)), estimate_(cutter_->piece_bytes()) {
    auto slot = std::make_unique<Slot>();
    slot->piece = std::move(first);
    if (options_.budget != nullptr) slot->charge = options_.budget->ChargeNow(kArchivesBudgetPart, estimate_);
    first_ = slot.get();
    slots_.push_back(std::move(slot));
    for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~Parallel() override { Stop(); }

  Result<int64_t> Read(int64_t bytes, void* out) override;
  Status SkipTo(int64_t offset) override;
  int64_t memory_bytes() const override { return rest_ ? rest_->memory_bytes() : kDropBytes; }

 private:
  void Work();
  Slot* CutNext();
  bool MayCut(Charge* charge);
  void Decode(Slot* slot);
  Result<bool> DecodeInto(Slot* slot);
  bool Grow(Slot* slot, int64_t bytes);
  Result<Slot*> Front();
  Status GoOnAlone(int64_t from);
  void Stop();

  const std::string path_;
  const DecodeOptions options_;
  std::mutex cutting_;  // turns at the cutter, which reads the file
  std::unique_ptr<PieceCutter> cutter_;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Slot>> slots_;  // in order; the first is read next
  Slot* first_;         // cut already, to be decoded by whoever comes first
  int64_t estimate_;    // of what a piece takes; the most that one has taken
  bool all_cut_ = false;
  bool stopped_ = false;
  Status fault_;        // of reading the file, behind the slots

  std::vector<std::thread> threads_;
  // The reader's.
  size_t taken_ = 0;    // of the first slot's bytes
  int64_t offset_ = 0;
  std::unique_ptr<ByteStream> rest_;  // decodes what no piece did
  bool ended_ = false;
};

void Parallel::Work() {
  while (Slot* slot = CutNext()) Decode(slot);
}

// The next piece for this thread; null when there will be none.
Slot* Parallel::CutNext() {
  std::lock_guard turn(cutting_);
  Charge charge;
  {
    std::unique_lock lock(mutex_);
    if (first_ != nullptr) return std::exchange(first_, nullptr);
    changed_.wait(lock, [&] { return stopped_ || all_cut_ || MayCut(&charge); });
    if (stopped_ || all_cut_) return nullptr;
  }
  auto piece = cutter_->Next();
  std::lock_guard lock(mutex_);
  changed_.notify_all();
  all_cut_ = !piece.ok() || !*piece;
  if (!piece.ok()) fault_ = piece.status();
  if (all_cut_) return nullptr;
  slots_.push_back(std::make_unique<Slot>());
  slots_.back()->piece = std::move(**piece);
  slots_.back()->charge = std::move(charge);
  return slots_.back().get();
}

bool Parallel::MayCut(Charge* charge) {
  if (slots_.size() > static_cast<size_t>(options_.threads)) return false;
  if (options_.budget == nullptr) return true;
  auto room = slots_.empty() ? options_.budget->ChargeNow(kArchivesBudgetPart, estimate_)
                             : options_.budget->ChargeIfRoom(kArchivesBudgetPart, estimate_, options_.room_bytes);
  if (room) *charge = std::move(*room);
  return room.has_value();
}

void Parallel::Decode(Slot* slot) {
  auto sound = DecodeInto(slot);
  std::lock_guard lock(mutex_);
  slot->sound = sound.ok() && *sound;
  slot->done = true;
  changed_.notify_all();
}

// False when the piece is larger than pieces may be, or than what the budget has room for.
Result<bool> Parallel::DecodeInto(Slot* slot) {
  const auto decoder = OpenDecoder({std::make_unique<PieceFile>(slot->piece.bytes), path_});
  Pages& plain = slot->plain;
  size_t& size = slot->plain_bytes;
  while (true) {
    const int64_t wanted = static_cast<int64_t>(size) + kDecodeStepBytes;
    const int64_t held = static_cast<int64_t>(slot->piece.bytes.size()) + wanted + decoder->memory_bytes();
    if (static_cast<int64_t>(size) > kPiecePlainBytesMax || !Grow(slot, held)) return false;
    if (!plain.Grow(static_cast<size_t>(wanted))) return false;
    ARROW_ASSIGN_OR_RAISE(const int64_t got, decoder->Read(kDecodeStepBytes, plain.data() + size));
    size += static_cast<size_t>(got);
    if (got < kDecodeStepBytes) break;
  }
  slot->piece.bytes = std::string();
  if (options_.budget != nullptr) slot->charge.Resize(static_cast<int64_t>(plain.bytes()));
  return true;
}

// A piece that takes more than was thought needs room like a new one.
bool Parallel::Grow(Slot* slot, int64_t bytes) {
  if (options_.budget == nullptr || bytes <= slot->charge.bytes()) return true;
  if (!options_.budget->ChargeIfRoom(kArchivesBudgetPart, bytes - slot->charge.bytes(), 0)) return false;
  slot->charge.Resize(bytes);
  std::lock_guard lock(mutex_);
  estimate_ = std::max(estimate_, bytes);
  return true;
}

Result<int64_t> Parallel::Read(int64_t bytes, void* out) {
  int64_t done = 0;
  while (done < bytes && !ended_ && !rest_) {
    ARROW_ASSIGN_OR_RAISE(Slot* front, Front());
    if (front == nullptr) continue;
    const size_t step = std::min(static_cast<size_t>(bytes - done), front->plain_bytes - taken_);
    std::memcpy(static_cast<char*>(out) + done, front->plain.data() + taken_, step);
    taken_ += step;
    done += static_cast<int64_t>(step);
    offset_ += static_cast<int64_t>(step);
    if (taken_ < front->plain_bytes) continue;
    taken_ = 0;
    std::lock_guard lock(mutex_);
    slots_.pop_front();
    changed_.notify_all();
  }
  if (!rest_ || done == bytes) return done;
  ARROW_ASSIGN_OR_RAISE(const int64_t got, rest_->Read(bytes - done, static_cast<char*>(out) + done));
  offset_ += got;
  return done + got;
}

// The slot to be read, decoded; null when there is none and the rest has been opened or the archive has ended.
Result<Slot*> Parallel::Front() {
  Slot* front = nullptr;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return slots_.empty() ? all_cut_ : slots_.front()->done; });
    if (!slots_.empty()) front = slots_.front().get();
    if (front == nullptr) ARROW_RETURN_NOT_OK(fault_);
  }
  if (front != nullptr && front->sound) return front;
  const std::optional<int64_t> from = front != nullptr ? front->piece.begin : cutter_->rest();
  ended_ = !from;
  if (from) ARROW_RETURN_NOT_OK(GoOnAlone(*from));
  return nullptr;
}

Status Parallel::GoOnAlone(int64_t from) {
  Stop();
  rest_ = OpenDecoder({cutter_->TakeFile(), path_, from});
  return from == 0 ? rest_->SkipTo(offset_) : Status::OK();
}

void Parallel::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  slots_.clear();
}

Status Parallel::SkipTo(int64_t offset) {
  FREIGHT_ASSERT(offset >= offset_);
  std::vector<char> dropped(static_cast<size_t>(std::min(offset - offset_, kDropBytes)));
  while (offset_ < offset) {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, Read(std::min(offset - offset_, kDropBytes), dropped.data()));
    if (got == 0) break;
  }
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<ByteStream>> ParallelStream(ArchiveFile file, const DecodeOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, file.bytes->Stat());
  ARROW_ASSIGN_OR_RAISE(auto cutter, CutArchive(std::move(file.bytes), file.path));
  // One piece alone would take more memory than a decoder that gives its bytes away, and no less time.
  const bool room = options.budget == nullptr ||
                    options.budget->ChargeIfRoom(kArchivesBudgetPart, 2 * cutter->piece_bytes(), options.room_bytes);
  if (!room) return OpenDecoder({cutter->TakeFile(), file.path});
  ARROW_ASSIGN_OR_RAISE(auto first, cutter->Next());
  if (!first || cutter->rest() == stat.size_bytes) return OpenDecoder({cutter->TakeFile(), file.path});
  return std::make_unique<Parallel>(std::move(file.path), std::move(cutter), std::move(*first), options);
}

}  // namespace freight
