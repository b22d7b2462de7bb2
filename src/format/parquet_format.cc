// The `parquet` source: its keys, the header from the footer, and row groups cut into morsels.
#include "format/parquet_format.h"

#include "base/hash.h"
#include "format/morsel_admission.h"
#include "format/parquet_decoder.h"
#include "format/parquet_layout.h"
#include "format/parquet_match.h"
#include "format/parquet_turns.h"

#include <arrow/type.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <utility>

namespace freight {
namespace {

constexpr FieldSpec kFields[] = {
    {.key = "parquet",
     .count = FieldCount::kOneOrList,
     .required = true,
     .help = "Input files: paths or globs (`*`, `?`, `[..]`, `**`), relative to the pipeline file.",
     .example = "raw/events/*.parquet"},
    {.key = "where",
     .count = FieldCount::kOneOrList,
     .help =
         "Conditions that all must hold for a row to be read: `column = value` with one of `=`, `!=`, `<`, `<=`, `>`, "
         "`>=`, or `column is null`, `column is not null`; `user.id` is a value inside a struct. Other rows are "
         "counted as filtered; row groups whose statistics show that they hold no other rows are not decoded.",
     .example = "[event_time >= 2026-06-01, amount is not null]"},
};
constexpr Shape kShape = {
    "source", "Where the rows come from: Parquet files. Columns that neither contract nor `where` names are not read.",
    kFields};

std::shared_ptr<const InputFormat> Make(const Fields& source, Findings* findings) {
  std::vector<Condition> where;
  for (const YamlNode* node : source.List("where")) {
    auto condition = ParseCondition(node->text);
    if (condition.ok()) where.push_back(*std::move(condition));
    else findings->AddStatus(kCodeConflict, node->span, condition.status());
  }
  return std::make_shared<ParquetFormat>(std::move(where));
}

// Cuts row groups into morsels by what the footer says. Reads the file only for its content hash.
class Cursor final : public MorselCursor {
 public:
  Cursor(const InputFile& file, ParquetLayout layout, std::unique_ptr<ReadableFile> bytes, CursorOptions options)
      : file_(file), layout_(std::move(layout)), bytes_(std::move(bytes)), options_(std::move(options)) {}

  // Walks to the morsel at which the input is resumed.
  Status Open(const InputPosition& from) {
    SkipEmptyGroups();
    while (next_.morsel_index < from.morsel_index && !AtEnd()) Step();
    return Status::OK();
  }

  Result<std::optional<Morsel>> Next() override {
    if (next_.morsel_index == 0 && !hashed_footer_) {
      hashed_footer_ = true;
      ARROW_RETURN_NOT_OK(HashBytes(layout_.footer_begin(), layout_.file_bytes()));
    }
    if (AtEnd()) return std::nullopt;
    Morsel morsel;
    ARROW_ASSIGN_OR_RAISE(morsel.charge, AdmitMorsel(options_));
    const ParquetRowGroup& group = Group();
    // What is not read cannot change the result: the statistics that say so are in the footer.
    if (row_ == 0 && !group.excluded) ARROW_RETURN_NOT_OK(HashBytes(group.file_begin, group.file_end));
    morsel.index = next_.morsel_index;
    morsel.offset = next_.offset;
    morsel.first_line = next_.line;
    morsel.row_group = static_cast<int64_t>(group_);
    morsel.row = row_;
    morsel.rows = std::min(group.RowsPerMorsel(options_.morsel_bytes), group.rows - row_);
    if (morsel.rows < group.rows && !group.excluded) {
      morsel.extra = Turns().Next();
    }
    Step();
    morsel.length = next_.offset - morsel.offset;
    return morsel;
  }

  InputPosition position() const override { return next_; }
  std::string TakeContentHash() override { return std::exchange(hash_, StreamHash()).Hex(); }

 private:
  const ParquetRowGroup& Group() const { return layout_.row_groups()[group_]; }
  bool AtEnd() const { return group_ == layout_.row_groups().size(); }

  RowGroupTurns& Turns() {
    if (!turns_ || turns_of_ != group_) {
      turns_ = std::make_shared<RowGroupTurns>(Group().RowsPerMorsel(options_.morsel_bytes));
    }
    turns_of_ = group_;
    return *turns_;
  }

  void SkipEmptyGroups() {
    while (!AtEnd() && row_ == Group().rows) {
      ++group_;
      row_ = 0;
    }
    // Rows have no offset of their own: they share their row group's bytes evenly.
    next_.offset = layout_.file_bytes();
    if (AtEnd()) return;
    const ParquetRowGroup& group = Group();
    const double share = static_cast<double>(row_) / static_cast<double>(group.rows);
    const auto bytes = static_cast<double>(group.file_end - group.file_begin);
    next_.offset = group.file_begin + static_cast<int64_t>(share * bytes);
    if (next_.morsel_index == 0) next_.offset = 0;
  }

