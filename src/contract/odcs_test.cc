// Contracts that are read, refused at a place, or noted as not enforced.
#include "contract/odcs.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

constexpr const char* kHead =
    "apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    "
    "properties:\n";

struct Parsed {
  Contract contract;
  std::vector<Diagnostic> diagnostics;
  // "line:column+width message" per diagnostic of this severity.
  std::string Lines(Severity severity) const {
    std::string out;
    for (const Diagnostic& d : diagnostics) {
      if (d.severity != severity) continue;
      out += fmt::format("{}:{}+{} {} {}\n", d.place.line, d.place.column, d.width, d.code, d.message);
    }
    return out;
  }
  std::string Errors() const { return Lines(Severity::kError); }
};

Parsed ParseText(const std::string& text, const std::string& object = "") {
  Parsed parsed;
  parsed.contract = ParseOdcs(text, "c.yaml", object, &parsed.diagnostics);
  return parsed;
}

// A contract whose columns are these flow maps, from line 9 on.
Parsed ParseColumns(const std::vector<std::string>& columns) {
  std::string text = kHead;
  for (const std::string& column : columns) text += "      - " + column + "\n";
  return ParseText(text);
}

TEST(ParseOdcs, ReadsEveryType) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{name: a, logicalType: string}", "string"},
      {"{name: a, logicalType: integer}", "int64"},
      {"{name: a, logicalType: integer, logicalTypeOptions: {format: i8}}", "int8"},
      {"{name: a, logicalType: integer, logicalTypeOptions: {format: u64}}", "uint64"},
      {"{name: a, logicalType: number, physicalType: 'DECIMAL(12,2)'}", "decimal(12,2)"},
      {"{name: a, logicalType: number, physicalType: 'numeric( 38 )'}", "decimal(38,0)"},
      {"{name: a, logicalType: number, logicalTypeOptions: {format: f32}}", "float"},
      {"{name: a, logicalType: number, logicalTypeOptions: {format: f64}}", "double"},
      {"{name: a, logicalType: boolean}", "boolean"},
      {"{name: a, logicalType: date}", "date"},
      {"{name: a, logicalType: time}", "time"},
      {"{name: a, logicalType: timestamp}", "timestamp"},
      {"{name: a, logicalType: timestamp, logicalTypeOptions: {timezone: true}}", "timestamp with zone"},
      {"{name: a, logicalType: string, logicalTypeOptions: {format: uuid}}", "uuid"},
      {"{name: a, physicalType: VARCHAR(20)}", "string"},
      {"{name: a, physicalType: BIGINT}", "int64"},
      {"{name: a, physicalType: 'decimal(5,1)'}", "decimal(5,1)"},
      {"{name: a, physicalType: timestamptz}", "timestamp with zone"},
  };
  for (const auto& [column, type] : cases) {
    const Parsed parsed = ParseColumns({column});
    EXPECT_EQ(parsed.Errors(), "") << column;
    ASSERT_EQ(parsed.contract.columns.size(), 1u) << column;
    EXPECT_EQ(parsed.contract.columns[0].type.ToString(), type) << column;
  }
}

TEST(ParseOdcs, ReadsSpellingsFormatsAndNames) {
  const Parsed parsed = ParseColumns({
      "{name: ok, physicalName: OK?, logicalType: boolean, customProperties: [{property: trueValues, value: [y, 1]}, "
      "{property: falseValues, value: [n, 0]}]}",
      "{name: day, logicalType: date, logicalTypeOptions: {format: dd.MM.yyyy, minimum: '31.12.1999'}, "
      "customProperties: [{property: formats, value: [yyyy-MM-dd]}]}",
      "{name: blob, logicalType: string, logicalTypeOptions: {format: byte, maxLength: 4}}",
      "{name: hex, logicalType: string, logicalTypeOptions: {format: binary}}",
  });
  ASSERT_EQ(parsed.Errors(), "");
  const std::vector<Column>& columns = parsed.contract.columns;
  EXPECT_EQ(columns[0].source_name, "OK?");
  EXPECT_EQ(columns[0].type.true_spellings, (std::vector<std::string>{"y", "1"}));
  EXPECT_EQ(columns[0].type.false_spellings, (std::vector<std::string>{"n", "0"}));
  EXPECT_EQ(columns[1].type.formats, (std::vector<std::string>{"dd.MM.yyyy", "yyyy-MM-dd"}));
  EXPECT_EQ(columns[1].rules.minimum->value, 10956);
  EXPECT_EQ(columns[2].type.encoding, BinaryEncoding::kBase64);
  EXPECT_EQ(columns[2].rules.max_length, 4);
  EXPECT_EQ(columns[3].type.encoding, BinaryEncoding::kHex);
  EXPECT_EQ(columns[3].place.line, 12);
}

