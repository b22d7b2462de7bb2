// What `freight init --from` finds in files of all sorts, and that what it writes is a pipeline without complaint.
#include "cli/infer.h"

#include "cli/dialect_guess.h"
#include "cli/type_guess.h"
#include "contract/odcs.h"
#include "io/fault_env.h"
#include "plan/load.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

std::string TypeOf(const std::vector<std::string>& values) {
  TypeGuess guess;
  for (const auto& value : values) guess.See(value);
  return guess.Type().ToString();
}

std::string Decimal(int precision, int scale) {
  ColumnType type;
  type.id = TypeId::kDecimal;
  type.precision = precision;
  type.scale = scale;
  return type.ToString();
}

TEST(TypeGuess, IsTheSmallestTypeThatIsExactForEveryValue) {
  ColumnType zoned;
  zoned.id = TypeId::kTimestamp;
  zoned.with_zone = true;
  ColumnType plain = zoned;
  plain.with_zone = false;
  struct Case { std::vector<std::string> values; std::string type; };
  for (const auto& [values, type] : std::vector<Case>{
           {{"true", "false"}, "boolean"},
           {{"true", "TRUE"}, "string"},
           {{"1", "-9223372036854775808"}, "int64"},
           {{"1", "18446744073709551615"}, "uint64"},
           {{"-1", "18446744073709551615"}, Decimal(38, 0)},
           {{"1.50", "2", "-0.125"}, Decimal(18, 3)},
           {{"12345678901234567890.5"}, Decimal(38, 1)},
           {{"1e5", "2.5"}, "double"},
           {{"123456789012345678901234567890123456789"}, "string"},
           {{"0.1234567890123456e1"}, "string"},
           {{"1e400"}, "string"},
           {{"007", "8"}, "string"},
           {{"+5"}, "string"},
           {{" 5"}, "string"},
           {{"1."}, "string"},
           {{".5"}, "string"},
           {{"NaN"}, "string"},
           {{""}, "string"},
           {{"2024-02-29", "2026-06-11"}, "date"},
           {{"2026-02-29"}, "string"},
           {{"2026-06-11 08:00:00", "2026-06-11T08:00:00.123456"}, plain.ToString()},
           {{"2026-06-11T08:00:00Z", "2026-06-11T08:00:00+02:00"}, zoned.ToString()},
           {{"2026-06-11T08:00:00Z", "2026-06-11T08:00:00"}, "string"},
           {{"2026-06-11T08:00:00.1234567Z"}, "string"},
           {{"2026-06-11", "2026-06-11T08:00:00"}, "string"},
           {{"1", "x"}, "string"},
           {{}, "string"}}) {
    EXPECT_EQ(TypeOf(values), type) << (values.empty() ? "" : values[0]);
  }
}

DialectGuess Guess(const std::string& text) { return GuessDialect(text, true, CsvEncoding::kUtf8); }

TEST(GuessDialect, FindsDelimiterQuoteAndHeader) {
  struct Case { std::string text, delimiter; char quote; bool header; int64_t fields; };
  for (const auto& c : std::vector<Case>{
           {"id,name\n1,a\n2,b\n", ",", '"', true, 2},
           {"id;name\n1;a,b\n2;b\n", ";", '"', true, 2},
           {"id\tname\n1\tx;y\n", "\t", '"', true, 2},
           {"a|b\n1|2\n", "|", '"', true, 2},
           {"1,2\n3,4\n", ",", '"', false, 2},
           {"id,text\n1,\"a,b\"\n2,\"c\nd\"\n", ",", '"', true, 2},
           {"id,text\n1,'a,b'\n2,'c,d,e'\n3,'x'\n", ",", '\'', true, 2},
           {"id,size\n1,5\" disk\n2,3\" disk\n", ",", 0, true, 2},
           {"word\nalpha\nbeta\n", ",", '"', true, 1},
           {"red,green\nblue,red\nred,blue\n", ",", '"', false, 2},
           {"a,b\r\n1,2\r\n", ",", '"', true, 2},
           {"a,b\r1,2\r", ",", '"', true, 2},
           {"only,header\n", ",", '"', true, 2}}) {
    const DialectGuess guess = Guess(c.text);
    EXPECT_EQ(guess.dialect.delimiter, c.delimiter) << c.text;
    EXPECT_EQ(guess.dialect.quote.value_or('\0'), c.quote) << c.text;
    EXPECT_EQ(guess.dialect.header, c.header) << c.text;
    EXPECT_EQ(guess.fields, c.fields) << c.text;
  }
}

