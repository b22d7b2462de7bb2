// The stable words for reasons and rules.
#include "contract/verdict.h"

#include "base/status.h"

namespace freight {
const char* ReasonWord(Reason reason) {
  switch (reason) {
    case Reason::kNotOfType: return "not_of_type";
    case Reason::kOutOfRange: return "out_of_range";
    case Reason::kInexact: return "inexact";
    case Reason::kMissing: return "missing";
    case Reason::kBelowMinimum: return "below_minimum";
    case Reason::kAboveMaximum: return "above_maximum";
    case Reason::kNotMultiple: return "not_multiple";
    case Reason::kTooShort: return "too_short";
    case Reason::kTooLong: return "too_long";
    case Reason::kNoMatch: return "no_match";
    case Reason::kNotInSet: return "not_in_set";
    case Reason::kInvalidEncoding: return "invalid_encoding";
    case Reason::kTooFewFields: return "too_few_fields";
    case Reason::kTooManyFields: return "too_many_fields";
    case Reason::kStrayQuote: return "stray_quote";
    case Reason::kUnterminatedQuote: return "unterminated_quote";
    case Reason::kRecordTooLong: return "record_too_long";
    case Reason::kPartitionValue: return "partition_value";
    case Reason::kNotJson: return "not_json";
    case Reason::kNotAnObject: return "not_an_object";
    case Reason::kDuplicateKey: return "duplicate_key";
    case Reason::kUnknownKey: return "unknown_key";
  }
  FREIGHT_ASSERT(false);
}

const char* RuleWord(Reason reason) {
  switch (reason) {
    case Reason::kNotOfType:
    case Reason::kOutOfRange:
    case Reason::kInexact: return "type";
    case Reason::kMissing: return "required";
    case Reason::kBelowMinimum: return "minimum";
    case Reason::kAboveMaximum: return "maximum";
    case Reason::kNotMultiple: return "multipleOf";
    case Reason::kTooShort: return "minLength";
    case Reason::kTooLong: return "maxLength";
    case Reason::kNoMatch: return "pattern";
    case Reason::kNotInSet: return "validValues";
    case Reason::kInvalidEncoding: return "encoding";
    case Reason::kTooFewFields:
    case Reason::kTooManyFields: return "fields";
    case Reason::kStrayQuote:
    case Reason::kUnterminatedQuote: return "quoting";
    case Reason::kRecordTooLong: return "max_record_bytes";
    case Reason::kPartitionValue: return "partition";
    case Reason::kNotJson:
    case Reason::kNotAnObject: return "json";
    case Reason::kDuplicateKey:
    case Reason::kUnknownKey: return "keys";
  }
  FREIGHT_ASSERT(false);
}

}  // namespace freight
