// Field text of one column -> Arrow values, with a verdict per row. Kernels are chosen once from type, nulls and rules.
//
// Hot loops inside are free functions over spans (contract/kernels_*.h), each with a scalar twin it is fuzzed against.
#pragma once

#include "base/status.h"
#include "contract/contract.h"
#include "contract/kept_rows.h"
#include "contract/verdict.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace freight {

// One field of one record: a range of the text, without its quotes.
struct Field {
  uint32_t begin = 0;
  uint32_t length : 29 = 0;
  uint32_t quoted : 1 = 0;   // stood in quotes: never null, never trimmed
  uint32_t escaped : 1 = 0;  // holds doubled quotes (or escapes) that must be undone
  uint32_t missing : 1 = 0;  // the file has no such column: null
};
static_assert(sizeof(Field) == 8);

enum class TextEncoding : uint8_t { kUtf8, kLatin1, kWindows1252 };  // of string values; utf-8 is validated

enum class EscapeStyle : uint8_t { kCsv, kJson };

struct TextRules {
  std::optional<std::vector<std::string>> nulls;  // as CsvDialect::nulls
  char quote = '"';
  std::optional<char> escape;                     // nullopt: doubled quote
  TextEncoding encoding = TextEncoding::kUtf8;
  EscapeStyle escapes = EscapeStyle::kCsv;        // kJson: of escaped fields, known to be well formed
  bool dictionary = true;                         // strings that repeat may come as one
  bool empty_binary = false;                      // an empty text of a binary column is no bytes, not a wrong form
};

// Parses one column batch after batch. One per thread.
class ColumnParser {
 public:
  virtual ~ColumnParser() = default;
  // text has 64 readable bytes after its end. For each i: the value is kept, or errors[i] is set to 1 (never cleared:
  // columns share the array) when the type or any rule of this column fails. A row that is flagged already need not be
  // looked at: no Finish keeps it.
  virtual Status Parse(const char* text, std::span<const Field> fields, std::span<uint8_t> errors) = 0;
  // The kept rows of the last Parse as an array of ColumnType::Arrow(), or of dictionary(int32, utf8) for strings that
  // repeat: it may have entries that no kept row has.
  virtual Result<std::shared_ptr<arrow::Array>> Finish(const KeptRows& kept) = 0;
  // Slow path for a flagged row: appends every failing rule of this column for this field.
  virtual void Explain(const char* text, const Field& field, std::vector<Failure>* failures) = 0;
};
// `column_index` is copied into Failure::column.
Result<std::unique_ptr<ColumnParser>> MakeColumnParser(const Column& column, int column_index, const TextRules& rules,
                                                       arrow::MemoryPool* pool);

// The type's text form of a literal in a contract (minimum, validValues): parsed exactly as data is.
Result<Bound> ParseBound(const ColumnType& type, const std::string& text, bool exclusive);

}  // namespace freight
