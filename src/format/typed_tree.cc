// Taking apart from the top down, putting together from the leaves up.
#include "format/typed_tree.h"

#include "contract/column_output.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <limits>
#include <utility>

namespace freight {
namespace {

size_t RowOf(std::span<const uint32_t> rows, size_t slot) { return rows.empty() ? slot : rows[slot]; }

std::string Items(const char* word, int64_t count) {
  return fmt::format("{} {} item{}", word, count, count == 1 ? "" : "s");
}

// The items of all lists that are not null, one behind the other; calls `each` with the number of every list's.
template <typename List, typename Each>
Result<std::shared_ptr<arrow::Array>> ItemsOf(const arrow::Array& values, arrow::MemoryPool* pool, const Each& each) {
  const auto& lists = static_cast<const List&>(values);
  for (int64_t slot = 0; slot < lists.length(); ++slot) each(lists.IsNull(slot) ? 0 : lists.value_length(slot));
  return lists.Flatten(pool);
}

}  // namespace

Result<std::unique_ptr<TypedTree>> TypedTree::Make(const Column& column, int index, const ParquetSource& source,
                                                   std::vector<std::string> path, arrow::MemoryPool* pool) {
  std::unique_ptr<TypedTree> tree(new TypedTree(pool));
  tree->index_ = index;
  tree->has_path_ = column.type.nested() || path.size() > 1;
  tree->way_ = std::move(path);
  tree->root_.top = true;
  ARROW_RETURN_NOT_OK(tree->Build(column, source, &tree->root_));
  return tree;
}

Status TypedTree::Build(const Column& column, const ParquetSource& source, Node* node) {
  node->column = column;
  node->steps = source.steps;
  node->type = column.type.Arrow();
  if (!source.type) node->shape = Shape::kAbsent;
  else if (column.type.nested()) node->shape = column.type.id == TypeId::kStruct ? Shape::kStruct : Shape::kList;
  if (!column.type.nested() && (source.type || node->top)) {
    ARROW_ASSIGN_OR_RAISE(node->leaf, TypedColumn::Make(column, index_, source.type, pool_,
                                                        node->top ? TypedPart::kColumn : TypedPart::kInside));
  }
  for (size_t i = 0; i < source.children.size(); ++i) {
    ARROW_RETURN_NOT_OK(Build(column.type.children[i], source.children[i], &node->children.emplace_back(pool_)));
  }
  return Status::OK();
}

Status TypedTree::Parse(const arrow::RecordBatch& batch, std::span<uint8_t> errors) {
  root_.slots = errors.size();
  std::shared_ptr<arrow::Array> values;
  if (root_.shape != Shape::kAbsent) {
    ARROW_ASSIGN_OR_RAISE(values, ArrayAt(batch.column(root_.steps[0]), root_.steps, 1, pool_));
  }
  return ParseNode(root_, values, nullptr, {}, errors);
}

// `parent`: the struct that the node lies in, if it lies in one. `rows`: of the slots, empty where these are the rows.
Status TypedTree::ParseNode(Node& node, const std::shared_ptr<arrow::Array>& values, const Node* parent,
                            std::span<const uint32_t> rows, std::span<uint8_t> errors) {
  if (node.leaf && node.top) return node.leaf->Parse(values, errors);
  if (node.shape == Shape::kAbsent) return Status::OK();
  const bool any_null = values->null_count() > 0 || values->type_id() == arrow::Type::NA;
  node.valid.assign(node.slots, 1);
  for (size_t slot = 0; any_null && slot < node.slots; ++slot) {
    node.valid[slot] = values->type_id() != arrow::Type::NA && values->IsValid(static_cast<int64_t>(slot));
    const bool wanted = node.column.rules.required && (parent == nullptr || parent->valid[slot] != 0);
    if (wanted && node.valid[slot] == 0) errors[RowOf(rows, slot)] = 1;
  }
  if (node.shape == Shape::kLeaf) return ParseLeaf(node, values, rows, errors);
  if (node.shape == Shape::kList) return ParseList(node, *values, rows, errors);
  for (Node& child : node.children) {
    child.slots = node.slots;
    std::shared_ptr<arrow::Array> below;
    if (child.shape != Shape::kAbsent) {
      ARROW_ASSIGN_OR_RAISE(below, ArrayAt(values, child.steps, 0, pool_));
    }
    ARROW_RETURN_NOT_OK(ParseNode(child, below, &node, rows, errors));
  }
  return Status::OK();
}

Status TypedTree::ParseLeaf(Node& node, const std::shared_ptr<arrow::Array>& values, std::span<const uint32_t> rows,
                            std::span<uint8_t> errors) {
  node.errors.assign(node.slots, 0);
  ARROW_RETURN_NOT_OK(node.leaf->Parse(values, node.errors));
  for (size_t slot = 0; slot < node.slots; ++slot) errors[RowOf(rows, slot)] |= node.errors[slot];
  return Status::OK();
}

Status TypedTree::ParseList(Node& node, const arrow::Array& values, std::span<const uint32_t> rows,
                            std::span<uint8_t> errors) {
  Node& item = node.children[0];
  const int64_t least = node.column.rules.min_length.value_or(0);
  const int64_t most = node.column.rules.max_length.value_or(std::numeric_limits<int64_t>::max());
  int64_t end = 0;
  node.ends.clear();
  item.rows.clear();
  const auto add = [&](int64_t count) {
    const size_t slot = node.ends.size(), row = RowOf(rows, slot);
    if (node.valid[slot] != 0 && (count < least || count > most)) errors[row] = 1;
    end += count;
    node.ends.push_back(static_cast<uint32_t>(end));
    item.rows.insert(item.rows.end(), static_cast<size_t>(count), static_cast<uint32_t>(row));
  };
  std::shared_ptr<arrow::Array> items;
  switch (values.type_id()) {
    case arrow::Type::LARGE_LIST: {
      ARROW_ASSIGN_OR_RAISE(items, ItemsOf<arrow::LargeListArray>(values, pool_, add));
      break;
    }
    case arrow::Type::FIXED_SIZE_LIST: {
      ARROW_ASSIGN_OR_RAISE(items, ItemsOf<arrow::FixedSizeListArray>(values, pool_, add));
      break;
    }
    default: {
      ARROW_ASSIGN_OR_RAISE(items, ItemsOf<arrow::ListArray>(values, pool_, add));
      break;
    }
  }
  if (end > std::numeric_limits<int32_t>::max()) {
    return Fail(Reaction::kFailed, "a batch of column \"{}\" holds {} items", root_.column.source_name, end)
        .Help("write the file with shorter lists");
  }
  item.slots = item.rows.size();
  return ParseNode(item, items, nullptr, item.rows, errors);
}

Result<std::shared_ptr<arrow::Array>> TypedTree::Finish(const KeptRows& kept) {
  return FinishNode(root_, kept);
}

Result<std::shared_ptr<arrow::Array>> TypedTree::FinishNode(Node& node, const KeptRows& kept) {
  if (node.leaf) return node.leaf->Finish(kept);
  if (node.shape == Shape::kAbsent) return arrow::MakeArrayOfNull(node.type, kept.count(), pool_);
  Validity validity;
  ARROW_RETURN_NOT_OK(validity.Reset(static_cast<int64_t>(node.slots), pool_));
  for (size_t slot = 0; slot < node.slots; ++slot) {
    if (node.valid[slot] == 0) validity.SetNull(slot);
  }
  int64_t nulls = 0;
  ARROW_ASSIGN_OR_RAISE(auto bitmap, validity.Finish(kept, pool_, &nulls));
  if (node.shape == Shape::kList) {
    ARROW_ASSIGN_OR_RAISE(auto items, FinishItems(node, kept));
    ARROW_ASSIGN_OR_RAISE(auto offsets, Offsets(node, kept));
    return std::make_shared<arrow::ListArray>(node.type, kept.count(), std::move(offsets), std::move(items),
                                              std::move(bitmap), nulls);
  }
  arrow::ArrayVector arrays;
  for (Node& child : node.children) {
    ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), FinishNode(child, kept));
  }
  return std::make_shared<arrow::StructArray>(node.type, kept.count(), std::move(arrays), std::move(bitmap), nulls);
}

