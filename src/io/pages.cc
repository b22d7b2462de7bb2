// mmap, and mremap instead of copying.
#include "io/pages.h"

#include <sys/mman.h>

namespace freight {

Pages::~Pages() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

bool Pages::Grow(size_t bytes) {
  if (bytes <= bytes_) return true;
  void* grown = data_ == nullptr ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                                 : mremap(data_, bytes_, bytes, MREMAP_MAYMOVE);
  if (grown == MAP_FAILED) return false;
  data_ = static_cast<char*>(grown);
  bytes_ = bytes;
  return true;
}

}  // namespace freight
