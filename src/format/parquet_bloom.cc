// XXH64 of PLAIN bytes, as the format defines it.
#include "format/parquet_bloom.h"

#include <arrow/type.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace freight {

bool HasBloomFilter(const arrow::DataType& type) {
  return type.id() != arrow::Type::BOOL && type.num_fields() == 0;
}

BloomHashes::BloomHashes(const arrow::Field& column, const PageCompressor& compressor)
    : wanted_(std::ranges::find(compressor.options().bloom_filter, column.name()) !=
              compressor.options().bloom_filter.end()),
      hashes_(compressor.pool()) {}

Status BloomHashes::AddPlain(std::string_view values, int64_t width) {
  if (!wanted_) return Status::OK();
  while (!values.empty()) {
    auto length = static_cast<size_t>(width);
    if (width == 0) {
      uint32_t prefix = 0;
      std::memcpy(&prefix, values.data(), sizeof prefix);
      values.remove_prefix(sizeof prefix);
      length = prefix;
    }
    ARROW_RETURN_NOT_OK(Add(values.substr(0, length)));
    values.remove_prefix(length);
  }
  return Status::OK();
}

Status BloomHashes::Add(std::string_view value) {
  return wanted_ ? hashes_.Append(XXH64(value.data(), value.size(), 0)) : Status::OK();
}

Result<std::shared_ptr<arrow::Buffer>> BloomHashes::Finish() {
  if (hashes_.length() == 0) return nullptr;
  uint64_t* const first = hashes_.mutable_data();
  uint64_t* const last = first + hashes_.length();
  std::sort(first, last);
  hashes_.bytes_builder()->Rewind((std::unique(first, last) - first) * static_cast<int64_t>(sizeof(uint64_t)));
  return hashes_.Finish();
}

}  // namespace freight
