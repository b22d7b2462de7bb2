// The `fast` profile's encodings: PLAIN value bytes of a page rewritten as deltas, split streams or packed lengths.
#pragma once

#include "base/status.h"
#include "format/parquet_pages.h"

#include <arrow/type_fwd.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace freight {

// Which encodings may stand for PLAIN in a column of this type.
enum class FastFamily : uint8_t { kNone, kDelta, kSplit };
FastFamily FastFamilyOf(const arrow::DataType& type);

// kPlain or the family's encoding, whichever is smaller in the file, judged from the values of one page alone.
Result<PageEncoding> ChooseEncoding(FastFamily family, std::string_view values, int64_t width,
                                    PageCompressor* compressor);
// `values` (PLAIN, four or eight bytes each) in `encoding`. The result lives until the compressor's next call.
Result<std::string_view> RewriteNumbers(PageEncoding encoding, std::string_view values, int64_t width,
                                        PageCompressor* compressor);
// `values` (PLAIN strings, `count` of them) as DELTA_LENGTH_BYTE_ARRAY.
Result<std::string_view> RewriteStrings(std::string_view values, int64_t count, PageCompressor* compressor);

// Upper bound of the bytes that EncodeDelta touches.
int64_t DeltaBytesMax(int64_t count, int64_t width);
// DELTA_BINARY_PACKED, blocks of 128 values in miniblocks of 32. Returns the bytes written.
int64_t EncodeDelta(std::span<const int32_t> values, uint8_t* out);
int64_t EncodeDelta(std::span<const int64_t> values, uint8_t* out);
// BYTE_STREAM_SPLIT of values of four or eight bytes: as many bytes as `values` has.
void SplitStreams(std::string_view values, int64_t width, uint8_t* out);

}  // namespace freight
