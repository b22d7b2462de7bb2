// The walk over a record: objects on the way to columns first, then the values of a column, then what was absent.
#include "format/ndjson_walker.h"

#include "contract/kernels_text.h"

#include <algorithm>
#include <utility>

namespace freight {

Result<NdjsonWalker> NdjsonWalker::Make(const Contract& contract, arrow::MemoryPool* pool) {
  NdjsonWalker walker;
  walker.freeze_ = contract.columns_policy == ColumnsPolicy::kFreeze;
  for (size_t i = 0; i < contract.columns.size(); ++i) {
    const Column& column = contract.columns[i];
    auto path = ParseJsonPath(column.source_name);
    if (!path.ok()) {
      return freight::Fail(Reaction::kInvalid, "column \"{}\": {}", column.name, path.status().message())
          .At(column.place)
          .Help(DetailOf(path.status())->help);
    }
    ARROW_ASSIGN_OR_RAISE(NdjsonNode node, MakeNdjsonNode(column, static_cast<int>(i), pool));
    walker.columns_.push_back(std::move(node));
    walker.paths_.push_back(std::move(*path));
    if (const Status added = walker.AddPath(static_cast<int>(i), walker.paths_.back()); !added.ok()) {
      return freight::Fail(Reaction::kInvalid, "{}", added.message()).At(column.place).Help("remove one of the two");
    }
  }
  walker.column_seen_.assign(contract.columns.size(), 0);
  return walker;
}

Status NdjsonWalker::AddPath(int column, const std::vector<std::string>& path) {
  KeyNode* node = &root_;
  for (const std::string& key : path) {
    node->columns_below.push_back(column);
    size_t hint = 0;
    int place = node->keys.Find(key, &hint);
    if (place < 0) {
      place = static_cast<int>(node->children.size());
      node->keys.Add(key);
      node->children.emplace_back();
    }
    node = &node->children[static_cast<size_t>(place)];
  }
  if (node->column >= 0) {
    return freight::Fail(Reaction::kInvalid, "two columns are read from {}", JsonPathText(path));
  }
  node->column = column;
  return Status::OK();
}

NdjsonVerdict NdjsonWalker::Fill(const char* text, uint32_t begin, uint32_t end, uint32_t row,
                                 std::vector<NdjsonValue>* values) {
  Begin(text, row);
  values_ = values;
  if (values_ != nullptr) values_->clear();
  for (NdjsonNode& node : columns_) {
    if (node.shape == NdjsonNode::Shape::kLeaf) node.fields[row] = {.missing = 1};
  }
  JsonScan scan(text + begin, text + end);
  if (Record(scan)) {
    path_.Clear();
    AbsentColumns();
    return flagged_ ? NdjsonVerdict::kFlagged : NdjsonVerdict::kGood;
  }
  for (NdjsonNode& node : columns_) node.DropRow(row);
  SetMalformed(scan, text + begin, text + end);
  return NdjsonVerdict::kMalformed;
}

void NdjsonWalker::Begin(const char* text, uint32_t row) {
  text_ = text;
  row_ = row;
  ++record_;
  depth_ = 0;
  flagged_ = false;
  path_.Clear();
  values_ = nullptr;
  failures_ = nullptr;
}

bool NdjsonWalker::Record(JsonScan& scan) {
  JsonKind kind;
  if (!scan.Kind(&kind) || kind != JsonKind::kObject) return false;
  if (!Keys(root_, scan)) return false;
  path_.Clear();
  scan.SkipBlanks();
  return scan.at_end() || scan.Fail("nothing behind the object");
}

// A record without a fault of its grammar is JSON, but no object; unless more is wrong behind its beginning.
void NdjsonWalker::SetMalformed(const JsonScan& scan, const char* begin, const char* end) {
  JsonFault fault = scan.fault();
  malformed_ = {.path = path_.Text()};
  if (fault.expected == nullptr && IsJson({begin, static_cast<size_t>(end - begin)}, &fault)) {
    JsonKind kind;
    JsonScan again(begin, end);
    again.Kind(&kind);
    malformed_.reason = Reason::kNotAnObject;
    malformed_.expected = fmt::format("an object, not {}", JsonKindWord(kind));
    return;
  }
  malformed_.reason = fault.reason;
  malformed_.expected = fmt::format("{} at byte {}", fault.expected, fault.at - begin + 1);
}

bool NdjsonWalker::FillNested(const char* text, const NdjsonValue& value, uint32_t row) {
  Begin(text, row);
  depth_ = value.depth;
  column_ = value.column;
  JsonScan scan(text + value.begin, text + value.end);
  const bool whole = NodeValue(columns_[static_cast<size_t>(value.column)], scan);
  FREIGHT_ASSERT(whole);
  return !flagged_;
}

void NdjsonWalker::Explain(const char* text, uint32_t begin, uint32_t end, std::vector<Failure>* failures) {
  Begin(text, 0);
  failures_ = failures;
  JsonScan scan(text + begin, text + end);
  const bool whole = Record(scan);
  FREIGHT_ASSERT(whole);
  path_.Clear();
  AbsentColumns();
  failures_ = nullptr;
  std::stable_sort(failures->begin(), failures->end(),
                   [](const Failure& a, const Failure& b) { return a.column < b.column; });
}

std::string_view NdjsonWalker::NameOf(const JsonString& key) {
  if (!key.escaped) return key.raw;
  name_.clear();
  kernels::AppendJsonUnescaped(key.raw, &name_);
  return name_;
}

// Stands on the brace.
bool NdjsonWalker::Keys(KeyNode& node, JsonScan& scan) {
  scan.TakeIf('{');
  ++depth_;
  JsonString key;
  size_t hint = 0;
  bool more = true;
  for (bool first = true; scan.Key(first, &key, &more); first = false) {
    if (!more) {
      --depth_;
      return true;
    }
    const int place = node.keys.Find(NameOf(key), &hint);
    if (place < 0) {
      if (!Unread(key.raw, scan)) return false;
      continue;
    }
    KeyNode& child = node.children[static_cast<size_t>(place)];
    path_.Push(node.keys.key(static_cast<size_t>(place)));
    const bool again = std::exchange(child.seen, record_) == record_;
    if (again) Flag(child.column, Reason::kDuplicateKey, [] { return "this key once in its object"; });
    if (!(again ? scan.Value(JsonUtf8::kChecked, depth_) : Value(child, scan))) return false;
    path_.Pop();
  }
  return false;
}

bool NdjsonWalker::Unread(std::string_view key, JsonScan& scan) {
  path_.Push(key);
  if (freeze_) Flag(-1, Reason::kUnknownKey, [] { return "a key that the contract names"; });
  JsonKind kind;
  if (!scan.Kind(&kind)) return false;
  const char* const begin = scan.at();
  if (!scan.Value(JsonUtf8::kChecked, depth_)) return false;
  Trace(begin, scan.at(), -1, kind);
  path_.Pop();
  return true;
}

bool NdjsonWalker::Value(KeyNode& node, JsonScan& scan) {
  if (node.children.empty()) return ColumnValue(node.column, scan);
  JsonKind kind;
  if (!scan.Kind(&kind)) return false;
  const char* const begin = scan.at();
  if (!(kind == JsonKind::kObject ? Keys(node, scan) : NoObject(node, kind, scan))) return false;
  if (node.column < 0) return true;
  // The value is read as a whole and in parts: it has no place of its own among the record's values.
  JsonScan again(begin, scan.at());
  if (values_ != nullptr) values_->push_back({.begin = UINT32_MAX});
  return ColumnValue(node.column, again);
}

bool NdjsonWalker::NoObject(const KeyNode& node, JsonKind kind, JsonScan& scan) {
  if (!scan.Value(JsonUtf8::kChecked, depth_)) return false;
  if (kind == JsonKind::kNull) return true;
  for (const int column : node.columns_below) {
    Flag(column, Reason::kNotOfType, [&] { return fmt::format("an object, not {}", JsonKindWord(kind)); });
    column_seen_[static_cast<size_t>(column)] = record_;
    NdjsonNode& below = columns_[static_cast<size_t>(column)];
    if (!explains() && below.shape != NdjsonNode::Shape::kLeaf) below.AppendNull(row_);
  }
  return true;
}

bool NdjsonWalker::ColumnValue(int column, JsonScan& scan) {
  column_ = column;
  column_seen_[static_cast<size_t>(column)] = record_;
  JsonKind kind;
  if (!scan.Kind(&kind)) return false;
  const char* const begin = scan.at();
  if (!NodeValue(columns_[static_cast<size_t>(column)], scan)) return false;
  Trace(begin, scan.at(), column, kind);
  return true;
}

void NdjsonWalker::Trace(const char* begin, const char* end, int column, JsonKind kind) {
  if (values_ == nullptr) return;
  values_->push_back({static_cast<uint32_t>(begin - text_), static_cast<uint32_t>(end - text_), column, depth_, kind});
}

bool NdjsonWalker::NodeValue(NdjsonNode& node, JsonScan& scan) {
  JsonKind kind;
  if (!scan.Kind(&kind)) return false;
  if (node.shape == NdjsonNode::Shape::kLeaf) return Leaf(node, kind, scan);
  if (node.shape == NdjsonNode::Shape::kStruct && kind == JsonKind::kObject) return Struct(node, scan);
  if (node.shape == NdjsonNode::Shape::kList && kind == JsonKind::kArray) return List(node, scan);
  return NoContainer(node, kind, scan);
}

bool NdjsonWalker::Leaf(NdjsonNode& node, JsonKind kind, JsonScan& scan) {
  const char* begin = scan.at();
  Field field;
  if (kind == JsonKind::kString && node.accepts != NdjsonAccepts::kJson) {
    JsonString string;
    if (!scan.String(JsonUtf8::kLater, &string)) return false;
    field = {static_cast<uint32_t>(string.raw.data() - text_), static_cast<uint32_t>(string.raw.size()), 1,
             string.escaped};
  } else {
    if (!scan.Value(JsonUtf8::kChecked, depth_)) return false;
    field = {static_cast<uint32_t>(begin - text_), static_cast<uint32_t>(scan.at() - begin)};
  }
  if (kind == JsonKind::kNull) Null(node);
  else if (node.TakesText(kind)) Put(node, field);
  else Mismatch(node, kind);
  return true;
}

bool NdjsonWalker::Struct(NdjsonNode& node, JsonScan& scan) {
  scan.TakeIf('{');
  if (!explains()) {
    node.rows.push_back(row_);
    node.valid.push_back(1);
  }
  const int64_t stamp = ++structs_;
  ++depth_;
  if (!StructKeys(node, stamp, scan)) return false;
  --depth_;
  for (size_t i = 0; i < node.children.size(); ++i) {
    if (node.seen[i] == stamp) continue;
    path_.Push(node.keys.key(i));
    Null(node.children[i]);
    path_.Pop();
  }
  return true;
}

bool NdjsonWalker::StructKeys(NdjsonNode& node, int64_t stamp, JsonScan& scan) {
  JsonString key;
  size_t hint = 0;
  bool more = true;
  for (bool first = true; scan.Key(first, &key, &more); first = false) {
    if (!more) return true;
    const int place = node.keys.Find(NameOf(key), &hint);
    const bool again = place >= 0 && std::exchange(node.seen[static_cast<size_t>(place)], stamp) == stamp;
    path_.Push(place < 0 ? key.raw : std::string_view(node.keys.key(static_cast<size_t>(place))));
    if (again) Flag(column_, Reason::kDuplicateKey, [] { return "this key once in its object"; });
    if (place < 0 && freeze_) {
      Flag(column_, Reason::kUnknownKey, [] { return "a key that the contract names"; });
    }
    const bool skips = place < 0 || again;
    if (!(skips ? scan.Value(JsonUtf8::kChecked, depth_)
                : NodeValue(node.children[static_cast<size_t>(place)], scan))) {
      return false;
    }
    path_.Pop();
  }
  return false;
}

bool NdjsonWalker::List(NdjsonNode& node, JsonScan& scan) {
  scan.TakeIf('[');
  ++depth_;
  int64_t count = 0;
  bool more = true;
  for (bool first = true;; first = false, ++count) {
    if (!scan.Item(first, &more)) return false;
    if (!more) break;
    path_.Push(count);
    if (!NodeValue(node.children[0], scan)) return false;
    path_.Pop();
  }
  --depth_;
  const auto items = [](const char* word, int64_t n) {
    return fmt::format("{} {} item{}", word, n, n == 1 ? "" : "s");
  };
  if (count < node.items_min) Flag(column_, Reason::kTooShort, [&] { return items("at least", node.items_min); });
  if (count > node.items_max) Flag(column_, Reason::kTooLong, [&] { return items("at most", node.items_max); });
  if (explains()) return true;
  node.rows.push_back(row_);
  node.valid.push_back(1);
  node.ends.push_back(static_cast<uint32_t>(node.children[0].rows.size()));
  return true;
}

bool NdjsonWalker::NoContainer(NdjsonNode& node, JsonKind kind, JsonScan& scan) {
  if (!scan.Value(JsonUtf8::kChecked, depth_)) return false;
  if (kind == JsonKind::kNull) Null(node);
  else Mismatch(node, kind);
  return true;
}

void NdjsonWalker::AbsentColumns() {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (column_seen_[i] == record_) continue;
    column_ = static_cast<int>(i);
    for (const std::string& key : paths_[i]) path_.Push(key);
    Null(columns_[i]);
    path_.Clear();
  }
}

