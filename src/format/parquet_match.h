// Where the columns of a contract and of `where` lie in a Parquet file, and which of its leaves are read for them.
//
// A name is a path, as into JSON records: user.id is the value id of the struct user. Only the leaves that a contract
// names are read; of a struct that is read for its nulls alone, the first one.
#pragma once

#include "format/input_format.h"

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

namespace parquet::arrow {
struct SchemaField;
struct SchemaManifest;
}  // namespace parquet::arrow

namespace freight {

// Where the values of a column are, or of what lies in an object or array.
struct ParquetSource {
  // Positions, from struct to struct, among the fields that are read: of a column in the batch, of an object's property
  // in the object. Empty: the file has no such values.
  std::vector<int> steps;
  std::shared_ptr<arrow::DataType> type;  // as the file declares it; null: as above
  int leaf = -1;                          // of the file, where the value is one
  std::vector<ParquetSource> children;    // as in the contract, of objects and arrays
};

struct ParquetMatch {
  std::vector<int> leaves;                // that are read, ascending
  std::vector<std::string> names;         // of the batches' columns
  std::vector<ParquetSource> columns;     // of the contract
  std::vector<ParquetSource> conditions;  // values of `where`
};

// The paths of the columns. Fails with the place in the contract: no path, or one that another column is read from.
Result<std::vector<std::vector<std::string>>> ParquetPaths(const Contract& contract);

// `where`: paths of its conditions. Fills the header, if there is one. Fails with place and help: a required column
// that is missing, types that do not fit, a name that is read and occurs twice, unknown columns under kFreeze, a path
// of `where` that leads nowhere or into lists.
Result<ParquetMatch> MatchParquet(const InputFile& file, const parquet::arrow::SchemaManifest& schema,
                                  const Contract& contract, const std::vector<std::vector<std::string>>& where,
                                  InputHeader* header);

// The array at `steps`, null where a struct on the way is.
Result<std::shared_ptr<arrow::Array>> ArrayAt(std::shared_ptr<arrow::Array> values, const std::vector<int>& steps,
                                              size_t first, arrow::MemoryPool* pool);

}  // namespace freight
