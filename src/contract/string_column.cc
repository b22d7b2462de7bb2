// String columns: a dictionary while the strings of the batch repeat, else plain UTF-8.
//
// Which of the two is a function of the batch alone, so that output bytes depend on neither threads nor history.
#include "contract/column_base.h"
#include "contract/column_output.h"
#include "contract/kernels_text.h"
#include "contract/string_rules.h"
#include "contract/string_table.h"
#include "contract/text_output.h"

#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace freight {

namespace {

// A batch that shows this many distinct strings in its first rows is given up early: the attempt stays cheap.
constexpr size_t kFirstRows = 512;
constexpr uint32_t kFirstRowsEntriesMax = 256;
// To look a longer string up costs more than to copy it.
constexpr size_t kEntryBytesMax = 4 << 10;
constexpr size_t kBlockRows = 64;  // of the UTF-8 check

class StringColumn final : public ColumnParser {
 public:
  StringColumn(ColumnContext context, StringRules rules)
      : context_(std::move(context)), expected_(context_.column), rules_(std::move(rules)) {
    valid_encoding_ = fmt::format("valid {}", EncodingName(context_.field_text.encoding()));
  }

  Status Parse(const char* text, std::span<const Field> fields, std::span<uint8_t> errors) override {
    const auto rows = static_cast<int64_t>(fields.size());
    ARROW_RETURN_NOT_OK(validity_.Reset(rows, context_.pool));
    ARROW_RETURN_NOT_OK(table_.Reset(rows, context_.pool));
    ARROW_RETURN_NOT_OK(Reserve(rows * static_cast<int64_t>(sizeof(int32_t)), context_.pool, &codes_));
    bad_.clear();
    is_dictionary_ = context_.dictionary && ParseCodes(text, fields, errors);
    table_.ReleaseSlots();
    if (is_dictionary_) return Status::OK();
    codes_.reset();
    return ParsePlain(text, fields, errors);
  }

  Result<std::shared_ptr<arrow::Array>> Finish(const KeptRows& kept) override {
    if (is_dictionary_) return FinishDictionary(kept);
    int64_t null_count = 0;
    ARROW_ASSIGN_OR_RAISE(auto validity, validity_.Finish(kept, context_.pool, &null_count));
    return output_.Finish(context_.arrow_type, kept, std::move(validity), null_count);
  }

  void Explain(const char* text, const Field& field, std::vector<Failure>* failures) override {
    Verdict verdict(context_.index, failures);
    if (context_.field_text.IsNull(text, field)) {
      if (context_.column.rules.required) verdict.Add(Reason::kMissing, "not null");
      return;
    }
    Judge(context_.field_text.Of(text, field, &scratch_), &verdict);
  }

 private:
  bool is_utf8() const { return context_.field_text.encoding() == TextEncoding::kUtf8; }

  // The value as UTF-8; empty when the verdict is not ok for its bytes. It may live in transcoded_.
  std::string_view Judge(std::string_view bytes, Verdict* verdict) {
    std::string_view value = bytes;
    bool valid = true;
    if (is_utf8()) {
      valid = kernels::IsUtf8(bytes);
    } else if (!kernels::IsAscii(bytes.data(), bytes.size())) {
      transcoded_.clear();
      valid = kernels::AppendAsUtf8(bytes, context_.field_text.encoding(), &transcoded_);
      value = transcoded_;
    }
    if (!valid) {
      verdict->Add(Reason::kInvalidEncoding, valid_encoding_);
      return {};
    }
    if (rules_.any()) rules_.Explain(value, expected_, verdict);
    return value;
  }

  void SetNull(size_t row, uint8_t* error) {
    validity_.SetNull(row);
    if (context_.column.rules.required) *error = 1;
  }

