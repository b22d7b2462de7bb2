// Keys of partition values: widen, transform, group. Per batch the work is a few passes over columns of int64.
#include "sink/partition_key.h"

#include "sink/partition_text.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <xxh3.h>  // inline: a hash of 8 bytes is a few instructions

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <span>
#include <unordered_map>
#include <utility>

namespace freight {
namespace {

using arrow::bit_util::GetBit;
using Names = std::vector<std::optional<std::string>>;

struct WideHash {
  size_t operator()(__int128 key) const { return XXH3_64bits(&key, sizeof key); }
};

template <typename Key>
using IdMap = std::unordered_map<Key, uint32_t,
                                 std::conditional_t<std::is_same_v<Key, __int128>, WideHash, std::hash<Key>>>;

// Gives each distinct key the next id, from batch to batch. Neighbours are often equal: the last key is tried first.
template <typename Key>
class Grouper {
 public:
  void Clear() {
    ids_.clear();
    keys_.clear();
    table_.clear();
    has_last_ = false;
  }
  // `count` keys from `least` to `most`: a table finds them if it needs no more room than they do.
  void Expect(size_t count, int64_t least, int64_t most) {
    if (InTable(least) && InTable(most)) return;
    const uint64_t range = static_cast<uint64_t>(most) - static_cast<uint64_t>(least);
    if (table_.empty() && range >= count) return;
    Clear();
    if (range >= count) return;
    table_.assign(static_cast<size_t>(range) + 1, kNoId);
    table_begin_ = least;
  }
  uint32_t IdOf(const Key& key) {
    if constexpr (std::is_same_v<Key, int64_t>) {
      if (!table_.empty()) return IdInTable(key);
    }
    if (has_last_ && key == last_) return last_id_;
    const auto [at, added] = ids_.try_emplace(key, static_cast<uint32_t>(keys_.size()));
    if (added) keys_.push_back(key);
    has_last_ = true;
    last_ = key;
    last_id_ = at->second;
    return last_id_;
  }
  const std::vector<Key>& keys() const { return keys_; }

 private:
  static constexpr uint32_t kNoId = UINT32_MAX;

  bool InTable(int64_t key) const {
    return key >= table_begin_ && static_cast<uint64_t>(key) - static_cast<uint64_t>(table_begin_) < table_.size();
  }

  uint32_t IdInTable(int64_t key) {
    uint32_t& id = table_[static_cast<size_t>(key - table_begin_)];
    if (id == kNoId) {
      id = static_cast<uint32_t>(keys_.size());
      keys_.push_back(key);
    }
    return id;
  }

  IdMap<Key> ids_;
  std::vector<Key> keys_;
  std::vector<uint32_t> table_;  // key - table_begin_ -> id; empty when it would be too large
  int64_t table_begin_ = 0;
  Key last_{};
  uint32_t last_id_ = 0;
  bool has_last_ = false;
};

// Of hashes; without a division for each.
class Buckets {
 public:
  // At least 1; 1 stands for a field that has none.
  explicit Buckets(int64_t count) : count_(static_cast<uint64_t>(std::max<int64_t>(count, 1))) {}
  int64_t Of(const void* bytes, size_t length) const {
    const uint64_t hash = XXH3_64bits(bytes, length);
    const auto about = static_cast<uint64_t>(static_cast<unsigned __int128>(hash) * reciprocal_ >> 64);
    const uint64_t rest = hash - about * count_;  // which may be once more in it; a branch would be guessed wrong
    return static_cast<int64_t>(rest - (count_ & -uint64_t{rest >= count_}));
  }

 private:
  const uint64_t count_;
  const uint64_t reciprocal_ = UINT64_MAX / count_;
};

class Base : public KeyReader {
 public:
  explicit Base(const PartitionField& field) : field_(field), buckets_(field.argument) {}

