// Lines and offsets found from marks are those that counting finds, in whatever order positions are asked for.
#include "format/csv_locator.h"

#include "format/csv_grammar.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace freight {
namespace {

int64_t LineOf(const std::string& text, int64_t at) {
  int64_t line = 1;
  for (int64_t i = 0; i < at; ++i) line += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
  return line;
}

// Line ends of all kinds, also in quotes, and quotes where none may stand.
std::string RandomText(std::mt19937& random) {
  std::string text;
  while (text.size() < 8000) {
    const std::string inside(random() % 30, "ab\n\r,"[random() % 5]);
    const bool stray = random() % 40 == 0;
    text += random() % 3 == 0 ? "\"" + inside + "\"" + (stray ? "x" : "") : std::string(random() % 90, 'y');
    text += std::vector<std::string>{",", ",", "\n", "\r\n", "\r"}[random() % 5];
  }
  return text + "\n";
}

class Walk {
 public:
  Walk(std::string text, CsvEncoding encoding) : text_(std::move(text)), locator_(encoding), encoding_(encoding) {
    morsel_.text.assign(text_ + std::string(Morsel::kPad, '\0'));
    morsel_.text_bytes = static_cast<int64_t>(text_.size());
    morsel_.first_line = 1001;
    morsel_.offset = 77;
    locator_.Start(morsel_);
  }

  void Run(std::mt19937& random) {
    const auto size = static_cast<int64_t>(text_.size());
    while (at_ < size && !::testing::Test::HasFatalFailure()) {
      if (random() % 8 == 0) {
        locator_.NextBatch();
        begins_.clear();
      }
      if (random() % 4 == 0 || !Index(std::min<int64_t>(size, at_ + 1 + random() % 1000))) Careful();
      for (int i = random() % 4; i > 0 && !begins_.empty(); --i) Expect(begins_[random() % begins_.size()]);
    }
    EXPECT_GT(indexed_, 2);
  }

 private:
  bool Index(int64_t end) {
    std::vector<uint32_t> places[3];
    for (auto& array : places) array.resize(static_cast<size_t>(CsvIndexRoom(end - at_)));
    const CsvScanResult found =
        BestCsvScan().index({}, {morsel_.text.data(), at_, end, morsel_.text_bytes},
                            {places[0].data(), places[1].data(), places[2].data(), locator_.MarkRoom(end - at_)});
    locator_.AddIndexed(at_, found);
    if (found.records_end == at_) return false;
    for (int64_t i = 0; i < found.ends; ++i) {
      begins_.push_back(at_);
      at_ = places[1][static_cast<size_t>(i)] + 1;
    }
    ++indexed_;
    return true;
  }

  void Careful() {
    const CsvRecord record = grammar_.Next(text_, at_, /*final=*/true, &fields_);
    begins_.push_back(at_);
    at_ = record.end;
  }

  void Expect(int64_t begin) {
    locator_.Go(begin);
    ASSERT_EQ(locator_.line(), 1000 + LineOf(text_, begin)) << begin;
    ASSERT_EQ(locator_.offset(), 77 + (encoding_ == CsvEncoding::kUtf16 ? 2 * begin : begin));
  }

  const std::string text_;
  Morsel morsel_;
  CsvLocator locator_;
  const CsvEncoding encoding_;
  const CsvGrammar grammar_{CsvDialect{}, false};
  std::vector<Field> fields_;
  std::vector<int64_t> begins_;  // of the batch's records
  int64_t at_ = 0;
  int64_t indexed_ = 0;
};

TEST(CsvLocator, LinesAndOffsetsAreThoseThatCountingFinds) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    Walk(RandomText(random), round % 3 ? CsvEncoding::kUtf8 : CsvEncoding::kUtf16).Run(random);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace freight
