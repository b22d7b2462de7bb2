// Finished Parquet pages as values, still without a file: what a column encoder leaves and a file writer frames.
#pragma once

#include "base/status.h"
#include "format/parquet_writer.h"
#include "format/snappy_numbers.h"
#include "format/snappy_text.h"
#include "format/zstd_planes.h"
#include "format/zstd_repeats.h"
#include "format/zstd_stride.h"
#include "format/zstd_text.h"

#include <arrow/buffer.h>
#include <arrow/util/compression.h>
#include <zstd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace freight {

enum class PageEncoding : uint8_t { kPlain, kDictionary, kDeltaBinaryPacked, kDeltaLengthByteArray, kByteStreamSplit };

// Lower and upper bound of the non-null values, each PLAIN-encoded without a length prefix. Absent when there is no
// value that can be ordered. Not exact: cut to kBoundBytesMax, still a bound.
struct ValueBounds {
  std::optional<std::string> min, max;
  bool min_exact = true;
  bool max_exact = true;
};
inline constexpr int64_t kBoundBytesMax = 64;
// A page of nothing but nulls would never fill; readers also keep 32-bit counts.
inline constexpr int64_t kPageRowsMax = 1 << 20;

struct EncodedPage {
  std::shared_ptr<arrow::Buffer> bytes;  // as stored: compressed unless the column is not
  int64_t raw_bytes = 0;
  int64_t rows = 0;
  int64_t values = 0;  // nulls included; more or fewer than rows only in nested columns
  int64_t nulls = 0;
  PageEncoding encoding = PageEncoding::kPlain;
  // The page ends with values - nulls little-endian numbers of so many bytes, PLAIN or split into streams. 0: it does
  // not.
  int number_width = 0;
  // ... or with so many bytes of strings, as they are or behind their lengths. 0: it does not.
  int64_t text_bytes = 0;
  ValueBounds bounds;
};

// How the pages of a column become zstd frames.
struct ZstdForm {
  bool wide_step = false;  // of the match finder
  bool large_text = false;  // matches are as long as in larger inputs
  Stride stride;           // taken for pages to which it fits
  Repeats repeats;         // likewise
  Planes planes;           // likewise, for pages of split streams
  bool pays = true;        // the sample shrinks by enough
};

struct EncodedColumn {
  std::shared_ptr<arrow::Buffer>
      dictionary;  // PLAIN and raw: the page writer compresses this one; null if there is none
  int32_t dictionary_entries = 0;
  std::vector<EncodedPage> pages;
  ValueBounds bounds;
  int64_t nulls = 0;
  std::shared_ptr<arrow::Buffer> bloom_hashes;  // uint64 each (parquet_bloom.h); null: no filter
  std::shared_ptr<arrow::Buffer> bloom_filter;  // ... or the filter itself, as it stood in another file
  bool compressed = false;
  bool keeps_codec = false;  // pages of another encoding may follow, so the first page cannot say that no codec pays
  ZstdForm zstd;             // decided on the first page of each encoding
  SnappyNumbers snappy;      // likewise; taken for pages to which it fits
  bool own_text = false;     // likewise: text is searched by TextMatcher, until a page does not repeat itself enough
  int64_t bytes() const;
};

// Thread: one at a time. Nothing in it passes from one page to the next but memory.
class PageTools {
 public:
  PageTools(arrow::MemoryPool* pool, arrow::MemoryPool* finished) : pool_(pool), finished_(finished) {}
  arrow::MemoryPool* pool() const { return pool_; }
  arrow::MemoryPool* finished() const { return finished_; }
  // Made when it is first asked for: it takes more than a megabyte.
  Result<ZSTD_CCtx*> Zstd();
  // With Zstd.
  LiteralCoder& literals() { return *literals_; }
  // Of at least `bytes`, valid until asked for again: what a page is compressed into, and another form of its values.
  Result<uint8_t*> Scratch(int64_t bytes);
  Result<uint8_t*> RewriteSpace(int64_t bytes);
  // Scratch, too.
  RepeatsWriter& repeats();
  TextMatcher& matcher() { return matcher_; }
  ZstdBlock& block();
  // Gives all scratch back; the next page allocates it again.
  void ReleaseScratch();

 private:
  struct FreeZstd {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  arrow::MemoryPool* const pool_;
  arrow::MemoryPool* const finished_;
  std::unique_ptr<ZSTD_CCtx, FreeZstd> zstd_;  // kept from page to page
  std::optional<LiteralCoder> literals_;       // with zstd_
  std::unique_ptr<arrow::ResizableBuffer> scratch_, rewrite_;
  std::unique_ptr<ZstdBlock> block_;
  std::unique_ptr<RepeatsWriter> repeats_;  // writes by way of it
  TextMatcher matcher_;
};

// Compresses pages through one codec, into buffers of exact size.
class PageCompressor {
 public:
  static Result<std::unique_ptr<PageCompressor>> Make(const ParquetOptions& options, std::shared_ptr<PageTools> tools);
  // Adds a page to the column. The first page decides, from its bytes alone, whether the column's codec pays.
  Status AddPage(EncodedPage page, std::string_view raw, EncodedColumn* column);
  // What these bytes would take in the file.
  Result<int64_t> StoredBytes(std::string_view raw);
  // The same of PLAIN numbers of `width` bytes, judged by some of them.
  Result<int64_t> StoredBytesAbout(std::string_view numbers, int width);
  // Scratch for another form of a page's values, valid until asked for again.
  Result<uint8_t*> RewriteSpace(int64_t bytes) { return tools_->RewriteSpace(bytes); }
  arrow::MemoryPool* pool() const { return tools_->pool(); }
  arrow::MemoryPool* finished() const { return tools_->finished(); }
  const ParquetOptions& options() const { return options_; }
  void ReleaseScratch() { tools_->ReleaseScratch(); }

 private:
  PageCompressor(const ParquetOptions& options, std::shared_ptr<PageTools> tools)
      : options_(options), tools_(std::move(tools)) {}
  bool zstd() const { return options_.codec == ParquetCodec::kZstd; }
  bool snappy() const { return options_.codec == ParquetCodec::kSnappy; }
  bool IsFastZstd() const;
  Result<std::string_view> Compress(std::string_view raw, const ZstdForm& form);
  Result<int64_t> CompressZstd(std::string_view raw, const ZstdForm& form, std::span<uint8_t> room);
  Result<ZstdForm> ChooseForm(std::string_view raw, const EncodedPage& page);
  Status JudgePlanes(std::string_view streams, int width, ZstdForm* form);
  Repeats ChooseRepeats(std::string_view numbers, int width, int64_t usual_bytes);
  std::optional<int64_t> WriteOwn(std::string_view raw, const EncodedPage& page, const EncodedColumn& column,
                                  std::span<uint8_t> room);
  Result<SnappyNumbers> ChooseSnappy(std::string_view raw, const EncodedPage& page);
  Result<std::string_view> CompressPage(std::string_view raw, const EncodedPage& page, EncodedColumn* column);
  int64_t SearchedBytes(const EncodedPage& page) const;
  Result<bool> LibsnappyDoesBetter(std::string_view text, size_t own_bytes);
  Result<std::optional<std::string_view>> CompressText(std::string_view raw, int64_t text_bytes);

  const ParquetOptions options_;
  const std::shared_ptr<PageTools> tools_;
  std::unique_ptr<arrow::util::Codec> codec_;  // of codecs other than zstd
};

arrow::Compression::type ArrowCodec(ParquetCodec codec);

}  // namespace freight
