// A contract file as a whole: which schema object, which policies, and what the object declares beyond its columns.
#include "contract/odcs.h"

#include "base/hash.h"
#include "contract/odcs_column.h"
#include "contract/odcs_shapes.h"
#include "io/env.h"

#include <algorithm>
#include <map>

namespace freight {
namespace {

constexpr YamlLimits kLimits = {.bytes_max = 8 << 20, .nodes_max = 1'000'000};

bool CheckVersion(const Fields& root, Findings* findings) {
  const std::string version = root.Text("apiVersion").value_or("");
  if (version.starts_with("v3.")) return true;
  findings->Error(kCodeUnsupported, root.Node("apiVersion")->span,
                  fmt::format("version {} of the standard is not supported", version), "write the contract as v3.1.0");
  return false;
}

// The object named `wanted`, or the only one.
const YamlNode* PickObject(const YamlNode& root, const std::string& wanted, Findings* findings) {
  const Fields fields(&root, OdcsShape());
  const std::vector<const YamlNode*> objects = fields.List("schema");
  const Span at = fields.SpanOf("schema");
  if (objects.empty()) {
    findings->Error(kCodeSchemaObject, at, "the contract describes no schema object",
                    "add schema: with a name and properties");
    return nullptr;
  }
  if (wanted.empty() && objects.size() == 1) return objects.front();
  std::string names;
  std::vector<std::string> known;
  for (const YamlNode* object : objects) {
    known.push_back(object->Find("name")->text);
    if (!wanted.empty() && known.back() == wanted) return object;
    names += (names.empty() ? "" : ", ") + known.back();
  }
  if (wanted.empty()) {
    findings->Error(kCodeSchemaObject, at, fmt::format("the contract describes several objects: {}", names),
                    fmt::format("name one in the pipeline, for example contract: {}#{}", BaseName(findings->file()),
                                known.front()));
    return nullptr;
  }
  const std::string meant = DidYouMean(wanted, known);
  findings->Error(kCodeSchemaObject, at, fmt::format("the contract has no object \"{}\"", wanted),
                  meant.empty() ? fmt::format("it has: {}", names) : fmt::format("did you mean \"{}\"?", meant));
  return nullptr;
}

void ReadColumns(const YamlNode& object, Findings* findings, OdcsNotes* notes, Contract* contract) {
  const YamlNode* properties = object.Find("properties");
  if (!properties || properties->items.empty()) {
    findings->Error(kCodeSchemaObject, object.span,
                    fmt::format("object \"{}\" has no properties", object.Find("name")->text),
                    "list the columns under properties");
    return;
  }
  std::map<std::string, int32_t> line_of_name, line_of_source;
  for (const YamlNode& property : properties->items) {
    std::optional<Column> column = ReadOdcsColumn(property, findings, notes);
    if (!column) continue;
    const auto [first, is_new] = line_of_name.emplace(column->name, property.span.line);
    const auto [first_source, source_is_new] = line_of_source.emplace(column->source_name, property.span.line);
    if (!is_new) {
      findings->Error(kCodeConflict, property.span,
                      fmt::format("column \"{}\" is declared a second time", column->name),
                      fmt::format("it was first declared in line {}", first->second));
    } else if (!source_is_new) {
      findings->Error(kCodeConflict, property.span,
                      fmt::format("two columns are read from the input's \"{}\"", column->source_name),
                      fmt::format("the other stands in line {}", first_source->second));
    }
    contract->columns.push_back(std::move(*column));
  }
}

// onViolation: the words that describe what a run does, and only those.
class ViolationReader {
 public:
  ViolationReader(Findings* findings, OdcsNotes* notes, Contract* contract)
      : findings_(findings), notes_(notes), contract_(contract) {}

  void Read(const YamlNode& value) {
    if (value.kind != YamlNode::Kind::kMap) {
      findings_->Error(kCodeWrongKind, value.span, "\"onViolation\" must be a map of keys");
      return;
    }
    for (const YamlEntry& entry : value.entries) ReadEntry(entry);
  }

 private:
  void ReadEntry(const YamlEntry& entry) {
    static constexpr FieldSpec kPercent = {
        .key = "maxQuarantinePercent", .kind = FieldKind::kPercent, .minimum = 0, .maximum = 100};
    if (entry.key == kPercent.key) {
      if (CheckValue(entry.value, kPercent, findings_))
        contract_->max_quarantine_percent = ParsePercentText(entry.value.text);
    } else if (entry.key == "columns") {
      ReadColumns(entry);
    } else if (entry.key == "dataType" || entry.key == "row") {
      Only(entry, "quarantine");
    } else {
      const std::string meant = DidYouMean(entry.key, {"columns", "dataType", "row", "maxQuarantinePercent"});
      findings_->Error(kCodeUnknownKey, entry.span, fmt::format("unknown key \"{}\"", entry.key),
                       meant.empty() ? "onViolation has: columns, dataType, row, maxQuarantinePercent"
                                     : fmt::format("did you mean \"{}\"?", meant));
    }
  }

