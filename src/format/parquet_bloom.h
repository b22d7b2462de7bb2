// Hashes of a column chunk's values for its split-block Bloom filter.
#pragma once

#include "base/status.h"
#include "format/parquet_pages.h"

#include <arrow/buffer_builder.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace freight {

// One in a hundred absent values is taken for present.
inline constexpr double kBloomFalsePositives = 0.01;

// Whether values of the type have such a filter: not booleans, not nested ones.
bool HasBloomFilter(const arrow::DataType& type);

class BloomHashes {
 public:
  // Collects when `column` is one of options.bloom_filter.
  BloomHashes(const arrow::Field& column, const PageCompressor& compressor);
  bool wanted() const { return wanted_; }
  // PLAIN values of `width` bytes each, or with their lengths in front when width is 0.
  Status AddPlain(std::string_view values, int64_t width);
  Status Add(std::string_view value);
  // The different ones, ascending; null when there are none.
  Result<std::shared_ptr<arrow::Buffer>> Finish();

 private:
  const bool wanted_;
  arrow::TypedBufferBuilder<uint64_t> hashes_;
};

}  // namespace freight
