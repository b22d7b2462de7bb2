// Encoder of utf8 and binary columns: PLAIN pages, or one merged dictionary and pages of indices.
//
// A row group stays in dictionary form while its batches come as dictionary arrays, or as plain ones that repeat, and
// the merged dictionary stays small; else it is PLAIN as a whole. Either way the bytes follow from the rows and the
// form of the batches.
#include "format/parquet_bits.h"
#include "format/parquet_bloom.h"
#include "format/parquet_bounds.h"
#include "format/parquet_column.h"
#include "format/parquet_dictionary.h"
#include "format/parquet_fast.h"
#include "format/parquet_page_builder.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace freight {
namespace {

using arrow::bit_util::GetBit;

constexpr int64_t kLengthBytes = 4;
// A plain batch joins the dictionary when no more than a quarter of its first values are new to it. A few rows, the
// rest of a morsel, cannot show that and do not decide for the thousands before them.
constexpr int64_t kSampleValues = 512;
constexpr int64_t kNewShare = 4;
constexpr int64_t kFewRows = 1024;
// Strings up to this long are copied with one fixed-size move.
constexpr int64_t kShortCopy = 48;
static_assert(kLengthBytes + kShortCopy <= PageBuilder::kSlack);  // a null row is written, too

// Where row i's bytes are, for each form in which strings arrive. `readable_end`: last byte that may be read.
struct PlainSource {
  static constexpr bool kNullsHaveViews = true;
  static constexpr uint8_t kNothing[1] = {};  // stands for an absent buffer
  explicit PlainSource(const arrow::ArrayData& data)
      : offsets(data.GetValues<int32_t>(1)),
        bytes(data.buffers[2] && data.buffers[2]->data() ? data.buffers[2]->data() : kNothing),
        readable_end(bytes + (bytes == kNothing ? 0 : data.buffers[2]->size())) {}
  std::string_view View(int64_t i) const {
    return {reinterpret_cast<const char*>(bytes) + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i])};
  }
  // Those of null slots, if they hold any, included.
  int64_t TextBytes(int64_t at, int64_t rows) const { return offsets[at + rows] - offsets[at]; }
  const int32_t* offsets;
  const uint8_t* bytes;
  const uint8_t* readable_end;
};

struct DictionarySource {
  static constexpr bool kNullsHaveViews = false;  // the dictionary may be empty
  explicit DictionarySource(const arrow::ArrayData& data)
      : codes(data.GetValues<int32_t>(1)), entries(*data.dictionary), readable_end(entries.readable_end) {}
  std::string_view View(int64_t i) const { return entries.View(codes[i]); }
  const int32_t* codes;
  PlainSource entries;
  const uint8_t* readable_end;
};

struct HeldSource {
  static constexpr bool kNullsHaveViews = false;
  std::string_view View(int64_t i) const { return merged->Value(codes[i]); }
  const uint16_t* codes;
  const MergedDictionary* merged;
  const uint8_t* readable_end = nullptr;  // no bytes past an entry may be read
};

struct RowRange {
  int64_t begin;
  int64_t count;
};

struct PageSpace {
  uint8_t* out;
  int32_t* lengths_apart;  // null: lengths stand in front of the bytes
};

// Writes the length and bytes of each valid row; returns the end of the bytes. What a null row leaves behind it is
// overwritten or lies in the page's slack: a branch on nulls would be guessed wrong too often.
template <typename Source>
uint8_t* PutStrings(const Source& source, RowRange rows, const uint8_t* validity, int64_t offset, PageSpace space,
                    BytesBounds* bounds) {
  auto [out, lengths_apart] = space;
  uint64_t word = 0;
  for (int64_t i = rows.begin; i < rows.begin + rows.count; ++i) {
    const bool valid = validity == nullptr || GetBit(validity, offset + i);
    if (!Source::kNullsHaveViews && !valid) continue;
    const std::string_view value = source.View(i);
    const uint64_t taken = uint64_t{0} - uint64_t{valid};  // arithmetic, or the compiler makes it a branch
    const auto length = static_cast<uint32_t>(value.size() & taken);
    uint8_t* bytes = out;
    if (lengths_apart != nullptr) {
      *lengths_apart = static_cast<int32_t>(length);
      lengths_apart += valid;
    } else {
      std::memcpy(out, &length, sizeof length);
      bytes += kLengthBytes;
    }
    const auto* from = reinterpret_cast<const uint8_t*>(value.data());
    if (length <= kShortCopy && from + kShortCopy <= source.readable_end) {
      std::memcpy(bytes, from, kShortCopy);
    } else {
      std::memcpy(bytes, from, length);
    }
    // A null looks like the value before it, which hardly ever is a new bound: else it would be looked at like one.
    word ^= (word ^ BytesBounds::Word(bytes, length)) & taken;
    bounds->UpdateIf(valid, word, bytes, length);
    out += (static_cast<uint64_t>(bytes - out) + length) & taken;
  }
  return out;
}

