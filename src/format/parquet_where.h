// `where` of a Parquet source: rows that are not wanted, and row groups whose statistics show that they hold no others.
//
//   condition := column op literal | column "is null" | column "is not null"
//   op        := "=" | "!=" | "<" | "<=" | ">" | ">="
//   column    := a path (json_path.h): a name without blanks, any name in double quotes, user.id inside structs
//   literal   := the rest of the text, in single quotes or without
// All conditions must hold. A comparison with null does not hold, and none with NaN but "!=".
#pragma once

#include "base/status.h"
#include "format/parquet_match.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace parquet {
class RowGroupMetaData;
}

namespace freight {

enum class CompareOp : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kIsNull, kIsNotNull };

struct Condition {
  std::vector<std::string> path;
  CompareOp op = CompareOp::kEqual;
  std::string literal;
  std::string text;  // as written
};
Result<Condition> ParseCondition(std::string_view text);
std::vector<std::vector<std::string>> PathsOf(const std::vector<Condition>& conditions);

// Conditions bound to a file: literals are values of the types of its columns.
// Thread: const, for all threads at once.
class ParquetFilter {
 public:
  // `sources`: of the conditions. Fails with the file's name and help: a literal that the type cannot hold exactly.
  static Result<ParquetFilter> Bind(const std::vector<Condition>& conditions,
                                    const std::vector<ParquetSource>& sources, const InputFile& file);
  // Whether statistics prove that no row holds. False when they are absent or cannot be trusted.
  bool Excludes(const parquet::RowGroupMetaData& group) const;
  // Clears keep[i] where a condition does not hold.
  Status Apply(const arrow::RecordBatch& batch, std::vector<uint8_t>* keep, arrow::MemoryPool* pool) const;

 private:
  using Value = std::variant<std::monostate, __int128, double, std::string>;
  struct Bound {
    CompareOp op;
    Value value;
    ParquetSource source;
  };
  static Result<Value> ValueOf(const Condition& condition, const arrow::DataType& type);
  std::vector<Bound> bounds_;
};

}  // namespace freight
