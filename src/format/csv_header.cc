// Reads what stands before the data of a CSV file and matches its columns to the contract.
#include "format/csv_grammar.h"
#include "format/csv_reader.h"
#include "format/csv_scan.h"
#include "format/csv_text.h"
#include "format/header_match.h"

#include <algorithm>
#include <utility>

namespace freight {
namespace {

constexpr int64_t kReadBytes = 64 << 10;
// Walks over the lines before the data, holding one line or record at a time.
class Preamble {
 public:
  Preamble(ByteStream& in, const std::string& file, const CsvDialect& dialect)
      : input_(in, dialect.encoding), file_(file), dialect_(dialect), grammar_(dialect, /*one_column=*/false) {}

  Status Begin() {
    ARROW_RETURN_NOT_OK(input_.ReadMark());
    offset_ = input_.mark_bytes();
    ARROW_RETURN_NOT_OK(input_.Fill(kReadBytes, &text_, &size_));
    for (int64_t row = 0; row < dialect_.skip_rows; ++row) ARROW_RETURN_NOT_OK(SkipLine());
    return Status::OK();
  }

  InputPosition position() const { return {0, offset_, line_}; }
  Result<NamedColumns> ReadNames();

 private:
  std::string_view rest() const { return {text_.data() + at_, static_cast<size_t>(size_ - at_)}; }
  Place PlaceAt(int64_t at) const;
  Status SkipLine();
  Status Drop();
  Result<CsvRecord> NextRecord(std::vector<Field>* fields);
  Result<NamedColumns> NamesOf(const std::vector<Field>& fields);
  Result<std::string> NameOf(const Field& field) const;

  // Puts [at_, end) behind us.
  void Advance(int64_t end) {
    line_ += CountLineEnds(text_.data(), at_, end);
    offset_ += input_.FileBytes({text_.data() + at_, static_cast<size_t>(end - at_)});
    at_ = end;
  }