class BytesColumn : public ColumnEncoder {
 public:
  BytesColumn(const arrow::Field& field, PageCompressor* compressor)
      : text_(field.type()->id() == arrow::Type::STRING),
        page_bytes_(compressor->options().page_bytes),
        plain_encoding_(compressor->options().profile == ParquetProfile::kFast ? PageEncoding::kDeltaLengthByteArray
                                                                               : PageEncoding::kPlain),
        compressor_(compressor),
        bloom_(field, *compressor),
        page_(field.nullable(), page_bytes_, compressor->pool(), lengths_apart() ? page_bytes_ / kPackedShare : 0),
        lengths_(compressor->pool()),
        held_codes_(compressor->pool()),
        held_validity_(compressor->pool()),
        merged_(compressor->pool()) {}

  Status Append(const arrow::Array& array) override {
    const arrow::ArrayData& data = *array.data();
    if (data.length == 0) return Status::OK();
    if (data.type->id() != arrow::Type::DICTIONARY) return AppendStrings(data);
    FREIGHT_ASSERT(data.dictionary->GetNullCount() == 0);
    int64_t done = 0;
    if (!plain_) {
      ARROW_ASSIGN_OR_RAISE(done, Hold(data));
      if (done < data.length) ARROW_RETURN_NOT_OK(GoPlain());
    }
    return AppendPlain(DictionarySource(data), data, done);
  }

  Status Finish(std::vector<EncodedColumn>* leaves) override {
    const int64_t values = held_validity_.rows() - held_validity_.nulls();
    // A dictionary pays when a value comes back at least once on average.
    if (!plain_ && (values == 0 || merged_.entries() * 2 > values)) ARROW_RETURN_NOT_OK(GoPlain());
    if (!plain_) ARROW_RETURN_NOT_OK(FlushDictionary());
    if (page_.rows() > 0) ARROW_RETURN_NOT_OK(FlushPage(plain_encoding_));
    column_.bounds = chunk_bounds_.Finish(text_);
    ARROW_ASSIGN_OR_RAISE(column_.bloom_hashes, bloom_.Finish());
    chunk_bounds_ = {};
    plain_ = false;
    page_.Release();
    lengths_.Reset();
    ReleaseHeld();
    leaves->push_back(std::exchange(column_, {}));
    return Status::OK();
  }

 private:
  Status AppendStrings(const arrow::ArrayData& data) {
    int64_t done = 0;
    if (!plain_) {
      ARROW_ASSIGN_OR_RAISE(const bool repeats, Repeats(data));
      if (repeats || (held_validity_.rows() > 0 && data.length <= kFewRows)) {
        ARROW_ASSIGN_OR_RAISE(done, HoldStrings(data));
      }
      if (done < data.length) ARROW_RETURN_NOT_OK(GoPlain());
    }
    return AppendPlain(PlainSource(data), data, done);
  }

  // Judged on the first values, which are then in the dictionary.
  Result<bool> Repeats(const arrow::ArrayData& data) {
    const PlainSource source(data);
    const uint8_t* validity = nullptr;
    NullsInRange(data, 0, data.length, &validity);
    const int64_t known = merged_.entries();
    int64_t seen = 0;
    for (int64_t row = 0; row < data.length && seen < kSampleValues; ++row) {
      if (validity != nullptr && !GetBit(validity, data.offset + row)) continue;
      ARROW_ASSIGN_OR_RAISE(const int32_t code, merged_.CodeOf(source.View(row)));
      if (code == MergedDictionary::kFull) return false;
      ++seen;
    }
    return (merged_.entries() - known) * kNewShare <= seen;
  }

