// Bad records as Arrow arrays of one row group, and those through the encoders that datasets are written with.
#include "sink/quarantine_encoder.h"

#include "sink/quarantine_schema.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

namespace freight {
namespace {

constexpr int64_t kSliceRows = 1024;
constexpr int64_t kSliceRawBytes = 128 << 10;
constexpr int64_t kSliceFailures = 4096;

using Arrays = arrow::ArrayVector;

template <typename Builder>
Status FinishInto(Builder* builder, Arrays* arrays) {
  ARROW_ASSIGN_OR_RAISE(auto array, builder->Finish());
  arrays->push_back(std::move(array));
  return Status::OK();
}

// text_of(0), ... text_of(count - 1).
template <typename TextOf>
Result<std::shared_ptr<arrow::Array>> Texts(uint32_t count, arrow::MemoryPool* pool, TextOf&& text_of) {
  arrow::StringBuilder texts(pool);
  ARROW_RETURN_NOT_OK(texts.Reserve(count));
  for (uint32_t i = 0; i < count; ++i) ARROW_RETURN_NOT_OK(texts.Append(text_of(i)));
  return texts.Finish();
}

Status AddCoded(arrow::Int32Builder* codes, const std::shared_ptr<arrow::Array>& dictionary, Arrays* arrays) {
  ARROW_ASSIGN_OR_RAISE(const auto indices, codes->Finish());
  arrays->push_back(
      std::make_shared<arrow::DictionaryArray>(arrow::dictionary(arrow::int32(), arrow::utf8()), indices, dictionary));
  return Status::OK();
}

// One text for all rows, kept once.
Status AddConstant(const std::string& text, int64_t rows, arrow::MemoryPool* pool, Arrays* arrays) {
  ARROW_ASSIGN_OR_RAISE(const auto dictionary, Texts(1, pool, [&](uint32_t) { return std::string_view(text); }));
  arrow::Int32Builder codes(pool);
  ARROW_RETURN_NOT_OK(codes.AppendValues(std::vector<int32_t>(static_cast<size_t>(rows), 0)));
  return AddCoded(&codes, dictionary, arrays);
}

class Encoder : public QuarantineEncoder {
 public:
  Encoder(int group_slices, arrow::MemoryPool* pool)
      : QuarantineEncoder(group_slices), pool_(pool), schema_(QuarantineSchema()) {}

  Status Open(const Contract& contract, std::shared_ptr<PageTools> tools) {
    const auto columns = static_cast<uint32_t>(contract.columns.size());
    const auto name = [&](uint32_t i) { return std::string_view(contract.columns[i].name); };
    ARROW_ASSIGN_OR_RAISE(columns_, Texts(columns, pool_, name));
    ARROW_ASSIGN_OR_RAISE(rules_, Texts(kReasons, pool_, [](uint32_t i) { return RuleWord(Reason(i)); }));
    ARROW_ASSIGN_OR_RAISE(reasons_, Texts(kReasons, pool_, [](uint32_t i) { return ReasonWord(Reason(i)); }));
    return MakeRowGroupEncoder(schema_, QuarantineOptions(), std::move(tools)).Value(&encoder_);
  }

  Status Append(const QuarantineContext& context, const BadRecords& records, int64_t from, int64_t count) override {
    ARROW_ASSIGN_OR_RAISE(const auto batch, BatchOf(context, {records, from, count}));
    return encoder_->Append(*batch);
  }

  Result<std::unique_ptr<EncodedRowGroup>> Finish() override { return encoder_->Finish(); }

 private:
  using Entry = BadRecords::Entry;
  struct Rows {
    const BadRecords& records;
    int64_t from, count;
    const Entry* begin() const { return &records.entry(from); }
    const Entry* end() const { return begin() + count; }
  };

  Result<std::shared_ptr<arrow::RecordBatch>> BatchOf(const QuarantineContext& context, const Rows& rows) {
    const int64_t count = rows.count;
    Arrays arrays;
    ARROW_RETURN_NOT_OK(AddConstant(context.input, count, pool_, &arrays));
    ARROW_RETURN_NOT_OK(AddNumbers(rows, [](const Entry& entry) { return entry.line; }, &arrays));
    ARROW_RETURN_NOT_OK(AddRowGroups(rows, &arrays));
    ARROW_RETURN_NOT_OK(AddNumbers(rows, [](const Entry& entry) { return entry.offset; }, &arrays));
    ARROW_RETURN_NOT_OK(AddNumbers(rows, [](const Entry& entry) { return entry.length; }, &arrays));
    ARROW_RETURN_NOT_OK(AddConstant(context.run_id, count, pool_, &arrays));
    arrow::Int32Builder chunks(pool_);
    ARROW_RETURN_NOT_OK(chunks.AppendValues(std::vector<int32_t>(static_cast<size_t>(count), context.chunk)));
    ARROW_RETURN_NOT_OK(FinishInto(&chunks, &arrays));
    ARROW_RETURN_NOT_OK(AddRaw(rows, &arrays));
    ARROW_RETURN_NOT_OK(AddFailures(rows, &arrays));
    arrow::FieldVector fields;
    for (const auto& array : arrays) {
      fields.push_back(schema_->field(static_cast<int>(fields.size()))->WithType(array->type()));
    }
    return arrow::RecordBatch::Make(arrow::schema(fields), count, std::move(arrays));
  }