// A list goes with all its items or stays with all of them.
Result<std::shared_ptr<arrow::Array>> TypedTree::FinishItems(Node& node, const KeptRows& kept) {
  Node& item = node.children[0];
  item.keep.resize(item.slots);
  uint32_t begin = 0;
  for (size_t slot = 0; slot < node.slots; begin = node.ends[slot++]) {
    std::fill(item.keep.begin() + begin, item.keep.begin() + node.ends[slot], kept[slot]);
  }
  item.kept.Assign(item.keep);
  return FinishNode(item, item.kept);
}

Result<std::shared_ptr<arrow::Buffer>> TypedTree::Offsets(const Node& node, const KeptRows& kept) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer((kept.count() + 1) * static_cast<int64_t>(sizeof(int32_t)), pool_));
  auto* offset = reinterpret_cast<int32_t*>(buffer->mutable_data());
  *offset = 0;
  uint32_t begin = 0;
  for (size_t slot = 0; slot < node.slots; begin = node.ends[slot++]) {
    if (!kept[slot]) continue;
    offset[1] = offset[0] + static_cast<int32_t>(node.ends[slot] - begin);
    ++offset;
  }
  return buffer;
}

void TypedTree::Explain(int64_t row, std::vector<Failure>* failures) {
  path_.Clear();
  for (const std::string& key : way_) path_.Push(key);
  ExplainNode(root_, static_cast<size_t>(row), true, failures);
}

