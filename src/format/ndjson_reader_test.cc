// Whole reads of NDJSON, cursor and decoder together: values, verdicts, addresses, and that no setting changes them.
#include "format/ndjson_testing.h"

#include "base/hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace freight {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kInt = "{name: i, logicalType: integer}";
const std::string kText = "{name: s, logicalType: string}";

TEST(NdjsonReader, ReadsValuesInAnyOrderAndAbsentOnesAsNull) {
  const Contract contract = ContractOf({kInt, kText});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"i\":1,\"s\":\"x\"}\n{\"s\":\"y\\n\\u00e9\",\"i\":-2}\r\n{ \"i\" : 3 }\n{}\n{\"s\":null,\"i\":4}\n"
      "{\"other\":[{}],\"s\":\"\"}",
      contract);
  EXPECT_THAT(out.rows, ElementsAre("1 | \"x\"", "-2 | \"y\n\xC3\xA9\"", "3 | null", "null | null", "4 | null",
                                    "null | \"\""));
  EXPECT_THAT(out.bad, IsEmpty());
}

TEST(NdjsonReader, BlankLinesAreNoRecords) {
  const NdjsonOutcome out = ReadNdjsonEveryWay("\n{\"i\":1}\n \t\r\n\r\n{\"i\":2}\n\n", ContractOf({kInt}));
  EXPECT_THAT(out.rows, ElementsAre("1", "2"));
  EXPECT_EQ(out.records, 2);
  EXPECT_EQ(out.blank_lines, 4);
}

TEST(NdjsonReader, NothingAtAllIsNoRecord) {
  EXPECT_EQ(ReadNdjsonEveryWay("", ContractOf({kInt})).records, 0);
}

