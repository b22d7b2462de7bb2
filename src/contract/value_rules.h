// Row rules on parsed values: minimum, maximum, multipleOf, validValues, in the column's storage unit.
#pragma once

#include "contract/codecs.h"
#include "contract/contract.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace freight {

template <typename Codec>
class ValueRules {
 public:
  using Value = typename Codec::Value;

  // validValues are read by the codec, as data is: 1.50 is then 1.5.
  static Result<ValueRules> Make(const Column& column, const Codec& codec) {
    ValueRules made;
    const Rules& rules = column.rules;
    if constexpr (kOrdered) {
      if (rules.minimum) made.minimum_ = Limit(*rules.minimum);
      if (rules.maximum) made.maximum_ = Limit(*rules.maximum);
      if (rules.multiple_of) made.multiple_of_ = Limit(*rules.multiple_of);
    }
    for (const std::string& text : rules.valid_values) {
      Value value;
      if (codec.Careful(text, &value)) {
        return Fail(Reaction::kInvalid, "valid value \"{}\" of \"{}\" is not of type {}", text, column.name,
                    column.type.ToString())
            .At(column.place);
      }
      made.valid_.push_back(Codec::Key(value));
    }
    std::sort(made.valid_.begin(), made.valid_.end());
    made.any_ = rules.minimum || rules.maximum || rules.multiple_of || !made.valid_.empty();
    made.SetRange();
    return made;
  }

  bool Accepts(Value value) const {
    if constexpr (kRanged) {
      if (only_range_) [[likely]] return (value >= lowest_) & (value <= highest_);
    }
    return !any_ || !(IsBelow(value) || IsAbove(value) || IsNoMultiple(value) || IsUnknown(value));
  }
  // Of integers: the least and the greatest that is accepted and that a word holds, where there are no other rules.
  std::optional<std::pair<int64_t, int64_t>> Range() const {
    if (multiple_of_ || !valid_.empty()) return std::nullopt;
    using Word = std::numeric_limits<int64_t>;
    const Number least = minimum_ ? minimum_->value + minimum_->exclusive : Word::min();
    const Number greatest = maximum_ ? maximum_->value - maximum_->exclusive : Word::max();
    if (least > Word::max() || greatest < Word::min()) return std::nullopt;
    return std::pair(static_cast<int64_t>(std::max<Number>(least, Word::min())),
                     static_cast<int64_t>(std::min<Number>(greatest, Word::max())));
  }
  bool IsBelow(Value value) const {
    if constexpr (!kOrdered) return false;
    else return minimum_ && !(minimum_->exclusive ? Wide(value) > minimum_->value : Wide(value) >= minimum_->value);
  }
  bool IsAbove(Value value) const {
    if constexpr (!kOrdered) return false;
    else return maximum_ && !(maximum_->exclusive ? Wide(value) < maximum_->value : Wide(value) <= maximum_->value);
  }
  bool IsNoMultiple(Value value) const {
    if constexpr (!kOrdered) {
      return false;
    } else if constexpr (kReal) {
      return multiple_of_ && std::fmod(Wide(value), multiple_of_->value) != 0;
    } else {
      return multiple_of_ && Remainder(value) != 0;
    }
  }
  bool IsUnknown(Value value) const {
    return !valid_.empty() && !std::binary_search(valid_.begin(), valid_.end(), Codec::Key(value));
  }

 private:
  static constexpr bool kReal = std::is_floating_point_v<Value>;
  static constexpr bool kOrdered = !std::is_same_v<Codec, UuidCodec> && !std::is_same_v<Codec, BooleanCodec>;
  static constexpr bool kRanged = kOrdered && std::is_integral_v<Value> && sizeof(Value) <= sizeof(int64_t);
  // Integers are compared as themselves where they fit a word: the limit may lie outside the column's type.
  using Number = std::conditional_t<kReal, double, __int128>;
  struct Edge {
    Number value;
    bool exclusive;
  };
  static Edge Limit(const Bound& bound) {
    if constexpr (kReal) return {bound.real, bound.exclusive};
    else return {bound.value, bound.exclusive};
  }
  // A minimum and a maximum alone, as nearly all rules are, are two comparisons of the column's own type.
  void SetRange() {
    if constexpr (kRanged) {
      using Limits = std::numeric_limits<Value>;
      const __int128 lowest = minimum_ ? minimum_->value + minimum_->exclusive : Limits::min();
      const __int128 highest = maximum_ ? maximum_->value - maximum_->exclusive : Limits::max();
      lowest_ = static_cast<Value>(std::max<__int128>(lowest, Limits::min()));
      highest_ = static_cast<Value>(std::min<__int128>(highest, Limits::max()));
      only_range_ = !multiple_of_ && valid_.empty() && lowest <= highest && lowest <= Limits::max() &&
                    highest >= Limits::min();
    }
  }
  static Number Wide(Value value) {
    if constexpr (kOrdered) return static_cast<Number>(value);
    else return Number();
  }
  // 128-bit division is slow: most columns and multiples fit a word.
  __int128 Remainder(Value value) const {
    const __int128 wide = Wide(value), by = multiple_of_->value;
    const auto word = static_cast<int64_t>(wide), word_by = static_cast<int64_t>(by);
    return word == wide && word_by == by ? word % word_by : wide % by;
  }

  bool any_ = false;
  bool only_range_ = false;
  Value lowest_{}, highest_{};
  std::optional<Edge> minimum_, maximum_, multiple_of_;
  std::vector<__int128> valid_;  // keys, sorted
};

}  // namespace freight
