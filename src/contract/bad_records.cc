// Appends, inserts and numbers; no record is ever an object of its own in here.
#include "contract/bad_records.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace freight {
namespace {

constexpr int64_t kProbesMax = 8;

std::string_view ViewOf(const arrow::BufferBuilder& bytes, int64_t begin, int64_t length) {
  return {reinterpret_cast<const char*>(bytes.data()) + begin, static_cast<size_t>(length)};
}

template <typename Builder>
void Rewind(Builder* builder) {
  builder->bytes_builder()->Rewind(0);
}

}  // namespace

BadRecords::BadRecords(arrow::MemoryPool* pool)
    : pool_(pool), entries_(pool), raw_(pool), whys_(pool), texts_(pool), text_ends_(pool), slots_(pool) {}

Status BadRecords::Reserve(int64_t records, int64_t raw_bytes) {
  ARROW_RETURN_NOT_OK(raw_.Reserve(raw_bytes));
  return entries_.Reserve(records);
}

Status BadRecords::Append(const BadRecord& record, std::string_view raw) {
  const Entry entry{.offset = record.offset,
                    .length = record.length,
                    .line = record.line,
                    .raw_begin = raw_.length(),
                    .raw_length = static_cast<int64_t>(raw.size()),
                    .first_failure = static_cast<uint32_t>(whys_.length()),
                    .failures = static_cast<uint32_t>(record.failures.size()),
                    .row_group = static_cast<int32_t>(record.row_group)};
  ARROW_RETURN_NOT_OK(raw_.Append(raw.data(), entry.raw_length));
  ARROW_RETURN_NOT_OK(AddWhys(record));
  return entries_.Append(entry);
}

Status BadRecords::AddWhys(const BadRecord& record) {
  for (const Failure& failure : record.failures) {
    ARROW_ASSIGN_OR_RAISE(const uint32_t expected, NumberOf(failure.expected));
    ARROW_ASSIGN_OR_RAISE(const uint32_t path, NumberOf(failure.path));
    ARROW_RETURN_NOT_OK(whys_.Append({failure.column, expected, path, failure.reason}));
  }
  FREIGHT_ASSERT(whys_.length() <= std::numeric_limits<uint32_t>::max());
  return Status::OK();
}

Status BadRecords::Append(const BadRecords& others, int64_t from, int64_t count) {
  constexpr auto kUnknown = std::numeric_limits<uint32_t>::max();
  std::vector<uint32_t> numbers(static_cast<size_t>(others.text_ends_.length()), kUnknown);
  const auto renumber = [&](uint32_t* text) -> Status {
    uint32_t& number = numbers[*text];
    if (number == kUnknown) {
      ARROW_ASSIGN_OR_RAISE(number, NumberOf(others.text(*text)));
    }
    *text = number;
    return Status::OK();
  };
  int64_t raw_bytes = 0;
  for (int64_t i = from; i < from + count; ++i) raw_bytes += others.entry(i).raw_length;
  ARROW_RETURN_NOT_OK(Reserve(count, raw_bytes));
  for (int64_t i = from; i < from + count; ++i) {
    Entry entry = others.entry(i);
    const std::string_view raw = others.raw(entry);
    entry.raw_begin = raw_.length();
    raw_.UnsafeAppend(raw.data(), entry.raw_length);
    const uint32_t first = entry.first_failure;
    entry.first_failure = static_cast<uint32_t>(whys_.length());
    for (uint32_t k = first; k < first + entry.failures; ++k) {
      Why why = others.why(k);
      ARROW_RETURN_NOT_OK(renumber(&why.expected));
      ARROW_RETURN_NOT_OK(renumber(&why.path));
      ARROW_RETURN_NOT_OK(whys_.Append(why));
    }
    entries_.UnsafeAppend(entry);
  }
  return Status::OK();
}

Status BadRecords::Insert(const BadRecord& record) {
  ARROW_RETURN_NOT_OK(Append(record));
  Entry* const begin = entries_.mutable_data();
  Entry* const last = begin + size() - 1;
  // Rows without an offset of their own have a number.
  Entry* const place = std::upper_bound(begin, last, *last, [](const Entry& a, const Entry& b) {
    return std::tie(a.offset, a.line) < std::tie(b.offset, b.line);
  });
  std::rotate(place, last, last + 1);
  return Status::OK();
}

void BadRecords::Clear() {
  Rewind(&entries_);
  raw_.Rewind(0);
  Rewind(&whys_);
  texts_.Rewind(0);
  Rewind(&text_ends_);
  Rewind(&slots_);
}

void BadRecords::Release() {
  entries_.Reset();
  raw_.Reset();
  whys_.Reset();
  texts_.Reset();
  text_ends_.Reset();
  slots_.Reset();
}

int64_t BadRecords::held_bytes() const {
  return entries_.capacity() * static_cast<int64_t>(sizeof(Entry)) + raw_.capacity() +
         whys_.capacity() * static_cast<int64_t>(sizeof(Why)) + texts_.capacity() +
         text_ends_.capacity() * static_cast<int64_t>(sizeof(int64_t)) +
         slots_.capacity() * static_cast<int64_t>(sizeof(Slot));
}

std::string_view BadRecords::raw(const Entry& entry) const { return ViewOf(raw_, entry.raw_begin, entry.raw_length); }

std::string_view BadRecords::text(uint32_t number) const {
  const int64_t begin = number == 0 ? 0 : text_ends_.data()[number - 1];
  return ViewOf(texts_, begin, text_ends_.data()[number] - begin);
}

BadRecord BadRecords::operator[](int64_t i) const {
  const Entry& from = entry(i);
  BadRecord record{.offset = from.offset, .length = from.length, .line = from.line, .row_group = from.row_group,
                   .raw = std::string(raw(from))};
  for (uint32_t k = from.first_failure; k < from.first_failure + from.failures; ++k) {
    const Why& failure = why(k);
    record.failures.push_back(
        {failure.column, failure.reason, std::string(text(failure.expected)), std::string(text(failure.path))});
  }
  return record;
}

// Most texts come back with each failure of their kind. Those that do not (a path with an index, a place in the text)
// fill the table; later ones that find no slot nearby are stored without one.
Result<uint32_t> BadRecords::NumberOf(std::string_view text) {
  if (slots_.length() == 0) ARROW_RETURN_NOT_OK(slots_.Append(kSlots, Slot{}));
  const auto hash = static_cast<uint32_t>(std::hash<std::string_view>()(text));
  Slot* free = nullptr;
  for (int64_t probe = 0; probe < kProbesMax && free == nullptr; ++probe) {
    Slot& slot = slots_.mutable_data()[(hash + static_cast<uint64_t>(probe)) % kSlots];
    if (slot.number_and_one == 0) {
      free = &slot;
    } else if (slot.hash == hash && this->text(slot.number_and_one - 1) == text) {
      return slot.number_and_one - 1;
    }
  }
  const auto number = static_cast<uint32_t>(text_ends_.length());
  ARROW_RETURN_NOT_OK(texts_.Append(text.data(), static_cast<int64_t>(text.size())));
  ARROW_RETURN_NOT_OK(text_ends_.Append(texts_.length()));
  if (free != nullptr) *free = {hash, number + 1};
  return number;
}

void CountByRule(const BadRecords& records, FailureCounts* counts) {
  for (int64_t i = 0; i < records.failures(); ++i) {
    const BadRecords::Why& why = records.why(static_cast<uint32_t>(i));
    ++(*counts)[{why.column, why.reason}];
  }
}

}  // namespace freight
