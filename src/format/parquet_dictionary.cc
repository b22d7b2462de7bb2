// Open-addressing hash table over the dictionary page that it builds.
#include "format/parquet_dictionary.h"

#include <xxhash.h>

#include <cstring>
#include <utility>

namespace freight {

namespace {

constexpr uint32_t kNoLength = UINT32_MAX;
constexpr uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;

uint64_t WordOf(std::string_view value) {
  uint64_t word = 0;
  const size_t length = value.size();
  if (length >= 4) {
    uint32_t low, high;
    std::memcpy(&low, value.data(), sizeof low);
    std::memcpy(&high, value.data() + length - sizeof high, sizeof high);
    return uint64_t{high} << 32 | low;  // they overlap, but with the length the bytes follow from both
  }
  for (size_t i = 0; i < length; ++i) word |= uint64_t{static_cast<uint8_t>(value[i])} << (8 * i);
  return word;
}

}  // namespace

Result<int32_t> MergedDictionary::CodeOf(std::string_view value) {
  if (value.size() > sizeof(uint64_t)) return Find(value);
  if (recent_.empty()) recent_.assign(kRecents, {0, kNoLength, 0});
  const uint64_t word = WordOf(value);
  const auto length = static_cast<uint32_t>(value.size());
  Recent& recent = recent_[(word + length) * kGoldenRatio >> 56];
  if (recent.word == word && recent.length == length) return recent.code;
  ARROW_ASSIGN_OR_RAISE(const int32_t code, Find(value));
  if (code != kFull) recent = {word, length, code};
  return code;
}

Result<int32_t> MergedDictionary::Find(std::string_view value) {
  if (entries() * 2 >= slots_.length()) ARROW_RETURN_NOT_OK(Rehash(slots_.length() == 0 ? 64 : slots_.length() * 4));
  const uint64_t mask = static_cast<uint64_t>(slots_.length()) - 1;
  uint64_t slot = XXH3_64bits(value.data(), value.size()) & mask;
  uint32_t* slots = slots_.mutable_data();
  for (; slots[slot] != 0; slot = (slot + 1) & mask) {
    const auto code = static_cast<int32_t>(slots[slot] - 1);
    if (Value(code) == value) return code;
  }
  const auto length = static_cast<uint32_t>(value.size());
  if (entries() == kEntriesMax || plain_.length() + int64_t{length} + 4 > kBytesMax) return kFull;
  ARROW_RETURN_NOT_OK(starts_.Append(static_cast<uint32_t>(plain_.length())));
  ARROW_RETURN_NOT_OK(plain_.Append(&length, sizeof length));
  ARROW_RETURN_NOT_OK(plain_.Append(value.data(), length));
  slots[slot] = static_cast<uint32_t>(entries());
  return static_cast<int32_t>(entries() - 1);
}

Status MergedDictionary::Rehash(int64_t slots) {
  slots_.Reset();
  ARROW_RETURN_NOT_OK(slots_.Append(slots, uint32_t{0}));
  const uint64_t mask = static_cast<uint64_t>(slots) - 1;
  for (int64_t code = 0; code < entries(); ++code) {
    const std::string_view value = Value(code);
    uint64_t slot = XXH3_64bits(value.data(), value.size()) & mask;
    while (slots_.data()[slot] != 0) slot = (slot + 1) & mask;
    slots_.mutable_data()[slot] = static_cast<uint32_t>(code + 1);
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::Buffer>> MergedDictionary::CopyPage(arrow::MemoryPool* pool) const {
  ARROW_ASSIGN_OR_RAISE(auto page, arrow::AllocateBuffer(plain_.length(), pool));
  std::memcpy(page->mutable_data(), plain_.data(), static_cast<size_t>(plain_.length()));
  return std::shared_ptr<arrow::Buffer>(std::move(page));
}

void MergedDictionary::Release() {
  plain_.Reset();
  starts_.Reset();
  slots_.Reset();
  recent_.clear();
}

}  // namespace freight
