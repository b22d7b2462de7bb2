// Logical and physical types of the standard -> the exact type that a column's text must have.
#include "contract/odcs_column.h"
#include "contract/odcs_shapes.h"
#include "contract/text_format.h"

#include <re2/re2.h>

#include <algorithm>

namespace freight {
namespace {

struct TypeWord {
  std::string_view word;
  TypeId id;
  bool with_zone = false;
};

constexpr TypeWord kIntegerFormats[] = {
    {"i8", TypeId::kInt8},   {"i16", TypeId::kInt16},   {"i32", TypeId::kInt32},   {"i64", TypeId::kInt64},
    {"u8", TypeId::kUInt8},  {"u16", TypeId::kUInt16},  {"u32", TypeId::kUInt32},  {"u64", TypeId::kUInt64}};

// Physical types that say everything when there is no logicalType. Lower case, without what stands in brackets.
constexpr TypeWord kPhysicalTypes[] = {
    {"string", TypeId::kString},     {"text", TypeId::kString},       {"varchar", TypeId::kString},
    {"char", TypeId::kString},       {"nvarchar", TypeId::kString},   {"character varying", TypeId::kString},
    {"tinyint", TypeId::kInt8},      {"int8", TypeId::kInt8},         {"smallint", TypeId::kInt16},
    {"int16", TypeId::kInt16},       {"int", TypeId::kInt32},         {"integer", TypeId::kInt32},
    {"int32", TypeId::kInt32},       {"bigint", TypeId::kInt64},      {"long", TypeId::kInt64},
    {"int64", TypeId::kInt64},       {"uint8", TypeId::kUInt8},       {"uint16", TypeId::kUInt16},
    {"uint32", TypeId::kUInt32},     {"uint64", TypeId::kUInt64},     {"real", TypeId::kFloat},
    {"float", TypeId::kFloat},       {"float32", TypeId::kFloat},     {"double", TypeId::kDouble},
    {"double precision", TypeId::kDouble}, {"float64", TypeId::kDouble}, {"boolean", TypeId::kBoolean},
    {"bool", TypeId::kBoolean},      {"date", TypeId::kDate},         {"time", TypeId::kTime},
    {"timestamp", TypeId::kTimestamp}, {"datetime", TypeId::kTimestamp},
    {"timestamp with time zone", TypeId::kTimestamp, true}, {"timestamptz", TypeId::kTimestamp, true},
    {"uuid", TypeId::kUuid},         {"bytea", TypeId::kBinary},      {"binary", TypeId::kBinary},
    {"varbinary", TypeId::kBinary},  {"blob", TypeId::kBinary}};

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// Reads one property's type. The fields stay together because every branch needs most of them.
class TypeReader {
 public:
  TypeReader(const YamlNode& property, Findings* findings, OdcsNotes* notes, ColumnType* type)
      : property_(property), fields_(&property, OdcsPropertyShape()), findings_(findings), notes_(notes), type_(type),
        name_(fields_.Text("name").value_or("")), logical_(fields_.Text("logicalType").value_or("")) {}

  bool Read();
  bool QuotedNumbers();

 private:
  bool Refuse(Span at, const char* code, std::string message, std::string help) {
    findings_->Error(code, at, std::move(message), std::move(help));
    return false;
  }
  Span Where(std::string_view key) const {
    const YamlNode* node = fields_.Node(key);
    return node ? node->span : property_.span;
  }
  const YamlNode* Option(std::string_view key) const {
    const YamlNode* options = property_.Find("logicalTypeOptions");
    return options && options->kind == YamlNode::Kind::kMap ? options->Find(key) : nullptr;
  }
  std::string OptionText(std::string_view key) const {
    const YamlNode* node = Option(key);
    return node ? node->text : "";
  }

  bool IsJsonText() const;
  bool JsonText();
  bool Object();
  bool Array();
  bool Child(const YamlNode& property, std::string_view fallback_name);
  bool FromPhysical();
  bool Integer();
  bool Number();
  bool Decimal();
  void String();
  bool Time();
  bool Formats();
  bool AddFormat(const YamlNode& format);
  bool Boolean();
  bool Spellings(const char* property, std::vector<std::string>* out);

