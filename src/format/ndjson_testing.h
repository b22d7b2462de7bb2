// What the NDJSON tests share: contracts from a few lines, and a whole read of some bytes as text that compares easily.
#pragma once

#include "contract/odcs.h"
#include "format/csv_testing.h"
#include "format/ndjson_format.h"
#include "format/ndjson_reader.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace freight {

// A contract whose properties are YAML flow maps: "{name: a, logicalType: integer}".
inline Contract ContractOf(const std::vector<std::string>& properties, const std::string& more = "") {
  std::string text =
      "apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n"
      "    properties:\n";
  for (const std::string& property : properties) text += "      - " + property + "\n";
  std::vector<Diagnostic> diagnostics;
  Contract contract = ParseOdcs(text + more, "c.odcs.yaml", "", &diagnostics);
  for (const Diagnostic& d : diagnostics) {
    if (d.severity == Severity::kError) ADD_FAILURE() << RenderDiagnostic(d, text, false);
  }
  return contract;
}

inline constexpr const char* kFreezeText =
    "customProperties: [{property: onViolation, value: {columns: freeze}}]\n";

struct NdjsonSettings {
  int64_t morsel_bytes = 4 << 20;
  int64_t batch_bytes = 1 << 20;
  int64_t record_bytes_max = 16 << 20;
  DecoderPath path = DecoderPath::kAuto;
  size_t read_bytes_max = 1 << 30;
  int resume_at_morsel = 0;
};

// Everything that a reader promises not to depend on its settings.
struct NdjsonOutcome {
  std::vector<std::string> rows;  // "{a:int64 = 1, b:string = null}" as Arrow prints scalars
  std::vector<std::string> bad;   // "line 2 @5+3 [a not_of_type $.a (int64)]: raw"
  int64_t records = 0;
  int64_t blank_lines = 0;
  bool operator==(const NdjsonOutcome&) const = default;
};

inline void PrintTo(const NdjsonOutcome& outcome, std::ostream* out) {
  for (const std::string& row : outcome.rows) *out << "\n  " << Printable(row);
  for (const std::string& bad : outcome.bad) *out << "\n  bad " << Printable(bad);
  *out << fmt::format("\n  {} records, {} blank", outcome.records, outcome.blank_lines);
}

// Values as JSON spells them, nearly: null, numbers, "text", [..], {..}.
inline std::string CellText(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return "null";
  switch (array.type_id()) {
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return CellText(*dictionary.dictionary(), dictionary.GetValueIndex(row));
    }
    case arrow::Type::STRING: return "\"" + static_cast<const arrow::StringArray&>(array).GetString(row) + "\"";
    case arrow::Type::STRUCT: {
      const auto& record = static_cast<const arrow::StructArray&>(array);
      std::string text;
      for (int i = 0; i < record.num_fields(); ++i) {
        text += (i == 0 ? "{" : ", ") + record.type()->field(i)->name() + ": " + CellText(*record.field(i), row);
      }
      return text + "}";
    }
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      std::string text;
      for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
        text += (text.empty() ? "" : ", ") + CellText(*list.values(), i);
      }
      return "[" + text + "]";
    }
    default: return array.GetScalar(row).ValueOrDie()->ToString();
  }
}

inline std::string NdjsonBadText(const BadRecord& bad, const Contract& contract) {
  std::string text = fmt::format("line {} @{}+{}", bad.line, bad.offset, bad.length);
  for (const Failure& f : bad.failures) {
    const std::string column = f.column < 0 ? "-" : contract.columns[static_cast<size_t>(f.column)].name;
    text += fmt::format(" [{} {} {} ({})]", column, ReasonWord(f.reason), f.path, f.expected);
  }
  return text + ": " + bad.raw;
}

inline void AddNdjsonBatch(const DecodedBatch& batch, const Contract& contract, NdjsonOutcome* outcome) {
  const Status valid = batch.accepted->ValidateFull();
  EXPECT_TRUE(valid.ok()) << valid.ToString();
  for (int64_t row = 0; row < batch.accepted->num_rows(); ++row) {
    std::string text;
    for (const auto& column : batch.accepted->columns()) text += (text.empty() ? "" : " | ") + CellText(*column, row);
    outcome->rows.push_back(std::move(text));
  }
  for (const BadRecord& bad : batch.bad) outcome->bad.push_back(NdjsonBadText(bad, contract));
  EXPECT_EQ(batch.records, batch.accepted->num_rows() + batch.bad.size());
  outcome->records += batch.records;
  outcome->blank_lines += batch.blank_lines;
}

inline NdjsonOutcome ReadNdjson(const std::string& bytes, const Contract& contract,
                                const NdjsonSettings& settings = {}) {
  NdjsonOutcome outcome;
  const auto cursor_at = [&](InputPosition from) {
    auto stream = std::make_unique<PiecewiseStream>(bytes, settings.read_bytes_max);
    return MakeNdjsonCursor(std::move(stream), settings.record_bytes_max, from, {.morsel_bytes = settings.morsel_bytes})
        .ValueOrDie();
  };
  auto cursor = cursor_at({});
  auto decoder =
      MakeNdjsonDecoder(contract, {.batch_bytes = settings.batch_bytes, .path = settings.path}).ValueOrDie();
  int64_t expected_offset = 0;
  for (int morsels = 1;; ++morsels) {
    const auto morsel = cursor->Next().ValueOrDie();
    if (!morsel) break;
    EXPECT_EQ(morsel->offset, expected_offset) << "morsels leave no gap";
    expected_offset = cursor->position().offset;
    EXPECT_EQ(expected_offset, morsel->offset + morsel->length);
    const Status status = decoder->Decode(*morsel, [&](DecodedBatch&& batch) {
      AddNdjsonBatch(batch, contract, &outcome);
      return Status::OK();
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    if (morsels == settings.resume_at_morsel) cursor = cursor_at(cursor->position());
  }
  EXPECT_EQ(expected_offset, static_cast<int64_t>(bytes.size())) << "every byte lies in a morsel";
  return outcome;
}

// The outcome of the careful path, after a check that every other setting agrees.
inline NdjsonOutcome ReadNdjsonEveryWay(const std::string& bytes, const Contract& contract) {
  const NdjsonOutcome want = ReadNdjson(bytes, contract, {.path = DecoderPath::kScalar});
  for (const int64_t morsel : {1, 7, 64, 1024, 4 << 20}) {
    for (const int64_t batch : {1, 64, 1 << 20}) {
      for (const DecoderPath path : {DecoderPath::kAuto, DecoderPath::kScalar}) {
        EXPECT_EQ(ReadNdjson(bytes, contract, {.morsel_bytes = morsel, .batch_bytes = batch, .path = path}), want)
            << "morsel " << morsel << " batch " << batch << " path " << static_cast<int>(path) << Printable(bytes);
      }
    }
  }
  EXPECT_EQ(ReadNdjson(bytes, contract, {.morsel_bytes = 64, .read_bytes_max = 1}), want);
  EXPECT_EQ(ReadNdjson(bytes, contract, {.morsel_bytes = 64, .resume_at_morsel = 2}), want);
  return want;
}

}  // namespace freight
