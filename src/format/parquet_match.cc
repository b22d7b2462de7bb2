// Paths followed through the file's schema, types compared, leaves collected.
#include "format/parquet_match.h"

#include "format/header_match.h"
#include "format/json_path.h"
#include "format/parquet_typed.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <parquet/arrow/schema.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace freight {
namespace {

using parquet::arrow::SchemaField;
using Path = std::vector<std::string>;

constexpr std::string_view kMapKey = "key", kMapValue = "value";

bool IsList(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
         type.id() == arrow::Type::FIXED_SIZE_LIST || type.id() == arrow::Type::MAP;
}

// What is looked for, as it was found.
struct Found {
  std::vector<const SchemaField*> way;  // from struct to struct; empty: the file has none
  std::vector<Found> children;
  const SchemaField* field() const { return way.empty() ? nullptr : way.back(); }
};

class Matcher {
 public:
  Matcher(const InputFile& file, const parquet::arrow::SchemaManifest& schema, const Contract& contract)
      : file_(file), schema_(schema), contract_(contract) {}

  Status FindColumns() {
    ARROW_ASSIGN_OR_RAISE(const std::vector<Path> paths, ParquetPaths(contract_));
    for (size_t i = 0; i < paths.size(); ++i) {
      const Column& column = contract_.columns[i];
      ARROW_ASSIGN_OR_RAISE(Found found, Follow(column, paths[i]));
      if (found.field() != nullptr) {
        columns_of_[found.field()] = i;  // one at most: no two columns share a path
        ARROW_RETURN_NOT_OK(Take(column, column.source_name, &found));
      }
      columns_.push_back(std::move(found));
    }
    return Status::OK();
  }

  Status FillHeader(InputHeader* header) const {
    NamedColumns found{.what = "schema", .places = {{file_.name}}};
    for (const SchemaField& field : schema_.schema_fields) {
      NameField(field, JsonPathStep(field.field->name()), &found.names);
    }
    ARROW_RETURN_NOT_OK(MatchColumns(contract_, found, header));
    header->column_of_contract.clear();
    for (const Found& column : columns_) {
      header->column_of_contract.push_back(
          column.way.empty() ? -1 : static_cast<int>(column.way[0] - schema_.schema_fields.data()));
    }
    for (const SchemaField& field : schema_.schema_fields) header->names.push_back(field.field->name());
    header->fields = static_cast<int64_t>(header->names.size());
    return Status::OK();
  }

  Status FindCondition(const Path& path) {
    Found found;
    const std::vector<SchemaField>* fields = &schema_.schema_fields;
    for (const std::string& key : path) {
      const SchemaField* field = nullptr;
      int64_t times = 0;
      if (fields != nullptr) field = Named(*fields, key, &times);
      if (times != 1) {
        return Fail(Reaction::kInvalid, "where: the file has no column \"{}\" (or several)", JsonPathSteps(path))
            .At({file_.name})
            .Help("name a column of the file as it is spelled there, or a value inside structs by its path");
      }
      found.way.push_back(field);
      fields = field->field->type()->id() == arrow::Type::STRUCT ? &field->children : nullptr;
    }
    leaves_.insert(FirstLeaf(*found.field()));
    conditions_.push_back(std::move(found));
    return Status::OK();
  }

  ParquetMatch Finish() {
    Number(schema_.schema_fields);
    ParquetMatch match;
    match.leaves.assign(leaves_.begin(), leaves_.end());
    for (const SchemaField& field : schema_.schema_fields) {
      if (position_.contains(&field)) match.names.push_back(field.field->name());
    }
    for (const Found& found : columns_) match.columns.push_back(Source(found));
    for (const Found& found : conditions_) match.conditions.push_back(Source(found));
    return match;
  }

 private:
  // One of that name, and how many there are. Files with ten thousand columns exist: names are looked up.
  const SchemaField* Named(const std::vector<SchemaField>& fields, std::string_view key, int64_t* times) {
    const auto [known, is_new] = names_.try_emplace(&fields);
    for (size_t i = 0; is_new && i < fields.size(); ++i) known->second.emplace(fields[i].field->name(), &fields[i]);
    const auto [begin, end] = known->second.equal_range(key);
    *times = std::distance(begin, end);
    return begin == end ? nullptr : begin->second;
  }

