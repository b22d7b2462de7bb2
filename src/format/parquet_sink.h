// Output stream over a WritableFile for Arrow and Parquet writers: buffers, counts and hashes what passes.
#pragma once

#include "base/hash.h"
#include "base/status.h"
#include "format/parquet_writer.h"
#include "io/env.h"

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>

namespace freight {

class HashingSink : public arrow::io::OutputStream {
 public:
  explicit HashingSink(std::unique_ptr<WritableFile> out) : out_(std::move(out)) {}
  using arrow::io::OutputStream::Write;
  Status Write(const void* data, int64_t bytes) override;
  Result<int64_t> Tell() const override { return position_; }
  // Makes the file durable and closes it; the stream takes nothing after that.
  Status Close() override;
  bool closed() const override { return closed_; }
  int64_t position() const { return position_; }
  // What was written, once it is closed.
  FinishedFile Finished(int64_t rows) const { return {.rows = rows, .bytes = position_, .content_hash = hash_.Hex()}; }

 private:
  static constexpr size_t kBufferBytes = ParquetFile::kBufferBytes;
  Status Flush() override;

  const std::unique_ptr<WritableFile> out_;
  std::string buffer_;
  StreamHash hash_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace freight
