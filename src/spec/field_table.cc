// Checks nodes against shapes and reads typed values from them.
#include "spec/field_table.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace freight {
namespace {

std::string_view Article(FieldKind kind) {
  switch (kind) {
    case FieldKind::kString: return "a string";
    case FieldKind::kIdentifier: return "a name of letters, digits, - and _";
    case FieldKind::kBool: return "true or false";
    case FieldKind::kInteger: return "an integer";
    case FieldKind::kNumber: return "a number";
    case FieldKind::kBytes: return "a size such as 64MiB";
    case FieldKind::kPercent: return "a percentage such as 0.5%";
    case FieldKind::kCharacter: return "one ASCII character";
    case FieldKind::kChoice: return "one word";
    case FieldKind::kMap: return "a map of keys";
    case FieldKind::kAny: return "a value";
  }
  return "a value";
}

std::string_view WhatItIs(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kList) return "a list";
  if (node.kind == YamlNode::Kind::kMap) return "a map";
  switch (TypeOfScalar(node)) {
    case ScalarType::kNull: return "empty";
    case ScalarType::kBool: return "a boolean";
    case ScalarType::kInteger:
    case ScalarType::kFloat: return "a number";
    case ScalarType::kString: return "a string";
  }
  return "a string";
}

std::string List(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string NumberText(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{}", static_cast<int64_t>(value))
                                                              : fmt::format("{}", value);
}

std::string BoundText(const FieldSpec& field, double value) {
  const auto bytes = static_cast<int64_t>(value);
  if (field.kind == FieldKind::kBytes && bytes >= (1 << 20)) return fmt::format("{}MiB", bytes >> 20);
  return NumberText(value) + (field.kind == FieldKind::kPercent ? "%" : "");
}

bool WrongKind(const YamlNode& node, const FieldSpec& field, Findings* findings) {
  std::string help;
  if (node.kind == YamlNode::Kind::kScalar &&
      (field.kind == FieldKind::kString || field.kind == FieldKind::kCharacter)) {
    help = node.text.empty() ? "write a value, or remove the key" : fmt::format("write \"{}\" in quotes", node.text);
  } else if (!field.example.empty()) {
    help = fmt::format("for example {}: {}", field.key, field.example);
  }
  findings->Error(kCodeWrongKind, node.span,
                  fmt::format("\"{}\" must be {}, not {}", field.key, Article(field.kind), WhatItIs(node)), help);
  return false;
}

bool BadValue(const YamlNode& node, const FieldSpec& field, std::string_view must, std::string help,
              Findings* findings) {
  findings->Error(kCodeBadValue, node.span, fmt::format("\"{}\" must be {}", field.key, must), std::move(help));
  return false;
}

bool CheckRange(const YamlNode& node, const FieldSpec& field, double value, Findings* findings) {
  const std::string help(field.range_help);
  if (value < field.minimum) {
    return BadValue(node, field, fmt::format("at least {}", BoundText(field, field.minimum)), help, findings);
  }
  if (value > field.maximum) {
    return BadValue(node, field, fmt::format("at most {}", BoundText(field, field.maximum)), help, findings);
  }
  return true;
}

// A quoted number is a string. Only a scalar that held a variable takes the type of its field.
bool MayBe(const YamlNode& node, ScalarType type) { return node.expanded || TypeOfScalar(node) == type; }

bool CheckChoice(const YamlNode& node, const FieldSpec& field, Findings* findings) {
  const std::vector<std::string> words = WordsOf(field.choices);
  if (std::find(words.begin(), words.end(), node.text) != words.end()) return true;
  const std::string meant = DidYouMean(node.text, words);
  const std::string help = meant.empty() ? "" : fmt::format("did you mean \"{}\"?", meant);
  return BadValue(node, field, fmt::format("one of {}", List(words)), help, findings);
}

bool CheckNumber(const YamlNode& node, const FieldSpec& field, Findings* findings) {
  const bool integer = MayBe(node, ScalarType::kInteger);
  const bool number = integer || MayBe(node, ScalarType::kFloat);
  const bool text = MayBe(node, ScalarType::kString);
  std::optional<double> value;
  switch (field.kind) {
    case FieldKind::kInteger:
      if (!integer) return WrongKind(node, field, findings);
      value = ParseIntegerText(node.text);
      break;
    case FieldKind::kBytes:
      if (!integer && !text) return WrongKind(node, field, findings);
      value = ParseBytesText(node.text);
      break;
    case FieldKind::kPercent:
      if (!number && !text) return WrongKind(node, field, findings);
      value = ParsePercentText(node.text);
      break;
    default:
      if (!number) return WrongKind(node, field, findings);
      value = ParseNumberText(node.text);
  }
  if (!value) return BadValue(node, field, Article(field.kind), "", findings);
  return CheckRange(node, field, *value, findings);
}

bool CheckScalar(const YamlNode& node, const FieldSpec& field, Findings* findings) {
  if (node.kind != YamlNode::Kind::kScalar) return WrongKind(node, field, findings);
  const bool text = MayBe(node, ScalarType::kString);
  switch (field.kind) {
    case FieldKind::kString: return text || WrongKind(node, field, findings);
    case FieldKind::kChoice: return text ? CheckChoice(node, field, findings) : WrongKind(node, field, findings);
    case FieldKind::kIdentifier: {
      if (!text) return WrongKind(node, field, findings);
      const bool fits = !node.text.empty() && std::all_of(node.text.begin(), node.text.end(), [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) || c == '-' || c == '_');
      });
      return fits || BadValue(node, field, Article(field.kind), "", findings);
    }
    case FieldKind::kBool:
      if (!MayBe(node, ScalarType::kBool)) return WrongKind(node, field, findings);
      return ParseBoolText(node.text) || BadValue(node, field, Article(field.kind), "", findings);
    case FieldKind::kCharacter: {
      const bool off = TypeOfScalar(node) == ScalarType::kBool && ParseBoolText(node.text) == false;
      if (off) return true;
      if (!text) return WrongKind(node, field, findings);
      const bool fits = node.text.size() <= 1 && (node.text.empty() || static_cast<unsigned char>(node.text[0]) < 0x80);
      return fits || BadValue(node, field, Article(field.kind), "write \"\" or false for none", findings);
    }
    default: return CheckNumber(node, field, findings);
  }
}

