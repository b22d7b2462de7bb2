// Columns of numbers, dates and timestamps parsed in blocks against the same fields parsed one by one.
#include "contract/field_blocks.h"

#include "contract/column_parser.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace freight {
namespace {

struct Batch {
  std::string text;  // with the 64 bytes behind it
  std::vector<Field> fields;
};

// A cell that suits some columns and not others; `style` says of which kind most of a batch are.
std::string NumberOf(int style, std::mt19937_64& random) {
  const std::string whole = std::to_string(random() % (random() % 2 ? 100 : 10'000'000));
  const std::string sign = random() % 3 == 0 ? "-" : "";
  switch (style) {
    case 0: return sign + whole;
    case 1: return sign + whole + "." + std::to_string(random() % 90 + 10);
    case 2: return sign + whole + "." + std::to_string(random() % 100'000);
    case 3: return sign + std::to_string(random());
    case 4: return sign + std::to_string(random() % 200) + ".0";
    case 5: return "";
    case 6: return "NULL";
    default: {
      constexpr const char* kOdd[] = {"-", "+5", "1e3", "--1", "1.", ".5", "-0", "-0.00", "0.00", "NaN", "1.2.3", " 1",
                                      "99999999999999999999", "000000000000000000001.50", "12.3400", "7\x80", "1,5"};
      return kOdd[random() % std::size(kOdd)];
    }
  }
}
constexpr int kStyles = 8;

std::string MomentOf(int style, std::mt19937_64& random) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<uint64_t>(n)); };
  const std::string date = fmt::format("{:04}-{:02}-{:02}", 1960 + below(100), 1 + below(12), 1 + below(31));
  const std::string time = fmt::format("{:02}:{:02}:{:02}", below(24), below(60), below(60));
  switch (style) {
    case 0: return date;
    case 1: return date + " " + time;
    case 2: return date + "T" + time;
    case 3: return date + "T" + time + "Z";
    case 4: return date + (below(2) ? " " : "T") + time + "+02:00";
    case 5: return "";
    case 6: return "NULL";
    default: {
      constexpr const char* kOdd[] = {
          "2024-02-29", "2023-02-29", "0000-01-01", "0099-12-31T23:59:59", "1900-02-29 00:00:00", "2023-1-1",
          "2024-02-29T12:00:00Z", "2023-06-31", "2023-00-10", "2023-13-10 10:00:00", "2023-01-10 24:00:00",
          "2023-01-10T10:60:00", "2023-01-10 10:00:60", "2023-01-10 10:00:00.25", "2023/01/10",
          "2023-01-10_10:00:00", "9999-12-31"};
      return kOdd[below(std::size(kOdd))];
    }
  }
}

using CellOf = std::string (*)(int style, std::mt19937_64& random);

Batch RandomBatch(std::mt19937_64& random, CellOf cell_of) {
  Batch batch;
  const int usual = static_cast<int>(random() % kStyles);
  const uint64_t share = random() % 3;
  const uint64_t rows = random() % 400;
  for (uint64_t i = 0; i < rows; ++i) {
    // Batches change halfway: what was given up or taken for usual is then wrong.
    const int now = i < rows / 2 ? usual : usual / 2;
    const bool other = share > 0 && random() % (share * 8) == 0;
    const std::string cell = cell_of(other ? static_cast<int>(random() % kStyles) : now, random);
    Field field;
    field.begin = static_cast<uint32_t>(batch.text.size());
    field.length = static_cast<uint32_t>(cell.size());
    field.quoted = random() % 16 == 0;
    field.escaped = random() % 64 == 0;
    field.missing = random() % 64 == 0;
    batch.fields.push_back(field);
    batch.text += cell + ",";
  }
  batch.text += std::string(64, '7');
  return batch;
}

void Append(ColumnParser* parser, const Batch& batch, std::span<const Field> fields, std::vector<uint8_t>* errors,
            arrow::ArrayVector* arrays) {
  std::vector<uint8_t> now(fields.size(), 0), keep(fields.size(), 1);
  ASSERT_TRUE(parser->Parse(batch.text.data(), fields, now).ok());
  for (size_t i = 0; i < now.size(); ++i) keep[i] = !now[i];
  arrays->push_back(parser->Finish(KeptRows(keep)).ValueOrDie());
  errors->insert(errors->end(), now.begin(), now.end());
}

