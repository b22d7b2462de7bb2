// Values of a pipeline that are fine alone and cannot stand together.
#include "plan/fields.h"
#include "plan/load_steps.h"
#include "plan/plan.h"

#include "format/parquet_bloom.h"
#include "io/env.h"

#include <algorithm>
#include <span>

namespace freight {
namespace {

// Path parts without "." and with ".." taken back where that is possible; an absolute path begins with "/".
std::vector<std::string> PartsOf(const std::string& path) {
  std::vector<std::string> parts;
  if (path.starts_with('/')) parts.push_back("/");
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != ".." && parts.back() != "/") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return parts;
}

// One path part against a glob; a [..] class counts as any character, so that a doubt is a match.
bool MatchesPart(std::string_view glob, std::string_view name) {
  if (glob.empty()) return name.empty();
  if (glob[0] == '*') {
    return MatchesPart(glob.substr(1), name) || (!name.empty() && MatchesPart(glob, name.substr(1)));
  }
  if (name.empty()) return false;
  if (glob[0] == '[') {
    const size_t end = glob.find(']', 2);
    if (end != std::string_view::npos) return MatchesPart(glob.substr(end + 1), name.substr(1));
  }
  return (glob[0] == '?' || glob[0] == name[0]) && MatchesPart(glob.substr(1), name.substr(1));
}

bool Inside(const std::string& path, const std::string& folder) {
  const std::vector<std::string> inner = PartsOf(path), outer = PartsOf(folder);
  return inner.size() >= outer.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

void CheckPaths(const PipelineText& text, Findings* findings) {
  const Pipeline& p = text.pipeline;
  if (p.to.empty()) return;
  if (PartsOf(p.to).empty() || PartsOf(p.to) == std::vector<std::string>{"/"}) {
    findings->Error(kCodeConflict, text.to_span, "the dataset needs a folder of its own",
                    "for example parquet: clean/events");
    return;
  }
  for (size_t i = 0; i < p.inputs.size(); ++i) {
    if (!MayMatchInside(JoinPath(p.folder, p.inputs[i]), JoinPath(p.folder, p.to))) continue;
    findings->Error(kCodeConflict, text.to_span,
                    fmt::format("the dataset \"{}\" would hold files of the source \"{}\"", p.to, p.inputs[i]),
                    "choose a folder that the source does not reach");
  }
  if (p.quarantine_to.empty()) return;
  if (Inside(p.quarantine_to, p.to) || Inside(p.to, p.quarantine_to)) {
    findings->Error(kCodeConflict, text.quarantine_span,
                    fmt::format("quarantine \"{}\" and dataset \"{}\" lie inside each other", p.quarantine_to, p.to),
                    "choose two separate folders");
  }
}

void CheckGates(const Fields& root, Findings* findings) {
  for (const YamlNode* gate : root.List("gates")) {
    const Fields rows = Fields(gate, GateShape()).Map("row_count");
    const auto min = rows.Integer("min"), max = rows.Integer("max");
    if (min && max && *min > *max) {
      findings->Error(kCodeConflict, rows.Node("min")->span, fmt::format("min {} is larger than max {}", *min, *max));
    }
    const YamlNode* node = Fields(gate, GateShape()).Node("row_count");
    if (node && node->kind == YamlNode::Kind::kMap && node->entries.empty()) {
      findings->Error(kCodeMissingKey, node->span, "row_count checks nothing", "add min, max or change_from_last");
    }
  }
}

void CheckModes(const PipelineText& text, const Fields& to, Findings* findings) {
  const Pipeline& p = text.pipeline;
  if (to.Node("on_changed") && p.mode != WriteMode::kAppend) {
    findings->Warn(kCodeNoEffect, to.SpanOf("on_changed"), "\"on_changed\" has no effect in this mode",
                   "only mode: append asks what to do; the others replace the rows of a changed input");
  }
  if (to.Node("on_vanished") && p.mode == WriteMode::kReplace) {
    findings->Warn(kCodeNoEffect, to.SpanOf("on_vanished"), "\"on_vanished\" has no effect in this mode",
                   "mode: replace drops the rows of a vanished input");
  }
  if (to.Node("level") && p.parquet.codec != ParquetCodec::kZstd) {
    findings->Warn(kCodeNoEffect, to.SpanOf("level"), "\"level\" has no effect with this codec");
  }
}

// A thread needs a row group's memory while the next one is read.
void CheckRowGroupSize(const PipelineText& text, const Fields& to, Findings* findings) {
  const Pipeline& p = text.pipeline;
  constexpr int64_t kShare = 2 * kChargeFactor;
  const int64_t memory_bytes = p.memory_bytes.value_or(kMemoryBytesUsual);
  if (!p.row_group_bytes || *p.row_group_bytes <= memory_bytes / kShare) return;
  findings->Error(kCodeConflict, to.SpanOf("row_group_size"),
                  fmt::format("row groups of {} bytes do not fit into limits.memory of {} bytes", *p.row_group_bytes,
                              memory_bytes),
                  fmt::format("row_group_size: at most {}, or more memory", memory_bytes / kShare));
}

// A key of `to` that names columns of the files.
struct ColumnsKey {
  const char* key;
  const std::vector<std::string>& names;
  const std::vector<Span>& spans;
  bool (*fits)(const arrow::DataType&);
  const char* misfit;  // what is said of a column that does not fit
  const char* help;
};

void CheckFileColumns(const ColumnsKey& key, const Pipeline& p, const Contract& contract, Findings* findings) {
  for (size_t i = 0; i < key.names.size(); ++i) {
    const std::string& name = key.names[i];
    const auto column = std::ranges::find(contract.columns, name, &Column::name);
    const bool in_path = std::ranges::any_of(p.partition_by, [&](const PartitionField& field) {
      return field.kind == TransformKind::kIdentity && field.source == name;
    });
    std::string why;
    if (column == contract.columns.end()) why = "is no column of the contract";
    else if (in_path) why = "partitions the dataset and is not in its files";
    else if (!key.fits(*column->type.Arrow())) why = key.misfit;
    else if (std::ranges::count(std::span(key.names).first(i), name) > 0) why = "is named twice";
    if (why.empty()) continue;
    findings->Error(kCodeConflict, key.spans[i], fmt::format("{}: \"{}\" {}", key.key, name, why), key.help);
  }
}

void CheckFileColumns(const PipelineText& text, const Contract& contract, Findings* findings) {
  const Pipeline& p = text.pipeline;
  CheckFileColumns({"bloom_filter", p.parquet.bloom_filter, text.bloom_spans, HasBloomFilter,
                    "holds values that have no such filter",
                    "name columns that readers look up: numbers, strings, times, uuids"},
                   p, contract, findings);
  CheckFileColumns({"sorted_by", p.parquet.sorted_by, text.sorted_spans,
                    [](const arrow::DataType& type) { return type.num_fields() == 0; }, "holds values without an order",
                    "name columns that are no objects or arrays"},
                   p, contract, findings);
}

}  // namespace

bool MayMatchInside(const std::string& pattern, const std::string& folder) {
  const std::vector<std::string> globs = PartsOf(pattern), parts = PartsOf(folder);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i < globs.size() && globs[i] == "**") return true;
    // A pattern that ends at the folder itself would read it as an input.
    if (i >= globs.size()) return false;
    if (!MatchesPart(globs[i], parts[i])) return false;
  }
  return true;
}