  // Takes plain rows into the dictionary until it is full; returns how many.
  Result<int64_t> HoldStrings(const arrow::ArrayData& data) {
    const PlainSource source(data);
    const uint8_t* validity = nullptr;
    NullsInRange(data, 0, data.length, &validity);
    ARROW_RETURN_NOT_OK(held_codes_.Reserve(data.length));
    uint16_t* out = held_codes_.mutable_data() + held_codes_.length();
    int64_t row = 0;
    for (; row < data.length; ++row) {
      out[row] = 0;
      if (validity != nullptr && !GetBit(validity, data.offset + row)) continue;
      ARROW_ASSIGN_OR_RAISE(const int32_t code, merged_.CodeOf(source.View(row)));
      if (code == MergedDictionary::kFull) break;
      out[row] = static_cast<uint16_t>(code);
    }
    return KeepHeld(data, row);
  }

  // Of `row` codes that stand behind those held.
  Result<int64_t> KeepHeld(const arrow::ArrayData& data, int64_t row) {
    held_codes_.bytes_builder()->UnsafeAdvance(row * static_cast<int64_t>(sizeof(uint16_t)));
    const uint8_t* validity = nullptr;
    const int64_t nulls = NullsInRange(data, 0, row, &validity);
    ARROW_RETURN_NOT_OK(held_validity_.Append(validity, data.offset, row, nulls));
    return row;
  }

  // Takes the codes of rows until the merged dictionary is full; returns how many.
  Result<int64_t> Hold(const arrow::ArrayData& data) {
    const PlainSource entries(*data.dictionary);
    if (data.dictionary != last_dictionary_) {
      remap_.assign(static_cast<size_t>(data.dictionary->length), kUnseen);
      last_dictionary_ = data.dictionary;
    }
    const uint8_t* validity = nullptr;
    NullsInRange(data, 0, data.length, &validity);
    ARROW_RETURN_NOT_OK(held_codes_.Reserve(data.length));
    uint16_t* out = held_codes_.mutable_data() + held_codes_.length();
    const int32_t* in = data.GetValues<int32_t>(1);
    int64_t row = 0;
    for (; row < data.length; ++row) {
      if (validity != nullptr && !GetBit(validity, data.offset + row)) {
        out[row] = 0;
        continue;
      }
      int32_t& code = remap_[static_cast<size_t>(in[row])];
      if (code == kUnseen) {
        ARROW_ASSIGN_OR_RAISE(code, merged_.CodeOf(entries.View(in[row])));
        if (code == MergedDictionary::kFull) break;
      }
      out[row] = static_cast<uint16_t>(code);
    }
    return KeepHeld(data, row);
  }

  // Leaves dictionary form: rows held so far become PLAIN.
  Status GoPlain() {
    if (plain_) return Status::OK();
    plain_ = true;
    const HeldSource source{held_codes_.data(), &merged_};
    ARROW_RETURN_NOT_OK(AppendRows(source, 0, held_validity_.rows(), held_validity_.bits(), 0));
    ReleaseHeld();
    return Status::OK();
  }

  template <typename Source>
  Status AppendPlain(const Source& source, const arrow::ArrayData& data, int64_t at) {
    const uint8_t* validity = nullptr;
    NullsInRange(data, at, data.length - at, &validity);
    return AppendRows(source, at, data.length, validity, data.offset);
  }

