// Random access to a file of Env.
#include "format/parquet_input.h"

#include <arrow/buffer.h>
#include <arrow/memory_pool.h>

#include <utility>

namespace freight {
namespace {

class EnvFile final : public arrow::io::RandomAccessFile {
 public:
  EnvFile(std::unique_ptr<ReadableFile> file, int64_t size, arrow::MemoryPool* pool)
      : file_(std::move(file)), size_(size), pool_(pool) {}
  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }
  Result<int64_t> Tell() const override { return position_; }
  Status Seek(int64_t position) override {
    position_ = position;
    return Status::OK();
  }
  Result<int64_t> GetSize() override { return size_; }
  Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    return file_->ReadAt(position, bytes, out);
  }
  Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::ResizableBuffer> buffer, arrow::AllocateResizableBuffer(bytes, pool_));
    ARROW_ASSIGN_OR_RAISE(const int64_t got, file_->ReadAt(position, bytes, buffer->mutable_data()));
    ARROW_RETURN_NOT_OK(buffer->Resize(got));
    return buffer;
  }
  Result<int64_t> Read(int64_t bytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t got, ReadAt(position_, bytes, out));
    position_ += got;
    return got;
  }
  Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, bytes));
    position_ += buffer->size();
    return buffer;
  }

 private:
  const std::unique_ptr<ReadableFile> file_;
  const int64_t size_;
  arrow::MemoryPool* const pool_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace

Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenRandomAccess(Env& env, const std::string& path,
                                                                      arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(auto opened, env.OpenRead(path));
  ARROW_ASSIGN_OR_RAISE(const FileStat stat, opened->Stat());
  return std::make_shared<EnvFile>(std::move(opened), stat.size_bytes, pool ? pool : arrow::default_memory_pool());
}

}  // namespace freight
