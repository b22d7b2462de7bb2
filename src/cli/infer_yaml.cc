// The files that `freight init --from` writes.
#include "cli/infer.h"

#include "cli/text.h"
#include "io/byte_stream.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace freight {
namespace {

bool PlainWord(const std::string& text) {
  static const char* const kWords[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  std::string lower;
  for (const char c : text) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !lower.empty() && letter(lower[0]) && std::all_of(lower.begin(), lower.end(), inner) &&
         std::find(std::begin(kWords), std::end(kWords), lower) == std::end(kWords);
}

// A YAML scalar: bare when nothing could read it as anything else.
std::string Quoted(const std::string& text) {
  if (PlainWord(text)) return text;
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += fmt::format("\\{}", c);
    else if (c == '\t') out += "\\t";
    else if (byte < 0x20 || byte == 0x7F) out += fmt::format("\\x{:02x}", byte);
    else out += c;
  }
  return out + "\"";
}

std::string PropertyKeys(const Column& column);

std::string TypeKeys(const ColumnType& type) {
  switch (type.id) {
    case TypeId::kList: {
      const Column& item = type.children.front();
      return fmt::format("logicalType: array, items: {{{}{}}}", TypeKeys(item.type),
                         item.rules.required ? ", required: true" : "");
    }
    case TypeId::kStruct: {
      std::vector<std::string> properties;
      for (const Column& child : type.children) properties.push_back("{" + PropertyKeys(child) + "}");
      return fmt::format("logicalType: object, properties: [{}]", fmt::join(properties, ", "));
    }
    case TypeId::kBoolean: return "logicalType: boolean";
    case TypeId::kDate: return "logicalType: date";
    case TypeId::kTimestamp:
      return fmt::format("logicalType: timestamp, logicalTypeOptions: {{timezone: {}}}", type.with_zone);
    case TypeId::kTime: return "logicalType: time";
    case TypeId::kInt8: return "logicalType: integer, logicalTypeOptions: {format: i8}";
    case TypeId::kInt16: return "logicalType: integer, logicalTypeOptions: {format: i16}";
    case TypeId::kInt32: return "logicalType: integer, logicalTypeOptions: {format: i32}";
    case TypeId::kInt64: return "logicalType: integer, logicalTypeOptions: {format: i64}";
    case TypeId::kUInt8: return "logicalType: integer, logicalTypeOptions: {format: u8}";
    case TypeId::kUInt16: return "logicalType: integer, logicalTypeOptions: {format: u16}";
    case TypeId::kUInt32: return "logicalType: integer, logicalTypeOptions: {format: u32}";
    case TypeId::kUInt64: return "logicalType: integer, logicalTypeOptions: {format: u64}";
    case TypeId::kFloat: return "logicalType: number, logicalTypeOptions: {format: f32}";
    case TypeId::kUuid: return "logicalType: string, logicalTypeOptions: {format: uuid}";
    case TypeId::kBinary: return "logicalType: string, logicalTypeOptions: {format: binary}";
    case TypeId::kDecimal:
      return fmt::format("logicalType: number, physicalType: \"DECIMAL({},{})\"", type.precision, type.scale);
    case TypeId::kDouble: return "logicalType: number, logicalTypeOptions: {format: f64}";
    default: return type.json_text ? "logicalType: string, physicalType: json" : "logicalType: string";
  }
}

std::string PropertyKeys(const Column& column) {
  std::string keys = "name: " + Quoted(column.name);
  if (column.source_name != column.name) keys += ", physicalName: " + Quoted(column.source_name);
  return fmt::format("{}, {}{}", keys, TypeKeys(column.type), column.rules.required ? ", required: true" : "");
}

const char* SourceWord(InferredSource source) {
  switch (source) {
    case InferredSource::kCsv: return "csv";
    case InferredSource::kNdjson: return "ndjson";
    case InferredSource::kParquet: return "parquet";
  }
  return "csv";
}

const char* EncodingWord(CsvEncoding encoding) {
  switch (encoding) {
    case CsvEncoding::kUtf8: return "utf-8";
    case CsvEncoding::kLatin1: return "latin1";
    case CsvEncoding::kWindows1252: return "windows-1252";
    case CsvEncoding::kUtf16: return "utf-16";
  }
  return "utf-8";
}

std::string DialectKeys(const CsvDialect& d) {
  std::string keys;
  if (d.delimiter != ",") keys += fmt::format("  delimiter: {}\n", Quoted(d.delimiter));
  if (!d.quote) keys += "  quote: false\n";
  if (d.quote && *d.quote != '"') keys += fmt::format("  quote: {}\n", Quoted(std::string(1, *d.quote)));
  if (d.escape) keys += fmt::format("  escape: {}\n", Quoted(std::string(1, *d.escape)));
  if (!d.header) keys += "  header: false\n";
  if (d.skip_rows > 0) keys += fmt::format("  skip_rows: {}\n", d.skip_rows);
  if (d.encoding != CsvEncoding::kUtf8) keys += fmt::format("  encoding: {}\n", EncodingWord(d.encoding));
  return keys;
}

// Twice the share that the file has now, at least 1: tomorrow's file may be a little worse, not much.
int64_t PercentMax(const Inference& found) {
  if (found.rows == 0) return 1;
  const double share = 100.0 * static_cast<double>(found.bad_rows) / static_cast<double>(found.rows);
  return std::clamp<int64_t>(static_cast<int64_t>(std::ceil(2 * share)), 1, 100);
}

// `csv` is a glob with variables: characters that mean something there stand for themselves.
std::string LiteralGlob(const std::string& path) {
  std::string out;
  for (size_t i = 0; i < path.size(); i++) {
    const char c = path[i];
    if (c == '*' || c == '?' || c == '[') out += fmt::format("[{}]", c);
    else if (c == '$' && path.substr(i, 2) == "${") out += "$$";
    else out += c;
  }
  return out;
}

}  // namespace

