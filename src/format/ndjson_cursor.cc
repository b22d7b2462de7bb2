// Cuts an NDJSON input into morsels of whole lines while it is read, once.
//
// A border is the last line end at most morsel_bytes after the morsel's start; a first record that does not fit there
// is one morsel. A record over record_bytes_max ends its morsel and is not kept. Nothing else moves a border.
#include "base/hash.h"
#include "format/csv_text.h"
#include "format/morsel_admission.h"
#include "format/ndjson_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace freight {
namespace {

constexpr int64_t kSkipReadBytes = 256 << 10;

class Cursor final : public MorselCursor {
 public:
  Cursor(std::unique_ptr<ByteStream> in, int64_t record_bytes_max, InputPosition from, CursorOptions options)
      : input_(std::move(in), CsvEncoding::kUtf8),
        record_bytes_max_(record_bytes_max),
        options_(std::move(options)),
        next_(from),
        texts_(TextLender(options_)) {
    if (options_.budget != nullptr) tail_charge_ = options_.budget->ChargeNow(kMorselBudgetPart, 0);
  }

  Status Open() { return input_.SkipTo(next_.offset); }
  Result<std::optional<Morsel>> Next() override;
  InputPosition position() const override { return next_; }
  std::string TakeContentHash() override { return std::exchange(hash_, StreamHash()).Hex(); }

 private:
  Status FindBorder();
  Status FindLongRecord();
  Status Cut(Morsel* morsel);
  Status CutOversize(Morsel* morsel);

  CsvInput input_;
  const int64_t record_bytes_max_;
  const CursorOptions options_;
  InputPosition next_;
  StreamHash hash_;
  const std::shared_ptr<PageLender> texts_;
  MorselText tail_;  // read, behind the last border
  Charge tail_charge_;  // for it and what the input holds

