// How far a run is, for people: one line that follows the terminal's width, or plain lines where there is none.
#pragma once

#include "cli/console.h"
#include "engine/engine.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace freight {

inline constexpr int64_t kPlainLineEveryNanos = 10'000'000'000;

// At most `width` cells where that can be had by leaving out what matters least; 0: everything.
// `first`: where this run was when it was first seen; what an earlier run had read does not count as speed.
// The time left is shown only once it rests on two seconds and on a hundredth of the bytes.
std::string ProgressText(const Progress& progress, const Progress& first, int64_t width);

// Rewrites one line on a terminal; else prints one plain line per ten seconds. Says once that a stop was asked for.
// Thread: one caller at a time.
class ProgressPrinter {
 public:
  // `stop`: becomes the signal that asks the run to stop; may be null.
  ProgressPrinter(Console* console, const std::atomic<int>* stop) : console_(console), stop_(stop) {}
  void Show(const Progress& progress);

 private:
  void SayStopping();

  Console* console_;
  const std::atomic<int>* stop_;
  std::optional<Progress> first_;
  int64_t next_line_ns_ = kPlainLineEveryNanos;  // into the run
  bool stopping_said_ = false;
};

}  // namespace freight
