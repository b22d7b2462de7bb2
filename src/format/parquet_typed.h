// A typed column of an input judged by a contract column: exact or refused, by the rules that text is judged by.
//
// What the contract takes as it stands passes without being touched. Everything else is rendered as its exact text and
// parsed as text is, so that every rule and every verdict has one meaning whatever the format.
#pragma once

#include "contract/column_parser.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

// Whether values of the Arrow type `from` can ever be the column's: numbers are no text, text is no number, nothing
// loses digits. Fails with the contract's place.
Status CheckTyped(const Column& column, const arrow::DataType& from);

// kInside: a part of an object or array, which judges `required` for it; never a dictionary.
enum class TypedPart : uint8_t { kColumn, kInside };

// One per thread and column.
class TypedColumn {
 public:
  // `from` has passed CheckTyped; null: the input has no such column. `index` is the contract's.
  static Result<std::unique_ptr<TypedColumn>> Make(const Column& column, int index,
                                                   std::shared_ptr<arrow::DataType> from, arrow::MemoryPool* pool,
                                                   TypedPart part = TypedPart::kColumn);
  ~TypedColumn();
  // Judges a batch. Sets errors[i] to 1 where the value fails. `values` is null when the input has no such column.
  Status Parse(std::shared_ptr<arrow::Array> values, std::span<uint8_t> errors);
  // The kept rows of the last batch, in the column's type.
  Result<std::shared_ptr<arrow::Array>> Finish(const KeptRows& kept);
  void Explain(int64_t row, std::vector<Failure>* failures);

 private:
  TypedColumn() = default;
  bool PassesAsItIs(const arrow::Array& values) const;
  Status Render();
  Status ParseText(std::span<uint8_t> errors);

  arrow::MemoryPool* pool_ = nullptr;
  Column column_;
  std::shared_ptr<arrow::DataType> to_;
  std::shared_ptr<arrow::Array> values_;
  bool may_pass_ = false;  // same type, no rule but `required`
  bool passed_ = false;    // the batch at hand did
  std::unique_ptr<ColumnParser> parser_;
  std::string text_;
  std::vector<Field> fields_;
};

void AppendJsonString(std::string_view text, std::string* out);
// A value as one JSON value: numbers with all their digits, everything else in quotes; null for null.
void AppendJson(const arrow::Array& values, int64_t row, std::string* out);

}  // namespace freight
