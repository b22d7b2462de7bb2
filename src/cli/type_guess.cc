// Column types from values; see type_guess.h.
#include "cli/type_guess.h"

#include "contract/civil_time.h"

#include <algorithm>
#include <charconv>

namespace freight {
namespace {

constexpr int64_t kDigitsMax = 38;
constexpr int64_t kDecimal64Digits = 18;
// A double gives back any text of at most 15 significant digits; more may come out as another number.
constexpr int64_t kDoubleDigits = 15;
constexpr int64_t kDoubleExponentMax = 290;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view TakeDigits(std::string_view* text) {
  const auto end = std::find_if_not(text->begin(), text->end(), IsDigit);
  const std::string_view digits = text->substr(0, static_cast<size_t>(end - text->begin()));
  text->remove_prefix(digits.size());
  return digits;
}

template <typename T>
bool Fits(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void TypeGuess::See(std::string_view value) {
  has_values_ = true;
  boolean_ = boolean_ && (value == "true" || value == "false");
  if (date_ || timestamp_ || timestamp_zone_) SeeTime(value);
  if (decimal_ || double_) SeeNumber(value);
}

void TypeGuess::SeeTime(std::string_view value) {
  int32_t days = 0;
  int64_t micros = 0;
  date_ = date_ && !ParseIsoDate(value, &days);
  timestamp_ = timestamp_ && !ParseIsoTimestamp(value, false, &micros);
  timestamp_zone_ = timestamp_zone_ && !ParseIsoTimestamp(value, true, &micros);
}

// -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
void TypeGuess::SeeNumber(std::string_view value) {
  std::string_view rest = value.substr(value.starts_with('-') ? 1 : 0);
  const std::string_view whole = TakeDigits(&rest);
  const bool point = rest.starts_with('.');
  if (point) rest.remove_prefix(1);
  const std::string_view fraction = point ? TakeDigits(&rest) : std::string_view();
  const bool exponent = rest.starts_with('e') || rest.starts_with('E');
  const bool form = !whole.empty() && (whole.size() == 1 || whole[0] != '0') && point == !fraction.empty();
  if (!form || (!exponent && !rest.empty())) {
    int64_ = uint64_ = decimal_ = double_ = false;
    return;
  }
  const auto digits = static_cast<int64_t>(whole.size() + fraction.size());
  whole_digits_ = std::max(whole_digits_, static_cast<int64_t>(whole.size()));
  scale_ = std::max(scale_, static_cast<int64_t>(fraction.size()));
  decimal_ = decimal_ && !exponent && whole_digits_ + scale_ <= kDigitsMax;
  int64_ = int64_ && !point && !exponent && Fits<int64_t>(value);
  uint64_ = uint64_ && !point && !exponent && Fits<uint64_t>(value);
  double_ = double_ && digits <= kDoubleDigits;
  if (exponent) SeeExponent(digits, rest.substr(1));
}

void TypeGuess::SeeExponent(int64_t digits, std::string_view exponent) {
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  int64_t power = 0;
  const auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
  const bool read = error == std::errc() && end == exponent.data() + exponent.size();
  double_ = double_ && read && std::abs(power) + digits <= kDoubleExponentMax;
}

ColumnType TypeGuess::Type() const {
  ColumnType type;
  if (!has_values_) return type;
  if (boolean_) {
    type.id = TypeId::kBoolean;
  } else if (date_) {
    type.id = TypeId::kDate;
  } else if (timestamp_ || timestamp_zone_) {
    type.id = TypeId::kTimestamp;
    type.with_zone = timestamp_zone_;
  } else if (int64_ || uint64_) {
    type.id = int64_ ? TypeId::kInt64 : TypeId::kUInt64;
  } else if (decimal_) {
    type.id = TypeId::kDecimal;
    type.precision = static_cast<int>(whole_digits_ + scale_ <= kDecimal64Digits ? kDecimal64Digits : kDigitsMax);
    type.scale = static_cast<int>(scale_);
  } else if (double_) {
    type.id = TypeId::kDouble;
  }
  return type;
}

}  // namespace freight
