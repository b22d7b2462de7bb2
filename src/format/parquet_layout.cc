// Footers: opened with care, since a damaged one can claim anything.
#include "format/parquet_layout.h"

#include "format/parquet_input.h"

#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/size_statistics.h>

#include <algorithm>

namespace freight {
namespace {

constexpr int64_t kFooterTailBytes = 8;  // its length and the magic
constexpr int64_t kReadBufferBytes = 256 << 10;
// Of one column chunk: more is no count of values or bytes but damage.
constexpr int64_t kValuesMax = int64_t{1} << 40;
constexpr int kFixedWidthMax = 1 << 16;
constexpr int64_t kMorselRowsStep = 1 << 10;
static_assert(kParquetMorselRowsMax % kMorselRowsStep == 0);

Status Damaged(const InputFile& file, int64_t row_group) {
  return Fail(Reaction::kFailed, "the footer's entry for row group {} contradicts itself", row_group)
      .At({file.name})
      .Help("the file is damaged: fetch or write it again");
}

int64_t RawPageBytes(const parquet::ColumnChunkMetaData& chunk) {
  return std::min(chunk.total_uncompressed_size(), kValuesMax);
}

// About what a column chunk's values take when decoded: dictionaries make pages far smaller than that. Where the writer
// did not say how long its strings are, the size of the pages.
int64_t DecodedBytes(const parquet::ColumnChunkMetaData& chunk, const parquet::ColumnDescriptor& column) {
  int64_t width = 0, bytes = 0;
  switch (column.physical_type()) {
    case parquet::Type::INT32:
    case parquet::Type::FLOAT: width = 4; break;
    case parquet::Type::INT64:
    case parquet::Type::INT96:
    case parquet::Type::DOUBLE: width = 8; break;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY: width = std::clamp(column.type_length(), 0, kFixedWidthMax); break;
    case parquet::Type::BYTE_ARRAY: {
      width = 4;  // its offset
      const auto sizes = chunk.size_statistics();
      if (sizes) bytes = std::clamp<int64_t>(sizes->unencoded_byte_array_data_bytes.value_or(0), 0, kValuesMax);
      break;
    }
    default: break;
  }
  return std::max(RawPageBytes(chunk), chunk.num_values() * width + bytes);
}

}  // namespace

int64_t ParquetRowGroup::RowsPerMorsel(int64_t morsel_bytes) const {
  const int64_t by_bytes = std::max<int64_t>(1, raw_bytes / std::max<int64_t>(1, morsel_bytes));
  const int64_t by_rows = (rows + kParquetMorselRowsMax - 1) / kParquetMorselRowsMax;
  const int64_t morsels = std::clamp<int64_t>(std::max(by_bytes, by_rows), 1, std::max<int64_t>(1, rows));
  const int64_t each = (rows + morsels - 1) / morsels;
  // So that whole batches make a morsel: none is then shared by two threads.
  return each < kMorselRowsStep ? each : (each + kMorselRowsStep - 1) / kMorselRowsStep * kMorselRowsStep;
}

Result<ParquetLayout> ParquetLayout::Read(const InputFile& file, const parquet::FileMetaData& metadata,
                                          const std::vector<int>& leaves, const ParquetFilter& filter) {
  ParquetLayout layout;
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, file.env->Stat(file.path));
  layout.file_bytes_ = stat.size_bytes;
  layout.footer_begin_ = std::max<int64_t>(0, stat.size_bytes - kFooterTailBytes - metadata.size());
  BEGIN_PARQUET_CATCH_EXCEPTIONS
  for (int g = 0; g < metadata.num_row_groups(); ++g) {
    const auto group = metadata.RowGroup(g);
    ParquetRowGroup out{.rows = group->num_rows(), .file_begin = stat.size_bytes};
    for (int leaf = 0; leaf < group->num_columns(); ++leaf) {
      const auto chunk = group->ColumnChunk(leaf);
      int64_t begin = chunk->data_page_offset();
      if (chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0) {
        begin = std::min(begin, chunk->dictionary_page_offset());
      }
      const int64_t end = begin + chunk->total_compressed_size();
      if (begin < 0 || end < begin || end > stat.size_bytes || chunk->total_uncompressed_size() < 0 ||
          chunk->num_values() < 0 || chunk->num_values() > kValuesMax) {
        return Damaged(file, g);
      }
      out.file_begin = std::min(out.file_begin, begin);
      out.file_end = std::max(out.file_end, end);
      if (std::binary_search(leaves.begin(), leaves.end(), leaf)) {
        out.raw_bytes += DecodedBytes(*chunk, *metadata.schema()->Column(leaf));
        out.page_bytes += RawPageBytes(*chunk) + chunk->total_compressed_size();
      }
    }
    if (out.rows < 0) return Damaged(file, g);
    out.file_begin = std::min(out.file_begin, out.file_end);
    out.excluded = filter.Excludes(*group);
    layout.row_groups_.push_back(out);
  }
  END_PARQUET_CATCH_EXCEPTIONS
  return layout;
}

