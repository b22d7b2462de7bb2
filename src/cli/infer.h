// A pipeline and a contract for a CSV file: its dialect guessed, its types found over all rows and proved on them.
#pragma once

#include "base/status.h"
#include "contract/contract.h"
#include "format/csv_dialect.h"
#include "io/env.h"

#include <cstdint>
#include <string>
#include <vector>

namespace freight {

struct Inference {
  CsvDialect dialect;
  std::vector<Column> columns;  // source_name differs from name where a name had to be made fit
  int64_t rows = 0;             // records read
  int64_t bad_rows = 0;         // records that no contract could accept: a run quarantines them
};

// Reads the file (also .gz, .zst) three times in bounded memory. Fails when it is empty, missing or no file.
Result<Inference> InferCsv(Env& env, const std::string& path);

struct InferredProject {
  std::string pipeline, contract;  // YAML texts
};
// `csv`: how the pipeline file names the input.
InferredProject WriteInferred(const Inference& inference, const std::string& name, const std::string& csv);
std::string InferredContract(const Inference& inference, const std::string& name);

// "Web events-2026.csv.gz" -> "web_events_2026"; "data" when nothing is left.
std::string DatasetNameOf(const std::string& path);

}  // namespace freight
