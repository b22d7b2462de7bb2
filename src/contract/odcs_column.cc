// Names, row rules and notes of one property.
#include "contract/odcs_column.h"

#include "contract/column_parser.h"
#include "contract/odcs_shapes.h"

#include <re2/re2.h>

#include <algorithm>

namespace freight {
namespace {

bool IsText(TypeId id) { return id == TypeId::kString; }
bool IsFloating(TypeId id) { return id == TypeId::kFloat || id == TypeId::kDouble; }
bool IsOrdered(TypeId id) {
  return !IsText(id) && id != TypeId::kBoolean && id != TypeId::kUuid && id != TypeId::kBinary &&
         id != TypeId::kStruct && id != TypeId::kList;
}

class RuleReader {
 public:
  RuleReader(const YamlNode& property, Column* column, Findings* findings, OdcsNotes* notes)
      : property_(property), fields_(&property, OdcsPropertyShape()), column_(*column), findings_(findings),
        notes_(notes) {}

  void Read();

 private:
  void Error(const char* code, Span at, std::string message, std::string help = "") {
    findings_->Error(code, at, std::move(message), std::move(help));
  }
  const YamlNode* Option(std::string_view key) const {
    const YamlNode* options = property_.Find("logicalTypeOptions");
    return options && options->kind == YamlNode::Kind::kMap ? options->Find(key) : nullptr;
  }

  void Bounds();
  std::optional<Bound> ReadBound(std::string_view key, bool exclusive);
  bool Less(const Bound& a, const Bound& b) const;
  void MultipleOf();
  void Lengths();
  std::optional<int64_t> Length(std::string_view key);
  void Pattern();
  void RequiredChildren();
  void Quality();
  bool IsRowRule(const YamlNode& rule) const;
  void ValidValues(const YamlNode& list);
  void NoteUnenforced();

