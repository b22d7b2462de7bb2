// Large buffers in pages of their own: malloc would keep them, or put what lives longer into the holes that they leave.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace freight {

// The system gets the pages back when they are freed. Those that nothing was written to take no memory.
class Pages {
 public:
  Pages() = default;
  Pages(Pages&& o) noexcept : data_(std::exchange(o.data_, nullptr)), bytes_(std::exchange(o.bytes_, 0)) {}
  Pages& operator=(Pages&& o) noexcept;
  ~Pages() { Free(); }
  // To at least `bytes`, of which what was written stays. False when the system has no more.
  [[nodiscard]] bool Grow(size_t bytes);
  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  void Free();

  char* data_ = nullptr;
  size_t bytes_ = 0;
};

// Lends buffers of one size again and again: no more are held than were lent at the same time.
// Thread: all methods may be called from any thread.
class PageLender {
 public:
  explicit PageLender(size_t bytes) : bytes_(bytes) {}
  // With whatever the last one wrote. Empty when the system has no more.
  Pages Lend();
  // Drops what has grown.
  void TakeBack(Pages pages);

 private:
  const size_t bytes_;
  std::mutex mutex_;
  std::vector<Pages> idle_;
};

}  // namespace freight