 protected:
  // Ids from key_at(row), names from name_of(key); nulls share one id of their own. The names of the keys that
  // the grouper knows are there already.
  template <typename Key, typename KeyAt, typename NameOf>
  const FieldKeys& Group(const arrow::Array& array, Grouper<Key>* grouper, KeyAt key_at, NameOf name_of) {
    const int64_t rows = array.length();
    const bool nulls = array.null_count() > 0;
    const size_t known = grouper->keys().size();
    const size_t names_before = keys_.names.size();
    keys_.names.resize(known);
    keys_.ids.resize(static_cast<size_t>(rows));
    uint32_t* const ids = keys_.ids.data();
    if (nulls) {
      for (int64_t i = 0; i < rows; ++i) ids[i] = array.IsNull(i) ? kNullId : grouper->IdOf(key_at(i));
    } else {
      for (int64_t i = 0; i < rows; ++i) ids[i] = grouper->IdOf(key_at(i));
    }
    for (const Key& key : std::span(grouper->keys()).subspan(known)) {
      keys_.names.push_back(Named(EscapePartitionValue(name_of(key))));
    }
    const bool learnt = grouper->keys().size() > known;
    // Text is the batch's. Many keys that no row has any more would cost more than they save.
    constexpr bool kText = std::is_same_v<Key, std::string_view>;
    if (kText || static_cast<int64_t>(grouper->keys().size()) * kRowsPerKeyMin > rows) grouper->Clear();
    if (nulls) {
      const auto null_id = static_cast<uint32_t>(keys_.names.size());
      keys_.names.push_back(EscapePartitionValue(std::nullopt));
      std::replace(keys_.ids.begin(), keys_.ids.end(), kNullId, null_id);
    }
    keys_.same_names = known > 0 && !learnt && keys_.names.size() == names_before;
    return keys_;
  }

  static constexpr uint32_t kNullId = UINT32_MAX;
  static constexpr int64_t kRowsPerKeyMin = 8;
  const PartitionField field_;
  const Buckets buckets_;
  FieldKeys keys_;

 private:
  // The whole component "name=value" has to fit a directory name.
  std::optional<std::string> Named(std::optional<std::string> value) const {
    if (value && field_.name.size() + 1 + value->size() > 255) return std::nullopt;
    return value;
  }
};

template <typename In>
void Widen(const arrow::Array& array, std::vector<int64_t>* out) {
  const auto* in = array.data()->GetValues<In>(1);
  std::copy_n(in, array.length(), out->begin());
}

void WidenColumn(const arrow::Array& array, std::vector<int64_t>* out) {
  out->resize(static_cast<size_t>(array.length()));
  switch (array.type_id()) {
    case arrow::Type::INT8: return Widen<int8_t>(array, out);
    case arrow::Type::INT16: return Widen<int16_t>(array, out);
    case arrow::Type::UINT8: return Widen<uint8_t>(array, out);
    case arrow::Type::UINT16: return Widen<uint16_t>(array, out);
    case arrow::Type::UINT32: return Widen<uint32_t>(array, out);
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::DECIMAL32: return Widen<int32_t>(array, out);
    case arrow::Type::INT64:
    case arrow::Type::UINT64:  // the same bits
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DECIMAL64: return Widen<int64_t>(array, out);
    case arrow::Type::BOOL: {
      const auto& bits = static_cast<const arrow::BooleanArray&>(array);
      for (int64_t i = 0; i < array.length(); ++i) (*out)[static_cast<size_t>(i)] = bits.Value(i) ? 1 : 0;
      return;
    }
    default: FREIGHT_ASSERT(false);
  }
}

// Months since 1970-01.
int64_t MonthOf(int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  return (static_cast<int>(date.year()) - 1970) * INT64_C(12) + static_cast<unsigned>(date.month()) - 1;
}

// Everything that fits 64 bits.
class NumberKeys : public Base {
 public:
  NumberKeys(const PartitionField& field, const ColumnType& type) : Base(field), type_(type) {}

  const FieldKeys& Read(const arrow::Array& array) override {
    WidenColumn(array, &values_);
    TransformAll();
    ExpectKeys();
    return Group(
        array, &grouper_, [&](int64_t i) { return values_[static_cast<size_t>(i)]; },
        [&](int64_t key) { return NameOf(key); });
  }