std::string InferredContract(const Inference& found, const std::string& name) {
  std::string text = fmt::format(
      "# Types found in {} of the file. A decimal's scale is exact; its precision has room to grow.\n"
      "apiVersion: v3.1.0\nkind: DataContract\nid: {}\nname: {}\nversion: 1.0.0\nstatus: draft\nschema:\n"
      "  - name: {}\n    physicalType: table\n    properties:\n",
      Count(found.rows, "row"), Quoted(name), Quoted(name), Quoted(name));
  for (const auto& column : found.columns) text += fmt::format("      - {{{}}}\n", PropertyKeys(column));
  return text;
}

InferredProject WriteInferred(const Inference& found, const std::string& name, const std::string& input) {
  const std::string pipeline = fmt::format(
      "version: 1\ndataset: clean.{0}\nsource:\n  {4}: {1}\n{2}contract: contracts/{0}.odcs.yaml\n"
      "quarantine: {{to: _dlq/{0}, max_percent: {3}}}\nto:\n  parquet: clean/{0}\n  mode: replace\n",
      name, Quoted(LiteralGlob(input)), DialectKeys(found.dialect), PercentMax(found),
      SourceWord(found.source));
  return {pipeline, InferredContract(found, name)};
}

std::string DatasetNameOf(const std::string& path) {
  std::string stem = BaseName(path);
  const auto drop = [&stem](std::string_view suffix) {
    if (stem.size() > suffix.size() && stem.ends_with(suffix)) stem.resize(stem.size() - suffix.size());
  };
  for (const std::string_view suffix : kCompressedSuffixes) drop(suffix);
  for (const char* suffix : {".csv", ".tsv", ".txt", ".ndjson", ".jsonl", ".json", ".parquet"}) drop(suffix);
  std::string name;
  for (const char c : stem) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || upper;
    if (kept) name += upper ? static_cast<char>(c + 32) : c;
    else if (!name.empty() && name.back() != '_') name += '_';
  }
  while (name.ends_with('_')) name.pop_back();
  if (name.empty()) return "data";
  return name[0] >= '0' && name[0] <= '9' ? "data_" + name : name;
}

}  // namespace freight
