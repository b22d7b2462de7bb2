// Types of an NDJSON file over all records, then proved by the reader that a run uses; see infer.h.
#include "cli/infer.h"

#include "cli/json_guess.h"
#include "contract/odcs.h"
#include "format/json_path.h"
#include "format/ndjson_format.h"

#include <algorithm>
#include <set>

namespace freight {
namespace {

using EachMorsel = std::function<Status(const Morsel&)>;

Status ReadMorsels(const InputFile& file, const Contract& contract, const EachMorsel& each) {
  const NdjsonFormat format{NdjsonOptions()};
  ARROW_ASSIGN_OR_RAISE(const InputHeader header, format.ReadHeader(file, contract));
  ARROW_ASSIGN_OR_RAISE(const auto cursor, format.OpenCursor(file, header, header.data_begin, {}));
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const auto morsel, cursor->Next());
    if (!morsel) return Status::OK();
    ARROW_RETURN_NOT_OK(each(*morsel));
  }
}

void SeeLine(std::string_view line, JsonGuess* records, Inference* found) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  ++found->rows;
  JsonFault fault;
  JsonKind kind;
  JsonScan scan(line.data(), line.data() + line.size());
  if (!IsJson(line, &fault) || !scan.Kind(&kind) || kind != JsonKind::kObject) {
    ++found->bad_rows;
    return;
  }
  records->See(&scan, 0);
}

// An object's properties become columns of their own, at their paths, which is what tables are good at; an object whose
// properties would take a name twice becomes JSON text. Arrays stay, with what they hold.
class Flattened {
 public:
  explicit Flattened(const std::vector<Column>& records) {
    for (const Column& column : records) names_.insert(column.name);
    for (const Column& column : records) Add(column, JsonPathStep(column.source_name));
  }
  std::vector<Column> columns;

 private:
  void Add(Column column, std::string path) {
    column.source_name = std::move(path);
    if (column.type.id == TypeId::kStruct && TakeNames(column)) {
      for (Column child : column.type.children) {
        child.name = ChildName(column, child);
        child.rules.required = child.rules.required && column.rules.required;
        Add(child, column.source_name + "." + JsonPathStep(child.source_name));
      }
      return;
    }
    if (column.type.id == TypeId::kStruct) column.type = ColumnType{.json_text = true};
    columns.push_back(std::move(column));
  }
  static std::string ChildName(const Column& column, const Column& child) { return column.name + "_" + child.name; }
  bool TakeNames(const Column& column) {
    std::set<std::string> wanted;
    for (const Column& child : column.type.children) {
      const std::string name = ChildName(column, child);
      if (names_.contains(name) || !wanted.insert(name).second) return false;
    }
    names_.merge(wanted);
    return true;
  }

  std::set<std::string> names_;
};

// First pass: what stands at each key.
Status FindTypes(const InputFile& file, Inference* found) {
  JsonGuess records;
  ARROW_RETURN_NOT_OK(ReadMorsels(file, {}, [&](const Morsel& morsel) {
    std::string_view text(morsel.text.data(), static_cast<size_t>(morsel.text_bytes));
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      SeeLine(text.substr(0, end), &records, found);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    const auto oversize = static_cast<int64_t>(morsel.oversize.size());
    found->rows += oversize;
    found->bad_rows += oversize;
    return Status::OK();
  }));
  found->columns = std::move(Flattened(records.Columns()).columns);
  return Status::OK();
}

// Second pass: the contract as it will be written judges every record; a column that refuses one becomes JSON text.
Status ProveTypes(const InputFile& file, Inference* found) {
  std::vector<Diagnostic> diagnostics;
  const Contract contract = ParseOdcs(InferredContract(*found, "data"), "contract", "", &diagnostics);
  for (const auto& d : diagnostics) {
    if (d.severity == Severity::kError) {
      return Fail(Reaction::kInvalid, "no contract can be written for \"{}\": {}", file.name, d.message).Help(d.help);
    }
  }
  const NdjsonFormat format{NdjsonOptions()};
  ARROW_ASSIGN_OR_RAISE(const auto decoder, format.MakeDecoder(file, {}, contract, {}));
  found->bad_rows = 0;
  return ReadMorsels(file, contract, [&](const Morsel& morsel) {
    return decoder->Decode(morsel, [&](DecodedBatch&& batch) {
      found->bad_rows += batch.bad.size();
      for (const auto& record : batch.bad) {
        for (const auto& failure : record.failures) {
          if (failure.column < 0 || failure.reason == Reason::kDuplicateKey) continue;
          Column& column = found->columns[static_cast<size_t>(failure.column)];
          if (failure.reason == Reason::kMissing) column.rules.required = false;
          else column.type = ColumnType{.json_text = true};
        }
      }
      return Status::OK();
    });
  });
}

}  // namespace

Result<Inference> InferNdjson(Env& env, const std::string& path) {
  const InputFile file{&env, path, path};
  Inference found;
  found.source = InferredSource::kNdjson;
  ARROW_RETURN_NOT_OK(FindTypes(file, &found));
  if (found.columns.empty()) {
    const bool empty = found.rows == 0;
    return Fail(Reaction::kInvalid, "\"{}\" {}", path, empty ? "is empty" : "has no line with a JSON object")
        .Help("name a file with one JSON object per line");
  }
  ARROW_RETURN_NOT_OK(ProveTypes(file, &found));
  return found;
}

}  // namespace freight
