// Compression of finished pages and the decision whether a column is compressed at all.
#include "format/parquet_pages.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace freight {
namespace {

// The step of zstd's fast match finder goes with this parameter, which is 0 at level 1: on numbers that hardly repeat,
// looking at every third place instead of every second one costs a third less time and leaves smaller literals.
constexpr int kWideStep = 2;
constexpr int kFastLevelMax = 2;  // the levels that use the fast match finder
// Level 1 looks for matches of six bytes in a page and of seven in a larger input. Sentences do better with the latter,
// as fast and 4 % smaller; text of many short words does not.
constexpr size_t kLargeTextBytes = 128 << 10;
constexpr int kTextMatchMin = 7;
constexpr size_t kSnappyFragmentBytes = 64 << 10;
// Fewer are not worth four tables.
constexpr int64_t kSearchedBytesMin = 64 << 10;
// What a page is judged by: a sixteenth of it.
constexpr size_t kSampledBytesMin = 32 << 10;
constexpr size_t kSampleBytesMax = 16 << 10;
// Strides, and Snappy blocks of numbers, cost next to no time: they may be this much larger than what a search finds.
constexpr int64_t kOwnWorsePercent = 102;
// Numbers of which fewer come back are not worth a closer look.
constexpr int64_t kRepeatedPercentMin = 40;
// Repeats take the same time for each number and half of zstd's where sequences are many. Where they are fewer than
// these, zstd is as fast, and room must be saved.
constexpr int64_t kSequencesPercentMin = 40;
constexpr int64_t kLongRepeatsPercent = 90;

// A codec that saves less costs more than it saves: at the fast levels, whose time is worth more than a little room,
// as at the slow ones.
constexpr size_t kSavedPercentFast = 8;
constexpr size_t kSavedPercent = 3;

bool Saves(size_t percent, size_t compressed, size_t raw) { return compressed * 100 < raw * (100 - percent); }

// Whole numbers, when all are. From the middle: the luck of the first ones does not decide.
std::string_view SampleOf(std::string_view bytes) {
  const size_t length = std::min(bytes.size() / 16, kSampleBytesMax) / 8 * 8;
  return bytes.substr((bytes.size() - length) / 2 / 8 * 8, length);
}

// A slice from the middle of each stream, one behind the other.
std::string SampleOfStreams(std::string_view streams, int width) {
  const size_t length = streams.size() / static_cast<size_t>(width);
  const size_t part = std::min(length / 16, kSampleBytesMax / static_cast<size_t>(width));
  std::string sample;
  for (size_t at = 0; at < streams.size(); at += length) sample += streams.substr(at + (length - part) / 2, part);
  return sample;
}

int64_t NumberBytes(const EncodedPage& page) { return (page.values - page.nulls) * page.number_width; }

// No stride if zstd itself does better. Codes take time: they are for numbers that would be too large without.
StrideEstimate ChooseStride(std::string_view numbers, int width, int64_t usual_bytes) {
  const auto fits = [&](const StrideEstimate& estimate) {
    return estimate.bytes * 100 <= usual_bytes * kOwnWorsePercent;
  };
  const StrideEstimate plain = EstimateStride(numbers, width);
  if (fits(plain)) return plain;
  const StrideEstimate coded = EstimateCodedStride(numbers, plain);
  return fits(coded) ? coded : StrideEstimate{};
}

Result<std::shared_ptr<arrow::Buffer>> CopyExact(std::string_view bytes, arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(auto copy, arrow::AllocateBuffer(static_cast<int64_t>(bytes.size()), pool));
  std::memcpy(copy->mutable_data(), bytes.data(), bytes.size());
  return std::shared_ptr<arrow::Buffer>(std::move(copy));
}

Result<uint8_t*> AtLeast(int64_t bytes, arrow::MemoryPool* pool, std::unique_ptr<arrow::ResizableBuffer>* buffer) {
  if (!*buffer) {
    ARROW_ASSIGN_OR_RAISE(*buffer, arrow::AllocateResizableBuffer(bytes, pool));
  } else if ((*buffer)->size() < bytes) {
    ARROW_RETURN_NOT_OK((*buffer)->Resize(bytes, /*shrink_to_fit=*/false));
  }
  return (*buffer)->mutable_data();
}

}  // namespace