void TypedTree::ExplainNode(Node& node, size_t slot, bool parent_valid, std::vector<Failure>* failures) {
  if (node.leaf) {
    const size_t before = failures->size();
    node.leaf->Explain(static_cast<int64_t>(slot), failures);
    for (size_t i = before; has_path_ && i < failures->size(); ++i) (*failures)[i].path = path_.Text();
  }
  if (node.shape == Shape::kAbsent || (node.top && node.leaf)) return;
  const bool valid = node.valid[slot] != 0;
  if (!valid && parent_valid && node.column.rules.required) Add(Reason::kMissing, "not null", failures);
  if (node.shape == Shape::kList && valid) ExplainList(node, slot, failures);
  if (node.shape != Shape::kStruct) return;
  for (Node& child : node.children) {
    path_.Push(child.column.source_name);
    ExplainNode(child, slot, valid, failures);
    path_.Pop();
  }
}

void TypedTree::ExplainList(Node& node, size_t slot, std::vector<Failure>* failures) {
  const uint32_t begin = slot == 0 ? 0 : node.ends[slot - 1];
  const int64_t count = node.ends[slot] - begin;
  const Rules& rules = node.column.rules;
  if (rules.min_length && count < *rules.min_length) {
    Add(Reason::kTooShort, Items("at least", *rules.min_length), failures);
  }
  if (rules.max_length && count > *rules.max_length) {
    Add(Reason::kTooLong, Items("at most", *rules.max_length), failures);
  }
  for (int64_t i = 0; i < count; ++i) {
    path_.Push(i);
    ExplainNode(node.children[0], begin + static_cast<size_t>(i), true, failures);
    path_.Pop();
  }
}

void TypedTree::Add(Reason reason, std::string expected, std::vector<Failure>* failures) const {
  failures->push_back({index_, reason, std::move(expected), path_.Text()});
}

}  // namespace freight