  // Null where there is none.
  Result<const SchemaField*> Only(const std::vector<SchemaField>& fields, const std::string& key) {
    int64_t times = 0;
    const SchemaField* found = Named(fields, key, &times);
    if (times <= 1) return found;
    return Fail(Reaction::kInvalid, "the schema names column \"{}\" {} times", key, times)
        .At({file_.name})
        .Help("give each column that the contract reads a name of its own");
  }

  Result<Found> Follow(const Column& column, const Path& path) {
    Found found;
    const std::vector<SchemaField>* fields = &schema_.schema_fields;
    for (const std::string& key : path) {
      if (fields == nullptr) {
        const SchemaField& last = *found.field();
        return Fail(Reaction::kInvalid, "column \"{}\" is read from inside \"{}\", which is {} in the file, no struct",
                    column.source_name, last.field->name(), last.field->type()->ToString())
            .At(column.place)
            .Help("name a value inside structs; what lies in lists is read as an array");
      }
      ARROW_ASSIGN_OR_RAISE(const SchemaField* field, Only(*fields, key));
      if (field == nullptr) return Found();
      found.way.push_back(field);
      fields = field->field->type()->id() == arrow::Type::STRUCT ? &field->children : nullptr;
    }
    return found;
  }

  // Marks the leaves that a column, or a part of one, is made of. `path`: as messages call it.
  Status Take(const Column& column, const std::string& path, Found* found) {
    const SchemaField& field = *found->field();
    const arrow::DataType& type = *field.field->type();
    if (column.type.id == TypeId::kStruct && type.id() == arrow::Type::STRUCT) return TakeStruct(column, path, found);
    if (column.type.id == TypeId::kList && IsList(type)) return TakeList(column, path, found);
    Column named = column;
    named.source_name = path;
    ARROW_RETURN_NOT_OK(CheckTyped(named, type));
    leaves_.insert(field.column_index);
    return Status::OK();
  }

  Status TakeStruct(const Column& column, const std::string& path, Found* found) {
    const SchemaField& field = *found->field();
    const bool is_entry = map_entries_.contains(&field);
    bool any = false;
    for (const Column& child : column.type.children) {
      const std::string child_path = path + "." + child.source_name;
      const SchemaField* of_file = nullptr;
      if (is_entry) {
        if (child.source_name == kMapKey) of_file = &field.children[0];
        if (child.source_name == kMapValue) of_file = &field.children[1];
      } else {
        ARROW_ASSIGN_OR_RAISE(of_file, Only(field.children, child.source_name));
      }
      Found& below = found->children.emplace_back();
      if (of_file == nullptr) {
        if (child.rules.required) return Missing(child, child_path, is_entry);
        continue;
      }
      any = true;
      below.way.push_back(of_file);
      ARROW_RETURN_NOT_OK(Take(child, child_path, &below));
    }
    if (!any) leaves_.insert(FirstLeaf(field));
    return Status::OK();
  }

  Status TakeList(const Column& column, const std::string& path, Found* found) {
    const SchemaField& field = *found->field();
    const SchemaField& item = field.children[0];
    if (field.field->type()->id() == arrow::Type::MAP && item.children.size() == 2) map_entries_.insert(&item);
    found->children.push_back({.way = {&item}});
    return Take(column.type.children[0], path + "[]", &found->children[0]);
  }

  Status Missing(const Column& column, const std::string& path, bool is_entry) const {
    return Fail(Reaction::kInvalid, "required column \"{}\" is not in the schema of \"{}\"", path, file_.name)
        .At(column.place)
        .Help(is_entry ? "the entries of a map have a \"key\" and a \"value\""
                       : "write files with it, or do not require it");
  }

  static int FirstLeaf(const SchemaField& field) {
    return field.is_leaf() ? field.column_index : FirstLeaf(field.children[0]);
  }

