// Memory of pages: what is asked for, and how often.
#include "format/parquet_page_builder.h"

#include <arrow/memory_pool.h>
#include <gtest/gtest.h>

namespace freight {
namespace {

void FillPage(PageBuilder* page, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += 1000) {
    ASSERT_TRUE(page->Reserve(1000).ok());
    page->Advance(1000);
  }
  ASSERT_TRUE(page->AppendRows(nullptr, 0, bytes / 8, 0).ok());
}

TEST(PageBuilder, APageLikeTheLastOneIsAllocatedOnce) {
  const auto pool = arrow::MemoryPool::CreateDefault();
  PageBuilder page(/*nullable=*/false, 256 << 10, pool.get());
  FillPage(&page, 100'000);
  const int64_t first = pool->num_allocations();
  EXPECT_GT(first, 4) << "it grows by doubling";
  for (const int64_t bytes : {100'000, 105'000, 98'000}) {
    page.Release();
    EXPECT_EQ(pool->bytes_allocated(), 0);
    const int64_t before = pool->num_allocations();
    FillPage(&page, bytes);
    EXPECT_EQ(pool->num_allocations(), before + 1) << bytes;
    EXPECT_LT(pool->bytes_allocated(), 125'000) << bytes;
  }
}

TEST(PageBuilder, DoublingDoesNotOvershootAPage) {
  const auto pool = arrow::MemoryPool::CreateDefault();
  PageBuilder page(/*nullable=*/false, 256 << 10, pool.get());
  FillPage(&page, 256'000);
  EXPECT_LT(pool->bytes_allocated(), (256 << 10) + 4'096);
}

}  // namespace
}  // namespace freight
