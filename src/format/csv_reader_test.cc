// Whole reads, cursor and decoder together: verdicts, addresses, and that no setting changes them.
#include "format/csv_testing.h"

#include "base/hash.h"
#include "base/memory_budget.h"
#include "format/csv_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace freight {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr CsvDialect kNoHeader{.header = false};

std::vector<ReadSettings> AllSettings() {
  std::vector<ReadSettings> all;
  for (const int64_t morsel : {1, 7, 64, 1024, 4 << 20}) {
    for (const int64_t batch : {1, 64, 100, 1 << 20}) {
      for (const DecoderPath path : {DecoderPath::kAuto, DecoderPath::kScalar}) {
        all.push_back({.morsel_bytes = morsel, .batch_bytes = batch, .path = path});
      }
    }
  }
  all.push_back({.morsel_bytes = 64, .read_bytes_max = 1});
  all.push_back({.morsel_bytes = 64, .resume_at_morsel = 2});
  return all;
}

// The outcome with the simplest settings, after a check that all others agree.
ReadOutcome ReadEveryWay(const std::string& bytes, const CsvDialect& dialect, const Contract& contract) {
  const ReadOutcome want = ReadCsv(bytes, dialect, contract, {.path = DecoderPath::kScalar});
  for (const ReadSettings& settings : AllSettings()) {
    EXPECT_EQ(ReadCsv(bytes, dialect, contract, settings), want)
        << "morsel " << settings.morsel_bytes << " batch " << settings.batch_bytes << " path "
        << static_cast<int>(settings.path) << " text " << Printable(bytes);
  }
  return want;
}

TEST(CsvReader, ReadsPlainRowsNullsAndEmptyStrings) {
  const ReadOutcome out = ReadEveryWay("b,a\n1,x\r\n\"\",\n\"a\"\"b\",\"c\nd\"\r2,y", {}, LetterContract(2));
  EXPECT_THAT(out.rows, ElementsAre("<x><1>", "~<>", "<c\nd><a\"b>", "<y><2>"));
  EXPECT_THAT(out.bad, IsEmpty());
}

TEST(CsvReader, ReadsOnlyTheColumnsOfTheContract) {
  const ReadOutcome out = ReadEveryWay("x,b,y\n1,2,3\n4,5,6\n", {}, LetterContract(2));
  EXPECT_THAT(out.rows, ElementsAre("~<2>", "~<5>"));
}

TEST(CsvReader, AHeaderAloneIsNoRecord) {
  EXPECT_EQ(ReadEveryWay("a,b\n", {}, LetterContract(2)).records, 0);
  EXPECT_EQ(ReadEveryWay("a,b", {}, LetterContract(2)).records, 0);
}

TEST(CsvReader, JudgesRecordsByShapeWithTheirAddress) {
  const std::string bytes =
      "a,b,c\n"
      "1,2\n"
      "\n"
      "1,\"two\nlines\",3\r\n"
      "1,2,3,4\r\n"
      "1,x\"y,3\n"
      "1,2,3\n"
      "1,\"open,3\n"
      "7,8,9";
  const ReadOutcome out = ReadEveryWay(bytes, {}, LetterContract(3));
  EXPECT_THAT(out.rows, ElementsAre("<1><two\nlines><3>", "<1><2><3>", "<7><8><9>"));
  EXPECT_THAT(out.bad, ElementsAre("line 2 @6+4 too_few_fields: 1,2\n", "line 6 @28+9 too_many_fields: 1,2,3,4\r\n",
                                   "line 7 @37+8 stray_quote: 1,x\"y,3\n",
                                   "line 9 @51+10 unterminated_quote: 1,\"open,3\n"));
  EXPECT_EQ(out.blank_lines, 1);
  EXPECT_EQ(out.records, 7);
}

TEST(CsvReader, PadsRecordsThatEndEarlyWhenToldTo) {
  const std::string bytes = "a,b,c\n1,2\n4,\"d\"\"d\",6\n\n\"7\"\"\"\r\n1,2,3,4\n8,\"9\"";
  const ReadOutcome out = ReadEveryWay(bytes, {.null_padding = true}, LetterContract(3));
  EXPECT_THAT(out.rows, ElementsAre("<1><2>~", "<4><d\"d><6>", "<7\">~~", "<8><9>~"));
  EXPECT_THAT(out.bad, ElementsAre("line 6 @29+8 too_many_fields: 1,2,3,4\n"));
  EXPECT_EQ(out.blank_lines, 1);
}

