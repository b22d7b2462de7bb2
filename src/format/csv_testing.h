// What the CSV tests share: a whole read of some bytes as lines of text that are easy to compare.
#pragma once

#include "format/csv_reader.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace freight {

inline Contract StringContract(const std::vector<std::string>& names) {
  Contract contract;
  for (const std::string& name : names) {
    Column column;
    column.name = column.source_name = name;
    contract.columns.push_back(std::move(column));
  }
  return contract;
}

// Columns a, b, c, ...
inline Contract LetterContract(int columns) {
  std::vector<std::string> names;
  for (int i = 0; i < columns; ++i) names.emplace_back(1, static_cast<char>('a' + i));
  return StringContract(names);
}

struct ReadSettings {
  int64_t morsel_bytes = 4 << 20;
  int64_t batch_bytes = 1 << 20;
  DecoderPath path = DecoderPath::kAuto;
  int64_t bad_ahead = 0;
  size_t read_bytes_max = 1 << 30;  // what one Read of the stream gives at most
  int resume_at_morsel = 0;         // a new cursor goes on there
};

// Everything that a reader promises not to depend on its settings.
struct ReadOutcome {
  std::vector<std::string> rows;  // "<a><b>", null as ~
  std::vector<std::string> bad;   // "line 2 @5+3 too_few_fields: raw"
  int64_t records = 0;
  int64_t blank_lines = 0;
  int64_t comments = 0;
  bool operator==(const ReadOutcome&) const = default;
};

inline std::string Printable(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\0' ? "\\0" : std::string(1, c);
  return out;
}

inline void PrintTo(const ReadOutcome& outcome, std::ostream* out) {
  for (const std::string& row : outcome.rows) *out << "\n  " << Printable(row);
  for (const std::string& bad : outcome.bad) *out << "\n  bad " << Printable(bad);
  *out << fmt::format("\n  {} records, {} blank, {} comments", outcome.records, outcome.blank_lines, outcome.comments);
}

// Gives its bytes in small pieces.
class PiecewiseStream final : public ByteStream {
 public:
  PiecewiseStream(std::string bytes, size_t read_bytes_max) : bytes_(std::move(bytes)), max_(read_bytes_max) {}
  Result<int64_t> Read(int64_t bytes, void* out) override {
    const size_t count = std::min({static_cast<size_t>(bytes), max_, bytes_.size() - at_});
    bytes_.copy(static_cast<char*>(out), count, at_);
    at_ += count;
    return static_cast<int64_t>(count);
  }
  Status SkipTo(int64_t offset) override {
    EXPECT_GE(static_cast<size_t>(offset), at_) << "streams only go forward";
    at_ = std::min(static_cast<size_t>(offset), bytes_.size());
    return Status::OK();
  }

 private:
  std::string bytes_;
  size_t max_;
  size_t at_ = 0;
};

inline std::string ValueText(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return "~";
  if (array.type_id() == arrow::Type::DICTIONARY) {
    const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
    return ValueText(*dictionary.dictionary(), dictionary.GetValueIndex(row));
  }
  return "<" + static_cast<const arrow::StringArray&>(array).GetString(row) + ">";
}

inline std::string BadText(const BadRecord& bad) {
  std::string text = fmt::format("line {} @{}+{}", bad.line, bad.offset, bad.length);
  for (const Failure& failure : bad.failures) text += fmt::format(" {}", ReasonWord(failure.reason));
  return text + ": " + bad.raw;
}

inline void AddBatch(const DecodedBatch& batch, ReadOutcome* outcome) {
  const int64_t accepted = batch.accepted ? batch.accepted->num_rows() : 0;
  for (int64_t row = 0; row < accepted; ++row) {
    std::string text;
    for (const auto& column : batch.accepted->columns()) text += ValueText(*column, row);
    outcome->rows.push_back(std::move(text));
  }
  for (const BadRecord& bad : batch.bad) outcome->bad.push_back(BadText(bad));
  EXPECT_EQ(batch.records, accepted + batch.bad.size());
  outcome->records += batch.records;
  outcome->blank_lines += batch.blank_lines;
  outcome->comments += batch.comments;
}

inline std::unique_ptr<MorselCursor> CursorAt(const std::string& bytes, const CsvDialect& dialect,
                                              const InputHeader& header, InputPosition from,
                                              const ReadSettings& settings) {
  auto stream = std::make_unique<PiecewiseStream>(bytes, settings.read_bytes_max);
  return MakeCsvCursor(std::move(stream), dialect, header, from, {.morsel_bytes = settings.morsel_bytes}).ValueOrDie();
}

inline InputHeader HeaderOf(const std::string& bytes, const CsvDialect& dialect, const Contract& contract) {
  PiecewiseStream stream(bytes, 1 << 30);
  return ReadCsvHeader(stream, "in.csv", dialect, contract).ValueOrDie();
}

inline ReadOutcome ReadCsv(const std::string& bytes, const CsvDialect& dialect, const Contract& contract,
                           const ReadSettings& settings = {}) {
  ReadOutcome outcome;
  const InputHeader header = HeaderOf(bytes, dialect, contract);
  auto cursor = CursorAt(bytes, dialect, header, header.data_begin, settings);
  auto decoder = MakeCsvDecoder(dialect, header, contract,
                                {.batch_bytes = settings.batch_bytes, .path = settings.path,
                                 .bad_ahead = settings.bad_ahead}).ValueOrDie();
  int64_t expected_offset = header.data_begin.offset;
  for (int morsels = 1;; ++morsels) {
    const auto morsel = cursor->Next().ValueOrDie();
    if (!morsel) break;
    EXPECT_EQ(morsel->offset, expected_offset) << "morsels leave no gap";
    EXPECT_EQ(cursor->position().offset, morsel->offset + morsel->length);
    expected_offset = cursor->position().offset;
    const Status status = decoder->Decode(*morsel, [&](DecodedBatch&& batch) {
      AddBatch(batch, &outcome);
      return Status::OK();
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    if (morsels == settings.resume_at_morsel) {
      cursor = CursorAt(bytes, dialect, header, cursor->position(), settings);
    }
  }
  EXPECT_EQ(expected_offset, static_cast<int64_t>(bytes.size())) << "every byte lies in a morsel";
  return outcome;
}

}  // namespace freight
