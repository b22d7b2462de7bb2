// Values of a pipeline file, read through its tables.
#include "catalog/input_formats.h"
#include "plan/fields.h"
#include "plan/load_steps.h"

#include <algorithm>
#include <string_view>

namespace freight {
namespace {

std::string TextOf(const Fields& fields, std::string_view key) { return fields.Text(key).value_or(""); }

// `key: ${VAR}` with an empty VAR must not mean the pipeline's own folder.
void CheckNamed(const Fields& fields, std::string_view key, std::string_view text, std::string_view what,
                std::string_view example, Findings* findings) {
  const YamlNode* node = fields.Node(key);
  if (!node || node->kind != YamlNode::Kind::kScalar || !text.empty()) return;
  findings->Error(kCodeBadValue, node->span, fmt::format("\"{}\" must name a {}", key, what),
                  fmt::format("for example {}: {}", key, example));
}

void ReadSource(const Fields& root, Findings* findings, PipelineText* out) {
  Pipeline& pipeline = out->pipeline;
  const InputFormatDef& def = InputFormatOf(root.Node("source"));
  const Fields source(root.Node("source"), def.shape);
  for (const YamlNode* glob : source.List(def.key())) {
    if (glob->kind != YamlNode::Kind::kScalar) continue;
    if (glob->text.empty()) {
      findings->Error(kCodeBadValue, glob->span, fmt::format("\"{}\" must name a file or a glob", def.key()),
                      fmt::format("for example {}: raw/*.{}", def.key(), def.key()));
    }
    pipeline.inputs.push_back(glob->text);
    pipeline.input_places.push_back(findings->PlaceOf(glob->span));
  }
  const YamlNode* globs = source.Node(def.key());
  if (globs && globs->kind == YamlNode::Kind::kList && globs->items.empty()) {
    findings->Error(kCodeBadValue, globs->span, fmt::format("\"{}\" names no file", def.key()));
  }
  pipeline.format = def.make(source, findings);
}

void ReadQuarantine(const Fields& quarantine, Findings* findings, PipelineText* out) {
  Pipeline& pipeline = out->pipeline;
  const std::string name = pipeline.dataset.substr(pipeline.dataset.rfind('.') + 1);
  pipeline.quarantine_to = quarantine.Text("to").value_or("_dlq/" + name);
  CheckNamed(quarantine, "to", pipeline.quarantine_to, "folder", "_dlq/" + name, findings);
  out->quarantine_span = quarantine.Node("to") ? quarantine.Node("to")->span : quarantine.SpanOf("to");
  pipeline.quarantine_percent_max = quarantine.Number("max_percent");
  pipeline.quarantine_rows_max = quarantine.Integer("max_rows");
}

void ReadGates(const Fields& root, Findings* findings, Pipeline* pipeline) {
  for (const YamlNode* gate : root.List("gates")) {
    const Fields row_count = Fields(gate, GateShape()).Map("row_count");
    if (!Fields(gate, GateShape()).Node("row_count")) continue;
    pipeline->gates.push_back({row_count.Integer("min"), row_count.Integer("max"), row_count.Number("change_from_last"),
                               findings->PlaceOf(gate->span)});
  }
}

void ReadPartitions(const Fields& to, Findings* findings, PipelineText* out) {
  for (const YamlNode* part : to.List("partition_by")) {
    if (part->kind != YamlNode::Kind::kScalar) continue;
    Span at = part->span;
    if (!part->plain) ++at.column;
    Result<PartitionField> field = ParsePartitionField(part->text, findings->PlaceOf(at));
    if (!field.ok()) {
      findings->AddStatus(kCodePartition, part->span, field.status());
      continue;
    }
    out->pipeline.partition_by.push_back(std::move(*field));
    out->partition_spans.push_back(part->span);
  }
}

void ReadTarget(const Fields& to, Findings* findings, PipelineText* out) {
  Pipeline& pipeline = out->pipeline;
  pipeline.to = TextOf(to, "parquet");
  CheckNamed(to, "parquet", pipeline.to, "folder", "clean/events", findings);
  out->to_span = to.Node("parquet") ? to.Node("parquet")->span : to.SpanOf("parquet");
  pipeline.to_place = findings->PlaceOf(out->to_span);
  ReadPartitions(to, findings, out);
  const std::string mode = TextOf(to, "mode");
  if (mode == "append") pipeline.mode = WriteMode::kAppend;
  if (mode == "replace") pipeline.mode = WriteMode::kReplace;
  if (TextOf(to, "on_changed") == "replace") pipeline.on_changed = OnChanged::kReplace;
  const std::string vanished = TextOf(to, "on_vanished");
  if (vanished == "keep") pipeline.on_vanished = OnVanished::kKeep;
  if (vanished == "drop") pipeline.on_vanished = OnVanished::kDrop;
  if (TextOf(to, "profile") == "fast") pipeline.parquet.profile = ParquetProfile::kFast;
  const auto read_columns = [&](const char* key, std::vector<std::string>* names, std::vector<Span>* spans) {
    for (const YamlNode* column : to.List(key)) {
      names->push_back(column->text);
      spans->push_back(column->span);
    }
  };
  read_columns("bloom_filter", &pipeline.parquet.bloom_filter, &out->bloom_spans);
  read_columns("sorted_by", &pipeline.parquet.sorted_by, &out->sorted_spans);
  const std::string codec = TextOf(to, "codec");
  if (codec == "snappy") pipeline.parquet.codec = ParquetCodec::kSnappy;
  if (codec == "none") pipeline.parquet.codec = ParquetCodec::kNone;
  pipeline.row_group_bytes = to.Integer("row_group_size");
  pipeline.file_bytes = to.Integer("file_size");
  pipeline.parquet.level = static_cast<int>(to.Integer("level").value_or(1));
}

void CheckDatasetName(const Fields& root, Findings* findings) {
  const YamlNode* node = root.Node("dataset");
  if (!node || node->kind != YamlNode::Kind::kScalar) return;
  const std::string& text = node->text;
  const size_t dot = text.find('.');
  const std::string layer = text.substr(0, dot);
  const std::vector<std::string> layers = {"raw", "clean", "curated"};
  const bool known = std::find(layers.begin(), layers.end(), layer) != layers.end();
  const std::string name = dot == std::string::npos ? "" : text.substr(dot + 1);
  const bool named = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (known && named) return;
  const std::string meant = known ? "" : DidYouMean(layer, layers);
  findings->Error(kCodeBadValue, node->span, fmt::format("\"{}\" is no dataset name", text),
                  !meant.empty() && named
                      ? fmt::format("did you mean \"{}.{}\"?", meant, name)
                      : "write <layer>.<name>: raw, clean or curated, then letters, digits, - and _");
}

}  // namespace

PipelineText ReadPipeline(const YamlNode& root_node, const std::string& file, Findings* findings) {
  const Fields root(&root_node, PipelineShape());
  PipelineText out;
  Pipeline& pipeline = out.pipeline;
  pipeline.file = file;
  pipeline.folder = ParentPath(file) == "." ? "" : ParentPath(file);
  pipeline.dataset = TextOf(root, "dataset");
  CheckDatasetName(root, findings);
  pipeline.owner = TextOf(root, "owner");
  ReadSource(root, findings, &out);

  const std::string contract = TextOf(root, "contract");
  const size_t hash = contract.rfind('#');
  pipeline.contract_path = contract.substr(0, hash);
  CheckNamed(root, "contract", pipeline.contract_path, "file", "contracts/events.odcs.yaml", findings);
  if (hash != std::string::npos) out.contract_object = contract.substr(hash + 1);
  out.contract_span = root.Node("contract") ? root.Node("contract")->span : root.SpanOf("contract");
  pipeline.contract_place = findings->PlaceOf(out.contract_span);

  ReadQuarantine(root.Map("quarantine"), findings, &out);
  ReadGates(root, findings, &pipeline);
  ReadTarget(root.Map("to"), findings, &out);
  const Fields limits = root.Map("limits");
  if (limits.Node("memory")) pipeline.memory_bytes = limits.Integer("memory");  // its default depends on the inputs
  pipeline.temp_bytes = limits.Integer("temp");
  pipeline.threads = static_cast<int>(limits.Integer("threads").value_or(0));
  return out;
}

}  // namespace freight
