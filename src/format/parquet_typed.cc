// TypedColumn: which types fit, what passes untouched, and the way through text for the rest.
#include "format/parquet_typed.h"

#include "contract/column_output.h"
#include "contract/kernels_text.h"
#include "format/typed_text.h"

#include <arrow/array.h>
#include <arrow/type.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace freight {
namespace {

// Readable behind the text, as column parsers demand.
constexpr size_t kTextPad = 64;

bool IsText(const arrow::DataType& type) {
  return arrow::is_string(type.id()) || type.id() == arrow::Type::STRING_VIEW;
}
bool IsBytes(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY ||
         type.id() == arrow::Type::BINARY_VIEW || type.id() == arrow::Type::FIXED_SIZE_BINARY;
}

bool IsWholeDecimal(const arrow::DataType& type) {
  return arrow::is_decimal(type.id()) && static_cast<const arrow::DecimalType&>(type).scale() <= 0;
}

// What a double holds without a loss.
bool FitsReal(const arrow::DataType& type, bool wide) {
  switch (type.id()) {
    case arrow::Type::INT8:
    case arrow::Type::UINT8:
    case arrow::Type::INT16:
    case arrow::Type::UINT16:
    case arrow::Type::FLOAT: return true;
    case arrow::Type::INT32:
    case arrow::Type::UINT32:
    case arrow::Type::DOUBLE: return wide;
    default: return false;
  }
}

bool FitsTimestamp(const ColumnType& to, const arrow::DataType& from) {
  return from.id() == arrow::Type::TIMESTAMP &&
         static_cast<const arrow::TimestampType&>(from).timezone().empty() != to.with_zone;
}

// With `from` no dictionary.
bool Fits(const ColumnType& to, const arrow::DataType& from) {
  if (from.id() == arrow::Type::NA) return true;
  switch (to.id) {
    case TypeId::kString: return IsText(from) || IsBytes(from);
    case TypeId::kInt8:
    case TypeId::kInt16:
    case TypeId::kInt32:
    case TypeId::kInt64:
    case TypeId::kUInt8:
    case TypeId::kUInt16:
    case TypeId::kUInt32:
    case TypeId::kUInt64: return arrow::is_integer(from.id()) || IsWholeDecimal(from);
    case TypeId::kDecimal: return arrow::is_integer(from.id()) || arrow::is_decimal(from.id());
    case TypeId::kFloat: return FitsReal(from, false);
    case TypeId::kDouble: return FitsReal(from, true);
    case TypeId::kBoolean: return from.id() == arrow::Type::BOOL;
    case TypeId::kDate: return from.id() == arrow::Type::DATE32 || IsText(from);
    case TypeId::kTime: return arrow::is_time(from.id()) || IsText(from);
    case TypeId::kTimestamp: return FitsTimestamp(to, from) || IsText(from);
    case TypeId::kUuid: return IsText(from) || (from.id() == arrow::Type::FIXED_SIZE_BINARY && from.byte_width() == 16);
    case TypeId::kBinary: return IsBytes(from) || IsText(from);
    case TypeId::kStruct:
    case TypeId::kList: return false;
  }
  FREIGHT_ASSERT(false);
}

const arrow::DataType& WordType(const arrow::DataType& type) {
  return type.id() == arrow::Type::DICTIONARY ? *static_cast<const arrow::DictionaryType&>(type).value_type() : type;
}

// Limits of whole numbers are judged on the values; the other rules on their text.
bool HasRulesOfText(const Rules& rules, const arrow::DataType& type) {
  const bool limits_too = arrow::is_floating(type.id());
  return (limits_too && (rules.minimum || rules.maximum)) || rules.multiple_of || rules.min_length ||
         rules.max_length || rules.pattern || !rules.valid_values.empty();
}

// Bounds of what a type's values may be, both inclusive.
struct Range {
  __int128 low = 0, high = 0;
};

// What the type's text form could not say is left to the parser's verdict.
Range RangeOf(const arrow::DataType& type) {
  constexpr int64_t kMicrosPerDay = 86'400'000'000;
  constexpr int64_t kFirstDay = -719'162, kLastDay = 2'932'896;  // 0001-01-01, 9999-12-31
  switch (type.id()) {
    case arrow::Type::DATE32: return {kFirstDay, kLastDay};
    case arrow::Type::TIME64: return {0, kMicrosPerDay - 1};
    case arrow::Type::TIMESTAMP: return {kFirstDay * kMicrosPerDay, (kLastDay + 1) * kMicrosPerDay - 1};
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64: {
      __int128 bound = 1;
      for (int i = 0; i < static_cast<const arrow::DecimalType&>(type).precision(); ++i) bound *= 10;
      return {1 - bound, bound - 1};
    }
    default: break;
  }
  const __int128 one = 1;
  const int bits = 8 * type.byte_width();
  if (arrow::is_unsigned_integer(type.id())) return {0, (one << bits) - 1};
  return {-(one << (bits - 1)), (one << (bits - 1)) - 1};
}

template <typename T>
bool AllWithin(const arrow::Array& values, Range range) {
  if (range.low > range.high || range.low > std::numeric_limits<T>::max() ||
      range.high < std::numeric_limits<T>::min()) {
    return values.null_count() == values.length();
  }
  const T low = static_cast<T>(std::max<__int128>(range.low, std::numeric_limits<T>::min()));
  const T high = static_cast<T>(std::min<__int128>(range.high, std::numeric_limits<T>::max()));
  const auto* first = values.data()->GetValues<T>(1);
  const auto beyond = [&](int64_t i) { return first[i] < low || first[i] > high; };
  bool any = false;
  if (values.null_count() == 0) {
    for (int64_t i = 0; i < values.length(); ++i) any |= beyond(i);
  } else {
    for (int64_t i = 0; i < values.length() && !any; ++i) any = beyond(i) && values.IsValid(i);
  }
  return !any;
}

// Within what the type's text can say and the column's limits.
bool AllInRange(const arrow::Array& values, const Rules& rules) {
  const arrow::DataType& type = *values.type();
  if (arrow::is_floating(type.id()) || type.id() == arrow::Type::BOOL ||
      type.id() == arrow::Type::FIXED_SIZE_BINARY) {
    return true;
  }
  Range range = RangeOf(type);
  if (rules.minimum) range.low = std::max(range.low, rules.minimum->value + rules.minimum->exclusive);
  if (rules.maximum) range.high = std::min(range.high, rules.maximum->value - rules.maximum->exclusive);
  switch (type.id()) {
    case arrow::Type::UINT8: return AllWithin<uint8_t>(values, range);
    case arrow::Type::UINT16: return AllWithin<uint16_t>(values, range);
    case arrow::Type::UINT32: return AllWithin<uint32_t>(values, range);
    case arrow::Type::UINT64: return AllWithin<uint64_t>(values, range);
    default: break;
  }
  switch (type.byte_width()) {
    case 1: return AllWithin<int8_t>(values, range);
    case 2: return AllWithin<int16_t>(values, range);
    case 4: return AllWithin<int32_t>(values, range);
    default: return AllWithin<int64_t>(values, range);
  }
}

// Valid utf-8 as a whole, and no value begins inside a character.
bool AllUtf8(const arrow::Array& values) {
  const auto& texts = static_cast<const arrow::StringArray&>(values);
  if (texts.length() == 0) return true;
  const auto* bytes = reinterpret_cast<const char*>(texts.raw_data());
  const int32_t begin = texts.value_offset(0), end = texts.value_offset(texts.length());
  if (!kernels::IsUtf8({bytes + begin, static_cast<size_t>(end - begin)})) return false;
  bool inside = false;
  for (int64_t i = 0; i < texts.length(); ++i) {
    const int32_t at = texts.value_offset(i);
    inside |= at < end && kernels::IsContinuation(static_cast<uint8_t>(bytes[at]));
  }
  return !inside;
}

bool IsPlainNumber(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) || type.id() == arrow::Type::BOOL ||
         type.id() == arrow::Type::DATE32 || type.id() == arrow::Type::TIME64 ||
         type.id() == arrow::Type::TIMESTAMP || type.id() == arrow::Type::DECIMAL32 ||
         type.id() == arrow::Type::DECIMAL64 || type.id() == arrow::Type::FIXED_SIZE_BINARY;
}