  // False when the strings do not repeat enough; what was flagged until then is flagged rightly.
  bool ParseCodes(const char* text, std::span<const Field> fields, std::span<uint8_t> errors) {
    auto* codes = reinterpret_cast<int32_t*>(codes_->mutable_data());
    size_t values = 0;
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field field = fields[i];
      std::string_view bytes(text + field.begin, field.length);
      if (context_.field_text.IsOdd(field)) [[unlikely]] {
        codes[i] = 0;
        if (context_.field_text.IsNull(text, field)) {
          SetNull(i, &errors[i]);
          continue;
        }
        bytes = context_.field_text.Of(text, field, &scratch_);
      }
      if (bytes.size() > kEntryBytesMax) [[unlikely]] return false;
      uint32_t place = 0;
      uint32_t code = table_.Find(bytes.data(), static_cast<uint32_t>(bytes.size()), &place);
      if (code == StringTable::kNone) {
        code = table_.size();
        if (!AddEntry(bytes, place, i)) return false;
      }
      codes[i] = static_cast<int32_t>(code);
      errors[i] |= bad_[code];
      ++values;
    }
    // As many entries as half of the values would cost more than the plain strings.
    return 2 * static_cast<size_t>(table_.size()) <= values;
  }

  // The rules are judged once per distinct string.
  [[gnu::noinline]] bool AddEntry(std::string_view bytes, uint32_t place, size_t row) {
    if (row < kFirstRows && table_.size() >= kFirstRowsEntriesMax) return false;
    if (!table_.Insert(bytes, place)) return false;
    Verdict verdict(context_.index, nullptr);
    Judge(bytes, &verdict);
    bad_.push_back(!verdict.ok());
    return true;
  }

  Status ParsePlain(const char* text, std::span<const Field> fields, std::span<uint8_t> errors) {
    ARROW_RETURN_NOT_OK(output_.Reset(fields, is_utf8() ? 1 : 3, context_.pool));
    if (is_utf8() && context_.field_text.OnlyEmptyIsNull()) AppendUsual(text, fields, errors);
    else AppendAny(text, fields, errors);
    if (is_utf8()) CheckPlain(fields.size(), errors);
    return Status::OK();
  }