arrow::Compression::type ArrowCodec(ParquetCodec codec) {
  switch (codec) {
    case ParquetCodec::kNone: return arrow::Compression::UNCOMPRESSED;
    case ParquetCodec::kSnappy: return arrow::Compression::SNAPPY;
    case ParquetCodec::kZstd: return arrow::Compression::ZSTD;
  }
  return arrow::Compression::UNCOMPRESSED;
}

int64_t EncodedColumn::bytes() const {
  int64_t total = 0;
  for (const auto& part : {dictionary, bloom_hashes, bloom_filter}) total += part ? part->size() : 0;
  for (const EncodedPage& page : pages) total += page.bytes->size();
  return total;
}

std::shared_ptr<PageTools> MakePageTools(arrow::MemoryPool* pool, arrow::MemoryPool* finished) {
  return std::make_shared<PageTools>(pool, finished);
}

Result<ZSTD_CCtx*> PageTools::Zstd() {
  if (!zstd_) {
    zstd_.reset(ZSTD_createCCtx());
    if (!zstd_) return arrow::Status::OutOfMemory("a zstd compressor");
    literals_.emplace(zstd_.get());
  }
  return zstd_.get();
}

Result<uint8_t*> PageTools::Scratch(int64_t bytes) { return AtLeast(bytes, pool_, &scratch_); }

Result<uint8_t*> PageTools::RewriteSpace(int64_t bytes) { return AtLeast(bytes, pool_, &rewrite_); }

ZstdBlock& PageTools::block() {
  if (!block_) block_ = std::make_unique_for_overwrite<ZstdBlock>();
  return *block_;
}

RepeatsWriter& PageTools::repeats() {
  if (!repeats_) repeats_ = std::make_unique<RepeatsWriter>(block());
  return *repeats_;
}

void PageTools::ReleaseScratch() {
  repeats_.reset();
  block_.reset();
  matcher_.ReleaseScratch();
  scratch_.reset();
  rewrite_.reset();
}

Result<std::unique_ptr<PageCompressor>> PageCompressor::Make(const ParquetOptions& options,
                                                             std::shared_ptr<PageTools> tools) {
  std::unique_ptr<PageCompressor> made(new PageCompressor(options, std::move(tools)));
  if (!made->zstd() && options.codec != ParquetCodec::kNone) {
    ARROW_ASSIGN_OR_RAISE(made->codec_, arrow::util::Codec::Create(ArrowCodec(options.codec)));
  }
  return made;
}

Status PageCompressor::AddPage(EncodedPage page, std::string_view raw, EncodedColumn* column) {
  page.raw_bytes = static_cast<int64_t>(raw.size());
  column->nulls += page.nulls;
  std::string_view stored = raw;
  const bool first = column->pages.empty();
  if (options_.codec != ParquetCodec::kNone && (first || column->compressed)) {
    if (first || column->pages.back().encoding != page.encoding) {
      ARROW_RETURN_NOT_OK(ChooseForm(raw, page).Value(&column->zstd));
      ARROW_RETURN_NOT_OK(ChooseSnappy(raw, page).Value(&column->snappy));
      column->own_text = SearchedBytes(page) > 0;
    }
    // A dictionary that outweighs the page is text, and text compresses.
    const bool heavy_dictionary = column->dictionary && column->dictionary->size() > page.raw_bytes;
    const bool keeps_codec = !first || column->keeps_codec || heavy_dictionary;
    if (keeps_codec || column->zstd.pays) {
      ARROW_RETURN_NOT_OK(CompressPage(raw, page, column).Value(&stored));
    }
    const size_t percent = page.text_bytes > 0 && IsFastZstd() ? kSavedPercentFast : kSavedPercent;
    if (first) column->compressed = keeps_codec || Saves(percent, stored.size(), raw.size());
    if (!column->compressed) stored = raw;
  }
  ARROW_ASSIGN_OR_RAISE(page.bytes, CopyExact(stored, tools_->finished()));
  column->pages.push_back(std::move(page));
  return Status::OK();
}