TEST(GuessDialect, FindsABackslashEscape) {
  const DialectGuess guess = Guess("id,text\n1,\"a \\\"b\\\", c\"\n2,\"d\"\n");
  EXPECT_EQ(guess.dialect.escape, '\\');
  EXPECT_EQ(guess.fields, 2);
}

TEST(GuessDialect, ASampleThatEndsInARecordDoesNotCountIt) {
  EXPECT_EQ(GuessDialect("id,a\n1,2\n3,4\n5,\"6", false, CsvEncoding::kUtf8).dialect.quote, '"');
}

class InferTest : public testing::Test {
 protected:
  // Infers `bytes`, and checks that pipeline and contract load without a finding.
  Inference Infer(const std::string& bytes) {
    return Infer("in.csv", bytes);
  }
  Inference Infer(const std::string& name, const std::string& bytes) {
    EXPECT_TRUE(WriteFileAtomic(*env_, name, bytes).ok());
    const auto found = freight::Infer(*env_, name);
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    if (!found.ok()) return {};
    const InferredProject project = WriteInferred(*found, "in", name);
    EXPECT_TRUE(MakeDirs(*env_, "contracts", false).ok());
    EXPECT_TRUE(WriteFileAtomic(*env_, "in.yaml", project.pipeline).ok());
    EXPECT_TRUE(WriteFileAtomic(*env_, "contracts/in.odcs.yaml", project.contract).ok());
    const LoadedPipeline loaded = LoadPipeline(*env_, "in.yaml", [](auto&) { return std::nullopt; });
    for (const auto& d : loaded.diagnostics)
      ADD_FAILURE() << RenderDiagnostic(d, "", false) << project.pipeline << project.contract;
    EXPECT_EQ(loaded.contract.columns.size(), found->columns.size());
    for (size_t i = 0; i < loaded.contract.columns.size() && i < found->columns.size(); i++) {
      EXPECT_EQ(loaded.contract.columns[i].name, found->columns[i].name);
      EXPECT_EQ(loaded.contract.columns[i].source_name, found->columns[i].source_name);
      EXPECT_EQ(loaded.contract.columns[i].type.ToString(), found->columns[i].type.ToString());
      EXPECT_EQ(loaded.contract.columns[i].rules.required, found->columns[i].rules.required);
    }
    return *found;
  }

  std::unique_ptr<MemEnv> env_ = MakeMemEnv();
};

std::string Summary(const Inference& found) {
  std::string text;
  for (const auto& column : found.columns) {
    text += column.name + ":" + column.type.ToString() + (column.rules.required ? "! " : " ");
  }
  return text;
}

TEST_F(InferTest, TypesComeFromAllRowsAndRequiredFromNulls) {
  const Inference found = Infer("id,amount,note,code\n1,2.50,,007\n2,3,\"\",010\n3,,x,1\n");
  EXPECT_EQ(Summary(found), "id:int64! amount:" + Decimal(18, 2) + " note:string code:string! ");
  EXPECT_EQ(found.rows, 3);
  EXPECT_EQ(found.bad_rows, 0);
}

