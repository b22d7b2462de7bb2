// Progress as text, on terminals of any width and without one.
#include "cli/progress.h"

#include "cli/text.h"
#include "io/fault_env.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

Progress Sample() {
  return {.rows = 1'234'567, .quarantined = 89, .bytes_done = 200'000'000, .bytes_total = 600'000'000,
          .chunks_done = 1, .chunks_total = 4, .memory_bytes = 32 << 20, .elapsed_ns = 2 * kSecond};
}

TEST(ProgressText, HasRateChunksAndTimeLeft) {
  Progress progress = Sample();
  EXPECT_EQ(ProgressText(progress, {}, 0),
            "1,234,567 rows, 100 MB/s, chunk 2 of 4, 89 quarantined, 32.0 MiB, 4.0 s left");
  progress.chunks_done = 9;
  progress.bytes_total = 0;
  EXPECT_EQ(ProgressText(progress, {}, 0), "1,234,567 rows, 100 MB/s, chunk 9 of 9, 89 quarantined, 32.0 MiB");
}

TEST(ProgressText, WhatAnEarlierRunReadIsNoSpeed) {
  Progress progress = Sample();
  progress.elapsed_ns = 3 * kSecond;
  const Progress first{.bytes_done = 180'000'000, .elapsed_ns = kSecond};
  EXPECT_EQ(ProgressText(progress, first, 0),
            "1,234,567 rows, 10 MB/s, chunk 2 of 4, 89 quarantined, 32.0 MiB, 40.0 s left");
}

TEST(ProgressText, NoTimeLeftBeforeItCanBeTrusted) {
  struct Case { const char* name; double seconds; int64_t first_bytes, bytes, total; const char* left; };
  for (const Case& c : std::initializer_list<Case>{
           {"too early", 1.9, 0, 500, 1000, ""},
           {"two seconds", 2, 0, 500, 1000, "2.0 s left"},
           {"too little", 60, 0, 9, 1000, ""},
           {"a hundredth", 60, 0, 10, 1000, "1 h 39 min left"},
           {"a hundredth of this run's own", 60, 500, 509, 1000, ""},
           {"nothing read yet", 60, 0, 0, 50, ""},
           {"a day", 1000, 0, 10, 874, "24 h 00 min left"},
           {"more than a day", 1000, 0, 10, 875, "> 1 d left"},
           {"more than fits a number", 1e9, 0, int64_t{1} << 55, int64_t{1} << 61, "> 1 d left"},
           {"at the end", 60, 0, 1000, 1000, ""},
           {"total not known", 60, 0, 1000, 0, ""},
       }) {
    const Progress first{.bytes_done = c.first_bytes, .elapsed_ns = kSecond};
    const Progress progress{.bytes_done = c.bytes, .bytes_total = c.total,
                            .elapsed_ns = kSecond + static_cast<int64_t>(c.seconds * 1e9)};
    const std::string text = ProgressText(progress, first, 0);
    EXPECT_EQ(text.find("left") != std::string::npos, c.left[0] != '\0') << c.name << ": " << text;
    EXPECT_TRUE(text.ends_with(c.left)) << c.name << ": " << text;
  }
}

TEST(ProgressText, ANarrowTerminalShowsWhatMattersMost) {
  const Progress p = Sample();
  EXPECT_EQ(ProgressText(p, {}, 76), ProgressText(p, {}, 0));
  EXPECT_EQ(ProgressText(p, {}, 75), "1,234,567 rows, 100 MB/s, chunk 2 of 4, 89 quarantined, 4.0 s left");
  EXPECT_EQ(ProgressText(p, {}, 60), "1,234,567 rows, 100 MB/s, 89 quarantined, 4.0 s left");
  EXPECT_EQ(ProgressText(p, {}, 48), "1,234,567 rows, 89 quarantined, 4.0 s left");
  EXPECT_EQ(ProgressText(p, {}, 37), "1,234,567 rows, 4.0 s left");
  EXPECT_EQ(ProgressText(p, {}, 20), "1,234,567 rows");
  EXPECT_EQ(ProgressText(p, {}, 5), "1,234,567 rows");
}

// A printer on a terminal or none, and what it wrote.
struct Printed {
  explicit Printed(bool animate, bool color = true) : env(MakeMemEnv()) {
    Streams streams;
    streams.err = [this](std::string_view s) { return text += s, true; };
    streams.err_width = [this] { return width; };
    console = std::make_unique<Console>(std::move(streams), env.get(), color, false, animate);
    printer = std::make_unique<ProgressPrinter>(console.get(), &stop);
  }
  std::string Take() { return std::exchange(text, ""); }

  std::unique_ptr<MemEnv> env;
  std::string text;
  int64_t width = 80;
  std::atomic<int> stop{0};
  std::unique_ptr<Console> console;
  std::unique_ptr<ProgressPrinter> printer;
};

TEST(ProgressPrinter, FollowsTheWidthFromOneLineToTheNext) {
  Printed p(true);
  const Progress first{.rows = 1};
  p.printer->Show(first);
  for (const int64_t width : {200, 40, 80, 10, 3, 1, 0}) {
    p.width = width;
    p.Take();
    p.printer->Show(Sample());
    const std::string line = p.Take();
    ASSERT_TRUE(line.starts_with("\r") && line.ends_with("\x1b[K")) << line;
    // Room for the cursor and for what the terminal echoes.
    EXPECT_LE(DisplayWidth(line.substr(1, line.size() - 4)), std::max<int64_t>(width - 3, 1)) << line;
  }
}

TEST(ProgressPrinter, WithoutColorALineIsWipedWithoutEscapeCodes) {
  Printed p(true, false);
  p.printer->Show({.rows = 1'000'000});
  const std::string longer = p.Take();
  p.printer->Show({.rows = 1});
  const std::string shorter = p.Take();
  EXPECT_EQ(longer.size(), shorter.size()) << shorter;
  p.console->Line("note", "x", "over");
  EXPECT_TRUE(p.text.starts_with("\r       ")) << p.text;
  EXPECT_TRUE(p.text.ends_with(" \rnote: over\n")) << p.text;
  EXPECT_EQ((longer + shorter + p.text).find('\x1b'), std::string::npos);
}

TEST(ProgressPrinter, WithoutATerminalOneLinePerTenSeconds) {
  Printed p(false);
  int lines = 0;
  for (int64_t tenths = 1; tenths <= 350; tenths++) {
    p.printer->Show({.rows = tenths, .elapsed_ns = tenths * kSecond / 10});
    const std::string line = p.Take();
    EXPECT_EQ(!line.empty(), tenths % 100 == 0) << tenths << line;
    EXPECT_EQ(line.find('\r'), std::string::npos);
    lines += !line.empty();
  }
  EXPECT_EQ(lines, 3);
}

TEST(ProgressPrinter, SaysOnceThatItStops) {
  Printed p(false, false);
  p.printer->Show({.rows = 1});
  EXPECT_EQ(p.Take(), "");
  p.stop = 2;
  p.printer->Show({.rows = 2});
  EXPECT_EQ(p.Take(), "note: stopping when what was begun is done; a second signal stops at once\n");
  p.printer->Show({.rows = 3});
  EXPECT_EQ(p.Take(), "");
}

}  // namespace
}  // namespace freight