void ExpectSameOneByOne(const Column& column, const TextRules& rules, CellOf cell_of, std::mt19937_64& random) {
  const auto parser = MakeColumnParser(column, 0, rules, arrow::default_memory_pool()).ValueOrDie();
  for (int round = 0; round < 40; ++round) {
    const Batch batch = RandomBatch(random, cell_of);
    std::vector<uint8_t> errors, want_errors;
    arrow::ArrayVector all, ones;
    Append(parser.get(), batch, batch.fields, &errors, &all);
    for (const Field& field : batch.fields) Append(parser.get(), batch, {&field, 1}, &want_errors, &ones);
    ASSERT_EQ(errors, want_errors) << column.type.ToString();
    if (ones.empty()) continue;
    const auto want = arrow::Concatenate(ones).ValueOrDie();
    ASSERT_TRUE(all[0]->Equals(want, arrow::EqualOptions::Defaults().nans_equal(true).signed_zeros_equal(false)))
        << column.type.ToString();
  }
}

std::vector<ColumnType> NumberTypes() {
  std::vector<ColumnType> types;
  for (const TypeId id : {TypeId::kInt8, TypeId::kInt16, TypeId::kInt32, TypeId::kInt64, TypeId::kUInt8,
                          TypeId::kUInt16, TypeId::kUInt32, TypeId::kUInt64, TypeId::kFloat, TypeId::kDouble}) {
    types.push_back({.id = id});
  }
  for (const auto& [precision, scale] : std::initializer_list<std::pair<int, int>>{
           {3, 1}, {4, 2}, {9, 0}, {9, 2}, {12, 2}, {18, 2}, {18, 14}, {18, 15}, {18, 18}, {38, 2}, {38, 20}}) {
    types.push_back({.id = TypeId::kDecimal, .precision = precision, .scale = scale});
  }
  return types;
}

std::vector<ColumnType> MomentTypes() {
  return {{.id = TypeId::kDate},
          {.id = TypeId::kDate, .formats = {"yyyy-MM-dd"}},
          {.id = TypeId::kDate, .formats = {"yyyy-MM-dd", "yyyy/MM/dd"}},
          {.id = TypeId::kTimestamp},
          {.id = TypeId::kTimestamp, .with_zone = true},
          {.id = TypeId::kTimestamp, .formats = {"yyyy-MM-dd HH:mm:ss"}},
          {.id = TypeId::kTimestamp, .formats = {"yyyy-MM-dd'T'HH:mm:ss"}},
          {.id = TypeId::kTimestamp, .with_zone = true, .formats = {"yyyy-MM-dd'T'HH:mm:ssX"}}};
}

TEST(FieldBlocks, SayWhatTheFieldsOneByOneSay) {
  std::mt19937_64 random(31);
  TextRules nulls;
  nulls.nulls = {"", "NULL", "-0"};
  for (const ColumnType& type : NumberTypes()) {
    for (const TextRules& rules : {TextRules(), nulls}) {
      ExpectSameOneByOne({.name = "c", .source_name = "c", .type = type}, rules, NumberOf, random);
    }
  }
  for (const ColumnType& type : MomentTypes()) {
    for (const TextRules& rules : {TextRules(), nulls}) {
      ExpectSameOneByOne({.name = "c", .source_name = "c", .type = type}, rules, MomentOf, random);
    }
  }
}

TEST(FieldBlocks, KeepEveryRule) {
  std::mt19937_64 random(32);
  for (const ColumnType& type : NumberTypes()) {
    for (int kind = 0; kind < 16; ++kind) {
      Rules rules;
      const bool exclusive = (kind & 2) != 0;
      if (type.precision == type.scale && type.id == TypeId::kDecimal) continue;  // holds none of these bounds
      if (kind & 1) rules.minimum = ParseBound(type, "1", exclusive).ValueOrDie();
      if (kind & 4) rules.maximum = ParseBound(type, "99", exclusive).ValueOrDie();
      if (kind & 8) rules.multiple_of = ParseBound(type, "3", false).ValueOrDie();
      if (kind == 3 || kind == 12) rules.valid_values = {"5", "7", "12", "42"};
      ExpectSameOneByOne({.name = "c", .source_name = "c", .type = type, .rules = rules}, {}, NumberOf, random);
    }
  }
  for (const ColumnType& type : MomentTypes()) {
    const bool date = type.id == TypeId::kDate;
    const std::string time = date || !type.formats.empty() ? "" : type.with_zone ? "T10:00:00Z" : "T10:00:00";
    if (!date && !type.formats.empty()) continue;  // the bound of one format is none of the other
    Rules rules;
    rules.minimum = ParseBound(type, "1970-01-01" + time, false).ValueOrDie();
    rules.maximum = ParseBound(type, "2024-06-11" + time, true).ValueOrDie();
    ExpectSameOneByOne({.name = "c", .source_name = "c", .type = type, .rules = rules}, {}, MomentOf, random);
    rules.valid_values = {"2000-01-01" + time, "2020-03-04" + time};
    ExpectSameOneByOne({.name = "c", .source_name = "c", .type = type, .rules = rules}, {}, MomentOf, random);
  }
}

}  // namespace
}  // namespace freight
