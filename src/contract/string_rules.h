// Row rules on strings: lengths in code points, pattern, validValues.
#pragma once

#include "contract/column_base.h"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace re2 {
class RE2;
}

namespace freight {

// What the columns' patterns, also those inside objects and lists, may keep in memory in one thread. RE2 compiles a
// pattern and keeps states that it meets in the data, and starts anew when its share is full.
int64_t PatternBytesMax(const std::vector<Column>& columns);

class StringRules {
 public:
  static Result<StringRules> Make(const Column& column);
  StringRules(StringRules&&) noexcept;
  ~StringRules();

  bool any() const { return any_; }
  // `text` is valid UTF-8.
  bool Accepts(std::string_view text) const;
  void Explain(std::string_view text, const ExpectedTexts& expected, Verdict* verdict) const;

 private:
  StringRules() = default;
  bool IsTooShort(std::string_view text) const;
  bool IsTooLong(std::string_view text) const;
  bool IsNoMatch(std::string_view text) const;
  bool IsUnknown(std::string_view text) const;

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  bool any_ = false;
  int64_t min_length_ = 0;
  int64_t max_length_ = INT64_MAX;
  std::unique_ptr<re2::RE2> pattern_;
  std::unordered_set<std::string, Hash, std::equal_to<>> valid_;
};

}  // namespace freight
