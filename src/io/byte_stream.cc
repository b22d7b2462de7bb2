// Plain byte streams, and the choice of a decoder by name.
#include "io/byte_stream.h"

#include "io/decoder.h"
#include "io/parallel_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace freight {
namespace {

constexpr int64_t kDropBytes = 256 * 1024;

class PlainStream final : public ByteStream {
 public:
  PlainStream(std::unique_ptr<ReadableFile> file, bool seekable) : file_(std::move(file)), seekable_(seekable) {}

  Result<int64_t> Read(int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, file_->ReadAt(offset_, bytes, out));
    offset_ += got;
    return got;
  }

  Status SkipTo(int64_t offset) override {
    FREIGHT_ASSERT(offset >= offset_);
    if (seekable_) {
      offset_ = offset;
      return Status::OK();
    }
    std::vector<char> dropped(static_cast<size_t>(std::min(offset - offset_, kDropBytes)));
    while (offset_ < offset) {
      ARROW_ASSIGN_OR_RAISE(const int64_t got, Read(std::min(offset - offset_, kDropBytes), dropped.data()));
      if (got == 0) break;
    }
    return Status::OK();
  }

 private:
  const std::unique_ptr<ReadableFile> file_;
  const bool seekable_;
  int64_t offset_ = 0;
};

class MemoryStream final : public ByteStream {
 public:
  explicit MemoryStream(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<int64_t> Read(int64_t bytes, void* out) override {
    const int64_t got = std::clamp<int64_t>(static_cast<int64_t>(bytes_.size()) - offset_, 0, bytes);
    if (got > 0) std::memcpy(out, bytes_.data() + offset_, static_cast<size_t>(got));
    offset_ += got;
    return got;
  }

  Status SkipTo(int64_t offset) override {
    FREIGHT_ASSERT(offset >= offset_);
    offset_ = offset;
    return Status::OK();
  }

 private:
  const std::string bytes_;
  int64_t offset_ = 0;
};

}  // namespace

bool IsCompressed(std::string_view path) {
  return std::any_of(std::begin(kCompressedSuffixes), std::end(kCompressedSuffixes),
                     [&](std::string_view suffix) { return path.ends_with(suffix); });
}

int WorkersPerDecoder(const std::string& path) { return path.ends_with(".gz") || path.ends_with(".zst") ? 4 : 1; }

std::unique_ptr<ByteStream> OpenDecoder(ArchiveFile file) {
  if (file.path.ends_with(".gz")) return GzipStream(std::move(file));
  if (file.path.ends_with(".zst")) return ZstdStream(std::move(file));
  if (file.path.ends_with(".bz2")) return Bzip2Stream(std::move(file));
  if (file.path.ends_with(".xz")) return XzStream(std::move(file));
  return nullptr;
}

Result<std::unique_ptr<ByteStream>> OpenByteStream(Env& env, const std::string& path, const DecodeOptions& options) {
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, env.Stat(path));
  if (stat.kind == FileKind::kDirectory) {
    return Fail(Reaction::kInvalid, "\"{}\" is a directory", path)
        .Help(fmt::format("name its files with a glob, for example \"{}\"", JoinPath(path, "*.csv")));
  }
  ARROW_ASSIGN_OR_RAISE(auto file, env.OpenRead(path));
  if (!IsCompressed(path)) return std::make_unique<PlainStream>(std::move(file), stat.kind == FileKind::kFile);
  if (options.threads > 1 && stat.kind == FileKind::kFile && stat.size_bytes >= kParallelBytesMin) {
    return ParallelStream({std::move(file), path}, options);
  }
  return OpenDecoder({std::move(file), path});
}

std::unique_ptr<ByteStream> StringStream(std::string bytes) { return std::make_unique<MemoryStream>(std::move(bytes)); }

}  // namespace freight
