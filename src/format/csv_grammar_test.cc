// The record grammar, case by case, against the careful parser.
#include "format/csv_grammar.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freight {
namespace {

// All records of `text`: fields as <f> or "f" when quoted, then a mark for what is no record; records end with ';'.
std::string Walk(const std::string& text, const CsvDialect& dialect = {}, bool one_column = false) {
  const CsvGrammar grammar(dialect, one_column);
  std::string out;
  std::vector<Field> fields;
  for (int64_t at = 0; at < static_cast<int64_t>(text.size());) {
    const CsvRecord record = grammar.Next(text, at, true, &fields);
    switch (record.verdict) {
      case CsvVerdict::kRecord:
        for (const Field& field : fields) {
          const std::string value = text.substr(field.begin, field.length);
          out += field.quoted ? "\"" + value + "\"" : "<" + value + ">";
          if (field.escaped) out += "!";
        }
        break;
      case CsvVerdict::kBlank: out += "blank"; break;
      case CsvVerdict::kComment: out += "comment"; break;
      case CsvVerdict::kStrayQuote: out += "stray@" + std::to_string(record.at); break;
      case CsvVerdict::kUnterminated: out += "open@" + std::to_string(record.at); break;
      case CsvVerdict::kTooLong: return out + "toolong";
      case CsvVerdict::kNeedMore: return out + "more";
    }
    out += ";";
    EXPECT_GT(record.end, at);
    at = record.end;
  }
  return out;
}

struct Case {
  const char* text;
  const char* want;
};

TEST(CsvGrammar, ReadsFieldsRecordsAndLineEnds) {
  for (const auto& [text, want] : std::initializer_list<Case>{
           {"a,b", "<a><b>;"},
           {"a,b\n", "<a><b>;"},
           {"a,b\n\n", "<a><b>;blank;"},
           {"a\r\nb\rc\nd", "<a>;<b>;<c>;<d>;"},
           {"a\r\r\nb", "<a>;blank;<b>;"},
           {"a\n\rb", "<a>;blank;<b>;"},
           {",", "<><>;"},
           {"a,\n,b", "<a><>;<><b>;"},
           {" a , b ", "< a >< b >;"},
           {"\"\",\"\"\n", "\"\"\"\";"},
           {"\"a,b\nc\r\nd\",e", "\"a,b\nc\r\nd\"<e>;"},
           {"\"a\"\"b\",c", "\"a\"\"b\"!<c>;"},
           {"\"\"\"\"", "\"\"\"\"!;"},
           {"\"a\"", "\"a\";"},
           {"a,\"b\"\r\nc,d", "<a>\"b\";<c><d>;"},
           {"{\"x\"", "stray@1;"},
           {"1,\"{\"\"type\"\": \"\"P\"\", \"\"c\"\": [1,2]}\"\n",
            "<1>\"{\"\"type\"\": \"\"P\"\", \"\"c\"\": [1,2]}\"!;"}}) {
    EXPECT_EQ(Walk(text), want) << text;
  }
}

TEST(CsvGrammar, AStrayQuoteEndsItsRecordAtTheNextLineEnd) {
  for (const auto& [text, want] : std::initializer_list<Case>{
           {"1,This \"quotes\" must be,3\nx", "stray@7;<x>;"},
           {"1,\"Hey \" it\",3\nx", "stray@8;<x>;"},
           {"\"a\nb\"c,\"d\ne\"\nf", "stray@5;stray@11;<f>;"},
           {"a\"\r\nb", "stray@1;<b>;"},
           {"a\"\rb", "stray@1;<b>;"},
           {"a\"", "stray@1;"},
           {" \"a\"", "stray@1;"},
           {"\"a\" ,b", "stray@3;"}}) {
    EXPECT_EQ(Walk(text), want) << text;
  }
}

TEST(CsvGrammar, AQuoteNeverClosedCostsOnlyItsOwnLine) {
  for (const auto& [text, want] : std::initializer_list<Case>{
           {"1,\"open,3\n2,b\n3,c", "open@2;<2><b>;<3><c>;"},
           {"\"open", "open@0;"},
           {"\"", "open@0;"},
           {"\"open\r\nx,y\r\n", "open@0;<x><y>;"},
           {"\"a\nb\",\"open\nx\n", "open@6;<x>;"},  // The first field closed: the line that is lost is the second's.
           {"\"a\"\"\nb", "open@0;<b>;"}}) {
    EXPECT_EQ(Walk(text), want) << text;
  }
}

TEST(CsvGrammar, AnEmptyLineIsARecordInAOneColumnFile) {
  EXPECT_EQ(Walk("a\n\n\r\n\rb\n", {}, true), "<a>;<>;<>;<>;<b>;");
  EXPECT_EQ(Walk("\"\"\n", {}, true), "\"\";");
}

TEST(CsvGrammar, NulBytesAreData) {
  const std::string text("a\0b,\"\0\"\n", 8);
  EXPECT_EQ(Walk(text), std::string("<a\0b>\"\0\";", 9));
}

TEST(CsvGrammar, DelimitersOfSeveralBytes) {
  const CsvDialect dialect{.delimiter = "||"};
  EXPECT_EQ(Walk("a||b|c||\"d||e\"||\n", dialect), "<a><b|c>\"d||e\"<>;");
  EXPECT_EQ(Walk("a|||b", dialect), "<a><|b>;");
  EXPECT_EQ(Walk("\"a\"|b", dialect), "stray@3;");
}

TEST(CsvGrammar, EscapesAndOtherQuotes) {
  const CsvDialect escape{.escape = '\\'};
  EXPECT_EQ(Walk("\"a\\\"b\\\\\",c\\d\n", escape), "\"a\\\"b\\\\\"!<c\\d>;");
  EXPECT_EQ(Walk("\"a\"\"b\"", escape), "stray@3;");
  EXPECT_EQ(Walk("\"a\\\"", escape), "open@0;");
  EXPECT_EQ(Walk("'a,b',\"c", {.quote = '\''}), "\"a,b\"<\"c>;");
  EXPECT_EQ(Walk("\"a,b\"", {.quote = std::nullopt}), "<\"a><b\">;");
  EXPECT_EQ(Walk("\"a\"\"b\"", {.escape = '"'}), "\"a\"\"b\"!;");
}

TEST(CsvGrammar, CommentsAreWholeLines) {
  const CsvDialect dialect{.comment = '#'};
  EXPECT_EQ(Walk("# \"a\nb,#c\n\"x\n#y\"\n#", dialect), "comment;<b><#c>;\"x\n#y\";comment;");
}

TEST(CsvGrammar, TrimDropsBlanksAroundFieldsAndNotInsideQuotes) {
  const CsvDialect dialect{.trim = true};
  EXPECT_EQ(Walk(" a b\t, \" c \" ,  \n", dialect), "<a b>\" c \"<>;");
  EXPECT_EQ(Walk("a\t b\t\tc", {.delimiter = "\t", .trim = true}), "<a><b><><c>;");
  EXPECT_EQ(Walk("\"a\" b", dialect), "stray@4;");
}

TEST(CsvGrammar, ALimitCountsTheLineEnd) {
  const CsvDialect dialect{.record_bytes_max = 64};
  const std::string x62(62, 'x');
  EXPECT_EQ(Walk(x62 + "x\na", dialect), "<" + x62 + "x>;<a>;");
  EXPECT_EQ(Walk(x62 + "xx\na", dialect), "toolong");
  EXPECT_EQ(Walk(x62 + "\r\na", dialect), "<" + x62 + ">;<a>;");
  EXPECT_EQ(Walk(x62 + "x\r\na", dialect), "toolong");
  EXPECT_EQ(Walk(x62 + "x\ra", dialect), "<" + x62 + "x>;<a>;");
  EXPECT_EQ(Walk(x62 + "xx", dialect), "<" + x62 + "xx>;");
  EXPECT_EQ(Walk("\"" + x62 + "\"", dialect), "\"" + x62 + "\";");
  EXPECT_EQ(Walk("\"" + x62 + "\"\"\n", dialect), "toolong");
  EXPECT_EQ(Walk("\"a\nb" + x62 + "\"\n", dialect).substr(0, 7), "open@0;");
  EXPECT_EQ(Walk("#" + x62 + x62 + "\n", {.comment = '#', .record_bytes_max = 64}), "toolong");
}

TEST(CsvGrammar, AsksForMoreOnlyWhenTheBytesDoNotDecide) {
  const CsvGrammar grammar({}, false);
  for (const auto& [text, decided] : std::initializer_list<std::pair<const char*, bool>>{
           {"a,b", false}, {"a,b\r", false}, {"a,b\rc", true}, {"a,b\n", true}, {"\"a\"", false}, {"\"a\n", false},
           {"a\"b", false}, {"a\"b\n", true}, {"\r", false}, {"\n", true}}) {
    const CsvRecord record = grammar.Next(text, 0, false, nullptr);
    EXPECT_EQ(record.verdict != CsvVerdict::kNeedMore, decided) << text;
  }
}

TEST(CsvGrammar, RefusesDialectsThatContradictThemselves) {
  for (const CsvDialect& dialect : std::vector<CsvDialect>{{.delimiter = ""},
                                                           {.delimiter = "\n"},
                                                           {.delimiter = "\""},
                                                           {.escape = ','},
                                                           {.comment = '"'},
                                                           {.quote = '\r'},
                                                           {.quote = std::nullopt, .escape = '\\'},
                                                           {.skip_rows = -1},
                                                           {.record_bytes_max = 1}}) {
    EXPECT_EQ(ReactionOf(CheckCsvDialect(dialect)), Reaction::kInvalid);
  }
  EXPECT_TRUE(CheckCsvDialect({}).ok());
}

TEST(CsvDialect, SimpleOnesAreThoseOfTheVectorPath) {
  EXPECT_TRUE(CsvDialect{}.IsSimple());
  EXPECT_TRUE((CsvDialect{.delimiter = "\t", .quote = std::nullopt}.IsSimple()));
  EXPECT_TRUE((CsvDialect{.escape = '"'}.IsSimple()));
  EXPECT_FALSE((CsvDialect{.delimiter = "||"}.IsSimple()));
  EXPECT_FALSE((CsvDialect{.escape = '\\'}.IsSimple()));
  EXPECT_FALSE((CsvDialect{.comment = '#'}.IsSimple()));
  EXPECT_FALSE((CsvDialect{.trim = true}.IsSimple()));
}

}  // namespace
}  // namespace freight
