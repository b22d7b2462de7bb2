// Encoders of fixed-width columns: numbers, decimals, uuids and booleans.
#include "format/parquet_column.h"

#include "format/parquet_bloom.h"
#include "format/parquet_fast.h"
#include "format/parquet_number_dictionary.h"
#include "format/parquet_page_builder.h"
#include "format/parquet_values.h"

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

// Indices cost far less time than what finds the same in PLAIN pages: they may take a little more room.
constexpr int64_t kIndicesWorsePercent = 110;

struct NoDictionary {
  explicit NoDictionary(arrow::MemoryPool*) {}
};
template <typename Values>
struct DictionaryOf {
  using type = NoDictionary;
};
template <typename Values>
  requires std::is_integral_v<typename Values::Number>
struct DictionaryOf<Values> {
  using type = NumberDictionary<typename Values::Number>;
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
        bloom_(field, *compressor),
        page_(field.nullable(), page_rows_ * values_.width(), compressor->pool()),
        dictionary_(compressor->pool()) {}

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

  Status Finish(std::vector<EncodedColumn>* leaves) override {
    if (page_.rows() > 0) ARROW_RETURN_NOT_OK(FlushPage());
    if constexpr (kHasDictionary) {
      column_.dictionary_entries = static_cast<int32_t>(dictionary_.entries());
      if (dictionary_.entries() > 0) ARROW_RETURN_NOT_OK(dictionary_.Finish().Value(&column_.dictionary));
    }
    column_.bounds = values_.Finish(chunk_bounds_);
    ARROW_ASSIGN_OR_RAISE(column_.bloom_hashes, bloom_.Finish());
    chunk_bounds_ = {};
    encoding_.reset();
    page_.Release();
    leaves->push_back(std::exchange(column_, {}));
    return Status::OK();
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
    ARROW_RETURN_NOT_OK(bloom_.AddPlain(page_.values(), values_.width()));
    ARROW_RETURN_NOT_OK(Rewrite());
    EncodedPage page{.rows = page_.rows(), .values = page_.rows(), .nulls = page_.nulls(), .encoding = *encoding_,
                     .bounds = values_.Finish(page_bounds_)};
    const bool split = *encoding_ == PageEncoding::kByteStreamSplit;
    if (split || *encoding_ == PageEncoding::kPlain) page.number_width = Values::kNumberWidth;
    ARROW_ASSIGN_OR_RAISE(std::string_view body, page_.Body());
    ARROW_RETURN_NOT_OK(compressor_->AddPage(std::move(page), body, &column_));
    chunk_bounds_.Merge(page_bounds_);
    page_bounds_ = {};
    page_.Clear();
    return Status::OK();
  }

  static constexpr bool kHasDictionary = !std::is_same_v<typename DictionaryOf<Values>::type, NoDictionary>;

  // The first page decides the encoding of the column chunk, until a page does not fit into the dictionary.
  Status Rewrite() {
    if constexpr (kHasDictionary) {
      if (!encoding_ || *encoding_ == PageEncoding::kDictionary) {
        ARROW_ASSIGN_OR_RAISE(const bool indexed, Index());
        if (indexed) return Status::OK();
        encoding_.reset();
      }
    }
    if (!encoding_) {
      ARROW_ASSIGN_OR_RAISE(encoding_, ChooseEncoding(family_, page_.values(), values_.width(), compressor_));
    }
    if (*encoding_ == PageEncoding::kPlain) return Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto rewritten, RewriteNumbers(*encoding_, page_.values(), values_.width(), compressor_));
    return page_.ReplaceValues(rewritten);
  }

  // False when the page's values are not to be indices.
  Result<bool> Index() {
    const auto& bounds = page_bounds_;
    if (!bounds.any() || !dictionary_.Covers(bounds.min(), bounds.max())) return false;
    const std::string_view plain = page_.values();
    int64_t plain_bytes = 0;
    if (!encoding_) {
      ARROW_RETURN_NOT_OK(compressor_->StoredBytesAbout(plain, Values::kNumberWidth).Value(&plain_bytes));
    }
    ARROW_ASSIGN_OR_RAISE(const auto indices, dictionary_.Encode(plain, bounds.min(), bounds.max(), compressor_));
    const int64_t bytes = static_cast<int64_t>(indices.size()) + dictionary_.entries() * values_.width();
    if (!encoding_ && bytes * 100 > plain_bytes * kIndicesWorsePercent) {
      ARROW_RETURN_NOT_OK(dictionary_.Finish().status());
      return false;
    }
    encoding_ = PageEncoding::kDictionary;
    column_.keeps_codec = true;
    ARROW_RETURN_NOT_OK(page_.ReplaceValues(indices));
    return true;
  }

  Values values_;
  const FastFamily family_;
  const int64_t page_rows_;
  PageCompressor* const compressor_;
  BloomHashes bloom_;
  PageBuilder page_;
  typename DictionaryOf<Values>::type dictionary_;
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

  Status Finish(std::vector<EncodedColumn>* leaves) override {
    if (page_.rows() > 0) ARROW_RETURN_NOT_OK(FlushPage());
    column_.bounds = BoundsOf(chunk_true_, chunk_false_);
    chunk_true_ = chunk_false_ = false;
    page_.Release();
    leaves->push_back(std::exchange(column_, {}));
    return Status::OK();
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
    EncodedPage page{.rows = page_.rows(), .values = page_.rows(), .nulls = page_.nulls(),
                     .bounds = BoundsOf(trues > 0, trues < bits_)};
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
    case arrow::Type::STRUCT:
    case arrow::Type::LIST: return MakeNestedColumn(field, compressor);
    default: break;
  }
  std::unique_ptr<ColumnEncoder> column;
  WithFixedValues(*field.type(), [&]<typename Values>() {
    column = std::make_unique<FixedColumn<Values>>(field, compressor);
  });
  if (column) return column;
  return Fail(Reaction::kInvalid, "column \"{}\" has type {}, which is not written to parquet", field.name(),
              field.type()->ToString());
}

}  // namespace freight