  template <typename Get>
  Status AddNumbers(const Rows& rows, Get get, Arrays* arrays) {
    arrow::Int64Builder numbers(pool_);
    ARROW_RETURN_NOT_OK(numbers.Reserve(rows.count));
    for (const Entry& entry : rows) numbers.UnsafeAppend(get(entry));
    return FinishInto(&numbers, arrays);
  }

  Status AddRowGroups(const Rows& rows, Arrays* arrays) {
    arrow::Int32Builder groups(pool_);
    ARROW_RETURN_NOT_OK(groups.Reserve(rows.count));
    for (const Entry& entry : rows) {
      if (entry.row_group < 0) groups.UnsafeAppendNull();
      else groups.UnsafeAppend(entry.row_group);
    }
    return FinishInto(&groups, arrays);
  }

  // Records that stand one after another, as nearly all do, stay where they are: the array does not outlive the call.
  Status AddRaw(const Rows& rows, Arrays* arrays) {
    const int64_t begin = rows.begin()->raw_begin;
    int64_t bytes = 0;
    bool in_place = true;
    for (const Entry& entry : rows) {
      in_place &= entry.raw_begin == begin + bytes && rows.records.raw_kept(entry);
      bytes += entry.raw_length;
    }
    if (!in_place) return CopyRaw(rows, bytes, arrays);
    arrow::Int32Builder offsets(pool_);
    ARROW_RETURN_NOT_OK(offsets.Reserve(rows.count + 1));
    for (const Entry& entry : rows) offsets.UnsafeAppend(static_cast<int32_t>(entry.raw_begin - begin));
    offsets.UnsafeAppend(static_cast<int32_t>(bytes));
    ARROW_ASSIGN_OR_RAISE(const auto ends, offsets.Finish());
    const auto* raw = reinterpret_cast<const uint8_t*>(rows.records.raw(*rows.begin()).data());
    const auto data = std::make_shared<arrow::Buffer>(raw, bytes);
    arrays->push_back(std::make_shared<arrow::BinaryArray>(rows.count, ends->data()->buffers[1], data));
    return Status::OK();
  }

  Status CopyRaw(const Rows& rows, int64_t bytes, Arrays* arrays) {
    arrow::BinaryBuilder raw(pool_);
    ARROW_RETURN_NOT_OK(raw.Reserve(rows.count));
    ARROW_RETURN_NOT_OK(raw.ReserveData(bytes));
    for (const Entry& entry : rows) {
      if (rows.records.raw_kept(entry)) raw.UnsafeAppend(rows.records.raw(entry));
      else raw.UnsafeAppendNull();
    }
    return FinishInto(&raw, arrays);
  }

  Status AddFailures(const Rows& rows, Arrays* arrays) {
    arrow::Int32Builder offsets(pool_);
    ARROW_RETURN_NOT_OK(offsets.Reserve(rows.count + 1));
    int32_t failures = 0;
    offsets.UnsafeAppend(failures);
    for (const Entry& entry : rows) offsets.UnsafeAppend(failures += static_cast<int32_t>(entry.failures));
    ARROW_ASSIGN_OR_RAISE(const auto ends, offsets.Finish());
    ARROW_ASSIGN_OR_RAISE(const auto items, FailureItems(rows, failures));
    const auto type = arrow::list(arrow::field("element", items->type(), false));
    arrays->push_back(std::make_shared<arrow::ListArray>(type, rows.count, ends->data()->buffers[1], items));
    return Status::OK();
  }

  // Their texts are few: codes into one dictionary of each kind.
  Result<std::shared_ptr<arrow::Array>> FailureItems(const Rows& rows, int64_t failures) {
    arrow::Int32Builder column(pool_), reason(pool_), rule(pool_), expected(pool_), path(pool_);
    for (auto* codes : {&column, &rule, &reason, &expected, &path}) ARROW_RETURN_NOT_OK(codes->Reserve(failures));
    for (const Entry& entry : rows) {
      for (uint32_t i = 0; i < entry.failures; ++i) {
        const BadRecords::Why& why = rows.records.why(entry.first_failure + i);
        if (why.column < 0) column.UnsafeAppendNull();
        else column.UnsafeAppend(why.column);
        rule.UnsafeAppend(static_cast<int32_t>(why.reason));
        reason.UnsafeAppend(static_cast<int32_t>(why.reason));
        expected.UnsafeAppend(static_cast<int32_t>(why.expected));
        if (rows.records.text(why.path).empty()) path.UnsafeAppendNull();
        else path.UnsafeAppend(static_cast<int32_t>(why.path));
      }
    }
    const auto text_of = [&](uint32_t i) { return rows.records.text(i); };
    ARROW_ASSIGN_OR_RAISE(const auto texts, Texts(rows.records.texts(), pool_, text_of));
    Arrays arrays;
    ARROW_RETURN_NOT_OK(AddCoded(&column, columns_, &arrays));
    ARROW_RETURN_NOT_OK(AddCoded(&rule, rules_, &arrays));
    ARROW_RETURN_NOT_OK(AddCoded(&reason, reasons_, &arrays));
    ARROW_RETURN_NOT_OK(AddCoded(&expected, texts, &arrays));
    ARROW_RETURN_NOT_OK(AddCoded(&path, texts, &arrays));
    const auto& list = static_cast<const arrow::ListType&>(*schema_->field(kFailures)->type());
    arrow::FieldVector fields;
    for (const auto& array : arrays) {
      fields.push_back(list.value_type()->field(static_cast<int>(fields.size()))->WithType(array->type()));
    }
    return std::make_shared<arrow::StructArray>(arrow::struct_(std::move(fields)), failures, std::move(arrays));
  }

