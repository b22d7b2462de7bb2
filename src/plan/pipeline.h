// A pipeline file as values, every value with its place. Parsing and lint: plan/load.h.
#pragma once

#include "base/status.h"
#include "commit/dataset.h"
#include "format/csv_dialect.h"
#include "format/parquet_writer.h"
#include "sink/partition.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace freight {

struct RowCountGate {
  std::optional<int64_t> min, max;
  std::optional<double> change_from_last_percent;
  Place place;
};

struct Pipeline {
  std::string file;     // as given
  std::string folder;   // relative paths below are relative to it
  std::string dataset;  // "clean.events"
  std::string owner;
  std::vector<std::string> csv;        // globs, as written
  std::vector<Place> csv_places;
  CsvDialect dialect;
  std::string contract_path;
  Place contract_place;
  std::string quarantine_to;           // default "_dlq/<name>"
  std::optional<double> quarantine_percent_max;
  std::optional<int64_t> quarantine_rows_max;
  std::vector<RowCountGate> gates;
  std::string to;                      // dataset path
  Place to_place;
  ParquetOptions parquet;              // keys profile, codec, level
  std::vector<PartitionField> partition_by;
  WriteMode mode = WriteMode::kReplacePartitions;
  OnChanged on_changed = OnChanged::kRefuse;
  OnVanished on_vanished = OnVanished::kRefuse;
  int64_t memory_bytes = 64 << 20;     // limits.memory, at least 32 MiB
  std::optional<int64_t> temp_bytes;   // limits.temp
  int threads = 0;                     // limits.threads, 0 = all cores
  std::vector<std::string> notes;      // warnings of lint
};

}  // namespace freight