TEST(ParseOdcs, ReadsRowRulesInTheColumnsUnit) {
  const Parsed parsed = ParseColumns({
      "{name: d, logicalType: number, physicalType: 'DECIMAL(12,2)', required: true, logicalTypeOptions: {minimum: 0, "
      "exclusiveMaximum: 10.5, maximum: 99, multipleOf: 0.25}}",
      "{name: i, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 5, minimum: 5}}",
      "{name: s, logicalType: string, logicalTypeOptions: {minLength: 1, maxLength: 3, pattern: '^[a-z]+$'}}",
      "{name: t, logicalType: timestamp, logicalTypeOptions: {format: 'dd/MM/yyyy HH:mm', minimum: "
      "'1970-01-02T00:00:00'}}",
  });
  ASSERT_EQ(parsed.Errors(), "");
  const Rules& d = parsed.contract.columns[0].rules;
  EXPECT_TRUE(d.required);
  EXPECT_EQ(d.minimum->value, 0);
  EXPECT_FALSE(d.minimum->exclusive);
  EXPECT_EQ(d.maximum->value, 1050);
  EXPECT_TRUE(d.maximum->exclusive);
  EXPECT_EQ(d.multiple_of->value, 25);
  EXPECT_TRUE(parsed.contract.columns[1].rules.minimum->exclusive);  // the narrower of two
  const Rules& s = parsed.contract.columns[2].rules;
  EXPECT_EQ(s.min_length, 1);
  EXPECT_EQ(s.max_length, 3);
  EXPECT_EQ(s.pattern, "^[a-z]+$");
  EXPECT_EQ(parsed.contract.columns[3].rules.minimum->value, 86'400'000'000);
}

TEST(ParseOdcs, TakesValidValuesAsARowRuleOnlyWhenNoRowMayBreakThem) {
  const auto with = [](const std::string& rule) {
    return ParseColumns({"{name: s, logicalType: string, quality: [" + rule + "]}"});
  };
  const std::string values = "metric: invalidValues, arguments: {validValues: [a, b]}";
  const std::vector<std::string> ab = {"a", "b"};
  EXPECT_EQ(with("{" + values + ", mustBe: 0}").contract.columns[0].rules.valid_values, ab);
  EXPECT_EQ(with("{" + values + ", mustBe: 0, severity: error}").contract.columns[0].rules.valid_values, ab);
  for (const char* rest : {", mustBe: 1}", ", mustBeLessThan: 5, unit: percent}", ", mustBe: 0, severity: warning}"}) {
    const Parsed parsed = with("{" + values + rest);
    EXPECT_TRUE(parsed.contract.columns[0].rules.valid_values.empty()) << rest;
    EXPECT_EQ(parsed.contract.notes,
              (std::vector<std::string>{"column \"s\": quality rule invalidValues is not judged"}));
  }
  const Parsed custom = ParseColumns(
      {"{name: i, logicalType: integer, customProperties: [{property: enum, value: [1, 2, null]}]}"});
  EXPECT_EQ(custom.contract.columns[0].rules.valid_values, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(custom.contract.notes.size(), 1u);
}

TEST(ParseOdcs, RefusesColumnsAtThePlaceOfTheFault) {
  for (const auto& [column, want] : std::initializer_list<std::pair<std::string, std::string>>{
           {"{name: a, logicalType: array}", "9:32+5 F0202 array \"a\" has no items\n"},
           {"{name: a, logicalType: string, customProperties: [{property: quotedNumbers, value: true}]}",
            "9:92+4 F0106 \"quotedNumbers\" is true or false, for a column of numbers\n"},
           {"{name: a, logicalType: object}", "9:32+6 F0202 object \"a\" has no properties\n"},
           {"{name: a, logicalType: object, properties: [{name: x, logicalType: date}, {name: x, logicalType: date}]}",
            "9:84+4 F0401 \"x\" is declared a second time in \"a\"\n"},
           {"{name: a, logicalType: array, logicalTypeOptions: {minItems: 3, maxItems: 2}, items: {logicalType: date}}",
            "9:70+1 F0401 minItems 3 is above maxItems 2\n"},
           {"{name: a, logicalType: object, logicalTypeOptions: {required: [y]}, properties: [{name: x, logicalType: "
            "date}]}",
            "9:72+1 F0203 \"y\" is no property of \"a\"\n"},
           {"{name: a, logicalType: number}", "9:32+6 F0202 number \"a\" has no precision\n"},
           {"{name: a, logicalType: number, physicalType: 'DECIMAL(39,2)'}",
            "9:54+15 F0202 decimal(39,2) does not exist\n"},
           {"{name: a, logicalType: number, physicalType: DECIMAL}",
            "9:54+7 F0202 decimal \"a\" has no precision and scale\n"},
           {"{name: a, physicalType: geometry}", "9:33+8 F0202 column \"a\" has no type that is known here\n"},
           {"{name: a, logicalType: integer, logicalTypeOptions: {format: i128}}",
            "9:70+4 F0201 integers of 128 bits are not supported (column \"a\")\n"},
           {"{name: a, logicalType: integr}",
            "9:32+6 F0106 \"logicalType\" must be one of string, date, timestamp, time, number, integer, object, "
            "array, boolean\n"},
           {"{name: a, logicalType: string, pattern: x}", "9:40+7 F0102 unknown key \"pattern\"\n"},
           {"{name: a, logicalType: string, logicalTypeOptions: {minimum: 1}}",
            "9:61+7 F0102 unknown key \"minimum\"\n"},
           {"{name: a, logicalType: string, logicalTypeOptions: {pattern: 'a(?=b)'}}",
            "9:72+3 F0203 pattern is not supported: invalid perl operator: (?=\n"},
           {"{name: a, logicalType: string, logicalTypeOptions: {minLength: 5, maxLength: 2}}",
            "9:72+1 F0401 minLength 5 is above maxLength 2\n"},
           {"{name: a, logicalType: integer, logicalTypeOptions: {minimum: 5, maximum: 2}}",
            "9:71+1 F0401 minimum 5 is above maximum 2\n"},
           {"{name: a, logicalType: integer, logicalTypeOptions: {minimum: 1.5}}",
            "9:71+3 F0203 \"1.5\" is not a value of int64\n"},
           {"{name: a, logicalType: integer, logicalTypeOptions: {multipleOf: 0}}",
            "9:74+1 F0203 \"multipleOf\" must be above 0\n"},
           {"{name: a, logicalType: date, logicalTypeOptions: {format: yyyy-QQ}}", "9:72+1 F0202 "},
           {"{name: a, logicalType: time, logicalTypeOptions: {timezone: true}}",
            "9:69+4 F0201 a time with a zone is not supported (column \"a\")\n"},
           {"{name: a, logicalType: boolean, customProperties: [{property: trueValues, value: [false]}]}",
            "9:10+4 F0401 \"false\" spells both true and false in column \"a\"\n"},
           {"{name: a, logicalType: string, relationships: [{to: nowhere}]}",
            "9:61+7 F0106 \"nowhere\" refers to no column\n"},
           {"{name: a, logicalType: string, quality: [{type: sql, query: SELECT 1}]}",
            "9:51+4 F0106 a quality rule needs one comparison, not 0\n"},
           {"{logicalType: string}", "9:10+11 F0104 a property needs the key \"name\"\n"},
           {"{name: '', logicalType: string}", "9:10+4 F0106 a column needs a name\n"}}) {
    const std::string errors = ParseColumns({column}).Errors();
    EXPECT_EQ(errors.substr(0, want.ends_with('\n') ? std::string::npos : want.size()), want) << column;
  }
}

TEST(ParseOdcs, RefusesTwoColumnsOfOneNameOrSource) {
  EXPECT_EQ(ParseColumns({"{name: a, logicalType: string}", "{name: a, logicalType: date}"}).Errors(),
            "10:10+4 F0401 column \"a\" is declared a second time\n");
  EXPECT_EQ(ParseColumns({"{name: a, logicalType: string}", "{name: b, physicalName: a, logicalType: date}"}).Errors(),
            "10:10+4 F0401 two columns are read from the input's \"a\"\n");
}

TEST(ParseOdcs, PicksOneSchemaObject) {
  const std::string text =
      "apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n"
      "  - {name: one, properties: [{name: a, logicalType: string}]}\n"
      "  - {name: two, properties: [{name: b, logicalType: string}]}\n";
  EXPECT_EQ(ParseText(text, "two").contract.columns.at(0).name, "b");
  EXPECT_EQ(ParseText(text).Errors(), "6:1+6 F0205 the contract describes several objects: one, two\n");
  EXPECT_EQ(ParseText(text, "tow").Errors(), "6:1+6 F0205 the contract has no object \"tow\"\n");
}

TEST(ParseOdcs, RefusesWhatIsNoContract) {
  EXPECT_EQ(ParseText("").Errors(), "0:0+1 F0101 the file has no content\n");
  EXPECT_EQ(ParseText("kind: DataContract").Errors(),
            "1:1+4 F0104 a data contract needs the key \"version\"\n1:1+4 F0104 a data contract needs the key "
            "\"apiVersion\"\n"
            "1:1+4 F0104 a data contract needs the key \"id\"\n1:1+4 F0104 a data contract needs the key \"status\"\n");
  EXPECT_EQ(ParseText(std::string((8 << 20) + 1, ' ')).Errors(), "0:0+1 F0108 the file is larger than 8192 KiB\n");
  EXPECT_EQ(ParseText("a: &a [*a]").Errors(), "1:9+1 F0101 alias \"a\" stands inside what it names\n");
  std::string old = kHead;
  old.replace(old.find("v3.1.0"), 6, "v2.2.2");
  EXPECT_EQ(ParseText(old + "      - {name: a, logicalType: string}\n").Errors(),
            "1:13+6 F0201 version v2.2.2 of the standard is not supported\n");
}

TEST(ParseOdcs, ReadsWhatToDoOnViolation) {
  const auto with = [](const std::string& value) {
    return ParseText(kHead + std::string("      - {name: a, logicalType: string}\n    customProperties:\n") +
                     "      - {property: onViolation, value: " + value + "}\n");
  };
  const Parsed freeze = with("{columns: freeze, dataType: quarantine, row: quarantine, maxQuarantinePercent: 1.5}");
  EXPECT_EQ(freeze.Errors(), "");
  EXPECT_EQ(freeze.contract.columns_policy, ColumnsPolicy::kFreeze);
  EXPECT_EQ(freeze.contract.max_quarantine_percent, 1.5);
  EXPECT_EQ(with("{columns: evolve}").contract.columns_policy, ColumnsPolicy::kIgnoreUnknown);
  EXPECT_EQ(with("{columns: evolve}").contract.notes.size(), 1u);
  EXPECT_EQ(with("{row: discard_row}").Errors(), "11:46+11 F0201 \"row\" must be quarantine\n");
  EXPECT_EQ(with("{rows: quarantine}").Errors(), "11:41+4 F0102 unknown key \"rows\"\n");
  EXPECT_EQ(with("{maxQuarantinePercent: 101}").Errors(),
            "11:63+3 F0106 \"maxQuarantinePercent\" must be at most 100%\n");
}

TEST(ParseOdcs, NotesEverythingThatIsDeclaredAndNotEnforced) {
  const std::string text = kHead + std::string(
      "      - {name: a, logicalType: string, primaryKey: true, unique: true, partitioned: true, transformLogic: x,\n"
      "         logicalTypeOptions: {format: email}, relationships: [{to: b.c}],\n"
      "         customProperties: [{property: default, value: x}]}\n"
      "    quality:\n"
      "      - {id: some, metric: rowCount, mustBeGreaterThan: 0}\n"
      "      - {type: sql, query: SELECT 1, mustBe: 0}\n"
      "slaProperties:\n"
      "  - {property: latency, value: 2, unit: h}\n");
  const Parsed parsed = ParseText(text);
  EXPECT_EQ(parsed.Errors(), "");
  EXPECT_EQ(parsed.contract.notes, (std::vector<std::string>{
                                       "column \"a\": format \"email\" is not checked; use a pattern",
                                       "column \"a\": primaryKey is not checked",
                                       "column \"a\": unique is not checked",
                                       "column \"a\": partitioned is ignored; the pipeline's partition_by decides",
                                       "column \"a\": relationships are not checked",
                                       "column \"a\": transformLogic is not run",
                                       "column \"a\": default is not applied; a missing value is null",
                                       "object \"t\": quality rule rowCount \"some\" is not judged",
                                       "object \"t\": quality rule sql is not judged",
                                       "SLA latency is not judged",
                                   }));
  EXPECT_EQ(parsed.diagnostics.size(), parsed.contract.notes.size());
}

TEST(ParseOdcs, HashFollowsVerdictsAndSchemaOnly) {
  const std::string base = "{name: a, logicalType: integer, logicalTypeOptions: {minimum: 1}}";
  const std::string hash = ParseColumns({base}).contract.hash;
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(
      ParseColumns({"{logicalTypeOptions: {minimum: 1}, name: a, description: d, logicalType: integer}"}).contract.hash,
      hash);
  for (const char* other : {"{name: b, logicalType: integer, logicalTypeOptions: {minimum: 1}}",
                            "{name: a, logicalType: integer, logicalTypeOptions: {minimum: 2}}",
                            "{name: a, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 1}}",
                            "{name: a, logicalType: integer, logicalTypeOptions: {maximum: 1}}",
                            "{name: a, logicalType: integer, required: true, logicalTypeOptions: {minimum: 1}}",
                            "{name: a, physicalName: z, logicalType: integer, logicalTypeOptions: {minimum: 1}}"}) {
    EXPECT_NE(ParseColumns({other}).contract.hash, hash) << other;
  }
}

}  // namespace
}  // namespace freight
