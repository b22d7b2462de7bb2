// Compiles JDK date patterns to steps over a cursor, and runs them.
#include "contract/text_format.h"

#include <bitset>
#include <optional>

namespace freight {

class FormatCompiler {
 public:
  FormatCompiler(const std::string& pattern, const ColumnType& type) : pattern_(pattern), type_(type) {}

  Result<TextFormat> Compile() {
    while (at_ < pattern_.size()) {
      const char c = pattern_[at_];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      ARROW_RETURN_NOT_OK(letter ? Letters() : c == '\'' ? Quoted() : Punctuation());
    }
    at_ = 0;
    ARROW_RETURN_NOT_OK(CheckFields());
    return std::move(format_);
  }

 private:
  using Op = TextFormat::Op;
  using Step = TextFormat::Step;

  ErrorBuilder Error(const std::string& what) const {
    return Fail(Reaction::kInvalid, "format \"{}\": {}", pattern_, what)
        .At(Place{.column = static_cast<int64_t>(at_) + 1});
  }

  bool Has(Op op) const { return has_[static_cast<size_t>(op)]; }

  Status Letters() {
    const char letter = pattern_[at_];
    const size_t end = std::min(pattern_.find_first_not_of(letter, at_), pattern_.size());
    const size_t count = end - at_;
    const std::optional<Step> step = StepOf(letter, count);
    if (!step) {
      const bool two_digit_year = (letter == 'y' || letter == 'u') && count == 2;
      return Error(fmt::format("\"{}\" is not supported", std::string(count, letter)))
          .Help(two_digit_year ? "a year of two digits does not say its century: use yyyy"
                               : "use yyyy MM M dd d HH H hh h a mm m ss s S XXX XX X Z and 'text' in quotes");
    }
    if (Has(step->op)) return Error(fmt::format("'{}' repeats a field that was given before", letter));
    // After a number of open width the next digits could belong to either: 1112 as Mdd.
    if (open_width_ && step->max_digits > 0) return Error(fmt::format("digits of '{}' cannot be told apart", letter));
    has_[static_cast<size_t>(step->op)] = true;
    open_width_ = step->min_digits != step->max_digits;
    format_.steps_.push_back(*step);
    at_ = end;
    return Status::OK();
  }

  static std::optional<Step> StepOf(char letter, size_t count) {
    const auto number = [count](Op op) -> std::optional<Step> {
      if (count > 2) return std::nullopt;
      return Step{.op = op, .min_digits = count, .max_digits = 2};
    };
    switch (letter) {
      case 'y':
      case 'u':
        if (count != 4) return std::nullopt;
        return Step{.op = Op::kYear, .min_digits = 4, .max_digits = 4};
      case 'M': return number(Op::kMonth);
      case 'd': return number(Op::kDay);
      case 'H': return number(Op::kHour);
      case 'h': return number(Op::kHour12);
      case 'm': return number(Op::kMinute);
      case 's': return number(Op::kSecond);
      case 'S':
        if (count > 9) return std::nullopt;
        return Step{.op = Op::kFraction, .min_digits = count, .max_digits = count};
      case 'a':
        if (count > 1) return std::nullopt;
        return Step{.op = Op::kHalf};
      case 'X':
      case 'x': return ZoneStep(count, letter == 'X');
      case 'Z':
        if (count > 3) return std::nullopt;
        return ZoneStep(2, false);
      default: return std::nullopt;
    }
  }

  static std::optional<Step> ZoneStep(size_t count, bool zulu) {
    using Form = TextCursor::ZoneForm;
    if (count > 3) return std::nullopt;
    return Step{.op = Op::kZone, .zulu = zulu,
                .zone = count == 1 ? Form::kHoursOnly : count == 2 ? Form::kPlain : Form::kColon};
  }

  Status Quoted() {
    std::string literal;
    const size_t opened = at_++;
    if (at_ < pattern_.size() && pattern_[at_] == '\'') {
      literal = "'";
      ++at_;
    } else {
      while (at_ < pattern_.size()) {
        const char c = pattern_[at_++];
        if (c != '\'') {
          literal.push_back(c);
        } else if (at_ < pattern_.size() && pattern_[at_] == '\'') {
          literal.push_back(pattern_[at_++]);
        } else {
          AddLiteral(literal);
          return Status::OK();
        }
      }
      at_ = opened;
      return Error("the quote is never closed");
    }
    AddLiteral(literal);
    return Status::OK();
  }

  Status Punctuation() {
    const char c = pattern_[at_];
    if (std::string_view("[]{}#").find(c) != std::string_view::npos) {
      return Error(fmt::format("'{}' is not supported", c)).Help("give each form of the text as a format of its own");
    }
    AddLiteral(std::string(1, c));
    ++at_;
    return Status::OK();
  }

