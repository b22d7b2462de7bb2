// The vector scans against the careful parser, over every instruction set that this processor has.
#include "format/csv_scan.h"

#include "format/csv_grammar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <string>
#include <vector>

namespace freight {
namespace {

std::vector<const CsvScanKernels*> Targets() {
  std::vector<const CsvScanKernels*> targets;
  for (const auto target : {CsvScanTarget::kScalar, CsvScanTarget::kAvx2, CsvScanTarget::kAvx512}) {
    if (const CsvScanKernels* kernels = CsvScanFor(target)) targets.push_back(kernels);
  }
  return targets;
}

std::string RandomText(std::mt19937& random, size_t bytes, const std::string& alphabet) {
  std::string text;
  while (text.size() < bytes) text.push_back(alphabet[random() % alphabet.size()]);
  return text;
}

// What the careful parser says of text[begin..]: record ends before the first verdict that is not clean.
struct Careful {
  std::vector<uint32_t> ends;        // the last byte of each line end
  std::vector<uint32_t> separators;  // delimiters and ends
  std::vector<uint32_t> escaped;     // numbers of the fields that hold doubled quotes
  int64_t clean_until = 0;
};

Careful WalkCleanRecords(const std::string& text, int64_t begin, const CsvDialect& dialect) {
  const CsvGrammar grammar(dialect, false);
  Careful careful;
  std::vector<Field> fields;
  careful.clean_until = begin;
  while (careful.clean_until < static_cast<int64_t>(text.size())) {
    const CsvRecord record = grammar.Next(text, careful.clean_until, false, &fields);
    if (record.verdict != CsvVerdict::kRecord && record.verdict != CsvVerdict::kBlank) break;
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].escaped) careful.escaped.push_back(static_cast<uint32_t>(careful.separators.size() + i));
    }
    for (size_t i = 0; i + 1 < fields.size(); ++i) {
      careful.separators.push_back(fields[i].begin + fields[i].length + fields[i].quoted);
    }
    careful.ends.push_back(static_cast<uint32_t>(record.end - 1));
    careful.separators.push_back(static_cast<uint32_t>(record.end - 1));
    careful.clean_until = record.end;
  }
  return careful;
}

void ExpectAgreement(const CsvScanKernels& kernels, const std::string& text, int64_t begin, const CsvDialect& dialect) {
  const Careful careful = WalkCleanRecords(text, begin, dialect);
  std::vector<uint32_t> escaped = careful.escaped;
  const int64_t size = static_cast<int64_t>(text.size());
  std::vector<uint32_t> separators(CsvIndexRoom(size)), ends(CsvIndexRoom(size)), doubled(CsvIndexRoom(size) / 2 + 1);
  std::vector<uint32_t> lines(static_cast<size_t>(size / kCsvLineMarkBytes + 1));
  // The last byte is only looked at: whether it is an LF decides about a CR before it.
  const CsvScanRange range{text.data(), begin, size - 1, size};
  const CsvScanBytes bytes = CsvScanBytes::Of(dialect);
  const CsvScanResult result =
      kernels.index(bytes, range, {separators.data(), ends.data(), doubled.data(), lines.data()});
  ASSERT_LE(result.records_end, careful.clean_until) << text;
  size_t clean = 0;
  while (clean < careful.ends.size() && careful.ends[clean] < result.records_end) ++clean;
  ends.resize(result.ends);
  ASSERT_EQ(ends, std::vector(careful.ends.begin(), careful.ends.begin() + clean)) << text;
  size_t inner = 0;
  while (inner < careful.separators.size() && careful.separators[inner] < result.records_end) ++inner;
  separators.resize(inner);
  for (uint32_t& separator : separators) {
    const bool marked = separator >= kCsvQuotedNext;
    separator &= ~kCsvQuotedNext;
    const bool delimiter = !std::binary_search(careful.ends.begin(), careful.ends.end(), separator);
    ASSERT_EQ(marked, dialect.quote && delimiter && text[separator + 1] == dialect.quote) << text << separator;
  }
  doubled.resize(result.doubled);
  doubled.erase(std::unique(doubled.begin(), doubled.end()), doubled.end());
  std::erase_if(doubled, [&](uint32_t field) { return field >= inner; });
  std::erase_if(escaped, [&](uint32_t field) { return field >= inner; });
  ASSERT_EQ(doubled, escaped) << text;
  ASSERT_EQ(separators, std::vector(careful.separators.begin(), careful.separators.begin() + inner)) << text;
  if (result.violation < 0) {
    const bool last_is_open = clean + 1 == careful.ends.size() && careful.ends.back() == size - 1;
    ASSERT_TRUE(clean == careful.ends.size() || last_is_open) << "a scan without violation misses nothing: " << text;
  } else {
    ASSERT_LT(careful.clean_until, size) << "a violation is one for the careful parser, too: " << text;
  }
  for (int64_t end = begin + kCsvLineMarkBytes, i = 0; end < result.records_end; end += kCsvLineMarkBytes, ++i) {
    ASSERT_EQ(lines[i], kernels.count_line_ends({text.data(), begin, end, size})) << text;
  }
  const CsvScanResult scan = kernels.scan(bytes, range);
  ASSERT_EQ(scan.records_end, result.records_end);
  ASSERT_EQ(scan.violation, result.violation);
  ASSERT_EQ(scan.line_ends, kernels.count_line_ends({text.data(), begin, scan.records_end, scan.records_end}));
}

