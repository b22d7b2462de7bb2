// Morsels -> batches: takes each record by a learned shape or with care, drives the column parsers, explains bad ones.
#include "format/ndjson_block.h"
#include "format/ndjson_reader.h"
#include "format/ndjson_shape.h"
#include "format/ndjson_walker.h"

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

namespace freight {
namespace {

constexpr size_t kShapes = 4;
// After so many records in a row that no shape knew, the next ones are not tried.
constexpr int kMissesMax = 16;
constexpr int kRestRecords = 256;
// A block of which more than so many lines are left, and more than half of them, costs more than it saves: the next
// lines are then taken one by one.
constexpr uint32_t kOpenLinesMax = 16;
constexpr uint32_t kSingleLines = 4096;

struct Malformed {
  uint32_t begin, end;
  Failure failure;
};

// Physical line of positions in a morsel; the price is the distance from the last one.
class LineCounter {
 public:
  explicit LineCounter(const Morsel& morsel) : text_(morsel.text.data()), line_(morsel.first_line) {}
  int64_t At(int64_t at) {
    const int64_t sign = at >= at_ ? 1 : -1;
    line_ += sign * CountLf(text_, std::min(at_, at), std::max(at_, at));
    at_ = at;
    return line_;
  }

 private:
  const char* text_;
  int64_t at_ = 0;
  int64_t line_;
};

class Decoder final : public MorselDecoder {
 public:
  Decoder(const Contract& contract, DecoderOptions options, NdjsonWalker walker)
      : schema_(contract.ArrowSchema()),
        options_(options),
        pool_(options.pool != nullptr ? options.pool : arrow::default_memory_pool()),
        fast_(options.path == DecoderPath::kAuto),
        kernels_(fast_ ? BestNdjsonKernels() : nullptr),
        walker_(std::move(walker)),
        out_(contract.columns.size(), nullptr) {
    // The slots of nested columns are filled in the order of rows.
    const auto nested = [](const NdjsonNode& node) { return node.shape != NdjsonNode::Shape::kLeaf; };
    if (std::ranges::any_of(walker_.columns(), nested)) kernels_ = nullptr;
    if (kernels_ != nullptr) block_ = std::make_unique<NdjsonBlock>();
  }

  Status Decode(const Morsel& morsel, const std::function<Status(DecodedBatch&&)>& emit) override;
  BadRecord Locate(int64_t row) override;

 private:
  void FillBatch();
  bool TakesBlocks() const { return block_ != nullptr && shapes_known_ > 0 && rest_ == 0 && single_lines_ == 0; }
  void FillBlock(uint32_t limit);
  void MatchBlock(uint32_t first_row);
  void AddBlock(uint32_t first_row);
  bool FastRecord();
  bool TryShape(size_t shape);
  void CarefulRecord();
  void AddRow(uint32_t begin, uint32_t end, bool flagged);
  void MakeRowRoom(uint32_t rows);
  void Learn(uint32_t begin, uint32_t end);

  Status Judge(DecodedBatch* batch);
  Result<std::shared_ptr<arrow::RecordBatch>> FinishColumns();
  Status CollectBad(BadRecords* bad);
  Status AddBad(uint32_t begin, uint32_t end, BadRecords* bad);
  std::string_view Describe(uint32_t begin, uint32_t end, BadRecord* bad);

  const char* text() const { return morsel_->text.data(); }
  uint32_t size() const { return static_cast<uint32_t>(morsel_->text_bytes); }
  uint32_t RecordEnd(uint32_t row) const;

  const std::shared_ptr<arrow::Schema> schema_;
  const DecoderOptions options_;
  arrow::MemoryPool* const pool_;
  const bool fast_;
  const NdjsonKernels* kernels_;  // null: record by record
  NdjsonWalker walker_;
  std::vector<Field*> out_;  // fields of the leaves at the top
  std::array<NdjsonShape, kShapes> shapes_;
  size_t shapes_known_ = 0, shape_last_ = 0, shape_next_ = 0;
  int misses_ = 0, rest_ = 0;
  std::vector<NdjsonValue> values_, nested_;
  std::unique_ptr<NdjsonBlock> block_;
  uint32_t single_lines_ = 0;  // that are not taken in blocks