  // The morsel in the making.
  MorselText text_;
  int64_t size_ = 0;       // of text_ in use
  int64_t border_ = 0;     // end of the records found so far
  bool too_long_ = false;  // the record at border_ is
};

// One past the last LF in [begin, end); begin when there is none.
int64_t LastLineEnd(const MorselText& text, int64_t begin, int64_t end) {
  const void* found = memrchr(text.data() + begin, '\n', static_cast<size_t>(end - begin));
  return found == nullptr ? begin : static_cast<const char*>(found) - text.data() + 1;
}

Result<std::optional<Morsel>> Cursor::Next() {
  if (input_.at_end() && tail_.size() == 0) return std::nullopt;
  Morsel morsel;
  ARROW_ASSIGN_OR_RAISE(morsel.charge, AdmitMorsel(options_));
  text_ = MorselText(texts_);
  text_.assign(tail_.view());
  size_ = static_cast<int64_t>(tail_.size());
  ARROW_RETURN_NOT_OK(input_.Fill(LastMorselBytes(options_.morsel_bytes) + 1, &text_, &size_));
  if (size_ == 0) return std::nullopt;
  ARROW_RETURN_NOT_OK(FindBorder());
  ARROW_RETURN_NOT_OK(Cut(&morsel));
  return morsel;
}

Status Cursor::FindBorder() {
  border_ = 0;
  too_long_ = false;
  const bool last = input_.at_end() && size_ <= LastMorselBytes(options_.morsel_bytes);
  const int64_t window = last ? size_ : std::min(size_, options_.morsel_bytes);
  for (int64_t end = 0; end < window;) {
    // No record that ends in this range can be too long.
    end = std::min(window, border_ + record_bytes_max_);
    const int64_t found = LastLineEnd(text_, border_, end);
    if (found == border_ && end < window) {
      too_long_ = true;
      return Status::OK();
    }
    if (found == border_) break;
    border_ = found;
  }
  const bool ends_here = input_.at_end() && window == size_;
  if (ends_here) {
    border_ = size_;  // the last record has no line end
    return Status::OK();
  }
  return border_ > 0 ? Status::OK() : FindLongRecord();
}

// The first record is longer than a morsel.
Status Cursor::FindLongRecord() {
  for (int64_t from = 0;;) {
    const int64_t view = std::min(size_, record_bytes_max_);
    const void* found = std::memchr(text_.data() + from, '\n', static_cast<size_t>(view - from));
    if (found != nullptr) {
      border_ = static_cast<const char*>(found) - text_.data() + 1;
      return Status::OK();
    }
    too_long_ = size_ > record_bytes_max_;
    if (too_long_) return Status::OK();
    if (input_.at_end()) {
      border_ = size_;
      return Status::OK();
    }
    from = size_;
    const int64_t wanted = std::min(2 * size_, record_bytes_max_ + 1);
    ARROW_RETURN_NOT_OK(input_.Fill(std::max(wanted, size_ + 1), &text_, &size_));
  }
}

// Hands the records over and keeps what follows for the next morsel.
Status Cursor::Cut(Morsel* morsel) {
  tail_.assign({text_.data() + border_, static_cast<size_t>(size_ - border_)});
  text_.resize(static_cast<size_t>(border_ + Morsel::kPad));
  std::fill(text_.end() - Morsel::kPad, text_.end(), '\0');
  hash_.Update(text_.data(), static_cast<size_t>(border_));
  morsel->index = next_.morsel_index;
  morsel->offset = next_.offset;
  morsel->first_line = next_.line;
  morsel->length = border_;
  next_.line += CountLf(text_.data(), 0, border_);
  if (too_long_) ARROW_RETURN_NOT_OK(CutOversize(morsel));
  next_.morsel_index += 1;
  next_.offset = morsel->offset + morsel->length;
  morsel->text_bytes = border_;
  morsel->text = std::move(text_);
  if (options_.budget == nullptr) return Status::OK();
  ChargeGrownMorsel(options_, morsel);
  tail_charge_.Resize(static_cast<int64_t>(tail_.capacity()) + input_.memory_bytes());
  return Status::OK();
}

// Drops the record at the start of tail_ up to its line end, in bounded memory.
Status Cursor::CutOversize(Morsel* morsel) {
  BadRecord bad;
  bad.offset = morsel->offset + morsel->length;
  bad.line = next_.line;
  bad.failures.push_back(
      {.reason = Reason::kRecordTooLong, .expected = fmt::format("at most {} bytes", record_bytes_max_)});
  auto size = static_cast<int64_t>(tail_.size());
  for (bool ended = false; !ended;) {
    const void* found = std::memchr(tail_.data(), '\n', static_cast<size_t>(size));
    const int64_t end = found == nullptr ? size : static_cast<const char*>(found) - tail_.data() + 1;
    ended = found != nullptr || input_.at_end();
    next_.line += found != nullptr;
    hash_.Update(tail_.data(), static_cast<size_t>(end));
    bad.length += end;
    tail_.erase_front(static_cast<size_t>(end));
    size -= end;
    if (!ended) ARROW_RETURN_NOT_OK(input_.Fill(size + kSkipReadBytes, &tail_, &size));
  }
  tail_.resize(static_cast<size_t>(size));
  morsel->length += bad.length;
  morsel->oversize.push_back(std::move(bad));
  return Status::OK();
}

}  // namespace

int64_t CountLf(const char* text, int64_t begin, int64_t end) {
  // Bytes are summed in lanes that are emptied before they can overflow. 16 bytes: what every processor has.
  typedef uint8_t Lanes __attribute__((vector_size(16)));
  int64_t count = 0;
  int64_t at = begin;
  while (end - at >= 32) {
    const int64_t stop = std::min(end - 31, at + 255 * 32);
    Lanes low = {}, high = {};
    for (; at < stop; at += 32) {
      Lanes bytes[2];
      std::memcpy(bytes, text + at, sizeof bytes);
      low -= reinterpret_cast<Lanes>(bytes[0] == '\n');
      high -= reinterpret_cast<Lanes>(bytes[1] == '\n');
    }
    for (int lane = 0; lane < 16; ++lane) count += low[lane] + high[lane];
  }
  return count + std::count(text + at, text + end, '\n');
}

Result<std::unique_ptr<MorselCursor>> MakeNdjsonCursor(std::unique_ptr<ByteStream> in, int64_t record_bytes_max,
                                                       InputPosition from, CursorOptions options) {
  auto cursor = std::make_unique<Cursor>(std::move(in), record_bytes_max, from, std::move(options));
  ARROW_RETURN_NOT_OK(cursor->Open());
  return cursor;
}

}  // namespace freight
