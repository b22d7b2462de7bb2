// The `csv` source: its keys, how they become a dialect, and the CSV reader behind the common interface.
#include "format/csv_format.h"

#include "format/csv_reader.h"
#include "format/morsel_admission.h"
#include "spec/field_table.h"

#include <utility>

namespace freight {
namespace {

constexpr FieldSpec kFields[] = {
    {.key = "csv",
     .count = FieldCount::kOneOrList,
     .required = true,
     .help =
         "Input files: paths or globs (`*`, `?`, `[..]`, `**`), relative to the pipeline file; `.gz`, `.zst`, `.bz2` "
         "and `.xz` are decompressed.",
     .example = "raw/events/*.csv"},
    {.key = "delimiter",
     .default_text = "\",\"",
     .help = "What stands between fields: one byte, or a string of several; `tab` and `\"\\t\"` both mean a tab.",
     .example = "\";\""},
    {.key = "quote",
     .kind = FieldKind::kCharacter,
     .default_text = "'\"'",
     .help = "Encloses fields; `\"\"` or `false` turns quoting off, then every byte is data.",
     .example = "\"'\""},
    {.key = "escape",
     .kind = FieldKind::kCharacter,
     .help = "Inside quotes, this character takes the next one as it is; without it a doubled quote stands for one.",
     .example = "\"\\\\\""},
    {.key = "comment",
     .kind = FieldKind::kCharacter,
     .help = "A record that begins with this character is skipped and counted apart.",
     .example = "\"#\""},
    {.key = "header",
     .kind = FieldKind::kBool,
     .default_text = "true",
     .help = "The first record names the columns; `false`: fields are the contract's columns in order.",
     .example = "false"},
    {.key = "skip_rows",
     .kind = FieldKind::kInteger,
     .minimum = 0,
     .maximum = 1e9,
     .default_text = "0",
     .help = "Lines before the header that are not read.",
     .example = "2"},
    {.key = "nulls",
     .count = FieldCount::kOneOrList,
     .help = "Unquoted spellings of null, exactly these; without the key an unquoted empty field is null and `\"\"` is "
             "the empty string.",
     .example = "[\"\", NA]"},
    {.key = "encoding",
     .kind = FieldKind::kChoice,
     .choices = "utf-8 latin1 windows-1252 utf-16",
     .default_text = "utf-8",
     .help = "How the files' bytes spell characters.",
     .example = "latin1"},
    {.key = "trim",
     .kind = FieldKind::kBool,
     .default_text = "false",
     .help = "Drops spaces and tabs around unquoted fields; otherwise they are data.",
     .example = "true"},
    {.key = "null_padding",
     .kind = FieldKind::kBool,
     .default_text = "false",
     .help = "A record may end early: the fields that it lacks are null. Otherwise it is quarantined, as one with too "
             "many fields always is.",
     .example = "true"},
    {.key = "max_record_bytes",
     .kind = FieldKind::kBytes,
     .minimum = 1 << 10,
     .maximum = 1 << 30,
     .default_text = "16MiB",
     .help = "A longer record is quarantined by its address, without its bytes.",
     .example = "1MiB"},
};
constexpr Shape kShape = {
    "source", "Where the rows come from: CSV files and how they are written. Nothing is detected during a run.",
    kFields};

// A value that holds another string in part: "tab" for the control character is easier to read than an escape.
std::string DelimiterText(const std::string& written) { return written == "tab" ? "\t" : written; }

CsvEncoding EncodingOf(const std::string& word) {
  if (word == "latin1") return CsvEncoding::kLatin1;
  if (word == "windows-1252") return CsvEncoding::kWindows1252;
  if (word == "utf-16") return CsvEncoding::kUtf16;
  return CsvEncoding::kUtf8;
}

std::string TextOf(const Fields& fields, std::string_view key) { return fields.Text(key).value_or(""); }

CsvDialect ReadDialect(const Fields& source) {
  CsvDialect dialect;
  dialect.delimiter = DelimiterText(TextOf(source, "delimiter"));
  dialect.quote = source.Character("quote");
  dialect.escape = source.Character("escape");
  if (dialect.escape == dialect.quote) dialect.escape.reset();  // the same as doubling
  dialect.comment = source.Character("comment");
  dialect.header = source.Bool("header").value_or(true);
  dialect.skip_rows = source.Integer("skip_rows").value_or(0);
  if (source.Node("nulls")) {
    dialect.nulls.emplace();
    for (const YamlNode* spelling : source.List("nulls")) dialect.nulls->push_back(spelling->text);
  }
  dialect.encoding = EncodingOf(TextOf(source, "encoding"));
  dialect.trim = source.Bool("trim").value_or(false);
  dialect.null_padding = source.Bool("null_padding").value_or(false);
  dialect.record_bytes_max = source.Integer("max_record_bytes").value_or(dialect.record_bytes_max);
  return dialect;
}

std::string DialectText(const CsvDialect& d) {
  std::string nulls = "default";
  if (d.nulls) {
    nulls = "list";
    for (const auto& word : *d.nulls) nulls += fmt::format(":{}:{}", word.size(), word);
  }
  auto byte = [](std::optional<char> c) {
    return c ? std::to_string(static_cast<unsigned char>(*c)) : std::string("none");
  };
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}{}", d.delimiter, byte(d.quote), byte(d.escape), byte(d.comment),
                     d.header, d.skip_rows, nulls, static_cast<int>(d.encoding), d.trim, d.record_bytes_max,
                     d.null_padding ? "|padded" : "");  // an identity of before means what it meant
}


