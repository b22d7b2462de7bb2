// Micro-benchmarks of the Parquet encoders: one column of a row group each, in both profiles, without a codec and with
// zstd.
#include "micro_data.h"

#include "format/parquet_writer.h"

#include <arrow/api.h>
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

namespace freight {
namespace {

constexpr int kBatches = 8;  // about the rows of a morsel

std::shared_ptr<arrow::Array> Values(const Column& column, void (*append)(std::string&, gen::Random&)) {
  const micro::Cells cells(append);
  auto parser = MakeColumnParser(column, 0, {}, arrow::default_memory_pool()).ValueOrDie();
  const std::vector<uint8_t> keep(cells.fields.size(), 1);
  std::vector<uint8_t> errors(cells.fields.size(), 0);
  if (!parser->Parse(cells.text.data(), cells.fields, errors).ok()) std::abort();
  return parser->Finish(KeptRows(keep)).ValueOrDie();
}

// Times of a file that was written as the events happened.
void AppendRisingTime(std::string& out, gen::Random&) {
  static int64_t second = 0;
  second = (second + 1) % 86'400;
  out += "2026-06-01 ";
  gen::AppendPadded(out, second / 3600, 2);
  out += ':';
  gen::AppendPadded(out, second / 60 % 60, 2);
  out += ':';
  gen::AppendPadded(out, second % 60, 2);
}

struct Case {
  TypeId type;
  void (*append)(std::string&, gen::Random&);
};
constexpr Case kInteger{TypeId::kInt64, micro::AppendUser}, kTime{TypeId::kTimestamp, AppendRisingTime},
    kDecimal{TypeId::kDecimal, micro::AppendAmount}, kRepeated{TypeId::kString, micro::AppendType},
    kFree{TypeId::kString, micro::AppendComment};

void Encode(benchmark::State& state, const Case& input, ParquetProfile profile, ParquetCodec codec) {
  Column column = micro::ColumnOf(input.type);
  if (input.type == TypeId::kTimestamp) column.type.formats = {"yyyy-MM-dd HH:mm:ss"};
  column.rules.required = true;
  Contract contract;
  contract.columns = {column};
  const auto schema = contract.ArrowSchema();
  const auto array = Values(column, input.append);
  const auto fields = arrow::schema({arrow::field(column.name, array->type(), false)});
  const auto batch = arrow::RecordBatch::Make(fields, array->length(), {array});
  const ParquetOptions options{.profile = profile, .codec = codec};
  auto encoder = MakeRowGroupEncoder(schema, options, arrow::default_memory_pool()).ValueOrDie();
  for (auto _ : state) {
    for (int i = 0; i < kBatches; ++i) {
      const Status status = encoder->Append(*batch);
      if (!status.ok()) state.SkipWithError(status.ToString().c_str());
    }
    benchmark::DoNotOptimize(encoder->Finish().ValueOrDie());
  }
  state.SetItemsProcessed(state.iterations() * kBatches * micro::kBatchRows);
}

constexpr auto kCompat = ParquetProfile::kCompat, kFast = ParquetProfile::kFast;
constexpr auto kNone = ParquetCodec::kNone, kZstd = ParquetCodec::kZstd;

BENCHMARK_CAPTURE(Encode, integer_compat, kInteger, kCompat, kNone);
BENCHMARK_CAPTURE(Encode, integer_fast, kInteger, kFast, kNone);
BENCHMARK_CAPTURE(Encode, integer_compat_zstd, kInteger, kCompat, kZstd);
BENCHMARK_CAPTURE(Encode, time_compat, kTime, kCompat, kNone);
BENCHMARK_CAPTURE(Encode, time_fast, kTime, kFast, kNone);
BENCHMARK_CAPTURE(Encode, time_compat_zstd, kTime, kCompat, kZstd);
BENCHMARK_CAPTURE(Encode, decimal_compat, kDecimal, kCompat, kNone);
BENCHMARK_CAPTURE(Encode, decimal_fast, kDecimal, kFast, kNone);
BENCHMARK_CAPTURE(Encode, decimal_compat_zstd, kDecimal, kCompat, kZstd);
BENCHMARK_CAPTURE(Encode, repeated_string_dictionary, kRepeated, kCompat, kNone);
BENCHMARK_CAPTURE(Encode, free_string_compat, kFree, kCompat, kNone);
BENCHMARK_CAPTURE(Encode, free_string_fast, kFree, kFast, kNone);
BENCHMARK_CAPTURE(Encode, free_string_compat_zstd, kFree, kCompat, kZstd);

}  // namespace
}  // namespace freight
