// What every column parser knows of its column, and how it words a failure.
#pragma once

#include "contract/column_parser.h"
#include "contract/field_text.h"

#include <memory>
#include <string>
#include <vector>

namespace freight {

// Collects the failures of one field; given no list, it only remembers that there was one.
class Verdict {
 public:
  Verdict(int column, std::vector<Failure>* failures) : column_(column), failures_(failures) {}
  bool ok() const { return ok_; }
  void Add(Reason reason, const std::string& expected) {
    ok_ = false;
    if (failures_ != nullptr) failures_->push_back({column_, reason, expected});
  }

 private:
  int column_;
  std::vector<Failure>* failures_;
  bool ok_ = true;
};

struct ColumnContext {
  Column column;
  int index = 0;
  FieldText field_text;
  std::shared_ptr<arrow::DataType> arrow_type;
  arrow::MemoryPool* pool = nullptr;
  bool dictionary = true;  // of strings
  bool empty_binary = false;
};

// The `expected` texts of rules. The values of validValues are data of somebody: only their number is told.
struct ExpectedTexts {
  explicit ExpectedTexts(const Column& column);
  std::string type, minimum, maximum, multiple_of, min_length, max_length, pattern, valid_values;
};

const char* EncodingName(TextEncoding encoding);  // "utf-8", "latin1", "windows-1252"

// Factories, one per shape of the output. Rules that do not apply to the type are refused before.
Result<std::unique_ptr<ColumnParser>> MakeFixedColumn(ColumnContext context);
Result<std::unique_ptr<ColumnParser>> MakeStringColumn(ColumnContext context);
Result<std::unique_ptr<ColumnParser>> MakeBinaryColumn(ColumnContext context);

}  // namespace freight
