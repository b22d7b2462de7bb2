// Encoders of fixed-width columns: numbers, decimals, uuids and booleans.
#include "format/parquet_column.h"

#include "format/parquet_bounds.h"
#include "format/parquet_fast.h"
#include "format/parquet_page_builder.h"
#include "format/parquet_schema.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace freight {
namespace {

using arrow::bit_util::GetBit;

// Copies the values of the rows that are set in `validity`, one after the other. Without a branch per value: every
// value is stored, the place moves on only for a valid one. `out` has room for one value more.
template <typename Wire, typename In>
int64_t Compact(const In* in, const uint8_t* validity, int64_t offset, int64_t rows, Wire* out) {
  int64_t kept = 0;
  for (int64_t i = 0; i < rows; ++i) {
    out[kept] = static_cast<Wire>(in[i]);
    kept += GetBit(validity, offset + i);
  }
  return kept;
}

template <typename T>
std::string BytesOf(T value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

// A kind of fixed-width values. In: as Arrow stores them; Wire: as PLAIN stores them, four or eight bytes.
template <typename In, typename Wire>
class NumberValues {
 public:
  using Bounds = NumberBounds<Wire>;
  explicit NumberValues(const arrow::DataType&) {}
  int64_t width() const { return sizeof(Wire); }
  // Writes the values of the valid rows, returns their number.
  int64_t Encode(const arrow::ArrayData& data, int64_t at, int64_t rows, const uint8_t* validity, uint8_t* bytes,
                 Bounds* bounds) {
    const In* in = data.GetValues<In>(1) + at;
    auto* out = reinterpret_cast<Wire*>(bytes);
    int64_t kept = rows;
    if (validity != nullptr) {
      kept = Compact(in, validity, data.offset + at, rows, out);
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
  explicit BigDecimalValues(const arrow::DataType& type)
      : width_(DecimalBytes(static_cast<const arrow::DecimalType&>(type).precision())) {}
  int64_t width() const { return width_; }
  int64_t Encode(const arrow::ArrayData& data, int64_t at, int64_t rows, const uint8_t* validity, uint8_t* out,
                 Bounds* bounds) {
    const uint8_t* in = data.buffers[1]->data() + (data.offset + at) * 16;
    int64_t kept = 0;
    for (int64_t i = 0; i < rows; ++i) {
      if (validity != nullptr && !GetBit(validity, data.offset + at + i)) continue;
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
  explicit UuidValues(const arrow::DataType&) {}
  int64_t width() const { return kWidth; }
  int64_t Encode(const arrow::ArrayData& data, int64_t at, int64_t rows, const uint8_t* validity, uint8_t* out,
                 Bounds* bounds) {
    const uint8_t* in = data.buffers[1]->data() + (data.offset + at) * kWidth;
    int64_t kept = 0;
    for (int64_t i = 0; i < rows; ++i) {
      if (validity != nullptr && !GetBit(validity, data.offset + at + i)) continue;
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

// Column of `Values`, page after page. A page takes as many rows as fit if none is null, so that where pages end does
// not depend on where batches end.
template <typename Values>
class FixedColumn : public ColumnEncoder {
 public:
  FixedColumn(const arrow::Field& field, PageCompressor* compressor)
      : values_(*field.type()),
        family_(compressor->options().profile == ParquetProfile::kFast ? FastFamilyOf(*field.type())
                                                                       : FastFamily::kNone),
        page_rows_(std::clamp(compressor->options().page_bytes / values_.width(), int64_t{1}, kPageRowsMax)),
        compressor_(compressor),
        page_(field.nullable(), page_rows_ * values_.width(), compressor->pool()) {}

  Status Append(const arrow::Array& array) override {
    const arrow::ArrayData& data = *array.data();
    for (int64_t at = 0; at < data.length;) {
      const int64_t rows = std::min(page_rows_ - page_.rows(), data.length - at);
      ARROW_RETURN_NOT_OK(AppendRows(data, at, rows));
      at += rows;
      if (page_.rows() == page_rows_) ARROW_RETURN_NOT_OK(FlushPage());
    }
    return Status::OK();
  }

  Result<EncodedColumn> Finish() override {
    if (page_.rows() > 0) ARROW_RETURN_NOT_OK(FlushPage());
    column_.bounds = values_.Finish(chunk_bounds_);
    chunk_bounds_ = {};
    encoding_.reset();
    page_.Release();
    return std::exchange(column_, {});
  }

 private:
  Status AppendRows(const arrow::ArrayData& data, int64_t at, int64_t rows) {
    const uint8_t* validity = nullptr;
    const int64_t nulls = NullsInRange(data, at, rows, &validity);
    ARROW_RETURN_NOT_OK(page_.AppendRows(validity, data.offset + at, rows, nulls));
    ARROW_ASSIGN_OR_RAISE(uint8_t* out, page_.Reserve(rows * values_.width()));
    page_.Advance(values_.Encode(data, at, rows, validity, out, &page_bounds_) * values_.width());
    return Status::OK();
  }

  Status FlushPage() {
    ARROW_RETURN_NOT_OK(Rewrite());
    EncodedPage page{.rows = page_.rows(), .nulls = page_.nulls(), .encoding = *encoding_,
                     .bounds = values_.Finish(page_bounds_)};
    ARROW_ASSIGN_OR_RAISE(std::string_view body, page_.Body());
    ARROW_RETURN_NOT_OK(compressor_->AddPage(std::move(page), body, &column_));
    chunk_bounds_.Merge(page_bounds_);
    page_bounds_ = {};
    page_.Clear();
    return Status::OK();
  }

  // The first page decides the encoding of the column chunk.
  Status Rewrite() {
    if (!encoding_) {
      ARROW_ASSIGN_OR_RAISE(encoding_, ChooseEncoding(family_, page_.values(), values_.width(), compressor_));
    }
    if (*encoding_ == PageEncoding::kPlain) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto rewritten, RewriteNumbers(*encoding_, page_.values(), values_.width(), compressor_));
    return page_.ReplaceValues(rewritten);
  }

  Values values_;
  const FastFamily family_;
  const int64_t page_rows_;
  PageCompressor* const compressor_;
  PageBuilder page_;
  typename Values::Bounds page_bounds_, chunk_bounds_;
  std::optional<PageEncoding> encoding_;
  EncodedColumn column_;
};

// Booleans, eight to a byte.
class BoolColumn : public ColumnEncoder {
 public:
  BoolColumn(const arrow::Field& field, PageCompressor* compressor)
      : compressor_(compressor), page_(field.nullable(), kPageRowsMax / 8, compressor->pool()) {}

  Status Append(const arrow::Array& array) override {
    const arrow::ArrayData& data = *array.data();
    for (int64_t at = 0; at < data.length;) {
      const int64_t rows = std::min(kPageRowsMax - page_.rows(), data.length - at);
      ARROW_RETURN_NOT_OK(AppendRows(data, at, rows));
      at += rows;
      if (page_.rows() == kPageRowsMax) ARROW_RETURN_NOT_OK(FlushPage());
    }
    return Status::OK();
  }

  Result<EncodedColumn> Finish() override {
    if (page_.rows() > 0) ARROW_RETURN_NOT_OK(FlushPage());
    column_.bounds = BoundsOf(chunk_true_, chunk_false_);
    chunk_true_ = chunk_false_ = false;
    page_.Release();
    return std::exchange(column_, {});
  }

 private:
  Status AppendRows(const arrow::ArrayData& data, int64_t at, int64_t rows) {
    const uint8_t* validity = nullptr;
    const int64_t nulls = NullsInRange(data, at, rows, &validity);
    ARROW_RETURN_NOT_OK(page_.AppendRows(validity, data.offset + at, rows, nulls));
    const int64_t bytes = arrow::bit_util::BytesForBits(bits_ + rows - nulls) - page_.value_bytes();
    ARROW_ASSIGN_OR_RAISE(uint8_t* out, page_.Reserve(bytes));
    std::memset(out, 0, static_cast<size_t>(bytes));
    page_.Advance(bytes);
    uint8_t* base = out + bytes - page_.value_bytes();
    const uint8_t* in = data.buffers[1]->data();
    if (validity == nullptr) {
      arrow::internal::CopyBitmap(in, data.offset + at, rows, base, bits_);
      bits_ += rows;
      return Status::OK();
    }
    for (int64_t i = data.offset + at; i < data.offset + at + rows; ++i) {
      if (GetBit(validity, i)) arrow::bit_util::SetBitTo(base, bits_++, GetBit(in, i));
    }
    return Status::OK();
  }

  Status FlushPage() {
    const auto* values = reinterpret_cast<const uint8_t*>(page_.values().data());
    const int64_t trues = arrow::internal::CountSetBits(values, 0, bits_);
    EncodedPage page{.rows = page_.rows(), .nulls = page_.nulls(), .bounds = BoundsOf(trues > 0, trues < bits_)};
    chunk_true_ |= trues > 0;
    chunk_false_ |= trues < bits_;
    ARROW_ASSIGN_OR_RAISE(std::string_view body, page_.Body());
    ARROW_RETURN_NOT_OK(compressor_->AddPage(std::move(page), body, &column_));
    bits_ = 0;
    page_.Clear();
    return Status::OK();
  }

  static ValueBounds BoundsOf(bool has_true, bool has_false) {
    if (!has_true && !has_false) return {};
    return {.min = std::string(1, has_false ? '\0' : '\1'), .max = std::string(1, has_true ? '\1' : '\0')};
  }

  PageCompressor* const compressor_;
  PageBuilder page_;
  int64_t bits_ = 0;
  bool chunk_true_ = false;
  bool chunk_false_ = false;
  EncodedColumn column_;
};

template <typename Values>
std::unique_ptr<ColumnEncoder> Fixed(const arrow::Field& field, PageCompressor* compressor) {
  return std::make_unique<FixedColumn<Values>>(field, compressor);
}

}  // namespace

int64_t NullsInRange(const arrow::ArrayData& data, int64_t at, int64_t rows, const uint8_t** validity) {
  *validity = nullptr;
  if (data.buffers[0] == nullptr || data.GetNullCount() == 0) return 0;
  const int64_t nulls = rows - arrow::internal::CountSetBits(data.buffers[0]->data(), data.offset + at, rows);
  if (nulls > 0) *validity = data.buffers[0]->data();
  return nulls;
}

Result<std::unique_ptr<ColumnEncoder>> MakeColumnEncoder(const arrow::Field& field, PageCompressor* compressor) {
  switch (field.type()->id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return MakeBytesColumn(field, compressor);
    case arrow::Type::BOOL: return std::make_unique<BoolColumn>(field, compressor);
    case arrow::Type::INT8: return Fixed<NumberValues<int8_t, int32_t>>(field, compressor);
    case arrow::Type::INT16: return Fixed<NumberValues<int16_t, int32_t>>(field, compressor);
    case arrow::Type::UINT8: return Fixed<NumberValues<uint8_t, int32_t>>(field, compressor);
    case arrow::Type::UINT16: return Fixed<NumberValues<uint16_t, int32_t>>(field, compressor);
    case arrow::Type::UINT32: return Fixed<NumberValues<uint32_t, uint32_t>>(field, compressor);
    case arrow::Type::UINT64: return Fixed<NumberValues<uint64_t, uint64_t>>(field, compressor);
    case arrow::Type::DATE32:
    case arrow::Type::DECIMAL32:
    case arrow::Type::INT32: return Fixed<NumberValues<int32_t, int32_t>>(field, compressor);
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DECIMAL64:
    case arrow::Type::INT64: return Fixed<NumberValues<int64_t, int64_t>>(field, compressor);
    case arrow::Type::FLOAT: return Fixed<NumberValues<float, float>>(field, compressor);
    case arrow::Type::DOUBLE: return Fixed<NumberValues<double, double>>(field, compressor);
    case arrow::Type::DECIMAL128: return Fixed<BigDecimalValues>(field, compressor);
    case arrow::Type::FIXED_SIZE_BINARY: return Fixed<UuidValues>(field, compressor);
    default:
      return Fail(Reaction::kInvalid, "column \"{}\" has type {}, which is not written to parquet", field.name(),
                  field.type()->ToString());
  }
}

}  // namespace freight
