// The text of a morsel: a few megabytes that come and go with every morsel, so they have pages of their own and are
// used again.
#pragma once

#include "io/pages.h"

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace freight {

// As a string, but what resize() adds is not written: it holds whatever was there. Runs out of memory as a string does.
class MorselText {
 public:
  MorselText() = default;
  // Borrows its pages, and gives them back when it is destroyed.
  explicit MorselText(std::shared_ptr<PageLender> lender);
  MorselText(MorselText&& o) noexcept;
  MorselText& operator=(MorselText&& o) noexcept;
  ~MorselText() { GiveBack(); }

  char* data() { return pages_.data(); }
  const char* data() const { return pages_.data(); }
  size_t size() const { return size_; }
  std::string_view view() const { return {data(), size_}; }
  size_t capacity() const { return pages_.bytes(); }
  char& operator[](size_t i) { return pages_.data()[i]; }
  char operator[](size_t i) const { return pages_.data()[i]; }
  char* begin() { return data(); }
  char* end() { return data() + size_; }
  const char* begin() const { return data(); }
  const char* end() const { return data() + size_; }

  void resize(size_t size) {
    Reserve(size);
    size_ = size;
  }
  // `text` may be a piece of this.
  void assign(std::string_view text);
  void append(std::string_view text);
  void erase_front(size_t bytes);

 private:
  void Reserve(size_t size);
  void GiveBack();

  std::shared_ptr<PageLender> lender_;
  Pages pages_;
  size_t size_ = 0;
};

}  // namespace freight