// The kept values of a fixed-width array.
Result<std::shared_ptr<arrow::Array>> KeptOf(const arrow::Array& values, const KeptRows& kept,
                                             arrow::MemoryPool* pool) {
  const auto width = static_cast<size_t>(values.type()->byte_width());
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> out,
                        arrow::AllocateBuffer(kept.count() * static_cast<int64_t>(width), pool));
  const uint8_t* from = values.data()->buffers[1]->data() + static_cast<size_t>(values.offset()) * width;
  uint8_t* to = out->mutable_data();
  Validity validity;
  ARROW_RETURN_NOT_OK(validity.Reset(values.length(), pool));
  for (int64_t row = 0; row < values.length(); ++row) {
    if (values.IsNull(row)) validity.SetNull(static_cast<size_t>(row));
  }
  for (const auto [first, count] : kept.runs()) {
    std::memcpy(to, from + first * width, count * width);
    to += count * width;
  }
  int64_t nulls = 0;
  ARROW_ASSIGN_OR_RAISE(auto bitmap, validity.Finish(kept, pool, &nulls));
  return arrow::MakeArray(
      arrow::ArrayData::Make(values.type(), kept.count(), {std::move(bitmap), std::move(out)}, nulls));
}

void AppendObject(const arrow::StructArray& values, int64_t row, std::string* out) {
  out->push_back('{');
  for (int i = 0; i < values.num_fields(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJsonString(values.struct_type()->field(i)->name(), out);
    out->push_back(':');
    AppendJson(*values.field(i), row, out);
  }
  out->push_back('}');
}

template <typename List>
void AppendItems(const arrow::Array& values, int64_t row, std::string* out) {
  const std::shared_ptr<arrow::Array> items = static_cast<const List&>(values).value_slice(row);
  out->push_back('[');
  for (int64_t i = 0; i < items->length(); ++i) {
    if (i > 0) out->push_back(',');
    AppendJson(*items, i, out);
  }
  out->push_back(']');
}

// The column as its rendered text is to be judged: ISO forms for what was typed, hex for bytes.
Column JudgedAs(Column column, const arrow::DataType* from) {
  if (from == nullptr || IsText(*from)) return column;
  column.type.formats.clear();
  column.type.true_spellings.clear();
  column.type.false_spellings.clear();
  if (column.type.id == TypeId::kBinary) column.type.encoding = BinaryEncoding::kHex;
  return column;
}

}  // namespace

