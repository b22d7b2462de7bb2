// Physical line and file offset of positions in a morsel.
//
// Where the index has been, it left marks of how many line ends it had passed: a position is found from the mark before
// it. Elsewhere the price is the distance from the last position, or from where the index stopped.
#pragma once

#include "format/csv_dialect.h"
#include "format/csv_scan.h"
#include "format/csv_text.h"
#include "format/input_format.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace freight {

class CsvLocator {
 public:
  explicit CsvLocator(CsvEncoding encoding) : utf16_(encoding == CsvEncoding::kUtf16) {}

  // The morsel's text must stay until the next Start.
  void Start(const Morsel& morsel) {
    text_ = morsel.text.data();
    offset_ = morsel.offset;
    line_ = passed_line_ = morsel.first_line;
    at_ = offset_at_ = passed_ = 0;
    ForgetIndexed();
  }
  // Positions of the next batch: those behind what was indexed.
  void NextBatch() {
    if (passed_ > at_) {
      at_ = passed_;
      line_ = passed_line_;
    }
    ForgetIndexed();
  }

  // Where an index of `bytes` of text leaves its marks; valid until the next call.
  uint32_t* MarkRoom(int64_t bytes) {
    const size_t room = marks_used_ + static_cast<size_t>(bytes / kCsvLineMarkBytes) + 1;
    if (marks_.size() < room) marks_.resize(room);
    return marks_.data() + marks_used_;
  }
  // What it found from `begin` on, and marked.
  void AddIndexed(int64_t begin, const CsvScanResult& found) {
    passed_line_ += CountLineEnds(text_, passed_, begin);  // of records between this index and the one before
    indexed_.push_back({begin, found.records_end, passed_line_, marks_used_});
    marks_used_ += static_cast<size_t>((found.records_end - begin) / kCsvLineMarkBytes) + 1;
    passed_ = found.records_end;
    passed_line_ += found.line_ends;
  }

  // To where a record of the batch begins.
  void Go(int64_t at) {
    offset_ += at >= offset_at_ ? FileBytes(offset_at_, at) : -FileBytes(at, offset_at_);
    offset_at_ = at;
    const auto behind = std::upper_bound(indexed_.begin(), indexed_.end(), at,
                                         [](int64_t place, const Indexed& step) { return place < step.begin; });
    if (behind != indexed_.begin()) GoToMark(at, behind[-1], behind == indexed_.end());
    line_ += at >= at_ ? CountLineEnds(text_, at_, at) : -CountLineEnds(text_, at, at_);
    at_ = at;
  }
  int64_t FileBytes(int64_t begin, int64_t end) const {
    return utf16_ ? Utf16Bytes({text_ + begin, static_cast<size_t>(end - begin)}) : end - begin;
  }
  int64_t line() const { return line_; }
  int64_t offset() const { return offset_; }

 private:
  struct Indexed {
    int64_t begin, end;
    int64_t line;  // of begin
    size_t first_mark;
  };

  void ForgetIndexed() {
    indexed_.clear();
    marks_used_ = 0;
  }
  // `step` is the last one that begins before `at`.
  void GoToMark(int64_t at, const Indexed& step, bool last) {
    if (at < step.end) {
      const int64_t group = (at - step.begin) / kCsvLineMarkBytes;
      at_ = step.begin + group * kCsvLineMarkBytes;
      line_ = step.line + (group > 0 ? marks_[step.first_mark + static_cast<size_t>(group) - 1] : 0);
    } else if (last && (at_ < passed_ || at_ > at)) {
      at_ = passed_;
      line_ = passed_line_;
    }
  }

  const bool utf16_;
  const char* text_ = nullptr;
  int64_t offset_at_ = 0, offset_ = 0;
  int64_t at_ = 0, line_ = 0;
  int64_t passed_ = 0, passed_line_ = 0;  // the end of what was indexed, and its line
  std::vector<Indexed> indexed_;          // of the batch, in order
  std::vector<uint32_t> marks_;
  size_t marks_used_ = 0;
};

}  // namespace freight
