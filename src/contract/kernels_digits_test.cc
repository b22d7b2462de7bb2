// The digit kernels against what they promise and the careful parsers, by every instruction set of this processor.
#include "contract/kernels_digits.h"

#include "contract/civil_time.h"
#include "contract/exact_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace freight::kernels {
namespace {

std::vector<const DigitKernels*> Targets() {
  std::vector<const DigitKernels*> targets;
  for (const auto target : {DigitTarget::kAvx2, DigitTarget::kAvx512}) {
    if (const DigitKernels* kernels = DigitKernelsFor(target)) targets.push_back(kernels);
  }
  return targets;
}

// A block of fields in a text of its own, so that a sanitizer sees what is read before it and far behind it.
struct Block {
  std::unique_ptr<char[]> text;
  std::vector<Field> fields;
  std::string_view Text(size_t i) const { return {text.get() + fields[i].begin, fields[i].length}; }
};

std::string RandomDigits(std::mt19937& random, size_t count) {
  std::string digits(count, '0');
  for (char& digit : digits) digit = "0123456789"[random() % 10];
  return digits;
}

// Mostly numbers, with `scale` digits behind the point or any number of them, then often one byte spoiled.
std::string RandomCell(std::mt19937& random, uint32_t scale) {
  if (random() % 16 == 0) return {};
  std::string cell = random() % 3 == 0 ? "-" : "";
  cell += RandomDigits(random, random() % 8 != 0 ? 1 + random() % 9 : random() % 18);
  const uint32_t behind = random() % 4 != 0 ? scale : random() % 10;
  if (behind > 0) cell += "." + RandomDigits(random, behind);
  if (random() % 4 == 0 && !cell.empty()) {
    constexpr std::string_view kBytes = ".-+ 0/:9eE,\n\x80\xb0\xff";
    cell[random() % cell.size()] = random() % 2 ? static_cast<char>(random()) : kBytes[random() % kBytes.size()];
  }
  return cell;
}

template <typename Cell>
Block RandomBlock(std::mt19937& random, Cell&& random_cell) {
  Block block;
  std::string text;
  const bool next_to_each_other = random() % 2 != 0;
  for (uint32_t i = 0; i < kBlockFields; ++i) {
    const std::string cell = random_cell();
    Field field;
    field.begin = static_cast<uint32_t>(text.size());
    field.length = static_cast<uint32_t>(cell.size());
    field.quoted = random() % 8 == 0;
    field.escaped = random() % 64 == 0;
    field.missing = random() % 64 == 0;
    block.fields.push_back(field);
    text += cell;
    if (!next_to_each_other) text += ",-.5\n"[random() % 5];
  }
  text.append(64, "0.-9"[random() % 4]);
  block.text = std::make_unique<char[]>(text.size());
  text.copy(block.text.get(), text.size());
  return block;
}

bool IsCandidate(const Field& field, uint64_t odd_lengths, uint32_t length_max = 16) {
  return !field.escaped && !field.missing && field.length >= 1 && field.length <= length_max &&
         (odd_lengths >> field.length & 1) == 0 && field.begin + field.length >= 16;
}

struct Number {
  uint64_t digits = 0;
  uint32_t scale = 0;
  bool negative = false;
};

// [-]digits[.digits], byte by byte.
std::optional<Number> ByDefinition(std::string_view text) {
  Number number;
  number.negative = text.starts_with('-');
  if (number.negative) text.remove_prefix(1);
  const size_t point = text.find('.');
  if (point != text.npos) number.scale = static_cast<uint32_t>(text.size() - point - 1);
  if (text.empty() || point == 0 || point + 1 == text.size()) return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number.digits = number.digits * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  return number;
}

uint64_t RandomOddLengths(std::mt19937& random) {
  return random() % 2 ? 1 : 1ull << random() % 64 | 1ull << random() % 20;
}

TEST(DigitKernels, DeclaredTakesWhatItPromisesAndNothingElse) {
  std::mt19937 random(21);
  int64_t taken = 0;
  for (const DigitKernels* kernels : Targets()) {
    for (int round = 0; round < 20'000; ++round) {
      DigitForm form{.odd_lengths = RandomOddLengths(random)};
      form.scale = static_cast<uint32_t>(random() % (random() % 2 ? kDigitScaleMax + 1 : 4));
      form.least = random() % 2 ? std::numeric_limits<int64_t>::min() : static_cast<int32_t>(random() % 9) - 4;
      form.greatest = random() % 2 ? std::numeric_limits<int64_t>::max() : static_cast<int32_t>(random() % 99999);
      const Block block = RandomBlock(random, [&] { return RandomCell(random, form.scale); });
      int64_t values[kBlockFields];
      const uint64_t fits = kernels->declared(block.text.get(), block.fields.data(), form, values);
      for (size_t i = 0; i < kBlockFields; ++i) {
        const auto number = ByDefinition(block.Text(i));
        bool want = IsCandidate(block.fields[i], form.odd_lengths) && number && number->scale == form.scale;
        const int64_t value = !number           ? 0
                              : number->negative ? -static_cast<int64_t>(number->digits)
                                                 : static_cast<int64_t>(number->digits);
        want = want && value >= form.least && value <= form.greatest;
        ASSERT_EQ(fits >> i & 1, want) << block.Text(i) << " scale " << form.scale;
        if (!want) continue;
        ASSERT_EQ(values[i], value) << block.Text(i);
        __int128 careful = 0;
        ASSERT_EQ(ParseDecimal(block.Text(i), 38, static_cast<int>(form.scale), &careful), std::nullopt);
        ASSERT_EQ(values[i], static_cast<int64_t>(careful)) << block.Text(i);
        ++taken;
      }
    }
  }
  EXPECT_TRUE(Targets().empty() || taken > 100'000) << taken;
}

TEST(DigitKernels, WrittenTakesWhatItPromisesAndNothingElse) {
  std::mt19937 random(22);
  int64_t taken = 0;
  for (const DigitKernels* kernels : Targets()) {
    for (int round = 0; round < 20'000; ++round) {
      const DigitForm form{.odd_lengths = RandomOddLengths(random)};
      const uint32_t scale = random() % 9;
      const Block block = RandomBlock(random, [&] { return RandomCell(random, scale); });
      WrittenDecimals written;
      const uint64_t fits = kernels->written(block.text.get(), block.fields.data(), form, &written);
      for (size_t i = 0; i < kBlockFields; ++i) {
        const auto number = ByDefinition(block.Text(i));
        const bool want = IsCandidate(block.fields[i], form.odd_lengths) && number;
        ASSERT_EQ(fits >> i & 1, want) << block.Text(i);
        if (!want) continue;
        ASSERT_EQ(written.digits[i], number->digits) << block.Text(i);
        ASSERT_EQ(written.scale[i], number->scale) << block.Text(i);
        ASSERT_EQ(written.negative >> i & 1, number->negative) << block.Text(i);
        ++taken;
      }
    }
  }
  EXPECT_TRUE(Targets().empty() || taken > 100'000) << taken;
}

// Every byte at every place of every length.
TEST(DigitKernels, SeeEveryByteOfAField) {
  for (const DigitKernels* kernels : Targets()) {
    for (uint32_t length = 1; length <= 16; ++length) {
      for (uint32_t at = 0; at < length; ++at) {
        for (int byte = 0; byte < 256; ++byte) {
          std::string text = std::string(16, '7') + std::string(length, '5') + std::string(64, '3');
          text[16 + at] = static_cast<char>(byte);
          const std::vector<Field> fields(kBlockFields, Field{.begin = 16, .length = length});
          const DigitForm form{.least = std::numeric_limits<int64_t>::min(),
                               .greatest = std::numeric_limits<int64_t>::max()};
          const std::string_view cell = std::string_view(text).substr(16, length);
          const auto number = ByDefinition(cell);
          int64_t values[kBlockFields];
          WrittenDecimals written;
          const uint64_t declared = kernels->declared(text.data(), fields.data(), form, values);
          ASSERT_EQ(declared, number && number->scale == 0 && byte != '.' ? ~uint64_t{0} : 0) << cell;
          ASSERT_EQ(kernels->written(text.data(), fields.data(), form, &written), number ? ~uint64_t{0} : 0) << cell;
        }
      }
    }
  }
}

// Dates from the year 1 on, also ones that do not exist, with a time and what may follow; then often one byte spoiled.
std::string RandomMoment(std::mt19937& random, bool with_time, char separator) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
  const int year = below(2) ? 1900 + below(200) : below(10'000);
  std::string cell = fmt::format("{:04}-{:02}-{:02}", year, below(13 + below(2)), below(32 + below(2)));
  if (with_time) {
    cell += fmt::format("{}{:02}:{:02}:{:02}", separator, below(24 + below(2)), below(60 + below(2)),
                        below(60 + below(2)));
    if (below(4) == 0) cell += below(2) ? "Z" : ".5";
  }
  if (below(4) == 0) cell[random() % cell.size()] = below(2) ? static_cast<char>(random()) : "-:TZ 019"[below(8)];
  return cell;
}

// When it is true, *value is what the careful parser reads.
bool IsMoment(std::string_view text, bool with_time, const DigitForm& form, int64_t* value) {
  int32_t days = 0;
  const bool leap_day = text.substr(0, 10).ends_with("02-29");
  if (text.starts_with("00") || leap_day) return false;
  if (!with_time) {
    const bool is_date = text.size() == 10 && !ParseIsoDate(text, &days);
    *value = days;
    return is_date;
  }
  if (text.size() != (form.utc ? 20 : 19) || text[10] != form.separator) return false;
  return text.ends_with('Z') == form.utc && !ParseIsoTimestamp(text, form.utc, value);
}

TEST(DigitKernels, DatesAndTimestampsAreThoseOfTheCalendar) {
  std::mt19937 random(23);
  int64_t taken = 0;
  for (const DigitKernels* kernels : Targets()) {
    for (int round = 0; round < 20'000; ++round) {
      const bool with_time = random() % 2 != 0;
      DigitForm form{.odd_lengths = RandomOddLengths(random), .separator = random() % 2 ? 'T' : ' '};
      form.utc = random() % 4 == 0;
      form.least = random() % 4 ? std::numeric_limits<int64_t>::min() : 0;
      form.greatest = random() % 4 ? std::numeric_limits<int64_t>::max() : 20'000;
      const char separator = random() % 8 ? form.separator : '_';
      const bool odd_form = random() % 16 == 0;
      const auto cell = [&] {
        std::string text = RandomMoment(random, with_time != odd_form, separator);
        return form.utc && random() % 8 ? text + "Z" : text;
      };
      const Block block = RandomBlock(random, cell);
      int64_t values[kBlockFields];
      const auto kernel = with_time ? kernels->timestamps : kernels->dates;
      const uint64_t fits = kernel(block.text.get(), block.fields.data(), form, values);
      for (size_t i = 0; i < kBlockFields; ++i) {
        int64_t value = 0;
        const bool want = IsCandidate(block.fields[i], form.odd_lengths, with_time ? 20 : 16) &&
                          IsMoment(block.Text(i), with_time, form, &value) && value >= form.least &&
                          value <= form.greatest;
        ASSERT_EQ(fits >> i & 1, want) << block.Text(i);
        if (!want) continue;
        ASSERT_EQ(values[i], value) << block.Text(i);
        ++taken;
      }
    }
  }
  EXPECT_TRUE(Targets().empty() || taken > 100'000) << taken;
}

}  // namespace
}  // namespace freight::kernels
