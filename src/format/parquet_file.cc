// ParquetFile: frames finished pages into a file with libparquet's page writer and metadata builders.
#include "format/parquet_bloom.h"
#include "format/parquet_order.h"
#include "format/parquet_row_group.h"
#include "format/parquet_schema.h"
#include "format/parquet_sink.h"

#include <arrow/type.h>
#include <arrow/util/crc32.h>
#include <arrow/util/key_value_metadata.h>
#include <isa-l/crc.h>
#include <parquet/bloom_filter.h>
#include <parquet/column_page.h>
#include <parquet/column_writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/index_location.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/properties.h>

#include <string_view>
#include <utility>

// libparquet calls this for each page, and finds it here before it finds libarrow's, which takes ten times as long:
// docs/decisions/0018-checksums-of-pages.md.
uint32_t arrow::internal::crc32(uint32_t prev, const void* data, size_t length) {
  return crc32_gzip_refl(prev, static_cast<const unsigned char*>(data), length);
}

namespace freight {
namespace {

constexpr std::string_view kMagic = "PAR1";

parquet::Encoding::type ToParquet(PageEncoding encoding) {
  switch (encoding) {
    case PageEncoding::kPlain: return parquet::Encoding::PLAIN;
    case PageEncoding::kDictionary: return parquet::Encoding::RLE_DICTIONARY;
    case PageEncoding::kDeltaBinaryPacked: return parquet::Encoding::DELTA_BINARY_PACKED;
    case PageEncoding::kDeltaLengthByteArray: return parquet::Encoding::DELTA_LENGTH_BYTE_ARRAY;
    case PageEncoding::kByteStreamSplit: return parquet::Encoding::BYTE_STREAM_SPLIT;
  }
  return parquet::Encoding::PLAIN;
}

parquet::EncodedStatistics ToParquet(const ValueBounds& bounds, int64_t nulls, bool all_null, bool is_signed) {
  parquet::EncodedStatistics stats;
  stats.set_null_count(nulls);
  stats.all_null_value = all_null;
  stats.set_is_signed(is_signed);
  if (bounds.min) {
    stats.set_min(*bounds.min);
    stats.is_min_value_exact = bounds.min_exact;
  }
  if (bounds.max) {
    stats.set_max(*bounds.max);
    stats.is_max_value_exact = bounds.max_exact;
  }
  return stats;
}

class File : public ParquetFile {
 public:
  File(std::unique_ptr<WritableFile> out, const ParquetOptions& options, arrow::MemoryPool* pool)
      : options_(options), pool_(pool), sink_(std::make_shared<HashingSink>(std::move(out))) {}

  Status Open(const arrow::Schema& schema) {
    key_values_ = schema.metadata();
    ARROW_ASSIGN_OR_RAISE(auto root, ToParquetSchema(schema));
    BEGIN_PARQUET_CATCH_EXCEPTIONS
    descriptor_.Init(root);
    properties_ = Properties(ArrowCodec(options_.codec));
    uncompressed_ = Properties(arrow::Compression::UNCOMPRESSED);
    for (const std::string& name : options_.sorted_by) {
      sorting_columns_.push_back({.column_idx = LeafIndex(schema, name), .descending = false, .nulls_first = false});
    }
    metadata_ = parquet::FileMetaDataBuilder::Make(&descriptor_, properties_);
    if (options_.page_index) page_index_ = parquet::PageIndexBuilder::Make(&descriptor_);
    END_PARQUET_CATCH_EXCEPTIONS
    return sink_->Write(kMagic.data(), kMagic.size());
  }

