// Partition names are reversible, fields are checked with their place, and splitting loses no row.
#include "sink/partition.h"

#include "sink/partition_gather.h"
#include "sink/partition_text.h"

#include <arrow/api.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <map>
#include <random>

namespace freight {
namespace {

using namespace std::string_literals;

TEST(PartitionName, EscapesAreReversible) {
  for (const std::string& value :
       {"DE"s, "a/b"s, ".."s, "."s, "..x"s, "_SUCCESS"s, ".hidden"s, "__HIVE_DEFAULT_PARTITION__"s, "\U0001F600"s,
        "%2F"s, "a%"s, "%zz"s, " x "s, "2026-06-11 10:00:00"s, "\x01\x1f\x7f"s, "\"#%'*/:=?\\{[]^"s, "x._y"s,
        std::string(255, 'x'), std::string(85, ':'), "null"s, "}&;<>|~"s}) {
    const auto name = EscapePartitionValue(value);
    ASSERT_TRUE(name) << value;
    EXPECT_LE(name->size(), 255u);
    EXPECT_EQ(name->find('/'), std::string::npos);
    EXPECT_NE((*name)[0], '.');
    EXPECT_NE(*name, "__HIVE_DEFAULT_PARTITION__");
    EXPECT_EQ(UnescapePartitionValue(*name), value) << *name;
  }
}

TEST(PartitionName, SpellsValuesAsHiveDoes) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"2026-06-11", "2026-06-11"}, {"a b", "a b"},          {"a/b=c", "a%2Fb%3Dc"}, {"..", "%2E%2E"},
      {".x", "%2Ex"},               {"_x", "%5Fx"},          {"x_.", "x_."},         {"10:00", "10%3A00"},
      {"\U0001F600", "\U0001F600"}, {"tab\t", "tab%09"},     {"100%", "100%25"},
  };
  for (const auto& [value, name] : cases) EXPECT_EQ(EscapePartitionValue(value), name);
  EXPECT_EQ(EscapePartitionValue(std::nullopt), "__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(UnescapePartitionValue("__HIVE_DEFAULT_PARTITION__"), std::nullopt);
}

TEST(PartitionName, RefusesWhatNoDirectoryCanBear) {
  for (const std::string& value :
       {""s, "a\0b"s, "\0"s, std::string(300, 'x'), std::string(256, 'x'), std::string(86, ':')}) {
    EXPECT_EQ(EscapePartitionValue(value), std::nullopt) << value.size();
  }
}

TEST(PartitionName, RandomBytesRoundTrip) {
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::string value(1 + random() % 20, '\0');
    for (char& byte : value) byte = static_cast<char>(1 + random() % 255);
    EXPECT_EQ(UnescapePartitionValue(*EscapePartitionValue(value)), value);
  }
}

TEST(PartitionField, ParsesEveryForm) {
  struct Case { std::string text, name; TransformKind kind; std::string source; int64_t argument; };
  for (const Case& c : std::initializer_list<Case>{
           {"country", "country", TransformKind::kIdentity, "country", 0},
           {"country = country", "country", TransformKind::kIdentity, "country", 0},
           {"event_date = day(event_time)", "event_date", TransformKind::kDay, "event_time", 0},
           {"day(event_time)", "event_time_day", TransformKind::kDay, "event_time", 0},
           {" year ( t ) ", "t_year", TransformKind::kYear, "t", 0},
           {"m=month(t)", "m", TransformKind::kMonth, "t", 0},
           {"hour(t)", "t_hour", TransformKind::kHour, "t", 0},
           {"bucket(16, user_id)", "user_id_bucket", TransformKind::kBucket, "user_id", 16},
           {"p = truncate( 3 ,name )", "p", TransformKind::kTruncate, "name", 3},
           {"day", "day", TransformKind::kIdentity, "day", 0}}) {
    const auto field = ParsePartitionField(c.text, {});
    ASSERT_TRUE(field.ok()) << c.text << ": " << field.status().ToString();
    EXPECT_EQ(field->name, c.name);
    EXPECT_EQ(field->kind, c.kind);
    EXPECT_EQ(field->source, c.source);
    EXPECT_EQ(field->argument, c.argument);
  }
}

