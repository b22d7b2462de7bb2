// Declared date and time patterns: a subset of the JDK's DateTimeFormatter letters, compiled once, run per value.
//
//   yyyy uuuu   year, 4 digits              H m s (1-2 digits)  HH mm ss (2 digits)
//   MM M        month, 2 or 1-2 digits      h hh with a         hour 1 to 12 and AM or PM (or am, pm)
//   dd d        day, 2 or 1-2 digits        S to SSSSSSSSS      fraction, exactly as many digits
//   XXX +hh:mm, XX +hhmm, X +hh or +hhmm, each also Z for UTC; xxx xx x the same without Z; Z is +hhmm
//   'text' and punctuation stand for themselves, '' is one quote. Everything else is refused, with its position.
#pragma once

#include "base/status.h"
#include "contract/civil_time.h"
#include "contract/contract.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

class TextFormat {
 public:
  // False: the text does not have this form. *time is then unspecified.
  bool Match(std::string_view text, CivilTime* time) const;

 private:
  friend class FormatCompiler;
  enum class Op : uint8_t { kLiteral, kYear, kMonth, kDay, kHour, kHour12, kHalf, kMinute, kSecond, kFraction, kZone };
  struct Step {
    Op op = Op::kLiteral;
    size_t min_digits = 0, max_digits = 0;
    bool zulu = false;  // kZone: "Z" is UTC
    TextCursor::ZoneForm zone = TextCursor::ZoneForm::kColon;
    std::string literal;
  };
  static bool Run(const Step& step, TextCursor* cursor, CivilTime* time, int* half);

  std::vector<Step> steps_;
};

// For a date, time or timestamp type. Reaction::kInvalid with Place::column = the position in the pattern, from 1, when
// a letter is not supported, the pattern does not give the type exactly (a date with hours, a timestamp with zone and
// no zone in the pattern) or is ambiguous (Mdd).
Result<TextFormat> CompileTextFormat(const std::string& pattern, const ColumnType& type);

// The formats in order; the first whose form and value fit wins. Else the reason that says most.
TypeError ParseFormatted(std::string_view text, const std::vector<TextFormat>& formats, TypeId type, int64_t* value);

}  // namespace freight
