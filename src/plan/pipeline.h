// A pipeline file as values, every value with its place. Parsing and lint: plan/load.h.
#pragma once

#include "base/status.h"
#include "commit/dataset.h"
#include "format/input_format.h"
#include "format/parquet_writer.h"
#include "gate/gate.h"
#include "sink/partition.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace freight {

struct Pipeline {
  std::string file;     // as given
  std::string folder;   // relative paths below are relative to it
  std::string dataset;  // "clean.events"
  std::string owner;
  std::vector<std::string> inputs;     // globs, as written
  std::vector<Place> input_places;
  std::shared_ptr<const InputFormat> format;  // how they are read; never null after loading
  std::string contract_path;
  Place contract_place;
  std::string quarantine_to;           // default "_dlq/<name>"
  std::optional<double> quarantine_percent_max;
  std::optional<int64_t> quarantine_rows_max;
  std::vector<RowCountGate> gates;
  std::string to;                      // dataset path
  Place to_place;
  ParquetOptions parquet;              // keys profile, codec, level, bloom_filter, sorted_by
  std::optional<int64_t> row_group_bytes;  // to.row_group_size: of input
  std::optional<int64_t> file_bytes;       // to.file_size
  std::vector<PartitionField> partition_by;
  WriteMode mode = WriteMode::kReplacePartitions;
  OnChanged on_changed = OnChanged::kRefuse;
  OnVanished on_vanished = OnVanished::kRefuse;
  std::optional<int64_t> memory_bytes;  // limits.memory, at least 32 MiB
  std::optional<int64_t> temp_bytes;   // limits.temp
  int threads = 0;                     // limits.threads, 0 = all cores
  std::vector<std::string> notes;      // warnings of lint
};

}  // namespace freight
