// The standard's closed sets of keys as tables, and the few rules that a table cannot say.
#include "contract/odcs_shapes.h"

#include <re2/re2.h>

#include <algorithm>
#include <span>

namespace freight {
namespace {

using enum FieldKind;
using enum FieldCount;

constexpr FieldSpec kCustom[] = {
    {.key = "id", .kind = kIdentifier}, {.key = "property", .required = true},
    {.key = "value", .kind = kAny, .required = true}, {.key = "description"}};
constexpr Shape kCustomShape = {"a custom property", "", kCustom};

constexpr FieldSpec kDefinition[] = {
    {.key = "id", .kind = kIdentifier}, {.key = "url", .required = true}, {.key = "type", .required = true},
    {.key = "description"}};
constexpr Shape kDefinitionShape = {"an authoritative definition", "", kDefinition};

// Fields that many maps share.
constexpr FieldSpec kCustoms = {.key = "customProperties", .kind = kMap, .count = kList, .shape = &kCustomShape};
constexpr FieldSpec kDefinitions = {
    .key = "authoritativeDefinitions", .kind = kMap, .count = kList, .shape = &kDefinitionShape};
constexpr FieldSpec kId = {.key = "id", .kind = kIdentifier};
constexpr FieldSpec kTags = {.key = "tags", .count = kList};

constexpr FieldSpec kRole[] = {kId, {.key = "role", .required = true}, {.key = "description"}, {.key = "access"},
                               {.key = "firstLevelApprovers"}, {.key = "secondLevelApprovers"}, kCustoms};
constexpr Shape kRoleShape = {"a role", "", kRole};

constexpr FieldSpec kMember[] = {kId, {.key = "username", .required = true}, {.key = "name"}, {.key = "description"},
                                 {.key = "role"}, {.key = "dateIn"}, {.key = "dateOut"}, {.key = "replacedByUsername"},
                                 kTags, kCustoms, kDefinitions};
constexpr Shape kMemberShape = {"a team member", "", kMember};
constexpr FieldSpec kMembers = {.key = "team", .kind = kMap, .count = kList, .shape = &kMemberShape};
constexpr FieldSpec kTeam[] = {kId, {.key = "name"}, {.key = "description"},
                               {.key = "members", .kind = kMap, .count = kList, .shape = &kMemberShape},
                               kTags, kCustoms, kDefinitions};
constexpr Shape kTeamShape = {"team", "", kTeam};

constexpr FieldSpec kSupport[] = {kId, {.key = "channel", .required = true}, {.key = "url"}, {.key = "description"},
                                  {.key = "tool"}, {.key = "scope"}, {.key = "invitationUrl"}, kCustoms};
constexpr Shape kSupportShape = {"a support channel", "", kSupport};

constexpr FieldSpec kPrice[] = {kId, {.key = "priceAmount", .kind = kNumber}, {.key = "priceCurrency"},
                                {.key = "priceUnit"}};
constexpr Shape kPriceShape = {"price", "", kPrice};

constexpr FieldSpec kSla[] = {kId, {.key = "property", .required = true},
                              {.key = "value", .kind = kAny, .required = true}, {.key = "valueExt", .kind = kAny},
                              {.key = "unit"}, {.key = "element"}, {.key = "driver"}, {.key = "description"},
                              {.key = "scheduler"}, {.key = "schedule"}};
constexpr Shape kSlaShape = {"an SLA property", "", kSla};

constexpr FieldSpec kDescription[] = {{.key = "usage"}, {.key = "purpose"}, {.key = "limitations"}, kDefinitions,
                                      kCustoms};
constexpr Shape kDescriptionShape = {"description", "", kDescription, true};

// Keys that every server may have; the others depend on its type (kServerKeys).
constexpr FieldSpec kServer[] = {
    kId,
    {.key = "server", .required = true},
    {.key = "type",
     .kind = kChoice,
     .required = true,
     .choices =
         "api athena azure bigquery clickhouse databricks denodo dremio duckdb glue cloudsql db2 hive impala "
         "informix kafka kinesis local mysql oracle postgresql postgres presto pubsub redshift s3 sftp snowflake "
         "sqlserver synapse trino vertica zen custom"},
    {.key = "description"},
    {.key = "environment"},
    {.key = "roles", .kind = kMap, .count = kList, .shape = &kRoleShape},
    kCustoms};
constexpr Shape kServerShape = {"a server", "", kServer, true};

// Type -> its own keys; "!" marks the required ones. `port` is an integer, all others are strings.
struct ServerKeys {
  std::string_view type, keys;
};
constexpr ServerKeys kServerKeys[] = {
    {"api", "location!"},
    {"athena", "stagingDir! schema! catalog regionName"},
    {"azure", "location! format! delimiter"},
    {"bigquery", "project! dataset!"},
    {"clickhouse", "host! port! database!"},
    {"databricks", "host catalog! schema!"},
    {"denodo", "host! port! database"},
    {"dremio", "host! port! schema"},
    {"duckdb", "database! schema"},
    {"glue", "account! database! location format"},
    {"cloudsql", "host! port! database! schema!"},
    {"db2", "host! port! database! schema"},
    {"hive", "host! port database!"},
    {"impala", "host! port database!"},
    {"informix", "host! port database!"},
    {"zen", "host! port database!"},
    {"custom", "account catalog database dataset delimiter endpointUrl format host location path port project region "
               "regionName schema serviceName stagingDir warehouse stream"},
    {"kafka", "host! format"},
    {"kinesis", "region format"},
    {"local", "path! format!"},
    {"mysql", "host! port! database!"},
    {"oracle", "host! port! serviceName!"},
    {"postgresql", "host! port! database! schema!"},
    {"postgres", "host! port! database! schema!"},
    {"presto", "host! catalog schema"},
    {"pubsub", "project!"},
    {"redshift", "host database! schema! region account"},
    {"s3", "location! endpointUrl format delimiter"},
    {"sftp", "location! format delimiter"},
    {"snowflake", "host port account! database! schema! warehouse"},
    {"sqlserver", "host! port database! schema!"},
    {"synapse", "host! port! database!"},
    {"trino", "host! port! catalog! schema!"},
    {"vertica", "host! port! database! schema!"},
};

constexpr FieldSpec kRelationship[] = {{.key = "type", .kind = kChoice, .choices = "foreignKey"},
                                       {.key = "from", .count = kOneOrList, .required = true},
                                       {.key = "to", .count = kOneOrList, .required = true}, kCustoms};
constexpr Shape kRelationshipShape = {"a relationship", "", kRelationship};
constexpr FieldSpec kReference[] = {{.key = "type", .kind = kChoice, .choices = "foreignKey"},
                                    {.key = "to", .count = kOneOrList, .required = true}, kCustoms};
constexpr Shape kReferenceShape = {"a relationship", "", kReference};

constexpr FieldSpec kQuality[] = {
    kId,
    kDefinitions,
    {.key = "businessImpact"},
    kCustoms,
    {.key = "description"},
    {.key = "dimension",
     .kind = kChoice,
     .choices = "accuracy completeness conformity consistency coverage timeliness uniqueness"},
    {.key = "method"},
    {.key = "name"},
    {.key = "schedule"},
    {.key = "scheduler"},
    {.key = "severity"},
    kTags,
    {.key = "type", .kind = kChoice, .choices = "text library sql custom"},
    {.key = "unit"},
    {.key = "metric", .kind = kChoice, .choices = "nullValues missingValues invalidValues duplicateValues rowCount"},
    {.key = "rule"},
    {.key = "arguments", .kind = kAny},
    {.key = "query"},
    {.key = "engine"},
    {.key = "implementation", .kind = kAny},
    {.key = "mustBe", .kind = kAny},
    {.key = "mustNotBe", .kind = kAny},
    {.key = "mustBeGreaterThan", .kind = kNumber},
    {.key = "mustBeGreaterOrEqualTo", .kind = kNumber},
    {.key = "mustBeLessThan", .kind = kNumber},
    {.key = "mustBeLessOrEqualTo", .kind = kNumber},
    {.key = "mustBeBetween", .kind = kNumber, .count = kList},
    {.key = "mustNotBeBetween", .kind = kNumber, .count = kList}};
constexpr Shape kQualityShape = {"a quality rule", "", kQuality};

constexpr FieldSpec kProperty[] = {
    kId, {.key = "name"}, {.key = "physicalType"}, {.key = "description"}, {.key = "businessName"}, kDefinitions, kTags,
    kCustoms, {.key = "primaryKey", .kind = kBool}, {.key = "primaryKeyPosition", .kind = kInteger},
    {.key = "logicalType", .kind = kChoice,
     .choices = "string date timestamp time number integer object array boolean"},
    {.key = "logicalTypeOptions", .kind = kAny}, {.key = "physicalName"}, {.key = "required", .kind = kBool},
    {.key = "unique", .kind = kBool}, {.key = "partitioned", .kind = kBool},
    {.key = "partitionKeyPosition", .kind = kInteger}, {.key = "classification"}, {.key = "encryptedName"},
    {.key = "transformSourceObjects", .count = kList}, {.key = "transformLogic"}, {.key = "transformDescription"},
    {.key = "examples", .kind = kAny, .count = kList}, {.key = "criticalDataElement", .kind = kBool},
    {.key = "relationships", .kind = kMap, .count = kList, .shape = &kReferenceShape},
    {.key = "quality", .kind = kMap, .count = kList, .shape = &kQualityShape},
    {.key = "properties", .kind = kAny, .count = kList}, {.key = "items", .kind = kAny}};
constexpr Shape kPropertyShape = {"a property", "", kProperty};

constexpr FieldSpec kObject[] = {
    kId, {.key = "name", .required = true}, {.key = "physicalType"}, {.key = "description"}, {.key = "businessName"},
    kDefinitions, kTags, kCustoms, {.key = "logicalType", .kind = kChoice, .choices = "object"},
    {.key = "physicalName"}, {.key = "dataGranularityDescription"}, {.key = "properties", .kind = kAny, .count = kList},
    {.key = "relationships", .kind = kMap, .count = kList, .shape = &kRelationshipShape},
    {.key = "quality", .kind = kMap, .count = kList, .shape = &kQualityShape}};
constexpr Shape kObjectShape = {"a schema object", "", kObject};

constexpr FieldSpec kRoot[] = {
    {.key = "version", .required = true, .example = "1.0.0"},
    {.key = "kind", .kind = kChoice, .required = true, .choices = "DataContract", .example = "DataContract"},
    {.key = "apiVersion", .kind = kChoice, .required = true,
     .choices = "v3.1.0 v3.0.2 v3.0.1 v3.0.0 v2.2.2 v2.2.1 v2.2.0", .example = "v3.1.0"},
    {.key = "id", .required = true, .example = "events"},
    {.key = "status", .required = true, .example = "active"}, {.key = "name"}, {.key = "tenant"}, kTags,
    {.key = "servers", .kind = kMap, .count = kList, .shape = &kServerShape}, {.key = "dataProduct"},
    {.key = "description", .kind = kMap, .shape = &kDescriptionShape}, {.key = "domain"},
    {.key = "schema", .kind = kMap, .count = kList, .shape = &kObjectShape},
    {.key = "support", .kind = kMap, .count = kList, .shape = &kSupportShape},
    {.key = "price", .kind = kMap, .shape = &kPriceShape}, {.key = "team", .kind = kAny},
    {.key = "roles", .kind = kMap, .count = kList, .shape = &kRoleShape}, {.key = "slaDefaultElement"},
    {.key = "slaProperties", .kind = kMap, .count = kList, .shape = &kSlaShape}, kDefinitions, kCustoms,
    {.key = "contractCreatedTs"}};
constexpr Shape kRootShape = {"a data contract", "", kRoot};

constexpr FieldSpec kStringOptions[] = {{.key = "minLength", .kind = kInteger, .minimum = 0},
                                        {.key = "maxLength", .kind = kInteger, .minimum = 0},
                                        {.key = "pattern"}, {.key = "format"}};
constexpr FieldSpec kDateOptions[] = {{.key = "format"}, {.key = "exclusiveMaximum"}, {.key = "maximum"},
                                      {.key = "exclusiveMinimum"}, {.key = "minimum"}};
constexpr FieldSpec kTimeOptions[] = {{.key = "format"}, {.key = "exclusiveMaximum"}, {.key = "maximum"},
                                      {.key = "exclusiveMinimum"}, {.key = "minimum"},
                                      {.key = "timezone", .kind = kBool}, {.key = "defaultTimezone"}};
constexpr FieldSpec kIntegerOptions[] = {
    {.key = "multipleOf", .kind = kNumber}, {.key = "maximum", .kind = kNumber},
    {.key = "exclusiveMaximum", .kind = kNumber}, {.key = "minimum", .kind = kNumber},
    {.key = "exclusiveMinimum", .kind = kNumber},
    {.key = "format", .kind = kChoice, .choices = "i8 i16 i32 i64 i128 u8 u16 u32 u64 u128"}};
constexpr FieldSpec kNumberOptions[] = {
    {.key = "multipleOf", .kind = kNumber}, {.key = "maximum", .kind = kNumber},
    {.key = "exclusiveMaximum", .kind = kNumber}, {.key = "minimum", .kind = kNumber},
    {.key = "exclusiveMinimum", .kind = kNumber}, {.key = "format", .kind = kChoice, .choices = "f32 f64"}};
constexpr FieldSpec kObjectOptions[] = {{.key = "maxProperties", .kind = kInteger, .minimum = 0},
                                        {.key = "minProperties", .kind = kInteger, .minimum = 0},
                                        {.key = "required", .count = kList}};
constexpr FieldSpec kArrayOptions[] = {{.key = "maxItems", .kind = kInteger, .minimum = 0},
                                       {.key = "minItems", .kind = kInteger, .minimum = 0},
                                       {.key = "uniqueItems", .kind = kBool}};
struct TypeOptions {
  std::string_view logical_type;
  Shape shape;
};
constexpr TypeOptions kOptions[] = {
    {"string", {"logicalTypeOptions of a string", "", kStringOptions}},
    {"date", {"logicalTypeOptions of a date", "", kDateOptions}},
    {"time", {"logicalTypeOptions of a time", "", kTimeOptions}},
    {"timestamp", {"logicalTypeOptions of a timestamp", "", kTimeOptions}},
    {"integer", {"logicalTypeOptions of an integer", "", kIntegerOptions}},
    {"number", {"logicalTypeOptions of a number", "", kNumberOptions}},
    {"object", {"logicalTypeOptions of an object", "", kObjectOptions}},
    {"array", {"logicalTypeOptions of an array", "", kArrayOptions}},
    // The standard leaves the options of a boolean open; none has a meaning.
    {"boolean", {"logicalTypeOptions of a boolean", "", {}, true}},
};

const std::vector<YamlNode>& ItemsOf(const YamlNode& root, std::string_view key) {
  static const std::vector<YamlNode> none;
  const YamlNode* node = root.Find(key);
  return node ? node->items : none;
}

bool CheckServer(const YamlNode& server, Findings* findings) {
  const std::string type = Fields(&server, kServerShape).Text("type").value_or("");
  const auto known = std::find_if(std::begin(kServerKeys), std::end(kServerKeys),
                                  [&](const ServerKeys& keys) { return keys.type == type; });
  if (known == std::end(kServerKeys)) return true;  // the unknown word is reported already
  std::vector<FieldSpec> fields(std::begin(kServer), std::end(kServer));
  std::string_view rest = known->keys;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    std::string_view key = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool required = key.ends_with('!');
    if (required) key.remove_suffix(1);
    fields.push_back({.key = key, .kind = key == "port" ? kInteger : kString, .required = required});
  }
  // The shared keys are checked with the document; here only what the type adds.
  const std::string name = fmt::format("a server of type {}", type);
  bool fits = true;
  const Shape shape = {name, "", fields};
  for (const YamlEntry& entry : server.entries) {
    const FieldSpec* field = shape.Find(entry.key);
    if (kServerShape.Find(entry.key)) continue;
    fits &= field ? CheckValue(entry.value, *field, findings) : ReportUnknownKey(entry, shape, findings);
  }
  const Shape added = {name, "", std::span(fields).subspan(std::size(kServer)), true};
  return CheckRequired(server, added, findings) && fits;
}

constexpr std::string_view kOperators[] = {"mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo",
                                           "mustBeLessThan", "mustBeLessOrEqualTo", "mustBeBetween",
                                           "mustNotBeBetween"};

bool NeedKey(const YamlNode& node, std::string_view key, std::string_view why, Findings* findings) {
  if (node.Find(key)) return true;
  findings->Error(kCodeMissingKey, node.span, fmt::format("{} needs the key \"{}\"", why, key));
  return false;
}

// Values whose form depends on the key and that no table of fields can say.
bool CheckQualityValues(const YamlNode& rule, Findings* findings) {
  bool fits = true;
  const auto is_map = [](const YamlNode* node) { return !node || node->kind == YamlNode::Kind::kMap; };
  const YamlNode* arguments = rule.Find("arguments");
  const YamlNode* implementation = rule.Find("implementation");
  const bool is_text = implementation && implementation->kind == YamlNode::Kind::kScalar &&
                       TypeOfScalar(*implementation) == ScalarType::kString;
  if (!is_map(arguments)) {
    findings->Error(kCodeWrongKind, arguments->span, "\"arguments\" must be a map of keys");
    fits = false;
  }
  if (!is_map(implementation) && !is_text) {
    findings->Error(kCodeWrongKind, implementation->span, "\"implementation\" must be a string or a map");
    fits = false;
  }
  for (const std::string_view key : {"mustBeBetween", "mustNotBeBetween"}) {
    const YamlNode* limits = rule.Find(key);
    if (!limits || limits->kind != YamlNode::Kind::kList || limits->items.size() == 2) continue;
    findings->Error(kCodeBadValue, limits->span, fmt::format("\"{}\" must have two numbers", key));
    fits = false;
  }
  return fits;
}

// Which keys go with which type of rule; exactly one comparison where there is something to compare.
bool CheckQuality(const YamlNode& rule, Findings* findings) {
  const Fields fields(&rule, kQualityShape);
  const std::string type = fields.Text("type").value_or("library");
  const bool library = fields.Text("type") == "library" || rule.Find("metric");
  const bool sql = type == "sql", custom = type == "custom";
  bool fits = true;
  const auto only = [&](std::string_view key, bool allowed) {
    if (allowed || !rule.Find(key)) return;
    findings->Error(kCodeUnknownKey, fields.SpanOf(key),
                    fmt::format("key \"{}\" does not belong to a quality rule of type {}", key, type));
    fits = false;
  };
  for (const std::string_view key : {"rule", "arguments"}) only(key, library);
  only("query", sql);
  for (const std::string_view key : {"engine", "implementation"}) only(key, custom);
  int operators = 0;
  for (const std::string_view key : kOperators) {
    only(key, library || sql);
    operators += rule.Find(key) != nullptr;
  }
  if (library) fits &= NeedKey(rule, "metric", "a library rule", findings);
  if (sql) fits &= NeedKey(rule, "query", "an sql rule", findings);
  if (custom) fits &= NeedKey(rule, "engine", "a custom rule", findings);
  if (custom) fits &= NeedKey(rule, "implementation", "a custom rule", findings);
  if ((library || sql) && operators != 1) {
    findings->Error(kCodeBadValue, rule.span, fmt::format("a quality rule needs one comparison, not {}", operators),
                    "for example mustBe: 0");
    fits = false;
  }
  return CheckQualityValues(rule, findings) && fits;
}

// "table.column", or a path to either in this file or another one.
bool CheckReference(const YamlNode& reference, Findings* findings) {
  static const RE2 short_form("[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*");
  static const RE2 long_form(
      "(?:(?:https?://)?[A-Za-z0-9._/-]+\\.yaml#)?/?[A-Za-z_][A-Za-z0-9_]*/[A-Za-z0-9_-]+"
      "(?:/[A-Za-z_][A-Za-z0-9_]*/[A-Za-z0-9_-]+)*");
  if (reference.kind == YamlNode::Kind::kList) {
    bool fits = !reference.items.empty();
    if (!fits) findings->Error(kCodeBadValue, reference.span, "a relationship needs at least one reference");
    for (const YamlNode& item : reference.items) fits &= CheckReference(item, findings);
    return fits;
  }
  if (RE2::FullMatch(reference.text, short_form) || RE2::FullMatch(reference.text, long_form)) return true;
  findings->Error(kCodeBadValue, reference.span, fmt::format("\"{}\" refers to no column", reference.text),
                  "write table.column, or schema/<id>/properties/<id>");
  return false;
}

bool CheckRelationships(const YamlNode& node, Findings* findings) {
  bool fits = true;
  for (const YamlNode& relationship : ItemsOf(node, "relationships")) {
    const YamlNode *from = relationship.Find("from"), *to = relationship.Find("to");
    if (from) fits &= CheckReference(*from, findings);
    if (to) fits &= CheckReference(*to, findings);
    if (!from || !to || from->kind == to->kind) continue;
    findings->Error(kCodeWrongKind, to->span, "\"from\" and \"to\" must both be one reference or both be lists");
    fits = false;
  }
  return fits;
}

bool CheckQualities(const YamlNode& node, Findings* findings) {
  bool fits = true;
  for (const YamlNode& rule : ItemsOf(node, "quality")) {
    if (rule.kind == YamlNode::Kind::kMap) fits &= CheckQuality(rule, findings);
  }
  return fits;
}

bool CheckProperties(const YamlNode& owner, Findings* findings);

// `named` is false for the items of an array.
bool CheckProperty(const YamlNode& property, bool named, Findings* findings) {
  bool fits = CheckShape(property, kPropertyShape, findings);
  if (property.kind != YamlNode::Kind::kMap) return false;
  if (named) fits &= NeedKey(property, "name", "a property", findings);
  fits &= CheckQualities(property, findings);
  fits &= CheckRelationships(property, findings);
  const Fields fields(&property, kPropertyShape);
  const std::string type = fields.Text("logicalType").value_or("");
  const YamlNode* options = property.Find("logicalTypeOptions");
  const Shape* shape = OdcsOptionsShape(type);
  if (options && shape) fits &= CheckShape(*options, *shape, findings);
  if (options && type.empty()) {
    // The standard applies the options of all types at once here, and no key is in all of them.
    findings->Error(kCodeMissingKey, fields.SpanOf("logicalTypeOptions"), "\"logicalTypeOptions\" needs a logicalType");
    fits = false;
  }
  const auto nested = [&](std::string_view key, std::string_view of) {
    if (!property.Find(key) || type.empty() || type == of) return;
    findings->Error(kCodeUnknownKey, fields.SpanOf(key), fmt::format("only an {} has \"{}\"", of, key));
    fits = false;
  };
  nested("properties", "object");
  nested("items", "array");
  fits &= CheckProperties(property, findings);
  if (const YamlNode* items = property.Find("items")) fits &= CheckProperty(*items, false, findings);
  return fits;
}

bool CheckProperties(const YamlNode& owner, Findings* findings) {
  bool fits = true;
  for (const YamlNode& property : ItemsOf(owner, "properties")) fits &= CheckProperty(property, true, findings);
  return fits;
}

bool CheckTeam(const YamlNode& team, Findings* findings) {
  if (team.kind == YamlNode::Kind::kMap) return CheckShape(team, kTeamShape, findings);
  return CheckValue(team, kMembers, findings);  // the form of version 3.0
}

}  // namespace

