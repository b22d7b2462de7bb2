// Parsing, binding, row by row, and by statistics.
#include "format/parquet_where.h"

#include "contract/civil_time.h"
#include "contract/exact_text.h"
#include "format/json_path.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

namespace freight {
namespace {

constexpr std::pair<std::string_view, CompareOp> kOps[] = {
    {"is not null", CompareOp::kIsNotNull}, {"is null", CompareOp::kIsNull},  {"!=", CompareOp::kNotEqual},
    {"<=", CompareOp::kLessEqual},          {">=", CompareOp::kGreaterEqual}, {"=", CompareOp::kEqual},
    {"<", CompareOp::kLess},                {">", CompareOp::kGreater}};

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Status NoCondition(std::string_view text) {
  return Fail(Reaction::kInvalid, "\"{}\" is no condition", text)
      .Help("write a column, one of = != < <= > >= and a value, or \"is null\", \"is not null\": amount >= 10.50");
}

// Where the column of a condition ends: quoted steps may hold anything.
size_t PathEnd(std::string_view text) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') ++i;
    else if (text[i] == '"' && (quoted || i == 0 || text[i - 1] == '.')) quoted = !quoted;
    else if (!quoted && std::string_view(" =!<>").find(text[i]) != std::string_view::npos) return i;
  }
  return text.size();
}

// `order`: of a value against the literal, <0, 0, >0.
bool Holds(CompareOp op, int order) {
  switch (op) {
    case CompareOp::kEqual: return order == 0;
    case CompareOp::kNotEqual: return order != 0;
    case CompareOp::kLess: return order < 0;
    case CompareOp::kLessEqual: return order <= 0;
    case CompareOp::kGreater: return order > 0;
    case CompareOp::kGreaterEqual: return order >= 0;
    default: return false;
  }
}

template <typename T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

// No value between `low` and `high` holds.
template <typename T>
bool NoneBetween(CompareOp op, const T& low, const T& high, const T& literal) {
  switch (op) {
    case CompareOp::kEqual: return literal < low || high < literal;
    case CompareOp::kLess: return !(low < literal);
    case CompareOp::kLessEqual: return literal < low;
    case CompareOp::kGreater: return !(literal < high);
    case CompareOp::kGreaterEqual: return high < literal;
    default: return false;
  }
}

const arrow::DataType& Words(const arrow::DataType& type) {
  return type.id() == arrow::Type::DICTIONARY ? *static_cast<const arrow::DictionaryType&>(type).value_type() : type;
}

bool IsText(const arrow::DataType& type) {
  return arrow::is_string(type.id()) || type.id() == arrow::Type::STRING_VIEW;
}