// A map that is none of its variants, or several at once.
bool WrongVariant(const YamlNode& node, const FieldSpec& field, Findings* findings) {
  std::vector<std::string> keys;
  std::vector<const YamlEntry*> present;
  for (const Shape* variant : field.variants()) {
    const std::string_view key = variant->fields.front().key;
    keys.emplace_back(key);
    for (const YamlEntry& entry : node.entries) {
      if (entry.key == key) present.push_back(&entry);
    }
  }
  if (present.size() > 1) {
    findings->Error(kCodeConflict, present[1]->span,
                    fmt::format("\"{}\" has both \"{}\" and \"{}\"", field.key, present[0]->key, present[1]->key),
                    "keep one; each kind of input is a pipeline of its own");
    return false;
  }
  for (const YamlEntry& entry : node.entries) {
    const std::string meant = DidYouMean(entry.key, keys);
    if (meant.empty()) continue;
    findings->Error(kCodeUnknownKey, entry.span, fmt::format("unknown key \"{}\"", entry.key),
                    fmt::format("did you mean \"{}\"?", meant));
    return false;
  }
  findings->Error(kCodeMissingKey, node.span, fmt::format("{} needs one of: {}", field.key, List(keys)),
                  field.example.empty() ? "" : fmt::format("for example {}: {}", field.key, field.example));
  return false;
}

