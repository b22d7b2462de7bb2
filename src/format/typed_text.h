// Values of Arrow arrays as exact text: what a contract's parsers take, and nothing is lost on the way.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <string>

namespace freight {

// Appends the text of a value that is not null. Integers and decimals with all digits, floating point in the shortest
// form that reads back the same (a float as the double that it is), dates and times by ISO 8601 with as many digits
// of a second as the unit has, binary as asked for. Bound to one array, which must outlive it.
using TextOf = std::function<void(int64_t row, std::string* out)>;
enum class BytesText : uint8_t { kHex, kUuid, kAsTheyAre };
// Empty for a type that has no such text: nested ones, intervals, durations, half floats.
TextOf TextOfValues(const arrow::Array& values, BytesText bytes = BytesText::kHex);
// Whether TextOfValues takes the type.
bool HasText(const arrow::DataType& type);

}  // namespace freight
