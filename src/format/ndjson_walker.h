// The careful path of NDJSON: one record at a time, every rule of the grammar and of the contract's structure.
//
// Fill puts the text of each value into its column; Explain walks the same record again and names all that is wrong
// with it. What Fill cannot see, the columns' own parsers judge later: form, range and rules of single values.
#pragma once

#include "contract/contract.h"
#include "format/json_path.h"
#include "format/json_scan.h"
#include "format/ndjson_columns.h"

#include <cstdint>
#include <string>
#include <vector>

namespace freight {

enum class NdjsonVerdict : uint8_t {
  kGood,
  kFlagged,    // in the columns, and bad whatever their parsers say
  kMalformed,  // in no column: no JSON, or no object
};

// A value of a record that was read without complaint: what lies between two of them was keys and punctuation.
struct NdjsonValue {
  uint32_t begin = 0, end = 0;  // begin UINT32_MAX: the record has values that overlap
  int column = -1;  // -1: no column reads it
  int depth = 0;    // levels open around it
  JsonKind kind = JsonKind::kNull;
};

class NdjsonWalker {
 public:
  static Result<NdjsonWalker> Make(const Contract& contract, arrow::MemoryPool* pool);

  std::vector<NdjsonNode>& columns() { return columns_; }

  // Reads text[begin, end), a record without its line end, as row `row` of the batch: the next one of columns with
  // slots. `values` (may be null) is replaced by the record's values in their order, where the record is good.
  NdjsonVerdict Fill(const char* text, uint32_t begin, uint32_t end, uint32_t row, std::vector<NdjsonValue>* values);
  // Of the last record that Fill found malformed.
  const Failure& malformed() const { return malformed_; }
  // One column of nested values, from a range known to be JSON; false: flagged.
  bool FillNested(const char* text, const NdjsonValue& value, uint32_t row);
  // Appends everything that is wrong with a record that is not malformed, in the order of columns.
  void Explain(const char* text, uint32_t begin, uint32_t end, std::vector<Failure>* failures);

 private:
  // A key that columns are read from or below.
  struct KeyNode {
    int column = -1;
    int64_t seen = 0;  // the record in which it stood last
    KeyIndex keys;
    std::vector<KeyNode> children;
    std::vector<int> columns_below;
  };

  Status AddPath(int column, const std::vector<std::string>& path);
  void Begin(const char* text, uint32_t row);
  bool Record(JsonScan& scan);
  bool Keys(KeyNode& node, JsonScan& scan);
  bool Unread(std::string_view key, JsonScan& scan);
  bool Value(KeyNode& node, JsonScan& scan);
  bool NoObject(const KeyNode& node, JsonKind kind, JsonScan& scan);
  bool ColumnValue(int column, JsonScan& scan);
  bool NodeValue(NdjsonNode& node, JsonScan& scan);
  bool Leaf(NdjsonNode& node, JsonKind kind, JsonScan& scan);
  bool Struct(NdjsonNode& node, JsonScan& scan);
  bool StructKeys(NdjsonNode& node, int64_t stamp, JsonScan& scan);
  bool List(NdjsonNode& node, JsonScan& scan);
  bool NoContainer(NdjsonNode& node, JsonKind kind, JsonScan& scan);
  void AbsentColumns();

  void Put(NdjsonNode& node, const Field& field);
  void Null(NdjsonNode& node);
  void Mismatch(NdjsonNode& node, JsonKind kind);
  void ExplainField(NdjsonNode& node, const Field& field);
  bool explains() const { return failures_ != nullptr; }
  template <typename Expected>
  void Flag(int column, Reason reason, Expected&& expected);
  void Trace(const char* begin, const char* end, int column, JsonKind kind);
  std::string_view NameOf(const JsonString& key);
  void SetMalformed(const JsonScan& scan, const char* begin, const char* end);

  std::vector<NdjsonNode> columns_;
  std::vector<std::vector<std::string>> paths_;  // of the columns
  KeyNode root_;
  bool freeze_ = false;
  int64_t structs_ = 0;  // read so far

  // Of the record at hand.
  const char* text_ = nullptr;
  uint32_t row_ = 0;
  int64_t record_ = 0;
  int depth_ = 0;
  int column_ = -1;
  bool flagged_ = false;
  JsonPath path_;
  std::vector<int64_t> column_seen_;
  std::vector<NdjsonValue>* values_ = nullptr;
  std::vector<Failure>* failures_ = nullptr;  // null while filling
  Failure malformed_;
  std::string name_;
};

}  // namespace freight
