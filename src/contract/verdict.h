// What is said about a record that is not published: which rules it breaks, and where it stands.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freight {

// Stable words: they are written to quarantine files and shown by `freight quarantine`.
enum class Reason : uint8_t {
  kNotOfType,          // rule "type"
  kOutOfRange,         // rule "type": right form, does not fit (300 is no int8; 2026-02-29 is no date)
  kInexact,            // rule "type": would need rounding (12.345 is no decimal(12,2))
  kMissing,            // rule "required"
  kBelowMinimum, kAboveMaximum, kNotMultiple,   // rules "minimum" "maximum" "multipleOf"
  kTooShort, kTooLong, kNoMatch, kNotInSet,     // rules "minLength" "maxLength" "pattern" "validValues"
  kInvalidEncoding,    // rule "encoding"
  kTooFewFields, kTooManyFields,                // rule "fields"
  kStrayQuote,         // rule "quoting": a quote inside an unquoted field, or text after a closing quote
  kUnterminatedQuote,  // rule "quoting": opened here, never closed
  kRecordTooLong,      // rule "max_record_bytes"
  kPartitionValue,     // rule "partition": value cannot name a partition directory
  kNotJson,            // rule "json": the record is no JSON text
  kNotAnObject,        // rule "json": it is JSON, but no object
  kDuplicateKey,       // rule "keys": a key that is read occurs twice in its object
  kUnknownKey,         // rule "keys": a key that the contract does not name, where it says freeze
};
inline constexpr int kReasons = static_cast<int>(Reason::kUnknownKey) + 1;
const char* ReasonWord(Reason reason);  // "not_of_type", ...
const char* RuleWord(Reason reason);    // "type", "required", "minimum", ...

struct Failure {
  int column = -1;       // index in the contract, -1 = the record as a whole
  Reason reason = Reason::kNotOfType;
  std::string expected;  // "decimal(12,2)", ">= 0", "5 fields", ...; never the value itself
  std::string path;      // where in a nested record, as a JSON path ("$.user.tags[3]"); empty where records are flat
};

// One input record that is not published. Offsets are in the input's own bytes (decompressed for .gz, .zst, .bz2, .xz).
struct BadRecord {
  int64_t offset = 0;
  int64_t length = 0;  // with its line end
  int64_t line = 0;    // physical line of its first byte, from 1; the row where rows are not lines
  int64_t row_group = -1;  // of formats that have such; offset and length are then 0
  std::string raw;     // complete, but for kRecordTooLong: empty
  std::vector<Failure> failures;  // all of them, in column order
};

}  // namespace freight
