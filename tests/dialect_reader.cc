// For tests/dialect_test.py and dialect_soup_test.py: reads CSV texts in their dialects, by the fast path and the
// careful one, in several cuts.
//
// stdin: one case per line, {"text": hex, "columns": n, "dialect": {...}}. stdout: one line per case,
// {"rows": [[cell or null]], "bad": [[line, reason, offset, length]], "blank": n, "comments": n, "differs": ""};
// `differs` names the first setting under which the outcome was another one.
#include "format/csv_testing.h"

#include <nlohmann/json.hpp>

#include <iostream>

namespace freight {
namespace {

using nlohmann::json;

std::string FromHex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::optional<char> OneOf(const json& dialect, const char* key) {
  const json& value = dialect[key];
  return value.is_null() ? std::nullopt : std::optional(value.get<std::string>()[0]);
}

CsvDialect DialectOf(const json& from) {
  CsvDialect dialect;
  dialect.delimiter = from["delimiter"];
  dialect.quote = OneOf(from, "quote");
  dialect.escape = OneOf(from, "escape");
  dialect.comment = OneOf(from, "comment");
  dialect.header = from["header"];
  dialect.skip_rows = from["skip_rows"];
  dialect.trim = from["trim"];
  dialect.null_padding = from.value("null_padding", false);
  if (!from["nulls"].is_null()) dialect.nulls = from["nulls"].get<std::vector<std::string>>();
  return dialect;
}

json Cell(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return nullptr;
  if (array.type_id() != arrow::Type::DICTIONARY) return static_cast<const arrow::StringArray&>(array).GetString(row);
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
  return Cell(*dictionary.dictionary(), dictionary.GetValueIndex(row));
}

json Outcome(const std::string& text, const CsvDialect& dialect, const Contract& contract,
             const ReadSettings& settings) {
  json rows = json::array(), bad = json::array();
  int64_t blank = 0, comments = 0;
  const InputHeader header = HeaderOf(text, dialect, contract);
  auto cursor = CursorAt(text, dialect, header, header.data_begin, settings);
  auto decoder = MakeCsvDecoder(dialect, header, contract,
                                {.batch_bytes = settings.batch_bytes, .path = settings.path}).ValueOrDie();
  while (const auto morsel = cursor->Next().ValueOrDie()) {
    const Status status = decoder->Decode(*morsel, [&](DecodedBatch&& batch) {
      for (int64_t row = 0; row < batch.accepted->num_rows(); ++row) {
        json cells = json::array();
        for (const auto& column : batch.accepted->columns()) cells.push_back(Cell(*column, row));
        rows.push_back(std::move(cells));
      }
      for (const BadRecord& record : batch.bad) {
        bad.push_back({record.line, ReasonWord(record.failures.at(0).reason), record.offset, record.length});
      }
      blank += batch.blank_lines;
      comments += batch.comments;
      return Status::OK();
    });
    FREIGHT_ASSERT(status.ok());
  }
  return {{"rows", rows}, {"bad", bad}, {"blank", blank}, {"comments", comments}};
}

json ReadCase(const json& given) {
  const std::string text = FromHex(given["text"]);
  const CsvDialect dialect = DialectOf(given["dialect"]);
  const Contract contract = LetterContract(given["columns"]);
  json first;
  std::string differs;
  for (const DecoderPath path : {DecoderPath::kAuto, DecoderPath::kScalar}) {
    for (const int64_t morsel_bytes : {1 << 20, 97, 16}) {
      for (const int64_t batch_bytes : {1 << 20, 50}) {
        const json outcome =
            Outcome(text, dialect, contract, {.morsel_bytes = morsel_bytes, .batch_bytes = batch_bytes, .path = path});
        if (first.is_null()) first = outcome;
        if (differs.empty() && outcome != first) {
          differs = fmt::format("{} path, morsels of {}, batches of {}: {}",
                                path == DecoderPath::kAuto ? "fast" : "careful", morsel_bytes, batch_bytes,
                                outcome.dump());
        }
      }
    }
  }
  first["differs"] = differs;
  return first;
}

}  // namespace
}  // namespace freight

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << freight::ReadCase(nlohmann::json::parse(line)).dump() << "\n";
  }
  return testing::Test::HasFailure() ? 1 : 0;
}