  // Rows at..end of `source`, page after page. A page ends before the row that would take it past page_bytes.
  template <typename Source>
  Status AppendRows(const Source& source, int64_t at, int64_t end, const uint8_t* validity, int64_t offset) {
    while (at < end) {
      int64_t bytes = 0;
      const int64_t rows = RowsThatFit(source, at, end - at, validity, offset, &bytes);
      if (rows == 0) {
        ARROW_RETURN_NOT_OK(FlushPage(plain_encoding_));
        continue;
      }
      const int64_t nulls = validity ? rows - arrow::internal::CountSetBits(validity, offset + at, rows) : 0;
      ARROW_RETURN_NOT_OK(page_.AppendRows(validity, offset + at, rows, nulls));
      ARROW_ASSIGN_OR_RAISE(uint8_t* out, page_.Reserve(bytes));
      int32_t* lengths = nullptr;
      if (lengths_apart()) {
        ARROW_RETURN_NOT_OK(lengths_.Reserve(rows + 1));  // a null behind the last value leaves one, too
        lengths = lengths_.mutable_data() + lengths_.length();
        lengths_.bytes_builder()->UnsafeAdvance((rows - nulls) * kLengthBytes);
      }
      const uint8_t* const present = nulls > 0 ? validity : nullptr;
      page_.Advance(PutStrings(source, {at, rows}, present, offset, {out, lengths}, &page_bounds_) - out);
      at += rows;
    }
    return Status::OK();
  }

  // 0 when the page is full; an empty page takes one row of any size.
  template <typename Source>
  int64_t RowsThatFit(const Source& source, int64_t at, int64_t rows, const uint8_t* validity, int64_t offset,
                      int64_t* bytes) const {
    const int64_t room = page_bytes_ - page_.value_bytes() - lengths_.length() * kLengthBytes;
    const int64_t rows_max = std::min(rows, kPageRowsMax - page_.rows());
    if constexpr (requires { source.TextBytes(at, rows_max); }) {
      const auto bytes_of = [&](int64_t count) {
        const int64_t values =
            validity == nullptr ? count : arrow::internal::CountSetBits(validity, offset + at, count);
        return source.TextBytes(at, count) + values * kLengthBytes;
      };
      // The most rows that fit: none if the first one does not, but on an empty page.
      int64_t fits = 0, too_many = rows_max + 1;
      for (int64_t next = rows_max; too_many - fits > 1; next = fits + (too_many - fits) / 2) {
        (bytes_of(next) <= room ? fits : too_many) = next;
      }
      if (fits == 0 && page_.rows() == 0) fits = 1;
      *bytes = bytes_of(fits);
      return fits;
    }
    *bytes = 0;
    for (int64_t i = 0; i < rows_max; ++i) {
      if (validity != nullptr && !GetBit(validity, offset + at + i)) continue;
      const int64_t next = *bytes + kLengthBytes + static_cast<int64_t>(source.View(at + i).size());
      if (next > room && page_.rows() + i > 0) return i;
      *bytes = next;
    }
    return rows_max;
  }

  Status FlushPage(PageEncoding encoding) {
    if (encoding != PageEncoding::kDictionary) ARROW_RETURN_NOT_OK(AddToFilter());
    std::string_view packed;  // lengths
    if (encoding == PageEncoding::kDeltaLengthByteArray) {
      ARROW_ASSIGN_OR_RAISE(packed, PackLengths());
    }
    EncodedPage page{.rows = page_.rows(), .values = page_.rows(), .nulls = page_.nulls(), .encoding = encoding,
                     .bounds = page_bounds_.Finish(text_)};
    if (encoding != PageEncoding::kDictionary) page.text_bytes = page_.value_bytes();
    ARROW_ASSIGN_OR_RAISE(std::string_view body, page_.Body(packed));
    ARROW_RETURN_NOT_OK(compressor_->AddPage(std::move(page), body, &column_));
    chunk_bounds_.Merge(page_bounds_);
    page_bounds_ = {};
    page_.Clear();
    lengths_.bytes_builder()->Rewind(0);
    return Status::OK();
  }

  Result<std::string_view> PackLengths() {
    const std::span<const int32_t> lengths(lengths_.data(), static_cast<size_t>(lengths_.length()));
    ARROW_ASSIGN_OR_RAISE(uint8_t* out, compressor_->RewriteSpace(DeltaBytesMax(lengths_.length(), kLengthBytes)));
    return std::string_view(reinterpret_cast<const char*>(out), static_cast<size_t>(EncodeDelta(lengths, out)));
  }

