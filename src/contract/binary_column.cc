// Binary columns: hex or base64 text to bytes.
#include "contract/column_base.h"
#include "contract/column_output.h"
#include "contract/exact_text.h"
#include "contract/text_output.h"

#include <arrow/type.h>

#include <algorithm>

namespace freight {

namespace {

class BinaryColumn final : public ColumnParser {
 public:
  BinaryColumn(ColumnContext context, std::vector<std::string> valid)
      : context_(std::move(context)), expected_(context_.column), valid_(std::move(valid)) {}

  Status Parse(const char* text, std::span<const Field> fields, std::span<uint8_t> errors) override {
    ARROW_RETURN_NOT_OK(validity_.Reset(static_cast<int64_t>(fields.size()), context_.pool));
    ARROW_RETURN_NOT_OK(output_.Reset(fields, 1, context_.pool));
    for (size_t i = 0; i < fields.size(); ++i) {
      Verdict verdict(context_.index, nullptr);
      bool is_null = false;
      output_.AppendCopy(Judge(text, fields[i], &verdict, &is_null));
      if (is_null) validity_.SetNull(i);
      if (!verdict.ok()) errors[i] = 1;
    }
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::Array>> Finish(const KeptRows& kept) override {
    int64_t null_count = 0;
    ARROW_ASSIGN_OR_RAISE(auto validity, validity_.Finish(kept, context_.pool, &null_count));
    return output_.Finish(context_.arrow_type, kept, std::move(validity), null_count);
  }

  void Explain(const char* text, const Field& field, std::vector<Failure>* failures) override {
    Verdict verdict(context_.index, failures);
    bool is_null = false;
    Judge(text, field, &verdict, &is_null);
  }

 private:
  // The bytes, in decoded_; empty when null or not of the type.
  std::string_view Judge(const char* text, const Field& field, Verdict* verdict, bool* is_null) {
    const Rules& rules = context_.column.rules;
    *is_null = context_.field_text.IsNull(text, field);
    if (*is_null) {
      if (rules.required) verdict->Add(Reason::kMissing, "not null");
      return {};
    }
    const std::string_view value = context_.field_text.Of(text, field, &scratch_);
    decoded_.clear();
    const bool no_bytes = value.empty() && context_.empty_binary;
    const TypeError error = no_bytes ? std::nullopt : ParseBinary(value, context_.column.type.encoding, &decoded_);
    if (error) {
      verdict->Add(*error, expected_.type);
      return {};
    }
    const auto size = static_cast<int64_t>(decoded_.size());
    if (rules.min_length && size < *rules.min_length) verdict->Add(Reason::kTooShort, expected_.min_length);
    if (rules.max_length && size > *rules.max_length) verdict->Add(Reason::kTooLong, expected_.max_length);
    if (!valid_.empty() && std::find(valid_.begin(), valid_.end(), decoded_) == valid_.end()) {
      verdict->Add(Reason::kNotInSet, expected_.valid_values);
    }
    return decoded_;
  }

  const ColumnContext context_;
  const ExpectedTexts expected_;
  const std::vector<std::string> valid_;  // decoded
  Validity validity_;
  TextOutput output_;
  std::string scratch_, decoded_;
};

}  // namespace

Result<std::unique_ptr<ColumnParser>> MakeBinaryColumn(ColumnContext context) {
  const Column& column = context.column;
  std::vector<std::string> valid;
  for (const std::string& text : column.rules.valid_values) {
    if (ParseBinary(text, column.type.encoding, &valid.emplace_back())) {
      return Fail(Reaction::kInvalid, "valid value \"{}\" of \"{}\" is not of type {}", text, column.name,
                  column.type.ToString())
          .At(column.place);
    }
  }
  return std::make_unique<BinaryColumn>(std::move(context), std::move(valid));
}

}  // namespace freight