std::optional<__int128> TimestampOf(std::string text, const arrow::TimestampType& type) {
  const bool zone = !type.timezone().empty();
  if (text.size() == 10) text += zone ? "T00:00:00Z" : "T00:00:00";
  int64_t micros = 0;
  if (ParseIsoTimestamp(text, zone, &micros)) return std::nullopt;
  const auto exactly = [micros](int64_t unit) -> std::optional<__int128> {
    if (micros % unit != 0) return std::nullopt;
    return micros / unit;
  };
  switch (type.unit()) {
    case arrow::TimeUnit::SECOND: return exactly(1'000'000);
    case arrow::TimeUnit::MILLI: return exactly(1'000);
    case arrow::TimeUnit::MICRO: return micros;
    case arrow::TimeUnit::NANO: return __int128{micros} * 1'000;
  }
  return std::nullopt;
}

// The literal in the unit in which Arrow keeps the type's values.
std::optional<__int128> WholeOf(const std::string& text, const arrow::DataType& type) {
  __int128 value = 0;
  if (arrow::is_integer(type.id())) {
    constexpr __int128 kMost = __int128{1} << 64;
    return ParseInteger(text, -kMost, kMost, &value) ? std::nullopt : std::optional(value);
  }
  if (arrow::is_decimal(type.id()) && type.id() != arrow::Type::DECIMAL256) {
    const int scale = static_cast<const arrow::DecimalType&>(type).scale();
    if (scale < 0 || ParseDecimal(text, 38, scale, &value)) return std::nullopt;
    return value;
  }
  if (type.id() == arrow::Type::BOOL) {
    if (text == "true" || text == "false") return text == "true";
    return std::nullopt;
  }
  if (type.id() == arrow::Type::DATE32) {
    int32_t days = 0;
    return ParseIsoDate(text, &days) ? std::nullopt : std::optional<__int128>(days);
  }
  if (type.id() == arrow::Type::TIMESTAMP) return TimestampOf(text, static_cast<const arrow::TimestampType&>(type));
  return std::nullopt;
}

template <typename Array>
std::function<__int128(int64_t)> Numbers(const arrow::Array& values) {
  return [&array = static_cast<const Array&>(values)](int64_t row) -> __int128 { return array.Value(row); };
}

template <typename Array>
std::function<__int128(int64_t)> Decimals(const arrow::Array& values) {
  return [&array = static_cast<const Array&>(values)](int64_t row) -> __int128 {
    __int128 value = 0;
    const int width = array.byte_width();
    std::memcpy(&value, array.GetValue(row), static_cast<size_t>(width));
    const int unused = 128 - 8 * width;
    return static_cast<__int128>(static_cast<unsigned __int128>(value) << unused) >> unused;
  };
}

std::function<__int128(int64_t)> WholeValues(const arrow::Array& values) {
  switch (values.type_id()) {
    case arrow::Type::INT8: return Numbers<arrow::Int8Array>(values);
    case arrow::Type::INT16: return Numbers<arrow::Int16Array>(values);
    case arrow::Type::INT32: return Numbers<arrow::Int32Array>(values);
    case arrow::Type::INT64: return Numbers<arrow::Int64Array>(values);
    case arrow::Type::UINT8: return Numbers<arrow::UInt8Array>(values);
    case arrow::Type::UINT16: return Numbers<arrow::UInt16Array>(values);
    case arrow::Type::UINT32: return Numbers<arrow::UInt32Array>(values);
    case arrow::Type::UINT64: return Numbers<arrow::UInt64Array>(values);
    case arrow::Type::BOOL: return Numbers<arrow::BooleanArray>(values);
    case arrow::Type::DATE32: return Numbers<arrow::Date32Array>(values);
    case arrow::Type::TIMESTAMP: return Numbers<arrow::TimestampArray>(values);
    case arrow::Type::DECIMAL32: return Decimals<arrow::Decimal32Array>(values);
    case arrow::Type::DECIMAL64: return Decimals<arrow::Decimal64Array>(values);
    case arrow::Type::DECIMAL128: return Decimals<arrow::Decimal128Array>(values);
    default: return {};
  }
}

std::function<double(int64_t)> RealValues(const arrow::Array& values) {
  if (values.type_id() == arrow::Type::FLOAT) {
    return [&array = static_cast<const arrow::FloatArray&>(values)](int64_t row) -> double { return array.Value(row); };
  }
  return [&array = static_cast<const arrow::DoubleArray&>(values)](int64_t row) { return array.Value(row); };
}

std::function<std::string_view(int64_t)> TextValues(const arrow::Array& values) {
  switch (values.type_id()) {
    case arrow::Type::LARGE_STRING:
      return [&array = static_cast<const arrow::LargeStringArray&>(values)](int64_t row) { return array.GetView(row); };
    case arrow::Type::STRING_VIEW:
      return [&array = static_cast<const arrow::StringViewArray&>(values)](int64_t row) { return array.GetView(row); };
    case arrow::Type::DICTIONARY: {
      const auto& array = static_cast<const arrow::DictionaryArray&>(values);
      return [&array, word = TextValues(*array.dictionary())](int64_t row) { return word(array.GetValueIndex(row)); };
    }
    default:
      return [&array = static_cast<const arrow::StringArray&>(values)](int64_t row) { return array.GetView(row); };
  }
}

// Clears what does not hold; `order` compares a row's value with the literal, nullopt when they have no order.
void Clear(const arrow::Array& values, CompareOp op, std::vector<uint8_t>* keep,
           const std::function<std::optional<int>(int64_t)>& order) {
  for (int64_t row = 0; row < values.length(); ++row) {
    uint8_t& kept = (*keep)[static_cast<size_t>(row)];
    if (kept == 0) continue;
    if (values.IsNull(row)) {
      kept = 0;
      continue;
    }
    const std::optional<int> found = order(row);
    kept = found ? Holds(op, *found) : op == CompareOp::kNotEqual;
  }
}

// A timestamp's statistics count the unit of the file, which is not Arrow's where its schema was stored too.
bool SameUnit(const parquet::ColumnDescriptor& column, const arrow::DataType& type) {
  if (type.id() != arrow::Type::TIMESTAMP) return true;
  const auto& logical = column.logical_type();
  if (!logical || !logical->is_timestamp()) return false;
  switch (static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit()) {
    case parquet::LogicalType::TimeUnit::MILLIS:
      return static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::MILLI;
    case parquet::LogicalType::TimeUnit::MICROS:
      return static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::MICRO;
    case parquet::LogicalType::TimeUnit::NANOS:
      return static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::NANO;
    default: return false;
  }
}

template <typename Stats>
std::pair<__int128, __int128> WholeRange(const parquet::Statistics& stats, bool is_unsigned) {
  const auto& typed = static_cast<const Stats&>(stats);
  using T = std::decay_t<decltype(typed.min())>;
  if constexpr (!std::is_same_v<T, bool>) {
    using U = std::make_unsigned_t<T>;
    if (is_unsigned) return {static_cast<U>(typed.min()), static_cast<U>(typed.max())};
  }
  return {typed.min(), typed.max()};
}

std::optional<std::pair<__int128, __int128>> WholeRangeOf(const parquet::Statistics& stats,
                                                          const arrow::DataType& type) {
  const bool is_unsigned = arrow::is_unsigned_integer(type.id());
  switch (stats.physical_type()) {
    case parquet::Type::BOOLEAN: return WholeRange<parquet::BoolStatistics>(stats, false);
    case parquet::Type::INT32: return WholeRange<parquet::Int32Statistics>(stats, is_unsigned);
    case parquet::Type::INT64: return WholeRange<parquet::Int64Statistics>(stats, is_unsigned);
    default: return std::nullopt;
  }
}

bool NoWhole(CompareOp op, const parquet::Statistics& stats, const arrow::DataType& type, __int128 literal) {
  const auto range = WholeRangeOf(stats, type);
  return range && range->first <= range->second && NoneBetween(op, range->first, range->second, literal);
}

bool NoReal(CompareOp op, const parquet::Statistics& stats, double literal) {
  double low = 0, high = 0;
  if (stats.physical_type() == parquet::Type::DOUBLE) {
    low = static_cast<const parquet::DoubleStatistics&>(stats).min();
    high = static_cast<const parquet::DoubleStatistics&>(stats).max();
  } else if (stats.physical_type() == parquet::Type::FLOAT) {
    low = static_cast<const parquet::FloatStatistics&>(stats).min();
    high = static_cast<const parquet::FloatStatistics&>(stats).max();
  } else {
    return false;
  }
  return low <= high && NoneBetween(op, low, high, literal);
}

bool NoText(CompareOp op, const parquet::Statistics& stats, const std::string& literal) {
  if (stats.physical_type() != parquet::Type::BYTE_ARRAY) return false;
  const auto& typed = static_cast<const parquet::ByteArrayStatistics&>(stats);
  const std::string_view low(typed.min()), high(typed.max());
  return low <= high && NoneBetween(op, low, high, std::string_view(literal));
}

}  // namespace

