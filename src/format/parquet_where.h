// `where` of a Parquet source: rows that are not wanted, and row groups whose statistics show that they hold no others.
//
//   condition := column op literal | column "is null" | column "is not null"
//   op        := "=" | "!=" | "<" | "<=" | ">" | ">="
//   column    := a name without blanks, or any name in double quotes
//   literal   := the rest of the text, in single quotes or without
// All conditions must hold. A comparison with null does not hold, and none with NaN but "!=".
#pragma once

#include "base/status.h"
#include "format/input_format.h"

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
  std::string column;
  CompareOp op = CompareOp::kEqual;
  std::string literal;
  std::string text;  // as written
};
Result<Condition> ParseCondition(std::string_view text);

// Conditions bound to a file: literals are values of the types of its columns.
// Thread: const, for all threads at once.
class ParquetFilter {
 public:
  // Fails with the file's name and help: no such column, a literal that the column's type cannot hold exactly.
  static Result<ParquetFilter> Bind(const std::vector<Condition>& conditions, const arrow::Schema& schema,
                                    const InputFile& file);
  // Top-level columns that conditions look at.
  const std::vector<int>& columns() const { return columns_; }
  // Whether statistics prove that no row holds. False when they are absent or cannot be trusted.
  bool Excludes(const parquet::RowGroupMetaData& group) const;
  // Clears keep[i] where a condition does not hold. `places`: where each of columns() stands in the batch.
  void Apply(const arrow::RecordBatch& batch, const std::vector<int>& places, std::vector<uint8_t>* keep) const;

 private:
  using Value = std::variant<std::monostate, __int128, double, std::string>;
  struct Bound {
    CompareOp op;
    Value value;
    std::shared_ptr<arrow::DataType> type;
    std::string column;
  };
  static Result<Value> ValueOf(const Condition& condition, const arrow::DataType& type);
  std::vector<Bound> bounds_;
  std::vector<int> columns_;  // of each bound
};

}  // namespace freight
