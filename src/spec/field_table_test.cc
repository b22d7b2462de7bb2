// One table: what it refuses, what it reads, and that its schema and page say the same.
#include "spec/field_docs.h"
#include "spec/field_table.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

constexpr FieldSpec kInner[] = {{.key = "deep", .kind = FieldKind::kBool}};
constexpr Shape kInnerShape = {"inner", "", kInner};
constexpr FieldSpec kSpecs[] = {
    {.key = "name", .required = true, .help = "A name | or two.", .example = "x"},
    {.key = "count", .kind = FieldKind::kInteger, .minimum = 1, .maximum = 9, .default_text = "3"},
    {.key = "size", .kind = FieldKind::kBytes, .minimum = 32 << 20, .default_text = "64MiB"},
    {.key = "share", .kind = FieldKind::kPercent, .minimum = 0, .maximum = 100},
    {.key = "mark", .kind = FieldKind::kCharacter, .default_text = "'\"'"},
    {.key = "mode", .kind = FieldKind::kChoice, .choices = "append replace", .default_text = "replace"},
    {.key = "files", .count = FieldCount::kOneOrList},
    {.key = "ids", .kind = FieldKind::kIdentifier, .count = FieldCount::kList},
    {.key = "inner", .kind = FieldKind::kMap, .shape = &kInnerShape}};
constexpr Shape kTestShape = {"a test", "A shape for tests.", kSpecs};

YamlNode Read(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  Findings findings("f", &diagnostics);
  std::optional<YamlNode> root = ParseYaml(text, {}, &findings);
  EXPECT_TRUE(root) << text;
  return root ? *root : YamlNode{};
}

std::string Check(const std::string& text) {
  std::vector<Diagnostic> diagnostics;
  Findings findings("f", &diagnostics);
  const bool fits = CheckShape(Read(text), kTestShape, &findings);
  EXPECT_EQ(fits, diagnostics.empty()) << text;
  std::string out;
  for (const Diagnostic& d : diagnostics) {
    out +=
        fmt::format("{}:{} {}{}\n", d.place.line, d.place.column, d.message, d.help.empty() ? "" : " (" + d.help + ")");
  }
  return out;
}

TEST(CheckShape, TakesEveryKindOfValue) {
  EXPECT_EQ(Check("{name: x, count: 9, size: 32 MiB, share: 0.5%, mark: '', mode: append, files: [a, b], ids: [a-1], "
                  "inner: {deep: "
                  "true}}"),
            "");
  EXPECT_EQ(Check("{name: '5', share: 100, mark: false, files: a, size: 40000000}"), "");
}

TEST(CheckShape, NamesEveryFaultAtItsPlace) {
  for (const auto& [text, want] : std::initializer_list<std::pair<const char*, const char*>>{
           {"[]", "1:1 a test must be a map of keys, not a list\n"},
           {"{nam: x}",
            "1:2 unknown key \"nam\" (did you mean \"name\"?)\n1:2 a test needs the key \"name\" (add name: x)\n"},
           {"{name: x, transform: 1}",
            "1:11 unknown key \"transform\" (a test has: name, count, size, share, mark, mode, files, ids, inner)\n"},
           {"name: 5", "1:7 \"name\" must be a string, not a number (write \"5\" in quotes)\n"},
           {"name:", "1:1 \"name\" must be a string, not empty (write a value, or remove the key)\n"},
           {"{name: x, count: '5'}", "1:18 \"count\" must be an integer, not a string\n"},
           {"{name: x, count: 1.5}", "1:18 \"count\" must be an integer, not a number\n"},
           {"{name: x, count: 0}", "1:18 \"count\" must be at least 1\n"},
           {"{name: x, count: 10}", "1:18 \"count\" must be at most 9\n"},
           {"{name: x, count: 99999999999999999999}", "1:18 \"count\" must be an integer\n"},
           {"{name: x, size: 1MiB}", "1:17 \"size\" must be at least 32MiB\n"},
           {"{name: x, size: 1.5GiB}", "1:17 \"size\" must be a size such as 64MiB\n"},
           {"{name: x, size: 99999999TiB}", "1:17 \"size\" must be a size such as 64MiB\n"},
           {"{name: x, share: 101}", "1:18 \"share\" must be at most 100%\n"},
           {"{name: x, share: half}", "1:18 \"share\" must be a percentage such as 0.5%\n"},
           {"{name: x, mark: ab}", "1:17 \"mark\" must be one ASCII character (write \"\" or false for none)\n"},
           {"{name: x, mark: é}", "1:17 \"mark\" must be one ASCII character (write \"\" or false for none)\n"},
           {"{name: x, mode: apend}", "1:17 \"mode\" must be one of append, replace (did you mean \"append\"?)\n"},
           {"{name: x, ids: a}", "1:16 \"ids\" must be a list, not a string\n"},
           {"{name: x, ids: [a, 'b c']}", "1:20 \"ids\" must be a name of letters, digits, - and _\n"},
           {"{name: x, inner: 5}", "1:18 \"inner\" must be a map of keys, not a number\n"},
           {"{name: x, inner: {deep: yes}}", "1:25 \"deep\" must be true or false, not a string\n"}}) {
    EXPECT_EQ(Check(text), want) << text;
  }
}

