// The fast path of NDJSON: a record is expected to have the keys of an earlier one, in its order and spelling.
//
// A shape is what stood between the values of a record that was read with care: brackets, keys, colons, commas, blanks.
// Where the same bytes stand between the values of another record, that record has the same structure, and only the
// values remain to be scanned. At the first difference the shape says no, and the careful path decides.
#pragma once

#include "format/ndjson_block.h"
#include "format/ndjson_walker.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace freight {

class NdjsonShape {
 public:
  // Of text[begin, end), which Fill found good, with its values. A record whose structure is too long to keep, or is
  // read in two ways, gives a shape that matches nothing.
  void Learn(const char* text, uint32_t begin, uint32_t end, std::span<const NdjsonValue> values,
             const std::vector<NdjsonNode>& columns);

  // The record at text[begin..], at most up to `size`: its end (of the line end, or `size`), or 0 when it has another
  // shape. 64 zero bytes follow text[size]. Sets row `row` of every leaf at the top; out[c] are their fields. Values
  // of nested columns are appended to `nested` and are JSON.
  uint32_t Match(const char* text, uint32_t begin, uint32_t size, std::span<Field* const> out, uint32_t row,
                 std::vector<NdjsonValue>* nested) const;

  // The same for all open lines of a block at once; line i is row `first_row` + i. Those of this shape are matched and
  // closed. Not where columns are nested.
  void MatchBlock(const NdjsonKernels& kernels, std::span<Field* const> out, uint32_t first_row,
                  NdjsonBlock* block) const;

  const std::vector<int>& absent_nested() const { return absent_nested_; }

 private:
  enum class Action : uint8_t { kString, kNumber, kBoolean, kScalar, kJson, kNested, kUnread };
  struct Step {
    uint32_t literal = 0;        // before the value, in literals_
    uint32_t literal_bytes = 0;
    int column = -1;
    int depth = 0;
    Action action = Action::kUnread;
  };

  bool LearnSteps(const char* text, uint32_t begin, uint32_t end, std::span<const NdjsonValue> values,
                  const std::vector<NdjsonNode>& columns);
  uint32_t AddLiteral(const char* begin, const char* end);
  static Action ActionOf(int column, const std::vector<NdjsonNode>& columns);
  void TakeStep(const NdjsonKernels& kernels, const Step& step, Field* fields, NdjsonBlock* block) const;
  void TakeByLine(const Step& step, Field* fields, NdjsonBlock* block) const;
  void CloseTails(std::span<Field* const> out, uint32_t first_row, NdjsonBlock* block) const;
  static const char* Scan(const Step& step, const char* text, const char* p, const char* end, Field* field);
  static const char* ScanAny(const Step& step, const char* text, const char* p, const char* end, Field* field);

  std::string literals_;                // empty: nothing matches
  std::vector<Step> steps_;
  uint32_t tail_ = 0, tail_bytes_ = 0;  // what follows the last value up to the line end
  std::vector<int> absent_;             // leaves at the top that the record does not have
  std::vector<int> absent_nested_;
};

}  // namespace freight