 private:
  void TransformAll() {
    const int64_t n = field_.argument;
    switch (field_.kind) {
      case TransformKind::kIdentity: return;
      case TransformKind::kYear:
      case TransformKind::kMonth:
        // Days first: equal days are common, and the calendar is the dear part.
        return Each([this, day = INT64_MIN, month = INT64_C(0)](int64_t v) mutable {
          if (const int64_t today = DayOf(v); today != day) {
            day = today;
            month = MonthOf(today);
          }
          return field_.kind == TransformKind::kMonth ? month : FloorDiv(month, 12);
        });
      case TransformKind::kDay: return Each([this](int64_t v) { return DayOf(v); });
      case TransformKind::kHour: return Each([](int64_t v) { return FloorDiv(v, kHourMicros); });
      case TransformKind::kBucket:
        if (type_.id == TypeId::kDecimal) {
          return Each([this](__int128 v) { return buckets_.Of(&v, sizeof v); });
        }
        return Each([this](int64_t v) { return buckets_.Of(&v, sizeof v); });
      case TransformKind::kTruncate:
        // The quotient is the key; the value itself may fall below what the type holds.
        if (type_.id == TypeId::kUInt64) {
          return Each([n](uint64_t v) { return static_cast<int64_t>(v / static_cast<uint64_t>(n)); });
        }
        return Each([n](int64_t v) { return FloorDiv(v, n); });
    }
  }

  void ExpectKeys() {
    if (values_.empty()) return;
    int64_t least = 0;
    int64_t most = field_.argument - 1;
    const bool known = field_.kind == TransformKind::kBucket && most < static_cast<int64_t>(values_.size());
    if (!known) {
      least = most = values_[0];
      for (const int64_t value : values_) {
        least = std::min(least, value);
        most = std::max(most, value);
      }
    }
    grouper_.Expect(values_.size(), least, most);
  }

  template <typename F>
  void Each(F f) {
    for (int64_t& value : values_) value = f(value);
  }

  int64_t DayOf(int64_t value) const { return type_.id == TypeId::kDate ? value : FloorDiv(value, kDayMicros); }

  std::string NameOf(int64_t key) const {
    switch (field_.kind) {
      case TransformKind::kIdentity: return ValueText(key);
      case TransformKind::kYear: return fmt::format("{:04}", key + 1970);
      case TransformKind::kMonth:
        return fmt::format("{:04}-{:02}", FloorDiv(key, 12) + 1970, key - FloorDiv(key, 12) * 12 + 1);
      case TransformKind::kDay: return DateText(key);
      case TransformKind::kHour:
        return fmt::format("{}-{:02}", DateText(FloorDiv(key, 24)), key - FloorDiv(key, 24) * 24);
      case TransformKind::kBucket: return fmt::format("{}", key);
      case TransformKind::kTruncate: return DecimalText(Number(key) * field_.argument, type_.scale);
    }
    return "";
  }

  __int128 Number(int64_t key) const {
    return type_.id == TypeId::kUInt64 ? static_cast<__int128>(static_cast<uint64_t>(key)) : key;
  }

  std::string ValueText(int64_t key) const {
    switch (type_.id) {
      case TypeId::kBoolean: return key != 0 ? "true" : "false";
      case TypeId::kDate: return DateText(key);
      case TypeId::kTime: return TimeText(key);
      case TypeId::kTimestamp: return TimestampText(key);
      default: return DecimalText(Number(key), type_.scale);
    }
  }

  const ColumnType type_;
  std::vector<int64_t> values_;
  Grouper<int64_t> grouper_;
};

// decimal128.
class WideKeys : public Base {
 public:
  WideKeys(const PartitionField& field, const ColumnType& type) : Base(field), type_(type) {}

  const FieldKeys& Read(const arrow::Array& array) override {
    const uint8_t* bytes = array.data()->buffers[1]->data() + array.offset() * int64_t{sizeof(__int128)};
    const auto key_at = [&](int64_t i) {
      __int128 value;
      std::memcpy(&value, bytes + i * int64_t{sizeof value}, sizeof value);
      return KeyOf(value);
    };
    return Group(array, &grouper_, key_at, [&](__int128 key) { return NameOf(key); });
  }