  Status Append(EncodedRowGroup& group) override {
    auto& paged = static_cast<PagedRowGroup&>(group);
    FREIGHT_ASSERT(static_cast<int>(paged.columns().size()) == descriptor_.num_columns());
    if (row_groups_ == kRowGroupsMax) {
      return Fail(Reaction::kFailed, "a parquet file holds at most {} row groups", row_groups_)
          .Help("use larger chunks of input per row group");
    }
    BEGIN_PARQUET_CATCH_EXCEPTIONS
    // libparquet takes this from the file's properties whenever it finishes a row group: it is said anew for each.
    const_cast<std::vector<parquet::SortingColumn>&>(properties_->sorting_columns()) =
        paged.sorted() ? sorting_columns_ : std::vector<parquet::SortingColumn>();
    parquet::RowGroupMetaDataBuilder* metadata = metadata_->AppendRowGroup();
    if (page_index_) page_index_->AppendRowGroup();
    metadata->set_num_rows(paged.rows());
    int64_t raw_bytes = 0;
    for (int i = 0; i < descriptor_.num_columns(); ++i) {
      raw_bytes += WriteColumn(paged.columns()[static_cast<size_t>(i)], i, metadata->NextColumnChunk());
    }
    for (int i = 0; i < descriptor_.num_columns(); ++i) WriteBloomFilter(paged.columns()[static_cast<size_t>(i)], i);
    metadata->Finish(raw_bytes, row_groups_++);
    END_PARQUET_CATCH_EXCEPTIONS
    rows_ += paged.rows();
    return Status::OK();
  }

  int64_t bytes_written() const override { return sink_->position(); }

  Result<FinishedFile> Finish() override {
    BEGIN_PARQUET_CATCH_EXCEPTIONS
    WritePageIndex();
    metadata_->SetIndexLocations(parquet::IndexKind::kBloomFilter, bloom_filters_);
    parquet::WriteFileMetaData(*metadata_->Finish(key_values_), sink_.get());
    END_PARQUET_CATCH_EXCEPTIONS
    ARROW_RETURN_NOT_OK(sink_->Close());
    return sink_->Finished(rows_);
  }

 private:
  std::shared_ptr<parquet::WriterProperties> Properties(arrow::Compression::type codec) const {
    return parquet::WriterProperties::Builder()
        .created_by("freight " FREIGHT_VERSION)
        ->version(parquet::ParquetVersion::PARQUET_2_6)
        ->memory_pool(pool_)
        ->compression(codec)
        ->build();
  }

  // Throws what libparquet throws. Returns the bytes before compression, headers included. Frees each page as it goes.
  int64_t WriteColumn(EncodedColumn& column, int index, parquet::ColumnChunkMetaDataBuilder* chunk) {
    // The codec in the footer is taken from the builder's properties, which a file has once; a second builder over the
    // same chunk lets a column go without the codec.
    auto metadata = parquet::ColumnChunkMetaDataBuilder::Make(column.compressed ? properties_ : uncompressed_,
                                                              descriptor_.Column(index),
                                                              const_cast<void*>(chunk->contents()));
    const bool is_signed = descriptor_.Column(index)->sort_order() == parquet::SortOrder::SIGNED;
    const auto codec = column.compressed ? ArrowCodec(options_.codec) : arrow::Compression::UNCOMPRESSED;
    const bool has_level = codec == arrow::Compression::ZSTD;
    auto pager = parquet::PageWriter::Open(
        sink_, codec, metadata.get(), row_groups_, static_cast<int16_t>(index), pool_, /*buffered_row_group=*/false,
        /*header_encryptor=*/nullptr, /*data_encryptor=*/nullptr, /*page_write_checksum_enabled=*/true,
        page_index_ ? page_index_->GetColumnIndexBuilder(index) : nullptr,
        page_index_ ? page_index_->GetOffsetIndexBuilder(index) : nullptr,
        has_level ? arrow::util::CodecOptions(options_.level) : arrow::util::CodecOptions());
    int64_t raw_bytes = 0;
    if (column.dictionary) {
      raw_bytes += pager->WriteDictionaryPage(
          parquet::DictionaryPage(column.dictionary, column.dictionary_entries, parquet::Encoding::PLAIN));
      column.dictionary.reset();
    }
    int64_t rows = 0, values = 0;
    for (EncodedPage& page : column.pages) {
      // For the index. Without one, libparquet would write them into the page's header.
      const auto stats = page_index_ ? ToParquet(page.bounds, page.nulls, page.nulls == page.values, is_signed)
                                     : parquet::EncodedStatistics();
      const parquet::DataPageV1 framed(page.bytes, static_cast<int32_t>(page.values), ToParquet(page.encoding),
                                       parquet::Encoding::RLE, parquet::Encoding::RLE, page.raw_bytes, stats, rows);
      raw_bytes += pager->WriteDataPage(framed);
      rows += page.rows;
      values += page.values;
      page.bytes.reset();
    }
    metadata->SetStatistics(ToParquet(column.bounds, column.nulls, column.nulls == values, is_signed));
    const bool has_dictionary = column.dictionary_entries > 0;
    pager->Close(has_dictionary, has_dictionary && column.pages.back().encoding != PageEncoding::kDictionary);
    return raw_bytes;
  }

