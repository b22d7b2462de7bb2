// Types of a CSV file over all rows, through the reader that a run uses; see infer.h.
#include "cli/infer.h"

#include "cli/dialect_guess.h"
#include "cli/text.h"
#include "cli/type_guess.h"
#include "contract/odcs.h"
#include "format/csv_reader.h"
#include "format/csv_text.h"

#include <arrow/api.h>

#include <algorithm>
#include <set>

namespace freight {
namespace {

constexpr size_t kNameBytesMax = 200;
constexpr int64_t kFirstBytes = 4096;

std::vector<Column> StringColumns(const DialectGuess& guess, int64_t fields) {
  std::vector<Column> columns;
  std::set<std::string> taken;
  for (int64_t i = 0; i < fields; i++) {
    const bool named = i < static_cast<int64_t>(guess.names.size());
    Column column;
    column.source_name = named ? guess.names[i] : fmt::format("column_{}", i + 1);
    column.name = FitColumnName(column.source_name, i + 1, &taken);
    column.rules.required = guess.dialect.header;  // so that a header that reads otherwise is noticed
    columns.push_back(std::move(column));
  }
  return columns;
}

// Names that a header can be matched by: unique, valid, not empty.
bool Matchable(const std::vector<std::string>& names) {
  const std::set<std::string> unique(names.begin(), names.end());
  const auto fits = [](const std::string& n) {
    return !n.empty() && ValidUtf8(n) && n.find('\0') == std::string::npos;
  };
  return unique.size() == names.size() && std::all_of(names.begin(), names.end(), fits);
}

Result<InputHeader> HeaderOf(Env& env, const std::string& path, const CsvDialect& dialect, const Contract& contract) {
  ARROW_ASSIGN_OR_RAISE(const auto in, OpenByteStream(env, path));
  return ReadCsvHeader(*in, path, dialect, contract);
}

// Decodes every record of the file under `contract`.
Status ReadAllRows(Env& env, const std::string& path, const CsvDialect& dialect, const Contract& contract,
                   const std::function<Status(const DecodedBatch&)>& each) {
  ARROW_ASSIGN_OR_RAISE(const InputHeader header, HeaderOf(env, path, dialect, contract));
  ARROW_ASSIGN_OR_RAISE(auto in, OpenByteStream(env, path));
  ARROW_ASSIGN_OR_RAISE(const auto cursor, MakeCsvCursor(std::move(in), dialect, header, header.data_begin, {}));
  ARROW_ASSIGN_OR_RAISE(const auto decoder, MakeCsvDecoder(dialect, header, contract, {}));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto morsel, cursor->Next());
    if (!morsel) return Status::OK();
    ARROW_RETURN_NOT_OK(decoder->Decode(*morsel, [&](DecodedBatch&& batch) { return each(batch); }));
  }
}

void SeeColumn(const arrow::Array& array, TypeGuess* guess) {
  const auto* dictionary = dynamic_cast<const arrow::DictionaryArray*>(&array);
  const auto& words = static_cast<const arrow::StringArray&>(dictionary ? *dictionary->dictionary() : array);
  for (int64_t row = 0; row < array.length(); row++) {
    if (array.IsNull(row)) {
      guess->SeeNull();
    } else {
      guess->See(words.GetView(dictionary ? dictionary->GetValueIndex(row) : row));
    }
  }
}

// First pass over all rows: every column as text.
Status FindTypes(Env& env, const std::string& path, Inference* found) {
  Contract contract;
  contract.columns = found->columns;
  for (auto& column : contract.columns) column.rules.required = false;
  std::vector<TypeGuess> guesses(contract.columns.size());
  ARROW_RETURN_NOT_OK(ReadAllRows(env, path, found->dialect, contract, [&](const DecodedBatch& batch) {
    found->rows += batch.records;
    found->bad_rows += batch.bad.size();
    for (size_t i = 0; batch.accepted && i < guesses.size(); i++) {
      SeeColumn(*batch.accepted->column(static_cast<int>(i)), &guesses[i]);
    }
    return Status::OK();
  }));
  for (size_t i = 0; i < guesses.size(); i++) {
    found->columns[i].type = guesses[i].Type();
    found->columns[i].rules.required = guesses[i].has_values() && !guesses[i].has_nulls();
  }
  return Status::OK();
}

// Second pass: the contract as it will be written judges every row; a column that refuses one becomes text.
Status ProveTypes(Env& env, const std::string& path, Inference* found) {
  std::vector<Diagnostic> diagnostics;
  const Contract contract = ParseOdcs(InferredContract(*found, "data"), "contract", "", &diagnostics);
  for (const auto& d : diagnostics) {
    if (d.severity == Severity::kError) {
      return Fail(Reaction::kInvalid, "no contract can be written for \"{}\": {}", path, d.message).Help(d.help);
    }
  }
  return ReadAllRows(env, path, found->dialect, contract, [&](const DecodedBatch& batch) {
    for (const auto& record : batch.bad) {
      for (const auto& failure : record.failures) {
        if (failure.column < 0) continue;
        Column& column = found->columns[failure.column];
        if (failure.reason == Reason::kMissing) column.rules.required = false;
        else column.type = ColumnType();
      }
    }
    return Status::OK();
  });
}

