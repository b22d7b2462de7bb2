// Cuts a CSV input into morsels of whole records while it is read, once.
//
// A border is the last record end at most morsel_bytes after the morsel's start, judged on morsel_bytes + 1 bytes
// alone; a first record that does not fit there is one morsel. A record over record_bytes_max ends its morsel and is
// not kept.
// Nothing else moves a border: not how much was read ahead, not where reading began.
#include "base/hash.h"
#include "format/csv_grammar.h"
#include "format/csv_reader.h"
#include "format/csv_scan.h"
#include "format/csv_text.h"
#include "format/morsel_admission.h"

#include <algorithm>
#include <utility>

namespace freight {
namespace {

constexpr int64_t kSkipReadBytes = 256 << 10;

class Cursor final : public MorselCursor {
 public:
  Cursor(std::unique_ptr<ByteStream> in, const CsvDialect& dialect, const InputHeader& header, InputPosition from,
         CursorOptions options)
      : input_(std::move(in), dialect.encoding),
        dialect_(dialect),
        options_(std::move(options)),
        grammar_(dialect, header.fields == 1),
        simple_(dialect.IsSimple()),
        scan_bytes_(CsvScanBytes::Of(dialect)),
        next_(from),
        texts_(TextLender(options_)) {
    if (options_.budget != nullptr) tail_charge_ = options_.budget->ChargeNow(kMorselBudgetPart, 0);
  }

  Status Open() {
    if (dialect_.encoding == CsvEncoding::kUtf16) ARROW_RETURN_NOT_OK(input_.ReadMark());
    return input_.SkipTo(next_.offset);
  }

  Result<std::optional<Morsel>> Next() override;
  InputPosition position() const override { return next_; }
  std::string TakeContentHash() override { return std::exchange(hash_, StreamHash()).Hex(); }

 private:
  enum class Step : uint8_t { kTaken, kBorder, kTooLong };

  Status FindBorder();
  Result<Step> ScanStep();
  Result<Step> CarefulStep();
  Status Cut(Morsel* morsel);
  Status CutOversize(Morsel* morsel);

  bool AtEnd() const { return input_.at_end() && border_ == size_; }
  void Take(int64_t end, int64_t lines) {
    border_ = end;
    lines_ += lines;
  }
  void Hash(std::string_view text) {
    if (dialect_.encoding == CsvEncoding::kUtf16) {
      const std::string bytes = EncodeUtf16(text, input_.order());
      hash_.Update(bytes.data(), bytes.size());
    } else {
      hash_.Update(text.data(), text.size());
    }
  }

  CsvInput input_;
  const CsvDialect dialect_;
  const CursorOptions options_;
  const CsvGrammar grammar_;
  const bool simple_;
  const CsvScanBytes scan_bytes_;
  InputPosition next_;
  StreamHash hash_;
  const std::shared_ptr<PageLender> texts_;
  MorselText tail_;  // read, behind the last border
  Charge tail_charge_;  // for it and what the input holds

