// A pipeline and a contract for a data file: how it is written is guessed, its types are found over all rows and proved
// on them.
#pragma once

#include "base/status.h"
#include "contract/contract.h"
#include "format/csv_dialect.h"
#include "io/env.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace freight {

enum class InferredSource : uint8_t { kCsv, kNdjson, kParquet };

struct Inference {
  InferredSource source = InferredSource::kCsv;
  CsvDialect dialect;           // of a CSV file
  std::vector<Column> columns;  // source_name differs from name where a name had to be made fit
  int64_t rows = 0;             // records read
  int64_t bad_rows = 0;         // records that no contract could accept: a run quarantines them
};

// Parquet, NDJSON or CSV by its name, or where that says nothing by its first bytes. Reads the file, but of a Parquet
// file only the footer, several times in bounded memory. Fails when it is empty, missing or no file.
Result<Inference> Infer(Env& env, const std::string& path);
Result<Inference> InferCsv(Env& env, const std::string& path);
Result<Inference> InferNdjson(Env& env, const std::string& path);
Result<Inference> InferParquet(Env& env, const std::string& path);

struct InferredProject {
  std::string pipeline, contract;  // YAML texts
};
// `input`: how the pipeline file names it.
InferredProject WriteInferred(const Inference& inference, const std::string& name, const std::string& input);
std::string InferredContract(const Inference& inference, const std::string& name);

// A name that a dataset can have: its own when it is plain text, else cleaned, and never twice.
std::string FitColumnName(const std::string& source, int64_t position, std::set<std::string>* taken);

// "Web events-2026.csv.gz" -> "web_events_2026"; "data" when nothing is left.
std::string DatasetNameOf(const std::string& path);

}  // namespace freight