TEST(PartitionField, ErrorsNameTheColumnOfTheFaultAndTheNextStep) {
  struct Case { std::string text; int64_t column; std::string help; };
  for (const Case& c : std::initializer_list<Case>{
           {"", 20, "write a column"},
           {"d = dya(t)", 24, "did you mean \"day\"?"},
           {"d = day(t", 24, "write a column"},
           {"day()", 24, "write a column"},
           {"day(a, b)", 24, "write a column"},
           {"bucket(user_id)", 27, "write bucket(16, column)"},
           {"bucket(0, user_id)", 27, "write bucket(16, column)"},
           {"bucket(x, user_id)", 27, "write bucket(16, column)"},
           {"bucket(99999999999999999999, u)", 27, "write bucket(16, column)"},
           {"= day(t)", 20, "write a column"},
           {"x = country", 20, "keeps its name"}}) {
    const auto field = ParsePartitionField(c.text, {"p.yaml", 3, 20});
    ASSERT_FALSE(field.ok()) << c.text;
    const ErrorDetail* detail = DetailOf(field.status());
    ASSERT_NE(detail, nullptr);
    EXPECT_EQ(detail->reaction, Reaction::kInvalid);
    EXPECT_EQ(detail->place.column, c.column) << c.text;
    EXPECT_NE(detail->help.find(c.help), std::string::npos) << detail->help;
  }
}

Column MakeColumn(const std::string& name, ColumnType type, bool required = false) {
  Column column;
  column.name = name;
  column.type = std::move(type);
  column.rules.required = required;
  return column;
}

Contract Events() {
  Contract contract;
  contract.columns = {
      MakeColumn("id", {.id = TypeId::kInt64}, true),
      MakeColumn("t", {.id = TypeId::kTimestamp}),
      MakeColumn("country", {.id = TypeId::kString}),
      MakeColumn("amount", {.id = TypeId::kDecimal, .precision = 12, .scale = 2}),
      MakeColumn("wide", {.id = TypeId::kDecimal, .precision = 30, .scale = 3}),
      MakeColumn("day", {.id = TypeId::kDate}),
      MakeColumn("ok", {.id = TypeId::kBoolean}),
      MakeColumn("uuid", {.id = TypeId::kUuid}),
      MakeColumn("big", {.id = TypeId::kUInt64}),
      MakeColumn("clock", {.id = TypeId::kTime}),
      MakeColumn("x", {.id = TypeId::kDouble}),
      MakeColumn("raw", {.id = TypeId::kBinary}),
  };
  return contract;
}

std::vector<PartitionField> Fields(const std::vector<std::string>& texts) {
  std::vector<PartitionField> fields;
  for (const std::string& text : texts) fields.push_back(ParsePartitionField(text, {"p.yaml", 1, 1}).ValueOrDie());
  return fields;
}