  CsvInput input_;
  const std::string& file_;
  const CsvDialect& dialect_;
  CsvGrammar grammar_;
  MorselText text_;
  int64_t size_ = 0;
  int64_t at_ = 0;
  int64_t offset_ = 0;
  int64_t line_ = 1;
};

// Forgets what is behind us and reads on.
Status Preamble::Drop() {
  text_.erase_front(static_cast<size_t>(at_));
  size_ -= at_;
  at_ = 0;
  return input_.Fill(size_ + kReadBytes, &text_, &size_);
}

Status Preamble::SkipLine() {
  for (;;) {
    const int64_t end = FindLineEndByte(text_.data(), at_, size_);
    const bool undecided = end >= size_ || (text_[end] == '\r' && end + 1 == size_);
    if (!undecided) {
      const bool pair = text_[end] == '\r' && text_[end + 1] == '\n';
      Advance(end + (pair ? 2 : 1));
      return Status::OK();
    }
    if (input_.at_end()) {
      Advance(size_);
      return Status::OK();
    }
    Advance(end);
    ARROW_RETURN_NOT_OK(Drop());
  }
}

Result<CsvRecord> Preamble::NextRecord(std::vector<Field>* fields) {
  for (;;) {
    const bool final = input_.at_end();
    if (at_ < size_) {
      CsvRecord record = grammar_.Next({text_.data(), static_cast<size_t>(size_)}, at_, final, fields);
      if (record.verdict != CsvVerdict::kNeedMore) return record;
    } else if (final) {
      return CsvRecord{CsvVerdict::kBlank, at_, at_};
    }
    ARROW_RETURN_NOT_OK(Drop());
  }
}

Result<NamedColumns> Preamble::ReadNames() {
  std::vector<Field> fields;
  for (;;) {
    ARROW_ASSIGN_OR_RAISE(const CsvRecord record, NextRecord(&fields));
    switch (record.verdict) {
      case CsvVerdict::kStrayQuote:
        return Fail(Reaction::kInvalid, "the header has a quote inside a field or text after a closing quote")
            .At(PlaceAt(record.at)).Help("quote the whole name and double the quotes in it");
      case CsvVerdict::kUnterminated:
        return Fail(Reaction::kInvalid, "a quote opened in the header is never closed").At(PlaceAt(record.at))
            .Help("close it, or set `quote` to the byte that this file quotes with");
      case CsvVerdict::kTooLong:
        return Fail(Reaction::kInvalid, "the header is longer than {} bytes", dialect_.record_bytes_max)
            .At(PlaceAt(at_)).Help("raise max_record_bytes, or check `delimiter` and line ends");
      default: break;
    }
    if (record.verdict == CsvVerdict::kRecord) {
      ARROW_ASSIGN_OR_RAISE(NamedColumns names, NamesOf(fields));
      Advance(record.end);
      return names;
    }
    if (record.end == at_) {
      const bool empty = offset_ == input_.mark_bytes();
      return Fail(Reaction::kInvalid, "{}", empty ? "the file is empty: a header was expected" : "no header was found")
          .At({file_, line_, 1}).Help("add the header, or say `header: false`");
    }
    Advance(record.end);
  }
}

Result<NamedColumns> Preamble::NamesOf(const std::vector<Field>& fields) {
  NamedColumns found;
  for (const Field& field : fields) {
    found.places.push_back(PlaceAt(field.begin - field.quoted));
    Result<std::string> name = NameOf(field);
    if (!name.ok()) {
      return Fail(Reaction::kInvalid, "column {} of the header is not valid {}", found.places.size(),
                  dialect_.encoding == CsvEncoding::kUtf16 ? "utf-16" : "utf-8")
          .At(found.places.back()).Help("set `encoding` to the one of this file");
    }
    found.names.push_back(*std::move(name));
  }
  return found;
}

Result<std::string> Preamble::NameOf(const Field& field) const {
  const std::string_view text(text_.data() + field.begin, field.length);
  std::string name;
  const char escape = dialect_.escape.value_or(dialect_.quote.value_or('\0'));
  for (size_t i = 0; i < text.size(); ++i) {
    if (field.escaped && text[i] == escape && i + 1 < text.size()) ++i;
    name.push_back(text[i]);
  }
  if (TextEncodingOf(dialect_.encoding) != TextEncoding::kUtf8) return LatinToUtf8(name, dialect_.encoding);
  if (!IsValidUtf8(name)) return Fail(Reaction::kInvalid, "not utf-8");
  return name;
}

// Line and column (in characters) of a position in the record that starts at at_.
Place Preamble::PlaceAt(int64_t at) const {
  int64_t line_begin = at;
  while (line_begin > at_ && text_[line_begin - 1] != '\n' && text_[line_begin - 1] != '\r') --line_begin;
  const bool bytes_are_characters = TextEncodingOf(dialect_.encoding) != TextEncoding::kUtf8;
  const auto characters = std::count_if(text_.begin() + line_begin, text_.begin() + at, [&](char c) {
    return bytes_are_characters || (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  });
  return {file_, line_ + CountLineEnds(text_.data(), at_, line_begin), characters + 1};
}

}  // namespace

Result<InputHeader> ReadCsvHeader(ByteStream& in, const std::string& file_name, const CsvDialect& dialect,
                                const Contract& contract) {
  ARROW_RETURN_NOT_OK(CheckCsvDialect(dialect));
  Preamble preamble(in, file_name, dialect);
  ARROW_RETURN_NOT_OK(preamble.Begin());
  InputHeader header;
  if (dialect.header) {
    ARROW_ASSIGN_OR_RAISE(const NamedColumns found, preamble.ReadNames());
    header.names = found.names;
    header.fields = static_cast<int64_t>(found.names.size());
    ARROW_RETURN_NOT_OK(MatchColumns(contract, found, &header));
  } else {
    header.fields = static_cast<int64_t>(contract.columns.size());
    for (int i = 0; i < static_cast<int>(header.fields); ++i) header.column_of_contract.push_back(i);
  }
  header.data_begin = preamble.position();
  return header;
}

}  // namespace freight
