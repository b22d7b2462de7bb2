// The kernels of NDJSON against the careful scanner, over every instruction set that this processor has.
#include "format/ndjson_kernels.h"

#include "format/json_scan.h"
#include "format/ndjson_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace freight {
namespace {

constexpr size_t kPad = 64;
using Kernel = void (*)(const NdjsonStepTask& task, NdjsonProgress* progress);
using Member = Kernel NdjsonKernels::*;

std::vector<const NdjsonKernels*> Targets() {
  std::vector<const NdjsonKernels*> targets;
  for (const NdjsonTarget target : {NdjsonTarget::kAvx2, NdjsonTarget::kAvx512}) {
    if (const NdjsonKernels* kernels = NdjsonKernelsFor(target)) targets.push_back(kernels);
  }
  return targets;
}

enum class Fate : uint8_t { kOut, kDoubtful, kKnown };

struct Taken {
  Fate fate = Fate::kOut;
  uint32_t at = 0;
  Field field;
};

std::string Describe(const Taken& taken) {
  const Field& f = taken.field;
  return fmt::format("fate {} at {} field {}+{} quoted {} escaped {} missing {}", static_cast<int>(taken.fate),
                     taken.at, f.begin, f.length, f.quoted, f.escaped, f.missing);
}

// The text in memory that ends with its padding, so that a sanitizer sees what reads behind it.
struct Padded {
  explicit Padded(const std::string& text) : bytes(text.begin(), text.end()), size(static_cast<uint32_t>(text.size())) {
    bytes.resize(bytes.size() + kPad, '\0');
    bytes.shrink_to_fit();
  }
  std::vector<char> bytes;
  uint32_t size;
};

// One step over lines that begin at `begins`.
std::vector<Taken> Take(Kernel kernel, const Padded& text, const std::vector<uint32_t>& begins,
                        const std::string& literal, char behind) {
  auto progress = std::make_unique<NdjsonProgress>();
  progress->count = static_cast<uint32_t>(begins.size());
  for (uint32_t i = 0; i < progress->count; ++i) {
    progress->at[i] = begins[i];
    progress->lines[i] = static_cast<uint16_t>(progress->count - 1 - i);  // numbered in another order
  }
  std::vector<Field> fields(begins.size());
  const Padded padded(literal);
  kernel({text.bytes.data(), padded.bytes.data(), padded.size, behind, fields.data()}, progress.get());
  std::vector<Taken> taken(begins.size());
  const auto of_place = [&](uint32_t place) -> Taken& { return taken[begins.size() - 1 - progress->lines[place]]; };
  for (uint32_t i = 0; i < progress->count; ++i) {
    of_place(i) = {Fate::kKnown, progress->at[i], fields[progress->lines[i]]};
  }
  for (uint32_t i = 0; i < progress->doubtful_count; ++i) {
    of_place(progress->doubtful[i]) = {Fate::kDoubtful, progress->doubtful_at[i], {}};
  }
  return taken;
}

// What the careful scanner makes of the value at `at`: known, where a column of this kind takes it or null.
Taken Careful(Member member, const std::string& text, uint32_t at) {
  const size_t line_end = std::min(text.find('\n', at), text.size());
  JsonScan scan(text.data() + at, text.data() + line_end);
  JsonKind kind;
  const Taken doubtful{Fate::kDoubtful, at, {}};
  if (!scan.Kind(&kind) || scan.at() != text.data() + at) return doubtful;
  const bool boolean = kind == JsonKind::kTrue || kind == JsonKind::kFalse;
  const bool fits = member == &NdjsonKernels::strings   ? kind == JsonKind::kString
                    : member == &NdjsonKernels::numbers ? kind == JsonKind::kNumber
                                                        : boolean;
  if (!fits && kind != JsonKind::kNull) return doubtful;
  JsonString string;
  const bool whole = kind == JsonKind::kString ? scan.String(JsonUtf8::kLater, &string)
                                               : scan.Value(JsonUtf8::kChecked, 0);
  if (!whole) return doubtful;
  Taken taken{Fate::kKnown, static_cast<uint32_t>(scan.at() - text.data()), {}};
  if (kind == JsonKind::kString) taken.field = {at + 1, static_cast<uint32_t>(string.raw.size()), 1, string.escaped, 0};
  else if (kind != JsonKind::kNull) taken.field = {at, taken.at - at, 0, 0, 0};
  return taken;
}

// What a kernel may leave to the careful scanner though it is right.
bool MayBeDoubtful(const std::string& text, const Taken& careful, uint32_t at, char behind) {
  const std::string value = text.substr(at, careful.at - at);
  if (value[0] != '"') {
    const bool exponent = value.find_first_of("eE") != std::string::npos;
    return exponent || value.size() >= 62 || careful.at == text.size() || text[careful.at] != behind;
  }
  return value.find("\\u") != std::string::npos || (careful.field.escaped && value.size() > 60);
}

void ExpectAgreement(Member member, const NdjsonKernels& kernels, const std::string& text,
                     const std::vector<uint32_t>& begins, const std::string& literal, char behind) {
  const std::vector<Taken> got = Take(kernels.*member, Padded(text), begins, literal, behind);
  for (size_t i = 0; i < begins.size(); ++i) {
    const std::string shown = text.substr(begins[i], text.find('\n', begins[i]) - begins[i]) + " " + Describe(got[i]);
    if (text.compare(begins[i], literal.size(), literal) != 0) {
      EXPECT_EQ(got[i].fate, Fate::kOut) << shown;
      continue;
    }
    const auto at = begins[i] + static_cast<uint32_t>(literal.size());
    const Taken careful = Careful(member, text, at);
    if (got[i].fate == Fate::kDoubtful && careful.fate == Fate::kKnown) {
      EXPECT_TRUE(MayBeDoubtful(text, careful, at, behind)) << shown;
      EXPECT_EQ(got[i].at, at) << shown;
      continue;
    }
    EXPECT_EQ(Describe(got[i]), Describe(careful)) << shown;
  }
}

constexpr Member kMembers[] = {&NdjsonKernels::strings, &NdjsonKernels::numbers, &NdjsonKernels::booleans};

// Every line begins with the literal, or nearly, and goes on with a value.
void CheckValues(const std::vector<std::string>& values, const std::string& literal, const std::string& behind) {
  std::string text;
  std::vector<uint32_t> begins;
  for (const std::string& value : values) {
    begins.push_back(static_cast<uint32_t>(text.size()));
    text += literal + value + behind + "\n";
  }
  text.pop_back();
  for (const NdjsonKernels* kernels : Targets()) {
    for (const Member member : kMembers) ExpectAgreement(member, *kernels, text, begins, literal, behind[0]);
  }
}

TEST(NdjsonKernels, KnowWhatTheCarefulScannerKnows) {
  std::vector<std::string> values = {
      "0", "7", "-7", "12.50", "-0.5", "0.25", "-0", "00", "01", "-01", "1.", ".5", "-", "--1", "1.2.3", "1e3", "1E-3",
      "1.5e3", "+1", "1-", "12x", "null", "nul", "nullnull", "true", "false", "tru", "fals", "falsy", "True", "\"\"",
      "\"a\"", "\"a\\\"b\"", "\"\\\\\"", "\"\\\\\\\"\"", "\"\\n\\t\\b\\f\\r\\/\"", "\"\\u00e9\"", "\"\\ud800\"",
      "\"\\x\"", "\"\\\"", "\"a\tb\"", "\"a\x7F\xC3\xA9\xFF\"", "\"null\"", "\"", "", "{}", "[1]", "\"a\" ", " \"a\"",
      "\"\\", "\"\\u", "\"\\B\"", "\"\\R\"", "\"\\\xA2\"", "\"\\\x02\""};
  for (const int length : {0, 1, 15, 16, 30, 31, 32, 46, 47, 59, 60, 61, 62, 63, 64, 65, 127, 128, 129, 500}) {
    const std::string x(static_cast<size_t>(length), 'x'), nine(static_cast<size_t>(length), '9');
    for (const char* const end : {"\"", "\\\"\"", "\\\\\"", "\\n\"", "\\", "\x1F\"", "\\q\"", ""}) {
      values.push_back("\"" + x + end);
      values.push_back("\"\\n" + x + end);
    }
    for (const std::string& number :
         {nine, "-" + nine, "1" + nine, "1." + nine, "-1." + nine, nine + ".", nine + "e1"}) {
      values.push_back(number);
    }
  }
  for (const std::string& literal : {std::string("{\"k\":"), std::string("x"), std::string(63, 'k'),
                                     std::string(64, 'k'), std::string(65, 'k'), std::string(200, 'k')}) {
    for (const char* const behind : {",\"b\":1}", "}", "", " }", "\r", "\\", "\""}) {
      for (size_t from = 0; from < values.size(); from += kNdjsonLinesMax) {
        const size_t to = std::min(values.size(), from + kNdjsonLinesMax);
        CheckValues({values.begin() + static_cast<ptrdiff_t>(from), values.begin() + static_cast<ptrdiff_t>(to)},
                    literal, behind);
      }
    }
  }
}

TEST(NdjsonKernels, AgreeOnRandomBytes) {
  std::mt19937 random(4711);
  const std::string strings = "\"\"\"\\\\anx,u0/\t\xC3", numbers = "0123456789.-e,}n", words = "truefalsn,";
  for (int round = 0; round < 3000; ++round) {
    const std::string& alphabet = round % 3 == 0 ? strings : round % 3 == 1 ? numbers : words;
    const char* const opening = round % 3 == 0 && round % 2 == 0 ? "\"" : "";
    std::vector<std::string> values;
    for (int i = 0; i < 40; ++i) {
      std::string value = opening;
      for (uint32_t left = random() % (i % 8 == 0 ? 150 : 12); left > 0; --left) {
        value += random() % 4 != 0 && round % 3 == 0 ? 'a' : alphabet[random() % alphabet.size()];
      }
      values.push_back(std::move(value));
    }
    CheckValues(values, ",\"key\":", round % 5 == 0 ? "" : "\"}");
  }
}

TEST(NdjsonKernels, LinesWithoutTheLiteralAreOut) {
  const std::string text = "\"a\":1\n\"b\":1\n\"a\":2\n\"a\"\n\"a\":";
  const std::vector<uint32_t> begins = {0, 6, 12, 18, 22};
  for (const NdjsonKernels* kernels : Targets()) {
    for (const Member member : kMembers) ExpectAgreement(member, *kernels, text, begins, "\"a\":", '\n');
  }
}

// The sanitizers see what is read behind the text.
TEST(NdjsonKernels, LongLiteralsMayBeCutOffAnywhere) {
  const std::string literal(1000, 'k');
  for (size_t bytes = 0; bytes < literal.size(); bytes += bytes % 64 == 63 ? 1 : 21) {
    const std::string text = "kk\n" + literal.substr(0, bytes);
    for (const NdjsonKernels* kernels : Targets()) {
      for (const Member member : kMembers) ExpectAgreement(member, *kernels, text, {0, 3}, literal, ',');
    }
  }
}

TEST(NdjsonKernels, BlocksHoldEveryLineOnce) {
  std::mt19937 random(17);
  for (int round = 0; round < 400; ++round) {
    std::string text;
    const uint32_t longest = round % 4 == 0 ? 2 : round % 4 == 1 ? 200 : round % 4 == 2 ? 3000 : 60'000;
    for (int line = 0; line < 700; ++line) {
      if (text.size() > 200'000) break;
      text += std::string(random() % longest, 'x') + "\n";
    }
    if (round % 2 == 0) text += "the last one";
    const Padded padded(text);
    const uint32_t limit = round % 3 == 0 ? padded.size : 1 + random() % padded.size;
    auto block = std::make_unique<NdjsonBlock>();
    for (const NdjsonKernels* kernels : Targets()) {
      uint32_t at = 0;
      while (at < limit) {
        block->Take(*kernels, padded.bytes.data(), at, limit, padded.size);
        ASSERT_GE(block->count, 1u);
        for (uint32_t line = 0; line < block->count; ++line) {
          ASSERT_EQ(block->begins[line], at);
          ASSERT_LT(at, limit) << "a line belongs to the batch in which it begins";
          ASSERT_EQ(block->ends[line], std::min(text.find('\n', at), text.size()));
          at = block->NextBegin(line);
        }
      }
    }
  }
}

}  // namespace
}  // namespace freight