TEST(PartitionField, ContractDecidesWhatMayPartition) {
  struct Case { std::vector<std::string> fields; std::string message; };
  for (const Case& c : std::initializer_list<Case>{
           {{"id", "country", "amount", "wide", "day", "ok", "uuid", "big", "clock", "t"}, ""},
           {{"year(t)", "month(t)", "day(t)", "hour(t)", "bucket(4, id)", "truncate(2, country)"}, ""},
           {{"d = day(day)", "bucket(4, wide)", "truncate(10, wide)", "bucket(3, uuid)"}, ""},
           {{"x"}, "cannot partition"},
           {{"raw"}, "cannot partition"},
           {{"bucket(4, x)"}, "does not take"},
           {{"hour(day)"}, "does not take"},
           {{"day(country)"}, "does not take"},
           {{"truncate(3, t)"}, "does not take"},
           {{"bucket(3, ok)"}, "does not take"},
           {{"contry"}, "has no column"},
           {{"country", "country"}, "two partitions"},
           {{"D = day(t)", "d = month(t)"}, "two partitions"},
           {{"Country = day(t)"}, "name of a column"},
           {{"a/b = day(t)"}, "directory name"},
           {{"_d = day(t)"}, "directory name"}}) {
    const Status checked = CheckPartitionFields(Fields(c.fields), Events());
    EXPECT_EQ(checked.ok(), c.message.empty()) << checked.ToString();
    if (!checked.ok()) {
      EXPECT_NE(checked.message().find(c.message), std::string::npos) << checked.ToString();
    }
  }
  const Status misspelt = CheckPartitionFields(Fields({"contry"}), Events());
  EXPECT_EQ(DetailOf(misspelt)->help, "did you mean \"country\"?");
  Contract one;
  one.columns = {MakeColumn("id", {.id = TypeId::kInt64})};
  EXPECT_FALSE(CheckPartitionFields(Fields({"id"}), one).ok());
}