TEST(CsvReader, WhatIsPaddedMayBeRequired) {
  Contract contract = LetterContract(2);
  for (Column& column : contract.columns) column.rules.required = true;
  const ReadOutcome out = ReadEveryWay("a,b\n1,2\n3\n", {.null_padding = true}, contract);
  EXPECT_THAT(out.rows, ElementsAre("<1><2>"));
  EXPECT_THAT(out.bad, ElementsAre("line 3 @8+2 missing: 3\n"));
}

TEST(CsvReader, SaysHowManyFieldsItFound) {
  const InputHeader header = HeaderOf("a,b\n1\n", {}, LetterContract(2));
  auto cursor = CursorAt("a,b\n1\n", {}, header, header.data_begin, {});
  auto decoder = MakeCsvDecoder({}, header, LetterContract(2), {}).ValueOrDie();
  const auto morsel = cursor->Next().ValueOrDie();
  std::vector<std::string> expected;
  ASSERT_TRUE(decoder->Decode(*morsel, [&](DecodedBatch&& batch) {
    for (const BadRecord& bad : batch.bad) expected.push_back(bad.failures.at(0).expected);
    return Status::OK();
  }).ok());
  EXPECT_THAT(expected, ElementsAre("2 fields, found 1"));
}

TEST(CsvReader, AFlaggedRowKeepsEveryFailureAndItsPlaceInOrder) {
  Contract contract = LetterContract(2);
  for (Column& column : contract.columns) column.rules.required = true;
  const ReadOutcome out = ReadEveryWay("a,b\n1,2\n,\n3\n4,\n5,6\n", {}, contract);
  EXPECT_THAT(out.rows, ElementsAre("<1><2>", "<5><6>"));
  EXPECT_THAT(out.bad, ElementsAre("line 3 @8+2 missing missing: ,\n", "line 4 @10+2 too_few_fields: 3\n",
                                   "line 5 @12+3 missing: 4,\n"));
}

TEST(CsvReader, AcceptedRowsCanBeLocatedInAnyOrder) {
  Contract contract = LetterContract(2);
  contract.columns[0].rules.required = true;
  const std::string bytes = "a,b\n1,\"x\ny\"\n,2\n3,4\n\n5,6\r\n";
  const InputHeader header = HeaderOf(bytes, {}, contract);
  auto cursor = CursorAt(bytes, {}, header, header.data_begin, {});
  auto decoder = MakeCsvDecoder({}, header, contract, {}).ValueOrDie();
  const auto morsel = cursor->Next().ValueOrDie();
  std::vector<std::string> located;
  ASSERT_TRUE(decoder->Decode(*morsel, [&](DecodedBatch&& batch) {
    for (const int64_t row : {2, 0, 1}) located.push_back(BadText(decoder->Locate(row)));
    return Status::OK();
  }).ok());
  EXPECT_THAT(located, ElementsAre("line 7 @20+5: 5,6\r\n", "line 2 @4+8: 1,\"x\ny\"\n", "line 5 @15+4: 3,4\n"));
}

TEST(CsvReader, OneColumnFilesCountEmptyLinesAsRecords) {
  const ReadOutcome out = ReadEveryWay("a\nx\n\n\"\"\r\n\r\nz\n", {}, LetterContract(1));
  EXPECT_THAT(out.rows, ElementsAre("<x>", "~", "<>", "~", "<z>"));
  EXPECT_EQ(out.blank_lines, 0);
}