void CheckDialect(const CsvDialect& dialect, const Fields& source, Findings* findings) {
  const auto clash = [&](std::string_view key, std::string message, std::string help = "") {
    findings->Error(kCodeConflict, source.Node(key) ? source.Node(key)->span : source.SpanOf(key), std::move(message),
                    std::move(help));
  };
  if (dialect.delimiter.empty()) return clash("delimiter", "the delimiter is empty");
  if (dialect.delimiter.find_first_of("\r\n") != std::string::npos) {
    clash("delimiter", "the delimiter has a line end in it");
  }
  const auto is_line_end = [](std::optional<char> c) { return c == '\n' || c == '\r'; };
  if (is_line_end(dialect.quote)) clash("quote", "the quote is a line end");
  if (is_line_end(dialect.escape)) clash("escape", "the escape is a line end");
  if (is_line_end(dialect.comment)) clash("comment", "the comment character is a line end");
  if (dialect.quote && dialect.delimiter.find(*dialect.quote) != std::string::npos) {
    clash(source.Node("delimiter") ? "delimiter" : "quote", "delimiter and quote share a character",
          "turn quoting off with quote: false, or choose another delimiter");
  }
  if (dialect.escape && dialect.delimiter.find(*dialect.escape) != std::string::npos) {
    clash("escape", "delimiter and escape share a character");
  }
  if (dialect.escape && !dialect.quote) clash("escape", "an escape needs a quote", "remove it, or set quote");
  if (dialect.comment && (dialect.comment == dialect.quote || dialect.delimiter[0] == *dialect.comment)) {
    clash("comment", "the comment character also begins a field or ends one");
  }
}

std::shared_ptr<const InputFormat> Make(const Fields& source, Findings* findings) {
  CsvDialect dialect = ReadDialect(source);
  CheckDialect(dialect, source, findings);
  return std::make_shared<CsvFormat>(std::move(dialect));
}

}  // namespace

std::string CsvFormat::Identity() const { return "csv|" + DialectText(dialect_); }

Result<InputHeader> CsvFormat::ReadHeader(const InputFile& file, const Contract& contract) const {
  ARROW_ASSIGN_OR_RAISE(auto bytes, file.Open());
  ARROW_ASSIGN_OR_RAISE(InputHeader header, ReadCsvHeader(*bytes, file.name, dialect_, contract));
  header.archive_bytes = bytes->memory_bytes();
  return header;
}

Result<std::unique_ptr<MorselCursor>> CsvFormat::OpenCursor(const InputFile& file, const InputHeader& header,
                                                            InputPosition from, CursorOptions options) const {
  ARROW_ASSIGN_OR_RAISE(auto bytes, file.Open(DecodeAhead(options)));
  return MakeCsvCursor(std::move(bytes), dialect_, header, from, std::move(options));
}

Result<std::unique_ptr<MorselDecoder>> CsvFormat::MakeDecoder(const InputFile&, const InputHeader& header,
                                                              const Contract& contract, DecoderOptions options) const {
  return MakeCsvDecoder(dialect_, header, contract, options);
}

constinit const InputFormatDef kCsvFormat = {"source: CSV files", kShape, Make};

}  // namespace freight