Status CheckTyped(const Column& column, const arrow::DataType& from) {
  const arrow::DataType& words = WordType(from);
  const bool own_spelling = !column.type.formats.empty() || column.type.encoding == BinaryEncoding::kBase64;
  if (!IsText(words) && own_spelling && !column.rules.valid_values.empty()) {
    return Fail(Reaction::kInvalid, "the validValues of \"{}\" are spelled in a format that typed values do not have",
                column.source_name)
        .At(column.place)
        .Help("spell them by ISO 8601, or as hex, and drop the format");
  }
  if (HasText(words) && Fits(column.type, words)) return Status::OK();
  return Fail(Reaction::kInvalid,
              "column \"{}\" is {} in the contract and {} in the file, which does not fit without loss",
              column.source_name, column.type.ToString(), from.ToString())
      .At(column.place)
      .Help("declare the file's type, or write the file with the declared one");
}

Result<std::unique_ptr<TypedColumn>> TypedColumn::Make(const Column& column, int index,
                                                       std::shared_ptr<arrow::DataType> from,
                                                       arrow::MemoryPool* pool, TypedPart part) {
  std::unique_ptr<TypedColumn> made(new TypedColumn());
  made->pool_ = pool ? pool : arrow::default_memory_pool();
  made->column_ = column;
  if (part == TypedPart::kInside) made->column_.rules.required = false;
  made->to_ = column.type.Arrow();
  made->may_pass_ = from && from->Equals(*made->to_) && !HasRulesOfText(column.rules, *from) &&
                    (IsPlainNumber(*from) || (from->id() == arrow::Type::STRING && !column.type.json_text));
  TextRules rules;
  rules.nulls = std::vector<std::string>();
  rules.empty_binary = true;
  rules.dictionary = part == TypedPart::kColumn;
  const arrow::DataType* words = from ? &WordType(*from) : nullptr;
  ARROW_ASSIGN_OR_RAISE(made->parser_, MakeColumnParser(JudgedAs(made->column_, words), index, rules, pool));
  return made;
}

TypedColumn::~TypedColumn() = default;