TEST(CsvReader, DialectsOfTheCarefulPath) {
  const Contract contract = LetterContract(2);
  EXPECT_THAT(ReadEveryWay("a||b\n1|||2\n\"x||y\"||\n", {.delimiter = "||"}, contract).rows,
              ElementsAre("<1><|2>", "<x||y>~"));
  EXPECT_THAT(ReadEveryWay("a,b\n\"q\\\"r\",\"s\\\\\"\n", {.escape = '\\'}, contract).rows, ElementsAre("<q\"r><s\\>"));
  const ReadOutcome commented = ReadEveryWay("#x\na,b\n# \"\n1,2\n#\n", {.comment = '#'}, contract);
  EXPECT_THAT(commented.rows, ElementsAre("<1><2>"));
  EXPECT_EQ(commented.comments, 2);
  EXPECT_THAT(ReadEveryWay(" a , b\n 1 ,\" 2 \" \n", {.trim = true}, contract).rows, ElementsAre("<1>< 2 >"));
  EXPECT_THAT(ReadEveryWay("junk,\"\nmore\na,b\n1,2\n", {.skip_rows = 2}, contract).rows, ElementsAre("<1><2>"));
  EXPECT_THAT(ReadEveryWay("a;b\n'x;y';\"\n", {.delimiter = ";", .quote = '\''}, contract).rows,
              ElementsAre("<x;y><\">"));
  EXPECT_THAT(ReadEveryWay("a,b\n\"x,y\"\n", {.quote = std::nullopt}, contract).rows, ElementsAre("<\"x><y\">"));
}

TEST(CsvReader, NulBytesAreData) {
  const std::string bytes("a,b\n1\0x,\"\0\"\n", 13);
  EXPECT_THAT(ReadEveryWay(bytes, {}, LetterContract(2)).rows, ElementsAre(std::string("<1\0x><\0>", 8)));
}

TEST(CsvReader, QuotesAndLineEndsAtEveryBlockBorder) {
  for (size_t shift = 50; shift < 80; ++shift) {
    const std::string x(shift, 'x');
    const std::string bytes = x + ",\"a\r\n\"\"b,\"\r\n" + x + "y\"z,1\r" + x + ",2\r\n\"\",\"\"\"\"\n";
    const ReadOutcome out = ReadCsv(bytes, kNoHeader, LetterContract(2));
    EXPECT_EQ(out, ReadCsv(bytes, kNoHeader, LetterContract(2), {.path = DecoderPath::kScalar}));
    EXPECT_THAT(out.rows, ElementsAre("<" + x + "><a\r\n\"b,>", "<" + x + "><2>", "<><\">"));
    EXPECT_THAT(out.bad, ElementsAre(fmt::format("line 3 @{}+{} stray_quote: {}y\"z,1\r", shift + 12, shift + 6, x)));
  }
}

TEST(CsvReader, ContentThatLooksLikeRowsInsideQuotesStaysOneField) {
  std::string inner;
  for (int i = 0; i < 300; ++i) inner += "1,2,3\n";
  const std::string bytes = "a,b\n1,\"" + inner + "\"\n2,\"" + inner + "\"\n3,4\n";
  EXPECT_THAT(ReadEveryWay(bytes, {}, LetterContract(2)).rows,
              ElementsAre("<1><" + inner + ">", "<2><" + inner + ">", "<3><4>"));
}

TEST(CsvReader, BadRecordsMayComeAheadAFewAtATime) {
  Contract contract = LetterContract(2);
  contract.columns[0].rules.required = true;
  const std::string bytes = "a,b\n1,2\n,\n3\n,4\n5,6\n,7\n";
  const InputHeader header = HeaderOf(bytes, {}, contract);
  auto decoder = MakeCsvDecoder({}, header, contract, {.bad_ahead = 2}).ValueOrDie();
  const auto morsel = CursorAt(bytes, {}, header, header.data_begin, {})->Next().ValueOrDie();
  std::vector<std::string> batches;
  ASSERT_TRUE(decoder->Decode(*morsel, [&](DecodedBatch&& batch) {
    std::string text = batch.accepted ? fmt::format("{} rows,", batch.accepted->num_rows()) : "";
    for (const BadRecord& bad : batch.bad) text += fmt::format(" line {}", bad.line);
    batches.push_back(text);
    return Status::OK();
  }).ok());
  EXPECT_THAT(batches, ElementsAre(" line 3 line 4", " line 5 line 7", "2 rows,"));
}

