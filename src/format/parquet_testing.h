// What tests of the Parquet writer share: a file in memory, and libparquet to read it back.
#pragma once

#include "format/parquet_writer.h"
#include "io/fault_env.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <memory>
#include <string>
#include <vector>

namespace freight {

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

struct Written {
  std::string bytes;
  FinishedFile finished;
};

// Each element of `groups` becomes one row group.
inline Written WriteFile(const std::shared_ptr<arrow::Schema>& schema, const std::vector<Batches>& groups,
                  ParquetOptions options = {}) {
  auto env = MakeMemEnv();
  auto out = env->OpenWrite("/f.parquet", CreateMode::kNew).ValueOrDie();
  auto* pool = arrow::default_memory_pool();
  auto file = MakeParquetFile(std::move(out), schema, options, pool).ValueOrDie();
  auto encoder = MakeRowGroupEncoder(schema, options, pool).ValueOrDie();
  for (const Batches& group : groups) {
    for (const auto& batch : group) EXPECT_TRUE(encoder->Append(*batch).ok());
    auto encoded = encoder->Finish().ValueOrDie();
    if (encoded != nullptr) {
      const Status appended = file->Append(*encoded);
      EXPECT_TRUE(appended.ok()) << appended.ToString();
    }
  }
  Written written;
  written.finished = file->Finish().ValueOrDie();
  written.bytes = ReadFile(*env, "/f.parquet", int64_t{1} << 30).ValueOrDie();
  return written;
}

inline std::shared_ptr<arrow::io::BufferReader> Input(const Written& written) {
  return std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(written.bytes));
}

inline std::unique_ptr<parquet::ParquetFileReader> Open(const Written& written) {
  auto properties = parquet::default_reader_properties();
  properties.set_page_checksum_verification(true);
  return parquet::ParquetFileReader::Open(Input(written), properties);
}

inline std::shared_ptr<arrow::Table> ReadBack(const Written& written, bool decimals_as_written = true) {
  parquet::ArrowReaderProperties properties;
  properties.set_smallest_decimal_enabled(decimals_as_written);
  std::unique_ptr<parquet::arrow::FileReader> reader;
  parquet::arrow::FileReaderBuilder builder;
  auto checked = parquet::default_reader_properties();
  checked.set_page_checksum_verification(true);
  EXPECT_TRUE(builder.Open(Input(written), checked).ok());
  EXPECT_TRUE(builder.properties(properties)->Build(&reader).ok());
  std::shared_ptr<arrow::Table> table = reader->ReadTable().ValueOrDie();
  EXPECT_TRUE(table->ValidateFull().ok()) << table->ValidateFull().ToString();
  return table->CombineChunks().ValueOrDie();
}

}  // namespace freight