Result<Condition> ParseCondition(std::string_view text) {
  Condition condition;
  condition.text = text;
  std::string_view rest = Trimmed(text);
  const size_t end = PathEnd(rest);
  auto path = ParseJsonPath(rest.substr(0, end));
  if (!path.ok()) return NoCondition(text);
  condition.path = *std::move(path);
  rest = Trimmed(rest.substr(end));
  for (const auto& [word, op] : kOps) {
    if (!rest.starts_with(word)) continue;
    condition.op = op;
    std::string_view literal = Trimmed(rest.substr(word.size()));
    const bool takes_none = op == CompareOp::kIsNull || op == CompareOp::kIsNotNull;
    if (literal.empty() != takes_none) return NoCondition(text);
    if (literal.size() >= 2 && literal.front() == '\'' && literal.back() == '\'') {
      literal = literal.substr(1, literal.size() - 2);
    }
    condition.literal = literal;
    return condition;
  }
  return NoCondition(text);
}

std::vector<std::vector<std::string>> PathsOf(const std::vector<Condition>& conditions) {
  std::vector<std::vector<std::string>> paths;
  for (const Condition& condition : conditions) paths.push_back(condition.path);
  return paths;
}

Result<ParquetFilter> ParquetFilter::Bind(const std::vector<Condition>& conditions,
                                          const std::vector<ParquetSource>& sources, const InputFile& file) {
  ParquetFilter filter;
  for (size_t i = 0; i < conditions.size(); ++i) {
    const Condition& condition = conditions[i];
    auto value = ValueOf(condition, *sources[i].type);
    if (!value.ok()) {
      return Fail(Reaction::kInvalid, "where: \"{}\" cannot be compared with column \"{}\" of type {}",
                  condition.literal, JsonPathSteps(condition.path), sources[i].type->ToString())
          .At({file.name})
          .Help("write a value that the column's type holds exactly: 12, 10.50, 2026-06-11, 2026-06-11T10:00:00Z");
    }
    filter.bounds_.push_back({condition.op, *std::move(value), sources[i]});
  }
  return filter;
}

