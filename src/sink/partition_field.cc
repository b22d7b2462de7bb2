// `partition_by` entries: their text form and what the contract allows.
#include "sink/partition.h"
#include "spec/diagnostic.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>
#include <span>

namespace freight {
namespace {

struct Transform {
  const char* word;
  TransformKind kind;
  bool counted;  // takes a number before the column
};
constexpr Transform kTransforms[] = {
    {"year", TransformKind::kYear, false},     {"month", TransformKind::kMonth, false},
    {"day", TransformKind::kDay, false},       {"hour", TransformKind::kHour, false},
    {"bucket", TransformKind::kBucket, true},  {"truncate", TransformKind::kTruncate, true},
};
constexpr const char* kFormsHelp =
    "write a column, or year(c), month(c), day(c), hour(c), bucket(n, c), truncate(n, c), with an optional \"name =\"";
constexpr int64_t kBucketsMax = 100'000;

const char* Word(TransformKind kind) {
  for (const Transform& transform : kTransforms) {
    if (transform.kind == kind) return transform.word;
  }
  return "identity";
}

// A stretch of the entry's text that knows where it stands in it.
struct Piece {
  std::string_view text;
  size_t at = 0;

  Piece Trimmed() const {
    Piece piece = *this;
    while (!piece.text.empty() && std::isspace(static_cast<unsigned char>(piece.text.front()))) {
      piece.text.remove_prefix(1);
      ++piece.at;
    }
    while (!piece.text.empty() && std::isspace(static_cast<unsigned char>(piece.text.back()))) {
      piece.text.remove_suffix(1);
    }
    return piece;
  }
  Piece Before(size_t n) const { return Piece{text.substr(0, n), at}.Trimmed(); }
  Piece After(size_t n) const { return Piece{text.substr(n), at + n}.Trimmed(); }
};

class FieldParser {
 public:
  explicit FieldParser(const Place& place) : place_(place) {}

  Result<PartitionField> Parse(std::string_view text) {
    Piece rest = Piece{text}.Trimmed();
    Piece name;
    if (const size_t equals = rest.text.find('='); equals != std::string_view::npos) {
      name = rest.Before(equals);
      rest = rest.After(equals + 1);
      if (name.text.empty()) return Bad(name, "a name is missing before \"=\"");
    }
    if (rest.text.empty()) return Bad(rest, "a partition names no column");
    PartitionField field{.place = PlaceOf(rest)};
    ARROW_RETURN_NOT_OK(ParseSource(rest, &field));
    if (field.kind == TransformKind::kIdentity && !name.text.empty() && name.text != field.source) {
      return Fail(Reaction::kInvalid, "\"{} = {}\" would rename a column", name.text, field.source)
          .At(PlaceOf(name))
          .Help("a column that partitions as it is keeps its name; rename it in the contract");
    }
    field.name = !name.text.empty()                         ? std::string(name.text)
                 : field.kind == TransformKind::kIdentity ? field.source
                                                            : field.source + "_" + Word(field.kind);
    return field;
  }

 private:
  Status ParseSource(const Piece& rest, PartitionField* field) {
    const size_t open = rest.text.find('(');
    if (open == std::string_view::npos) {
      field->source = std::string(rest.text);
      return Status::OK();
    }
    if (rest.text.back() != ')') return Bad(rest, "\"(\" is not closed at the end");
    const Piece word = rest.Before(open);
    const auto* transform = std::find_if(std::begin(kTransforms), std::end(kTransforms),
                                         [&](const Transform& t) { return word.text == t.word; });
    if (transform == std::end(kTransforms)) return UnknownTransform(word);
    Piece arguments = rest.After(open + 1);
    arguments.text.remove_suffix(1);
    arguments = arguments.Trimmed();
    field->kind = transform->kind;
    if (transform->counted) ARROW_RETURN_NOT_OK(TakeCount(*transform, &arguments, &field->argument));
    if (arguments.text.empty()) return Bad(arguments, fmt::format("{}() names no column", transform->word));
    if (arguments.text.find_first_of(",()") != std::string_view::npos) {
      return Bad(arguments, fmt::format("{}() takes one column", transform->word));
    }
    field->source = std::string(arguments.text);
    return Status::OK();
  }

  Status TakeCount(const Transform& transform, Piece* arguments, int64_t* count) {
    const size_t comma = arguments->text.find(',');
    const Piece number = arguments->Before(comma == std::string_view::npos ? arguments->text.size() : comma);
    const char* end = number.text.data() + number.text.size();
    const auto parsed = std::from_chars(number.text.data(), end, *count);
    const int64_t most = transform.kind == TransformKind::kBucket ? kBucketsMax : INT64_C(1'000'000'000'000);
    if (comma == std::string_view::npos || parsed.ec != std::errc() || parsed.ptr != end || *count < 1 ||
        *count > most) {
      return Fail(Reaction::kInvalid, "{}() takes a number from 1 to {} and a column", transform.word, most)
          .At(PlaceOf(number))
          .Help(fmt::format("write {}(16, column)", transform.word));
    }
    *arguments = arguments->After(comma + 1);
    return Status::OK();
  }

