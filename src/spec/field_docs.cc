// Writes shapes as JSON Schema and as Markdown.
#include "spec/field_docs.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace freight {
namespace {

using Json = nlohmann::ordered_json;

Json SchemaOf(const Shape& shape);

bool HasMinimum(const FieldSpec& field) { return field.minimum > std::numeric_limits<double>::lowest(); }
bool HasMaximum(const FieldSpec& field) { return field.maximum < std::numeric_limits<double>::max(); }

Json NumberJson(double value) {
  if (value == std::floor(value)) return static_cast<int64_t>(value);
  return value;
}

Json Numeric(const char* type, const FieldSpec& field) {
  Json out = {{"type", type}};
  if (HasMinimum(field)) out["minimum"] = NumberJson(field.minimum);
  if (HasMaximum(field)) out["maximum"] = NumberJson(field.maximum);
  return out;
}

// A value may also come from a variable: then it is a string in the file, whatever the field's type.
Json OrVariable(Json schema) {
  return {{"anyOf", Json::array({std::move(schema), Json{{"type", "string"}, {"pattern", "\\$\\{.+\\}"}}})}};
}

Json OrText(Json schema, const char* pattern) {
  return {{"anyOf", Json::array({std::move(schema), Json{{"type", "string"}, {"pattern", pattern}}})}};
}

Json VariantsSchema(const FieldSpec& field) {
  Json any = Json::array();
  for (const Shape* variant : field.variants()) any.push_back(SchemaOf(*variant));
  return {{"oneOf", std::move(any)}};
}

Json ElementSchema(const FieldSpec& field) {
  switch (field.kind) {
    case FieldKind::kString: return {{"type", "string"}};
    case FieldKind::kIdentifier: return {{"type", "string"}, {"pattern", "^[A-Za-z0-9_-]+$|\\$\\{.+\\}"}};
    case FieldKind::kBool: return OrVariable({{"type", "boolean"}});
    case FieldKind::kInteger: return OrVariable(Numeric("integer", field));
    case FieldKind::kNumber: return OrVariable(Numeric("number", field));
    case FieldKind::kBytes:
      return OrText(Numeric("integer", field), "^[0-9]+ *([KMGT]iB|[kMGT]B|B)?$|\\$\\{.+\\}");
    case FieldKind::kPercent: return OrText(Numeric("number", field), "^[0-9.eE+-]+ *%?$|\\$\\{.+\\}");
    case FieldKind::kCharacter:
      return {{"anyOf", Json::array({Json{{"type", "string"}, {"maxLength", 1}}, Json{{"const", false}},
                                     Json{{"type", "string"}, {"pattern", "\\$\\{.+\\}"}}})}};
    case FieldKind::kChoice: return OrVariable({{"enum", WordsOf(field.choices)}});
    case FieldKind::kMap: return field.variants ? VariantsSchema(field) : SchemaOf(*field.shape);
    case FieldKind::kAny: return Json::object();
  }
  return Json::object();
}

Json FieldSchema(const FieldSpec& field) {
  Json element = ElementSchema(field);
  if (field.count != FieldCount::kOne) {
    Json list = {{"type", "array"}, {"items", element}};
    if (field.count == FieldCount::kList) {
      element = std::move(list);
    } else {
      element = {{"anyOf", Json::array({std::move(element), std::move(list)})}};
    }
  }
  if (!field.help.empty()) element["description"] = field.help;
  return element;
}

Json SchemaOf(const Shape& shape) {
  Json out = {{"type", "object"}, {"additionalProperties", shape.open}};
  Json required = Json::array();
  Json properties = Json::object();
  for (const FieldSpec& field : shape.fields) {
    if (field.required) required.push_back(field.key);
    properties[std::string(field.key)] = FieldSchema(field);
  }
  if (!required.empty()) out["required"] = std::move(required);
  out["properties"] = std::move(properties);
  return out;
}

// A bar would end the table's cell.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string Code(std::string_view text) { return text.empty() ? "" : fmt::format("`{}`", Cell(text)); }

std::string TypeText(const FieldSpec& field) {
  std::string type;
  switch (field.kind) {
    case FieldKind::kString: type = "string"; break;
    case FieldKind::kIdentifier: type = "name"; break;
    case FieldKind::kBool: type = "boolean"; break;
    case FieldKind::kInteger: type = "integer"; break;
    case FieldKind::kNumber: type = "number"; break;
    case FieldKind::kBytes: type = "size"; break;
    case FieldKind::kPercent: type = "percentage"; break;
    case FieldKind::kCharacter: type = "character or none"; break;
    case FieldKind::kMap: type = "map"; break;
    case FieldKind::kAny: type = "any"; break;
    case FieldKind::kChoice:
      for (const std::string& word : WordsOf(field.choices)) type += (type.empty() ? "" : ", ") + Code(word);
      break;
  }
  if (field.count == FieldCount::kList) return "list of " + type;
  if (field.count == FieldCount::kOneOrList) return type + ", or a list";
  return type;
}

std::string DefaultText(const FieldSpec& field) {
  if (field.required) return "required";
  return field.default_text.empty() ? "–" : Code(field.default_text);
}

}  // namespace

std::string JsonSchemaOf(const Shape& shape, const std::string& title) {
  Json out = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", title},
              {"description", shape.summary}};
  out.update(SchemaOf(shape));
  return out.dump(2) + "\n";
}

std::string MarkdownOf(const Shape& shape, const std::string& title) {
  std::string out = fmt::format("# {}\n\n{}\n\n", title, shape.summary);
  out += "| key | type | default | what it does | example |\n|---|---|---|---|---|\n";
  for (const FieldSpec& field : shape.fields) {
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", field.key, TypeText(field), DefaultText(field),
                       Cell(field.help), Code(field.example));
  }
  return out;
}

}  // namespace freight
