// Grows by doubling.
#include "format/morsel_text.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace freight {

MorselText::MorselText(std::shared_ptr<PageLender> lender) : lender_(std::move(lender)), pages_(lender_->Lend()) {
  if (pages_.data() == nullptr) throw std::bad_alloc();
}

MorselText::MorselText(MorselText&& o) noexcept
    : lender_(std::move(o.lender_)), pages_(std::move(o.pages_)), size_(std::exchange(o.size_, 0)) {}

MorselText& MorselText::operator=(MorselText&& o) noexcept {
  if (this == &o) return *this;
  GiveBack();
  lender_ = std::move(o.lender_);
  pages_ = std::move(o.pages_);
  size_ = std::exchange(o.size_, 0);
  return *this;
}

void MorselText::assign(std::string_view text) {
  Reserve(text.size());
  if (!text.empty()) std::memmove(data(), text.data(), text.size());
  size_ = text.size();
}

void MorselText::append(std::string_view text) {
  const size_t before = size_;
  resize(before + text.size());
  if (!text.empty()) std::memcpy(data() + before, text.data(), text.size());
}

void MorselText::erase_front(size_t bytes) {
  if (bytes == 0) return;
  size_ -= bytes;
  std::memmove(data(), data() + bytes, size_);
}

void MorselText::Reserve(size_t size) {
  if (size > capacity() && !pages_.Grow(std::max(size, 2 * capacity()))) throw std::bad_alloc();
}

void MorselText::GiveBack() {
  if (lender_ && pages_.data() != nullptr) lender_->TakeBack(std::move(pages_));
  lender_.reset();
}

}  // namespace freight
