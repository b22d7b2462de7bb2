// The careful scalar parsers: one text, one value, exact or refused with the reason. The kernels are fuzzed against
// them.
//
// Common to all: no spaces around, one optional leading '+' or '-' on numbers, leading zeros are data of no weight.
#pragma once

#include "contract/contract.h"
#include "contract/verdict.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freight {

using TypeError = std::optional<Reason>;  // nullopt: the text is exactly *out

// Digits only: "1e3" and "1.0" are kNotOfType; right form outside [min, max] is kOutOfRange. "-0" is 0.
TypeError ParseInteger(std::string_view text, __int128 min, __int128 max, __int128* out);

// Digits, or digits '.' digits: "." "5." ".5" and exponents are kNotOfType. *out is the value times 10^scale.
// Digits beyond the scale are exact only when zero, else kInexact; more than precision - scale integer digits are
// kOutOfRange, which is said first.
TypeError ParseDecimal(std::string_view text, int precision, int scale, __int128* out);

// Decimal or scientific notation, also ".5" and "5."; exactly "NaN", "Infinity" and "-Infinity". The value is the
// nearest the type can hold: that is its declared precision. Beyond the largest is kOutOfRange.
TypeError ParseReal(std::string_view text, double* out);
TypeError ParseReal(std::string_view text, float* out);

using Uuid = std::array<uint8_t, 16>;  // in text order, which is big-endian
// 8-4-4-4-12 hex digits of any case.
TypeError ParseUuid(std::string_view text, Uuid* out);

// Hex: pairs of digits of any case. Base64: the standard alphabet with padding, no line breaks, zero spare bits.
// The empty text is kNotOfType: in a file it cannot be told from a forgotten value.
TypeError ParseBinary(std::string_view text, BinaryEncoding encoding, std::string* out);

// 10^n for n in 0..38.
__int128 PowerOfTen(int n);

}  // namespace freight
