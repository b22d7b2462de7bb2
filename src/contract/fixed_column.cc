// Columns of fixed-width values: numbers, booleans, dates, times, timestamps, uuids.
#include "contract/codecs.h"
#include "contract/column_base.h"
#include "contract/column_output.h"
#include "contract/field_blocks.h"
#include "contract/value_rules.h"

#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/type.h>

#include <cstring>

namespace freight {

namespace {

template <typename Codec>
class FixedColumn final : public ColumnParser {
 public:
  using Value = typename Codec::Value;

  FixedColumn(ColumnContext context, Codec codec, ValueRules<Codec> rules)
      : context_(std::move(context)), expected_(context_.column), codec_(std::move(codec)), rules_(std::move(rules)),
        blocks_(codec_, rules_, context_.field_text),
        empty_is_null_(context_.field_text.OnlyEmptyIsNull() && !context_.column.rules.required) {}

  Status Parse(const char* text, std::span<const Field> fields, std::span<uint8_t> errors) override {
    const auto rows = static_cast<int64_t>(fields.size());
    ARROW_RETURN_NOT_OK(Reserve(rows * static_cast<int64_t>(sizeof(Value)), context_.pool, &values_));
    ARROW_RETURN_NOT_OK(validity_.Reset(rows, context_.pool));
    auto* out = reinterpret_cast<Value*>(values_->mutable_data());
    // Inlined where it is called: the loop over rows keeps its state in registers.
    const auto parse_row = [&](size_t i) __attribute__((always_inline)) {
      const Field field = fields[i];
      Value value;
      if (Fast(text, field, &value)) [[likely]] {
        out[i] = value;
        return true;
      }
      if (empty_is_null_ && field.length == 0 && !field.quoted) {
        validity_.SetNull(i);
        out[i] = Value{};
        return false;
      }
      out[i] = Careful(text, field, i, &errors[i]);
      return validity_.IsValid(i);
    };
    for (size_t i = blocks_.Parse(text, fields, out, parse_row); i < fields.size(); ++i) parse_row(i);
    return Status::OK();
  }

  Result<std::shared_ptr<arrow::Array>> Finish(const KeptRows& kept) override {
    int64_t null_count = 0;
    ARROW_ASSIGN_OR_RAISE(auto validity, validity_.Finish(kept, context_.pool, &null_count));
    auto* values = reinterpret_cast<Value*>(values_->mutable_data());
    if (!kept.all()) Compact(values, kept);
    std::shared_ptr<arrow::Buffer> data;
    if constexpr (std::is_same_v<Codec, BooleanCodec>) {
      ARROW_ASSIGN_OR_RAISE(data, PackBits({values, static_cast<size_t>(kept.count())}, context_.pool));
    } else {
      ARROW_RETURN_NOT_OK(values_->Resize(kept.count() * static_cast<int64_t>(sizeof(Value)), /*shrink_to_fit=*/false));
      data = std::move(values_);
    }
    return arrow::MakeArray(arrow::ArrayData::Make(context_.arrow_type, kept.count(), {validity, data}, null_count));
  }

  void Explain(const char* text, const Field& field, std::vector<Failure>* failures) override {
    // Of most bad rows, this is a column that has nothing to say.
    if (Value value; Fast(text, field, &value)) return;
    Verdict verdict(context_.index, failures);
    bool is_null = false;
    Judge(text, field, &verdict, &is_null);
  }

 private:
  // False says nothing.
  [[gnu::always_inline]] bool Fast(const char* text, const Field& field, Value* value) const {
    return !context_.field_text.IsOdd(field) && codec_.Fast(text + field.begin, field.length, value) &&
           rules_.Accepts(*value);
  }

  [[gnu::noinline]] Value Careful(const char* text, const Field& field, size_t row, uint8_t* error) {
    Verdict verdict(context_.index, nullptr);
    bool is_null = false;
    const Value value = Judge(text, field, &verdict, &is_null);
    if (is_null) validity_.SetNull(row);
    if (!verdict.ok()) *error = 1;
    return value;
  }

  Value Judge(const char* text, const Field& field, Verdict* verdict, bool* is_null) {
    *is_null = context_.field_text.IsNull(text, field);
    if (*is_null) {
      if (context_.column.rules.required) verdict->Add(Reason::kMissing, "not null");
      return Value{};
    }
    Value value{};
    if (const TypeError error = codec_.Careful(context_.field_text.Of(text, field, &scratch_), &value)) {
      verdict->Add(*error, expected_.type);
      return Value{};
    }
    if (rules_.IsBelow(value)) verdict->Add(Reason::kBelowMinimum, expected_.minimum);
    if (rules_.IsAbove(value)) verdict->Add(Reason::kAboveMaximum, expected_.maximum);
    if (rules_.IsNoMultiple(value)) verdict->Add(Reason::kNotMultiple, expected_.multiple_of);
    if (rules_.IsUnknown(value)) verdict->Add(Reason::kNotInSet, expected_.valid_values);
    return value;
  }

  const ColumnContext context_;
  const ExpectedTexts expected_;
  const Codec codec_;
  const ValueRules<Codec> rules_;
  const FieldBlocks<Codec> blocks_;
  const bool empty_is_null_;  // and nothing else is, and that breaks no rule
  std::shared_ptr<arrow::ResizableBuffer> values_;
  Validity validity_;
  std::string scratch_;
};

}  // namespace

Result<std::unique_ptr<ColumnParser>> MakeFixedColumn(ColumnContext context) {
  std::vector<TextFormat> formats;
  for (const std::string& pattern : context.column.type.formats) {
    ARROW_ASSIGN_OR_RAISE(formats.emplace_back(), CompileTextFormat(pattern, context.column.type));
  }
  const ColumnType type = context.column.type;
  return WithCodec(type, std::move(formats), [&](auto codec) -> Result<std::unique_ptr<ColumnParser>> {
    using Codec = decltype(codec);
    ARROW_ASSIGN_OR_RAISE(auto rules, ValueRules<Codec>::Make(context.column, codec));
    return std::make_unique<FixedColumn<Codec>>(std::move(context), std::move(codec), std::move(rules));
  });
}

}  // namespace freight