TEST(Fields, ReadsValuesAndDefaults) {
  const YamlNode node = Read("{name: x, share: 0.25%, files: [a, b], inner: {deep: true}, mark: ''}");
  const Fields fields(&node, kTestShape);
  EXPECT_EQ(fields.Text("name"), "x");
  EXPECT_EQ(fields.Integer("count"), 3);
  EXPECT_EQ(fields.Integer("size"), 64 << 20);
  EXPECT_EQ(fields.Number("share"), 0.25);
  EXPECT_EQ(fields.Text("mode"), "replace");
  EXPECT_EQ(fields.List("files").size(), 2u);
  EXPECT_EQ(fields.Map("inner").Bool("deep"), true);
  EXPECT_EQ(fields.Character("mark"), std::nullopt);
  EXPECT_EQ(Fields(nullptr, kTestShape).Character("mark"), '"');
  EXPECT_EQ(Fields(nullptr, kTestShape).Text("name"), std::nullopt);
}

TEST(Fields, ATypeComesFromTheFieldWhenTheTextCameFromAVariable) {
  YamlNode node = Read("{name: x, count: '7', inner: {deep: 'true'}}");
  node.entries[1].value.expanded = true;
  std::vector<Diagnostic> diagnostics;
  Findings findings("f", &diagnostics);
  EXPECT_FALSE(CheckShape(node, kTestShape, &findings));
  ASSERT_EQ(diagnostics.size(), 1u);  // `deep` is still a string
  EXPECT_EQ(Fields(&node, kTestShape).Integer("count"), 7);
}

TEST(ParseTexts, ExactOrNothing) {
  EXPECT_EQ(ParseBytesText("1kB"), 1000);
  EXPECT_EQ(ParseBytesText("2 GiB"), 2LL << 30);
  EXPECT_EQ(ParseBytesText("3TB"), 3'000'000'000'000);
  for (const char* text : {"", "KiB", "-1", "1 K", "1kib", "0x10", "9223372036854775807KiB"}) {
    EXPECT_EQ(ParseBytesText(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseIntegerText("+5"), 5);
  for (const char* text : {"", "+", "+-5", "5 ", "1e3"}) EXPECT_EQ(ParseIntegerText(text), std::nullopt) << text;
  EXPECT_EQ(ParsePercentText("0.5 %"), 0.5);
  for (const char* text : {"%", "nan", "inf", "1,5"}) EXPECT_EQ(ParsePercentText(text), std::nullopt) << text;
}

TEST(JsonSchemaOf, IsClosedAndKnowsEachField) {
  const std::string schema = JsonSchemaOf(kTestShape, "test");
  for (const char* part :
       {R"("$schema": "https://json-schema.org/draft/2020-12/schema")", R"("additionalProperties": false)",
        R"("required": [)", R"("minimum": 33554432)", R"("deep": {)", R"("append",)"}) {
    EXPECT_NE(schema.find(part), std::string::npos) << part;
  }
}

TEST(MarkdownOf, HasARowPerField) {
  EXPECT_EQ(MarkdownOf(kInnerShape, "inner"),
            "# inner\n\n\n\n| key | type | default | what it does | example |\n|---|---|---|---|---|\n"
            "| `deep` | boolean | – |  |  |\n");
  const std::string page = MarkdownOf(kTestShape, "test");
  EXPECT_NE(page.find("| `name` | string | required | A name \\| or two. | `x` |"), std::string::npos);
  EXPECT_NE(page.find("| `mode` | `append`, `replace` | `replace` |  |  |"), std::string::npos);
}

}  // namespace
}  // namespace freight
