// Reads a pipeline file and its contract from an Env; nothing here knows single keys.
#include "plan/load.h"

#include "catalog/input_formats.h"
#include "contract/odcs.h"
#include "plan/fields.h"
#include "plan/load_steps.h"
#include "spec/field_docs.h"

#include <algorithm>

namespace freight {
namespace {

constexpr int64_t kPipelineBytesMax = 1 << 20;
constexpr int64_t kContractBytesMax = 8 << 20;

std::string FolderOf(const std::string& file) {
  const std::string parent = ParentPath(file);
  return parent == "." ? "" : parent;
}

// Fails with a sentence for people: what the path is instead of a file, or how large it is.
Result<std::string> ReadSpec(Env& env, const std::string& path, int64_t bytes_max) {
  const Result<FileStat> stat = env.Stat(path);
  if (!stat.ok()) {
    if (ReactionOf(stat.status()) != Reaction::kNotFound) return stat.status();
    return Fail(Reaction::kNotFound, "there is no file \"{}\"", path).Help("check the path");
  }
  if (stat->kind == FileKind::kDirectory) {
    return Fail(Reaction::kInvalid, "\"{}\" is a directory", path).Help("name a YAML file in it");
  }
  if (stat->kind != FileKind::kFile) {
    return Fail(Reaction::kInvalid, "\"{}\" is not a regular file", path).Help("write it to a file and name that");
  }
  if (stat->size_bytes > bytes_max) {
    return Fail(Reaction::kInvalid, "\"{}\" has {} bytes; at most {} MiB are read", path, stat->size_bytes,
                bytes_max >> 20)
        .Help("check that this is the file you meant");
  }
  return ReadFile(env, path, bytes_max);
}

// By file (the pipeline first), line and column; what has no place in its file comes first.
void Sort(const std::string& pipeline_file, std::vector<Diagnostic>* diagnostics) {
  std::stable_sort(diagnostics->begin(), diagnostics->end(), [&](const Diagnostic& a, const Diagnostic& b) {
    const bool a_second = a.place.file != pipeline_file, b_second = b.place.file != pipeline_file;
    if (a_second != b_second) return b_second;
    if (a.place.line != b.place.line) return a.place.line < b.place.line;
    return a.place.column < b.place.column;
  });
}

// The contract's text goes to `loaded->sources`; false when there is no contract to hold the pipeline against.
bool LoadContract(Env& env, const PipelineText& text, Findings* findings, LoadedPipeline* loaded) {
  const Pipeline& pipeline = text.pipeline;
  if (pipeline.contract_path.empty()) return false;
  const std::string path = JoinPath(pipeline.folder, pipeline.contract_path);
  Result<std::string> bytes = ReadSpec(env, path, kContractBytesMax);
  if (!bytes.ok()) {
    findings->AddStatus(kCodeUnreadable, text.contract_span, bytes.status());
    return false;
  }
  const auto errors = [loaded] {
    return std::count_if(loaded->diagnostics.begin(), loaded->diagnostics.end(),
                         [](const Diagnostic& d) { return d.severity == Severity::kError; });
  };
  const auto errors_before = errors();
  loaded->sources[path] = std::move(*bytes);
  loaded->contract = ParseOdcs(loaded->sources[path], path, text.contract_object, &loaded->diagnostics);
  return errors() == errors_before;
}

void NoteWarnings(const std::vector<Diagnostic>& diagnostics, Pipeline* pipeline) {
  for (const Diagnostic& d : diagnostics) {
    if (d.severity == Severity::kWarning) pipeline->notes.push_back(d.message);
  }
}

bool IsYamlName(const std::string& name) { return name.ends_with(".yaml") || name.ends_with(".yml"); }

// A broken pipeline file is still one: it is found by its text, so that `check` can say what is wrong with it.
bool HasDatasetKey(const std::string& text) {
  std::vector<Diagnostic> ignored;
  Findings findings("", &ignored);
  if (const auto root = ParseYaml(text, {}, &findings)) return root->Find("dataset") != nullptr;
  return text.starts_with("dataset:") || text.find("\ndataset:") != std::string::npos;
}

Status FindIn(Env& env, const std::string& directory, std::vector<std::string>* found) {
  ARROW_ASSIGN_OR_RAISE(const auto names, env.List(directory.empty() ? "." : directory));
  for (const std::string& name : names) {
    if (!IsYamlName(name)) continue;
    const std::string path = JoinPath(directory, name);
    const Result<std::string> text = ReadSpec(env, path, kPipelineBytesMax);
    // What may be a pipeline and cannot be read is not passed over in silence: loading it says why.
    const bool unreadable = !text.ok() && ReactionOf(text.status()) == Reaction::kFailed;
    if (unreadable || (text.ok() && HasDatasetKey(*text))) found->push_back(path);
  }
  return Status::OK();
}

}  // namespace

bool LoadedPipeline::ok() const {
  return std::none_of(diagnostics.begin(), diagnostics.end(),
                      [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

LoadedPipeline LoadPipeline(Env& env, const std::string& file, const VariableLookup& variables) {
  LoadedPipeline loaded;
  loaded.pipeline.file = file;
  loaded.pipeline.folder = FolderOf(file);
  Findings findings(file, &loaded.diagnostics);
  Result<std::string> bytes = ReadSpec(env, file, kPipelineBytesMax);
  if (!bytes.ok()) {
    findings.AddStatus(kCodeUnreadable, {}, bytes.status());
    return loaded;
  }
  loaded.sources[file] = std::move(*bytes);
  std::optional<YamlNode> root = ParseYaml(loaded.sources[file], {.bytes_max = kPipelineBytesMax}, &findings);
  if (!root) return loaded;

  ExpandVariables(&*root, variables, &findings);
  CheckShape(*root, PipelineShape(), &findings);
  const PipelineText text = ReadPipeline(*root, file, &findings);
  CheckPipeline(text, *root, &findings);
  if (LoadContract(env, text, &findings, &loaded)) {
    CheckTarget(text, loaded.contract, &findings);
    CheckColumns(text, loaded.contract, &loaded.diagnostics);
  }
  loaded.pipeline = text.pipeline;
  Sort(file, &loaded.diagnostics);
  NoteWarnings(loaded.diagnostics, &loaded.pipeline);
  return loaded;
}

Result<std::vector<std::string>> FindPipelines(Env& env, const std::string& directory) {
  const std::string folder = directory == "." ? "" : directory;
  std::vector<std::string> found;
  ARROW_RETURN_NOT_OK(FindIn(env, folder, &found));
  const std::string inner = JoinPath(folder, "pipelines");
  const Result<FileStat> stat = env.Stat(inner);
  if (stat.ok() && stat->kind == FileKind::kDirectory) ARROW_RETURN_NOT_OK(FindIn(env, inner, &found));
  return found;
}

std::string PipelineJsonSchema() { return JsonSchemaOf(PipelineShape(), "Freight pipeline"); }

std::vector<std::pair<std::string, std::string>> ReferencePages() {
  std::vector<std::pair<std::string, std::string>> pages = {
      {"pipeline.md", MarkdownOf(PipelineShape(), "Pipeline file")},
      {"quarantine.md", MarkdownOf(QuarantineShape(), "quarantine")},
      {"gates.md", MarkdownOf(GateShape(), "gates")},
      {"gate_row_count.md", MarkdownOf(RowCountShape(), "gates: row_count")},
      {"to_parquet.md", MarkdownOf(TargetShape(), "to: Parquet dataset")},
      {"limits.md", MarkdownOf(LimitsShape(), "limits")},
  };
  for (const InputFormatDef* format : InputFormats()) {
    pages.emplace_back(fmt::format("source_{}.md", format->key()),
                       MarkdownOf(format->shape, std::string(format->title)));
  }
  return pages;
}

}  // namespace freight
