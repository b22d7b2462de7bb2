// The `ndjson` source: its keys, and what is told from a file's first bytes before its records are read.
#include "format/ndjson_format.h"

#include "format/csv_text.h"
#include "format/json_scan.h"
#include "format/morsel_admission.h"
#include "format/ndjson_reader.h"
#include "format/ndjson_walker.h"

#include <arrow/memory_pool.h>

#include <utility>

namespace freight {
namespace {

constexpr int64_t kSampleBytes = 64 << 10;
constexpr std::string_view kBlanks = " \t\r\n";

constexpr FieldSpec kFields[] = {
    {.key = "ndjson",
     .count = FieldCount::kOneOrList,
     .required = true,
     .help =
         "Input files with one JSON object per line: paths or globs (`*`, `?`, `[..]`, `**`), relative to the pipeline "
         "file; `.gz`, `.zst`, `.bz2` and `.xz` are decompressed.",
     .example = "raw/events/*.ndjson"},
    {.key = "max_record_bytes",
     .kind = FieldKind::kBytes,
     .minimum = 1 << 10,
     .maximum = 1 << 28,
     .default_text = "16MiB",
     .help = "A longer line is quarantined by its address, without its bytes.",
     .example = "1MiB"},
};
constexpr Shape kShape = {
    "source", "Where the rows come from: files with one JSON object per line. Nothing is detected during a run.",
    kFields};

std::shared_ptr<const InputFormat> Make(const Fields& source, Findings*) {
  NdjsonOptions options;
  options.record_bytes_max = source.Integer("max_record_bytes").value_or(options.record_bytes_max);
  return std::make_shared<NdjsonFormat>(options);
}

// What the beginning of a file that is no NDJSON shows it to be; empty when nothing speaks against it.
struct OtherKind {
  std::string what, help;
};

OtherKind KindByMagic(std::string_view sample) {
  struct Magic {
    std::string_view bytes, what, help;
  };
  static constexpr Magic kMagics[] = {
      {"\x1F\x8B", "gzip data", "name the file with .gz at its end"},
      {"\x28\xB5\x2F\xFD", "zstd data", "name the file with .zst at its end"},
      {"BZh", "bzip2 data", "name the file with .bz2 at its end"},
      {{"\xFD\x37\x7A\x58\x5A\0", 6}, "xz data", "name the file with .xz at its end"},
      {"PAR1", "a Parquet file", "name files with one JSON object per line"},
      {"PK\x03\x04", "a zip archive", "unpack it first"},
      {"\xFF\xFE", "text in utf-16", "convert it to utf-8: iconv -f utf-16 -t utf-8"},
      {"\xFE\xFF", "text in utf-16", "convert it to utf-8: iconv -f utf-16 -t utf-8"},
  };
  for (const Magic& magic : kMagics) {
    if (sample.starts_with(magic.bytes)) return {std::string(magic.what), std::string(magic.help)};
  }
  return {};
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// An array of objects that is not itself the first of several lines, or an object over several lines: both are what
// other programs call JSON.
OtherKind KindByText(std::string_view sample) {
  const size_t begin = std::min(sample.find_first_not_of(kBlanks), sample.size());
  const size_t line_end = std::min(sample.find('\n', begin), sample.size());
  const std::string_view line = Trimmed(sample.substr(begin, line_end - begin));
  if (line == "{") {
    return {"a JSON document over several lines", "write one object per line, for example with: jq -c . FILE"};
  }
  if (!line.starts_with('[')) return {};
  const std::string_view inside = Trimmed(sample.substr(begin + 1));
  JsonFault fault;
  const bool one_of_several = IsJson(line, &fault) && !Trimmed(sample.substr(line_end)).empty();
  if (!inside.starts_with('{') || one_of_several) return {};
  return {"one JSON array, not one object per line", "write one object per line, for example with: jq -c '.[]' FILE"};
}

}  // namespace

std::string NdjsonFormat::Identity() const { return fmt::format("ndjson|{}", options_.record_bytes_max); }

// The paths, and whether each of them is read once.
Status NdjsonFormat::CheckContract(const Contract& contract) const {
  return NdjsonWalker::Make(contract, arrow::default_memory_pool()).status();
}

Result<InputHeader> NdjsonFormat::ReadHeader(const InputFile& file, const Contract& contract) const {
  ARROW_ASSIGN_OR_RAISE(auto bytes, file.Open());
  CsvInput input(std::move(bytes), CsvEncoding::kUtf8);
  ARROW_RETURN_NOT_OK(input.ReadMark());
  MorselText text;
  int64_t size = 0;
  ARROW_RETURN_NOT_OK(input.Fill(kSampleBytes, &text, &size));
  const std::string_view sample(text.data(), static_cast<size_t>(size));
  OtherKind other = KindByMagic(sample);
  if (other.what.empty()) other = KindByText(sample);
  if (!other.what.empty()) {
    return Fail(Reaction::kInvalid, "the file is {}", other.what).At({file.name, 1}).Help(other.help);
  }
  InputHeader header;
  header.column_of_contract.assign(contract.columns.size(), -1);
  header.data_begin.offset = input.mark_bytes();
  header.archive_bytes = input.memory_bytes();
  return header;
}

Result<std::unique_ptr<MorselCursor>> NdjsonFormat::OpenCursor(const InputFile& file, const InputHeader&,
                                                               InputPosition from, CursorOptions options) const {
  ARROW_ASSIGN_OR_RAISE(auto bytes, file.Open(DecodeAhead(options)));
  return MakeNdjsonCursor(std::move(bytes), options_.record_bytes_max, from, std::move(options));
}

Result<std::unique_ptr<MorselDecoder>> NdjsonFormat::MakeDecoder(const InputFile&, const InputHeader&,
                                                                 const Contract& contract,
                                                                 DecoderOptions options) const {
  return MakeNdjsonDecoder(contract, options);
}

constinit const InputFormatDef kNdjsonFormat = {"source: NDJSON files", kShape, Make};

}  // namespace freight
