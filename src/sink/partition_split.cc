// PartitionSplitter: rows of a batch by directory; nothing is copied while each partition's rows stand together.
#include "sink/partition.h"
#include "sink/partition_gather.h"
#include "sink/partition_key.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

namespace freight {
namespace {

// One partition of the batch at hand, or a value of a dictionary that no row has.
struct Part {
  std::string path;
  int bad_field = -1;   // the first field whose value cannot name a directory
  int32_t rows = 0;
  int32_t start = 0;    // of its rows in the gathered order; in the batch when each part's rows stand together
};

class Splitter : public PartitionSplitter {
 public:
  Status Open(const std::vector<PartitionField>& fields, const Contract& contract) {
    ARROW_RETURN_NOT_OK(CheckPartitionFields(fields, contract));
    fields_ = fields;
    std::vector<bool> kept(contract.columns.size(), true);
    for (const PartitionField& field : fields) {
      const auto column = std::find_if(contract.columns.begin(), contract.columns.end(),
                                       [&](const Column& c) { return c.name == field.source; });
      const auto index = static_cast<size_t>(column - contract.columns.begin());
      sources_.push_back(static_cast<int>(index));
      readers_.push_back(MakeKeyReader(field, column->type));
      if (field.kind == TransformKind::kIdentity) kept[index] = false;
    }
    arrow::FieldVector file_fields;
    const auto schema = contract.ArrowSchema();
    for (size_t i = 0; i < kept.size(); ++i) {
      if (!kept[i]) continue;
      kept_.push_back(static_cast<int>(i));
      file_fields.push_back(schema->field(static_cast<int>(i)));
    }
    file_schema_ = arrow::schema(std::move(file_fields));
    return Status::OK();
  }

  std::shared_ptr<arrow::Schema> file_schema() const override { return file_schema_; }

  Result<SplitBatch> Split(const std::shared_ptr<arrow::RecordBatch>& batch,
                           std::vector<Unnameable>* unnameable) override {
    SplitBatch split;
    if (batch->num_rows() == 0) return split;
    ARROW_ASSIGN_OR_RAISE(split.batch, batch->SelectColumns(kept_));
    if (fields_.empty()) {
      split.parts.push_back({.path = "", .rows = static_cast<int32_t>(batch->num_rows())});
      return split;
    }
    AssignParts(*batch);
    const bool together = CountRows();
    ReportUnnameable(unnameable);
    const std::vector<Part*> order = NamedParts();
    if (order.empty()) return split;
    if (together) FindStarts();
    else Order(order, &split.order);
    split.parts.reserve(order.size());
    for (const Part* part : order) split.parts.push_back({part->path, part->start, part->rows});
    return split;
  }

 private:
  // Fills parts_ and part_of_ (row -> part), field by field.
  void AssignParts(const arrow::RecordBatch& batch) {
    for (size_t f = 0; f < fields_.size(); ++f) {
      const FieldKeys& keys = readers_[f]->Read(*batch.column(sources_[f]));
      const bool same = f == 0 && fields_.size() == 1 && keys.same_names;
      if (f == 0) part_of_.assign(static_cast<size_t>(batch.num_rows()), 0);
      if (same) {
        part_of_ = keys.ids;
        continue;
      }
      by_path_.clear();
      if (f == 0) parts_.assign(1, Part{});
      Refine(keys, static_cast<int>(f));
    }
  }

  // Splits each part by the field's value.
  void Refine(const FieldKeys& keys, int field) {
    const std::vector<Part> before = std::exchange(parts_, {});
    if (before.size() == 1) {
      for (const auto& name : keys.names) parts_.push_back(Child(before[0], name, field));
      part_of_ = keys.ids;
      return;
    }
    std::unordered_map<uint64_t, uint32_t> refined;
    uint64_t last = UINT64_MAX;
    uint32_t last_part = 0;
    for (size_t row = 0; row < part_of_.size(); ++row) {
      const uint64_t pair = uint64_t{part_of_[row]} << 32 | keys.ids[row];
      if (pair != last) {
        const auto [at, added] = refined.try_emplace(pair, static_cast<uint32_t>(parts_.size()));
        if (added) parts_.push_back(Child(before[part_of_[row]], keys.names[keys.ids[row]], field));
        last = pair;
        last_part = at->second;
      }
      part_of_[row] = last_part;
    }
  }

  Part Child(const Part& parent, const std::optional<std::string>& name, int field) const {
    Part child;
    child.bad_field = parent.bad_field;
    if (child.bad_field < 0 && !name) child.bad_field = field;
    if (child.bad_field >= 0) return child;
    child.path = parent.path.empty() ? "" : parent.path + "/";
    child.path += fields_[static_cast<size_t>(field)].name + "=" + *name;
    return child;
  }

  // Whether each part's rows stand together.
  bool CountRows() {
    counts_.assign(parts_.size(), 0);
    size_t changes = 0;
    uint32_t last = UINT32_MAX;
    for (const uint32_t part : part_of_) {
      ++counts_[part];
      changes += part != last;
      last = part;
    }
    size_t used = 0;
    for (size_t i = 0; i < parts_.size(); ++i) {
      parts_[i].rows = counts_[i];
      used += counts_[i] > 0;
    }
    return changes == used;
  }