SkippedGroups ParquetLayout::Skipped() const {
  SkippedGroups skipped{.row_groups = static_cast<int64_t>(row_groups_.size())};
  for (const ParquetRowGroup& group : row_groups_) {
    skipped.skipped += group.excluded;
    if (group.excluded) skipped.rows += group.rows;
  }
  return skipped;
}

int64_t ParquetLayout::PageBytesMax() const {
  int64_t most = 0;
  for (const ParquetRowGroup& group : row_groups_) {
    if (!group.excluded) most = std::max(most, group.page_bytes);
  }
  return most;
}

int64_t ParquetLayout::RowsOfBatch(int64_t bytes) const {
  int64_t rows = 0, raw_bytes = 0;
  for (const ParquetRowGroup& group : row_groups_) {
    rows += group.rows;
    raw_bytes += group.raw_bytes;
  }
  const int64_t row_bytes = std::max<int64_t>(1, raw_bytes / std::max<int64_t>(1, rows));
  return std::clamp<int64_t>(bytes / row_bytes, 64, 16 << 10);
}

Result<std::unique_ptr<parquet::arrow::FileReader>> OpenParquet(const InputFile& file, int64_t batch_rows,
                                                                arrow::MemoryPool* pool,
                                                                std::shared_ptr<parquet::FileMetaData> footer) {
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, file.env->Stat(file.path));
  if (stat.kind == FileKind::kDirectory) {
    return Fail(Reaction::kInvalid, "\"{}\" is a directory", file.name)
        .Help(fmt::format("name its files with a glob, for example \"{}\"", JoinPath(file.name, "*.parquet")));
  }
  if (stat.kind == FileKind::kFile && stat.size_bytes == 0) {
    return Fail(Reaction::kInvalid, "the file is empty: a Parquet file has at least a footer")
        .At({file.name})
        .Help("write the file again, or leave it out");
  }
  if (!pool) pool = arrow::default_memory_pool();
  parquet::ReaderProperties properties(pool);
  properties.enable_buffered_stream();  // or each column chunk would be held whole
  properties.set_buffer_size(kReadBufferBytes);
  properties.set_page_checksum_verification(true);
  parquet::ArrowReaderProperties typed(/*use_threads=*/false);
  typed.set_batch_size(batch_rows);
  typed.set_smallest_decimal_enabled(true);
  typed.set_pre_buffer(false);
  ARROW_ASSIGN_OR_RAISE(auto input, OpenRandomAccess(*file.env, file.path, pool));
  parquet::arrow::FileReaderBuilder builder;
  std::unique_ptr<parquet::arrow::FileReader> reader;
  Status opened = builder.Open(std::move(input), properties, std::move(footer));
  if (opened.ok()) opened = builder.memory_pool(pool)->properties(typed)->Build(&reader);
  if (!opened.ok()) return ParquetFailure(file, -1, opened);
  return reader;
}

Status ParquetFailure(const InputFile& file, int64_t row_group, const Status& status) {
  if (status.ok() || DetailOf(status) != nullptr) return status;
  const std::string what = row_group < 0 ? std::string("the file is no Parquet file that can be read")
                                         : fmt::format("row group {} cannot be read", row_group);
  return Fail(row_group < 0 ? Reaction::kInvalid : Reaction::kFailed, "{}: {}", what, status.message())
      .At({file.name})
      .Help("check that it is a whole, unencrypted Parquet file, then fetch or write it again");
}

}  // namespace freight
