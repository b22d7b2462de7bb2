// The `parquet` source of a pipeline.
#pragma once

#include "format/input_format.h"
#include "format/parquet_where.h"

#include <arrow/type_fwd.h>

#include <utility>
#include <vector>

namespace freight {

class ParquetFormat final : public InputFormat {
 public:
  explicit ParquetFormat(std::vector<Condition> where) : where_(std::move(where)) {}
  std::string Identity() const override;
  Status CheckContract(const Contract& contract) const override;
  Result<InputHeader> ReadHeader(const InputFile& file, const Contract& contract) const override;
  Result<std::unique_ptr<MorselCursor>> OpenCursor(const InputFile& file, const InputHeader& header,
                                                   InputPosition from, CursorOptions options) const override;
  Result<std::unique_ptr<MorselDecoder>> MakeDecoder(const InputFile& file, const InputHeader& header,
                                                     const Contract& contract, DecoderOptions options) const override;

 private:
  const std::vector<Condition> where_;
};

// What a file declares: its top-level columns, and how many rows it has.
struct ParquetShape {
  std::shared_ptr<arrow::Schema> schema;
  int64_t rows = 0;
};
Result<ParquetShape> ReadParquetShape(const InputFile& file);

extern constinit const InputFormatDef kParquetFormat;

}  // namespace freight