TEST_F(InferTest, ALateRowStillDecides) {
  std::string text = "id,v\n";
  for (int i = 0; i < 200'000; i++) text += "1,22222\n";
  text += "x,\n";
  EXPECT_EQ(Summary(Infer(text)), "id:string! v:int64 ");
}

TEST_F(InferTest, MalformedRowsAreCountedAndAllowedFor) {
  const Inference found = Infer("a,b\n1,2\n3\n4,5\n6,7\n");
  EXPECT_EQ(Summary(found), "a:int64! b:int64! ");
  EXPECT_EQ(found.rows, 4);
  EXPECT_EQ(found.bad_rows, 1);
  EXPECT_NE(WriteInferred(found, "in", "in.csv").pipeline.find("max_percent: 50"), std::string::npos);
}

TEST_F(InferTest, EncodingsAreFound) {
  const Inference utf16 = Infer(std::string("\xFF\xFE" "a\0,\0b\0\n\0" "1\0,\0\xE9\0\n\0", 18));
  EXPECT_EQ(utf16.dialect.encoding, CsvEncoding::kUtf16);
  EXPECT_EQ(Summary(utf16), "a:int64! b:string! ");
  const Inference latin = Infer("id,stra\xDF" "e\n1,K\xF6ln\n");
  EXPECT_EQ(latin.dialect.encoding, CsvEncoding::kWindows1252);
  EXPECT_EQ(Summary(latin), "id:int64! stra\xC3\x9F" "e:string! ");
  EXPECT_EQ(Infer("\xEF\xBB\xBFid,n\n1,\xC3\xA9\n").columns[0].name, "id");
}

TEST_F(InferTest, OneBadByteDoesNotChangeTheEncodingOfAFile) {
  const Inference found = Infer("id,n\n1,\xC3\xA9\n2,\xC3\xB6\n3,\xFF\n");
  EXPECT_EQ(found.dialect.encoding, CsvEncoding::kUtf8);
  EXPECT_EQ(found.bad_rows, 1);
}

TEST_F(InferTest, HeadersThatCannotBeMatchedAreSkipped) {
  const Inference twice = Infer("id,id,x\n1,2,3\n");
  EXPECT_FALSE(twice.dialect.header);
  EXPECT_EQ(twice.dialect.skip_rows, 1);
  EXPECT_EQ(Summary(twice), "id:int64! id_2:int64! x:int64! ");
  EXPECT_EQ(twice.rows, 1);
  EXPECT_EQ(Summary(Infer(",a\n1,2\n")), "column_1:int64! a:int64! ");
  const Inference lines = Infer("\"a\nb\",\"a\nb\"\n1,2\n");
  EXPECT_EQ(lines.dialect.skip_rows, 3);
  EXPECT_EQ(lines.rows, 1);
}

TEST_F(InferTest, NamesThatNeedCleaningKeepTheirSource) {
  const Inference found = Infer("\"first\nname\", spaced ,null,\"say \"\"hi\"\"\",a: b #c\nx,1,2,3,4\n");
  ASSERT_EQ(found.columns.size(), 5u);
  EXPECT_EQ(found.columns[0].name, "first_name");
  EXPECT_EQ(found.columns[0].source_name, "first\nname");
  EXPECT_EQ(found.columns[1].name, "spaced");
  EXPECT_EQ(found.columns[1].source_name, " spaced ");
  EXPECT_EQ(found.columns[2].name, "null");
  EXPECT_EQ(found.columns[3].name, "say \"hi\"");
  EXPECT_EQ(found.columns[4].name, "a: b #c");
}

TEST_F(InferTest, OddShapesWork) {
  EXPECT_EQ(Summary(Infer("1,2\n3,4\n")), "column_1:int64! column_2:int64! ");
  EXPECT_EQ(Summary(Infer("only,header\n")), "only:string header:string ");
  EXPECT_EQ(Summary(Infer("word\nalpha\n\nbeta\n")), "word:string ");
  EXPECT_EQ(Summary(Infer("a,b\r1,2\r3,4\r")), "a:int64! b:int64! ");
  EXPECT_EQ(Summary(Infer("a\tb\n1\tx y\n")), "a:int64! b:string! ");
  EXPECT_EQ(Summary(Infer("id,size\n1,5\" disk\n2,3\" disk\n")), "id:int64! size:string! ");
}

TEST_F(InferTest, NothingToReadIsAnError) {
  ASSERT_TRUE(WriteFileAtomic(*env_, "empty.csv", "").ok());
  ASSERT_TRUE(WriteFileAtomic(*env_, "blank.csv", "\n\n\n").ok());
  ASSERT_TRUE(MakeDirs(*env_, "folder", false).ok());
  EXPECT_EQ(ReactionOf(InferCsv(*env_, "empty.csv").status()), Reaction::kInvalid);
  EXPECT_EQ(ReactionOf(InferCsv(*env_, "blank.csv").status()), Reaction::kInvalid);
  EXPECT_EQ(ReactionOf(InferCsv(*env_, "folder").status()), Reaction::kInvalid);
  EXPECT_EQ(ReactionOf(InferCsv(*env_, "none.csv").status()), Reaction::kNotFound);
}

std::string Shown(const Column& column) {
  std::string text = column.name + ":" + column.type.ToString();
  return text + (column.rules.required ? "!" : "");
}

std::string ShownColumns(const Inference& found) {
  std::string text;
  for (const auto& column : found.columns) text += (text.empty() ? "" : " ") + Shown(column);
  return text;
}

TEST_F(InferTest, NdjsonKeysBecomeColumnsOfTheSmallestExactType) {
  for (const auto& [text, want] : std::initializer_list<std::pair<std::string, std::string>>{
           {"{\"id\":1,\"at\":\"2026-06-11\"}\n{\"id\":2,\"at\":null}\n", "id:int64! at:date"},
           {"{\"a\":1.50}\n{\"a\":2}\n", "a:" + Decimal(18, 2) + "!"},
           {"{\"a\":0.1234567890123456}\n{\"a\":1e5}\n", "a:double!"},
           {"{\"a\":1e5}\n{\"a\":9007199254740993}\n", "a:json!"},
           {"{\"a\":1234567890123456789012345678901234567890}\n", "a:json!"},
           {"{\"a\":12345678901234567890123}\n", "a:" + Decimal(38, 0) + "!"},
           {"{\"a\":1e400}\n", "a:json!"},
           {"{\"s\":\"12\",\"b\":true}\n{\"b\":false}\n", "s:string b:boolean!"},
           {"{\"m\":1}\n{\"m\":\"x\"}\n", "m:json!"},
           {"{\"n\":null}\n", "n:json"},
           {"{\"e\":[],\"o\":{}}\n", "e:json! o:json!"},
           {"{\"u\":{\"id\":1,\"tags\":[\"a\",null]}}\n{\"u\":{\"id\":2}}\n",
            "u_id:int64! u_tags:array"},
           {"{\"u\":{\"v\":{\"x\":1},\"w\":2}}\n{\"u\":null}\n", "u_v_x:int64 u_w:int64"},
           {"{\"u\":{\"id\":1},\"u_id\":2}\n", "u:json! u_id:int64!"},
           {"{\"p\":[{\"x\":1},{\"x\":2.5}]}\n{}\n", "p:array"},
           {"{\"a.b\":1,\"$.x\":2,\"\":3,\"q\\\"q\":4}\n", "a.b:int64! $.x:int64! column_3:int64! q\"q:int64!"}}) {
    EXPECT_EQ(ShownColumns(Infer("in.ndjson", text)), want) << text;
  }
}

TEST_F(InferTest, NdjsonIsKnownByItsNameOrItsFirstByte) {
  const std::string text = "{\"id\":1}\nnot json\n[1]\n\n{\"id\":2}\n";
  for (const char* name : {"in.ndjson", "in.jsonl", "in.json", "in.log"}) {
    const Inference found = Infer(name, text);
    EXPECT_EQ(ShownColumns(found), "id:int64!") << name;
    EXPECT_EQ(found.rows, 4);
    EXPECT_EQ(found.bad_rows, 2);
    EXPECT_NE(WriteInferred(found, "in", name).pipeline.find(std::string("ndjson: \"") + name), std::string::npos);
  }
}

TEST_F(InferTest, AnObjectOfTooManyKeysIsTakenAsText) {
  std::string text = "{\"o\":{";
  for (int i = 0; i <= 1000; ++i) text += fmt::format("{}\"k{}\":1", i ? "," : "", i);
  EXPECT_EQ(ShownColumns(Infer("in.ndjson", text + "}}\n")), "o:json!");
  std::string deep = "1";
  for (int i = 0; i < 20; ++i) deep = "{\"d\":" + deep + "}";
  EXPECT_EQ(ShownColumns(Infer("in.ndjson", deep + "\n")), "d_d_d_d_d_d_d_d:json!");
}

TEST_F(InferTest, WhatIsNoNdjsonIsToldApart) {
  for (const auto& [text, word] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "is empty"}, {"\n\n", "is empty"}, {"[{\"a\":1}]", "JSON array"},
           {"x\ny\n", "no line with a JSON object"}}) {
    ASSERT_TRUE(WriteFileAtomic(*env_, "bad.json", text).ok());
    const Status status = freight::Infer(*env_, "bad.json").status();
    EXPECT_EQ(ReactionOf(status), Reaction::kInvalid) << text;
    EXPECT_NE(status.message().find(word), std::string::npos) << status.message();
  }
}

TEST(WriteInferred, AFileNameIsNoGlobAndNoVariable) {
  const InferredProject project = WriteInferred({}, "in", "raw/a[1]*${x}.csv");
  EXPECT_NE(project.pipeline.find("csv: \"raw/a[[]1][*]$${x}.csv\""), std::string::npos) << project.pipeline;
}

TEST(DatasetNameOf, IsAPlainWord) {
  EXPECT_EQ(DatasetNameOf("raw/Web events-2026.csv.gz"), "web_events_2026");
  EXPECT_EQ(DatasetNameOf("2026.csv"), "data_2026");
  EXPECT_EQ(DatasetNameOf("\xC3\xA9.csv"), "data");
  EXPECT_EQ(DatasetNameOf("a.tsv"), "a");
}

}  // namespace
}  // namespace freight
