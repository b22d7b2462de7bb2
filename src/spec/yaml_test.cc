// What the strict YAML reader takes, where it says things stand, and what it refuses.
#include "spec/yaml.h"

#include "spec/variables.h"

#include <gtest/gtest.h>

#include <random>

namespace freight {
namespace {

struct Parsed {
  std::optional<YamlNode> root;
  std::vector<Diagnostic> diagnostics;
  std::string first() const {
    if (diagnostics.empty()) return "";
    const Diagnostic& d = diagnostics.front();
    return fmt::format("{}:{}+{} {} {}", d.place.line, d.place.column, d.width, d.code, d.message);
  }
};

Parsed Parse(std::string_view text, const YamlLimits& limits = {}) {
  Parsed parsed;
  Findings findings("f.yaml", &parsed.diagnostics);
  parsed.root = ParseYaml(text, limits, &findings);
  EXPECT_EQ(parsed.root.has_value(), parsed.diagnostics.empty());
  return parsed;
}

std::string SpanText(Span s) { return fmt::format("{}:{}+{}", s.line, s.column, s.width); }

TEST(ParseYaml, KeepsPlacesAndStyles) {
  const Parsed parsed = Parse("a: \"é x\"\nb:\n  - é1: 'q'\n    c:\n  - [x, 12]\nd: |\n  two\n  lines\n");
  ASSERT_TRUE(parsed.root);
  const YamlNode& root = *parsed.root;
  EXPECT_EQ(SpanText(root.span), "1:1+1");
  EXPECT_EQ(root.Find("a")->text, "é x");
  EXPECT_FALSE(root.Find("a")->plain);
  EXPECT_EQ(SpanText(root.Find("a")->span), "1:4+5");
  const YamlNode& map = root.Find("b")->items[0];
  EXPECT_EQ(SpanText(map.span), "3:5+2");
  EXPECT_EQ(map.entries[0].key, "é1");
  EXPECT_EQ(SpanText(map.entries[0].value.span), "3:9+3");
  EXPECT_EQ(TypeOfScalar(map.entries[1].value), ScalarType::kNull);
  EXPECT_EQ(SpanText(root.Find("b")->items[1].items[1].span), "5:9+2");
  EXPECT_EQ(root.Find("d")->text, "two\nlines\n");
  EXPECT_EQ(root.Find("none"), nullptr);
}

TEST(ParseYaml, TypesScalarsByTheCoreSchema) {
  const Parsed parsed =
      Parse("[~, null, '', true, FALSE, yes, 'true', 012, -5, 0x1F, 1e3, .5, 1.2.3, 2020-01-01, .inf]");
  using enum ScalarType;
  const std::vector<ScalarType> want = {kNull,    kNull,    kString,  kBool,  kBool,  kString, kString, kInteger,
                                        kInteger, kInteger, kFloat,   kFloat, kString, kString, kFloat};
  ASSERT_EQ(parsed.root->items.size(), want.size());
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(TypeOfScalar(parsed.root->items[i]), want[i]) << parsed.root->items[i].text;
  }
}

TEST(ParseYaml, RefusesWhatCanBeReadTwoWays) {
  for (const auto& [text, want] : std::initializer_list<std::pair<std::string, const char*>>{
           {"", "0:0+1 F0101 the file has no content"},
           {"# only a comment\n", "0:0+1 F0101 the file has no content"},
           {"a: 1\nb: 2\na: 3\n", "3:1+1 F0103 key \"a\" stands here a second time"},
           {"a: {b: 1, b: 2}\n", "1:11+1 F0103 key \"b\" stands here a second time"},
           {"a:\n\tb: 1\n", "2:1+1 F0101 tab character may not be used as indentation"},
           {"a: 1\n--- \nb: 2\n", "2:1+3 F0101 a second document begins here"},
           {"a: &x 1\n<<: *x\n", "2:1+2 F0101 merge keys are not supported"},
           {"[a]: 1\n", "1:1+1 F0101 a list or map cannot be a key"},
           {": 1\n", "1:1+1 F0101 a key is missing before this \":\""},
           {"a: !!str 1\n", "1:10+1 F0101 tags such as !!str are not supported"},
           {"a: &x [1, *x]\n", "1:12+1 F0101 alias \"x\" stands inside what it names"},
           {"a: *x\n", "1:5+1 F0101 alias \"x\" names no anchor"},
           {"a: \"x\n", "1:5+1 F0101 double-quoted scalar without closing quote"},
           {"a: [1\n", "2:1+1 F0101 flow sequence without a closing bracket"},
           {"a: \xff\n", "1:4+1 F0101 the file is not valid UTF-8"},
           {"é: \xed\xa0\x80\n", "1:4+1 F0101 the file is not valid UTF-8"},
           {std::string("a: \0b\n", 6), "1:4+1 F0101 control byte 0x00 in the file"}}) {
    EXPECT_EQ(Parse(text).first(), want) << text;
  }
}

TEST(ParseYaml, ReportsEveryDuplicateKey) {
  EXPECT_EQ(Parse("a: 1\na: 2\nb: {c: 1, c: 2}\n").diagnostics.size(), 2u);
}

TEST(ParseYaml, TakesAliasesAndAByteOrderMark) {
  const Parsed parsed = Parse("\xEF\xBB\xBF" "a: &x {k: v}\nb: *x\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(parsed.root->Find("b")->Find("k")->text, "v");
  EXPECT_EQ(SpanText(parsed.root->Find("a")->span), "1:8+1");
}

TEST(ParseYaml, BoundsBytesDepthAndNodes) {
  EXPECT_EQ(Parse(std::string(2048, ' '), {.bytes_max = 1024}).first(), "0:0+1 F0108 the file is larger than 1 KiB");
  EXPECT_TRUE(Parse(std::string(64, '[') + std::string(64, ']')).root);
  EXPECT_EQ(Parse(std::string(65, '[') + std::string(65, ']')).first(),
            "1:65+1 F0108 more than 64 levels of lists and maps");
  EXPECT_EQ(Parse(std::string(500'000, '[')).first(), "1:65+1 F0108 more than 64 levels of lists and maps");
  EXPECT_EQ(Parse("[1, 2, 3, 4]", {.nodes_max = 4}).first(), "1:11+1 F0108 more than 4 values in one file");
}

TEST(ParseYaml, RefusesAliasesThatMultiply) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int k = 0; k < 10; ++k) bomb += fmt::format("{}*a{}", k ? ", " : "", i - 1);
    bomb += "]\n";
  }
  EXPECT_EQ(Parse(bomb).diagnostics.at(0).code, "F0108");
  std::string chain = "a0: &a0 x\n";
  for (int i = 1; i < 100; ++i) chain += fmt::format("a{}: &a{} [*a{}]\n", i, i, i - 1);
  EXPECT_NE(Parse(chain).first().find("more than 64 levels"), std::string::npos);
}

// Whatever the bytes, the reader ends with a tree or a diagnostic; run under the address sanitizer it also leaks
// nothing.
TEST(ParseYaml, SurvivesDamagedFiles) {
  const std::string good =
      "version: 1\nsource: {csv: [\"a\", 'b'], n: |\n  x\n}\nto: &t\n  - parquet: x # c\n  - *t2\n? k\n: v\n";
  const std::string bytes = "\n\t :-[]{}&*!|>'\"%@`#,?\\\x80\xff" "ab0~<";
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (unsigned k = 0; k <= random() % 6; ++k) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0: text[at] = bytes[random() % bytes.size()]; break;
        case 1: text.insert(at, 1, bytes[random() % bytes.size()]); break;
        default: text.erase(at, 1 + random() % 8);
      }
      if (text.empty()) text = "x";
    }
    Parse(text);
  }
}