TEST(CsvReader, NoSettingChangesWhatIsReadFromRandomText) {
  std::mt19937 random(42);
  const std::vector<std::string> alphabets = {",\"\n\rab", "aaaaaaa,,\n\"", "a,a,a,\n", "\"\"\"\",\n", "\\\"#| ,\n\r"};
  const std::vector<CsvDialect> dialects = {
      {.header = false},
      {.header = false, .null_padding = true},
      {.header = false, .record_bytes_max = 64},
      {.escape = '\\', .comment = '#', .header = false, .record_bytes_max = 70},
      {.delimiter = "||", .header = false, .trim = true, .null_padding = true, .record_bytes_max = 64},
      {.quote = std::nullopt, .header = false, .record_bytes_max = 64}};
  for (int i = 0; i < 4000 && !testing::Test::HasFailure(); ++i) {
    std::string bytes;
    const std::string& alphabet = alphabets[random() % alphabets.size()];
    for (size_t size = random() % 400; bytes.size() < size;) bytes.push_back(alphabet[random() % alphabet.size()]);
    const CsvDialect& dialect = dialects[random() % dialects.size()];
    Contract contract = LetterContract(1 + static_cast<int>(random() % 3));
    contract.columns[0].rules.required = random() % 2 == 0;
    const ReadOutcome want = ReadCsv(bytes, dialect, contract, {.path = DecoderPath::kScalar});
    for (int k = 0; k < 4; ++k) {
      const ReadSettings settings{.morsel_bytes = static_cast<int64_t>(1 + random() % 200),
                                  .batch_bytes = static_cast<int64_t>(1 + random() % 200),
                                  .path = random() % 4 == 0 ? DecoderPath::kScalar : DecoderPath::kAuto,
                                  .bad_ahead = static_cast<int64_t>(random() % 3),
                                  .read_bytes_max = 1 + random() % 100,
                                  .resume_at_morsel = static_cast<int>(random() % 5)};
      EXPECT_EQ(ReadCsv(bytes, dialect, contract, settings), want)
          << "morsel " << settings.morsel_bytes << " batch " << settings.batch_bytes << " limit "
          << dialect.record_bytes_max << " columns " << contract.columns.size() << " text " << Printable(bytes);
    }
  }
}

std::vector<InputPosition> Borders(const std::string& bytes, const CsvDialect& dialect, const InputHeader& header,
                                 InputPosition from, const ReadSettings& settings) {
  std::vector<InputPosition> borders = {from};
  auto cursor = CursorAt(bytes, dialect, header, from, settings);
  while (cursor->Next().ValueOrDie()) borders.push_back(cursor->position());
  return borders;
}

TEST(MorselCursor, ResumesAtEveryBorderWithTheSameRest) {
  std::string bytes = "a,b\n";
  for (int i = 0; i < 200; ++i) bytes += fmt::format("{},\"x\n{}\"\r\n{}", i, i * i, i % 9 == 0 ? "bad\"\n" : "");
  bytes += "1,\"never closed\n2,3\n";
  const InputHeader header = HeaderOf(bytes, {}, LetterContract(2));
  const ReadSettings settings{.morsel_bytes = 100, .read_bytes_max = 13};
  const auto borders = Borders(bytes, {}, header, header.data_begin, settings);
  ASSERT_GT(borders.size(), 30u);
  for (size_t i = 0; i < borders.size(); ++i) {
    const auto rest = Borders(bytes, {}, header, borders[i], settings);
    ASSERT_EQ(rest.size(), borders.size() - i);
    for (size_t k = 0; k < rest.size(); ++k) {
      EXPECT_EQ(rest[k].offset, borders[i + k].offset);
      EXPECT_EQ(rest[k].line, borders[i + k].line);
      EXPECT_EQ(rest[k].morsel_index, borders[i + k].morsel_index);
    }
  }
}

TEST(MorselCursor, BordersAreTheLastRecordEndsWithinTheMorsel) {
  const std::string bytes = "aaa\nbbb\nccc\n" + std::string(30, 'd') + "\ne\n";
  const InputHeader header = HeaderOf(bytes, kNoHeader, LetterContract(2));
  std::vector<int64_t> offsets;
  for (const InputPosition& at : Borders(bytes, kNoHeader, header, {}, {.morsel_bytes = 9})) {
    offsets.push_back(at.offset);
  }
  EXPECT_THAT(offsets, ElementsAre(0, 8, 12, 43, 45));
}