TEST(PartitionText, NumbersDatesAndTimes) {
  EXPECT_EQ(DecimalText(0, 0), "0");
  EXPECT_EQ(DecimalText(-7, 0), "-7");
  EXPECT_EQ(DecimalText(5, 2), "0.05");
  EXPECT_EQ(DecimalText(-1234, 2), "-12.34");
  EXPECT_EQ(DecimalText(static_cast<__int128>(1) << 127, 0), "-170141183460469231731687303715884105728");
  EXPECT_EQ(DateText(0), "1970-01-01");
  EXPECT_EQ(DateText(-719162), "0001-01-01");
  EXPECT_EQ(TimestampText(-1), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(TimestampText(INT64_C(1781172000000000)), "2026-06-11 10:00:00");
  EXPECT_EQ(UuidText("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"s),
            "00112233-4455-6677-8899-aabbccddeeff");
}

// A batch of one row per element; columns of Events() that are not given are null (id: 0, 1, ...).
std::shared_ptr<arrow::RecordBatch> BatchWith(const std::map<std::string, std::shared_ptr<arrow::Array>>& given,
                                              int64_t rows) {
  arrow::ArrayVector arrays;
  arrow::FieldVector fields = Events().ArrowSchema()->fields();
  for (const auto& field : fields) {
    if (field->name() == "id" && !given.contains("id")) {
      arrow::Int64Builder ids;
      for (int64_t i = 0; i < rows; ++i) EXPECT_TRUE(ids.Append(i).ok());
      arrays.push_back(ids.Finish().ValueOrDie());
    } else if (given.contains(field->name())) {
      arrays.push_back(given.at(field->name()));
    } else {
      arrays.push_back(arrow::MakeArrayOfNull(field->type(), rows).ValueOrDie());
    }
  }
  for (size_t i = 0; i < fields.size(); ++i) fields[i] = fields[i]->WithType(arrays[i]->type());
  return arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays);
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> ArrayOf(Builder&& builder, const std::vector<std::optional<Value>>& values) {
  for (const auto& value : values) EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Strings(const std::vector<std::optional<std::string>>& values) {
  return ArrayOf(arrow::StringBuilder(), values);
}

std::vector<PartitionSlice> SplitInSlices(PartitionSplitter& splitter, const std::shared_ptr<arrow::RecordBatch>& batch,
                                          std::vector<PartitionSplitter::Unnameable>* unnameable) {
  return SlicesOf(splitter.Split(batch, unnameable).ValueOrDie(), arrow::default_memory_pool()).ValueOrDie();
}

// Path of the partition that a single value falls into; "unnameable" if none.
std::string PathOf(const std::string& field, const std::string& column, const std::shared_ptr<arrow::Array>& one) {
  auto splitter = MakePartitionSplitter(Fields({field}), Events()).ValueOrDie();
  std::vector<PartitionSplitter::Unnameable> unnameable;
  const auto slices = SplitInSlices(*splitter, BatchWith({{column, one}}, 1), &unnameable);
  if (unnameable.size() == 1 && slices.empty()) return "unnameable";
  return slices.at(0).path;
}

TEST(PartitionSplitter, NamesValuesOfEachTypeAndTransform) {
  const auto micros = arrow::TimeUnit::MICRO;
  auto* pool = arrow::default_memory_pool();
  const auto t = [&](int64_t v) {
    return ArrayOf<arrow::TimestampBuilder, int64_t>(arrow::TimestampBuilder(arrow::timestamp(micros), pool), {v});
  };
  const auto id = [](int64_t v) { return ArrayOf<arrow::Int64Builder, int64_t>(arrow::Int64Builder(), {v}); };
  const auto amount = [](int64_t v) {
    return ArrayOf<arrow::Decimal64Builder, arrow::Decimal64>(arrow::Decimal64Builder(arrow::decimal64(12, 2)),
                                                              {arrow::Decimal64(v)});
  };
  const auto wide = [](int64_t v) {
    return ArrayOf<arrow::Decimal128Builder, arrow::Decimal128>(arrow::Decimal128Builder(arrow::decimal128(30, 3)),
                                                                {arrow::Decimal128(v)});
  };
  const auto big = ArrayOf<arrow::UInt64Builder, uint64_t>(arrow::UInt64Builder(), {UINT64_MAX});
  const auto null_time = arrow::MakeArrayOfNull(arrow::timestamp(micros), 1).ValueOrDie();
  const int64_t june = INT64_C(1781184896000000);  // 2026-06-11 13:34:56
  EXPECT_EQ(PathOf("t", "t", t(june)), "t=2026-06-11 13%3A34%3A56");
  EXPECT_EQ(PathOf("year(t)", "t", t(june)), "t_year=2026");
  EXPECT_EQ(PathOf("month(t)", "t", t(june)), "t_month=2026-06");
  EXPECT_EQ(PathOf("d = day(t)", "t", t(june)), "d=2026-06-11");
  EXPECT_EQ(PathOf("hour(t)", "t", t(june)), "t_hour=2026-06-11-13");
  EXPECT_EQ(PathOf("hour(t)", "t", t(-1)), "t_hour=1969-12-31-23");
  EXPECT_EQ(PathOf("month(t)", "t", t(-1)), "t_month=1969-12");
  EXPECT_EQ(PathOf("year(t)", "t", t(-1)), "t_year=1969");
  EXPECT_EQ(PathOf("hour(t)", "t", null_time), "t_hour=__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(PathOf("month(day)", "day", ArrayOf<arrow::Date32Builder, int32_t>(arrow::Date32Builder(), {-32})),
            "day_month=1969-11");
  EXPECT_EQ(PathOf("truncate(10, id)", "id", id(-1)), "id_truncate=-10");
  EXPECT_EQ(PathOf("truncate(10, id)", "id", id(19)), "id_truncate=10");
  EXPECT_EQ(PathOf("truncate(10, id)", "id", id(INT64_MIN)), "id_truncate=-9223372036854775810");
  EXPECT_EQ(PathOf("truncate(50, amount)", "amount", amount(1234)), "amount_truncate=12.00");
  EXPECT_EQ(PathOf("truncate(50, wide)", "wide", wide(-1)), "wide_truncate=-0.050");
  EXPECT_EQ(PathOf("amount", "amount", amount(-5)), "amount=-0.05");
  EXPECT_EQ(PathOf("wide", "wide", wide(1500)), "wide=1.500");
  EXPECT_EQ(PathOf("big", "big", big), "big=18446744073709551615");
  EXPECT_EQ(PathOf("truncate(10, big)", "big", big), "big_truncate=18446744073709551610");
  EXPECT_EQ(PathOf("ok", "ok", ArrayOf<arrow::BooleanBuilder, bool>(arrow::BooleanBuilder(), {true})), "ok=true");
  EXPECT_EQ(PathOf("truncate(2, country)", "country", Strings({"\xc3\xa9\xc3\xa9\xc3\xa9"})),
            "country_truncate=\xc3\xa9\xc3\xa9");
  EXPECT_EQ(PathOf("truncate(9, country)", "country", Strings({"\xc3\xa9"})), "country_truncate=\xc3\xa9");
  EXPECT_EQ(PathOf("country", "country", Strings({"a/b"})), "country=a%2Fb");
  EXPECT_EQ(PathOf("country", "country", Strings({std::nullopt})), "country=__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(PathOf("country", "country", Strings({"__HIVE_DEFAULT_PARTITION__"})),
            "country=%5F_HIVE_DEFAULT_PARTITION__");
  for (const std::string& value : {""s, "a\0"s, std::string(300, 'x'), std::string(250, 'x')}) {
    EXPECT_EQ(PathOf("country", "country", Strings({value})), "unnameable") << value.size();
  }
  const int64_t seven = 7;
  EXPECT_EQ(PathOf("bucket(16, id)", "id", id(7)), fmt::format("id_bucket={}", XXH3_64bits(&seven, 8) % 16));
  for (const int64_t buckets : {1, 2, 3, 7, 1000, 65536, 99'999, 100'000}) {
    for (int64_t value = 0; value < 200; ++value) {
      const uint64_t bucket = XXH3_64bits(&value, sizeof value) % static_cast<uint64_t>(buckets);
      EXPECT_EQ(PathOf(fmt::format("bucket({}, id)", buckets), "id", id(value)), fmt::format("id_bucket={}", bucket));
    }
  }
  EXPECT_EQ(PathOf("bucket(16, country)", "country", Strings({"DE"})),
            fmt::format("country_bucket={}", XXH3_64bits("DE", 2) % 16));
  EXPECT_EQ(PathOf("bucket(16, country)", "country", Strings({""})),
            fmt::format("country_bucket={}", XXH3_64bits("", 0) % 16));
  const __int128 cents = 7;
  const std::string want = std::to_string(XXH3_64bits(&cents, 16) % 16);
  EXPECT_EQ(PathOf("bucket(16, amount)", "amount", amount(7)), "amount_bucket=" + want);
  EXPECT_EQ(PathOf("bucket(16, wide)", "wide", wide(7)), "wide_bucket=" + want);
}

TEST(PartitionSplitter, OnePartitionIsNotCopied) {
  auto splitter = MakePartitionSplitter(Fields({"country"}), Events()).ValueOrDie();
  std::vector<PartitionSplitter::Unnameable> unnameable;
  const auto same = BatchWith({{"country", Strings({"DE", "DE", "DE"})}}, 3);
  auto slices = SplitInSlices(*splitter, same, &unnameable);
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(slices[0].rows->column(0)->data()->buffers[1], same->column(0)->data()->buffers[1]);
  // Nor are partitions whose rows stand together, whatever their order.
  const auto sorted = BatchWith({{"country", Strings({"FR", "FR", "DE"})}}, 3);
  slices = SplitInSlices(*splitter, sorted, &unnameable);
  ASSERT_EQ(slices.size(), 2u);
  EXPECT_EQ(slices[0].path, "country=DE");
  EXPECT_EQ(slices[0].rows->num_rows(), 1);
  EXPECT_EQ(slices[1].rows->column(0)->data()->buffers[1], sorted->column(0)->data()->buffers[1]);
  EXPECT_TRUE(slices[0].rows->schema()->Equals(*splitter->file_schema()));
  EXPECT_EQ(splitter->file_schema()->GetFieldIndex("country"), -1);
}

TEST(PartitionSplitter, WithoutFieldsThereIsOneUnnamedPartition) {
  auto splitter = MakePartitionSplitter({}, Events()).ValueOrDie();
  std::vector<PartitionSplitter::Unnameable> unnameable;
  const auto batch = BatchWith({}, 4);
  const auto slices = SplitInSlices(*splitter, batch, &unnameable);
  ASSERT_EQ(slices.size(), 1u);
  EXPECT_EQ(slices[0].path, "");
  EXPECT_TRUE(slices[0].rows->Equals(*batch));
  EXPECT_TRUE(SplitInSlices(*splitter, batch->Slice(0, 0), &unnameable).empty());
}

TEST(PartitionSplitter, UnnameableRowsComeBackByRowAndField) {
  auto splitter =
      MakePartitionSplitter(Fields({"truncate(1000, id)", "country"}), Events())
          .ValueOrDie();
  std::vector<PartitionSplitter::Unnameable> unnameable;
  const auto batch = BatchWith({{"country", Strings({"DE", "", "FR", "a\0"s, "DE", std::nullopt})}}, 6);
  const auto slices = SplitInSlices(*splitter, batch, &unnameable);
  ASSERT_EQ(unnameable.size(), 2u);
  EXPECT_EQ(unnameable[0].row, 1);
  EXPECT_EQ(unnameable[1].row, 3);
  EXPECT_EQ(unnameable[0].field, 1);
  ASSERT_EQ(slices.size(), 3u);
  EXPECT_EQ(slices[0].path, "id_truncate=0/country=DE");
  EXPECT_EQ(slices[0].rows->num_rows(), 2);
  EXPECT_EQ(slices[1].path, "id_truncate=0/country=FR");
  EXPECT_EQ(slices[2].path, "id_truncate=0/country=__HIVE_DEFAULT_PARTITION__");
}

std::shared_ptr<arrow::Array> Coded(const std::vector<std::optional<std::string>>& values) {
  std::vector<std::optional<std::string>> entries = {"unused", ""};
  arrow::Int32Builder codes;
  for (const auto& value : values) {
    if (!value) {
      EXPECT_TRUE(codes.AppendNull().ok());
      continue;
    }
    auto at = std::find(entries.begin(), entries.end(), value);
    if (at == entries.end()) at = entries.insert(entries.end(), value);
    EXPECT_TRUE(codes.Append(static_cast<int32_t>(at - entries.begin())).ok());
  }
  return arrow::DictionaryArray::FromArrays(codes.Finish().ValueOrDie(), Strings(entries)).ValueOrDie();
}

// Random batches of every type; `coded`: the country column arrives as a dictionary.
std::shared_ptr<arrow::RecordBatch> RandomBatch(std::mt19937_64& random, int64_t rows, bool coded) {
  auto* pool = arrow::default_memory_pool();
  arrow::Int64Builder ids;
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO), pool);
  arrow::Decimal64Builder amounts(arrow::decimal64(12, 2));
  arrow::Decimal128Builder wides(arrow::decimal128(30, 3));
  arrow::BooleanBuilder oks;
  arrow::FixedSizeBinaryBuilder uuids(arrow::fixed_size_binary(16));
  arrow::DoubleBuilder xs;
  std::vector<std::optional<std::string>> countries;
  const auto maybe = [&](arrow::ArrayBuilder& builder, auto append) {
    EXPECT_TRUE((random() % 5 == 0 ? builder.AppendNull() : append()).ok());
  };
  for (int64_t i = 0; i < rows; ++i) {
    EXPECT_TRUE(ids.Append(static_cast<int64_t>(random() % 1000)).ok());
    maybe(times, [&] { return times.Append(static_cast<int64_t>(random() % (kDayMicros * 5))); });
    maybe(amounts, [&] { return amounts.Append(arrow::Decimal64(static_cast<int64_t>(random() % 300))); });
    maybe(wides, [&] { return wides.Append(arrow::Decimal128(static_cast<int64_t>(random() % 300) - 150)); });
    maybe(oks, [&] { return oks.Append(random() % 2 == 0); });
    maybe(uuids, [&] { return uuids.Append(std::string(16, static_cast<char>(random()))); });
    maybe(xs, [&] { return xs.Append(static_cast<double>(random())); });
    if (random() % 6 == 0) countries.emplace_back(std::nullopt);
    else countries.emplace_back(std::string(random() % 3, static_cast<char>('a' + random() % 3)));
  }
  return BatchWith({{"id", ids.Finish().ValueOrDie()},
                    {"t", times.Finish().ValueOrDie()},
                    {"amount", amounts.Finish().ValueOrDie()},
                    {"wide", wides.Finish().ValueOrDie()},
                    {"ok", oks.Finish().ValueOrDie()},
                    {"uuid", uuids.Finish().ValueOrDie()},
                    {"x", xs.Finish().ValueOrDie()},
                    {"country", coded ? Coded(countries) : Strings(countries)}},
                   rows);
}