  bool IsRead(const SchemaField& field) const {
    if (field.is_leaf()) return leaves_.contains(field.column_index);
    return std::any_of(field.children.begin(), field.children.end(),
                       [this](const SchemaField& child) { return IsRead(child); });
  }

  // The contract's name for a field that it names; the path of one that it does not read.
  void NameField(const SchemaField& field, const std::string& path, std::vector<std::string>* names) const {
    const auto named = columns_of_.find(&field);
    if (named != columns_of_.end()) names->push_back(contract_.columns[named->second].source_name);
    if (!IsRead(field)) return names->push_back(path);
    const bool is_struct = field.field->type()->id() == arrow::Type::STRUCT;
    for (size_t i = 0; i < field.children.size(); ++i) {
      const SchemaField& child = field.children[i];
      const std::string step = map_entries_.contains(&field) ? std::string(i == 0 ? kMapKey : kMapValue)
                                                             : JsonPathStep(child.field->name());
      NameField(child, is_struct ? path + "." + step : path + "[]", names);
    }
  }

  // Counts the fields that are read among their siblings; false where none is.
  bool Number(const std::vector<SchemaField>& fields) {
    int next = 0;
    for (const SchemaField& field : fields) {
      const bool read = field.is_leaf() ? leaves_.contains(field.column_index) : Number(field.children);
      if (read) position_[&field] = next++;
    }
    return next > 0;
  }

  ParquetSource Source(const Found& found) const {
    ParquetSource source;
    if (found.field() == nullptr) return source;
    for (const SchemaField* field : found.way) source.steps.push_back(position_.at(field));
    source.type = found.field()->field->type();
    source.leaf = found.field()->column_index;
    for (const Found& child : found.children) source.children.push_back(Source(child));
    return source;
  }

  const InputFile& file_;
  const parquet::arrow::SchemaManifest& schema_;
  const Contract& contract_;
  std::unordered_map<const std::vector<SchemaField>*, std::unordered_multimap<std::string_view, const SchemaField*>>
      names_;
  std::vector<Found> columns_, conditions_;
  std::unordered_map<const SchemaField*, size_t> columns_of_;
  std::set<int> leaves_;
  std::set<const SchemaField*> map_entries_;
  std::unordered_map<const SchemaField*, int> position_;
};

}  // namespace

Result<std::vector<std::vector<std::string>>> ParquetPaths(const Contract& contract) {
  std::vector<Path> paths;
  std::set<Path> taken;
  for (const Column& column : contract.columns) {
    auto path = ParseJsonPath(column.source_name);
    if (!path.ok()) {
      return Fail(Reaction::kInvalid, "column \"{}\": {}", column.name, path.status().message())
          .At(column.place)
          .Help(DetailOf(path.status())->help);
    }
    if (!taken.insert(*path).second) {
      return Fail(Reaction::kInvalid, "two columns are read from {}", JsonPathText(*path))
          .At(column.place)
          .Help("remove one of the two");
    }
    paths.push_back(*std::move(path));
  }
  return paths;
}

Result<ParquetMatch> MatchParquet(const InputFile& file, const parquet::arrow::SchemaManifest& schema,
                                  const Contract& contract, const std::vector<std::vector<std::string>>& where,
                                  InputHeader* header) {
  Matcher matcher(file, schema, contract);
  ARROW_RETURN_NOT_OK(matcher.FindColumns());
  if (header != nullptr) ARROW_RETURN_NOT_OK(matcher.FillHeader(header));
  for (const Path& path : where) ARROW_RETURN_NOT_OK(matcher.FindCondition(path));
  return matcher.Finish();
}

Result<std::shared_ptr<arrow::Array>> ArrayAt(std::shared_ptr<arrow::Array> values, const std::vector<int>& steps,
                                              size_t first, arrow::MemoryPool* pool) {
  for (size_t i = first; i < steps.size(); ++i) {
    const auto& structs = static_cast<const arrow::StructArray&>(*values);
    ARROW_ASSIGN_OR_RAISE(values, structs.GetFlattenedField(steps[i], pool));
  }
  return values;
}

}  // namespace freight
