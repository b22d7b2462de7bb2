// One small writer per type.
#include "format/typed_text.h"

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <iterator>

namespace freight {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;
// 0001-01-01 to 9999-12-31. What lies outside is spelled so that no parser takes it for a day.
constexpr int64_t kFirstDay = -719'162, kLastDay = 2'932'896;

void PutDays(int64_t days, std::string* out) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  fmt::format_to(std::back_inserter(*out), "{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// `ticks` of the day, `digits` digits of a second each.
void PutTime(int64_t ticks, int64_t per_second, int digits, std::string* out) {
  const int64_t seconds = ticks / per_second;
  fmt::format_to(std::back_inserter(*out), "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (digits > 0) fmt::format_to(std::back_inserter(*out), ".{:0{}}", ticks % per_second, digits);
}

struct Unit {
  int64_t per_second;
  int digits;
};
Unit UnitOf(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND: return {1, 0};
    case arrow::TimeUnit::MILLI: return {1'000, 3};
    case arrow::TimeUnit::MICRO: return {1'000'000, 6};
    case arrow::TimeUnit::NANO: return {1'000'000'000, 9};
  }
  return {1, 0};
}

void PutTimestamp(int64_t ticks, Unit unit, bool zone, std::string* out) {
  const int64_t per_day = unit.per_second * kSecondsPerDay;
  int64_t days = ticks / per_day, rest = ticks % per_day;
  if (rest < 0) {
    rest += per_day;
    --days;
  }
  if (days < kFirstDay || days > kLastDay) {
    out->append("0000-00-00T00:00:00");
  } else {
    PutDays(days, out);
    out->push_back('T');
    PutTime(rest, unit.per_second, unit.digits, out);
  }
  if (zone) out->push_back('Z');
}

void PutHex(std::string_view bytes, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    out->push_back(kDigits[byte >> 4]);
    out->push_back(kDigits[byte & 15]);
  }
}

void PutUuid(std::string_view bytes, std::string* out) {
  size_t at = 0;
  for (const size_t length : {4, 2, 2, 2, 6}) {
    if (at >= bytes.size()) return;
    if (at > 0) out->push_back('-');
    PutHex(bytes.substr(at, length), out);
    at += length;
  }
}

template <typename Array>
TextOf Number(const arrow::Array& values) {
  return [&array = static_cast<const Array&>(values)](int64_t row, std::string* out) {
    const fmt::format_int text(array.Value(row));
    out->append(text.data(), text.size());
  };
}

template <typename Array>
TextOf Real(const arrow::Array& values) {
  return [&array = static_cast<const Array&>(values)](int64_t row, std::string* out) {
    const double value = array.Value(row);
    if (std::isnan(value)) {
      out->append("NaN");
    } else if (std::isinf(value)) {
      out->append(value < 0 ? "-Infinity" : "Infinity");
    } else {
      fmt::format_to(std::back_inserter(*out), "{}", value);
    }
  };
}

template <typename Array, typename Decimal>
TextOf DecimalText(const arrow::Array& values) {
  const int scale = static_cast<const arrow::DecimalType&>(*values.type()).scale();
  return [&array = static_cast<const Array&>(values), scale](int64_t row, std::string* out) {
    std::string text = Decimal(array.GetValue(row)).ToIntegerString();
    const bool negative = text.front() == '-';
    if (negative) text.erase(0, 1);
    if (scale < 0 && text != "0") text.append(static_cast<size_t>(-scale), '0');
    if (scale > 0) {
      const auto digits = static_cast<size_t>(scale);
      if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
      text.insert(text.size() - digits, ".");
    }
    if (negative) out->push_back('-');
    out->append(text);
  };
}

template <typename Array>
TextOf Text(const arrow::Array& values) {
  const auto& array = static_cast<const Array&>(values);
  return [&array](int64_t row, std::string* out) { out->append(array.GetView(row)); };
}

template <typename Array>
TextOf Bytes(const arrow::Array& values, BytesText form) {
  const auto& array = static_cast<const Array&>(values);
  switch (form) {
    case BytesText::kHex: return [&array](int64_t row, std::string* out) { PutHex(array.GetView(row), out); };
    case BytesText::kUuid: return [&array](int64_t row, std::string* out) { PutUuid(array.GetView(row), out); };
    case BytesText::kAsTheyAre: return [&array](int64_t row, std::string* out) { out->append(array.GetView(row)); };
  }
  return {};
}

TextOf Timestamps(const arrow::Array& values) {
  const auto& type = static_cast<const arrow::TimestampType&>(*values.type());
  return [&array = static_cast<const arrow::TimestampArray&>(values), unit = UnitOf(type.unit()),
          zone = !type.timezone().empty()](int64_t row, std::string* out) {
    PutTimestamp(array.Value(row), unit, zone, out);
  };
}

template <typename Array>
TextOf Times(const arrow::Array& values) {
  const Unit unit = UnitOf(static_cast<const arrow::TimeType&>(*values.type()).unit());
  return [&array = static_cast<const Array&>(values), unit](int64_t row, std::string* out) {
    const int64_t ticks = array.Value(row);
    if (ticks < 0 || ticks >= unit.per_second * kSecondsPerDay) return void(out->append("24:00:00"));
    PutTime(ticks, unit.per_second, unit.digits, out);
  };
}

TextOf Dictionary(const arrow::Array& values, BytesText bytes) {
  const auto& array = static_cast<const arrow::DictionaryArray&>(values);
  TextOf word = TextOfValues(*array.dictionary(), bytes);
  if (!word) return {};
  return [&array, word = std::move(word)](int64_t row, std::string* out) { word(array.GetValueIndex(row), out); };
}

TextOf Dates(const arrow::Array& values) {
  return [&array = static_cast<const arrow::Date32Array&>(values)](int64_t row, std::string* out) {
    const int64_t days = array.Value(row);
    if (days < kFirstDay || days > kLastDay) return void(out->append("0000-00-00"));
    PutDays(days, out);
  };
}

}  // namespace

TextOf TextOfValues(const arrow::Array& values, BytesText bytes) {
  switch (values.type_id()) {
    case arrow::Type::NA: return [](int64_t, std::string*) {};
    case arrow::Type::BOOL:
      return [&array = static_cast<const arrow::BooleanArray&>(values)](int64_t row, std::string* out) {
        out->append(array.Value(row) ? "true" : "false");
      };
    case arrow::Type::INT8: return Number<arrow::Int8Array>(values);
    case arrow::Type::INT16: return Number<arrow::Int16Array>(values);
    case arrow::Type::INT32: return Number<arrow::Int32Array>(values);
    case arrow::Type::INT64: return Number<arrow::Int64Array>(values);
    case arrow::Type::UINT8: return Number<arrow::UInt8Array>(values);
    case arrow::Type::UINT16: return Number<arrow::UInt16Array>(values);
    case arrow::Type::UINT32: return Number<arrow::UInt32Array>(values);
    case arrow::Type::UINT64: return Number<arrow::UInt64Array>(values);
    case arrow::Type::FLOAT: return Real<arrow::FloatArray>(values);
    case arrow::Type::DOUBLE: return Real<arrow::DoubleArray>(values);
    case arrow::Type::DECIMAL32: return DecimalText<arrow::Decimal32Array, arrow::Decimal32>(values);
    case arrow::Type::DECIMAL64: return DecimalText<arrow::Decimal64Array, arrow::Decimal64>(values);
    case arrow::Type::DECIMAL128: return DecimalText<arrow::Decimal128Array, arrow::Decimal128>(values);
    case arrow::Type::DECIMAL256: return DecimalText<arrow::Decimal256Array, arrow::Decimal256>(values);
    case arrow::Type::STRING: return Text<arrow::StringArray>(values);
    case arrow::Type::LARGE_STRING: return Text<arrow::LargeStringArray>(values);
    case arrow::Type::STRING_VIEW: return Text<arrow::StringViewArray>(values);
    case arrow::Type::BINARY: return Bytes<arrow::BinaryArray>(values, bytes);
    case arrow::Type::LARGE_BINARY: return Bytes<arrow::LargeBinaryArray>(values, bytes);
    case arrow::Type::BINARY_VIEW: return Bytes<arrow::BinaryViewArray>(values, bytes);
    case arrow::Type::FIXED_SIZE_BINARY: return Bytes<arrow::FixedSizeBinaryArray>(values, bytes);
    case arrow::Type::DATE32: return Dates(values);
    case arrow::Type::TIME32: return Times<arrow::Time32Array>(values);
    case arrow::Type::TIME64: return Times<arrow::Time64Array>(values);
    case arrow::Type::TIMESTAMP: return Timestamps(values);
    case arrow::Type::DICTIONARY: return Dictionary(values, bytes);
    default: return {};
  }
}

bool HasText(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::DICTIONARY: return HasText(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::NA:
    case arrow::Type::BOOL:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DATE32:
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::FIXED_SIZE_BINARY: return true;
    default:
      return arrow::is_integer(type.id()) || arrow::is_decimal(type.id()) || arrow::is_base_binary_like(type.id()) ||
             arrow::is_binary_view_like(type.id());
  }
}

}  // namespace freight
