// Many bad records in a few buffers: their bytes one after another, each text of a failure once.
//
// A morsel may hold hundred thousands of them until they are written; as objects of their own they would take several
// times their bytes, in blocks of the heap that nobody counts.
#pragma once

#include "base/status.h"
#include "contract/verdict.h"

#include <arrow/buffer_builder.h>

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace freight {

// Thread: one at a time. All memory is the pool's. Texts that are asked for stay valid until the next change.
class BadRecords {
 public:
  struct Entry {
    int64_t offset, length, line;   // as of BadRecord
    int64_t raw_begin, raw_length;
    uint32_t first_failure, failures;
    int32_t row_group;
  };
  // `expected` and `path` are numbers of texts.
  struct Why {
    int32_t column;
    uint32_t expected, path;
    Reason reason;
  };

  BadRecords() : BadRecords(arrow::default_memory_pool()) {}
  explicit BadRecords(arrow::MemoryPool* pool);

  // Room for so many records and their bytes.
  Status Reserve(int64_t records, int64_t raw_bytes);
  Status Append(const BadRecord& record) { return Append(record, record.raw); }
  // With bytes that stand elsewhere; those in the record do not count.
  Status Append(const BadRecord& record, std::string_view raw);
  // Copies `count` records of `others` from number `from` on.
  Status Append(const BadRecords& others, int64_t from, int64_t count);
  // Behind the last record that does not stand after it in the input; the price is the number of records behind it.
  Status Insert(const BadRecord& record);
  void Clear();    // keeps the memory for the next ones
  void Release();  // gives it back

  int64_t size() const { return entries_.length(); }
  bool empty() const { return size() == 0; }
  int64_t raw_bytes() const { return raw_.length(); }
  int64_t failures() const { return whys_.length(); }
  int64_t held_bytes() const;

  const Entry& entry(int64_t i) const { return entries_.data()[i]; }
  std::string_view raw(const Entry& entry) const;
  const Why& why(uint32_t failure) const { return whys_.data()[failure]; }
  uint32_t texts() const { return static_cast<uint32_t>(text_ends_.length()); }
  std::string_view text(uint32_t number) const;
  bool raw_kept(const Entry& entry) const { return entry.raw_length > 0 || entry.length == 0; }

  // A record of its own, for those who look at few.
  BadRecord operator[](int64_t i) const;
  class Iterator {
   public:
    Iterator(const BadRecords* records, int64_t at) : records_(records), at_(at) {}
    BadRecord operator*() const { return (*records_)[at_]; }
    Iterator& operator++() { return ++at_, *this; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const BadRecords* records_;
    int64_t at_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  // What a slot of the table knows of a text: enough to pass over nearly all that differ.
  struct Slot {
    uint32_t hash;
    uint32_t number_and_one;  // 0: free
  };
  static constexpr int64_t kSlots = 256;

  Result<uint32_t> NumberOf(std::string_view text);
  Status AddWhys(const BadRecord& record);

  arrow::MemoryPool* pool_;
  arrow::TypedBufferBuilder<Entry> entries_;
  arrow::BufferBuilder raw_;
  arrow::TypedBufferBuilder<Why> whys_;
  arrow::BufferBuilder texts_;
  arrow::TypedBufferBuilder<int64_t> text_ends_;
  arrow::TypedBufferBuilder<Slot> slots_;  // open for kSlots of them; a text that finds no place stands more than once
};

// Adds the failures of each column (-1: of the record as a whole) and reason.
using FailureCounts = std::map<std::pair<int, Reason>, int64_t>;
void CountByRule(const BadRecords& records, FailureCounts* counts);

}  // namespace freight
