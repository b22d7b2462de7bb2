// Columns of numbers, dates and timestamps a block of fields at a time: which kernel a column takes, and when it is
// better off without one.
#pragma once

#include "contract/codecs.h"
#include "contract/field_text.h"
#include "contract/kernels_digits.h"
#include "contract/value_rules.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

namespace freight {

// Parses what the digit kernels take; every other field is the caller's. The values are those of the codec, whatever
// the processor. The codec and the rules must outlive this.
template <typename Codec>
class FieldBlocks {
 public:
  using Value = typename Codec::Value;

  FieldBlocks(const Codec& codec, const ValueRules<Codec>& rules, const FieldText& field_text)
      : codec_(codec), rules_(rules) {
    if constexpr (kHasBlocks || kAsWritten) kernels_ = kernels::BestDigitKernels();
    if constexpr (kHasBlocks) SetForm(codec_.BlockForm());
    form_.odd_lengths = field_text.NullLengths();
  }

  // The leading fields, in whole blocks; returns how many. parse_row(i) sets out[i] of one that a kernel does not take,
  // and answers false for a null.
  template <typename ParseRow>
  size_t Parse(const char* text, std::span<const Field> fields, Value* out, ParseRow&& parse_row) const {
    if (kernels_ == nullptr) return 0;
    kernels::DigitForm form = form_;
    if (form.separator == 0) form.separator = SeparatorOf(text, fields);
    bool declared = declared_;
    size_t at = 0;
    while (at + kernels::kBlockFields <= fields.size()) {
      uint64_t rest = declared ? ~Declared(text, &fields[at], form, out + at) : ~Written(text, &fields[at], out + at);
      int left_over = 0;
      for (; rest != 0; rest &= rest - 1) left_over += parse_row(at + static_cast<size_t>(std::countr_zero(rest)));
      at += kernels::kBlockFields;
      if (left_over <= kLeftOverMax) continue;
      // The batch is not what the kernel is for: digits behind the point are left out, or numbers are longer.
      if (!declared || !kAsWritten) break;
      declared = false;
    }
    return at;
  }

 private:
  static constexpr bool kHasBlocks = requires { Codec::kBlocks; };
  static constexpr bool kAsWritten = requires(const Codec& codec, Value* out) { codec.FromText({}, out); };
  static constexpr bool kWord = std::is_integral_v<Value> && sizeof(Value) == sizeof(int64_t);
  // Of a block: where more values than these are left over, a kernel does not pay.
  static constexpr int kLeftOverMax = kernels::kBlockFields / 4;

  void SetForm(const std::optional<kernels::DigitForm>& form) {
    if (!form) kernels_ = nullptr;
    form_ = form.value_or(kernels::DigitForm());
    const auto range = rules_.Range();
    each_ = !range;
    if (range) form_.least = std::max(form_.least, range->first);
    if (range) form_.greatest = std::min(form_.greatest, range->second);
    declared_ = form_.scale <= kernels::kDigitScaleMax;
  }

  // As the first timestamp has it: they are alike.
  static char SeparatorOf(const char* text, std::span<const Field> fields) {
    for (const Field& field : fields) {
      const char separator = field.length > 10 ? text[field.begin + 10] : '\0';
      if (separator == 'T' || separator == ' ') return separator;
    }
    return 'T';
  }

  // Both: bit i says that out[i] is set.
  uint64_t Declared(const char* text, const Field* fields, const kernels::DigitForm& form, Value* out) const {
    uint64_t fits = 0;
    if constexpr (kHasBlocks && kWord) {
      fits = (kernels_->*Codec::kBlocks)(text, fields, form, reinterpret_cast<int64_t*>(out));
    } else if constexpr (kHasBlocks) {
      int64_t values[kernels::kBlockFields];
      fits = (kernels_->*Codec::kBlocks)(text, fields, form, values);
      for (uint32_t i = 0; i < kernels::kBlockFields; ++i) out[i] = static_cast<Value>(values[i]);
    }
    if (each_) [[unlikely]] {
      for (uint32_t i = 0; i < kernels::kBlockFields; ++i) fits &= ~(uint64_t{!rules_.Accepts(out[i])} << i);
    }
    return fits;
  }
  uint64_t Written(const char* text, const Field* fields, Value* out) const {
    uint64_t fits = 0;
    if constexpr (kAsWritten) {
      kernels::WrittenDecimals written;
      fits = kernels_->written(text, fields, form_, &written);
      for (uint32_t i = 0; i < kernels::kBlockFields; ++i) {
        const kernels::DecimalText number = {written.digits[i], static_cast<uint32_t>(written.scale[i]),
                                             (written.negative >> i & 1) != 0};
        const bool taken = codec_.FromText(number, out + i) && rules_.Accepts(out[i]);
        fits &= ~(uint64_t{!taken} << i);
      }
    }
    return fits;
  }

  const Codec& codec_;
  const ValueRules<Codec>& rules_;
  const kernels::DigitKernels* kernels_ = nullptr;
  kernels::DigitForm form_;
  bool declared_ = false;  // a batch begins with the codec's own kernel, which of decimals wants the whole scale
  bool each_ = false;      // there are rules besides a range
};

}  // namespace freight
