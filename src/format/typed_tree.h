// A column of a contract over typed columns of any nesting: structs and lists are taken apart, their leaves judged as
// columns are, and what is kept is put together in the contract's types.
//
// Each part has slots: one per row, or one per item below a list. What lies in a null struct is null and not judged.
#pragma once

#include "contract/contract.h"
#include "contract/verdict.h"
#include "format/json_path.h"
#include "format/parquet_match.h"
#include "format/parquet_typed.h"

#include <arrow/stl_allocator.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace freight {

// One per thread and column.
class TypedTree {
 public:
  // `index` is the contract's; `path` leads to the column.
  static Result<std::unique_ptr<TypedTree>> Make(const Column& column, int index, const ParquetSource& source,
                                                 std::vector<std::string> path, arrow::MemoryPool* pool);
  // Judges a batch. Sets errors[i] to 1 where something of the row fails.
  Status Parse(const arrow::RecordBatch& batch, std::span<uint8_t> errors);
  // The kept rows of the last batch, in the column's type.
  Result<std::shared_ptr<arrow::Array>> Finish(const KeptRows& kept);
  // Everything that is wrong with a row, with its path where the column has one.
  void Explain(int64_t row, std::vector<Failure>* failures);

 private:
  // Charged to the pool: a batch may hold millions of items.
  template <typename T>
  using Slots = std::vector<T, arrow::stl::allocator<T>>;

  enum class Shape : uint8_t { kAbsent, kLeaf, kStruct, kList };
  struct Node {
    explicit Node(arrow::MemoryPool* pool) : rows(pool), valid(pool), ends(pool) {}
    Shape shape = Shape::kLeaf;
    bool top = false;
    Column column;
    std::vector<int> steps;
    std::shared_ptr<arrow::DataType> type;  // the contract's
    std::unique_ptr<TypedColumn> leaf;      // of kLeaf, and of any that is absent at the top
    std::vector<Node> children;
    // Of the last batch.
    size_t slots = 0;
    Slots<uint32_t> rows;   // of a list's items: the row of each
    Slots<uint8_t> valid;   // of all but leaves at the top
    Slots<uint32_t> ends;   // of lists: the items up to each slot's last
    std::vector<uint8_t> errors, keep;
    KeptRows kept;  // of keep
  };

  explicit TypedTree(arrow::MemoryPool* pool) : pool_(pool), root_(pool) {}
  Status Build(const Column& column, const ParquetSource& source, Node* node);
  Status ParseNode(Node& node, const std::shared_ptr<arrow::Array>& values, const Node* parent,
                   std::span<const uint32_t> rows, std::span<uint8_t> errors);
  Status ParseLeaf(Node& node, const std::shared_ptr<arrow::Array>& values, std::span<const uint32_t> rows,
                   std::span<uint8_t> errors);
  Status ParseList(Node& node, const arrow::Array& values, std::span<const uint32_t> rows, std::span<uint8_t> errors);
  Result<std::shared_ptr<arrow::Array>> FinishNode(Node& node, const KeptRows& kept);
  Result<std::shared_ptr<arrow::Array>> FinishItems(Node& node, const KeptRows& kept);
  Result<std::shared_ptr<arrow::Buffer>> Offsets(const Node& node, const KeptRows& kept);
  void ExplainNode(Node& node, size_t slot, bool parent_valid, std::vector<Failure>* failures);
  void ExplainList(Node& node, size_t slot, std::vector<Failure>* failures);
  void Add(Reason reason, std::string expected, std::vector<Failure>* failures) const;

  arrow::MemoryPool* const pool_;
  int index_ = -1;
  Node root_;
  std::vector<std::string> way_;  // to the column
  bool has_path_ = false;         // its verdicts say where
  JsonPath path_;
};

}  // namespace freight
