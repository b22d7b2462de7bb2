// Types from JSON values; see json_guess.h.
#include "cli/json_guess.h"

#include "cli/infer.h"
#include "contract/kernels_text.h"

#include <algorithm>
#include <set>

namespace freight {
namespace {

// Any text of so many significant digits survives a double; with more, a fraction was a double when it was written.
constexpr size_t kDoubleDigits = 15;

ColumnType JsonText() {
  ColumnType type;
  type.json_text = true;
  return type;
}

std::string Unescaped(const JsonString& string) {
  std::string text;
  kernels::AppendJsonUnescaped(string.raw, &text);
  return text;
}

bool IsLong(std::string_view number) {
  std::string digits;
  for (const char c : number) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits.size() - std::min(digits.find_first_not_of('0'), digits.size()) > kDoubleDigits;
}

}  // namespace

void JsonGuess::See(JsonScan* scan, int depth) {
  JsonKind kind;
  scan->Kind(&kind);
  const char* const begin = scan->at();
  const bool container = kind == JsonKind::kObject || kind == JsonKind::kArray;
  if (container && depth >= kDepthMax) {
    too_rich_ = true;
    scan->Value(JsonUtf8::kLater, 0);
  } else if (kind == JsonKind::kObject) {
    SeeObject(scan, depth);
  } else if (kind == JsonKind::kArray) {
    SeeArray(scan, depth);
  } else if (kind == JsonKind::kString) {
    JsonString string;
    scan->String(JsonUtf8::kLater, &string);
    SeeScalar(kind, Unescaped(string));
  } else {
    scan->Value(JsonUtf8::kLater, 0);
    SeeScalar(kind, {begin, static_cast<size_t>(scan->at() - begin)});
  }
}

void JsonGuess::SeeScalar(JsonKind kind, std::string_view text) {
  switch (kind) {
    case JsonKind::kNull: has_nulls_ = true; break;
    case JsonKind::kNumber:
      SeeNumber(text);
      break;
    case JsonKind::kString:
      strings_ = true;
      string_.See(text);
      break;
    default: booleans_ = true;
  }
}

void JsonGuess::SeeNumber(std::string_view text) {
  numbers_ = true;
  number_.See(text);
  const bool exponent = text.find_first_of("eE") != std::string_view::npos;
  const bool fraction = text.find('.') != std::string_view::npos;
  real_ = real_ || exponent || (fraction && IsLong(text));
  long_ = long_ || (!exponent && !fraction && IsLong(text));
}

void JsonGuess::SeeObject(JsonScan* scan, int depth) {
  objects_ = true;
  ++objects_seen_;
  scan->TakeIf('{');
  JsonString key;
  bool more = true;
  for (bool first = true; scan->Key(first, &key, &more) && more; first = false) {
    const std::string name = Unescaped(key);
    auto child = children_.find(name);
    if (child == children_.end() && children_.size() < kKeysMax) {
      child = children_.try_emplace(name).first;
      keys_.push_back(name);
    }
    if (child == children_.end()) {
      too_rich_ = true;
      scan->Value(JsonUtf8::kLater, 0);
      continue;
    }
    ++child->second.seen;
    child->second.guess.See(scan, depth + 1);
  }
}

void JsonGuess::SeeArray(JsonScan* scan, int depth) {
  arrays_ = true;
  scan->TakeIf('[');
  if (!item_) item_ = std::make_unique<JsonGuess>();
  bool more = true;
  for (bool first = true; scan->Item(first, &more) && more; first = false) item_->See(scan, depth + 1);
}

ColumnType JsonGuess::Type() const {
  const int kinds = booleans_ + numbers_ + strings_ + objects_ + arrays_;
  // Only nulls, or values of several kinds: what comes can be anything.
  if (kinds != 1 || too_rich_) return JsonText();
  ColumnType type;
  if (booleans_) {
    type.id = TypeId::kBoolean;
  } else if (numbers_) {
    type = NumberType();
  } else if (strings_) {
    type = StringType();
  } else if (objects_) {
    type = ObjectType();
  } else {
    if (!item_->booleans_ && !item_->numbers_ && !item_->strings_ && !item_->objects_ && !item_->arrays_) {
      return JsonText();
    }
    type.id = TypeId::kList;
    Column element;
    element.name = element.source_name = "element";
    element.type = item_->Type();
    element.rules.required = !item_->has_nulls_;
    type.children.push_back(std::move(element));
  }
  return type;
}

ColumnType JsonGuess::NumberType() const {
  ColumnType type = number_.Type();
  if (type.id == TypeId::kInt64 || type.id == TypeId::kUInt64) return type;
  if (!real_ && type.id == TypeId::kDecimal) return type;
  if (!real_ || long_) return JsonText();
  type = ColumnType();
  type.id = TypeId::kDouble;
  return type;
}

// Strings that spell numbers or booleans were strings on purpose.
ColumnType JsonGuess::StringType() const {
  const ColumnType type = string_.Type();
  return type.id == TypeId::kDate || type.id == TypeId::kTimestamp ? type : ColumnType();
}

ColumnType JsonGuess::ObjectType() const {
  if (children_.empty()) return JsonText();
  ColumnType type;
  type.id = TypeId::kStruct;
  type.children = Columns();
  return type;
}

std::vector<Column> JsonGuess::Columns() const {
  std::vector<Column> columns;
  std::set<std::string> taken;
  for (const std::string& key : keys_) {
    const Child& child = children_.find(key)->second;
    Column column;
    column.source_name = key;
    column.name = FitColumnName(key, static_cast<int64_t>(columns.size()) + 1, &taken);
    column.type = child.guess.Type();
    column.rules.required = child.seen == objects_seen_ && !child.guess.has_nulls_;
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace freight