  const Morsel* morsel_ = nullptr;
  std::optional<LineCounter> lines_;
  uint32_t at_ = 0;  // in the morsel's text

  // The batch in the making.
  uint32_t rows_ = 0, room_ = 0;
  std::vector<uint32_t> row_begins_, row_ends_;  // with the line end
  std::vector<uint8_t> errors_, keep_;
  KeptRows kept_;  // of keep_
  std::vector<uint32_t> kept_rows_;  // of the accepted ones, when Locate has asked
  std::vector<Malformed> malformed_;
  BadRecord bad_;  // the one that is described: what its failures hold on the heap serves the next one
  int64_t blank_lines_ = 0;
};

Status Decoder::Decode(const Morsel& morsel, const std::function<Status(DecodedBatch&&)>& emit) {
  FREIGHT_ASSERT(morsel.text_bytes <= std::numeric_limits<uint32_t>::max() - Morsel::kPad);
  if (morsel.text_bytes == 0 && morsel.oversize.empty()) return Status::OK();
  morsel_ = &morsel;
  lines_.emplace(morsel);
  at_ = 0;
  do {
    FillBatch();
    DecodedBatch batch;
    batch.bad = BadRecords(pool_);
    ARROW_RETURN_NOT_OK(Judge(&batch));
    if (at_ == size()) {
      for (const BadRecord& record : morsel.oversize) ARROW_RETURN_NOT_OK(batch.bad.Append(record));
    }
    batch.records = batch.accepted->num_rows() + batch.bad.size();
    ARROW_RETURN_NOT_OK(emit(std::move(batch)));
  } while (at_ < size());
  return Status::OK();
}

// Collects whole records from at_ on: about batch_bytes of them, at least one.
void Decoder::FillBatch() {
  rows_ = 0;
  blank_lines_ = 0;
  malformed_.clear();
  kept_rows_.clear();
  errors_.assign(errors_.size(), 0);
  for (NdjsonNode& node : walker_.columns()) node.Clear();
  const int64_t limit = std::min<int64_t>(at_ + options_.batch_bytes, size());
  while (at_ < limit) {
    if (TakesBlocks()) {
      FillBlock(static_cast<uint32_t>(limit));
      continue;
    }
    single_lines_ -= single_lines_ > 0;
    MakeRowRoom(1);
    if (!fast_ || !FastRecord()) CarefulRecord();
  }
}

// Lines are tried as the rows that they are if all of them give one.
void Decoder::FillBlock(uint32_t limit) {
  block_->Take(*kernels_, text(), at_, limit, size());
  MakeRowRoom(block_->count);
  const uint32_t first_row = rows_;
  MatchBlock(first_row);
  const uint32_t open = block_->open_count;
  if (open > kOpenLinesMax && 2 * open > block_->count) single_lines_ = kSingleLines;
  AddBlock(first_row);
}

void Decoder::MatchBlock(uint32_t first_row) {
  uint32_t most = 0;
  const size_t first = shape_last_;
  for (size_t i = 0; i < shapes_known_ && block_->open_count > 0; ++i) {
    const size_t shape = (first + i) % shapes_known_;
    const uint32_t open = block_->open_count;
    shapes_[shape].MatchBlock(*kernels_, out_, first_row, block_.get());
    const uint32_t closed = open - block_->open_count;
    if (closed > most) {
      most = closed;
      shape_last_ = shape;
    }
  }
}

void Decoder::AddBlock(uint32_t first_row) {
  const NdjsonBlock& block = *block_;
  if (block.open_count == 0) {
    std::copy_n(block.begins.begin(), block.count, row_begins_.begin() + rows_);
    for (uint32_t line = 0; line < block.count; ++line) row_ends_[rows_ + line] = block.ends[line] + 1;
    rows_ += block.count;
    at_ = row_ends_[rows_ - 1] = block.NextBegin(block.count - 1);
    misses_ = 0;
    return;
  }
  for (uint32_t line = 0; line < block.count; ++line) {
    if (block.matched[line] != 0) [[likely]] {
      // A line before it may have been blank or malformed.
      const uint32_t row = first_row + line;
      if (row != rows_) [[unlikely]] {
        for (Field* const fields : out_) fields[rows_] = fields[row];
      }
      AddRow(block.begins[line], block.NextBegin(line), false);
      misses_ = 0;
      continue;
    }
    at_ = block.begins[line];
    if (!FastRecord()) CarefulRecord();
  }
  at_ = block.NextBegin(block.count - 1);
}

void Decoder::MakeRowRoom(uint32_t rows) {
  if (rows <= room_ - rows_) return;
  room_ = std::max<uint32_t>({1024, 2 * room_, rows_ + rows});
  row_begins_.resize(room_);
  row_ends_.resize(room_);
  errors_.resize(room_, 0);
  std::vector<NdjsonNode>& columns = walker_.columns();
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].shape != NdjsonNode::Shape::kLeaf) continue;
    columns[i].fields.resize(room_);
    out_[i] = columns[i].fields.data();
  }
}