  void Step() {
    const int64_t rows = std::min(Group().RowsPerMorsel(options_.morsel_bytes), Group().rows - row_);
    row_ += rows;
    next_.line += rows;
    ++next_.morsel_index;
    SkipEmptyGroups();
  }

  Status HashBytes(int64_t begin, int64_t end) {
    constexpr int64_t kStepBytes = 1 << 20;
    std::string step(static_cast<size_t>(std::min(kStepBytes, end - begin)), '\0');
    for (int64_t at = begin; at < end;) {
      ARROW_ASSIGN_OR_RAISE(const int64_t got, bytes_->ReadAt(at, std::min(kStepBytes, end - at), step.data()));
      if (got == 0) return Fail(Reaction::kFailed, "the file ends at byte {} of {}", at, end).At({file_.name});
      hash_.Update(step.data(), static_cast<size_t>(got));
      at += got;
    }
    return Status::OK();
  }

  const InputFile file_;
  const ParquetLayout layout_;
  const std::unique_ptr<ReadableFile> bytes_;
  const CursorOptions options_;
  StreamHash hash_;
  bool hashed_footer_ = false;
  InputPosition next_;
  size_t group_ = 0;
  int64_t row_ = 0;  // within the group
  std::shared_ptr<RowGroupTurns> turns_;
  size_t turns_of_ = 0;  // this group
};

}  // namespace

Result<ParquetShape> ReadParquetShape(const InputFile& file) {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenParquet(file, 1, nullptr));
  ParquetShape shape;
  ARROW_RETURN_NOT_OK(ParquetFailure(file, -1, reader->GetSchema(&shape.schema)));
  shape.rows = reader->parquet_reader()->metadata()->num_rows();
  return shape;
}

std::string ParquetFormat::Identity() const {
  std::string text = "parquet";
  for (const Condition& condition : where_) text += fmt::format("|{}:{}", condition.text.size(), condition.text);
  return text;
}

Status ParquetFormat::CheckContract(const Contract& contract) const { return ParquetPaths(contract).status(); }

Result<InputHeader> ParquetFormat::ReadHeader(const InputFile& file, const Contract& contract) const {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenParquet(file, 1, nullptr));
  InputHeader header;
  ARROW_ASSIGN_OR_RAISE(ParquetMatch match,
                        MatchParquet(file, reader->manifest(), contract, PathsOf(where_), &header));
  ARROW_ASSIGN_OR_RAISE(const auto filter, ParquetFilter::Bind(where_, match.conditions, file));
  header.leaves = std::move(match.leaves);
  ARROW_ASSIGN_OR_RAISE(const auto layout, ParquetLayout::Read(file, *reader->parquet_reader()->metadata(),
                                                               header.leaves, filter));
  header.page_bytes = layout.PageBytesMax();
  if (where_.empty()) return header;
  header.skipped = layout.Skipped();
  return header;
}

Result<std::unique_ptr<MorselCursor>> ParquetFormat::OpenCursor(const InputFile& file, const InputHeader& header,
                                                                InputPosition from, CursorOptions options) const {
  ARROW_ASSIGN_OR_RAISE(auto reader, OpenParquet(file, 1, nullptr));
  ARROW_ASSIGN_OR_RAISE(const ParquetMatch match,
                        MatchParquet(file, reader->manifest(), Contract(), PathsOf(where_), nullptr));
  ARROW_ASSIGN_OR_RAISE(const auto filter, ParquetFilter::Bind(where_, match.conditions, file));
  ARROW_ASSIGN_OR_RAISE(auto layout, ParquetLayout::Read(file, *reader->parquet_reader()->metadata(), header.leaves,
                                                         filter));
  ARROW_ASSIGN_OR_RAISE(auto bytes, file.env->OpenRead(file.path));
  auto cursor = std::make_unique<Cursor>(file, std::move(layout), std::move(bytes), std::move(options));
  ARROW_RETURN_NOT_OK(cursor->Open(from));
  return cursor;
}

Result<std::unique_ptr<MorselDecoder>> ParquetFormat::MakeDecoder(const InputFile& file, const InputHeader&,
                                                                  const Contract& contract,
                                                                  DecoderOptions options) const {
  return MakeParquetDecoder(file, contract, where_, options);
}

constinit const InputFormatDef kParquetFormat = {"source: Parquet files", kShape, Make};

}  // namespace freight