bool CheckOdcsShape(const YamlNode& root, Findings* findings) {
  bool fits = CheckShape(root, kRootShape, findings);
  if (root.kind != YamlNode::Kind::kMap) return false;
  for (const YamlNode& server : ItemsOf(root, "servers")) {
    if (server.kind == YamlNode::Kind::kMap) fits &= CheckServer(server, findings);
  }
  for (const YamlNode& object : ItemsOf(root, "schema")) {
    if (object.kind != YamlNode::Kind::kMap) continue;
    fits &= CheckQualities(object, findings);
    fits &= CheckRelationships(object, findings);
    fits &= CheckProperties(object, findings);
  }
  for (const YamlNode& sla : ItemsOf(root, "slaProperties")) {
    for (const std::string_view key : {"value", "valueExt"}) {
      const YamlNode* value = sla.Find(key);
      if (!value || value->kind == YamlNode::Kind::kScalar) continue;
      findings->Error(kCodeWrongKind, value->span,
                      fmt::format("\"{}\" of an SLA property must be a single value", key));
      fits = false;
    }
  }
  if (const YamlNode* team = root.Find("team")) fits &= CheckTeam(*team, findings);
  return fits;
}

const Shape& OdcsShape() { return kRootShape; }
const Shape& OdcsObjectShape() { return kObjectShape; }
const Shape& OdcsPropertyShape() { return kPropertyShape; }
const Shape& OdcsQualityShape() { return kQualityShape; }
const Shape& OdcsCustomPropertyShape() { return kCustomShape; }
const Shape& OdcsSlaShape() { return kSlaShape; }

const Shape* OdcsOptionsShape(std::string_view logical_type) {
  for (const TypeOptions& options : kOptions) {
    if (options.logical_type == logical_type) return &options.shape;
  }
  return nullptr;
}

}  // namespace freight