void NdjsonWalker::Put(NdjsonNode& node, const Field& field) {
  if (explains()) return ExplainField(node, field);
  if (node.top) node.fields[row_] = field;
  else node.AppendField(field, row_);
}

// The parser of a leaf at the top judges `required`; everything below it does not know whether its parent is there.
void NdjsonWalker::Null(NdjsonNode& node) {
  const bool parsed = node.top && node.shape == NdjsonNode::Shape::kLeaf;
  if (parsed && explains()) ExplainField(node, {.missing = 1});
  if (parsed) return;
  if (!explains()) node.AppendNull(row_);
  if (node.required) Flag(column_, Reason::kMissing, [] { return "not null"; });
}

void NdjsonWalker::Mismatch(NdjsonNode& node, JsonKind kind) {
  Flag(column_, Reason::kNotOfType, [&] { return fmt::format("{}, not {}", node.expected, JsonKindWord(kind)); });
  const bool by_row = node.top && node.shape == NdjsonNode::Shape::kLeaf;
  if (!explains() && !by_row) node.AppendNull(row_);
}

void NdjsonWalker::ExplainField(NdjsonNode& node, const Field& field) {
  const size_t before = failures_->size();
  node.parser->Explain(text_, field, failures_);
  for (size_t i = before; i < failures_->size(); ++i) (*failures_)[i].path = path_.Text();
}

template <typename Expected>
void NdjsonWalker::Flag(int column, Reason reason, Expected&& expected) {
  flagged_ = true;
  if (explains()) failures_->push_back({column, reason, expected(), path_.Text()});
}

}  // namespace freight