TEST(NdjsonReader, NothingIsCoerced) {
  const Contract contract = ContractOf(
      {kInt, kText, "{name: d, logicalType: number, physicalType: 'DECIMAL(12,2)'}",
       "{name: f, logicalType: number, logicalTypeOptions: {format: f64}}", "{name: b, logicalType: boolean}",
       "{name: t, logicalType: timestamp, logicalTypeOptions: {timezone: true}}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"i\":9223372036854775807,\"d\":-12.30,\"f\":1.5e3,\"b\":true,\"t\":\"2026-06-11T08:00:00Z\"}\n"
      "{\"i\":\"12\"}\n{\"i\":1e3}\n{\"i\":1.0}\n{\"i\":9223372036854775808}\n{\"s\":12}\n{\"d\":12.345}\n"
      "{\"d\":\"1.00\"}\n{\"d\":1e1}\n{\"f\":1e999}\n{\"f\":\"NaN\"}\n{\"b\":1}\n{\"b\":\"true\"}\n{\"t\":1781164800}\n"
      "{\"t\":\"2026-06-11\"}\n{\"s\":{}}\n{\"i\":[1]}\n",
      contract);
  EXPECT_THAT(out.rows, ElementsAre("9223372036854775807 | null | -12.30 | 1500 | true | 2026-06-11 08:00:00.000000Z"));
  EXPECT_THAT(
      out.bad,
      ElementsAre("line 2 @83+11 [i not_of_type $.i (int64, not a string)]: {\"i\":\"12\"}\n",
                  "line 3 @94+10 [i not_of_type $.i (int64)]: {\"i\":1e3}\n",
                  "line 4 @104+10 [i not_of_type $.i (int64)]: {\"i\":1.0}\n",
                  "line 5 @114+26 [i out_of_range $.i (int64)]: {\"i\":9223372036854775808}\n",
                  "line 6 @140+9 [s not_of_type $.s (string, not a number)]: {\"s\":12}\n",
                  "line 7 @149+13 [d inexact $.d (decimal(12,2))]: {\"d\":12.345}\n",
                  "line 8 @162+13 [d not_of_type $.d (decimal(12,2), not a string)]: {\"d\":\"1.00\"}\n",
                  "line 9 @175+10 [d not_of_type $.d (decimal(12,2))]: {\"d\":1e1}\n",
                  "line 10 @185+12 [f out_of_range $.f (double)]: {\"f\":1e999}\n",
                  "line 11 @197+12 [f not_of_type $.f (double, not a string)]: {\"f\":\"NaN\"}\n",
                  "line 12 @209+8 [b not_of_type $.b (boolean, not a number)]: {\"b\":1}\n",
                  "line 13 @217+13 [b not_of_type $.b (boolean, not a string)]: {\"b\":\"true\"}\n",
                  "line 14 @230+17 [t not_of_type $.t (timestamp with zone, not a number)]: {\"t\":1781164800}\n",
                  "line 15 @247+19 [t not_of_type $.t (timestamp with zone)]: {\"t\":\"2026-06-11\"}\n",
                  "line 16 @266+9 [s not_of_type $.s (string, not an object)]: {\"s\":{}}\n",
                  "line 17 @275+10 [i not_of_type $.i (int64, not an array)]: {\"i\":[1]}\n"));
}

TEST(NdjsonReader, DeclaredSpellingsOfABooleanAreTakenAsTheyStand) {
  const Contract contract = ContractOf({"{name: b, logicalType: boolean, customProperties: [{property: trueValues, "
                                        "value: ['yes', '1']}, {property: falseValues, value: ['no', '0']}]}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"b\":\"yes\"}\n{\"b\":0}\n{\"b\":true}\n{\"b\":false}\n{\"b\":null}\n{\"b\":\"YES\"}\n{\"b\":[]}\n", contract);
  EXPECT_THAT(out.rows, ElementsAre("true", "false", "true", "false", "null"));
  EXPECT_EQ(out.bad.size(), 2u);
}

TEST(NdjsonReader, NumbersInQuotesAreReadWhereDeclared) {
  const std::string quoted = "customProperties: [{property: quotedNumbers, value: true}]}";
  const Contract contract = ContractOf({"{name: i, logicalType: integer, " + quoted,
                                        "{name: d, logicalType: number, physicalType: 'DECIMAL(12,2)', " + quoted});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"i\":\"12\",\"d\":\"1.50\"}\n{\"i\":13,\"d\":2}\n{\"i\":\"\"}\n{\"i\":true}\n{\"d\":\"1.234\"}\n"
      "{\"d\":null}\n",
      contract);
  EXPECT_THAT(out.rows, ElementsAre("12 | 1.50", "13 | 2.00", "null | null"));
  EXPECT_EQ(out.bad.size(), 3u);
}

TEST(NdjsonReader, NamesEveryRuleThatARecordBreaks) {
  const Contract contract =
      ContractOf({"{name: i, logicalType: integer, required: true, logicalTypeOptions: {minimum: 1}}",
                  "{name: s, logicalType: string, required: true, logicalTypeOptions: {maxLength: 2, pattern: '^a'}}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay("{\"s\":\"bcd\",\"i\":0}\n{\"i\":null}\n{\"s\":7,\"i\":1}\n", contract);
  EXPECT_THAT(out.bad, ElementsAre("line 1 @0+18 [i below_minimum $.i (>= 1)] [s too_long $.s (at most 2 characters)] "
                                   "[s no_match $.s (matches ^a)]: {\"s\":\"bcd\",\"i\":0}\n",
                                   "line 2 @18+11 [i missing $.i (not null)] [s missing $.s (not "
                                   "null)]: {\"i\":null}\n",
                                   "line 3 @29+14 [s not_of_type $.s (string, not a number)]: {\"s\":7,\"i\":1}\n"));
}

TEST(NdjsonReader, BrokenLinesAreQuarantinedWithTheByteAndThePath) {
  const Contract contract = ContractOf({kInt, kText});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"i\":1\n{\"i\":2}\n[1]\n7\n{\"i\":3} x\n{\"x\":{\"y\":[tru]}}\n{\"s\":\"a\tb\"}\n{\"s\":\"\\ud800\"}\n"
      "{\"i\":01}\n",
      contract);
  EXPECT_THAT(out.rows, ElementsAre("2 | null"));
  EXPECT_THAT(out.bad,
              ElementsAre("line 1 @0+7 [- not_json $ (a comma or a closing brace at byte 7)]: {\"i\":1\n",
                          "line 3 @15+4 [- not_an_object $ (an object, not an array)]: [1]\n",
                          "line 4 @19+2 [- not_an_object $ (an object, not a number)]: 7\n",
                          "line 5 @21+10 [- not_json $ (nothing behind the object at byte 9)]: {\"i\":3} x\n",
                          "line 6 @31+18 [- not_json $.x (a value at byte 12)]: {\"x\":{\"y\":[tru]}}\n",
                          "line 7 @49+12 [- not_json $.s (control characters in strings as escapes at byte 8)]: "
                          "{\"s\":\"a\tb\"}\n",
                          "line 8 @61+15 [- invalid_encoding $.s (escapes of surrogates in pairs at byte 7)]: "
                          "{\"s\":\"\\ud800\"}\n",
                          "line 9 @76+9 [- not_json $.i (a number without leading zeros at byte 7)]: {\"i\":01}\n"));
}

TEST(NdjsonReader, InvalidUtf8MakesARowBadWhereverItStands) {
  const Contract contract = ContractOf({kText, kInt});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"s\":\"ok\",\"i\":1}\n{\"s\":\"\xFF\",\"i\":\"x\"}\n{\"x\":\"\xC3\"}\n{\"\xFF\":1}\n"
      "{\"s\":\"\xC3\xA9\"}\n", contract);
  EXPECT_THAT(out.rows, ElementsAre("\"ok\" | 1", "\"\xC3\xA9\" | null"));
  EXPECT_THAT(out.bad, ElementsAre("line 2 @17+18 [s invalid_encoding $.s (valid utf-8)] [i not_of_type $.i (int64, "
                                   "not a string)]: {\"s\":\"\xFF\",\"i\":\"x\"}\n",
                                   "line 3 @35+10 [- invalid_encoding $.x (valid utf-8 at byte 7)]: {\"x\":\"\xC3\"}\n",
                                   "line 4 @45+8 [- invalid_encoding $ (valid utf-8 at byte 3)]: {\"\xFF\":1}\n"));
}

TEST(NdjsonReader, ALongRecordIsQuarantinedByItsAddress) {
  const std::string longer = "{\"s\":\"" + std::string(200, 'x') + "\"}\n";
  const std::string text = "{\"i\":1}\n" + longer + "{\"i\":2}\n" + longer.substr(0, 150);
  const Contract contract = ContractOf({kInt});
  for (const int64_t morsel : {1, 50, 4096}) {
    for (const size_t read : {size_t{1}, size_t{1} << 20}) {
      const NdjsonOutcome out =
          ReadNdjson(text, contract, {.morsel_bytes = morsel, .record_bytes_max = 100, .read_bytes_max = read});
      EXPECT_THAT(out.rows, ElementsAre("1", "2"));
      EXPECT_THAT(out.bad, ElementsAre("line 2 @8+209 [- record_too_long  (at most 100 bytes)]: ",
                                       "line 4 @225+150 [- record_too_long  (at most 100 bytes)]: "));
    }
  }
}

TEST(NdjsonReader, ARecordOfExactlyTheLimitIsRead) {
  const std::string text = "{\"i\":1}\n{\"i\":22}\n{\"i\":333}\n";
  EXPECT_THAT(ReadNdjson(text, ContractOf({kInt}), {.record_bytes_max = 9}).rows, ElementsAre("1", "22"));
  EXPECT_THAT(ReadNdjson(text, ContractOf({kInt}), {.morsel_bytes = 1, .record_bytes_max = 9}).rows,
              ElementsAre("1", "22"));
}

TEST(NdjsonReader, APathReachesIntoObjects) {
  const Contract contract = ContractOf({"{name: id, logicalType: integer, physicalName: user.id, required: true}",
                                        "{name: user.name, logicalType: string}",
                                        "{name: dotted, logicalType: string, physicalName: '\"a.b\".c'}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"user\":{\"id\":1,\"name\":\"x\",\"z\":{}},\"a.b\":{\"c\":\"y\"}}\n{\"user\":{\"id\":2}}\n{\"user\":null}\n"
      "{\"user\":5,\"a\":{\"b\":{\"c\":\"no\"}}}\n{\"user\":{\"id\":\"x\"}}\n",
      contract);
  EXPECT_THAT(out.rows, ElementsAre("1 | \"x\" | \"y\"", "2 | null | null"));
  EXPECT_THAT(out.bad, ElementsAre("line 3 @70+14 [id missing $.user.id (not null)]: {\"user\":null}\n",
                                   "line 4 @84+32 [id not_of_type $.user (an object, not a number)] [user.name "
                                   "not_of_type $.user (an object, not a number)]: "
                                   "{\"user\":5,\"a\":{\"b\":{\"c\":\"no\"}}}\n",
                                   "line 5 @116+20 [id not_of_type $.user.id (int64, not a string)]: "
                                   "{\"user\":{\"id\":\"x\"}}\n"));
}

TEST(NdjsonReader, AKeyThatIsReadMustStandOnce) {
  const Contract contract = ContractOf({kInt, "{name: u, logicalType: string, physicalName: x.u}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"i\":1,\"i\":1}\n{\"i\":1,\"\\u0069\":2}\n{\"z\":1,\"z\":2,\"i\":3}\n{\"x\":{\"u\":\"a\"},\"x\":{}}\n"
      "", contract);
  EXPECT_THAT(out.rows, ElementsAre("3 | null"));
  EXPECT_THAT(out.bad,
              ElementsAre("line 1 @0+14 [i duplicate_key $.i (this key once in its object)]: {\"i\":1,\"i\":1}\n",
                          "line 2 @14+19 [i duplicate_key $.i (this key once in its object)]: "
                          "{\"i\":1,\"\\u0069\":2}\n",
                          "line 4 @53+23 [- duplicate_key $.x (this key once in its object)]: "
                          "{\"x\":{\"u\":\"a\"},\"x\":{}}\n"));
}

TEST(NdjsonReader, UnknownKeysAreBadOnlyWhereTheContractSaysFreeze) {
  const std::string text = "{\"i\":1}\n{\"i\":2,\"extra\":{\"i\":1}}\n";
  EXPECT_THAT(ReadNdjsonEveryWay(text, ContractOf({kInt})).rows, ElementsAre("1", "2"));
  const NdjsonOutcome out = ReadNdjsonEveryWay(text, ContractOf({kInt}, kFreezeText));
  EXPECT_THAT(out.rows, ElementsAre("1"));
  EXPECT_THAT(out.bad, ElementsAre("line 2 @8+24 [- unknown_key $.extra (a key that the contract names)]: "
                                   "{\"i\":2,\"extra\":{\"i\":1}}\n"));
}

TEST(NdjsonReader, ManyColumnsAreFoundInAnyOrder) {
  std::vector<std::string> properties;
  std::string forward = "{", backward = "{", want;
  for (int i = 0; i < 40; ++i) {
    properties.push_back(fmt::format("{{name: c{}, logicalType: integer}}", i));
    forward += fmt::format("{}\"c{}\":{}", i ? "," : "", i, i);
    backward += fmt::format("{}\"c{}\":{}", i ? "," : "", 39 - i, 39 - i);
    want += fmt::format("{}{}", i ? " | " : "", i);
  }
  const NdjsonOutcome out = ReadNdjsonEveryWay(forward + "}\n" + backward + "}\n", ContractOf(properties));
  EXPECT_THAT(out.rows, ElementsAre(want, want));
}

TEST(NdjsonReader, JsonTextIsTheValueAsItStands) {
  const Contract contract = ContractOf({"{name: j, logicalType: string, physicalType: json, required: true}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"j\":{ \"a\" : [1.0,\"\\u00e9\"], \"a\":2 }}\n{\"j\":\"x\"}\n{\"j\":1.50}\n{\"j\":null}\n"
      "{\"j\":[1,]}\n", contract);
  EXPECT_THAT(out.rows, ElementsAre("\"{ \"a\" : [1.0,\"\\u00e9\"], \"a\":2 }\"", "\"\"x\"\"", "\"1.50\""));
  EXPECT_THAT(out.bad, ElementsAre("line 4 @59+11 [j missing $.j (not null)]: {\"j\":null}\n",
                                   "line 5 @70+11 [- not_json $.j (a value at byte 9)]: {\"j\":[1,]}\n"));
}

TEST(NdjsonReader, ObjectsBecomeStructsAndArraysLists) {
  const Contract contract = ContractOf(
      {"{name: u, logicalType: object, properties: [{name: id, logicalType: integer, required: true}, "
       "{name: tags, logicalType: array, items: {logicalType: string, required: true}}]}",
       "{name: p, logicalType: array, items: {logicalType: object, properties: [{name: x, logicalType: integer}, "
       "{name: y, logicalType: array, items: {logicalType: integer}}]}}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"u\":{\"id\":1,\"tags\":[\"a\",\"b\\n\"]},\"p\":[{\"x\":1,\"y\":[1,null]},{},null]}\n{\"u\":null}\n"
      "{\"u\":{\"tags\":[],\"id\":2},\"p\":[]}\n{}\n{\"u\":{\"id\":3,\"tags\":null,\"more\":1}}\n",
      contract);
  EXPECT_THAT(out.bad, IsEmpty());
  EXPECT_THAT(out.rows,
              ElementsAre("{id: 1, tags: [\"a\", \"b\n\"]} | [{x: 1, y: [1, null]}, {x: null, y: null}, null]",
                          "null | null", "{id: 2, tags: []} | []", "null | null", "{id: 3, tags: null} | null"));
}

TEST(NdjsonReader, RulesHoldInsideNestedValues) {
  const Contract contract = ContractOf(
      {"{name: u, logicalType: object, required: true, properties: [{name: id, logicalType: integer, required: true}, "
       "{name: tags, logicalType: array, logicalTypeOptions: {minItems: 1, maxItems: 2}, items: {logicalType: string, "
       "required: true, logicalTypeOptions: {maxLength: 2}}}]}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay(
      "{\"u\":{\"id\":1,\"tags\":[\"ok\",\"long\"]}}\n{\"u\":{\"tags\":[null,7]}}\n{\"u\":{\"id\":null,\"tags\":[]}}\n"
      "{\"u\":{\"id\":1,\"id\":1,\"tags\":[\"a\",\"b\",\"c\"]}}\n{\"u\":[1]}\n{}\n{\"u\":{\"id\":\"x\",\"tags\":{}}}\n"
      "{\"u\":{\"id\":5,\"tags\":[\"z\"]}}\n",
      contract);
  EXPECT_THAT(out.rows, ElementsAre("{id: 5, tags: [\"z\"]}"));
  std::vector<std::string> failures;
  for (const std::string& bad : out.bad) {
    const size_t begin = bad.find('[');
    failures.push_back(bad.substr(begin, bad.find(": {") - begin));
  }
  EXPECT_THAT(failures,
              ElementsAre("[u too_long $.u.tags[1] (at most 2 characters)]",
                          "[u missing $.u.tags[0] (not null)] [u not_of_type $.u.tags[1] (string, not a number)] "
                          "[u missing $.u.id (not null)]",
                          "[u missing $.u.id (not null)] [u too_short $.u.tags (at least 1 item)]",
                          "[u duplicate_key $.u.id (this key once in its object)] "
                          "[u too_long $.u.tags (at most 2 items)]",
                          "[u not_of_type $.u (object, not an array)]", "[u missing $.u (not null)]",
                          "[u not_of_type $.u.id (int64, not a string)] [u not_of_type $.u.tags (array, not an "
                          "object)]"));
}

TEST(NdjsonReader, AValueMayBeReadWholeAndInParts) {
  const Contract contract = ContractOf({"{name: user, logicalType: string, physicalType: json}",
                                        "{name: user.id, logicalType: integer}"});
  const NdjsonOutcome out = ReadNdjsonEveryWay("{\"user\":{\"id\":1}}\n{\"user\":{\"id\":2}}\n{}\n", contract);
  EXPECT_THAT(out.rows, ElementsAre("\"{\"id\":1}\" | 1", "\"{\"id\":2}\" | 2", "null | null"));
}

TEST(NdjsonReader, AShortRestOfTheInputJoinsTheLastMorsel) {
  const auto lengths = [](int records) {
    std::string text;
    for (int i = 0; i < records; ++i) text += "{\"a\":123}\n";
    auto cursor = MakeNdjsonCursor(StringStream(text), 1 << 20, {}, {.morsel_bytes = 640}).ValueOrDie();
    std::vector<int64_t> found;
    while (auto morsel = cursor->Next().ValueOrDie()) found.push_back(morsel->length);
    return found;
  };
  EXPECT_THAT(lengths(65), ElementsAre(650));
  EXPECT_THAT(lengths(66), ElementsAre(640, 20));
}

TEST(NdjsonReader, MorselsAreReadIntoTheSameMemory) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "{\"a\":1}\n";
  auto cursor = MakeNdjsonCursor(StringStream(lines), 1 << 20, {}, {.morsel_bytes = 80}).ValueOrDie();
  std::set<const char*> seen;
  int morsels = 0;
  for (; auto morsel = cursor->Next().ValueOrDie(); ++morsels) seen.insert(morsel->text.data());
  EXPECT_EQ(morsels, 100);
  EXPECT_EQ(seen.size(), 1u);
}

TEST(NdjsonReader, TheContentHashCoversEveryByte) {
  const std::string text = "{\"i\":1}\n\n{\"i\":2}";
  auto cursor = MakeNdjsonCursor(StringStream(text), 1 << 20, {}, {.morsel_bytes = 4}).ValueOrDie();
  while (cursor->Next().ValueOrDie()) {
  }
  EXPECT_EQ(cursor->TakeContentHash(), HashHex(text));
}

TEST(NdjsonDecoder, LocateGivesTheAddressOfAnAcceptedRow) {
  const Contract contract = ContractOf({kInt});
  auto cursor = MakeNdjsonCursor(StringStream("{\"i\":1}\n{\"i\":\"x\"}\n{\"i\":3}\n"), 1 << 20, {}, {}).ValueOrDie();
  const auto morsel = cursor->Next().ValueOrDie();
  auto decoder = MakeNdjsonDecoder(contract, {}).ValueOrDie();
  ASSERT_TRUE(decoder->Decode(*morsel, [&](DecodedBatch&& batch) {
    const BadRecord record = decoder->Locate(1);
    EXPECT_EQ(NdjsonBadText(record, contract), "line 3 @18+8: {\"i\":3}\n");
    return Status::OK();
  }).ok());
}

}  // namespace
}  // namespace freight