Result<int64_t> PageCompressor::StoredBytes(std::string_view raw) {
  if (options_.codec == ParquetCodec::kNone) return static_cast<int64_t>(raw.size());
  ARROW_ASSIGN_OR_RAISE(const std::string_view compressed, Compress(raw, ZstdForm{}));
  return static_cast<int64_t>(std::min(compressed.size(), raw.size()));
}

Result<int64_t> PageCompressor::StoredBytesAbout(std::string_view numbers, int width) {
  if (numbers.size() < kSampledBytesMin) return StoredBytes(numbers);
  const std::string_view sample = SampleOf(numbers);
  ARROW_ASSIGN_OR_RAISE(int64_t bytes, StoredBytes(sample));
  const StrideEstimate strided = zstd() ? ChooseStride(sample, width, bytes) : StrideEstimate{};
  if (strided.stride.low > 0) bytes = std::min(bytes, strided.bytes);
  return bytes * static_cast<int64_t>(numbers.size() / sample.size());
}

bool PageCompressor::IsFastZstd() const {
  return zstd() && options_.level >= 0 && options_.level <= kFastLevelMax;
}

Result<std::string_view> PageCompressor::Compress(std::string_view raw, const ZstdForm& form) {
  const auto* input = reinterpret_cast<const uint8_t*>(raw.data());
  const int64_t length = static_cast<int64_t>(raw.size());
  const int64_t room =
      zstd() ? static_cast<int64_t>(ZSTD_compressBound(raw.size())) : codec_->MaxCompressedLen(length, input);
  ARROW_ASSIGN_OR_RAISE(uint8_t* const out, tools_->Scratch(room));
  ARROW_ASSIGN_OR_RAISE(const int64_t written, zstd() ? CompressZstd(raw, form, {out, static_cast<size_t>(room)})
                                                      : codec_->Compress(length, input, room, out));
  return std::string_view(reinterpret_cast<const char*>(out), static_cast<size_t>(written));
}

Result<int64_t> PageCompressor::CompressZstd(std::string_view raw, const ZstdForm& form, std::span<uint8_t> room) {
  ARROW_ASSIGN_OR_RAISE(ZSTD_CCtx* const zstd, tools_->Zstd());
  ZSTD_CCtx_reset(zstd, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, options_.level);
  if (form.wide_step) {
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_strategy, ZSTD_fast);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_targetLength, kWideStep);
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_minMatch, 5);
  } else if (form.large_text) {
    ZSTD_CCtx_setParameter(zstd, ZSTD_c_minMatch, kTextMatchMin);
  }
  const size_t written = ZSTD_compress2(zstd, room.data(), room.size(), raw.data(), raw.size());
  if (ZSTD_isError(written)) return arrow::Status::IOError("zstd: ", ZSTD_getErrorName(written));
  return static_cast<int64_t>(written);
}

std::optional<int64_t> PageCompressor::WriteOwn(std::string_view raw, const EncodedPage& page,
                                                const EncodedColumn& column, std::span<uint8_t> room) {
  const int64_t number_bytes = NumberBytes(page);
  if (snappy()) return WriteSnappyNumbers(raw, number_bytes, column.snappy, room);
  const ZstdForm& form = column.zstd;
  LiteralCoder& coder = tools_->literals();
  if (form.planes.width > 0) return WritePlanesFrame(raw, number_bytes, form.planes, coder, room);
  if (form.stride.low > 0) return WriteStrideFrame(raw, number_bytes, form.stride, coder, room);
  return tools_->repeats().WriteFrame(raw, number_bytes, form.repeats, coder, room);
}