  const YamlNode& property_;
  const Fields fields_;
  Findings* const findings_;
  OdcsNotes* const notes_;
  ColumnType* const type_;
  const std::string name_;
  const std::string logical_;
};

bool TypeReader::Read() {
  if (logical_.empty()) return FromPhysical();
  if (logical_ == "object" || logical_ == "array") {
    if (IsJsonText()) return JsonText();
    return logical_ == "object" ? Object() : Array();
  }
  if (logical_ == "string") {
    String();
    type_->json_text = type_->id == TypeId::kString && IsJsonText();
    return true;
  }
  if (logical_ == "integer") return Integer();
  if (logical_ == "number") return Number();
  if (logical_ == "boolean") return Boolean();
  type_->id = logical_ == "date" ? TypeId::kDate : logical_ == "time" ? TypeId::kTime : TypeId::kTimestamp;
  return Time();
}

bool TypeReader::QuotedNumbers() {
  const YamlNode* value = CustomProperty(property_, "quotedNumbers");
  if (!value) return true;
  const std::optional<bool> quoted = ParseBoolText(value->text);
  const bool number = type_->id >= TypeId::kInt8 && type_->id <= TypeId::kDouble;
  if (!quoted || !number) {
    return Refuse(value->span, kCodeBadValue, "\"quotedNumbers\" is true or false, for a column of numbers",
                  "remove it, or declare an integer or number");
  }
  type_->quoted_numbers = *quoted;
  return true;
}

bool TypeReader::IsJsonText() const {
  const std::string physical = Lower(fields_.Text("physicalType").value_or(""));
  return physical == "json" || physical == "jsonb";
}

bool TypeReader::JsonText() {
  type_->id = TypeId::kString;
  type_->json_text = true;
  return true;
}

bool TypeReader::Object() {
  type_->id = TypeId::kStruct;
  const YamlNode* properties = property_.Find("properties");
  if (!properties || properties->items.empty()) {
    return Refuse(Where("logicalType"), kCodeColumnType, fmt::format("object \"{}\" has no properties", name_),
                  "list them under properties, or declare physicalType: json for its JSON text");
  }
  bool fits = true;
  for (const YamlNode& property : properties->items) fits &= Child(property, "");
  return fits;
}

bool TypeReader::Array() {
  type_->id = TypeId::kList;
  const YamlNode* items = property_.Find("items");
  if (items) return Child(*items, "element");
  return Refuse(Where("logicalType"), kCodeColumnType, fmt::format("array \"{}\" has no items", name_),
                "declare items: {logicalType: ...}, or physicalType: json for its JSON text");
}

bool TypeReader::Child(const YamlNode& property, std::string_view fallback_name) {
  std::optional<Column> child = ReadOdcsColumn(property, findings_, notes_, fallback_name);
  if (!child) return false;
  for (const Column& other : type_->children) {
    if (other.name != child->name && other.source_name != child->source_name) continue;
    return Refuse(property.span, kCodeConflict,
                  fmt::format("\"{}\" is declared a second time in \"{}\"", child->name, name_),
                  "give each property a name and a physicalName of its own");
  }
  type_->children.push_back(std::move(*child));
  return true;
}

bool TypeReader::FromPhysical() {
  if (IsJsonText()) return JsonText();
  const std::string physical = Lower(fields_.Text("physicalType").value_or(""));
  const std::string word = physical.substr(0, physical.find('('));
  if (word == "decimal" || word == "numeric" || word == "number") return Decimal();
  for (const TypeWord& known : kPhysicalTypes) {
    if (known.word != word) continue;
    type_->id = known.id;
    type_->with_zone = known.with_zone;
    if (type_->id == TypeId::kBoolean) return Boolean();
    const bool has_formats =
        type_->id == TypeId::kDate || type_->id == TypeId::kTime || type_->id == TypeId::kTimestamp;
    return has_formats ? Formats() : true;
  }
  return Refuse(Where("physicalType"), kCodeColumnType,
                fmt::format("column \"{}\" has no type that is known here", name_),
                "add logicalType: string, integer, number, boolean, date, time or timestamp");
}

bool TypeReader::Integer() {
  type_->id = TypeId::kInt64;
  const YamlNode* format = Option("format");
  if (!format) return true;
  for (const TypeWord& known : kIntegerFormats) {
    if (known.word != format->text) continue;
    type_->id = known.id;
    return true;
  }
  return Refuse(format->span, kCodeUnsupported,
                fmt::format("integers of 128 bits are not supported (column \"{}\")", name_),
                "declare logicalType: number with physicalType: DECIMAL(38,0)");
}

bool TypeReader::Number() {
  const std::string format = OptionText("format");
  const std::string physical = Lower(fields_.Text("physicalType").value_or(""));
  const std::string word = physical.substr(0, physical.find('('));
  const bool decimal = word == "decimal" || word == "numeric" || word == "number";
  if (decimal && !format.empty()) {
    return Refuse(Option("format")->span, kCodeConflict,
                  fmt::format("column \"{}\" is declared as decimal and as {}", name_, format),
                  "keep physicalType for exact values or format for binary floating point");
  }
  if (decimal) return Decimal();
  if (format == "f32" || format == "f64") {
    type_->id = format == "f32" ? TypeId::kFloat : TypeId::kDouble;
    return true;
  }
  return Refuse(Where("logicalType"), kCodeColumnType, fmt::format("number \"{}\" has no precision", name_),
                "declare physicalType: DECIMAL(p,s), or logicalTypeOptions: {format: f64}");
}

bool TypeReader::Decimal() {
  static const RE2 form(R"(\s*[a-z]+\s*\(\s*(\d{1,4})\s*(?:,\s*(\d{1,4})\s*)?\)\s*)");
  const std::string physical = Lower(fields_.Text("physicalType").value_or(""));
  std::string precision, scale;
  if (!RE2::FullMatch(physical, form, &precision, &scale)) {
    return Refuse(Where("physicalType"), kCodeColumnType,
                  fmt::format("decimal \"{}\" has no precision and scale", name_),
                  "for example physicalType: DECIMAL(12,2)");
  }
  type_->id = TypeId::kDecimal;
  type_->precision = std::stoi(precision);
  type_->scale = scale.empty() ? 0 : std::stoi(scale);
  if (type_->precision >= 1 && type_->precision <= 38 && type_->scale <= type_->precision) return true;
  return Refuse(Where("physicalType"), kCodeColumnType,
                fmt::format("decimal({},{}) does not exist", type_->precision, type_->scale),
                "precision is 1 to 38, scale 0 to precision");
}

void TypeReader::String() {
  const std::string format = OptionText("format");
  type_->id = TypeId::kString;
  if (format == "uuid") {
    type_->id = TypeId::kUuid;
  } else if (format == "byte" || format == "binary") {
    type_->id = TypeId::kBinary;
    type_->encoding = format == "byte" ? BinaryEncoding::kBase64 : BinaryEncoding::kHex;
  } else if (!format.empty()) {
    notes_->Add(Option("format")->span,
                fmt::format("column \"{}\": format \"{}\" is not checked; use a pattern", name_, format));
  }
}

bool TypeReader::Time() {
  const YamlNode* zone = Option("timezone");
  const bool zoned = zone && ParseBoolText(zone->text) == true;
  if (zoned && type_->id == TypeId::kTime) {
    return Refuse(zone->span, kCodeUnsupported,
                  fmt::format("a time with a zone is not supported (column \"{}\")", name_),
                  "declare a timestamp, or timezone: false");
  }
  type_->with_zone = zoned;
  if (const YamlNode* zone_name = Option("defaultTimezone")) {
    notes_->Add(zone_name->span, fmt::format("column \"{}\": defaultTimezone is not applied; {}", name_,
                                             zoned ? "every value must carry its offset" : "values have no zone"));
  }
  return Formats();
}

bool TypeReader::Formats() {
  bool fits = true;
  if (const YamlNode* format = Option("format")) fits &= AddFormat(*format);
  const YamlNode* more = CustomProperty(property_, "formats");
  if (!more) return fits;
  if (more->kind != YamlNode::Kind::kList) {
    return Refuse(more->span, kCodeWrongKind, "\"formats\" must be a list of patterns",
                  "for example [yyyy-MM-dd, dd.MM.yyyy]");
  }
  for (const YamlNode& format : more->items) fits &= AddFormat(format);
  return fits;
}

bool TypeReader::AddFormat(const YamlNode& format) {
  if (format.kind != YamlNode::Kind::kScalar || format.text.empty()) {
    return Refuse(format.span, kCodeWrongKind, "a format must be a pattern such as yyyy-MM-dd", "");
  }
  const Result<TextFormat> compiled = CompileTextFormat(format.text, *type_);
  if (compiled.ok()) {
    type_->formats.push_back(format.text);
    return true;
  }
  const ErrorDetail* detail = DetailOf(compiled.status());
  const int64_t position = detail ? detail->place.column : 0;
  return Refuse(position > 0 ? InsideOf(format, position - 1) : format.span, kCodeColumnType,
                compiled.status().message(), detail ? detail->help : "");
}

bool TypeReader::Boolean() {
  type_->id = TypeId::kBoolean;
  type_->true_spellings = {"true"};
  type_->false_spellings = {"false"};
  if (!Spellings("trueValues", &type_->true_spellings) || !Spellings("falseValues", &type_->false_spellings))
    return false;
  for (const std::string& word : type_->true_spellings) {
    const auto& others = type_->false_spellings;
    if (std::find(others.begin(), others.end(), word) == others.end()) continue;
    return Refuse(property_.span, kCodeConflict,
                  fmt::format("\"{}\" spells both true and false in column \"{}\"", word, name_),
                  "list each spelling once");
  }
  return true;
}

bool TypeReader::Spellings(const char* property, std::vector<std::string>* out) {
  const YamlNode* words = CustomProperty(property_, property);
  if (!words) return true;
  const auto is_word = [](const YamlNode& n) { return n.kind == YamlNode::Kind::kScalar && !n.text.empty(); };
  if (words->kind != YamlNode::Kind::kList || words->items.empty() ||
      !std::all_of(words->items.begin(), words->items.end(), is_word)) {
    return Refuse(words->span, kCodeWrongKind, fmt::format("\"{}\" must be a list of words", property),
                  fmt::format("for example value: [{}]",
                              std::string_view(property) == "trueValues" ? "yes, y, \"1\"" : "no, n, \"0\""));
  }
  out->clear();
  for (const YamlNode& word : words->items) out->push_back(word.text);
  return true;
}

}  // namespace

bool ReadOdcsType(const YamlNode& property, Findings* findings, OdcsNotes* notes, ColumnType* type) {
  TypeReader reader(property, findings, notes, type);
  return reader.Read() && reader.QuotedNumbers();
}

}  // namespace freight
