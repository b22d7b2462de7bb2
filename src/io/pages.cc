// mmap, and mremap instead of copying; under sanitizers malloc: one sees who reads behind the end then, and the other
// one knows nothing of pages that were moved.
#include "io/pages.h"

#include <sys/mman.h>

#include <cstdlib>

namespace freight {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
char* Map(char* data, size_t, size_t bytes) { return static_cast<char*>(std::realloc(data, bytes)); }

void Unmap(char* data, size_t) { std::free(data); }
#else
char* Map(char* data, size_t old_bytes, size_t bytes) {
  void* mapped = data == nullptr ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                                 : mremap(data, old_bytes, bytes, MREMAP_MAYMOVE);
  return mapped == MAP_FAILED ? nullptr : static_cast<char*>(mapped);
}

void Unmap(char* data, size_t bytes) { munmap(data, bytes); }
#endif

}  // namespace

Pages& Pages::operator=(Pages&& o) noexcept {
  if (this == &o) return *this;
  Free();
  data_ = std::exchange(o.data_, nullptr);
  bytes_ = std::exchange(o.bytes_, 0);
  return *this;
}

bool Pages::Grow(size_t bytes) {
  if (bytes <= bytes_) return true;
  char* grown = Map(data_, bytes_, bytes);
  if (grown == nullptr) return false;
  data_ = grown;
  bytes_ = bytes;
  return true;
}

void Pages::Free() {
  if (data_ != nullptr) Unmap(data_, bytes_);
}

Pages PageLender::Lend() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Pages pages = std::move(idle_.back());
      idle_.pop_back();
      return pages;
    }
  }
  Pages pages;
  if (!pages.Grow(bytes_)) return {};
  return pages;
}

void PageLender::TakeBack(Pages pages) {
  if (pages.bytes() != bytes_) return;
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(pages));
}

}  // namespace freight
