// Limits of a contract, read as data of the column's type is read.
#include "contract/codecs.h"
#include "contract/column_parser.h"

namespace freight {

namespace {

bool HasOrder(TypeId id) {
  return id != TypeId::kString && id != TypeId::kBinary && id != TypeId::kBoolean && id != TypeId::kUuid &&
         id != TypeId::kStruct && id != TypeId::kList;
}

const char* Why(Reason reason) {
  if (reason == Reason::kOutOfRange) return "does not fit";
  return reason == Reason::kInexact ? "is not exact in" : "is not a value of";
}

}  // namespace

Result<Bound> ParseBound(const ColumnType& type, const std::string& text, bool exclusive) {
  if (!HasOrder(type.id)) return Fail(Reaction::kInvalid, "a {} has no smaller or larger values", type.ToString());
  std::vector<TextFormat> formats;
  for (const std::string& pattern : type.formats) {
    ARROW_ASSIGN_OR_RAISE(formats.emplace_back(), CompileTextFormat(pattern, type));
  }
  return WithCodec(type, std::move(formats), [&](auto codec) -> Result<Bound> {
    using Value = typename decltype(codec)::Value;
    Value value{};
    if (const TypeError error = codec.Careful(text, &value)) {
      return Fail(Reaction::kInvalid, "\"{}\" {} {}", text, Why(*error), type.ToString());
    }
    Bound bound{.text = text, .exclusive = exclusive};
    if constexpr (std::is_floating_point_v<Value>) {
      if (std::isnan(value)) return Fail(Reaction::kInvalid, "NaN limits nothing");
      bound.real = value;
    } else {
      bound.value = decltype(codec)::Key(value);
    }
    return bound;
  });
}

}  // namespace freight
