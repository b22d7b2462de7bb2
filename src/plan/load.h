// Pipeline file -> Pipeline: one table of fields (plan/fields.h) drives parsing, lint, JSON Schema and reference docs.
#pragma once

#include "contract/contract.h"
#include "io/env.h"
#include "plan/pipeline.h"
#include "spec/diagnostic.h"
#include "spec/variables.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace freight {

struct LoadedPipeline {
  Pipeline pipeline;
  Contract contract;
  std::vector<Diagnostic> diagnostics;  // all, also warnings; errors: do not use the rest
  std::map<std::string, std::string> sources;  // file -> text, for carets
  bool ok() const;
};
// Parses and lints the pipeline and its contract. Never fails as a whole: what is wrong is a diagnostic
// (missing file, no permission, empty, over 1 MiB, recursive anchors, duplicate keys, tabs, ...). Diagnostics stand in
// order of line, the pipeline's before the contract's.
LoadedPipeline LoadPipeline(Env& env, const std::string& file, const VariableLookup& variables);

// Pipeline files in a directory: *.yaml and *.yml there and in pipelines/ whose root has a `dataset` key.
Result<std::vector<std::string>> FindPipelines(Env& env, const std::string& directory);

std::string PipelineJsonSchema();                        // `freight schema`
std::vector<std::pair<std::string, std::string>> ReferencePages();  // `freight docs`: file name -> Markdown

}  // namespace freight