  Status AddToFilter() {
    if (!bloom_.wanted()) return Status::OK();
    if (!lengths_apart()) return bloom_.AddPlain(page_.values(), 0);
    std::string_view left = page_.values();
    for (int64_t i = 0; i < lengths_.length(); ++i) {
      const auto length = static_cast<size_t>(lengths_.data()[i]);
      ARROW_RETURN_NOT_OK(bloom_.Add(left.substr(0, length)));
      left.remove_prefix(length);
    }
    return Status::OK();
  }

  Status FlushDictionary() {
    const int bit_width = IndexBitWidth(merged_.entries());
    const int64_t page_rows = std::clamp(page_bytes_ * 8 / std::max(bit_width, 1), int64_t{1}, kPageRowsMax);
    column_.dictionary_entries = static_cast<int32_t>(merged_.entries());
    for (int64_t code = 0; code < merged_.entries(); ++code) ARROW_RETURN_NOT_OK(bloom_.Add(merged_.Value(code)));
    const int64_t rows = held_validity_.rows();
    // The page writer needs the dictionary's bytes, the bounds of each page its values: both before it is given away.
    ARROW_ASSIGN_OR_RAISE(column_.dictionary, merged_.CopyPage(compressor_->finished()));
    for (int64_t at = 0; at < rows; at += page_rows) {
      ARROW_RETURN_NOT_OK(FlushIndexPage(at, std::min(page_rows, rows - at), bit_width));
    }
    return Status::OK();
  }

  Status FlushIndexPage(int64_t at, int64_t rows, int bit_width) {
    const uint8_t* validity = held_validity_.bits();
    uint16_t* codes = held_codes_.mutable_data() + at;
    int64_t values = rows;
    if (validity != nullptr) {
      values = 0;  // squeezed in place: the rows before are done, the rows after are not touched
      for (int64_t i = 0; i < rows; ++i) {
        codes[values] = codes[i];
        values += GetBit(validity, at + i);
      }
    }
    ARROW_RETURN_NOT_OK(page_.AppendRows(validity, at, rows, rows - values));
    ARROW_ASSIGN_OR_RAISE(uint8_t* out, page_.Reserve(IndexBytesMax(values, bit_width)));
    const std::span<const uint16_t> used(codes, static_cast<size_t>(values));
    page_.Advance(EncodeIndices(used, bit_width, out));
    std::vector<bool> seen(static_cast<size_t>(merged_.entries()));
    for (uint16_t code : used) seen[code] = true;
    for (size_t code = 0; code < seen.size(); ++code) {
      if (seen[code]) page_bounds_.Update(merged_.Value(static_cast<int64_t>(code)));
    }
    return FlushPage(PageEncoding::kDictionary);
  }

  void ReleaseHeld() {
    held_codes_.Reset();
    held_validity_.Release();
    merged_.Release();
    last_dictionary_.reset();
  }

  bool lengths_apart() const { return plain_encoding_ == PageEncoding::kDeltaLengthByteArray; }

  static constexpr int32_t kUnseen = -2;
  // Packed lengths take less than this share of a page unless strings are very short: then the page moves once.
  static constexpr int64_t kPackedShare = 16;

  const bool text_;
  const int64_t page_bytes_;
  const PageEncoding plain_encoding_;  // of pages that are not indices
  PageCompressor* const compressor_;
  BloomHashes bloom_;
  PageBuilder page_;
  arrow::TypedBufferBuilder<int32_t> lengths_;  // of the page's values, when they stand apart
  BytesBounds page_bounds_, chunk_bounds_;
  EncodedColumn column_;
  bool plain_ = false;  // this row group has left dictionary form

  arrow::TypedBufferBuilder<uint16_t> held_codes_;  // one per row, 0 for nulls
  ValidityBuilder held_validity_;
  MergedDictionary merged_;
  std::shared_ptr<arrow::ArrayData> last_dictionary_;  // what remap_ belongs to
  std::vector<int32_t> remap_;                         // the batch's code -> the merged code
};

}  // namespace

std::unique_ptr<ColumnEncoder> MakeBytesColumn(const arrow::Field& field, PageCompressor* compressor) {
  return std::make_unique<BytesColumn>(field, compressor);
}

}  // namespace freight