  // Both: a row that is flagged already gets no bytes, so that the others need not move when it goes.
  void AppendAny(const char* text, std::span<const Field> fields, std::span<uint8_t> errors) {
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field field = fields[i];
      if (errors[i] != 0) [[unlikely]] {
        output_.AppendEmpty();
      } else if (context_.field_text.IsOdd(field) || !is_utf8()) [[unlikely]] {
        AppendCareful(text, field, i, &errors[i]);
      } else {
        output_.Append(text + field.begin, field.length);
      }
    }
  }

  // UTF-8 in which only the empty field is null: without a branch on nulls, which no predictor can guess.
  void AppendUsual(const char* text, std::span<const Field> fields, std::span<uint8_t> errors) {
    const uint8_t required = context_.column.rules.required;
    const std::optional<char> doubled_quote = context_.field_text.DoubledQuote();
    for (size_t i = 0; i < fields.size(); ++i) {
      const Field field = fields[i];
      if (field.escaped || field.missing) [[unlikely]] {
        if (errors[i] != 0) output_.AppendEmpty();
        else if (!field.escaped || !doubled_quote) AppendCareful(text, field, i, &errors[i]);
        else output_.AppendUndoubled(text + field.begin, field.length, *doubled_quote);
        continue;
      }
      const bool null = static_cast<int>(field.length == 0) & static_cast<int>(!field.quoted);
      validity_.Set(i, !null);
      errors[i] |= static_cast<uint8_t>(null) & required;
      output_.Append(text + field.begin, field.length & (errors[i] - 1u));
    }
  }

  void AppendCareful(const char* text, const Field& field, size_t row, uint8_t* error) {
    if (context_.field_text.IsNull(text, field)) {
      SetNull(row, error);
      output_.AppendEmpty();
      return;
    }
    if (field.escaped && is_utf8() && context_.field_text.escapes() == EscapeStyle::kJson) {
      output_.AppendUnescapedJson({text + field.begin, field.length});
      return;
    }
    std::string_view value = context_.field_text.Of(text, field, &scratch_);
    if (!is_utf8()) {
      Verdict verdict(context_.index, nullptr);
      value = Judge(value, &verdict);
      if (!verdict.ok()) *error = 1;
    }
    output_.AppendCopy(value);
  }

  // After the bytes lie in one piece: a batch whose values are all well-formed, as nearly all are, costs one pass.
  void CheckPlain(size_t rows, std::span<uint8_t> errors) {
    const bool all_well_formed = IsWellFormed(0, rows);
    if (all_well_formed && !rules_.any()) return;
    for (size_t from = 0; from < rows; from += kBlockRows) {
      const size_t to = std::min(rows, from + kBlockRows);
      const bool well_formed = all_well_formed || IsWellFormed(from, to);
      if (well_formed && !rules_.any()) continue;
      for (size_t i = from; i < to; ++i) {
        if (!validity_.IsValid(i)) continue;
        const std::string_view value = output_.Row(i);
        if (!(well_formed || kernels::IsUtf8(value)) || (rules_.any() && !rules_.Accepts(value))) errors[i] = 1;
      }
    }
  }

  bool IsWellFormed(size_t from, size_t to) const {
    return kernels::IsUtf8(output_.Rows(from, to)) && StartCharacters(from, to);
  }

  // Whether no value begins inside a character: values of a well-formed block are then well-formed themselves.
  bool StartCharacters(size_t from, size_t to) const {
    bool inside = false;
    for (size_t i = from; i < to; ++i) inside |= kernels::IsContinuation(output_.FirstByte(i));
    return !inside;
  }

  // Entries that only rejected rows hold stay in the dictionary: no kept row has their code.
  Result<std::shared_ptr<arrow::Array>> FinishDictionary(const KeptRows& kept) {
    if (!kept.all()) Compact(reinterpret_cast<int32_t*>(codes_->mutable_data()), kept);
    int64_t null_count = 0;
    ARROW_ASSIGN_OR_RAISE(auto validity, validity_.Finish(kept, context_.pool, &null_count));
    ARROW_ASSIGN_OR_RAISE(auto dictionary, MakeDictionary());
    ARROW_RETURN_NOT_OK(codes_->Resize(kept.count() * static_cast<int64_t>(sizeof(int32_t)), false));
    auto data = arrow::ArrayData::Make(arrow::dictionary(arrow::int32(), arrow::utf8()), kept.count(),
                                       {std::move(validity), std::move(codes_)}, null_count);
    data->dictionary = dictionary;
    return arrow::MakeArray(data);
  }

  // Those that break a rule are empty: they may be no text at all.
  Result<std::shared_ptr<arrow::ArrayData>> MakeDictionary() {
    std::string bytes;
    std::vector<int32_t> offsets = {0};
    for (uint32_t code = 0; code < table_.size(); ++code) {
      if (!bad_[code]) kernels::AppendAsUtf8(table_.entry(code), context_.field_text.encoding(), &bytes);
      offsets.push_back(static_cast<int32_t>(bytes.size()));
    }
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> offsets_buffer,
                          CopyOf(offsets.data(), offsets.size() * sizeof(int32_t)));
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bytes_buffer, CopyOf(bytes.data(), bytes.size()));
    return arrow::ArrayData::Make(arrow::utf8(), static_cast<int64_t>(table_.size()),
                                  {nullptr, offsets_buffer, bytes_buffer}, 0);
  }

  Result<std::shared_ptr<arrow::Buffer>> CopyOf(const void* bytes, size_t size) {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                          arrow::AllocateBuffer(static_cast<int64_t>(size), context_.pool));
    std::memcpy(buffer->mutable_data(), bytes, size);
    return buffer;
  }

  const ColumnContext context_;
  const ExpectedTexts expected_;
  const StringRules rules_;
  std::string valid_encoding_;  // the text of a kInvalidEncoding failure
  Validity validity_;
  std::string scratch_, transcoded_;
  bool is_dictionary_ = false;
  StringTable table_;
  std::vector<uint8_t> bad_;  // per entry: 1 when a rule fails
  std::shared_ptr<arrow::ResizableBuffer> codes_;
  TextOutput output_;
};

}  // namespace

Result<std::unique_ptr<ColumnParser>> MakeStringColumn(ColumnContext context) {
  ARROW_ASSIGN_OR_RAISE(StringRules rules, StringRules::Make(context.column));
  return std::make_unique<StringColumn>(std::move(context), std::move(rules));
}

}  // namespace freight