bool Decoder::FastRecord() {
  if (shapes_known_ == 0 || rest_ > 0) return false;
  if (TryShape(shape_last_)) return true;
  for (size_t i = 0; i < shapes_known_; ++i) {
    if (i != shape_last_ && TryShape(i)) {
      shape_last_ = i;
      return true;
    }
  }
  return false;
}

bool Decoder::TryShape(size_t shape) {
  nested_.clear();
  const uint32_t end = shapes_[shape].Match(text(), at_, size(), out_, rows_, &nested_);
  if (end == 0) return false;
  bool good = true;
  for (const NdjsonValue& value : nested_) good &= walker_.FillNested(text(), value, rows_);
  for (const int column : shapes_[shape].absent_nested()) {
    walker_.columns()[static_cast<size_t>(column)].AppendNull(rows_);
  }
  AddRow(at_, end, !good);
  at_ = end;
  misses_ = 0;
  return true;
}

void Decoder::AddRow(uint32_t begin, uint32_t end, bool flagged) {
  row_begins_[rows_] = begin;
  row_ends_[rows_] = end;
  errors_[rows_] = flagged;
  ++rows_;
}

void Decoder::CarefulRecord() {
  const void* found = std::memchr(text() + at_, '\n', size() - at_);
  const uint32_t line_end = found == nullptr ? size() : static_cast<uint32_t>(static_cast<const char*>(found) - text());
  const uint32_t begin = at_;
  at_ = line_end + (found != nullptr);
  const std::string_view line(text() + begin, line_end - begin);
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    ++blank_lines_;
    return;
  }
  const bool learns = fast_ && rest_ == 0;
  rest_ -= rest_ > 0;
  switch (walker_.Fill(text(), begin, line_end, rows_, learns ? &values_ : nullptr)) {
    case NdjsonVerdict::kMalformed: malformed_.push_back({begin, at_, walker_.malformed()}); break;
    case NdjsonVerdict::kFlagged: AddRow(begin, at_, true); break;
    case NdjsonVerdict::kGood:
      if (learns) Learn(begin, line_end);
      AddRow(begin, at_, false);
      break;
  }
}

void Decoder::Learn(uint32_t begin, uint32_t end) {
  if (++misses_ > kMissesMax) {
    misses_ = 0;
    rest_ = kRestRecords;
    return;
  }
  shapes_[shape_next_].Learn(text(), begin, end, values_, walker_.columns());
  shape_last_ = shape_next_;
  shape_next_ = (shape_next_ + 1) % kShapes;
  shapes_known_ = std::max(shapes_known_, shape_last_ + 1);
}