  const YamlNode& property_;
  const Fields fields_;
  Column& column_;
  Findings* const findings_;
  OdcsNotes* const notes_;
};

void RuleReader::Read() {
  column_.rules.required = fields_.Bool("required").value_or(false);
  Bounds();
  MultipleOf();
  Lengths();
  Pattern();
  RequiredChildren();
  for (const char* name : {"enum", "validValues"}) {
    if (const YamlNode* list = CustomProperty(property_, name)) ValidValues(*list);
  }
  Quality();
  NoteUnenforced();
}

bool RuleReader::Less(const Bound& a, const Bound& b) const {
  return IsFloating(column_.type.id) ? a.real < b.real : a.value < b.value;
}

std::optional<Bound> RuleReader::ReadBound(std::string_view key, bool exclusive) {
  const YamlNode* node = Option(key);
  if (!node || node->kind != YamlNode::Kind::kScalar) return std::nullopt;
  if (!IsOrdered(column_.type.id)) {
    Error(kCodeRule, node->span, fmt::format("\"{}\" does not apply to a {}", key, column_.type.ToString()));
    return std::nullopt;
  }
  Result<Bound> bound = ParseBound(column_.type, node->text, exclusive);
  if (!bound.ok() && !column_.type.formats.empty()) {
    // Data must have one of the declared formats; a limit may also be written in the unambiguous standard form.
    ColumnType standard = column_.type;
    standard.formats.clear();
    bound = ParseBound(standard, node->text, exclusive);
  }
  if (bound.ok()) return std::move(*bound);
  Error(kCodeRule, node->span, bound.status().message(),
        column_.type.formats.empty() ? "" : "write it in a format of the column, or as ISO 8601");
  return std::nullopt;
}

// Both the inclusive and the exclusive form may be given: the narrower one decides.
void RuleReader::Bounds() {
  Rules& rules = column_.rules;
  rules.minimum = ReadBound("minimum", false);
  if (const auto open = ReadBound("exclusiveMinimum", true)) {
    if (!rules.minimum || !Less(*open, *rules.minimum)) rules.minimum = open;
  }
  rules.maximum = ReadBound("maximum", false);
  if (const auto open = ReadBound("exclusiveMaximum", true)) {
    if (!rules.maximum || !Less(*rules.maximum, *open)) rules.maximum = open;
  }
  if (rules.minimum && rules.maximum && Less(*rules.maximum, *rules.minimum)) {
    const YamlNode* node = Option("minimum") ? Option("minimum") : Option("exclusiveMinimum");
    Error(kCodeConflict, node->span,
          fmt::format("minimum {} is above maximum {}", rules.minimum->text, rules.maximum->text),
          "every row would be quarantined");
  }
}

void RuleReader::MultipleOf() {
  const YamlNode* node = Option("multipleOf");
  if (!node) return;
  if (IsFloating(column_.type.id)) {
    return Error(kCodeUnsupported, node->span, "\"multipleOf\" has no exact meaning for binary floating point",
                 "declare physicalType: DECIMAL(p,s)");
  }
  std::optional<Bound> bound = ReadBound("multipleOf", false);
  if (!bound) return;
  if (bound->value <= 0) return Error(kCodeRule, node->span, "\"multipleOf\" must be above 0");
  column_.rules.multiple_of = std::move(bound);
}

std::optional<int64_t> RuleReader::Length(std::string_view key) {
  const YamlNode* node = Option(key);
  if (!node) return std::nullopt;
  if (!IsText(column_.type.id) && column_.type.id != TypeId::kBinary && column_.type.id != TypeId::kList) {
    Error(kCodeRule, node->span, fmt::format("\"{}\" does not apply to a {}", key, column_.type.ToString()));
    return std::nullopt;
  }
  return ParseIntegerText(node->text);
}

void RuleReader::Lengths() {
  Rules& rules = column_.rules;
  const bool list = column_.type.id == TypeId::kList;
  const char* min_key = list ? "minItems" : "minLength";
  const char* max_key = list ? "maxItems" : "maxLength";
  rules.min_length = Length(min_key);
  rules.max_length = Length(max_key);
  if (rules.min_length && rules.max_length && *rules.min_length > *rules.max_length) {
    Error(kCodeConflict, Option(min_key)->span,
          fmt::format("{} {} is above {} {}", min_key, *rules.min_length, max_key, *rules.max_length));
  }
}

void RuleReader::Pattern() {
  const YamlNode* node = Option("pattern");
  if (!node) return;
  if (!IsText(column_.type.id)) {
    return Error(kCodeRule, node->span, fmt::format("\"pattern\" does not apply to a {}", column_.type.ToString()));
  }
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 pattern(node->text, options);
  if (pattern.ok()) {
    column_.rules.pattern = node->text;
    return;
  }
  Span at = node->span;
  const std::string& fault = pattern.error_arg();
  const size_t found = fault.empty() ? std::string::npos : node->text.find(fault);
  if (found != std::string::npos) {
    at = InsideOf(*node, static_cast<int64_t>(found));
    at.width = static_cast<int32_t>(fault.size());
  }
  Error(kCodeRule, at, fmt::format("pattern is not supported: {}", pattern.error()),
        "write it without look-around and back-references (RE2 syntax)");
}

// An object may also name the required ones of its properties, as JSON Schema does.
void RuleReader::RequiredChildren() {
  const YamlNode* names = Option("required");
  if (column_.type.id != TypeId::kStruct || !names) return;
  for (const YamlNode& name : names->items) {
    auto& children = column_.type.children;
    const auto child =
        std::find_if(children.begin(), children.end(), [&](const Column& c) { return c.name == name.text; });
    if (child == children.end()) {
      Error(kCodeRule, name.span, fmt::format("\"{}\" is no property of \"{}\"", name.text, column_.name));
    } else {
      child->rules.required = true;
    }
  }
}

// Only "no row may have another value" can be judged row by row; shares and warnings belong to the whole dataset.
bool RuleReader::IsRowRule(const YamlNode& rule) const {
  const Fields fields(&rule, OdcsQualityShape());
  const YamlNode* arguments = rule.Find("arguments");
  const std::string severity = fields.Text("severity").value_or("error");
  const bool only_values = arguments && arguments->kind == YamlNode::Kind::kMap && arguments->entries.size() == 1 &&
                           arguments->Find("validValues");
  const YamlNode* must_be = rule.Find("mustBe");
  return fields.Text("metric") == "invalidValues" && only_values && must_be && must_be->text == "0" &&
         severity != "warning" && severity != "info";
}

void RuleReader::Quality() {
  const YamlNode* rules = property_.Find("quality");
  if (!rules) return;
  for (const YamlNode& rule : rules->items) {
    if (IsRowRule(rule)) {
      ValidValues(*rule.Find("arguments")->Find("validValues"));
    } else {
      NoteQuality(rule, fmt::format("column \"{}\"", column_.name), notes_);
    }
  }
}

void RuleReader::ValidValues(const YamlNode& list) {
  if (column_.type.nested()) {
    return Error(kCodeRule, list.span, fmt::format("\"validValues\" does not apply to an {}", column_.type.ToString()),
                 "declare them for the values inside");
  }
  std::vector<std::string>& values = column_.rules.valid_values;
  if (!values.empty()) {
    return Error(kCodeConflict, list.span, fmt::format("column \"{}\" lists its values twice", column_.name),
                 "keep one list");
  }
  if (list.kind != YamlNode::Kind::kList || list.items.empty()) {
    return Error(kCodeWrongKind, list.span, "\"validValues\" must be a list with at least one value");
  }
  for (const YamlNode& item : list.items) {
    if (item.kind != YamlNode::Kind::kScalar) {
      Error(kCodeWrongKind, item.span, "a valid value must be a single value");
      continue;
    }
    if (TypeOfScalar(item) == ScalarType::kNull) {
      notes_->Add(
          item.span,
          fmt::format("column \"{}\": null among the valid values changes nothing; `required` decides", column_.name));
      continue;
    }
    if (IsOrdered(column_.type.id)) {
      const Result<Bound> parsed = ParseBound(column_.type, item.text, false);
      if (!parsed.ok()) {
        Error(kCodeRule, item.span, parsed.status().message());
        continue;
      }
    }
    values.push_back(item.text);
  }
}

void RuleReader::NoteUnenforced() {
  const std::string where = fmt::format("column \"{}\": ", column_.name);
  const auto note_flag = [&](const char* key, const char* why) {
    if (fields_.Bool(key).value_or(false)) notes_->Add(fields_.SpanOf(key), where + why);
  };
  note_flag("primaryKey", "primaryKey is not checked");
  note_flag("unique", "unique is not checked");
  note_flag("partitioned", "partitioned is ignored; the pipeline's partition_by decides");
  const auto note_key = [&](const char* key, const char* why) {
    if (property_.Find(key)) notes_->Add(fields_.SpanOf(key), where + why);
  };
  for (const char* key : {"uniqueItems", "minProperties", "maxProperties"}) {
    const YamlNode* node = Option(key);
    if (node) notes_->Add(node->span, fmt::format("{}{} is not checked", where, key));
  }
  note_key("relationships", "relationships are not checked");
  note_key("transformLogic", "transformLogic is not run");
  if (const YamlNode* value = CustomProperty(property_, "default")) {
    notes_->Add(value->span, where + "default is not applied; a missing value is null");
  }
}

}  // namespace

const YamlNode* CustomProperty(const YamlNode& owner, std::string_view name) {
  const YamlNode* list = owner.Find("customProperties");
  if (!list) return nullptr;
  for (const YamlNode& item : list->items) {
    const YamlNode* property = item.Find("property");
    if (property && property->text == name) return item.Find("value");
  }
  return nullptr;
}

Span InsideOf(const YamlNode& scalar, int64_t offset) {
  Span at = scalar.span;
  at.column += static_cast<int32_t>(offset) + (scalar.plain ? 0 : 1);
  at.width = 1;
  return at;
}

void NoteQuality(const YamlNode& rule, const std::string& where, OdcsNotes* notes) {
  const Fields fields(&rule, OdcsQualityShape());
  std::string what = fields.Text("metric").value_or(fields.Text("type").value_or("text"));
  const std::string name = fields.Text("id").value_or(fields.Text("name").value_or(""));
  if (!name.empty()) what += fmt::format(" \"{}\"", name);
  notes->Add(rule.span, fmt::format("{}: quality rule {} is not judged", where, what));
}

std::optional<Column> ReadOdcsColumn(const YamlNode& property, Findings* findings, OdcsNotes* notes,
                                     std::string_view fallback_name) {
  const Fields fields(&property, OdcsPropertyShape());
  Column column;
  column.name = fields.Text("name").value_or(std::string(fallback_name));
  column.source_name = fields.Text("physicalName").value_or(column.name);
  column.place = findings->PlaceOf(property.span);
  if (column.name.empty() || column.source_name.empty()) {
    findings->Error(kCodeBadValue, property.span, "a column needs a name");
    return std::nullopt;
  }
  if (!ReadOdcsType(property, findings, notes, &column.type)) return std::nullopt;
  const int64_t errors_before = findings->errors();
  RuleReader(property, &column, findings, notes).Read();
  if (findings->errors() != errors_before) return std::nullopt;
  return column;
}

}  // namespace freight
