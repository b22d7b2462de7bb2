// What the generators of benchmark data share: random numbers, digits, dates, files written whole buffers at a time.
#pragma once

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace gen {

constexpr size_t kBufferBytes = 4 << 20;

// splitmix64: the same numbers everywhere, unlike the distributions of <random>.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  int64_t Below(int64_t n) {
    return static_cast<int64_t>((static_cast<unsigned __int128>(Next()) * static_cast<uint64_t>(n)) >> 64);
  }

 private:
  uint64_t state_;
};

[[noreturn]] inline void Die(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::exit(2);
}

inline int64_t ParseNumber(const std::string& key, const char* text) {
  int64_t value = 0;
  const char* end = text + std::strlen(text);
  if (std::from_chars(text, end, value).ptr != end || value < 0) Die(key + " takes a whole number");
  return value;
}

inline void AppendInt(std::string& out, int64_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr - digits);
}

inline void AppendPadded(std::string& out, int64_t value, int width) {
  const size_t end = out.size() + width;
  out.append(width, '0');
  for (size_t i = end; value > 0; value /= 10) out[--i] = static_cast<char>('0' + value % 10);
}

inline void AppendCents(std::string& out, int64_t cents) {
  AppendInt(out, cents / 100);
  out += '.';
  AppendPadded(out, cents % 100, 2);
}

// "YYYY-MM-DD" by Hinnant's civil-from-days.
inline std::string DayText(int64_t days) {
  const int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
  const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  const int64_t month = mp < 10 ? mp + 3 : mp - 9;
  std::string text;
  AppendPadded(text, yoe + era * 400 + (month <= 2), 4);
  text += '-';
  AppendPadded(text, month, 2);
  text += '-';
  AppendPadded(text, doy - (153 * mp + 2) / 5 + 1, 2);
  return text;
}

// A file that rows are appended to; counts its bytes.
class Output {
 public:
  explicit Output(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "wb")) {
    if (file_ == nullptr) Fail();
    buffer_.reserve(kBufferBytes + (1 << 16));
  }
  std::string& buffer() { return buffer_; }
  int64_t bytes() const { return written_ + static_cast<int64_t>(buffer_.size()); }
  void RowDone() {
    if (buffer_.size() >= kBufferBytes) Flush();
  }
  void Close() {
    Flush();
    if (std::fclose(file_) != 0) Fail();
  }

 private:
  [[noreturn]] void Fail() const { Die(path_ + ": " + std::strerror(errno)); }
  void Flush() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) Fail();
    written_ += static_cast<int64_t>(buffer_.size());
    buffer_.clear();
  }

  std::string path_;
  std::FILE* file_;
  std::string buffer_;
  int64_t written_ = 0;
};

inline void WriteText(const std::string& path, std::string_view text) {
  Output out(path);
  out.buffer() = text;
  out.Close();
}

}  // namespace gen