Result<ParquetFilter::Value> ParquetFilter::ValueOf(const Condition& condition, const arrow::DataType& type) {
  if (condition.op == CompareOp::kIsNull || condition.op == CompareOp::kIsNotNull) return Value();
  const arrow::DataType& words = Words(type);
  if (IsText(words)) return Value(condition.literal);
  if (words.id() == arrow::Type::FLOAT || words.id() == arrow::Type::DOUBLE) {
    double value = 0;
    if (ParseReal(condition.literal, &value) || std::isnan(value)) return Status::Invalid("not a number");
    return Value(value);
  }
  if (const auto value = WholeOf(condition.literal, words)) return Value(*value);
  return Status::Invalid("no value of the type");
}

bool ParquetFilter::Excludes(const parquet::RowGroupMetaData& group) const {
  for (const Bound& bound : bounds_) {
    const int leaf = bound.source.leaf;
    if (leaf < 0) continue;  // nested: several leaves
    const arrow::DataType& type = *bound.source.type;
    const auto chunk = group.ColumnChunk(leaf);
    const auto stats = chunk->is_stats_set() ? chunk->statistics() : nullptr;
    if (!stats) continue;
    if (stats->HasNullCount()) {
      // Whether a null struct counts as a null of what lies in it is for the writer to say.
      const bool is_top = bound.source.steps.size() == 1;
      const bool all_null = stats->null_count() == group.num_rows(), no_null = is_top && stats->null_count() == 0;
      if (bound.op == CompareOp::kIsNull ? no_null : all_null) return true;
    }
    if (!stats->HasMinMax() || !SameUnit(*group.schema()->Column(leaf), type)) continue;
    if (const auto* whole = std::get_if<__int128>(&bound.value)) {
      if (NoWhole(bound.op, *stats, type, *whole)) return true;
    } else if (const auto* real = std::get_if<double>(&bound.value)) {
      if (NoReal(bound.op, *stats, *real)) return true;
    } else if (const auto* text = std::get_if<std::string>(&bound.value)) {
      if (NoText(bound.op, *stats, *text)) return true;
    }
  }
  return false;
}

Status ParquetFilter::Apply(const arrow::RecordBatch& batch, std::vector<uint8_t>* keep,
                            arrow::MemoryPool* pool) const {
  for (const Bound& bound : bounds_) {
    const std::vector<int>& steps = bound.source.steps;
    ARROW_ASSIGN_OR_RAISE(const auto array, ArrayAt(batch.column(steps[0]), steps, 1, pool));
    const arrow::Array& values = *array;
    if (const auto* whole = std::get_if<__int128>(&bound.value)) {
      Clear(values, bound.op, keep, [literal = *whole, value = WholeValues(values)](int64_t row) {
        return std::optional(Order(value(row), literal));
      });
    } else if (const auto* real = std::get_if<double>(&bound.value)) {
      Clear(values, bound.op, keep, [literal = *real, value = RealValues(values)](int64_t row) {
        return std::isnan(value(row)) ? std::nullopt : std::optional(Order(value(row), literal));
      });
    } else if (const auto* text = std::get_if<std::string>(&bound.value)) {
      Clear(values, bound.op, keep, [literal = std::string_view(*text), value = TextValues(values)](int64_t row) {
        return std::optional(Order(value(row), literal));
      });
    } else {
      for (int64_t row = 0; row < values.length(); ++row) {
        if (values.IsNull(row) != (bound.op == CompareOp::kIsNull)) (*keep)[static_cast<size_t>(row)] = 0;
      }
    }
  }
  return Status::OK();
}

}  // namespace freight