  arrow::MemoryPool* const pool_;
  const std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::Array> columns_, rules_, reasons_;  // names by contract column, words by Reason
  std::unique_ptr<RowGroupEncoder> encoder_;
};

}  // namespace

std::shared_ptr<arrow::Schema> QuarantineSchema() {
  const auto failure = arrow::struct_({arrow::field("column", arrow::utf8()),
                                       arrow::field("rule", arrow::utf8(), false),
                                       arrow::field("reason", arrow::utf8(), false),
                                       arrow::field("expected", arrow::utf8(), false),
                                       arrow::field("path", arrow::utf8())});
  return arrow::schema({arrow::field("input", arrow::utf8(), false), arrow::field("line", arrow::int64(), false),
                        arrow::field("row_group", arrow::int32()), arrow::field("byte_offset", arrow::int64(), false),
                        arrow::field("byte_length", arrow::int64(), false),
                        arrow::field("run_id", arrow::utf8(), false), arrow::field("chunk", arrow::int32(), false),
                        arrow::field("raw", arrow::binary()),
                        arrow::field("failures", arrow::list(arrow::field("element", failure, false)), false)});
}

ParquetOptions QuarantineOptions() {
  // Each worker holds a page of each column all the time.
  constexpr int64_t kPageBytes = 16 << 10;
  return {.codec = ParquetCodec::kZstd, .level = 1, .page_bytes = kPageBytes, .nested_dictionaries = true,
          .page_index = false};
}

void QuarantineFill::Add(const BadRecords::Entry& entry) { Merge({1, entry.raw_length, entry.failures}); }

void QuarantineFill::Merge(const QuarantineFill& more) {
  rows += more.rows;
  raw_bytes += more.raw_bytes;
  failures += more.failures;
}

bool QuarantineFill::Holds(int slices) const {
  return rows >= kSliceRows * slices || raw_bytes >= kSliceRawBytes * slices || failures >= kSliceFailures * slices;
}

Status QuarantineEncoder::Add(const QuarantineContext& context, const BadRecords& records, BadRecords* held,
                              const TakeGroup& take) {
  QuarantineFill slice;
  for (int64_t i = 0; i < held->size(); ++i) slice.Add(held->entry(i));
  for (int64_t at = 0; at < records.size(); slice = {}) {
    const int64_t begin = at;
    while (at < records.size() && !slice.Holds(1)) slice.Add(records.entry(at++));
    if (!slice.Holds(1)) return held->Append(records, begin, at - begin);
    if (held->empty()) {
      ARROW_RETURN_NOT_OK(Append(context, records, begin, at - begin));
    } else {
      ARROW_RETURN_NOT_OK(held->Append(records, begin, at - begin));
      ARROW_RETURN_NOT_OK(Append(context, *held, 0, held->size()));
      held->Clear();
    }
    group_.Merge(slice);
    if (group_.Holds(group_slices_)) ARROW_RETURN_NOT_OK(FinishGroup(context, held, take));
  }
  return Status::OK();
}

Status QuarantineEncoder::FinishGroup(const QuarantineContext& context, BadRecords* held, const TakeGroup& take) {
  if (group_.rows == 0) return Status::OK();
  if (!held->empty()) ARROW_RETURN_NOT_OK(Append(context, *held, 0, held->size()));
  held->Clear();
  group_ = {};
  ARROW_ASSIGN_OR_RAISE(auto group, Finish());
  return take(std::move(group));
}

Result<std::unique_ptr<EncodedRowGroup>> QuarantineEncoder::Encode(const QuarantineContext& context,
                                                                   const BadRecords& records) {
  FREIGHT_ASSERT(group_.rows == 0);
  ARROW_RETURN_NOT_OK(Append(context, records, 0, records.size()));
  return Finish();
}

Result<std::unique_ptr<QuarantineEncoder>> MakeQuarantineEncoder(const Contract& contract, int group_slices,
                                                                 arrow::MemoryPool* pool,
                                                                 std::shared_ptr<PageTools> tools) {
  auto encoder = std::make_unique<Encoder>(group_slices, pool);
  ARROW_RETURN_NOT_OK(encoder->Open(contract, tools ? std::move(tools) : MakePageTools(pool, pool)));
  return encoder;
}

}  // namespace freight
