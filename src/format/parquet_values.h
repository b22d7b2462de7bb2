// Kinds of fixed-width values: how Arrow's become PLAIN bytes and bounds. Shared by flat and nested columns.
#pragma once

#include "format/parquet_bounds.h"
#include "format/parquet_schema.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

namespace freight {

// Copies the values of the rows that are set in `validity`, one after the other. Without a branch per value: every
// value is stored, the place moves on only for a valid one. `out` has room for one value more.
template <typename Wire, typename In>
int64_t CompactValid(const In* in, const uint8_t* validity, int64_t offset, int64_t rows, Wire* out) {
  int64_t kept = 0;
  for (int64_t i = 0; i < rows; ++i) {
    out[kept] = static_cast<Wire>(in[i]);
    kept += arrow::bit_util::GetBit(validity, offset + i);
  }
  return kept;
}

template <typename T>
std::string BytesOf(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

// A kind of fixed-width values. In: as Arrow stores them; Wire: as PLAIN stores them, four or eight bytes.
// kNumberWidth: the width of little-endian numbers, 0 for other values; Number: their type.
template <typename In, typename Wire>
class NumberValues {
 public:
  using Bounds = NumberBounds<Wire>;
  using Number = Wire;
  static constexpr int kNumberWidth = sizeof(Wire);
  explicit NumberValues(const arrow::DataType&) {}
  int64_t width() const { return sizeof(Wire); }
  // Writes the values of the valid rows, returns their number.
  int64_t Encode(const arrow::ArrayData& data, int64_t at, int64_t rows, const uint8_t* validity, uint8_t* bytes,
                 Bounds* bounds) {
    const In* in = data.GetValues<In>(1) + at;
    auto* out = reinterpret_cast<Wire*>(bytes);
    int64_t kept = rows;
    if (validity != nullptr) {
      kept = CompactValid(in, validity, data.offset + at, rows, out);
    } else if constexpr (std::is_same_v<In, Wire>) {
      std::memcpy(out, in, static_cast<size_t>(rows) * sizeof(Wire));
    } else {
      std::copy_n(in, rows, out);
    }
    bounds->Update(out, kept);
    return kept;
  }
  ValueBounds Finish(const Bounds& bounds) const {
    if (!bounds.any()) return {};
    return {.min = BytesOf(bounds.min()), .max = BytesOf(bounds.max())};
  }
};

// decimal128 as big-endian bytes of the least length for its precision.
class BigDecimalValues {
 public:
  using Bounds = NumberBounds<__int128>;
  static constexpr int kNumberWidth = 0;
  explicit BigDecimalValues(const arrow::DataType& type)
      : width_(DecimalBytes(static_cast<const arrow::DecimalType&>(type).precision())) {}
  int64_t width() const { return width_; }
  int64_t Encode(const arrow::ArrayData& data, int64_t at, int64_t rows, const uint8_t* validity, uint8_t* out,
                 Bounds* bounds) {
    const uint8_t* in = data.buffers[1]->data() + (data.offset + at) * 16;
    int64_t kept = 0;
    for (int64_t i = 0; i < rows; ++i) {
      if (validity != nullptr && !arrow::bit_util::GetBit(validity, data.offset + at + i)) continue;
      __int128 value;
      std::memcpy(&value, in + i * 16, sizeof value);
      Put(value, out + kept * width_);
      bounds->Update(&value, 1);
      ++kept;
    }
    return kept;
  }
  ValueBounds Finish(const Bounds& bounds) const {
    if (!bounds.any()) return {};
    std::string low(static_cast<size_t>(width_), '\0'), high = low;
    Put(bounds.min(), reinterpret_cast<uint8_t*>(low.data()));
    Put(bounds.max(), reinterpret_cast<uint8_t*>(high.data()));
    return {.min = std::move(low), .max = std::move(high)};
  }

 private:
  void Put(__int128 value, uint8_t* out) const {
    for (int64_t i = width_ - 1; i >= 0; --i) {
      out[i] = static_cast<uint8_t>(value);
      value >>= 8;
    }
  }
  const int64_t width_;
};

class UuidValues {
 public:
  using Bounds = BytesBounds;
  static constexpr int kNumberWidth = 0;
  explicit UuidValues(const arrow::DataType&) {}
  int64_t width() const { return kWidth; }
  int64_t Encode(const arrow::ArrayData& data, int64_t at, int64_t rows, const uint8_t* validity, uint8_t* out,
                 Bounds* bounds) {
    const uint8_t* in = data.buffers[1]->data() + (data.offset + at) * kWidth;
    int64_t kept = 0;
    for (int64_t i = 0; i < rows; ++i) {
      if (validity != nullptr && !arrow::bit_util::GetBit(validity, data.offset + at + i)) continue;
      const uint8_t* value = in + i * kWidth;
      std::memcpy(out + kept++ * kWidth, value, kWidth);
      bounds->Update(BytesBounds::Word(value, kWidth), value, kWidth);
    }
    return kept;
  }
  ValueBounds Finish(const Bounds& bounds) const { return bounds.Finish(/*text=*/false); }

 private:
  static constexpr int64_t kWidth = 16;
};

// `with.template operator()<Values>()` for the kind of values that stands for the type; false when there is none: the
// type is no fixed-width one, or not one that is written.
template <typename With>
bool WithFixedValues(const arrow::DataType& type, With&& with) {
  switch (type.id()) {
    case arrow::Type::INT8: with.template operator()<NumberValues<int8_t, int32_t>>(); return true;
    case arrow::Type::INT16: with.template operator()<NumberValues<int16_t, int32_t>>(); return true;
    case arrow::Type::UINT8: with.template operator()<NumberValues<uint8_t, int32_t>>(); return true;
    case arrow::Type::UINT16: with.template operator()<NumberValues<uint16_t, int32_t>>(); return true;
    case arrow::Type::UINT32: with.template operator()<NumberValues<uint32_t, uint32_t>>(); return true;
    case arrow::Type::UINT64: with.template operator()<NumberValues<uint64_t, uint64_t>>(); return true;
    case arrow::Type::DATE32:
    case arrow::Type::DECIMAL32:
    case arrow::Type::INT32: with.template operator()<NumberValues<int32_t, int32_t>>(); return true;
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DECIMAL64:
    case arrow::Type::INT64: with.template operator()<NumberValues<int64_t, int64_t>>(); return true;
    case arrow::Type::FLOAT: with.template operator()<NumberValues<float, float>>(); return true;
    case arrow::Type::DOUBLE: with.template operator()<NumberValues<double, double>>(); return true;
    case arrow::Type::DECIMAL128: with.template operator()<BigDecimalValues>(); return true;
    case arrow::Type::FIXED_SIZE_BINARY: with.template operator()<UuidValues>(); return true;
    default: return false;
  }
}

}  // namespace freight