  void ReadColumns(const YamlEntry& entry) {
    const std::string& word = entry.value.text;
    if (word == "freeze") {
      contract_->columns_policy = ColumnsPolicy::kFreeze;
    } else if (word == "evolve") {
      notes_->Add(entry.value.span,
                  "columns: evolve means that unknown input columns are not read; they are not added");
    } else {
      findings_->Error(kCodeUnsupported, entry.value.span, "\"columns\" must be evolve or freeze");
    }
  }

  void Only(const YamlEntry& entry, const char* word) {
    if (entry.value.text == word) return;
    findings_->Error(kCodeUnsupported, entry.value.span, fmt::format("\"{}\" must be {}", entry.key, word),
                     "a bad row is kept whole in quarantine, never dropped or changed");
  }

  Findings* findings_;
  OdcsNotes* notes_;
  Contract* contract_;
};

void NoteRest(const YamlNode& root, const YamlNode& object, OdcsNotes* notes) {
  const std::string name = object.Find("name")->text;
  if (const YamlNode* rules = object.Find("quality")) {
    for (const YamlNode& rule : rules->items) NoteQuality(rule, fmt::format("object \"{}\"", name), notes);
  }
  if (const YamlNode* node = object.Find("relationships")) {
    notes->Add(node->span, fmt::format("object \"{}\": relationships are not checked", name));
  }
  if (const YamlNode* slas = root.Find("slaProperties")) {
    for (const YamlNode& sla : slas->items) {
      notes->Add(sla.span,
                 fmt::format("SLA {} is not judged", Fields(&sla, OdcsSlaShape()).Text("property").value_or("")));
    }
  }
}

// Length before text, so that no two contracts run together into the same bytes.
void Put(std::string* out, std::string_view text) { *out += fmt::format("{}:{};", text.size(), text); }

void PutAll(std::string* out, const std::vector<std::string>& words) {
  Put(out, fmt::format("{}", words.size()));
  for (const std::string& word : words) Put(out, word);
}

void PutBound(std::string* out, const char* name, const std::optional<Bound>& bound) {
  if (!bound) return;
  Put(out, name);
  Put(out, bound->exclusive ? "exclusive" : "inclusive");
  Put(out, bound->text);
}

void PutColumn(std::string* out, const Column& column) {
  const ColumnType& type = column.type;
  Put(out, column.name);
  Put(out, column.source_name);
  Put(out, fmt::format("{}.{}.{}.{}.{}", static_cast<int>(type.id), type.precision, type.scale, type.with_zone,
                       static_cast<int>(type.encoding)));
  PutAll(out, type.formats);
  PutAll(out, type.true_spellings);
  PutAll(out, type.false_spellings);
  const Rules& rules = column.rules;
  Put(out, rules.required ? "required" : "optional");
  PutBound(out, "minimum", rules.minimum);
  PutBound(out, "maximum", rules.maximum);
  PutBound(out, "multipleOf", rules.multiple_of);
  if (rules.min_length) Put(out, fmt::format("minLength {}", *rules.min_length));
  if (rules.max_length) Put(out, fmt::format("maxLength {}", *rules.max_length));
  if (rules.pattern) Put(out, "pattern " + *rules.pattern);
  PutAll(out, rules.valid_values);
  if (type.json_text) Put(out, "json");
  if (type.quoted_numbers) Put(out, "quotedNumbers");
  for (const Column& child : type.children) PutColumn(out, child);
  if (type.nested()) Put(out, "end");
}

std::string HashOf(const Contract& contract) {
  std::string text = "contract 1;";
  Put(&text, contract.columns_policy == ColumnsPolicy::kFreeze ? "freeze" : "evolve");
  Put(&text, fmt::format("{}", contract.columns.size()));
  for (const Column& column : contract.columns) PutColumn(&text, column);
  return HashHex(text);
}

}  // namespace

Contract ParseOdcs(std::string_view text, const std::string& file, const std::string& object,
                   std::vector<Diagnostic>* diagnostics) {
  Contract contract;
  Findings findings(file, diagnostics);
  const std::optional<YamlNode> root = ParseYaml(text, kLimits, &findings);
  if (!root || !CheckOdcsShape(*root, &findings)) return contract;
  const Fields fields(&*root, OdcsShape());
  contract.id = fields.Text("id").value_or("");
  contract.name = fields.Text("name").value_or(contract.id);
  contract.version = fields.Text("version").value_or("");
  if (!CheckVersion(fields, &findings)) return contract;
  const std::string status = fields.Text("status").value_or("");
  if (status == "deprecated" || status == "retired") {
    findings.Warn(kCodeNoEffect, fields.Node("status")->span, fmt::format("the contract is {}", status));
  }
  const YamlNode* picked = PickObject(*root, object, &findings);
  if (!picked) return contract;

  OdcsNotes notes(&findings, &contract.notes);
  ReadColumns(*picked, &findings, &notes, &contract);
  for (const YamlNode* owner : {&*root, picked}) {
    const YamlNode* policy = CustomProperty(*owner, "onViolation");
    if (policy) ViolationReader(&findings, &notes, &contract).Read(*policy);
  }
  NoteRest(*root, *picked, &notes);
  contract.hash = HashOf(contract);
  return contract;
}

}  // namespace freight