// Reference: each row split on its own, then rows of equal paths gathered in order.
void ExpectSplitEqualsRowByRow(PartitionSplitter& splitter, const std::shared_ptr<arrow::RecordBatch>& batch) {
  std::map<std::string, std::vector<std::shared_ptr<arrow::RecordBatch>>> want;
  std::vector<int64_t> want_unnameable;
  std::vector<PartitionSplitter::Unnameable> unnameable;
  for (int64_t row = 0; row < batch->num_rows(); ++row) {
    unnameable.clear();
    const auto one = SplitInSlices(splitter, batch->Slice(row, 1), &unnameable);
    if (!unnameable.empty()) want_unnameable.push_back(row);
    for (const auto& slice : one) want[slice.path].push_back(slice.rows);
  }
  unnameable.clear();
  const auto got = SplitInSlices(splitter, batch, &unnameable);
  ASSERT_EQ(unnameable.size(), want_unnameable.size());
  for (size_t i = 0; i < unnameable.size(); ++i) EXPECT_EQ(unnameable[i].row, want_unnameable[i]);
  ASSERT_EQ(got.size(), want.size());
  size_t at = 0;
  for (const auto& [path, rows] : want) {
    EXPECT_EQ(got[at].path, path);
    ASSERT_TRUE(got[at].rows->ValidateFull().ok()) << got[at].rows->ValidateFull().ToString();
    ASSERT_EQ(got[at].rows->num_rows(), static_cast<int64_t>(rows.size()));
    for (int column = 0; column < got[at].rows->num_columns(); ++column) {
      arrow::ArrayVector pieces;
      for (const auto& row : rows) pieces.push_back(row->column(column));
      EXPECT_TRUE(got[at].rows->column(column)->Equals(*arrow::Concatenate(pieces).ValueOrDie())) << path << column;
    }
    ++at;
  }
}

