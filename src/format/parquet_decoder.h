// Parses and judges morsels of a Parquet file.
#pragma once

#include "format/input_format.h"
#include "format/parquet_where.h"

#include <memory>
#include <vector>

namespace freight {

// `file` has passed ReadHeader under this contract and these conditions.
Result<std::unique_ptr<MorselDecoder>> MakeParquetDecoder(const InputFile& file, const Contract& contract,
                                                          const std::vector<Condition>& where, DecoderOptions options);

}  // namespace freight
