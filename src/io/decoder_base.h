// What all decoders share: the compressed side, and reading and skipping over single steps.
#pragma once

#include "io/decoder.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

// One buffer of the file, refilled when it is used up.
class CompressedInput {
 public:
  static constexpr int64_t kBufferBytes = 256 * 1024;
  CompressedInput(ArchiveFile file, const char* format);

  // Makes at least one byte available unless the file has ended.
  Status Fill();
  uint8_t* data() { return buffer_.data() + at_; }
  int64_t left() const { return end_ - at_; }
  bool ended() const { return ended_; }
  int64_t offset() const { return read_ - left(); }
  void Skip(int64_t bytes) { at_ += bytes; }

  Status Truncated() const;
  Status Corrupt(std::string_view reason) const;
  Status WindowTooLarge() const;  // than kWindowBytesMax

 private:
  const std::unique_ptr<ReadableFile> file_;
  const std::string path_;
  const char* const format_;
  std::vector<uint8_t> buffer_;
  int64_t at_ = 0;
  int64_t end_ = 0;
  int64_t read_ = 0;
  bool ended_ = false;
};

// Skipping is decoding and dropping.
class Decoder : public ByteStream {
 public:
  Decoder(ArchiveFile file, const char* format) : input_(std::move(file), format) {}
  Result<int64_t> Read(int64_t bytes, void* out) final;
  Status SkipTo(int64_t offset) final;
  int64_t memory_bytes() const final { return CompressedInput::kBufferBytes + state_bytes(); }

 protected:
  virtual int64_t state_bytes() const = 0;
  // One step: up to `bytes` decoded bytes, possibly none; sets finished_ after the last one.
  virtual Result<int64_t> Decode(int64_t bytes, uint8_t* out) = 0;

  CompressedInput input_;
  bool finished_ = false;

 private:
  int64_t offset_ = 0;
};

}  // namespace freight
