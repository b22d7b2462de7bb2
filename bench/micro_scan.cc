// Micro-benchmarks of splitting CSV: border scan, field index and line count per instruction set; whole rows decoded.
#include "micro_data.h"

#include "format/csv_reader.h"
#include "format/csv_scan.h"

#include <arrow/api.h>
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

namespace freight {
namespace {

const std::string& Text() {
  static const std::string text = micro::EventText() + std::string(micro::kPad, '\0');
  return text;
}
int64_t TextBytes() { return static_cast<int64_t>(Text().size() - micro::kPad); }
CsvScanRange WholeText() { return {Text().data(), 0, TextBytes(), TextBytes()}; }

const CsvScanKernels* KernelsOrSkip(benchmark::State& state, CsvScanTarget target) {
  const CsvScanKernels* kernels = CsvScanFor(target);
  if (kernels == nullptr) state.SkipWithError("this processor lacks the instructions");
  return kernels;
}

void Scan(benchmark::State& state, CsvScanTarget target) {
  const CsvScanKernels* kernels = KernelsOrSkip(state, target);
  if (kernels == nullptr) return;
  for (auto _ : state) benchmark::DoNotOptimize(kernels->scan({}, WholeText()).records_end);
  state.SetBytesProcessed(state.iterations() * TextBytes());
}

void Index(benchmark::State& state, CsvScanTarget target) {
  const CsvScanKernels* kernels = KernelsOrSkip(state, target);
  if (kernels == nullptr) return;
  // Batch by batch, as a decoder does: positions stay in the second-level cache.
  constexpr int64_t kBatch = 1 << 20;
  std::vector<uint32_t> separators(CsvIndexRoom(kBatch)), ends(CsvIndexRoom(kBatch)), doubled(CsvIndexRoom(kBatch));
  std::vector<uint32_t> lines(kBatch / kCsvLineMarkBytes + 1);
  for (auto _ : state) {
    for (int64_t at = 0; at < TextBytes();) {
      const CsvScanRange range{Text().data(), at, std::min(at + kBatch, TextBytes()), TextBytes()};
      at = kernels->index({}, range, {separators.data(), ends.data(), doubled.data(), lines.data()}).records_end;
      benchmark::DoNotOptimize(separators.data());
    }
  }
  state.SetBytesProcessed(state.iterations() * TextBytes());
}

void LineEnds(benchmark::State& state, CsvScanTarget target) {
  const CsvScanKernels* kernels = KernelsOrSkip(state, target);
  if (kernels == nullptr) return;
  for (auto _ : state) benchmark::DoNotOptimize(kernels->count_line_ends(WholeText()));
  state.SetBytesProcessed(state.iterations() * TextBytes());
}

Contract EventContract() {
  Contract contract;
  contract.columns = {micro::ColumnOf(TypeId::kInt64, "user_id"), micro::ColumnOf(TypeId::kTimestamp, "event_time"),
                      micro::ColumnOf(TypeId::kString, "event_type"), micro::ColumnOf(TypeId::kDecimal, "amount"),
                      micro::ColumnOf(TypeId::kString, "comment")};
  contract.columns[1].type.formats = {"yyyy-MM-dd HH:mm:ss"};
  return contract;
}

void DecodeRows(benchmark::State& state, DecoderPath path) {
  const Contract contract = EventContract();
  InputHeader header;
  for (const Column& column : contract.columns) header.names.push_back(column.name);
  header.fields = static_cast<int64_t>(header.names.size());
  header.column_of_contract = {0, 1, 2, 3, 4};
  Morsel morsel;
  morsel.text.assign(Text());
  morsel.text_bytes = morsel.length = TextBytes();
  auto decoder = MakeCsvDecoder({}, header, contract, {.path = path}).ValueOrDie();
  int64_t rows = 0;
  for (auto _ : state) {
    const Status status = decoder->Decode(morsel, [&](DecodedBatch&& batch) {
      rows += batch.accepted->num_rows();
      return batch.bad.empty() ? Status::OK() : Status::Invalid("the data hold no bad row");
    });
    if (!status.ok()) state.SkipWithError(status.ToString().c_str());
  }
  state.SetBytesProcessed(state.iterations() * TextBytes());
  state.SetItemsProcessed(rows);
}

BENCHMARK_CAPTURE(Scan, scalar, CsvScanTarget::kScalar);
BENCHMARK_CAPTURE(Scan, avx2, CsvScanTarget::kAvx2);
BENCHMARK_CAPTURE(Scan, avx512, CsvScanTarget::kAvx512);
BENCHMARK_CAPTURE(Index, scalar, CsvScanTarget::kScalar);
BENCHMARK_CAPTURE(Index, avx2, CsvScanTarget::kAvx2);
BENCHMARK_CAPTURE(Index, avx512, CsvScanTarget::kAvx512);
BENCHMARK_CAPTURE(LineEnds, scalar, CsvScanTarget::kScalar);
BENCHMARK_CAPTURE(LineEnds, avx2, CsvScanTarget::kAvx2);
BENCHMARK_CAPTURE(LineEnds, avx512, CsvScanTarget::kAvx512);
BENCHMARK_CAPTURE(DecodeRows, fast, DecoderPath::kAuto);
BENCHMARK_CAPTURE(DecodeRows, careful, DecoderPath::kScalar);

}  // namespace
}  // namespace freight