TEST(CsvScan, AgreesWithTheCarefulParserOnRandomText) {
  std::mt19937 random(20261123);
  const std::vector<std::string> alphabets = {",\"\n\rab", "aaaaaaaaaaaa,,\n\"", "\"\"\",,\n", "ab,\n\r", "\r\n,"};
  for (int i = 0; i < 12000; ++i) {
    const size_t length = 1 + random() % (i % 8 == 0 ? 1200 : 260);
    const std::string text = RandomText(random, length, alphabets[i % alphabets.size()]);
    const int64_t begin = static_cast<int64_t>(random() % text.size());
    const CsvDialect dialect{.quote = i % 7 == 0 ? std::nullopt : std::optional('"')};
    for (const CsvScanKernels* kernels : Targets()) ExpectAgreement(*kernels, text, begin, dialect);
    if (HasFatalFailure()) return;
  }
}

TEST(CsvScan, MakesFieldsOfSeparators) {
  std::mt19937 random(8);
  for (int64_t rows = 0; rows < 40; ++rows) {
    const int64_t stride = 1 + rows % 7;
    std::vector<uint32_t> separators = {static_cast<uint32_t>(random())};  // marked or not, at any place
    separators[0] = (separators[0] & kCsvQuotedNext) | random() % 1000;
    std::vector<Field> want(static_cast<size_t>(rows));
    while (static_cast<int64_t>(separators.size()) < rows * stride + 1) {
      const uint32_t before = separators.back() & ~kCsvQuotedNext;
      separators.push_back((before + 3 + random() % 100) | (random() % 2 ? kCsvQuotedNext : 0));
    }
    for (int64_t row = 0; row < rows; ++row) {
      const uint32_t before = separators[row * stride], behind = separators[row * stride + 1] & ~kCsvQuotedNext;
      const uint32_t quoted = before >> 31, begin = (before & ~kCsvQuotedNext) + 1;
      want[row] = {.begin = begin + quoted, .length = behind - begin - 2 * quoted, .quoted = quoted};
    }
    for (const CsvScanKernels* kernels : Targets()) {
      std::vector<uint64_t> fields(static_cast<size_t>(rows) + 1, 42);
      kernels->fields(separators.data() + 1, stride, rows, fields.data());
      EXPECT_EQ(fields.back(), 42u);
      for (int64_t row = 0; row < rows; ++row) {
        ASSERT_EQ(fields[row], std::bit_cast<uint64_t>(want[row])) << row << " of " << rows;
      }
    }
  }
}

TEST(CsvScan, AgreesOnWellFormedTextWithoutViolation) {
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    while (text.size() < 300) {
      const std::string quoted = "\"" + RandomText(random, random() % 40, "a,\n\r") + "\"\"\"";
      text += random() % 3 == 0 ? quoted : std::to_string(random() % 999);
      text += std::vector<std::string>{",", ",", ",", "\n", "\r\n", "\r"}[random() % 6];
    }
    for (const CsvScanKernels* kernels : Targets()) {
      ExpectAgreement(*kernels, text, 0, {});
      const int64_t size = static_cast<int64_t>(text.size());
      ASSERT_EQ(kernels->scan({}, {text.data(), 0, size, size}).violation, -1) << text;
    }
    if (HasFatalFailure()) return;
  }
}

TEST(CsvScan, SeesEveryViolationAtEveryBitOfABlock) {
  for (int shift = 0; shift < 130; ++shift) {
    for (const char* bad : {"a\"b", "\"a\"b,", "\"a\" \n", "\"\"a"}) {
      const std::string text = std::string(shift, 'x') + "\n" + bad + std::string(70, 'y') + "\n";
      const int64_t size = static_cast<int64_t>(text.size());
      for (const CsvScanKernels* kernels : Targets()) {
        const CsvScanResult result = kernels->scan({}, {text.data(), 0, size, size});
        EXPECT_GT(result.violation, shift) << bad;
        EXPECT_LE(result.violation, shift + 4) << bad;
        EXPECT_LE(result.records_end, shift + 1) << bad;
      }
    }
  }
}

TEST(CsvScan, CountsACrLfOnceAlsoAcrossBlocks) {
  for (int shift = 0; shift < 130; ++shift) {
    const std::string text = std::string(shift, 'x') + "\r\n\r\r\n\n";
    const int64_t size = static_cast<int64_t>(text.size());
    for (const CsvScanKernels* kernels : Targets()) {
      EXPECT_EQ(kernels->count_line_ends({text.data(), 0, size, size}), 4) << shift;
    }
  }
}

}  // namespace
}  // namespace freight
