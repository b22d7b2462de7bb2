// The `csv` source of a pipeline.
#pragma once

#include "format/csv_dialect.h"
#include "format/input_format.h"

#include <utility>

namespace freight {

class CsvFormat final : public InputFormat {
 public:
  explicit CsvFormat(CsvDialect dialect) : dialect_(std::move(dialect)) {}
  const CsvDialect& dialect() const { return dialect_; }

  std::string Identity() const override;
  Result<InputHeader> ReadHeader(const InputFile& file, const Contract& contract) const override;
  Result<std::unique_ptr<MorselCursor>> OpenCursor(const InputFile& file, const InputHeader& header,
                                                   InputPosition from, CursorOptions options) const override;
  Result<std::unique_ptr<MorselDecoder>> MakeDecoder(const InputFile& file, const InputHeader& header,
                                                     const Contract& contract, DecoderOptions options) const override;

 private:
  const CsvDialect dialect_;
};

extern constinit const InputFormatDef kCsvFormat;

}  // namespace freight