  // Throws what libparquet throws.
  void WritePageIndex() {
    if (!page_index_) return;
    page_index_->Finish();
    const auto locations = page_index_->WriteTo(sink_.get());
    metadata_->SetIndexLocations(parquet::IndexKind::kColumnIndex, locations.column_index_locations);
    metadata_->SetIndexLocations(parquet::IndexKind::kOffsetIndex, locations.offset_index_locations);
  }

  // Behind the row group, so that no filter has to wait for the file's end. Throws what libparquet throws.
  void WriteBloomFilter(EncodedColumn& column, int index) {
    const int64_t begin = sink_->position();
    if (column.bloom_filter) {
      PARQUET_THROW_NOT_OK(sink_->Write(column.bloom_filter));
      column.bloom_filter.reset();
    } else if (column.bloom_hashes) {
      WriteNewFilter(column);
    } else {
      return;
    }
    const auto length = static_cast<int32_t>(sink_->position() - begin);
    bloom_filters_.push_back({{row_groups_, index}, {begin, length}});
  }

  void WriteNewFilter(EncodedColumn& column) {
    const int64_t hashes = column.bloom_hashes->size() / static_cast<int64_t>(sizeof(uint64_t));
    parquet::BlockSplitBloomFilter filter(pool_);
    filter.Init(parquet::BlockSplitBloomFilter::OptimalNumOfBytes(static_cast<uint64_t>(hashes), kBloomFalsePositives));
    filter.InsertHashes(column.bloom_hashes->data_as<uint64_t>(), static_cast<int>(hashes));
    filter.WriteTo(sink_.get());
    column.bloom_hashes.reset();
  }

  const ParquetOptions options_;
  arrow::MemoryPool* const pool_;
  const std::shared_ptr<HashingSink> sink_;
  parquet::SchemaDescriptor descriptor_;
  std::shared_ptr<parquet::WriterProperties> properties_, uncompressed_;
  std::unique_ptr<parquet::FileMetaDataBuilder> metadata_;
  std::shared_ptr<const arrow::KeyValueMetadata> key_values_;
  std::unique_ptr<parquet::PageIndexBuilder> page_index_;
  parquet::IndexLocations bloom_filters_;
  std::vector<parquet::SortingColumn> sorting_columns_;  // of a row group whose rows are in order
  int16_t row_groups_ = 0;
  int64_t rows_ = 0;
};

}  // namespace

Result<std::unique_ptr<ParquetFile>> MakeParquetFile(std::unique_ptr<WritableFile> out,
                                                     std::shared_ptr<arrow::Schema> schema,
                                                     const ParquetOptions& options, arrow::MemoryPool* pool) {
  auto file = std::make_unique<File>(std::move(out), options, pool);
  ARROW_RETURN_NOT_OK(file->Open(*schema));
  return file;
}

}  // namespace freight