  // When they do.
  void FindStarts() {
    uint32_t last = UINT32_MAX;
    for (size_t row = 0; row < part_of_.size(); ++row) {
      if (part_of_[row] != last) parts_[part_of_[row]].start = static_cast<int32_t>(row);
      last = part_of_[row];
    }
  }

  void ReportUnnameable(std::vector<Unnameable>* unnameable) const {
    if (std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.bad_field < 0; })) return;
    for (size_t row = 0; row < part_of_.size(); ++row) {
      const int field = parts_[part_of_[row]].bad_field;
      if (field >= 0) unnameable->push_back({static_cast<int64_t>(row), field});
    }
  }

  // Those with rows, in order of path, with the places of their rows.
  std::vector<Part*> NamedParts() {
    if (by_path_.empty()) {
      for (Part& part : parts_) {
        if (part.bad_field < 0) by_path_.push_back(&part);
      }
      SortByPath(&by_path_);
    }
    std::vector<Part*> order;
    order.reserve(by_path_.size());
    int32_t start = 0;
    for (Part* part : by_path_) {
      if (part->rows == 0) continue;
      part->start = start;
      start += part->rows;
      order.push_back(part);
    }
    return order;
  }

  // By the first bytes that can differ, as a number, and only when they are equal by all.
  void SortByPath(std::vector<Part*>* parts) {
    const size_t shared = fields_.empty() ? 0 : fields_[0].name.size() + 1;
    by_word_.clear();
    for (Part* part : *parts) by_word_.push_back({WordAt(part->path, shared), part});
    std::sort(by_word_.begin(), by_word_.end(), [](const WordAndPart& a, const WordAndPart& b) {
      return a.word != b.word ? a.word < b.word : a.part->path < b.part->path;
    });
    for (size_t i = 0; i < parts->size(); ++i) (*parts)[i] = by_word_[i].part;
  }

  // 8 bytes from `at` on, the first one highest; zeros, which no path has, after the end.
  static uint64_t WordAt(const std::string& path, size_t at) {
    uint64_t word = 0;
    for (size_t i = at; i < at + sizeof word; ++i) {
      word = word << 8 | (i < path.size() ? static_cast<uint8_t>(path[i]) : 0);
    }
    return word;
  }

  // All nameable rows, partition after partition.
  void Order(const std::vector<Part*>& parts, std::vector<int32_t>* order) {
    order->resize(static_cast<size_t>(parts.back()->start + parts.back()->rows));
    next_.resize(parts_.size());
    for (size_t i = 0; i < parts_.size(); ++i) next_[i] = parts_[i].start;
    const bool all_named = order->size() == part_of_.size();
    for (size_t row = 0; row < part_of_.size(); ++row) {
      const uint32_t part = part_of_[row];
      if (!all_named && parts_[part].bad_field >= 0) continue;
      (*order)[static_cast<size_t>(next_[part]++)] = static_cast<int32_t>(row);
    }
  }

  std::vector<PartitionField> fields_;
  std::vector<int> sources_;  // contract column of each field
  std::vector<int> kept_;     // contract columns that files hold
  std::vector<std::unique_ptr<KeyReader>> readers_;
  std::shared_ptr<arrow::Schema> file_schema_;
  // Of the batch at hand; members so that their memory is reused.
  std::vector<Part> parts_;
  std::vector<Part*> by_path_;  // those of them that can be named; none until they are in order
  std::vector<uint32_t> part_of_;
  std::vector<int32_t> counts_;
  std::vector<int32_t> next_;
  struct WordAndPart { uint64_t word; Part* part; };
  std::vector<WordAndPart> by_word_;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatch>> InPartitionOrder(const SplitBatch& split, arrow::MemoryPool* pool) {
  if (split.order.empty()) return split.batch;
  arrow::ArrayVector columns;
  for (const auto& column : split.batch->columns()) {
    ARROW_ASSIGN_OR_RAISE(auto gathered, GatherRows(*column, split.order, pool));
    columns.push_back(std::move(gathered));
  }
  const auto rows = static_cast<int64_t>(split.order.size());
  return arrow::RecordBatch::Make(split.batch->schema(), rows, std::move(columns));
}

Result<std::vector<PartitionSlice>> SlicesOf(const SplitBatch& split, arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(const auto rows, InPartitionOrder(split, pool));
  std::vector<PartitionSlice> slices;
  for (const SplitBatch::Part& part : split.parts) slices.push_back({part.path, rows->Slice(part.start, part.rows)});
  return slices;
}

Result<std::unique_ptr<PartitionSplitter>> MakePartitionSplitter(const std::vector<PartitionField>& fields,
                                                                 const Contract& contract) {
  auto splitter = std::make_unique<Splitter>();
  ARROW_RETURN_NOT_OK(splitter->Open(fields, contract));
  return splitter;
}

}  // namespace freight
