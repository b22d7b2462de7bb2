// A Parquet file opened for reading, and where its morsels lie.
#pragma once

#include "format/input_format.h"
#include "format/parquet_where.h"

#include <arrow/type_fwd.h>
#include <parquet/arrow/reader.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace freight {

// Rows of a morsel at most, whatever little they hold.
inline constexpr int64_t kParquetMorselRowsMax = 128 << 10;

struct ParquetRowGroup {
  int64_t rows = 0;
  int64_t raw_bytes = 0;            // of the leaves that are read, decoded
  int64_t page_bytes = 0;           // of those, compressed and not: held together where each has but one page
  int64_t file_begin = 0, file_end = 0;  // of all its columns
  bool excluded = false;            // its statistics show that the filter takes no row
  // A row group's morsels have equal numbers of rows, but for the last: about morsel_bytes of raw_bytes each.
  int64_t RowsPerMorsel(int64_t morsel_bytes) const;
};

// What a decoder and a cursor know of a file. `leaves` are those that are read, ascending.
class ParquetLayout {
 public:
  static Result<ParquetLayout> Read(const InputFile& file, const parquet::FileMetaData& metadata,
                                    const std::vector<int>& leaves, const ParquetFilter& filter);
  const std::vector<ParquetRowGroup>& row_groups() const { return row_groups_; }
  SkippedGroups Skipped() const;
  // Of the row group that is read and has most.
  int64_t PageBytesMax() const;
  // Rows that hold about `bytes`, between 64 and 16,384.
  int64_t RowsOfBatch(int64_t bytes) const;
  int64_t file_bytes() const { return file_bytes_; }
  int64_t footer_begin() const { return footer_begin_; }

 private:
  std::vector<ParquetRowGroup> row_groups_;
  int64_t file_bytes_ = 0;
  int64_t footer_begin_ = 0;
};

// Fails with the file's name and help when this is no Parquet file that can be read. `footer`: if it was read before.
Result<std::unique_ptr<parquet::arrow::FileReader>> OpenParquet(const InputFile& file, int64_t batch_rows,
                                                                arrow::MemoryPool* pool,
                                                                std::shared_ptr<parquet::FileMetaData> footer = {});
// A failure of libparquet as one of ours; what already says where it happened stays as it is.
Status ParquetFailure(const InputFile& file, int64_t row_group, const Status& status);

}  // namespace freight