  void AddLiteral(const std::string& literal) {
    open_width_ = false;
    format_.steps_.push_back(Step{.literal = literal});
  }

  Status CheckFields() const {
    const bool wants_date = type_.id != TypeId::kTime, wants_time = type_.id != TypeId::kDate;
    const bool any_date = Has(Op::kYear) || Has(Op::kMonth) || Has(Op::kDay);
    const bool all_date = Has(Op::kYear) && Has(Op::kMonth) && Has(Op::kDay);
    const bool any_time = Has(Op::kHour) || Has(Op::kHour12) || Has(Op::kHalf) || Has(Op::kMinute) ||
                          Has(Op::kSecond) || Has(Op::kFraction);
    if (wants_date && !all_date) return Error(fmt::format("a {} needs year, month and day", type_.ToString()));
    if (!wants_date && any_date) return Error("a time has no year, month or day");
    if (!wants_time && any_time) return Error("a date has no hours, minutes or seconds").Help("declare a timestamp");
    if (wants_time) ARROW_RETURN_NOT_OK(CheckClock());
    if (type_.with_zone && type_.id == TypeId::kTimestamp && !Has(Op::kZone)) {
      return Error("a timestamp with zone needs XXX, XX, X or Z");
    }
    if (Has(Op::kZone) && !(type_.with_zone && type_.id == TypeId::kTimestamp)) {
      return Error(fmt::format("a {} has no zone", type_.ToString())).Help("declare a timestamp with zone");
    }
    return Status::OK();
  }

  Status CheckClock() const {
    if (Has(Op::kHour) == Has(Op::kHour12)) return Error("hours are needed, as HH or as hh with a");
    if (Has(Op::kHour12) != Has(Op::kHalf)) return Error("hh and a need each other");
    if (Has(Op::kSecond) && !Has(Op::kMinute)) return Error("seconds need minutes");
    if (Has(Op::kFraction) && !Has(Op::kSecond)) return Error("a fraction needs seconds");
    return Status::OK();
  }

  const std::string& pattern_;
  const ColumnType& type_;
  size_t at_ = 0;
  bool open_width_ = false;
  std::bitset<16> has_;
  TextFormat format_;
};

Result<TextFormat> CompileTextFormat(const std::string& pattern, const ColumnType& type) {
  FREIGHT_ASSERT(type.id == TypeId::kDate || type.id == TypeId::kTime || type.id == TypeId::kTimestamp);
  return FormatCompiler(pattern, type).Compile();
}

bool TextFormat::Match(std::string_view text, CivilTime* time) const {
  TextCursor cursor(text);
  *time = CivilTime();
  int half = -1;
  for (const Step& step : steps_) {
    if (!Run(step, &cursor, time, &half)) return false;
  }
  // 12 AM is hour 0 and 12 PM hour 12; an hour that is none of 1 to 12 becomes one that no clock shows.
  if (half >= 0) time->hour = time->hour < 1 || time->hour > 12 ? 24 : time->hour % 12 + 12 * half;
  return cursor.AtEnd();
}

bool TextFormat::Run(const Step& step, TextCursor* cursor, CivilTime* time, int* half) {
  const auto number = [&](int* value) { return cursor->TakeDigits(step.min_digits, step.max_digits, value); };
  switch (step.op) {
    case Op::kLiteral: return cursor->Take(step.literal);
    case Op::kYear: return number(&time->year);
    case Op::kMonth: return number(&time->month);
    case Op::kDay: return number(&time->day);
    case Op::kHour:
    case Op::kHour12: return number(&time->hour);
    case Op::kMinute: return number(&time->minute);
    case Op::kSecond: return number(&time->second);
    case Op::kFraction: return cursor->TakeFraction(step.min_digits, time);
    case Op::kHalf:
      *half = cursor->Take("AM") || cursor->Take("am") ? 0 : cursor->Take("PM") || cursor->Take("pm") ? 1 : -1;
      return *half >= 0;
    case Op::kZone: return (step.zulu && cursor->Take('Z')) || cursor->TakeOffset(step.zone, time);
  }
  FREIGHT_ASSERT(false);
}

TypeError ParseFormatted(std::string_view text, const std::vector<TextFormat>& formats, TypeId type, int64_t* value) {
  TypeError error = Reason::kNotOfType;
  for (const TextFormat& format : formats) {
    CivilTime time;
    if (!format.Match(text, &time)) continue;
    int32_t days = 0;
    const TypeError why = type == TypeId::kDate   ? ToDays(time, &days)
                          : type == TypeId::kTime ? ToMicrosOfDay(time, value)
                                                  : ToUtcMicros(time, value);
    if (type == TypeId::kDate) *value = days;
    if (!why) return std::nullopt;
    if (error == Reason::kNotOfType) error = why;
  }
  return error;
}

}  // namespace freight
