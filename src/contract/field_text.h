// What a field says: null or text, with quotes undone. Shared by all column parsers.
#pragma once

#include "contract/column_parser.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

class FieldText {
 public:
  explicit FieldText(const TextRules& rules);

  // Cheap and never wrong when false: the field is present, has nothing to undo and cannot be null.
  bool IsOdd(const Field& field) const {
    const uint32_t length = field.length < 63 ? field.length : 63;
    return field.escaped || field.missing || (null_lengths_ >> length & 1);
  }
  // Bit n: an unquoted field of n bytes may be null; the last bit: of 63 or more.
  uint64_t NullLengths() const { return null_lengths_; }
  bool IsNull(const char* text, const Field& field) const;
  // Whether a field that is present is null just when it is empty and did not stand in quotes.
  bool OnlyEmptyIsNull() const { return null_lengths_ == 1; }
  // The quote that a field escapes by doubling it, when that is how it does.
  std::optional<char> DoubledQuote() const {
    return escapes_ == EscapeStyle::kCsv && !escape_ ? std::optional(quote_) : std::nullopt;
  }
  // The text of a field that is not null. Undone quotes live in *scratch, which then has 64 bytes after the text.
  std::string_view Of(const char* text, const Field& field, std::string* scratch) const;
  TextEncoding encoding() const { return encoding_; }
  EscapeStyle escapes() const { return escapes_; }

 private:
  uint64_t null_lengths_ = 0;
  std::vector<std::string> nulls_;
  char quote_;
  std::optional<char> escape_;
  EscapeStyle escapes_;
  TextEncoding encoding_;
};

}  // namespace freight
