// A large buffer in pages of its own, which the system gets back when it is freed: malloc would keep them.
#pragma once

#include <cstddef>

namespace freight {

class Pages {
 public:
  Pages() = default;
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  // To at least `bytes`, of which what was written stays. False when the system has no more.
  [[nodiscard]] bool Grow(size_t bytes);
  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  char* data_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace freight
