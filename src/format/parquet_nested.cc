// Encoders of struct and list columns: levels per leaf by Dremel's scheme, then pages of levels and PLAIN values.
//
// A page ends before the record that finds it full, so that readers can begin at any page.
#include "format/parquet_bits.h"
#include "format/parquet_column.h"
#include "format/parquet_dictionary.h"
#include "format/parquet_fast.h"
#include "format/parquet_values.h"

#include <arrow/array.h>
#include <arrow/buffer_builder.h>
#include <arrow/type.h>

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace freight {
namespace {

// How deep the format's levels of a node are.
struct Depth {
  int definition = 0;
  int repetition = 0;
};

// One entry per value of a node, or per place where there is none: its levels, and where the value stands in the
// node's array.
struct Slots {
  static constexpr int32_t kNone = -1;  // null or empty here or above: the definition level says where
  std::vector<uint16_t> definition, repetition;
  std::vector<int32_t> index;
  size_t size() const { return index.size(); }
  void Add(uint16_t d, uint16_t r, int32_t i) {
    definition.push_back(d);
    repetition.push_back(r);
    index.push_back(i);
  }
};

Slots SlotsOfRows(int64_t rows) {
  Slots slots;
  slots.definition.assign(static_cast<size_t>(rows), 0);
  slots.repetition.assign(static_cast<size_t>(rows), 0);
  slots.index.resize(static_cast<size_t>(rows));
  for (int64_t i = 0; i < rows; ++i) slots.index[static_cast<size_t>(i)] = static_cast<int32_t>(i);
  return slots;
}

void EnterOptional(const arrow::Array& array, Slots* slots) {
  for (size_t i = 0; i < slots->size(); ++i) {
    int32_t& index = slots->index[i];
    if (index == Slots::kNone) continue;
    if (array.IsNull(index)) {
      index = Slots::kNone;
    } else {
      ++slots->definition[i];
    }
  }
}

Slots EnterItems(const arrow::ListArray& list, const Slots& lists, int repetition) {
  Slots items;
  for (size_t i = 0; i < lists.size(); ++i) {
    const int32_t at = lists.index[i];
    const int32_t count = at == Slots::kNone ? 0 : list.value_length(at);
    if (count == 0) {
      items.Add(lists.definition[i], lists.repetition[i], Slots::kNone);
      continue;
    }
    const int32_t begin = list.value_offset(at);
    const auto defined = static_cast<uint16_t>(lists.definition[i] + 1);
    items.Add(defined, lists.repetition[i], begin);
    for (int32_t k = 1; k < count; ++k) items.Add(defined, static_cast<uint16_t>(repetition), begin + k);
  }
  return items;
}

// The values of one leaf. Each has: where they come from, whether a page must end before an array, what a value takes,
// how consecutive values are written (with kSlack bytes of room behind them), the page's encoding, the dictionary.
class PlainValues {
 public:
  bool EndsPage(const arrow::ArrayData&) const { return false; }
  void Begin(const arrow::ArrayData&) {}
  Status FinishDictionary(EncodedColumn*) { return Status::OK(); }
};

template <typename Values>
class FixedLeafValues : public PlainValues {
 public:
  using Source = const arrow::ArrayData&;
  static constexpr int64_t kSlack = 0;
  FixedLeafValues(const arrow::DataType& type, PageCompressor* compressor)
      : values_(type), compressor_(compressor),
        family_(compressor->options().profile == ParquetProfile::kFast ? FastFamilyOf(type) : FastFamily::kNone) {}
  int64_t Bytes(const arrow::ArrayData&, int64_t) const { return values_.width(); }
  Status Put(const arrow::ArrayData& data, int64_t at, int64_t count, uint8_t* out) {
    values_.Encode(data, at, count, nullptr, out, &page_bounds_);
    return Status::OK();
  }
  // The page's values in the encoding of the column chunk, which its first page decides.
  Result<std::string_view> Encode(std::string_view plain, int64_t, std::optional<PageEncoding>* encoding) {
    if (!*encoding) {
      ARROW_ASSIGN_OR_RAISE(*encoding, ChooseEncoding(family_, plain, values_.width(), compressor_));
    }
    if (**encoding == PageEncoding::kPlain) return plain;
    return RewriteNumbers(**encoding, plain, values_.width(), compressor_);
  }
  ValueBounds FinishPage() {
    ValueBounds bounds = values_.Finish(page_bounds_);
    chunk_bounds_.Merge(page_bounds_);
    page_bounds_ = {};
    return bounds;
  }
  ValueBounds FinishChunk() { return values_.Finish(std::exchange(chunk_bounds_, {})); }

 private:
  Values values_;
  PageCompressor* const compressor_;
  const FastFamily family_;
  typename Values::Bounds page_bounds_, chunk_bounds_;
};

// One byte per value until the page is full, then eight values to a byte.
class BoolLeafValues : public PlainValues {
 public:
  using Source = const arrow::ArrayData&;
  static constexpr int64_t kSlack = 0;
  BoolLeafValues(const arrow::DataType&, PageCompressor* compressor) : compressor_(compressor) {}
  int64_t Bytes(const arrow::ArrayData&, int64_t) const { return 1; }
  Status Put(const arrow::ArrayData& data, int64_t at, int64_t count, uint8_t* out) {
    for (int64_t i = 0; i < count; ++i) {
      out[i] = arrow::bit_util::GetBit(data.buffers[1]->data(), data.offset + at + i);
      page_seen_[out[i]] = true;
    }
    return Status::OK();
  }
  Result<std::string_view> Encode(std::string_view plain, int64_t count, std::optional<PageEncoding>* encoding) {
    *encoding = PageEncoding::kPlain;
    const int64_t bytes = arrow::bit_util::BytesForBits(count);
    ARROW_ASSIGN_OR_RAISE(uint8_t* out, compressor_->RewriteSpace(bytes));
    std::memset(out, 0, static_cast<size_t>(bytes));
    for (int64_t i = 0; i < count; ++i) {
      arrow::bit_util::SetBitTo(out, i, plain[static_cast<size_t>(i)] != 0);
    }
    return std::string_view(reinterpret_cast<const char*>(out), static_cast<size_t>(bytes));
  }
  ValueBounds FinishPage() {
    for (const int value : {0, 1}) chunk_seen_[value] |= page_seen_[value];
    return BoundsOf(std::exchange(page_seen_, {}));
  }
  ValueBounds FinishChunk() { return BoundsOf(std::exchange(chunk_seen_, {})); }

 private:
  static ValueBounds BoundsOf(const std::array<bool, 2>& seen) {
    if (!seen[0] && !seen[1]) return {};
    return {.min = std::string(1, seen[0] ? '\0' : '\1'), .max = std::string(1, seen[1] ? '\1' : '\0')};
  }
  PageCompressor* const compressor_;
  std::array<bool, 2> page_seen_{}, chunk_seen_{};
};

// Of strings, or of those in a dictionary that codes pick from.
struct BytesSource {
  BytesSource(const arrow::ArrayData& data)  // NOLINT: as the other sources, it is an array
      : codes(data.dictionary ? data.GetValues<int32_t>(1) : nullptr),
        ends((data.dictionary ? *data.dictionary : data).GetValues<int32_t>(1)),
        bytes((data.dictionary ? *data.dictionary : data).GetValues<uint8_t>(2, 0)) {}
  int64_t Place(int64_t at) const { return codes != nullptr ? codes[at] : at; }
  std::string_view View(int64_t at) const {
    const int64_t place = Place(at);
    const auto length = static_cast<size_t>(ends[place + 1] - ends[place]);
    if (length == 0) return {};
    return {reinterpret_cast<const char*>(bytes) + ends[place], length};
  }
  const int32_t* codes;
  const int32_t* ends;
  const uint8_t* bytes;
};

class BytesLeafValues : public PlainValues {
 public:
  using Source = BytesSource;
  static constexpr int64_t kSlack = 8;  // the first word of a value is looked at
  BytesLeafValues(const arrow::DataType& type, PageCompressor* compressor)
      : text_(type.id() == arrow::Type::STRING), compressor_(compressor),
        encoding_(compressor->options().profile == ParquetProfile::kFast ? PageEncoding::kDeltaLengthByteArray
                                                                         : PageEncoding::kPlain) {}
  int64_t Bytes(const BytesSource& source, int64_t at) const {
    const int64_t place = source.Place(at);
    return kLengthBytes + source.ends[place + 1] - source.ends[place];
  }
  Status Put(const BytesSource& source, int64_t at, int64_t count, uint8_t* out) {
    for (int64_t i = at; i < at + count; ++i) {
      const int64_t place = source.Place(i);
      const int32_t length = source.ends[place + 1] - source.ends[place];
      std::memcpy(out, &length, kLengthBytes);
      out += kLengthBytes;
      if (length > 0) std::memcpy(out, source.bytes + source.ends[place], static_cast<size_t>(length));
      page_bounds_.Update(BytesBounds::Word(out, length), out, length);
      out += length;
    }
    return Status::OK();
  }
  Result<std::string_view> Encode(std::string_view plain, int64_t count, std::optional<PageEncoding>* encoding) {
    *encoding = encoding_;
    if (encoding_ == PageEncoding::kPlain) return plain;
    return RewriteStrings(plain, count, compressor_);
  }
  ValueBounds FinishPage() {
    ValueBounds bounds = page_bounds_.Finish(text_);
    chunk_bounds_.Merge(page_bounds_);
    page_bounds_ = {};
    return bounds;
  }
  ValueBounds FinishChunk() { return TakeChunk().Finish(text_); }
  BytesBounds TakeChunk() { return std::exchange(chunk_bounds_, {}); }

 private:
  static constexpr int64_t kLengthBytes = 4;
  const bool text_;
  PageCompressor* const compressor_;
  const PageEncoding encoding_;
  BytesBounds page_bounds_, chunk_bounds_;
};

// Strings that come as a dictionary, by one of the column chunk's own: as long as those of its arrays, all entries of
// which might be new, fit into it. PLAIN then.
class CodedLeafValues {
 public:
  using Source = BytesSource;
  static constexpr int64_t kSlack = BytesLeafValues::kSlack;

  CodedLeafValues(const arrow::DataType& type, PageCompressor* compressor)
      : text_(type.id() == arrow::Type::STRING), compressor_(compressor), plain_values_(type, compressor),
        merged_(compressor->pool()) {}

  bool EndsPage(const arrow::ArrayData& data) const {
    return !plain_ && (!data.dictionary || entries_max_ + data.dictionary->length > MergedDictionary::kEntriesMax ||
                       bytes_max_ + PlainBytes(*data.dictionary) > MergedDictionary::kBytesMax);
  }
  // After the page has ended, if it must.
  void Begin(const arrow::ArrayData& data) {
    plain_ = plain_ || EndsPage(data);
    if (plain_) return;
    entries_max_ += data.dictionary->length;
    bytes_max_ += PlainBytes(*data.dictionary);
    known_.assign(static_cast<size_t>(data.dictionary->length), kUnknown);
  }
  int64_t Bytes(const BytesSource& source, int64_t at) const {
    return plain_ ? plain_values_.Bytes(source, at) : static_cast<int64_t>(sizeof(Code));
  }
  Status Put(const BytesSource& source, int64_t at, int64_t count, uint8_t* out) {
    if (plain_) return plain_values_.Put(source, at, count, out);
    for (int64_t i = at; i < at + count; ++i, out += sizeof(Code)) {
      int32_t& known = known_[static_cast<size_t>(source.codes[i])];
      if (known == kUnknown) ARROW_RETURN_NOT_OK(merged_.CodeOf(source.View(i)).Value(&known));
      FREIGHT_ASSERT(known != MergedDictionary::kFull);
      const auto code = static_cast<Code>(known);
      std::memcpy(out, &code, sizeof code);
    }
    return Status::OK();
  }
  Result<std::string_view> Encode(std::string_view plain, int64_t count, std::optional<PageEncoding>* encoding) {
    *encoding = PageEncoding::kPlain;
    if (plain_ || count == 0) return plain;
    *encoding = PageEncoding::kDictionary;
    const int width = IndexBitWidth(merged_.entries());
    ARROW_ASSIGN_OR_RAISE(uint8_t* const out, compressor_->RewriteSpace(IndexBytesMax(count, width)));
    const std::span<const Code> codes(reinterpret_cast<const Code*>(plain.data()), static_cast<size_t>(count));
    return std::string_view(reinterpret_cast<const char*>(out), static_cast<size_t>(EncodeIndices(codes, width, out)));
  }
  // Of pages, only an index would tell.
  ValueBounds FinishPage() { return plain_ ? plain_values_.FinishPage() : ValueBounds(); }
  Status FinishDictionary(EncodedColumn* column) {
    if (merged_.entries() == 0) return Status::OK();
    column->dictionary_entries = static_cast<int32_t>(merged_.entries());
    return merged_.CopyPage(compressor_->finished()).Value(&column->dictionary);
  }
  ValueBounds FinishChunk() {
    BytesBounds bounds = plain_values_.TakeChunk();
    for (int64_t code = 0; code < merged_.entries(); ++code) bounds.Update(merged_.Value(code));
    merged_.Release();
    entries_max_ = bytes_max_ = 0;
    plain_ = false;
    return bounds.Finish(text_);
  }

 private:
  using Code = uint16_t;
  static constexpr int32_t kUnknown = -2;
  static constexpr int64_t kLengthBytes = 4;
  static_assert(kUnknown != MergedDictionary::kFull);

  static int64_t PlainBytes(const arrow::ArrayData& strings) {
    const auto* ends = strings.GetValues<int32_t>(1);
    return strings.length == 0 ? 0 : ends[strings.length] - ends[0] + strings.length * kLengthBytes;
  }

  const bool text_;
  PageCompressor* const compressor_;
  BytesLeafValues plain_values_;
  MergedDictionary merged_;
  std::vector<int32_t> known_;  // of the array's dictionary: codes in the chunk's
  int64_t entries_max_ = 0, bytes_max_ = 0;  // of the chunk's, if all entries were new
  bool plain_ = false;
};

class Leaf {
 public:
  virtual ~Leaf() = default;
  virtual Status Append(const Slots& slots, const arrow::Array& array) = 0;
  virtual Result<EncodedColumn> Finish() = 0;
};

template <typename Values>
class LeafOf final : public Leaf {
 public:
  LeafOf(const arrow::DataType& type, Depth depth, PageCompressor* compressor)
      : depth_(depth), compressor_(compressor), values_(type, compressor), definition_(compressor->pool()),
        repetition_(compressor->pool()), plain_(compressor->pool()), body_(compressor->pool()) {}

  Status Append(const Slots& slots, const arrow::Array& array) override {
    if (rows_ > 0 && values_.EndsPage(*array.data())) ARROW_RETURN_NOT_OK(FlushPage());
    values_.Begin(*array.data());
    const typename Values::Source source = *array.data();
    int64_t begin = 0, count = 0, bytes = 0;  // consecutive values that are not written yet
    const auto put = [&]() -> Status {
      ARROW_RETURN_NOT_OK(plain_.Reserve(bytes + Values::kSlack));
      ARROW_RETURN_NOT_OK(values_.Put(source, begin, count, plain_.mutable_data() + plain_.length()));
      plain_.UnsafeAdvance(bytes);
      present_ += count;
      count = bytes = 0;
      return Status::OK();
    };
    const auto room = static_cast<int64_t>(slots.size());
    ARROW_RETURN_NOT_OK(definition_.Reserve(room));
    if (depth_.repetition > 0) ARROW_RETURN_NOT_OK(repetition_.Reserve(room));
    for (size_t i = 0; i < slots.size(); ++i) {
      if (slots.repetition[i] == 0) {
        const int64_t levels = (definition_.length() + repetition_.length()) * static_cast<int64_t>(sizeof(uint16_t));
        const bool full = plain_.length() + bytes + levels >= compressor_->options().page_bytes;
        if (full || definition_.length() >= kPageRowsMax) {
          ARROW_RETURN_NOT_OK(put());
          ARROW_RETURN_NOT_OK(FlushPage());
        }
        ++rows_;
      }
      definition_.UnsafeAppend(slots.definition[i]);
      if (depth_.repetition > 0) repetition_.UnsafeAppend(slots.repetition[i]);
      const int32_t at = slots.index[i];
      if (at == Slots::kNone) continue;
      if (count > 0 && at != begin + count) ARROW_RETURN_NOT_OK(put());
      if (count++ == 0) begin = at;
      bytes += values_.Bytes(source, at);
    }
    return put();
  }

  Result<EncodedColumn> Finish() override {
    if (rows_ > 0) ARROW_RETURN_NOT_OK(FlushPage());
    ARROW_RETURN_NOT_OK(values_.FinishDictionary(&column_));
    column_.bounds = values_.FinishChunk();
    encoding_.reset();
    definition_.Reset();
    repetition_.Reset();
    plain_.Reset();
    body_.Reset();
    return std::exchange(column_, {});
  }

 private:
  Status FlushPage() {
    const std::string_view plain(reinterpret_cast<const char*>(plain_.data()), static_cast<size_t>(plain_.length()));
    ARROW_ASSIGN_OR_RAISE(const std::string_view values, values_.Encode(plain, present_, &encoding_));
    const int64_t levels = definition_.length();
    body_.Rewind(0);
    if (depth_.repetition > 0) ARROW_RETURN_NOT_OK(PutLevels(repetition_, depth_.repetition));
    if (depth_.definition > 0) ARROW_RETURN_NOT_OK(PutLevels(definition_, depth_.definition));
    ARROW_RETURN_NOT_OK(body_.Append(values.data(), static_cast<int64_t>(values.size())));
    EncodedPage page{.rows = rows_, .values = levels, .nulls = levels - present_, .encoding = *encoding_,
                     .bounds = values_.FinishPage()};
    const std::string_view body(reinterpret_cast<const char*>(body_.data()), static_cast<size_t>(body_.length()));
    ARROW_RETURN_NOT_OK(compressor_->AddPage(std::move(page), body, &column_));
    definition_.bytes_builder()->Rewind(0);
    repetition_.bytes_builder()->Rewind(0);
    plain_.Rewind(0);
    rows_ = present_ = 0;
    return Status::OK();
  }

  // The levels' length, then the hybrid that also holds dictionary indices, without the byte for its width.
  Status PutLevels(const arrow::TypedBufferBuilder<uint16_t>& levels, int highest) {
    const int width = std::bit_width(static_cast<unsigned>(highest));
    const std::span<const uint16_t> all(levels.data(), static_cast<size_t>(levels.length()));
    constexpr int64_t kLengthBytes = 4;
    ARROW_RETURN_NOT_OK(body_.Reserve(kLengthBytes + IndexBytesMax(levels.length(), width)));
    uint8_t* const out = body_.mutable_data() + body_.length();
    const auto length = static_cast<uint32_t>(EncodeIndices(all, width, out + kLengthBytes - 1) - 1);
    std::memcpy(out, &length, kLengthBytes);
    body_.UnsafeAdvance(kLengthBytes + length);
    return Status::OK();
  }

  const Depth depth_;
  PageCompressor* const compressor_;
  Values values_;
  EncodedColumn column_;
  std::optional<PageEncoding> encoding_;  // of the column chunk
  // The page in the making.
  arrow::TypedBufferBuilder<uint16_t> definition_, repetition_;
  arrow::BufferBuilder plain_, body_;
  int64_t rows_ = 0;
  int64_t present_ = 0;  // values that are not null
};

class NestedColumn final : public ColumnEncoder {
 public:
  NestedColumn(const arrow::Field& field, PageCompressor* compressor)
      : field_(field.WithName(field.name())), compressor_(compressor) {}

  Status Open() { return AddLeaves(*field_, {}); }

  Status Append(const arrow::Array& array) override {
    size_t leaf = 0;
    return Visit(*field_, array, SlotsOfRows(array.length()), 0, &leaf);
  }

  Status Finish(std::vector<EncodedColumn>* leaves) override {
    for (const auto& leaf : leaves_) {
      ARROW_ASSIGN_OR_RAISE(EncodedColumn column, leaf->Finish());
      leaves->push_back(std::move(column));
    }
    return Status::OK();
  }

 private:
  // In the order in which Visit meets them.
  Status AddLeaves(const arrow::Field& field, Depth depth) {
    depth.definition += field.nullable();
    FREIGHT_ASSERT(depth.definition < std::numeric_limits<uint16_t>::max());
    const arrow::DataType& type = *field.type();
    if (type.id() == arrow::Type::LIST) {
      return AddLeaves(*static_cast<const arrow::ListType&>(type).value_field(),
                       {depth.definition + 1, depth.repetition + 1});
    }
    if (type.id() == arrow::Type::STRUCT) {
      for (const auto& child : type.fields()) ARROW_RETURN_NOT_OK(AddLeaves(*child, depth));
      return Status::OK();
    }
    std::unique_ptr<Leaf> leaf;
    if (type.id() == arrow::Type::BOOL) {
      leaf = std::make_unique<LeafOf<BoolLeafValues>>(type, depth, compressor_);
    } else if (type.id() == arrow::Type::STRING && compressor_->options().nested_dictionaries) {
      FREIGHT_ASSERT(!compressor_->options().page_index);
      leaf = std::make_unique<LeafOf<CodedLeafValues>>(type, depth, compressor_);
    } else if (type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY) {
      leaf = std::make_unique<LeafOf<BytesLeafValues>>(type, depth, compressor_);
    } else {
      WithFixedValues(type, [&]<typename Values>() {
        leaf = std::make_unique<LeafOf<FixedLeafValues<Values>>>(type, depth, compressor_);
      });
    }
    if (!leaf) {
      return Fail(Reaction::kInvalid, "column \"{}\" holds values of type {}, which is not written to parquet",
                  field_->name(), type.ToString());
    }
    leaves_.push_back(std::move(leaf));
    return Status::OK();
  }

  Status Visit(const arrow::Field& field, const arrow::Array& array, const Slots& slots, int repetition,
               size_t* leaf) {
    if (!field.nullable()) return VisitPresent(field, array, slots, repetition, leaf);
    Slots entered = slots;
    EnterOptional(array, &entered);
    return VisitPresent(field, array, entered, repetition, leaf);
  }

  Status VisitPresent(const arrow::Field& field, const arrow::Array& array, const Slots& slots, int repetition,
                      size_t* leaf) {
    switch (array.type_id()) {
      case arrow::Type::LIST: {
        const auto& list = static_cast<const arrow::ListArray&>(array);
        const auto& item = *static_cast<const arrow::ListType&>(*field.type()).value_field();
        return Visit(item, *list.values(), EnterItems(list, slots, repetition + 1), repetition + 1, leaf);
      }
      case arrow::Type::STRUCT: {
        const auto& object = static_cast<const arrow::StructArray&>(array);
        for (int i = 0; i < object.num_fields(); ++i) {
          ARROW_RETURN_NOT_OK(Visit(*field.type()->field(i), *object.field(i), slots, repetition, leaf));
        }
        return Status::OK();
      }
      default: return leaves_[(*leaf)++]->Append(slots, array);
    }
  }

  const std::shared_ptr<arrow::Field> field_;
  PageCompressor* const compressor_;
  std::vector<std::unique_ptr<Leaf>> leaves_;
};

}  // namespace

Result<std::unique_ptr<ColumnEncoder>> MakeNestedColumn(const arrow::Field& field, PageCompressor* compressor) {
  auto column = std::make_unique<NestedColumn>(field, compressor);
  ARROW_RETURN_NOT_OK(column->Open());
  return column;
}

}  // namespace freight