std::string Expand(const std::string& text, std::vector<Diagnostic>* diagnostics) {
  YamlNode node{.plain = true, .span = {3, 5, 4}, .text = text};
  Findings findings("f", diagnostics);
  const VariableLookup lookup = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/${USER}";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  ExpandVariables(&node, lookup, &findings);
  return node.text;
}

TEST(ExpandVariables, ReplacesOnceAndOnlyWhatIsAVariable) {
  for (const auto& [text, want] :
       std::initializer_list<std::pair<const char*, const char*>>{{"plain $5", "plain $5"},
                                                                  {"${HOME}/x", "/home/${USER}/x"},
                                                                  {"$${HOME}", "${HOME}"},
                                                                  {"a${NONE:-b c}d", "ab cd"},
                                                                  {"${EMPTY}", ""},
                                                                  {"${EMPTY:-x}", "x"},
                                                                  {"${HOME:-x}", "/home/${USER}"},
                                                                  {"${HOME:?no}", "/home/${USER}"},
                                                                  {"${NONE:-}", ""}}) {
    std::vector<Diagnostic> diagnostics;
    EXPECT_EQ(Expand(text, &diagnostics), want) << text;
    EXPECT_TRUE(diagnostics.empty()) << text;
  }
}

TEST(ExpandVariables, SaysWhichVariableIsMissing) {
  for (const auto& [text, want] : std::initializer_list<std::pair<const char*, const char*>>{
           {"${NONE}", "variable \"NONE\" is not set"},
           {"${NONE:?set the bucket}", "variable \"NONE\": set the bucket"},
           {"${EMPTY:?set it}", "variable \"EMPTY\": set it"},
           {"${a-b}", "\"${a-b}\" is not a variable"},
           {"${}", "\"${}\" is not a variable"},
           {"${X:+y}", "\"${X:+y}\" is not a variable"},
           {"${HOME", "\"${\" has no closing \"}\""}}) {
    std::vector<Diagnostic> diagnostics;
    Expand(text, &diagnostics);
    ASSERT_EQ(diagnostics.size(), 1u) << text;
    EXPECT_EQ(diagnostics[0].message, want);
    EXPECT_EQ(diagnostics[0].place.line, 3);
  }
}

}  // namespace
}  // namespace freight
