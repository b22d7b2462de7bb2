// Micro-benchmarks of column parsers, one per type, and of the text kernels: UTF-8, ASCII, unescaping.
#include "micro_data.h"

#include "contract/kernels_text.h"

#include <arrow/api.h>
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace freight {
namespace {

void Parse(benchmark::State& state, const Column& column, void (*append)(std::string&, gen::Random&)) {
  const micro::Cells cells(append);
  auto parser = MakeColumnParser(column, 0, {}, arrow::default_memory_pool()).ValueOrDie();
  const std::vector<uint8_t> keep(cells.fields.size(), 1);
  const KeptRows kept(keep);
  std::vector<uint8_t> errors(cells.fields.size(), 0);
  for (auto _ : state) {
    const Status status = parser->Parse(cells.text.data(), cells.fields, errors);
    if (!status.ok()) state.SkipWithError(status.ToString().c_str());
    benchmark::DoNotOptimize(parser->Finish(kept).ValueOrDie());
  }
  for (const uint8_t error : errors) {
    if (error != 0) state.SkipWithError("the data hold no bad value");
  }
  state.SetItemsProcessed(state.iterations() * micro::kBatchRows);
}

Column TimestampWithFormat() {
  Column column = micro::ColumnOf(TypeId::kTimestamp);
  column.type.formats = {"yyyy-MM-dd HH:mm:ss"};
  return column;
}

void Utf8(benchmark::State& state, void (*append)(std::string&, gen::Random&)) {
  std::string text;
  gen::Random random(3);
  while (static_cast<int64_t>(text.size()) < micro::kTextBytes) append(text, random);
  for (auto _ : state) benchmark::DoNotOptimize(kernels::IsUtf8(text));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void AppendMixed(std::string& out, gen::Random& random) {
  micro::AppendComment(out, random);
  if (random.Below(4) == 0) out += " crème naïve";
}

void Ascii(benchmark::State& state) {
  const std::string& text = micro::EventText();
  for (auto _ : state) benchmark::DoNotOptimize(kernels::IsAscii(text.data(), text.size()));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void Unescape(benchmark::State& state) {
  std::string raw, out;
  gen::Random random(4);
  while (raw.size() < 40) micro::AppendComment(raw, random);
  raw += ", \"\"sic\"\"";
  for (auto _ : state) {
    out.clear();
    kernels::AppendUnescaped(raw, '"', std::nullopt, &out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(raw.size()));
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(Parse, integer, micro::ColumnOf(TypeId::kInt64), micro::AppendUser);
BENCHMARK_CAPTURE(Parse, decimal, micro::ColumnOf(TypeId::kDecimal), micro::AppendAmount);
BENCHMARK_CAPTURE(Parse, double, micro::ColumnOf(TypeId::kDouble), micro::AppendDouble);
BENCHMARK_CAPTURE(Parse, date, micro::ColumnOf(TypeId::kDate), micro::AppendDay);
BENCHMARK_CAPTURE(Parse, timestamp, micro::ColumnOf(TypeId::kTimestamp), micro::AppendTimestamp);
BENCHMARK_CAPTURE(Parse, timestamp_with_format, TimestampWithFormat(), micro::AppendTimestamp);
BENCHMARK_CAPTURE(Parse, repeated_string, micro::ColumnOf(TypeId::kString), micro::AppendType);
BENCHMARK_CAPTURE(Parse, free_string, micro::ColumnOf(TypeId::kString), micro::AppendComment);
BENCHMARK_CAPTURE(Utf8, ascii, micro::AppendComment);
BENCHMARK_CAPTURE(Utf8, mixed, AppendMixed);
BENCHMARK(Ascii);
BENCHMARK(Unescape);

}  // namespace
}  // namespace freight
