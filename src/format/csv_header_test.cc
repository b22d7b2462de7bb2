// What stands before the data: byte order marks, skipped lines, the header and its match with the contract.
#include "format/csv_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freight {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<InputHeader> Read(const std::string& bytes, const Contract& contract, const CsvDialect& dialect = {}) {
  PiecewiseStream stream(bytes, 3);
  return ReadCsvHeader(stream, "in.csv", dialect, contract);
}

std::string Utf16(const std::string& ascii, bool big) {
  std::string out = big ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) out += big ? std::string{'\0', c} : std::string{c, '\0'};
  return out;
}

TEST(InputHeader, MatchesColumnsByNameInAnyOrder) {
  const InputHeader header = Read("x,b,\"a\"\n1,2,3\n", LetterContract(3)).ValueOrDie();
  EXPECT_THAT(header.names, ElementsAre("x", "b", "a"));
  EXPECT_THAT(header.column_of_contract, ElementsAre(2, 1, -1));
  EXPECT_THAT(header.unread, ElementsAre("x"));
  EXPECT_EQ(header.fields, 3);
  EXPECT_EQ(header.data_begin.offset, 8);
  EXPECT_EQ(header.data_begin.line, 2);
}

TEST(InputHeader, SourceNamesDecideNotNames) {
  Contract contract = LetterContract(1);
  contract.columns[0].source_name = "Column \"A\"";
  EXPECT_THAT(Read("\"Column \"\"A\"\"\",b\n", contract).ValueOrDie().column_of_contract, ElementsAre(0));
}

TEST(InputHeader, DataBeginsBehindMarkSkippedLinesBlankLinesAndHeader) {
  struct Case {
    std::string bytes;
    CsvDialect dialect;
    int64_t offset, line;
  };
  for (const Case& c : std::vector<Case>{{"\xEF\xBB\xBF" "a,b\n", {}, 7, 2},
                                         {"\xEF\xBB\xBF" "1,2\n", {.header = false}, 3, 1},
                                         {"1,2\n", {.header = false}, 0, 1},
                                         {"", {.header = false}, 0, 1},
                                         {"\"junk\r\nmore\rand\na,b\n", {.skip_rows = 3}, 20, 5},
                                         {"junk\r\n1,2\n", {.header = false, .skip_rows = 1}, 6, 2},
                                         {"\n\r\n# no\na,b\r\n", {.comment = '#'}, 13, 5},
                                         {"\"a\",\"b\"", {}, 7, 1},
                                         {Utf16("a,b\r\n1", true), {.encoding = CsvEncoding::kUtf16}, 12, 2},
                                         {Utf16("a,b\n1", false), {.encoding = CsvEncoding::kUtf16}, 10, 2}}) {
    const InputHeader header = Read(c.bytes, LetterContract(2), c.dialect).ValueOrDie();
    EXPECT_EQ(header.data_begin.offset, c.offset) << c.bytes;
    EXPECT_EQ(header.data_begin.line, c.line) << c.bytes;
    EXPECT_THAT(header.column_of_contract, ElementsAre(0, 1));
  }
}

TEST(InputHeader, NamesAreConvertedFromTheirEncoding) {
  Contract contract = StringContract({"größe", "5€"});
  const InputHeader header =
      Read("gr\xF6\xDF" "e,5\x80\n", contract, {.encoding = CsvEncoding::kWindows1252}).ValueOrDie();
  EXPECT_THAT(header.column_of_contract, ElementsAre(0, 1));
  contract = StringContract({"größe"});
  EXPECT_THAT(Read("gr\xF6\xDF" "e\n", contract, {.encoding = CsvEncoding::kLatin1}).ValueOrDie().column_of_contract,
              ElementsAre(0));
}

TEST(InputHeader, WithoutAHeaderTheContractGivesTheFields) {
  const InputHeader header = Read("1,2\n", LetterContract(3), {.header = false}).ValueOrDie();
  EXPECT_EQ(header.fields, 3);
  EXPECT_TRUE(header.names.empty());
  EXPECT_THAT(header.column_of_contract, ElementsAre(0, 1, 2));
}

struct BadCase {
  std::string bytes;
  CsvDialect dialect;
  Place place;
  const char* message;
  const char* help;
};

void ExpectRefused(const BadCase& c, const Contract& contract) {
  const Status status = Read(c.bytes, contract, c.dialect).status();
  ASSERT_EQ(ReactionOf(status), Reaction::kInvalid) << c.bytes;
  const ErrorDetail* detail = DetailOf(status);
  EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.bytes;
  EXPECT_THAT(detail->help, HasSubstr(c.help)) << c.bytes;
  EXPECT_EQ(detail->place.ToString(), c.place.ToString()) << c.bytes;
}

TEST(InputHeader, RefusesWithPlaceAndHelp) {
  Contract contract = LetterContract(2);
  contract.columns[0].rules.required = true;
  for (const BadCase& c : std::vector<BadCase>{
           {"", {}, {"in.csv", 1, 1}, "file is empty", "header: false"},
           {"\xEF\xBB\xBF", {}, {"in.csv", 1, 1}, "file is empty", "header: false"},
           {"\n\n", {}, {"in.csv", 3, 1}, "no header", "add the header"},
           {"a,b", {.skip_rows = 5}, {"in.csv", 1, 1}, "no header", "add the header"},
           {"b,c\n", {}, {"in.csv", 1, 1}, "\"a\" is not in the header", "the header has \"b\", \"c\""},
           {"x\na,b,b\n", {.skip_rows = 1}, {"in.csv", 2, 5}, "\"b\" 2 times", "name of its own"},
           {"ä,b,a,b\n", {}, {"in.csv", 1, 7}, "\"b\" 2 times", "name of its own"},
           {"\"x\ny\",a,a\n", {}, {"in.csv", 2, 6}, "\"a\" 2 times", "name of its own"},
           {"a,b\"c\n", {}, {"in.csv", 1, 4}, "quote inside a field", "double the quotes"},
           {"a,\"b\n1,2\n", {}, {"in.csv", 1, 3}, "never closed", "close it"},
           {"a,\xFF\n", {}, {"in.csv", 1, 3}, "column 2 of the header is not valid utf-8", "encoding"},
           {"a," + std::string(100, 'x'), {.record_bytes_max = 64}, {"in.csv", 1, 1}, "longer than 64", "raise"}}) {
    ExpectRefused(c, contract);
  }
}

TEST(InputHeader, RefusesAHeaderThatNamesNothingOfTheContract) {
  ExpectRefused({"qux,quux\n1,2\n", {}, {"in.csv", 1, 1}, "names no column of the contract", "\"qux\", \"quux\""},
                LetterContract(2));
}

TEST(InputHeader, FrozenColumnsRefuseWhatTheContractDoesNotName) {
  Contract contract = LetterContract(1);
  contract.columns_policy = ColumnsPolicy::kFreeze;
  ExpectRefused({"a,x,y\n", {}, {"in.csv", 1, 3}, "\"x\", \"y\"", "add to the contract"}, contract);
  EXPECT_TRUE(Read("a\n", contract).ok());
}

TEST(InputHeader, DuplicateNamesThatNobodyReadsAreFine) {
  const InputHeader header = Read("x,a,x\n", LetterContract(1)).ValueOrDie();
  EXPECT_THAT(header.unread, ElementsAre("x"));
  EXPECT_EQ(header.fields, 3);
}

}  // namespace
}  // namespace freight
