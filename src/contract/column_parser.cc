// Chooses the parser of a column by its type; refuses rules that its type cannot have.
#include "contract/column_parser.h"

#include "contract/column_base.h"
#include "contract/kernels_text.h"

#include <arrow/type.h>

namespace freight {

namespace {

bool IsText(TypeId id) { return id == TypeId::kString || id == TypeId::kBinary; }

// nullptr, or the rule that says nothing about this type: ignoring it would be silent.
const char* MisplacedRule(const Column& column) {
  const Rules& rules = column.rules;
  const TypeId id = column.type.id;
  const bool ordered = !IsText(id) && id != TypeId::kBoolean && id != TypeId::kUuid;
  if (rules.minimum && !ordered) return "minimum";
  if (rules.maximum && !ordered) return "maximum";
  if (rules.multiple_of && !ordered) return "multipleOf";
  if (rules.min_length && !IsText(id)) return "minLength";
  if (rules.max_length && !IsText(id)) return "maxLength";
  if (rules.pattern && id != TypeId::kString) return "pattern";
  return nullptr;
}

Status CheckRules(const Column& column) {
  if (const char* rule = MisplacedRule(column)) {
    return Fail(Reaction::kInvalid, "\"{}\" of type {} cannot have {}", column.name, column.type.ToString(), rule)
        .At(column.place);
  }
  const auto& multiple = column.rules.multiple_of;
  const bool real = column.type.id == TypeId::kFloat || column.type.id == TypeId::kDouble;
  if (multiple && !(real ? multiple->real > 0 : multiple->value > 0)) {
    return Fail(Reaction::kInvalid, "multipleOf of \"{}\" is not above 0", column.name).At(column.place);
  }
  return Status::OK();
}

// Spellings as the bytes of the file; one that its encoding cannot write is a mistake.
Status EncodeSpellings(const Column& column, TextEncoding encoding, const char* fallback,
                       std::vector<std::string>* spellings) {
  if (spellings->empty()) spellings->push_back(fallback);
  for (std::string& spelling : *spellings) {
    std::string bytes;
    if (!kernels::FromUtf8(spelling, encoding, &bytes)) {
      return Fail(Reaction::kInvalid, "spelling \"{}\" of \"{}\" cannot be written in {}", spelling, column.name,
                  EncodingName(encoding))
          .At(column.place);
    }
    spelling = std::move(bytes);
  }
  return Status::OK();
}

}  // namespace

const char* EncodingName(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::kUtf8: return "utf-8";
    case TextEncoding::kLatin1: return "latin1";
    case TextEncoding::kWindows1252: return "windows-1252";
  }
  FREIGHT_ASSERT(false);
}

ExpectedTexts::ExpectedTexts(const Column& column) {
  const Rules& rules = column.rules;
  const char* unit = column.type.id == TypeId::kBinary ? "byte" : "character";
  const auto length = [unit](const char* word, int64_t n) {
    return fmt::format("{} {} {}{}", word, n, unit, n == 1 ? "" : "s");
  };
  type = column.type.ToString();
  if (rules.minimum) minimum = fmt::format("{} {}", rules.minimum->exclusive ? ">" : ">=", rules.minimum->text);
  if (rules.maximum) maximum = fmt::format("{} {}", rules.maximum->exclusive ? "<" : "<=", rules.maximum->text);
  if (rules.multiple_of) multiple_of = fmt::format("multiple of {}", rules.multiple_of->text);
  if (rules.min_length) min_length = length("at least", *rules.min_length);
  if (rules.max_length) max_length = length("at most", *rules.max_length);
  if (rules.pattern) pattern = fmt::format("matches {}", *rules.pattern);
  const size_t values = rules.valid_values.size();
  valid_values = fmt::format("one of {} value{}", values, values == 1 ? "" : "s");
}

Result<std::unique_ptr<ColumnParser>> MakeColumnParser(const Column& column, int column_index, const TextRules& rules,
                                                       arrow::MemoryPool* pool) {
  ARROW_RETURN_NOT_OK(CheckRules(column));
  ColumnContext context{column, column_index, FieldText(rules), column.type.Arrow(), pool, rules.dictionary,
                        rules.empty_binary};
  ColumnType& type = context.column.type;
  FREIGHT_ASSERT(!type.nested());
  if (type.id == TypeId::kString) return MakeStringColumn(std::move(context));
  if (type.id == TypeId::kBinary) return MakeBinaryColumn(std::move(context));
  if (type.id == TypeId::kBoolean) {
    ARROW_RETURN_NOT_OK(EncodeSpellings(column, rules.encoding, "true", &type.true_spellings));
    ARROW_RETURN_NOT_OK(EncodeSpellings(column, rules.encoding, "false", &type.false_spellings));
  }
  return MakeFixedColumn(std::move(context));
}

}  // namespace freight
