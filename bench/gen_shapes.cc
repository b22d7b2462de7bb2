// freight_gen_shapes: writes seeded CSV files of other shapes than events, and a JSON manifest with their figures:
//   wide     100 numeric columns: integers, decimals, doubles in turn
//   groupby  the 9 columns of db-benchmark's G1 data: 100 groups, and one group per 100 rows
//
// Readers are checked against the manifest: nothing in it comes from reading a file back. Numbers with a fraction are
// counted in their last digit, so that sums are exact.
#include "gen_common.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace gen;

constexpr const char* kUsage =
    "usage: freight_gen_shapes --kind wide|groupby --out PATH --rows N [--seed N] [--manifest JSON]\n";
constexpr int kWideColumns = 100;
constexpr int64_t kGroups = 100;

enum class Kind : uint8_t { kInteger, kDecimal, kDouble, kCode };

struct Column {
  Kind kind;
  std::string name;
  int64_t below;      // values are 0 .. below-1
  int64_t first = 0;  // added to them
  int digits = 0;     // after the point, or of a code after its "id"
  int64_t null_one_in = 0;
  int64_t sum = 0, min = INT64_MAX, max = INT64_MIN, nulls = 0;
};

void AppendValue(std::string& out, const Column& c, int64_t value) {
  if (c.kind == Kind::kInteger) {
    AppendInt(out, value);
  } else if (c.kind == Kind::kCode) {
    out += "id";
    AppendPadded(out, value, c.digits);
  } else {
    const int64_t unit = c.digits == 2 ? 100 : 1'000'000;
    AppendInt(out, value / unit);
    out += '.';
    AppendPadded(out, value % unit, c.digits);
  }
}

void AppendNext(std::string& out, Column& c, Random& random) {
  if (c.null_one_in > 0 && random.Below(c.null_one_in) == 0) {
    ++c.nulls;
    return;
  }
  const int64_t value = c.first + random.Below(c.below);
  c.sum += value;
  c.min = std::min(c.min, value);
  c.max = std::max(c.max, value);
  AppendValue(out, c, value);
}

std::vector<Column> WideColumns() {
  std::vector<Column> columns;
  for (int i = 0; i < kWideColumns; ++i) {
    std::string number;
    AppendPadded(number, i, 2);
    if (i % 3 == 0) columns.push_back({Kind::kInteger, "i" + number, 1'000'000});
    else if (i % 3 == 1) columns.push_back({Kind::kDecimal, "d" + number, 1'000'000, 0, 2, 100});
    else columns.push_back({Kind::kDouble, "f" + number, 1'000'000, 0, 6});
  }
  return columns;
}

std::vector<Column> GroupbyColumns(int64_t rows) {
  const int64_t small_groups = std::max<int64_t>(1, rows / kGroups);
  return {{Kind::kCode, "id1", kGroups, 1, 3},      {Kind::kCode, "id2", kGroups, 1, 3},
          {Kind::kCode, "id3", small_groups, 1, 10}, {Kind::kInteger, "id4", kGroups, 1},
          {Kind::kInteger, "id5", kGroups, 1},      {Kind::kInteger, "id6", small_groups, 1},
          {Kind::kInteger, "v1", 5, 1},             {Kind::kInteger, "v2", 15, 1},
          {Kind::kDouble, "v3", 100'000'000, 0, 6}};
}

std::string CodeText(const Column& c, int64_t value) {
  std::string text;
  AppendValue(text, c, value);
  return text;
}

std::string JsonColumn(const Column& c) {
  std::string json = "{\"name\": \"" + c.name + "\", \"nulls\": " + std::to_string(c.nulls);
  if (c.kind == Kind::kCode) {
    return json + ", \"min\": \"" + CodeText(c, c.min) + "\", \"max\": \"" + CodeText(c, c.max) + "\"}";
  }
  return json + ", \"sum\": " + std::to_string(c.sum) + ", \"min\": " + std::to_string(c.min) +
         ", \"max\": " + std::to_string(c.max) + "}";
}

std::string JsonFigures(const std::vector<Column>& columns, int64_t bytes, int64_t rows) {
  std::string json = "{\n  \"bytes\": " + std::to_string(bytes) + ",\n  \"rows\": " + std::to_string(rows) +
                     ",\n  \"columns\": [";
  for (size_t i = 0; i < columns.size(); ++i) json += (i == 0 ? "\n    " : ",\n    ") + JsonColumn(columns[i]);
  return json + "\n  ]\n}\n";
}

[[noreturn]] void Misuse(const std::string& message) { Die(message + "\n" + kUsage); }

}  // namespace

int main(int argc, char** argv) {
  std::string kind, path, manifest;
  int64_t rows = 0, seed = 1;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    if (i + 1 == argc) Misuse(key + " needs a value");
    if (key == "--kind") kind = argv[i + 1];
    else if (key == "--out") path = argv[i + 1];
    else if (key == "--manifest") manifest = argv[i + 1];
    else if (key == "--rows") rows = ParseNumber(key, argv[i + 1]);
    else if (key == "--seed") seed = ParseNumber(key, argv[i + 1]);
    else Misuse("no option " + key);
  }
  if (path.empty() || rows == 0 || (kind != "wide" && kind != "groupby")) Misuse("kind, out and rows are needed");
  std::vector<Column> columns = kind == "wide" ? WideColumns() : GroupbyColumns(rows);
  Random random(static_cast<uint64_t>(seed));
  Output out(path);
  for (const Column& c : columns) out.buffer() += (&c == &columns[0] ? "" : ",") + c.name;
  out.buffer() += '\n';
  for (int64_t row = 0; row < rows; ++row) {
    for (Column& c : columns) {
      if (&c != &columns[0]) out.buffer() += ',';
      AppendNext(out.buffer(), c, random);
    }
    out.buffer() += '\n';
    out.RowDone();
  }
  out.Close();
  if (!manifest.empty()) WriteText(manifest, JsonFigures(columns, out.bytes(), rows));
}
