// Codes by table look-up.
#include "format/parquet_number_dictionary.h"

#include "format/parquet_bits.h"

#include <cstring>
#include <span>

namespace freight {

template <typename T>
bool NumberDictionary<T>::Covers(T least, T greatest) const {
  if (entries() == 0) return static_cast<uint64_t>(greatest) - static_cast<uint64_t>(least) < kRange;
  return Place(least) < kRange && Place(greatest) < kRange;
}

template <typename T>
Status NumberDictionary<T>::Index(std::string_view values, uint16_t* out) {
  const size_t count = values.size() / sizeof(T);
  uint16_t* const codes = codes_.mutable_data();
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, values.data() + i * sizeof(T), sizeof value);
    uint16_t& code = codes[Place(value)];
    if (code == 0) {
      ARROW_RETURN_NOT_OK(entries_.Append(&value, sizeof value));
      code = static_cast<uint16_t>(entries());
    }
    out[i] = static_cast<uint16_t>(code - 1);
  }
  return Status::OK();
}

template <typename T>
Result<std::string_view> NumberDictionary<T>::Encode(std::string_view values, T least, T greatest,
                                                     PageCompressor* compressor) {
  FREIGHT_ASSERT(Covers(least, greatest));
  if (entries() == 0) {
    const uint64_t width = static_cast<uint64_t>(greatest) - static_cast<uint64_t>(least);
    base_ = static_cast<uint64_t>(least) - (kRange - 1 - width) / 2;
    codes_.Reset();
    ARROW_RETURN_NOT_OK(codes_.Append(static_cast<int64_t>(kRange), uint16_t{0}));
  }
  const int64_t count = static_cast<int64_t>(values.size() / sizeof(T));
  // The codes stand behind the page's place.
  const int64_t page_room = (IndexBytesMax(count, IndexBitWidth(static_cast<int64_t>(kRange))) + 7) / 8 * 8;
  ARROW_ASSIGN_OR_RAISE(uint8_t* const space,
                        compressor->RewriteSpace(page_room + count * static_cast<int64_t>(sizeof(uint16_t))));
  auto* const codes = reinterpret_cast<uint16_t*>(space + page_room);
  ARROW_RETURN_NOT_OK(Index(values, codes));
  const int64_t bytes = EncodeIndices({codes, static_cast<size_t>(count)}, IndexBitWidth(entries()), space);
  return std::string_view(reinterpret_cast<const char*>(space), static_cast<size_t>(bytes));
}

template <typename T>
Result<std::shared_ptr<arrow::Buffer>> NumberDictionary<T>::Finish() {
  codes_.Reset();
  return entries_.Finish();
}

template class NumberDictionary<int32_t>;
template class NumberDictionary<uint32_t>;
template class NumberDictionary<int64_t>;
template class NumberDictionary<uint64_t>;

}  // namespace freight