TEST(MorselCursor, ContentHashesCoverTheMorselsSinceTheLastOne) {
  const std::string bytes = "a,b\n1,2\n3,4\n5,6\n" + std::string(200, 'x') + "\n7,8";
  const CsvDialect dialect{.record_bytes_max = 64};
  const InputHeader header = HeaderOf(bytes, dialect, LetterContract(2));
  auto cursor = CursorAt(bytes, dialect, header, header.data_begin, {.morsel_bytes = 8});
  ASSERT_TRUE(cursor->Next().ValueOrDie().has_value());
  EXPECT_EQ(cursor->TakeContentHash(), HashHex("1,2\n3,4\n"));
  while (cursor->Next().ValueOrDie()) {
  }
  EXPECT_EQ(cursor->TakeContentHash(), HashHex(bytes.substr(12)));
  EXPECT_EQ(cursor->TakeContentHash(), HashHex(""));
}

TEST(MorselCursor, ChargesTheBudgetWhileAMorselLives) {
  MemoryBudget budget(1 << 20);
  const InputHeader header = HeaderOf("1,2\n", kNoHeader, LetterContract(2));
  auto cursor = MakeCsvCursor(StringStream("1,2\n3,4\n"), kNoHeader, header, {},
                              {.morsel_bytes = 4096, .budget = &budget, .charge_factor = 3}).ValueOrDie();
  {
    const auto morsel = cursor->Next().ValueOrDie();
    EXPECT_EQ(morsel->charge.bytes(), 3 * 4096);
    EXPECT_GE(budget.used_bytes(), 3 * 4096);
  }
  EXPECT_LT(budget.used_bytes(), 4096);
}

TEST(MorselCursor, StopsWhenCancelled) {
  const InputHeader header = HeaderOf("1,2\n", kNoHeader, LetterContract(2));
  auto cursor =
      MakeCsvCursor(StringStream("1,2\n"), kNoHeader, header, {}, {.cancelled = [] { return true; }}).ValueOrDie();
  EXPECT_EQ(ReactionOf(cursor->Next().status()), Reaction::kStopped);
}

TEST(CsvReader, TooLongRecordsAreBadByAddressAndTheRestGoesOn) {
  const CsvDialect dialect{.record_bytes_max = 64};
  const std::string x(100, 'x');
  const std::string bytes = "a,b\n1,2\n" + x + "\r\n3,4\n\"q\nr\"," + x + "\n5,6\n7," + x;
  const ReadOutcome out = ReadEveryWay(bytes, dialect, LetterContract(2));
  EXPECT_THAT(out.rows, ElementsAre("<1><2>", "<3><4>", "<5><6>"));
  EXPECT_THAT(out.bad, ElementsAre("line 3 @8+102 record_too_long: ", "line 5 @114+107 record_too_long: ",
                                   "line 8 @225+102 record_too_long: "));
  EXPECT_EQ(out.records, 6);
}

