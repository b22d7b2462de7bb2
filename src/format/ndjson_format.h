// The `ndjson` source of a pipeline.
#pragma once

#include "format/input_format.h"

namespace freight {

struct NdjsonOptions {
  int64_t record_bytes_max = 16 << 20;
};

class NdjsonFormat final : public InputFormat {
 public:
  explicit NdjsonFormat(NdjsonOptions options) : options_(options) {}

  std::string Identity() const override;
  Status CheckContract(const Contract& contract) const override;
  Result<InputHeader> ReadHeader(const InputFile& file, const Contract& contract) const override;
  Result<std::unique_ptr<MorselCursor>> OpenCursor(const InputFile& file, const InputHeader& header,
                                                   InputPosition from, CursorOptions options) const override;
  Result<std::unique_ptr<MorselDecoder>> MakeDecoder(const InputFile& file, const InputHeader& header,
                                                     const Contract& contract, DecoderOptions options) const override;

 private:
  const NdjsonOptions options_;
};

extern constinit const InputFormatDef kNdjsonFormat;

}  // namespace freight
