// Null spellings and undone quotes.
#include "contract/field_text.h"

#include "contract/kernels_text.h"

#include <algorithm>

namespace freight {

FieldText::FieldText(const TextRules& rules)
    : quote_(rules.quote), escape_(rules.escape), escapes_(rules.escapes), encoding_(rules.encoding) {
  for (const std::string& spelling : rules.nulls.value_or(std::vector<std::string>{""})) {
    std::string bytes;
    // A spelling that the file's encoding cannot write never occurs in it.
    if (!kernels::FromUtf8(spelling, rules.encoding, &bytes)) continue;
    null_lengths_ |= 1ull << std::min<size_t>(bytes.size(), 63);
    nulls_.push_back(std::move(bytes));
  }
}

bool FieldText::IsNull(const char* text, const Field& field) const {
  if (field.missing) return true;
  if (field.quoted || !(null_lengths_ >> std::min<uint32_t>(field.length, 63) & 1)) return false;
  return std::find(nulls_.begin(), nulls_.end(), std::string_view(text + field.begin, field.length)) != nulls_.end();
}

std::string_view FieldText::Of(const char* text, const Field& field, std::string* scratch) const {
  const std::string_view raw(text + field.begin, field.length);
  if (!field.escaped) return raw;
  scratch->clear();
  if (escapes_ == EscapeStyle::kJson) kernels::AppendJsonUnescaped(raw, scratch);
  else kernels::AppendUnescaped(raw, quote_, escape_, scratch);
  const size_t length = scratch->size();
  scratch->append(64, '\0');
  return std::string_view(*scratch).substr(0, length);
}

}  // namespace freight