TEST(PartitionSplitter, PartitionsComeInOrderOfPathHoweverLongTheyAreAlike) {
  auto splitter = MakePartitionSplitter(Fields({"country", "bucket(1, id)"}), Events()).ValueOrDie();
  std::vector<std::string> names = {"a", "aaaaaaaa", "aaaaaaa", "aaaaaaaa ", "aaaaaaaab", "aaaaaaaaa", "\xc3\xa9", "z"};
  std::vector<std::optional<std::string>> values(names.rbegin(), names.rend());
  std::vector<PartitionSplitter::Unnameable> unnameable;
  const auto batch = BatchWith({{"country", Strings(values)}}, static_cast<int64_t>(values.size()));
  const auto slices = SplitInSlices(*splitter, batch, &unnameable);
  std::vector<std::string> want, got;
  for (const auto& name : names) want.push_back("country=" + name + "/id_bucket=0");
  for (const auto& slice : slices) got.push_back(slice.path);
  std::sort(want.begin(), want.end());
  EXPECT_EQ(got, want);
}

TEST(PartitionSplitter, RandomBatchesSplitAsRowByRow) {
  std::mt19937_64 random(42);
  for (const auto& texts : std::initializer_list<std::vector<std::string>>{
           {"d = day(t)"}, {"country"}, {"ok", "country"}, {"bucket(7, id)"}, {"wide"}, {"uuid"},
           {"truncate(100, amount)", "truncate(1, country)"}, {"bucket(3, country)", "h = hour(t)", "ok"}}) {
    auto splitter = MakePartitionSplitter(Fields(texts), Events()).ValueOrDie();
    for (int round = 0; round < 8; ++round) {
      const auto batch = RandomBatch(random, 1 + static_cast<int64_t>(random() % 300), round % 2 == 1);
      ExpectSplitEqualsRowByRow(*splitter,
                                batch->Slice(static_cast<int64_t>(random()) % 2 == 0 ? 0 : batch->num_rows() / 3));
    }
  }
}