  Status UnknownTransform(const Piece& word) {
    std::vector<std::string> words;
    for (const Transform& transform : kTransforms) words.emplace_back(transform.word);
    const std::string meant = DidYouMean(word.text, words);
    return Fail(Reaction::kInvalid, "unknown transform \"{}\"", word.text)
        .At(PlaceOf(word))
        .Help(meant.empty() ? std::string(kFormsHelp) : fmt::format("did you mean \"{}\"?", meant));
  }

  Status Bad(const Piece& piece, std::string message) {
    return ErrorBuilder(Reaction::kInvalid, std::move(message)).At(PlaceOf(piece)).Help(kFormsHelp);
  }

  Place PlaceOf(const Piece& piece) const {
    Place at = place_;
    if (at.column > 0) at.column += static_cast<int64_t>(piece.at);
    return at;
  }

  const Place& place_;
};

bool Takes(TransformKind kind, TypeId type) {
  const bool number = (type >= TypeId::kInt8 && type <= TypeId::kUInt64) || type == TypeId::kDecimal;
  switch (kind) {
    case TransformKind::kIdentity:
      return type != TypeId::kFloat && type != TypeId::kDouble && type != TypeId::kBinary &&
             type != TypeId::kStruct && type != TypeId::kList;
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kDay: return type == TypeId::kDate || type == TypeId::kTimestamp;
    case TransformKind::kHour: return type == TypeId::kTimestamp;
    case TransformKind::kBucket:
      return number || type == TypeId::kString || type == TypeId::kDate || type == TypeId::kTime ||
             type == TypeId::kTimestamp || type == TypeId::kUuid;
    case TransformKind::kTruncate: return number || type == TypeId::kString;
  }
  return false;
}

const char* TakesHelp(TransformKind kind) {
  switch (kind) {
    case TransformKind::kIdentity: return "use a column of another type, or a transform of it";
    case TransformKind::kYear:
    case TransformKind::kMonth:
    case TransformKind::kDay: return "it takes a date or a timestamp";
    case TransformKind::kHour: return "it takes a timestamp";
    case TransformKind::kBucket: return "it takes a string, integer, decimal, date, time, timestamp or uuid";
    case TransformKind::kTruncate: return "it takes a string, integer or decimal";
  }
  return "";
}

// Readers match column names without regard to case.
std::string Folded(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return folded;
}

Result<const Column*> SourceOf(const PartitionField& field, const Contract& contract) {
  std::vector<std::string> names;
  for (const Column& column : contract.columns) {
    if (column.name == field.source) return &column;
    names.push_back(column.name);
  }
  const std::string meant = DidYouMean(field.source, names);
  return Fail(Reaction::kInvalid, "the contract has no column \"{}\" to partition by", field.source)
      .At(field.place)
      .Help(meant.empty() ? "partition by a column of the contract" : fmt::format("did you mean \"{}\"?", meant));
}

Status CheckName(const PartitionField& field, const Contract& contract, std::set<std::string>* names) {
  if (EscapePartitionValue(field.name) != field.name || field.name.size() > 100) {
    return Fail(Reaction::kInvalid, "\"{}\" cannot be part of a directory name as it is", field.name)
        .At(field.place)
        .Help("use letters, digits, '-' and '_', at most 100 bytes, and no '_' or '.' in front");
  }
  if (!names->insert(Folded(field.name)).second) {
    return Fail(Reaction::kInvalid, "two partitions are named \"{}\"", field.name)
        .At(field.place)
        .Help("give one another name: name = transform(column)");
  }
  if (field.kind == TransformKind::kIdentity) return Status::OK();
  for (const Column& column : contract.columns) {
    if (Folded(column.name) != Folded(field.name)) continue;
    return Fail(Reaction::kInvalid, "partition \"{}\" has the name of a column of the contract", field.name)
        .At(field.place)
        .Help("give the partition another name: name = transform(column)");
  }
  return Status::OK();
}

}  // namespace

Result<PartitionField> ParsePartitionField(std::string_view text, const Place& place) {
  return FieldParser(place).Parse(text);
}

Status CheckPartitionFields(const std::vector<PartitionField>& fields, const Contract& contract) {
  std::set<std::string> names;
  size_t identities = 0;
  for (const PartitionField& field : fields) {
    ARROW_ASSIGN_OR_RAISE(const Column* column, SourceOf(field, contract));
    if (!Takes(field.kind, column->type.id)) {
      return (field.kind == TransformKind::kIdentity
                  ? Fail(Reaction::kInvalid, "\"{}\" is {} and cannot partition", field.source, column->type.ToString())
                  : Fail(Reaction::kInvalid, "{}() does not take \"{}\", which is {}", Word(field.kind), field.source,
                         column->type.ToString()))
          .At(field.place)
          .Help(TakesHelp(field.kind));
    }
    ARROW_RETURN_NOT_OK(CheckName(field, contract, &names));
    identities += field.kind == TransformKind::kIdentity ? 1 : 0;
  }
  if (identities > 0 && identities == contract.columns.size()) {
    return Fail(Reaction::kInvalid, "every column partitions, so that no column is left for the files")
        .At(fields.back().place)
        .Help("leave a column out of partition_by, or use a transform of it");
  }
  return Status::OK();
}

}  // namespace freight