Status Decoder::Judge(DecodedBatch* batch) {
  batch->blank_lines = blank_lines_;
  const std::span<uint8_t> errors(errors_.data(), rows_);
  for (NdjsonNode& node : walker_.columns()) ARROW_RETURN_NOT_OK(node.Parse(text(), rows_, errors));
  ARROW_RETURN_NOT_OK(CollectBad(&batch->bad));
  ARROW_ASSIGN_OR_RAISE(batch->accepted, FinishColumns());
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> Decoder::FinishColumns() {
  keep_.resize(rows_);
  for (uint32_t row = 0; row < rows_; ++row) keep_[row] = errors_[row] == 0;
  kept_.Assign(keep_);
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (NdjsonNode& node : walker_.columns()) {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> array, node.Finish(kept_, pool_));
    const std::shared_ptr<arrow::Field>& declared = schema_->field(static_cast<int>(fields.size()));
    // Strings that repeat come as a dictionary.
    fields.push_back(declared->type()->Equals(*array->type()) ? declared : declared->WithType(array->type()));
    arrays.push_back(std::move(array));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), kept_.count(), std::move(arrays));
}

// Rows that are flagged and malformed records, merged in input order.
Status Decoder::CollectBad(BadRecords* bad) {
  auto malformed = malformed_.begin();
  const auto add_malformed_before = [&](uint32_t position) -> Status {
    for (; malformed != malformed_.end() && malformed->begin < position; ++malformed) {
      bad_.failures.assign(1, malformed->failure);
      ARROW_RETURN_NOT_OK(AddBad(malformed->begin, malformed->end, bad));
    }
    return Status::OK();
  };
  for (uint32_t row = 0; row < rows_; ++row) {
    if (errors_[row] == 0) [[likely]] continue;
    ARROW_RETURN_NOT_OK(add_malformed_before(row_begins_[row]));
    bad_.failures.clear();
    walker_.Explain(text(), row_begins_[row], RecordEnd(row), &bad_.failures);
    FREIGHT_ASSERT(!bad_.failures.empty());
    ARROW_RETURN_NOT_OK(AddBad(row_begins_[row], row_ends_[row], bad));
  }
  return add_malformed_before(std::numeric_limits<uint32_t>::max());
}

Status Decoder::AddBad(uint32_t begin, uint32_t end, BadRecords* bad) {
  const std::string_view raw = Describe(begin, end, &bad_);
  return bad->Append(bad_, raw);
}

uint32_t Decoder::RecordEnd(uint32_t row) const {
  const uint32_t end = row_ends_[row];
  return end - (text()[end - 1] == '\n');
}

// Its address. Answers its bytes in the morsel.
std::string_view Decoder::Describe(uint32_t begin, uint32_t end, BadRecord* bad) {
  bad->offset = morsel_->offset + begin;
  bad->length = end - begin;
  bad->line = lines_->At(begin);
  return {text() + begin, end - begin};
}

BadRecord Decoder::Locate(int64_t row) {
  if (kept_rows_.empty()) {
    for (uint32_t i = 0; i < keep_.size(); ++i) {
      if (keep_[i] != 0) kept_rows_.push_back(i);
    }
  }
  FREIGHT_ASSERT(row >= 0 && row < static_cast<int64_t>(kept_rows_.size()));
  const uint32_t of_batch = kept_rows_[static_cast<size_t>(row)];
  BadRecord bad;
  bad.raw = std::string(Describe(row_begins_[of_batch], row_ends_[of_batch], &bad));
  return bad;
}

}  // namespace

Result<std::unique_ptr<MorselDecoder>> MakeNdjsonDecoder(const Contract& contract, DecoderOptions options) {
  arrow::MemoryPool* pool = options.pool != nullptr ? options.pool : arrow::default_memory_pool();
  ARROW_ASSIGN_OR_RAISE(NdjsonWalker walker, NdjsonWalker::Make(contract, pool));
  return std::make_unique<Decoder>(contract, options, std::move(walker));
}

}  // namespace freight