bool TypedColumn::PassesAsItIs(const arrow::Array& values) const {
  if (!may_pass_ || (column_.rules.required && values.null_count() > 0)) return false;
  return values.type_id() == arrow::Type::STRING ? AllUtf8(values) : AllInRange(values, column_.rules);
}

Status TypedColumn::Parse(std::shared_ptr<arrow::Array> values, std::span<uint8_t> errors) {
  values_ = std::move(values);
  fields_.clear();
  passed_ = values_ && PassesAsItIs(*values_);
  if (passed_) return Status::OK();
  if (!values_) fields_.assign(errors.size(), Field{.missing = 1});
  return ParseText(errors);
}

Status TypedColumn::ParseText(std::span<uint8_t> errors) {
  if (fields_.empty() && values_) ARROW_RETURN_NOT_OK(Render());
  text_.reserve(text_.size() + kTextPad);
  return parser_->Parse(text_.data(), fields_, errors);
}

// All values of the batch, one behind the other.
Status TypedColumn::Render() {
  const bool bytes_are_text = column_.type.id == TypeId::kString;
  const TextOf text_of = TextOfValues(*values_, bytes_are_text                        ? BytesText::kAsTheyAre
                                                : column_.type.id == TypeId::kUuid ? BytesText::kUuid
                                                                                      : BytesText::kHex);
  text_.clear();
  fields_.resize(static_cast<size_t>(values_->length()));
  for (int64_t row = 0; row < values_->length(); ++row) {
    Field& field = fields_[static_cast<size_t>(row)];
    field = {};
    if (values_->IsNull(row) || values_->type_id() == arrow::Type::NA) {
      field.missing = 1;
      continue;
    }
    const size_t begin = text_.size();
    text_of(row, &text_);
    if (text_.size() > std::numeric_limits<uint32_t>::max() || text_.size() - begin >= size_t{1} << 29) {
      return Fail(Reaction::kFailed, "a batch of column \"{}\" holds more than {} bytes", column_.source_name, begin)
          .Help("write the file with smaller values");
    }
    field.begin = static_cast<uint32_t>(begin);
    field.length = static_cast<uint32_t>(text_.size() - begin);
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Array>> TypedColumn::Finish(const KeptRows& kept) {
  if (passed_ && kept.all()) return values_;
  const bool fixed = to_->id() != arrow::Type::BOOL && to_->id() != arrow::Type::STRING;
  if (passed_ && fixed) return KeptOf(*values_, kept, pool_);
  if (passed_) {
    std::vector<uint8_t> none(static_cast<size_t>(values_->length()));
    ARROW_RETURN_NOT_OK(ParseText(none));
  }
  return parser_->Finish(kept);
}

void TypedColumn::Explain(int64_t row, std::vector<Failure>* failures) {
  if (!passed_) parser_->Explain(text_.data(), fields_[static_cast<size_t>(row)], failures);
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<uint8_t>(c) < 0x20) {
      out->append(fmt::format("\\u{:04x}", static_cast<int>(c)));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

void AppendJson(const arrow::Array& values, int64_t row, std::string* out) {
  if (values.IsNull(row) || values.type_id() == arrow::Type::NA) return void(out->append("null"));
  const arrow::DataType& type = WordType(*values.type());
  switch (type.id()) {
    case arrow::Type::STRUCT: return AppendObject(static_cast<const arrow::StructArray&>(values), row, out);
    case arrow::Type::LIST:
    case arrow::Type::MAP: return AppendItems<arrow::ListArray>(values, row, out);
    case arrow::Type::LARGE_LIST: return AppendItems<arrow::LargeListArray>(values, row, out);
    case arrow::Type::FIXED_SIZE_LIST: return AppendItems<arrow::FixedSizeListArray>(values, row, out);
    default: break;
  }
  if (!HasText(type)) return AppendJsonString(fmt::format("<{}>", type.ToString()), out);
  const bool bare = arrow::is_integer(type.id()) || arrow::is_decimal(type.id()) || type.id() == arrow::Type::BOOL;
  std::string text;
  TextOfValues(values)(row, &text);
  const bool real = arrow::is_floating(type.id()) && text.find_first_of("NI") == std::string::npos;
  if (bare || real) return void(out->append(text));
  AppendJsonString(text, out);
}

}  // namespace freight
