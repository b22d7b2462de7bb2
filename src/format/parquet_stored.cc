// Pages out of the column chunks, their statistics out of footer and page index.
#include "format/parquet_stored.h"

#include "format/parquet_input.h"
#include "format/parquet_row_group.h"

#include <arrow/io/memory.h>
#include <parquet/column_page.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/properties.h>
#include <parquet/statistics.h>

#include <utility>
#include <vector>

namespace freight {
namespace {

PageEncoding FromParquet(parquet::Encoding::type encoding) {
  switch (encoding) {
    case parquet::Encoding::RLE_DICTIONARY: return PageEncoding::kDictionary;
    case parquet::Encoding::DELTA_BINARY_PACKED: return PageEncoding::kDeltaBinaryPacked;
    case parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY: return PageEncoding::kDeltaLengthByteArray;
    case parquet::Encoding::BYTE_STREAM_SPLIT: return PageEncoding::kByteStreamSplit;
    default: return PageEncoding::kPlain;
  }
}

ValueBounds BoundsOf(const parquet::EncodedStatistics& stats) {
  ValueBounds bounds;
  if (stats.has_min) bounds.min = stats.min();
  if (stats.has_max) bounds.max = stats.max();
  bounds.min_exact = stats.is_min_value_exact.value_or(true);
  bounds.max_exact = stats.is_max_value_exact.value_or(true);
  return bounds;
}

template <typename T>
typename std::vector<T>::const_reference At(const std::vector<T>& list, size_t at) {
  if (at >= list.size()) throw parquet::ParquetException("the page index lists fewer pages than there are");
  return list[at];
}

// What the page index says of page `at`. Without a column index no page has bounds: a new file gets none either.
void FillFromIndex(const parquet::ColumnIndex* index, size_t at, EncodedPage* page) {
  if (!index) return;
  if (index->has_null_counts()) page->nulls = At(index->null_counts(), at);
  if (At(index->null_pages(), at)) return;
  page->bounds.min = At(index->encoded_min_values(), at);
  page->bounds.max = At(index->encoded_max_values(), at);
}

class Stored final : public StoredRowGroups {
 public:
  Stored(std::shared_ptr<arrow::io::RandomAccessFile> file, arrow::MemoryPool* pool)
      : file_(std::move(file)), properties_(pool) {
    properties_.set_page_checksum_verification(true);
    reader_ = parquet::ParquetFileReader::Open(file_, properties_);
    index_ = reader_->GetPageIndexReader();
  }

  int count() const override { return reader_->metadata()->num_row_groups(); }

  Result<std::unique_ptr<EncodedRowGroup>> Load(int index) override {
    BEGIN_PARQUET_CATCH_EXCEPTIONS
    const auto group = reader_->metadata()->RowGroup(index);
    std::vector<EncodedColumn> columns;
    for (int i = 0; i < group->num_columns(); ++i) columns.push_back(LoadColumn(*group, index, i));
    const bool sorted = !group->sorting_columns().empty();
    return std::make_unique<PagedRowGroup>(group->num_rows(), std::move(columns), sorted);
    END_PARQUET_CATCH_EXCEPTIONS
  }

 private:
  // What follows throws what libparquet throws.
  std::shared_ptr<arrow::Buffer> Read(int64_t begin, int64_t bytes) {
    PARQUET_ASSIGN_OR_THROW(auto buffer, file_->ReadAt(begin, bytes));
    if (buffer->size() != bytes) throw parquet::ParquetException("the file ends inside a row group");
    return buffer;
  }

  std::unique_ptr<parquet::PageReader> Pages(const std::shared_ptr<arrow::Buffer>& bytes, int64_t values,
                                             parquet::Compression::type codec,
                                             const parquet::ColumnDescriptor& column) {
    return parquet::PageReader::Open(std::make_shared<arrow::io::BufferReader>(bytes), values, codec, properties_,
                                     column);
  }

  EncodedColumn LoadColumn(const parquet::RowGroupMetaData& group, int group_index, int i) {
    const auto held = group.ColumnChunk(i);
    const parquet::ColumnChunkMetaData& chunk = *held;
    const parquet::ColumnDescriptor& descriptor = *group.schema()->Column(i);
    EncodedColumn column;
    column.compressed = chunk.compression() != parquet::Compression::UNCOMPRESSED;
    if (const auto stats = chunk.encoded_statistics()) {
      column.bounds = BoundsOf(*stats);
      column.nulls = stats->null_count;
    }
    const int64_t begin = chunk.has_dictionary_page() ? chunk.dictionary_page_offset() : chunk.data_page_offset();
    const auto bytes = Read(begin, chunk.total_compressed_size());
    if (chunk.has_dictionary_page()) {
      const auto page = Pages(bytes, chunk.num_values(), chunk.compression(), descriptor)->NextPage();
      const auto& dictionary = static_cast<const parquet::DictionaryPage&>(*page);
      PARQUET_ASSIGN_OR_THROW(column.dictionary, dictionary.buffer()->CopySlice(0, dictionary.size(), pool()));
      column.dictionary_entries = dictionary.num_values();
    }
    // Told that nothing is compressed, the reader hands out pages as they are stored.
    const auto pages = Pages(bytes, chunk.num_values(), parquet::Compression::UNCOMPRESSED, descriptor);
    const auto indexes = index_->RowGroup(group_index);
    const auto bounds = indexes->GetColumnIndex(i);
    const auto offsets = indexes->GetOffsetIndex(i);
    const auto& locations = offsets->page_locations();
    while (const auto page = pages->NextPage()) {
      if (page->type() != parquet::PageType::DATA_PAGE) continue;
      const size_t at = column.pages.size();
      EncodedPage loaded = LoadPage(static_cast<const parquet::DataPageV1&>(*page));
      const int64_t end = at + 1 < locations.size() ? locations[at + 1].first_row_index : group.num_rows();
      loaded.rows = end - At(locations, at).first_row_index;
      FillFromIndex(bounds.get(), at, &loaded);
      column.pages.push_back(std::move(loaded));
    }
    if (chunk.bloom_filter_offset() && chunk.bloom_filter_length()) {
      column.bloom_filter = Read(*chunk.bloom_filter_offset(), *chunk.bloom_filter_length());
    }
    return column;
  }

  static EncodedPage LoadPage(const parquet::DataPageV1& page) {
    EncodedPage loaded;
    loaded.bytes = page.buffer();
    loaded.raw_bytes = page.uncompressed_size();
    loaded.values = page.num_values();
    loaded.encoding = FromParquet(page.encoding());
    return loaded;
  }

  arrow::MemoryPool* pool() const { return properties_.memory_pool(); }

  const std::shared_ptr<arrow::io::RandomAccessFile> file_;
  parquet::ReaderProperties properties_;
  std::unique_ptr<parquet::ParquetFileReader> reader_;
  std::shared_ptr<parquet::PageIndexReader> index_;
};

}  // namespace

Result<std::unique_ptr<StoredRowGroups>> OpenStoredRowGroups(Env& env, const std::string& path,
                                                             arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(auto file, OpenRandomAccess(env, path, pool));
  BEGIN_PARQUET_CATCH_EXCEPTIONS
  return std::make_unique<Stored>(std::move(file), pool);
  END_PARQUET_CATCH_EXCEPTIONS
}

}  // namespace freight