// "a,b\n1,2\n3,<40 MB of x>\n4,5\n", made while it is read.
class HugeRecordStream final : public ByteStream {
 public:
  explicit HugeRecordStream(std::string start) : head_("a,b\n1,2\n" + std::move(start)) {}
  static constexpr int64_t kHuge = 40 << 20;
  Result<int64_t> Read(int64_t bytes, void* out) override {
    const int64_t tail_begin = static_cast<int64_t>(head_.size()) + kHuge;
    const int64_t left = tail_begin + static_cast<int64_t>(kTail.size()) - at_;
    const int64_t count = std::min({bytes, int64_t{100'000}, left});
    for (int64_t i = 0; i < count; ++i, ++at_) {
      const char c = at_ < tail_begin ? 'x' : kTail[at_ - tail_begin];
      static_cast<char*>(out)[i] = at_ < static_cast<int64_t>(head_.size()) ? head_[at_] : c;
    }
    return count;
  }
  Status SkipTo(int64_t offset) override {
    at_ = std::max(at_, offset);
    return Status::OK();
  }

 private:
  static constexpr std::string_view kTail = "\n4,5\n";
  std::string head_;
  int64_t at_ = 0;
};

std::vector<int64_t> MorselLengths(std::unique_ptr<MorselCursor> cursor) {
  std::vector<int64_t> lengths;
  while (auto morsel = cursor->Next().ValueOrDie()) lengths.push_back(morsel->length);
  return lengths;
}

TEST(CsvReader, AShortRestOfTheInputJoinsTheLastMorsel) {
  for (const bool simple : {true, false}) {
    CsvDialect dialect{.header = false};
    if (!simple) dialect.delimiter = "<>";
    const auto lengths = [&](int records) {
      std::string bytes;
      for (int i = 0; i < records; ++i) bytes += simple ? "1234567,9\n" : "123456<>9\n";
      const InputHeader header = HeaderOf(bytes, dialect, LetterContract(2));
      return MorselLengths(CursorAt(bytes, dialect, header, header.data_begin, {.morsel_bytes = 640}));
    };
    EXPECT_THAT(lengths(65), ElementsAre(650));
    EXPECT_THAT(lengths(66), ElementsAre(640, 20));
    EXPECT_THAT(lengths(64 + 65), ElementsAre(640, 650));
  }
}

TEST(CsvReader, MorselsAreReadIntoTheSameMemory) {
  std::string text = "a,b\n";
  for (int i = 0; i < 1000; ++i) text += "some,text\n";
  const auto in = StringStream(text);
  const InputHeader header = ReadCsvHeader(*in, "in.csv", {}, LetterContract(2)).ValueOrDie();
  auto cursor = MakeCsvCursor(StringStream(text), {}, header, header.data_begin, {.morsel_bytes = 100}).ValueOrDie();
  std::set<const char*> seen;
  int morsels = 0;
  for (; auto morsel = cursor->Next().ValueOrDie(); ++morsels) seen.insert(morsel->text.data());
  EXPECT_EQ(morsels, 100);
  EXPECT_EQ(seen.size(), 1u);
}

TEST(CsvReader, ARecordOf40MegabytesNeedsBoundedMemory) {
  for (const std::string start : {"3,", "3,\"", "3,\"a\"\"\",\"\n"}) {
    const CsvDialect dialect{.record_bytes_max = 1 << 20};
    HugeRecordStream first(start);
    const InputHeader header = ReadCsvHeader(first, "in.csv", dialect, LetterContract(2)).ValueOrDie();
    auto cursor = MakeCsvCursor(std::make_unique<HugeRecordStream>(start), dialect, header, header.data_begin,
                                {.morsel_bytes = 256 << 10}).ValueOrDie();
    ReadOutcome out;
    auto decoder = MakeCsvDecoder(dialect, header, LetterContract(2), {}).ValueOrDie();
    size_t capacity = 0;
    while (auto morsel = cursor->Next().ValueOrDie()) {
      capacity = std::max(capacity, morsel->text.capacity());
      ASSERT_TRUE(decoder->Decode(*morsel, [&](DecodedBatch&& batch) {
        AddBatch(batch, &out);
        return Status::OK();
      }).ok());
    }
    EXPECT_LT(capacity, size_t{5} << 19);
    EXPECT_THAT(out.rows, ElementsAre("<1><2>", "<4><5>"));
    const std::string opened_line = start.size() > 3 ? "line 3 @8+10 unterminated_quote: " + start : "";
    const int64_t huge_offset = start.size() > 3 ? 18 : 8;
    const int64_t head_bytes = start.size() > 3 ? 0 : static_cast<int64_t>(start.size());
    const int64_t huge_bytes = head_bytes + HugeRecordStream::kHuge + 1;
    std::vector<std::string> bad;
    if (!opened_line.empty()) bad.push_back(opened_line);
    bad.push_back(fmt::format("line {} @{}+{} record_too_long: ", start.size() > 3 ? 4 : 3, huge_offset, huge_bytes));
    EXPECT_EQ(out.bad, bad);
  }
}

TEST(CsvReader, ManyColumns) {
  std::string names, values, last;
  std::vector<std::string> columns;
  for (int i = 0; i < 10000; ++i) {
    columns.push_back(fmt::format("c{}", i));
    names += (i > 0 ? "," : "") + columns.back();
    values += (i > 0 ? ",v" : "v") + std::to_string(i);
  }
  const std::string bytes = names + "\n" + values + "\n" + values + ",x\n" + values + "\n";
  const Contract contract = StringContract({"c9999", "c0", "c5000"});
  const ReadOutcome out = ReadCsv(bytes, {}, contract, {.batch_bytes = 70000});
  EXPECT_THAT(out.rows, ElementsAre("<v9999><v0><v5000>", "<v9999><v0><v5000>"));
  ASSERT_EQ(out.bad.size(), 1u);
  EXPECT_THAT(out.bad[0], testing::HasSubstr("too_many_fields"));
  std::vector<std::string> all = ReadCsv(bytes, {}, StringContract(columns)).rows;
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].size(), values.size() - 9999 + 2 * 10000);
}

// Little or big endian units with a byte order mark.
std::string ToUtf16(const std::string& utf8, ByteOrder order) {
  return EncodeUtf16("\xEF\xBB\xBF" + utf8, order);
}

TEST(CsvReader, Utf16KeepsTheFilesOwnOffsetsAndBytes) {
  const std::string text = "a,b\n1,ä€😀\n😀bad\n\"x\r\ny\",2\nz\"z\n";
  for (const ByteOrder order : {ByteOrder::kLittle, ByteOrder::kBig}) {
    const CsvDialect dialect{.encoding = CsvEncoding::kUtf16};
    const ReadOutcome out = ReadEveryWay(ToUtf16(text, order), dialect, LetterContract(2));
    EXPECT_THAT(out.rows, ElementsAre("<1><ä€😀>", "<x\r\ny><2>"));
    EXPECT_THAT(out.bad, ElementsAre("line 3 @24+12 too_few_fields: " + EncodeUtf16("😀bad\n", order),
                                     "line 6 @54+8 stray_quote: " + EncodeUtf16("z\"z\n", order)));
  }
}

TEST(CsvReader, BrokenUtf16IsAVerdictAndKeepsItsBytes) {
  const CsvDialect dialect{.encoding = CsvEncoding::kUtf16};
  const std::string lone_surrogate("\x00\xD8", 2);
  const std::string bytes =
      ToUtf16("a,b\n1,", ByteOrder::kLittle) + lone_surrogate + EncodeUtf16("\n2,3\n4,5", ByteOrder::kLittle) + "\x41";
  const ReadOutcome out = ReadEveryWay(bytes, dialect, LetterContract(2));
  EXPECT_THAT(out.rows, ElementsAre("<2><3>"));
  ASSERT_EQ(out.bad.size(), 2u);
  EXPECT_EQ(out.bad[0], "line 2 @10+8 invalid_encoding: " + bytes.substr(10, 8));
  EXPECT_EQ(out.bad[1], "line 4 @26+7 invalid_encoding: " + bytes.substr(26));
}

TEST(CsvText, Utf16SurvivesTheRoundTripWhateverItsUnits) {
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    std::string bytes;
    for (size_t size = random() % 24; bytes.size() < size;) {
      const int high = std::vector<int>{0, 0x00, 0xD8, 0xDC, 0xDB, 0xE0, 0x20}[random() % 7];
      bytes += {static_cast<char>(random()), static_cast<char>(high)};
    }
    if (random() % 3 == 0) bytes.push_back(static_cast<char>(random()));
    Utf16Decoder decoder;
    std::string text;
    const size_t split = random() % (bytes.size() + 1);
    decoder.Append(bytes.substr(0, split), &text);
    decoder.Append(bytes.substr(split), &text);
    decoder.Finish(&text);
    ASSERT_EQ(EncodeUtf16(text, ByteOrder::kLittle), bytes);
    ASSERT_EQ(Utf16Bytes(text), static_cast<int64_t>(bytes.size()));
  }
}

TEST(CsvText, Utf8ValidityIsExact) {
  for (const char* good : {"", "a", "ä", "€", "😀", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x80",
                          "\xC3(", "\xFF", "\xF0\x80\x80\x80"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << bad;
  }
}

TEST(CsvReader, Latin1ValuesBecomeUtf8AndRawStaysAsItWas) {
  const CsvDialect dialect{.encoding = CsvEncoding::kLatin1};
  const ReadOutcome out = ReadEveryWay("a,b\n\xE4,\xDF\n\xE4\n", dialect, LetterContract(2));
  EXPECT_THAT(out.rows, ElementsAre("<ä><ß>"));
  EXPECT_THAT(out.bad, ElementsAre("line 3 @8+2 too_few_fields: \xE4\n"));
}

}  // namespace
}  // namespace freight
