// Building and finishing of the trees of ndjson_columns.h.
#include "format/ndjson_columns.h"

#include "contract/column_output.h"

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>

#include <cstring>
#include <utility>

namespace freight {
namespace {

const std::vector<std::string> kTrueAlone = {"true"}, kFalseAlone = {"false"};

bool HasSpellings(const ColumnType& type) {
  const auto& yes = type.true_spellings;
  const auto& no = type.false_spellings;
  return (!yes.empty() && yes != kTrueAlone) || (!no.empty() && no != kFalseAlone);
}

NdjsonAccepts AcceptsOf(const ColumnType& type) {
  switch (type.id) {
    case TypeId::kString: return type.json_text ? NdjsonAccepts::kJson : NdjsonAccepts::kString;
    case TypeId::kBoolean: return HasSpellings(type) ? NdjsonAccepts::kScalar : NdjsonAccepts::kBoolean;
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kUuid:
    case TypeId::kBinary: return NdjsonAccepts::kString;
    default: return type.quoted_numbers ? NdjsonAccepts::kScalar : NdjsonAccepts::kNumber;
  }
}

Status MakeLeaf(const Column& column, int index, arrow::MemoryPool* pool, NdjsonNode* node) {
  // Null is a word of its own in JSON: no spelling of a string means it. It comes as an empty text without quotes: no
  // value is one.
  const TextRules rules{.nulls = std::vector<std::string>{""},
                        .escapes = EscapeStyle::kJson,
                        .dictionary = node->top};
  Column judged = column;
  judged.rules.required = node->top && column.rules.required;
  node->accepts = AcceptsOf(column.type);
  if (column.type.id == TypeId::kBoolean && node->accepts == NdjsonAccepts::kScalar) {
    judged.type.true_spellings.push_back("true");
    judged.type.false_spellings.push_back("false");
  }
  ARROW_ASSIGN_OR_RAISE(node->parser, MakeColumnParser(judged, index, rules, pool));
  return Status::OK();
}

Status MakeNode(const Column& column, int index, arrow::MemoryPool* pool, NdjsonNode* node) {
  node->required = column.rules.required;
  node->expected = column.type.ToString();
  node->type = column.type.Arrow();
  if (!column.type.nested()) return MakeLeaf(column, index, pool, node);
  node->shape = column.type.id == TypeId::kStruct ? NdjsonNode::Shape::kStruct : NdjsonNode::Shape::kList;
  node->items_min = column.rules.min_length.value_or(0);
  node->items_max = column.rules.max_length.value_or(INT64_MAX);
  for (const Column& child : column.type.children) {
    node->keys.Add(child.source_name);
    node->seen.push_back(0);
    ARROW_RETURN_NOT_OK(MakeNode(child, index, pool, &node->children.emplace_back(pool)));
  }
  return Status::OK();
}

// What one unusual batch needed is not kept for all that follow.
template <typename T>
void ClearSlots(SlotVector<T>* slots) {
  constexpr size_t kSlotsKeptMax = 1 << 20;
  slots->clear();
  if (slots->capacity() > kSlotsKeptMax) slots->shrink_to_fit();
}

}  // namespace

void KeyIndex::Add(std::string key) {
  places_.emplace(key, static_cast<int>(keys_.size()));
  keys_.push_back(std::move(key));
}

Result<NdjsonNode> MakeNdjsonNode(const Column& column, int index, arrow::MemoryPool* pool) {
  NdjsonNode node(pool);
  node.top = true;
  ARROW_RETURN_NOT_OK(MakeNode(column, index, pool, &node));
  return node;
}

bool NdjsonNode::TakesText(JsonKind kind) const {
  switch (accepts) {
    case NdjsonAccepts::kString: return kind == JsonKind::kString;
    case NdjsonAccepts::kNumber: return kind == JsonKind::kNumber;
    case NdjsonAccepts::kBoolean: return kind == JsonKind::kTrue || kind == JsonKind::kFalse;
    case NdjsonAccepts::kScalar: return kind != JsonKind::kObject && kind != JsonKind::kArray;
    case NdjsonAccepts::kJson: return true;
  }
  FREIGHT_ASSERT(false);
}

void NdjsonNode::AppendNull(uint32_t row) {
  rows.push_back(row);
  if (shape == Shape::kLeaf) return fields.push_back({.missing = 1});
  valid.push_back(0);
  if (shape == Shape::kList) return ends.push_back(ends.empty() ? 0 : ends.back());
  for (NdjsonNode& child : children) child.AppendNull(row);
}

void NdjsonNode::Clear() {
  if (!(top && shape == Shape::kLeaf)) ClearSlots(&fields);
  ClearSlots(&valid);
  ClearSlots(&ends);
  ClearSlots(&rows);
  for (NdjsonNode& child : children) child.Clear();
}

void NdjsonNode::DropRow(uint32_t row) {
  if (top && shape == Shape::kLeaf) return;
  while (!rows.empty() && rows.back() == row) rows.pop_back();
  if (shape == Shape::kLeaf) fields.resize(rows.size());
  else valid.resize(rows.size());
  if (shape == Shape::kList) ends.resize(rows.size());
  for (NdjsonNode& child : children) child.DropRow(row);
}

Status NdjsonNode::Parse(const char* text, size_t row_count, std::span<uint8_t> errors) {
  for (NdjsonNode& child : children) ARROW_RETURN_NOT_OK(child.Parse(text, row_count, errors));
  if (shape != Shape::kLeaf) return Status::OK();
  if (top) return parser->Parse(text, {fields.data(), row_count}, errors);
  slot_errors_.assign(fields.size(), 0);
  ARROW_RETURN_NOT_OK(parser->Parse(text, fields, slot_errors_));
  for (size_t slot = 0; slot < fields.size(); ++slot) errors[rows[slot]] |= slot_errors_[slot];
  return Status::OK();
}

Result<std::shared_ptr<arrow::Array>> NdjsonNode::Finish(const KeptRows& kept, arrow::MemoryPool* pool) {
  if (top && shape == Shape::kLeaf) return parser->Finish(kept);
  return FinishNested(kept, pool);
}

// A row goes with all its slots or stays with all of them.
void NdjsonNode::KeepSlots(const KeptRows& kept_rows) {
  keep_slots_.resize(rows.size());
  for (size_t slot = 0; slot < rows.size(); ++slot) keep_slots_[slot] = kept_rows[rows[slot]];
  kept_slots_.Assign(keep_slots_);
}

Result<std::shared_ptr<arrow::Array>> NdjsonNode::FinishNested(const KeptRows& kept_rows, arrow::MemoryPool* pool) {
  KeepSlots(kept_rows);
  const int64_t kept = kept_slots_.count();
  if (shape == Shape::kLeaf) return parser->Finish(kept_slots_);
  Validity validity;
  ARROW_RETURN_NOT_OK(validity.Reset(static_cast<int64_t>(rows.size()), pool));
  for (size_t slot = 0; slot < valid.size(); ++slot) {
    if (valid[slot] == 0) validity.SetNull(slot);
  }
  int64_t null_count = 0;
  ARROW_ASSIGN_OR_RAISE(auto bitmap, validity.Finish(kept_slots_, pool, &null_count));
  arrow::ArrayVector arrays;
  for (NdjsonNode& child : children) {
    ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), child.FinishNested(kept_rows, pool));
  }
  if (shape == Shape::kStruct) {
    return std::make_shared<arrow::StructArray>(type, kept, std::move(arrays), std::move(bitmap), null_count);
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer((kept + 1) * static_cast<int64_t>(sizeof(int32_t)), pool));
  auto* offsets = reinterpret_cast<int32_t*>(buffer->mutable_data());
  *offsets = 0;
  for (size_t slot = 0; slot < ends.size(); ++slot) {
    if (!kept_slots_[slot]) continue;
    const uint32_t begin = slot == 0 ? 0 : ends[slot - 1];
    offsets[1] = offsets[0] + static_cast<int32_t>(ends[slot] - begin);
    ++offsets;
  }
  return std::make_shared<arrow::ListArray>(type, kept, std::move(buffer), std::move(arrays[0]), std::move(bitmap),
                                            null_count);
}

}  // namespace freight
