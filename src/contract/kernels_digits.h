// Many fields of digits at once: integers and decimals of up to 16 bytes, dates and timestamps by ISO 8601, a block of
// fields per call.
//
// A field is read as the 16 bytes that end where it ends: then the weight of each digit is known without its length,
// and where every digit of a decimal's scale is written, the point has one place. What does not fit is left to the
// caller: kernels_number.h, kernels_time.h and the careful parsers are the reference, nothing that fits differs from
// them.
#pragma once

#include "contract/column_parser.h"

#include <array>
#include <cstdint>
#include <limits>

namespace freight::kernels {

inline constexpr uint32_t kBlockFields = 64;

// A field that fits is neither escaped nor missing, has no length whose bit is set in odd_lengths, 1 to 16 bytes if it
// is a number, and ends no less than 16 bytes behind the text's first one.
struct DigitForm {
  uint64_t odd_lengths = 1;
  int64_t least = std::numeric_limits<int64_t>::min();  // of the values
  int64_t greatest = std::numeric_limits<int64_t>::max();
  uint32_t scale = 0;    // of decimals, at most kDigitScaleMax
  char separator = 'T';  // between date and time
  bool utc = false;      // timestamps end with 'Z'
};
inline constexpr uint32_t kDigitScaleMax = 14;

// Decimals as they are written: digits / 10^scale, below zero where the bit is set.
struct WrittenDecimals {
  alignas(64) std::array<uint64_t, kBlockFields> digits;
  alignas(64) std::array<uint64_t, kBlockFields> scale;
  uint64_t negative;
};

struct DigitKernels {
  // Of a block of fields, those that fit: [-]digits, and of a scale above 0 [-]digits.digits with just as many behind
  // the point; without the point a number from `least` to `greatest`. Bit i tells of field i; other values are open.
  uint64_t (*declared)(const char* text, const Field* fields, const DigitForm& form, int64_t* values);
  // The same of [-]digits[.digits]; of the form, only odd_lengths counts.
  uint64_t (*written)(const char* text, const Field* fields, const DigitForm& form, WrittenDecimals* out);
  // yyyy-MM-dd as days since 1970, and with separator and HH:mm:ss as microseconds. Of the years before 100 and of the
  // 29th of February none fits.
  uint64_t (*dates)(const char* text, const Field* fields, const DigitForm& form, int64_t* days);
  uint64_t (*timestamps)(const char* text, const Field* fields, const DigitForm& form, int64_t* micros);
};

enum class DigitTarget : uint8_t { kAvx2, kAvx512 };

// Null when this processor lacks the instructions.
const DigitKernels* DigitKernelsFor(DigitTarget target);
// The best of them, or null: then fields are taken one by one.
const DigitKernels* BestDigitKernels();

}  // namespace freight::kernels