Status CheckRegularFile(Env& env, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, env.Stat(path));
  if (stat.kind == FileKind::kFile) return Status::OK();
  return Fail(Reaction::kInvalid, "\"{}\" is not a regular file", path)
      .Help("name a data file: it is read more than once");
}

Result<DialectGuess> GuessFile(Env& env, const std::string& path) {
  ARROW_RETURN_NOT_OK(CheckRegularFile(env, path));
  ARROW_ASSIGN_OR_RAISE(const CsvEncoding encoding, GuessEncoding(env, path));
  ARROW_ASSIGN_OR_RAISE(auto in, OpenByteStream(env, path));
  CsvInput input(std::move(in), encoding);
  ARROW_RETURN_NOT_OK(input.ReadMark());
  MorselText text;
  int64_t size = 0;
  ARROW_RETURN_NOT_OK(input.Fill(kDialectSampleBytes, &text, &size));
  const auto guess = GuessDialect({text.data(), static_cast<size_t>(size)}, input.at_end(), encoding);
  if (guess.fields == 0 || std::string_view(text.data(), size).find_first_not_of("\r\n") == std::string_view::npos) {
    return Fail(Reaction::kInvalid, "\"{}\" is empty", path).Help("name a file with at least a header");
  }
  return guess;
}

// The first byte that is no blank; 0 when there is none.
Result<char> FirstByte(Env& env, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto in, OpenByteStream(env, path));
  CsvInput input(std::move(in), CsvEncoding::kUtf8);
  ARROW_RETURN_NOT_OK(input.ReadMark());
  MorselText text;
  int64_t size = 0;
  ARROW_RETURN_NOT_OK(input.Fill(kFirstBytes, &text, &size));
  const size_t at = std::string_view(text.data(), static_cast<size_t>(size)).find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? '\0' : text[at];
}

}  // namespace

std::string FitColumnName(const std::string& source, int64_t position, std::set<std::string>* taken) {
  std::string name;
  for (const char c : source) name += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '_' : c;
  while (name.starts_with(' ')) name.erase(0, 1);
  while (name.ends_with(' ')) name.pop_back();
  if (name.empty() || name.size() > kNameBytesMax || !ValidUtf8(name)) name = fmt::format("column_{}", position);
  const std::string base = name;
  for (int n = 2; !taken->insert(name).second; n++) name = fmt::format("{}_{}", base, n);
  return name;
}

Result<Inference> Infer(Env& env, const std::string& path) {
  ARROW_RETURN_NOT_OK(CheckRegularFile(env, path));
  std::string_view stem = path;
  for (const std::string_view suffix : kCompressedSuffixes) {
    if (stem.ends_with(suffix)) stem.remove_suffix(suffix.size());
  }
  for (const char* suffix : {".ndjson", ".jsonl", ".json"}) {
    if (stem.ends_with(suffix)) return InferNdjson(env, path);
  }
  for (const char* suffix : {".csv", ".tsv"}) {
    if (stem.ends_with(suffix)) return InferCsv(env, path);
  }
  if (path.ends_with(".parquet")) return InferParquet(env, path);
  ARROW_ASSIGN_OR_RAISE(const char first, FirstByte(env, path));
  return first == '{' ? InferNdjson(env, path) : InferCsv(env, path);
}

Result<Inference> InferCsv(Env& env, const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(DialectGuess guess, GuessFile(env, path));
  const auto named = static_cast<int64_t>(guess.names.size());
  Inference found;
  found.columns = StringColumns(guess, named > 0 ? named : guess.fields);
  found.dialect = guess.dialect;
  Contract contract;
  contract.columns = found.columns;
  bool by_name = guess.dialect.header && named == guess.fields && Matchable(guess.names);
  if (by_name) by_name = HeaderOf(env, path, guess.dialect, contract).ok();
  if (guess.dialect.header && !by_name) {
    // Names that repeat, are empty or are too few cannot be matched: the header's lines are skipped, columns go by
    // place.
    found.dialect.header = guess.dialect.header = false;
    found.dialect.skip_rows = guess.header_lines;
    found.columns = StringColumns(guess, guess.fields);
    for (auto& column : found.columns) column.source_name = column.name;
  }
  ARROW_RETURN_NOT_OK(FindTypes(env, path, &found));
  ARROW_RETURN_NOT_OK(ProveTypes(env, path, &found));
  return found;
}

}  // namespace freight