TEST(PartitionSplitter, ABatchSplitsAsIfItWereTheFirst) {
  std::mt19937_64 random(43);
  for (const auto& texts : std::initializer_list<std::vector<std::string>>{
           {"d = day(t)"}, {"h = hour(t)"}, {"country"}, {"ok", "country"}, {"bucket(7, id)"}, {"bucket(300, id)"},
           {"bucket(5, country)"}, {"bucket(9, wide)"}, {"truncate(50, amount)"}, {"truncate(400, id)"}}) {
    auto splitter = MakePartitionSplitter(Fields(texts), Events()).ValueOrDie();
    for (int round = 0; round < 30; ++round) {
      const auto rows = static_cast<int64_t>(random() % 2 == 0 ? 1 + random() % 20 : 2000);
      const auto batch = RandomBatch(random, rows, random() % 2 == 1);
      auto first = MakePartitionSplitter(Fields(texts), Events()).ValueOrDie();
      std::vector<PartitionSplitter::Unnameable> unnameable, want_unnameable;
      const auto got = SplitInSlices(*splitter, batch, &unnameable);
      const auto want = SplitInSlices(*first, batch, &want_unnameable);
      ASSERT_EQ(unnameable.size(), want_unnameable.size());
      ASSERT_EQ(got.size(), want.size());
      for (size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(got[i].path, want[i].path);
        ASSERT_TRUE(got[i].rows->Equals(*want[i].rows)) << got[i].path;
      }
    }
  }
}

