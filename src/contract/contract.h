// A data contract as values: columns, types and row rules, each with the place in the file it came from.
// Parsing lives in contract/odcs.h; nothing here reads files.
#pragma once

#include "base/status.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace freight {

enum class TypeId : uint8_t {
  kString, kInt8, kInt16, kInt32, kInt64, kUInt8, kUInt16, kUInt32, kUInt64,
  kDecimal, kFloat, kDouble, kBoolean, kDate, kTime, kTimestamp, kUuid, kBinary,
  kStruct, kList,  // of inputs that have nested values
};

enum class BinaryEncoding : uint8_t { kHex, kBase64 };

struct Column;

struct ColumnType {
  TypeId id = TypeId::kString;
  int precision = 0;                // decimal: 1..38
  int scale = 0;                    // decimal: 0..precision
  bool with_zone = false;           // timestamp: text must carry an offset or Z; stored as UTC micros
  std::vector<std::string> formats; // date/time/timestamp: JDK patterns as declared; empty = ISO 8601
  std::vector<std::string> true_spellings;   // boolean; default {"true"}
  std::vector<std::string> false_spellings;  // boolean; default {"false"}
  BinaryEncoding encoding = BinaryEncoding::kHex;
  bool json_text = false;           // string: the JSON text of a value of any kind, where inputs have such
  bool quoted_numbers = false;      // numbers: inputs with strings and numbers may spell them as strings
  std::vector<Column> children;     // struct: its fields; list: its one element

  bool nested() const { return id == TypeId::kStruct || id == TypeId::kList; }

  // Arrow type of the values we build: decimal32/64/128 by precision (<=9, <=18, else), date32, time64[us],
  // timestamp[us] or timestamp[us, UTC], fixed_size_binary(16) for uuid, utf8, binary, ...
  std::shared_ptr<arrow::DataType> Arrow() const;
  std::string ToString() const;  // as messages say it: "decimal(12,2)", "int64", "timestamp"
};

// A limit in the column's storage unit: integers and decimals scaled to the column's scale, days, micros;
// `real` for float and double. `text` as written, for messages.
struct Bound {
  __int128 value = 0;
  double real = 0;
  std::string text;
  bool exclusive = false;
};

struct Rules {
  bool required = false;
  std::optional<Bound> minimum, maximum;
  std::optional<Bound> multiple_of;
  std::optional<int64_t> min_length, max_length;  // code points (string), bytes (binary), items (list)
  std::optional<std::string> pattern;             // RE2, searched (not anchored)
  std::vector<std::string> valid_values;          // as text in the column's spelling; empty = any
};

struct Column {
  std::string name;         // in the dataset
  std::string source_name;  // in the input: physicalName if given, else name; a path where inputs are nested
  ColumnType type;
  Rules rules;
  Place place;              // of the property in the contract file
};

enum class ColumnsPolicy : uint8_t { kIgnoreUnknown, kFreeze };  // input columns the contract does not name

// The Arrow field of a column: nullable unless required.
std::shared_ptr<arrow::Field> ArrowField(const Column& column);

struct Contract {
  std::string id, name, version;
  std::vector<Column> columns;
  ColumnsPolicy columns_policy = ColumnsPolicy::kIgnoreUnknown;
  std::optional<double> max_quarantine_percent;
  std::vector<std::string> notes;  // what the contract declares and this engine does not enforce, for check and plan
  std::string hash;                // of what decides verdicts and schema, not of comments and order of keys

  std::shared_ptr<arrow::Schema> ArrowSchema() const;  // in contract order; nullable unless required
};

}  // namespace freight