void CheckPipeline(const PipelineText& text, const YamlNode& root_node, Findings* findings) {
  const Fields root(&root_node, PipelineShape());
  CheckPaths(text, findings);
  CheckGates(root, findings);
  CheckModes(text, root.Map("to"), findings);
  CheckRowGroupSize(text, root.Map("to"), findings);
}

void CheckColumns(const PipelineText& text, const Contract& contract, std::vector<Diagnostic>* diagnostics) {
  const Status status = text.pipeline.format->CheckContract(contract);
  if (status.ok()) return;
  const ErrorDetail* detail = DetailOf(status);
  Findings findings(detail != nullptr ? detail->place.file : text.pipeline.contract_path, diagnostics);
  findings.AddStatus(kCodeUnsupported, {}, status);
}

void CheckTarget(const PipelineText& text, const Contract& contract, Findings* findings) {
  const std::vector<PartitionField>& fields = text.pipeline.partition_by;
  CheckFileColumns(text, contract, findings);
  const Status status = CheckPartitionFields(fields, contract);
  if (status.ok()) return;
  Span at = text.to_span;
  const ErrorDetail* detail = DetailOf(status);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (detail && fields[i].place.line == detail->place.line &&
        detail->place.column >= text.partition_spans[i].column) {
      at = text.partition_spans[i];
    }
  }
  findings->AddStatus(kCodePartition, at, status);
}

}  // namespace freight