bool CheckOne(const YamlNode& node, const FieldSpec& field, Findings* findings) {
  if (field.kind == FieldKind::kAny) return true;
  if (field.kind != FieldKind::kMap) return CheckScalar(node, field, findings);
  if (node.kind != YamlNode::Kind::kMap) return WrongKind(node, field, findings);
  const Shape* shape = ShapeOf(node, field);
  return shape ? CheckShape(node, *shape, findings) : WrongVariant(node, field, findings);
}

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view TrimRight(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

const FieldSpec* Shape::Find(std::string_view key) const {
  for (const FieldSpec& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

const Shape* ShapeOf(const YamlNode& node, const FieldSpec& field) {
  if (!field.variants) return field.shape;
  const Shape* found = nullptr;
  for (const Shape* variant : field.variants()) {
    if (!node.Find(variant->fields.front().key)) continue;
    if (found) return nullptr;
    found = variant;
  }
  return found;
}

bool CheckShape(const YamlNode& node, const Shape& shape, Findings* findings) {
  if (node.kind != YamlNode::Kind::kMap) {
    findings->Error(kCodeWrongKind, node.span,
                    fmt::format("{} must be a map of keys, not {}", shape.name, WhatItIs(node)));
    return false;
  }
  bool fits = true;
  for (const YamlEntry& entry : node.entries) {
    const FieldSpec* field = shape.Find(entry.key);
    if (field) {
      fits &= CheckValue(entry.value, *field, findings);
    } else if (!shape.open) {
      fits &= ReportUnknownKey(entry, shape, findings);
    }
  }
  return CheckRequired(node, shape, findings) && fits;
}

bool CheckRequired(const YamlNode& node, const Shape& shape, Findings* findings) {
  bool fits = true;
  for (const FieldSpec& field : shape.fields) {
    if (!field.required || node.Find(field.key)) continue;
    const std::string help = field.example.empty() ? fmt::format("add {}: ...", field.key)
                                                   : fmt::format("add {}: {}", field.key, field.example);
    findings->Error(kCodeMissingKey, node.span, fmt::format("{} needs the key \"{}\"", shape.name, field.key), help);
    fits = false;
  }
  return fits;
}

bool ReportUnknownKey(const YamlEntry& entry, const Shape& shape, Findings* findings) {
  std::vector<std::string> known;
  for (const FieldSpec& field : shape.fields) known.emplace_back(field.key);
  const std::string meant = DidYouMean(entry.key, known);
  findings->Error(kCodeUnknownKey, entry.span, fmt::format("unknown key \"{}\"", entry.key),
                  meant.empty() ? fmt::format("{} has: {}", shape.name, List(known))
                                : fmt::format("did you mean \"{}\"?", meant));
  return false;
}

bool CheckValue(const YamlNode& node, const FieldSpec& field, Findings* findings) {
  const bool list = node.kind == YamlNode::Kind::kList;
  if (field.count == FieldCount::kOne || (field.count == FieldCount::kOneOrList && !list)) {
    return CheckOne(node, field, findings);
  }
  if (!list) {
    findings->Error(kCodeWrongKind, node.span, fmt::format("\"{}\" must be a list, not {}", field.key, WhatItIs(node)),
                    field.example.empty() ? "" : fmt::format("for example {}: {}", field.key, field.example));
    return false;
  }
  bool fits = true;
  for (const YamlNode& item : node.items) fits &= CheckOne(item, field, findings);
  return fits;
}

const FieldSpec& Fields::Spec(std::string_view key) const {
  const FieldSpec* field = shape_->Find(key);
  FREIGHT_ASSERT(field != nullptr);
  return *field;
}

const YamlNode* Fields::Node(std::string_view key) const {
  Spec(key);
  return node_ && node_->kind == YamlNode::Kind::kMap ? node_->Find(key) : nullptr;
}

Span Fields::SpanOf(std::string_view key) const {
  if (!node_) return {};
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key == key) return entry.span;
  }
  return node_->span;
}

Fields Fields::Map(std::string_view key) const {
  const FieldSpec& field = Spec(key);
  FREIGHT_ASSERT(field.kind == FieldKind::kMap && field.count == FieldCount::kOne && field.shape);
  return {Node(key), *field.shape};
}

std::vector<const YamlNode*> Fields::List(std::string_view key) const {
  const YamlNode* node = Node(key);
  std::vector<const YamlNode*> out;
  if (!node) return out;
  if (node->kind != YamlNode::Kind::kList) return {node};
  for (const YamlNode& item : node->items) out.push_back(&item);
  return out;
}

std::optional<YamlNode> Fields::Scalar(std::string_view key) const {
  if (const YamlNode* node = Node(key)) {
    if (node->kind != YamlNode::Kind::kScalar) return std::nullopt;
    return *node;
  }
  const std::string_view text = Spec(key).default_text;
  if (text.empty()) return std::nullopt;
  YamlNode made;
  made.plain = text.front() != '"' && text.front() != '\'';
  made.text = made.plain ? text : text.substr(1, text.size() - 2);
  return made;
}

std::optional<std::string> Fields::Text(std::string_view key) const {
  std::optional<YamlNode> node = Scalar(key);
  if (!node) return std::nullopt;
  return std::move(node->text);
}

std::optional<bool> Fields::Bool(std::string_view key) const {
  const std::optional<YamlNode> node = Scalar(key);
  return node ? ParseBoolText(node->text) : std::nullopt;
}

std::optional<int64_t> Fields::Integer(std::string_view key) const {
  const std::optional<YamlNode> node = Scalar(key);
  if (!node) return std::nullopt;
  return Spec(key).kind == FieldKind::kBytes ? ParseBytesText(node->text) : ParseIntegerText(node->text);
}

std::optional<double> Fields::Number(std::string_view key) const {
  const std::optional<YamlNode> node = Scalar(key);
  if (!node) return std::nullopt;
  return Spec(key).kind == FieldKind::kPercent ? ParsePercentText(node->text) : ParseNumberText(node->text);
}

std::optional<char> Fields::Character(std::string_view key) const {
  const std::optional<YamlNode> node = Scalar(key);
  if (!node || node->text.size() != 1) return std::nullopt;
  return node->text[0];
}

std::optional<int64_t> ParseIntegerText(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return ParseWhole<int64_t>(text);
}

std::optional<int64_t> ParseBytesText(std::string_view text) {
  static constexpr struct { std::string_view word; int64_t factor; } kUnits[] = {
      {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}, {"TiB", 1LL << 40},
      {"kB", 1'000},      {"MB", 1'000'000},  {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000},
      {"B", 1}};
  int64_t factor = 1;
  for (const auto& unit : kUnits) {
    if (!text.ends_with(unit.word)) continue;
    text = TrimRight(text.substr(0, text.size() - unit.word.size()));
    factor = unit.factor;
    break;
  }
  const std::optional<int64_t> number = ParseWhole<int64_t>(text);
  int64_t bytes = 0;
  if (!number || *number < 0 || __builtin_mul_overflow(*number, factor, &bytes)) return std::nullopt;
  return bytes;
}

std::optional<double> ParsePercentText(std::string_view text) {
  if (text.ends_with("%")) text = TrimRight(text.substr(0, text.size() - 1));
  return ParseNumberText(text);
}

std::optional<double> ParseNumberText(std::string_view text) {
  if (text.size() > 1 && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<bool> ParseBoolText(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::vector<std::string> WordsOf(std::string_view choices) {
  std::vector<std::string> words;
  while (!choices.empty()) {
    const size_t end = std::min(choices.find(' '), choices.size());
    words.emplace_back(choices.substr(0, end));
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return words;
}

}  // namespace freight
