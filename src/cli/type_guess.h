// The smallest exact type that holds every value of a column, found by looking at all of them.
#pragma once

#include "contract/contract.h"

#include <cstdint>
#include <string_view>

namespace freight {

// Fed value by value in a few bytes of state. "007" is text: as a number it would lose its zeros.
class TypeGuess {
 public:
  void SeeNull() { has_nulls_ = true; }
  void See(std::string_view value);
  bool has_nulls() const { return has_nulls_; }
  bool has_values() const { return has_values_; }
  // boolean, date, timestamp (with or without zone), int64, uint64, decimal with 18 or 38 digits, double, else string.
  // Precision has room to grow, the scale is what the values have.
  ColumnType Type() const;

 private:
  void SeeNumber(std::string_view value);
  void SeeTime(std::string_view value);
  void SeeExponent(int64_t digits, std::string_view exponent);

  bool has_nulls_ = false, has_values_ = false;
  bool boolean_ = true, date_ = true, timestamp_ = true, timestamp_zone_ = true;
  bool int64_ = true, uint64_ = true, decimal_ = true, double_ = true;
  int64_t whole_digits_ = 0, scale_ = 0;  // most of each so far
};

}  // namespace freight