 private:
  __int128 KeyOf(__int128 value) const {
    const int64_t n = field_.argument;
    if (field_.kind == TransformKind::kBucket) return buckets_.Of(&value, sizeof value);
    if (field_.kind == TransformKind::kTruncate) return value / n - (value % n < 0 ? 1 : 0);
    return value;
  }
  std::string NameOf(__int128 key) const {
    if (field_.kind == TransformKind::kBucket) return DecimalText(key, 0);
    return DecimalText(field_.kind == TransformKind::kTruncate ? key * field_.argument : key, type_.scale);
  }

  const ColumnType type_;
  Grouper<__int128> grouper_;
};

// The first `points` code points of valid UTF-8.
std::string_view Prefix(std::string_view text, int64_t points) {
  if (static_cast<int64_t>(text.size()) <= points) return text;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    const bool starts = (static_cast<uint8_t>(text[at]) & 0xc0) != 0x80;
    if (starts && points-- == 0) break;
  }
  return text.substr(0, at);
}

// Strings, plain or by dictionary, and uuids.
class BytesKeys : public Base {
 public:
  BytesKeys(const PartitionField& field, const ColumnType& type) : Base(field), uuid_(type.id == TypeId::kUuid) {}

  const FieldKeys& Read(const arrow::Array& array) override {
    if (array.type_id() == arrow::Type::DICTIONARY) return ReadDictionary(array);
    if (uuid_) {
      const auto& uuids = static_cast<const arrow::FixedSizeBinaryArray&>(array);
      return ReadViews(array, [&](int64_t i) { return uuids.GetView(i); });
    }
    const auto& strings = static_cast<const arrow::StringArray&>(array);
    return ReadViews(array, [&](int64_t i) { return strings.GetView(i); });
  }

 private:
  template <typename View>
  const FieldKeys& ReadViews(const arrow::Array& array, View view) {
    const int64_t n = field_.argument;
    switch (field_.kind) {
      case TransformKind::kBucket:
        return Group(
            array, &bucket_keys_,
            [&](int64_t i) {
              const std::string_view bytes = view(i);
              return buckets_.Of(bytes.data(), bytes.size());
            },
            [](int64_t key) { return fmt::format("{}", key); });
      case TransformKind::kTruncate:
        return Group(
            array, &grouper_, [&](int64_t i) { return Prefix(view(i), n); },
            [](std::string_view key) { return std::string(key); });
      default:
        return Group(array, &grouper_, view,
                     [&](std::string_view key) { return uuid_ ? UuidText(key) : std::string(key); });
    }
  }

  // Groups the entries, then looks codes up.
  const FieldKeys& ReadDictionary(const arrow::Array& array) {
    const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
    Read(*coded.dictionary());
    entry_ids_.swap(keys_.ids);
    const auto* codes = array.data()->GetValues<int32_t>(1);
    const bool nulls = array.null_count() > 0;
    const auto null_id = static_cast<uint32_t>(keys_.names.size());
    keys_.ids.resize(static_cast<size_t>(array.length()));
    for (int64_t i = 0; i < array.length(); ++i) {
      keys_.ids[static_cast<size_t>(i)] =
          nulls && array.IsNull(i) ? null_id : entry_ids_[static_cast<size_t>(codes[i])];
    }
    if (!nulls) return keys_;
    keys_.names.push_back(EscapePartitionValue(std::nullopt));
    keys_.same_names = false;
    return keys_;
  }

  const bool uuid_;
  Grouper<std::string_view> grouper_;
  Grouper<int64_t> bucket_keys_;
  std::vector<uint32_t> entry_ids_;
};

}  // namespace

std::unique_ptr<KeyReader> MakeKeyReader(const PartitionField& field, const ColumnType& type) {
  if (type.id == TypeId::kString || type.id == TypeId::kUuid) return std::make_unique<BytesKeys>(field, type);
  if (type.id == TypeId::kDecimal && type.precision > 18) return std::make_unique<WideKeys>(field, type);
  return std::make_unique<NumberKeys>(field, type);
}

}  // namespace freight
