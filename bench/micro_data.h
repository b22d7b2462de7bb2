// Text and columns that the micro-benchmarks share: seeded, as large as one morsel, shaped like the generated events.
#pragma once

#include "gen_common.h"

#include "contract/column_parser.h"
#include "contract/contract.h"

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace micro {

constexpr int64_t kTextBytes = 4 << 20;
constexpr int64_t kBatchRows = 16 << 10;  // about 1 MiB of events
constexpr size_t kPad = 64;
constexpr std::string_view kTypes[] = {"view",  "click",  "search", "cart",   "purchase", "refund",
                                       "login", "logout", "share",  "review", "wishlist", "support"};
constexpr std::string_view kWords[] = {"fine", "fast", "late", "price", "again", "never", "small", "return"};

inline void AppendUser(std::string& out, gen::Random& random) { gen::AppendInt(out, 1 + random.Below(5'000'000)); }
inline void AppendAmount(std::string& out, gen::Random& random) { gen::AppendCents(out, random.Below(20'000)); }
inline void AppendType(std::string& out, gen::Random& random) { out += kTypes[random.Below(std::size(kTypes))]; }
inline void AppendDouble(std::string& out, gen::Random& random) {
  gen::AppendInt(out, random.Below(100));
  out += '.';
  gen::AppendPadded(out, random.Below(1'000'000), 6);
}
inline void AppendDay(std::string& out, gen::Random& random) {
  out += "2026-06-";
  gen::AppendPadded(out, 1 + random.Below(30), 2);
}
inline void AppendTimestamp(std::string& out, gen::Random& random) {
  AppendDay(out, random);
  out += ' ';
  gen::AppendPadded(out, random.Below(24), 2);
  out += ':';
  gen::AppendPadded(out, random.Below(60), 2);
  out += ':';
  gen::AppendPadded(out, random.Below(60), 2);
}
inline void AppendComment(std::string& out, gen::Random& random) {
  for (int64_t words = 1 + random.Below(7); words > 0; --words) {
    out += kWords[random.Below(std::size(kWords))];
    if (words > 1) out += ' ';
  }
}

// Rows of user, time, type, amount and comment; a quarter of the comments is missing, a quarter stands in quotes.
inline std::string EventText() {
  gen::Random random(1);
  std::string text;
  while (static_cast<int64_t>(text.size()) < kTextBytes) {
    AppendUser(text, random);
    text += ',';
    AppendTimestamp(text, random);
    text += ',';
    AppendType(text, random);
    text += ',';
    AppendAmount(text, random);
    text += ',';
    const int64_t kind = random.Below(4);
    if (kind == 1) text += '"';
    if (kind > 0) AppendComment(text, random);
    if (kind == 1) text += ", \"\"sic\"\"\"";
    text += '\n';
  }
  return text;
}

// One column of a batch as the parsers get it.
struct Cells {
  explicit Cells(void (*append)(std::string&, gen::Random&)) {
    gen::Random random(2);
    for (int64_t row = 0; row < kBatchRows; ++row) {
      freight::Field field;
      field.begin = static_cast<uint32_t>(text.size());
      append(text, random);
      field.length = static_cast<uint32_t>(text.size()) - field.begin;
      fields.push_back(field);
      text += ',';
    }
    text.append(kPad, '\0');
  }
  std::string text;
  std::vector<freight::Field> fields;
};

inline freight::Column ColumnOf(freight::TypeId id, std::string name = "c") {
  freight::Column column;
  column.name = column.source_name = std::move(name);
  column.type.id = id;
  if (id == freight::TypeId::kDecimal) {
    column.type.precision = 12;
    column.type.scale = 2;
  }
  return column;
}

}  // namespace micro