  // The morsel in the making.
  MorselText text_;
  int64_t size_ = 0;            // of text_ in use
  int64_t limit_ = 0;           // of the records that are not the first
  int64_t border_ = 0;          // end of the records found so far
  int64_t lines_ = 0;           // line ends before border_
  int64_t careful_until_ = -1;  // up to this position the careful parser walks
  bool too_long_ = false;       // the record at border_ is
};

Result<std::optional<Morsel>> Cursor::Next() {
  if (input_.at_end() && tail_.size() == 0) return std::nullopt;
  Morsel morsel;
  ARROW_ASSIGN_OR_RAISE(morsel.charge, AdmitMorsel(options_));
  text_ = MorselText(texts_);
  text_.assign(tail_.view());
  size_ = static_cast<int64_t>(tail_.size());
  border_ = lines_ = 0;
  careful_until_ = -1;
  too_long_ = false;
  ARROW_RETURN_NOT_OK(input_.Fill(LastMorselBytes(options_.morsel_bytes) + 1, &text_, &size_));
  if (size_ == 0) return std::nullopt;
  const bool last = input_.at_end() && size_ <= LastMorselBytes(options_.morsel_bytes);
  limit_ = last ? std::max(size_, options_.morsel_bytes) : options_.morsel_bytes;
  ARROW_RETURN_NOT_OK(FindBorder());
  ARROW_RETURN_NOT_OK(Cut(&morsel));
  return morsel;
}

Status Cursor::FindBorder() {
  Step step = Step::kTaken;
  while (step == Step::kTaken && !AtEnd() && border_ < limit_) {
    if (simple_ && careful_until_ < border_) {
      ARROW_ASSIGN_OR_RAISE(step, ScanStep());
    } else {
      ARROW_ASSIGN_OR_RAISE(step, CarefulStep());
    }
  }
  too_long_ = step == Step::kTooLong;
  return Status::OK();
}

// Takes what the vector scan finds, and says up to where the careful parser must look when that is not all.
Result<Cursor::Step> Cursor::ScanStep() {
  const int64_t window = std::min(size_, limit_);
  const int64_t end = std::min(window, border_ + dialect_.record_bytes_max);
  const int64_t begin = border_;
  const CsvScanResult found = BestCsvScan().scan(scan_bytes_, {text_.data(), begin, end, size_});
  Take(found.records_end, found.line_ends);
  if (found.violation >= 0) {
    careful_until_ = std::max(found.violation, border_);
    return Step::kTaken;
  }
  if (end < window && border_ > begin) return Step::kTaken;
  if (end == window && size_ > window && border_ > 0) return Step::kBorder;
  if (end == size_ && input_.at_end() && !found.inside) {
    border_ = size_;  // the last record has no line end
    return Step::kTaken;
  }
  careful_until_ = border_;
  return Step::kTaken;
}

Result<Cursor::Step> Cursor::CarefulStep() {
  for (;;) {
    // Only the first record may look behind the limit: else the border would depend on how much was read ahead.
    const int64_t view = border_ == 0 ? size_ : std::min(size_, limit_ + 1);
    const bool final = input_.at_end() && view == size_ && (border_ == 0 || view <= limit_);
    const CsvRecord record = grammar_.Next({text_.data(), static_cast<size_t>(view)}, border_, final, nullptr);
    if (record.verdict == CsvVerdict::kTooLong) return Step::kTooLong;
    if (record.verdict != CsvVerdict::kNeedMore) {
      if (border_ > 0 && record.end > limit_) return Step::kBorder;
      Take(record.end, CountLineEnds(text_.data(), border_, record.end));
      return Step::kTaken;
    }
    if (border_ > 0) return Step::kBorder;
    const int64_t wanted = std::min(2 * size_, dialect_.record_bytes_max + 1);
    ARROW_RETURN_NOT_OK(input_.Fill(std::max(wanted, size_ + 1), &text_, &size_));
  }
}

// Hands the records over and keeps what follows for the next morsel.
Status Cursor::Cut(Morsel* morsel) {
  tail_.assign({text_.data() + border_, static_cast<size_t>(size_ - border_)});
  text_.resize(static_cast<size_t>(border_ + Morsel::kPad));
  std::fill(text_.end() - Morsel::kPad, text_.end(), '\0');
  const std::string_view records(text_.data(), static_cast<size_t>(border_));
  Hash(records);
  morsel->index = next_.morsel_index;
  morsel->offset = next_.offset;
  morsel->first_line = next_.line;
  morsel->length = input_.FileBytes(records);
  morsel->utf16_big_endian = input_.order() == ByteOrder::kBig;
  next_.line += lines_;
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
      {.reason = Reason::kRecordTooLong, .expected = fmt::format("at most {} bytes", dialect_.record_bytes_max)});
  int64_t size = static_cast<int64_t>(tail_.size());
  int64_t from = std::min(size, dialect_.record_bytes_max);
  for (bool ended = false; !ended;) {
    int64_t end = FindLineEndByte(tail_.data(), from, size);
    const bool undecided = end >= size || (tail_[end] == '\r' && end + 1 == size);
    if (!undecided) end += tail_[end] == '\r' && tail_[end + 1] == '\n' ? 2 : 1;
    if (undecided && input_.at_end()) end = size;
    ended = !undecided || input_.at_end();
    const std::string_view dropped(tail_.data(), static_cast<size_t>(end));
    Hash(dropped);
    bad.length += input_.FileBytes(dropped);
    next_.line += CountLineEnds(tail_.data(), 0, end);
    tail_.erase_front(static_cast<size_t>(end));
    size -= end;
    from = 0;
    if (!ended) ARROW_RETURN_NOT_OK(input_.Fill(size + kSkipReadBytes, &tail_, &size));
  }
  tail_.resize(static_cast<size_t>(size));
  morsel->length += bad.length;
  morsel->oversize.push_back(std::move(bad));
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<MorselCursor>> MakeCsvCursor(std::unique_ptr<ByteStream> in, const CsvDialect& dialect,
                                                 const InputHeader& header, InputPosition from, CursorOptions options) {
  ARROW_RETURN_NOT_OK(CheckCsvDialect(dialect));
  auto cursor = std::make_unique<Cursor>(std::move(in), dialect, header, from, std::move(options));
  ARROW_RETURN_NOT_OK(cursor->Open());
  return cursor;
}

}  // namespace freight
