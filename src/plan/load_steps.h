// The steps of LoadPipeline: a checked tree becomes a Pipeline, then its values are held against each other.
#pragma once

#include "contract/contract.h"
#include "plan/pipeline.h"
#include "spec/field_table.h"

#include <string>
#include <vector>

namespace freight {

// What the checks need to know beyond the values: where they stand.
struct PipelineText {
  Pipeline pipeline;
  std::string contract_object;  // after "#" in `contract`
  Span contract_span, to_span, quarantine_span;
  std::vector<Span> partition_spans, bloom_spans, sorted_spans;
};

// `root` has passed CheckShape, or its faults are reported: what does not fit is left at its default.
PipelineText ReadPipeline(const YamlNode& root, const std::string& file, Findings* findings);

// Conflicts between values of one pipeline: paths, gates, modes.
void CheckPipeline(const PipelineText& text, const YamlNode& root, Findings* findings);
// partition_by against the contract.
void CheckTarget(const PipelineText& text, const Contract& contract, Findings* findings);

// The contract against the format of the source.
void CheckColumns(const PipelineText& text, const Contract& contract, std::vector<Diagnostic>* diagnostics);

// True when files that `pattern` matches may lie in `folder` or below it. Lexical: both as written in one file.
bool MayMatchInside(const std::string& pattern, const std::string& folder);

}  // namespace freight
