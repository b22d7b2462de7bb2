// Lengths, patterns and sets of valid strings.
#include "contract/string_rules.h"

#include "contract/kernels_text.h"

#include <re2/re2.h>

namespace freight {

namespace {

// Enough for most patterns; a long one gets what the contract's reader allows it.
constexpr int64_t kPatternBytes = 512 << 10, kLongPatternBytes = 8 << 20;

std::unique_ptr<re2::RE2> Compile(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternBytes);
  auto compiled = std::make_unique<re2::RE2>(pattern, options);
  if (compiled->error_code() != re2::RE2::ErrorPatternTooLarge) return compiled;
  options.set_max_mem(kLongPatternBytes);
  return std::make_unique<re2::RE2>(pattern, options);
}

Result<std::unique_ptr<re2::RE2>> CompilePattern(const Column& column) {
  auto pattern = Compile(*column.rules.pattern);
  if (!pattern->ok()) {
    return Fail(Reaction::kInvalid, "pattern \"{}\" of \"{}\": {}", *column.rules.pattern, column.name,
                pattern->error())
        .At(column.place)
        .Help("patterns are RE2: no look-around and no back references");
  }
  return pattern;
}

}  // namespace

int64_t PatternBytesMax(const std::vector<Column>& columns) {
  int64_t bytes = 0;
  for (const Column& column : columns) {
    if (column.rules.pattern) bytes += Compile(*column.rules.pattern)->options().max_mem();
    bytes += PatternBytesMax(column.type.children);
  }
  return bytes;
}

StringRules::StringRules(StringRules&&) noexcept = default;
StringRules::~StringRules() = default;

Result<StringRules> StringRules::Make(const Column& column) {
  const Rules& rules = column.rules;
  StringRules made;
  made.min_length_ = rules.min_length.value_or(0);
  made.max_length_ = rules.max_length.value_or(INT64_MAX);
  if (rules.pattern) {
    ARROW_ASSIGN_OR_RAISE(made.pattern_, CompilePattern(column));
  }
  made.valid_.insert(rules.valid_values.begin(), rules.valid_values.end());
  made.any_ = rules.min_length || rules.max_length || rules.pattern || !made.valid_.empty();
  return made;
}

bool StringRules::Accepts(std::string_view text) const {
  return !(IsTooShort(text) || IsTooLong(text) || IsNoMatch(text) || IsUnknown(text));
}

void StringRules::Explain(std::string_view text, const ExpectedTexts& expected, Verdict* verdict) const {
  if (IsTooShort(text)) verdict->Add(Reason::kTooShort, expected.min_length);
  if (IsTooLong(text)) verdict->Add(Reason::kTooLong, expected.max_length);
  if (IsNoMatch(text)) verdict->Add(Reason::kNoMatch, expected.pattern);
  if (IsUnknown(text)) verdict->Add(Reason::kNotInSet, expected.valid_values);
}

// A code point has 1 to 4 bytes: most texts are judged by their size alone.
bool StringRules::IsTooShort(std::string_view text) const {
  const auto size = static_cast<int64_t>(text.size());
  if (size / 4 >= min_length_) return false;
  return size < min_length_ || kernels::CountCodePoints(text) < min_length_;
}

bool StringRules::IsTooLong(std::string_view text) const {
  const auto size = static_cast<int64_t>(text.size());
  return size > max_length_ && kernels::CountCodePoints(text) > max_length_;
}

bool StringRules::IsNoMatch(std::string_view text) const {
  return pattern_ != nullptr && !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern_);
}

bool StringRules::IsUnknown(std::string_view text) const { return !valid_.empty() && !valid_.contains(text); }

}  // namespace freight