TEST(GatherRows, TakesNestedRowsWhole) {
  // [{x: 0}, null, {x: null}, {x: 3}], then lists of these, one of them null.
  arrow::Int64Builder numbers;
  ASSERT_TRUE(numbers.AppendValues({0, 1, 2, 3}, {true, true, false, true}).ok());
  const auto x = numbers.Finish().ValueOrDie();
  const uint8_t valid = 0b1101;
  const auto structs = std::make_shared<arrow::StructArray>(arrow::struct_({arrow::field("x", arrow::int64())}), 4,
                                                            arrow::ArrayVector{x}, arrow::Buffer::Wrap(&valid, 1));
  arrow::Int32Builder ends;
  ASSERT_TRUE(ends.AppendValues({0, 2, 2, 3, 4}, {true, false, true, true, true}).ok());
  const auto lists = arrow::ListArray::FromArrays(*ends.Finish().ValueOrDie(), *structs).ValueOrDie();
  const std::vector<int32_t> rows = {2, 0, 0, 1};
  for (const std::shared_ptr<arrow::Array>& array :
       {std::shared_ptr<arrow::Array>(structs), std::shared_ptr<arrow::Array>(lists), lists->Slice(1),
        structs->Slice(1)}) {
    std::vector<int32_t> taken;
    arrow::ArrayVector pieces;
    for (const int32_t row : rows) {
      if (row >= array->length()) continue;
      taken.push_back(row);
      pieces.push_back(array->Slice(row, 1));
    }
    const auto got = GatherRows(*array, taken, arrow::default_memory_pool()).ValueOrDie();
    EXPECT_TRUE(got->ValidateFull().ok());
    EXPECT_TRUE(got->Equals(*arrow::Concatenate(pieces).ValueOrDie())) << got->ToString();
  }
}

}  // namespace
}  // namespace freight