// How many bytes at the end of the page TextMatcher may search: text, or deltas, which come back as words do.
int64_t PageCompressor::SearchedBytes(const EncodedPage& page) const {
  const bool quick = snappy() || (zstd() && options_.level == 1);
  const int64_t bytes = page.encoding == PageEncoding::kDeltaBinaryPacked ? page.raw_bytes : page.text_bytes;
  const bool fits = bytes >= kSearchedBytesMin && bytes <= static_cast<int64_t>(TextMatch::kTextBytesMax);
  return quick && fits ? bytes : 0;
}

// Nothing if a closer search would make less of it.
Result<std::optional<std::string_view>> PageCompressor::CompressText(std::string_view raw, int64_t text_bytes) {
  if (zstd()) ARROW_RETURN_NOT_OK(tools_->Zstd().status());  // the literal coder's
  const size_t room = zstd() ? ZstdTextWriter::RoomFor(raw.size()) : SnappyTextRoomFor(raw.size());
  ARROW_ASSIGN_OR_RAISE(uint8_t* const scratch, tools_->Scratch(static_cast<int64_t>(room)));
  const std::span<uint8_t> out(scratch, room);
  TextMatcher& matcher = tools_->matcher();
  const auto written =
      zstd() ? ZstdTextWriter(matcher, tools_->block()).WriteFrame(raw, text_bytes, tools_->literals(), out)
             : WriteSnappyText(raw, text_bytes, matcher, out);
  if (!written) return std::optional<std::string_view>{};
  return std::string_view(reinterpret_cast<const char*>(scratch), static_cast<size_t>(*written));
}

// Judged by a fragment, which libsnappy compresses for itself in any case: shorter copies than ours are worth it for
// words that follow each other in ever other ways.
Result<bool> PageCompressor::LibsnappyDoesBetter(std::string_view text, size_t own_bytes) {
  const size_t length = std::min(text.size(), kSnappyFragmentBytes);
  const auto* const sample = reinterpret_cast<const uint8_t*>(text.data()) + (text.size() - length) / 2;
  const auto bytes = static_cast<int64_t>(length);
  const int64_t room = codec_->MaxCompressedLen(bytes, sample);
  ARROW_ASSIGN_OR_RAISE(uint8_t* const out, tools_->RewriteSpace(room));  // the page is in the other scratch
  ARROW_ASSIGN_OR_RAISE(const int64_t usual, codec_->Compress(bytes, sample, room, out));
  return own_bytes * length * 100 > static_cast<size_t>(usual * kOwnWorsePercent) * text.size();
}

Result<std::string_view> PageCompressor::CompressPage(std::string_view raw, const EncodedPage& page,
                                                      EncodedColumn* column) {
  const int64_t searched = column->own_text ? SearchedBytes(page) : 0;
  if (searched > 0) {
    ARROW_ASSIGN_OR_RAISE(const auto written, CompressText(raw, searched));
    bool larger = false;
    if (written && snappy() && column->pages.empty()) {
      const std::string_view text = raw.substr(raw.size() - static_cast<size_t>(searched));
      ARROW_RETURN_NOT_OK(LibsnappyDoesBetter(text, written->size()).Value(&larger));
    }
    if (written && !larger) return *written;
    column->own_text = false;  // of the pages that follow, too
  }
  const ZstdForm& form = column->zstd;
  if (column->snappy.width > 0 || form.stride.low > 0 || form.repeats.width > 0 || form.planes.width > 0) {
    if (zstd()) ARROW_RETURN_NOT_OK(tools_->Zstd().status());  // the literal coder's
    ARROW_ASSIGN_OR_RAISE(uint8_t* const out, tools_->Scratch(page.raw_bytes));
    const auto written = WriteOwn(raw, page, *column, {out, raw.size()});
    if (written) return std::string_view(reinterpret_cast<const char*>(out), static_cast<size_t>(*written));
  }
  return Compress(raw, form);
}

