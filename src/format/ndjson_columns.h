// The columns of a contract over a batch of JSON records: where each value's text stands, then its Arrow array.
//
// A column of nested values is a tree of nodes. Each node has slots: one per row at the top, one per item below a list.
// Leaves keep fields and hand them to the column parsers that CSV uses; structs and lists keep which slots are there.
#pragma once

#include "contract/column_parser.h"
#include "format/json_scan.h"

#include <arrow/stl_allocator.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace freight {

// Finds a key among few or many; keys mostly come in the order of the last object.
class KeyIndex {
 public:
  void Add(std::string key);
  // -1 when there is none. `hint` is where to look first, and becomes the place behind what was found.
  int Find(std::string_view key, size_t* hint) const {
    if (*hint < keys_.size() && keys_[*hint] == key) return static_cast<int>((*hint)++);
    const int found = Search(key);
    if (found >= 0) *hint = static_cast<size_t>(found) + 1;
    return found;
  }
  const std::string& key(size_t i) const { return keys_[i]; }
  size_t size() const { return keys_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  // Comparing a few keys is cheaper than hashing one.
  static constexpr size_t kFew = 16;
  int Search(std::string_view key) const {
    if (keys_.size() > kFew) {
      const auto found = places_.find(key);
      return found == places_.end() ? -1 : found->second;
    }
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] == key) return static_cast<int>(i);
    }
    return -1;
  }

  std::vector<std::string> keys_;
  std::unordered_map<std::string, int, Hash, std::equal_to<>> places_;
};

// Which JSON values a leaf takes.
enum class NdjsonAccepts : uint8_t {
  kString,
  kNumber,
  kBoolean,
  kScalar,  // the value's text, whatever its kind: booleans with declared spellings, numbers that may stand in quotes
  kJson,    // any value, as its text
};

// Charged to the pool: a long record may hold millions of items.
template <typename T>
using SlotVector = std::vector<T, arrow::stl::allocator<T>>;

struct NdjsonNode {
  explicit NdjsonNode(arrow::MemoryPool* pool) : fields(pool), valid(pool), ends(pool), rows(pool) {}

  enum class Shape : uint8_t { kLeaf, kStruct, kList };

  Shape shape = Shape::kLeaf;
  NdjsonAccepts accepts = NdjsonAccepts::kString;
  bool top = false;       // its parser judges `required`; slots are rows
  bool required = false;
  std::string expected;   // the type, as messages say it
  int64_t items_min = 0, items_max = INT64_MAX;
  std::shared_ptr<arrow::DataType> type;

  std::unique_ptr<ColumnParser> parser;  // leaf
  SlotVector<Field> fields;              // leaf, per slot
  SlotVector<uint8_t> valid;             // struct and list, per slot
  SlotVector<uint32_t> ends;             // list, per slot: the child's slots up to its end
  SlotVector<uint32_t> rows;             // per slot, but for leaves at the top
  std::vector<NdjsonNode> children;
  KeyIndex keys;                         // struct: of the children
  std::vector<int64_t> seen;             // struct, per child: the last struct that had it

  bool TakesText(JsonKind kind) const;
  // Of everything but leaves at the top, which are set by row.
  void AppendNull(uint32_t row);
  void AppendField(const Field& field, uint32_t row) {
    fields.push_back(field);
    rows.push_back(row);
  }
  void Clear();
  void DropRow(uint32_t row);  // takes back the slots of the last row

  Status Parse(const char* text, size_t row_count, std::span<uint8_t> errors);
  Result<std::shared_ptr<arrow::Array>> Finish(const KeptRows& kept, arrow::MemoryPool* pool);

 private:
  Result<std::shared_ptr<arrow::Array>> FinishNested(const KeptRows& kept_rows, arrow::MemoryPool* pool);
  void KeepSlots(const KeptRows& kept_rows);
  std::vector<uint8_t> slot_errors_, keep_slots_;
  KeptRows kept_slots_;  // of keep_slots_
};

// The node of a contract column; `index` is copied into the failures that its parsers explain.
Result<NdjsonNode> MakeNdjsonNode(const Column& column, int index, arrow::MemoryPool* pool);

}  // namespace freight