Status PageCompressor::JudgePlanes(std::string_view streams, int width, ZstdForm* form) {
  ARROW_ASSIGN_OR_RAISE(const std::string_view usual, Compress(streams, ZstdForm{}));
  const PlanesEstimate estimate = EstimatePlanes(streams, width);
  if (estimate.bytes * 100 > static_cast<int64_t>(usual.size()) * kOwnWorsePercent) return Status::OK();
  form->planes = estimate.planes;
  form->pays = Saves(kSavedPercentFast, static_cast<size_t>(estimate.bytes), streams.size());
  return Status::OK();
}

Repeats PageCompressor::ChooseRepeats(std::string_view numbers, int width, int64_t usual_bytes) {
  if (RepeatedPercent(numbers, width) < kRepeatedPercentMin) return {};
  const RepeatsEstimate estimate = tools_->repeats().Estimate(numbers, width);
  const int64_t count = static_cast<int64_t>(numbers.size()) / width;
  const int64_t percent = estimate.sequences * 100 >= count * kSequencesPercentMin ? 100 : kLongRepeatsPercent;
  return estimate.bytes * 100 <= usual_bytes * percent ? estimate.repeats : Repeats{};
}

Result<ZstdForm> PageCompressor::ChooseForm(std::string_view raw, const EncodedPage& page) {
  ZstdForm form;
  const auto numbers = static_cast<size_t>(NumberBytes(page));
  if (!IsFastZstd() || raw.size() < kSampledBytesMin) return form;
  if (page.text_bytes > 0) {  // mostly pays, and the page itself says so for the time that a few samples take
    form.large_text = options_.level == 1 && raw.size() >= kLargeTextBytes;
    return form;
  }
  const bool typed = numbers >= kSampledBytesMin;
  const std::string_view values = typed ? raw.substr(raw.size() - numbers) : raw;
  if (typed && page.encoding == PageEncoding::kByteStreamSplit) {
    ARROW_RETURN_NOT_OK(JudgePlanes(SampleOfStreams(values, page.number_width), page.number_width, &form));
    if (form.planes.width > 0) return form;
  }
  const std::string_view sample = SampleOf(values);
  ARROW_ASSIGN_OR_RAISE(const std::string_view usual, Compress(sample, form));
  size_t least = usual.size();
  if (typed && page.encoding == PageEncoding::kPlain) {
    form.stride = ChooseStride(sample, page.number_width, static_cast<int64_t>(least)).stride;
    if (form.stride.low > 0) return form;
    form.repeats = ChooseRepeats(sample, page.number_width, static_cast<int64_t>(least));
    if (form.repeats.width > 0) return form;
  }
  ARROW_ASSIGN_OR_RAISE(const std::string_view wide, Compress(sample, ZstdForm{.wide_step = true}));
  form.wide_step = wide.size() < least;
  form.pays = Saves(kSavedPercentFast, std::min(least, wide.size()), sample.size());
  return form;
}

Result<SnappyNumbers> PageCompressor::ChooseSnappy(std::string_view raw, const EncodedPage& page) {
  const auto numbers = static_cast<size_t>(NumberBytes(page));
  if (!snappy() || page.encoding != PageEncoding::kPlain || numbers < kSampledBytesMin) return SnappyNumbers{};
  const std::string_view sample = SampleOf(raw.substr(raw.size() - numbers));
  ARROW_ASSIGN_OR_RAISE(const std::string_view usual, Compress(sample, ZstdForm{}));
  const auto bytes_max = static_cast<int64_t>(usual.size()) * kOwnWorsePercent / 100;
  ARROW_ASSIGN_OR_RAISE(uint8_t* const out, tools_->Scratch(static_cast<int64_t>(sample.size())));
  return ChooseSnappyNumbers(sample, page.number_width, bytes_max, {out, sample.size()});
}

}  // namespace freight
