// Progress of a run as text; see progress.h.
#include "cli/progress.h"

#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace freight {
namespace {

// A time left is a promise: not before the speed was watched for so long, over such a share of the bytes.
constexpr double kWatchedSecondsMin = 2;
constexpr int64_t kWatchedShare = 100;
// Beyond it the figure would change by hours from one moment to the next.
constexpr double kLeftSecondsMax = 86'400;

// A part of the line; those of the highest rank go first when the terminal is narrow.
struct Part {
  int rank;
  std::string text;
};

std::string TimeLeft(const Progress& p, const Progress& first) {
  const double seconds = static_cast<double>(p.elapsed_ns - first.elapsed_ns) / 1e9;
  const int64_t watched = p.bytes_done - first.bytes_done;
  if (p.bytes_total <= p.bytes_done || seconds < kWatchedSecondsMin) return "";
  if (watched <= 0 || watched < p.bytes_total / kWatchedShare) return "";
  const double left = static_cast<double>(p.bytes_total - p.bytes_done) * seconds / static_cast<double>(watched);
  return left > kLeftSecondsMax ? "> 1 d left" : Seconds(left) + " left";
}

std::vector<Part> PartsOf(const Progress& p, const Progress& first) {
  const double seconds = static_cast<double>(p.elapsed_ns - first.elapsed_ns) / 1e9;
  const double rate = seconds > 0 ? static_cast<double>(p.bytes_done - first.bytes_done) / 1e6 / seconds : 0;
  std::vector<Part> parts = {{0, Count(p.rows, "row")}, {3, fmt::format("{:.0f} MB/s", rate)}};
  if (p.chunks_total > 0) {
    // Compressed inputs have more chunks than their size says: never show "chunk 9 of 4".
    const int64_t total = std::max(p.chunks_total, p.chunks_done);
    parts.push_back({4, fmt::format("chunk {} of {}", Thousands(std::min(p.chunks_done + 1, total)),
                                    Thousands(total))});
  }
  parts.push_back({2, Thousands(p.quarantined) + " quarantined"});
  parts.push_back({5, MebiBytes(p.memory_bytes)});
  if (std::string left = TimeLeft(p, first); !left.empty()) parts.push_back({1, std::move(left)});
  return parts;
}

std::string Joined(const std::vector<Part>& parts) {
  std::string line;
  for (const auto& part : parts) line += (line.empty() ? "" : ", ") + part.text;
  return line;
}

}  // namespace

std::string ProgressText(const Progress& progress, const Progress& first, int64_t width) {
  std::vector<Part> parts = PartsOf(progress, first);
  while (width > 0 && parts.size() > 1 && DisplayWidth(Joined(parts)) > width) {
    parts.erase(std::max_element(parts.begin(), parts.end(), [](auto& a, auto& b) { return a.rank < b.rank; }));
  }
  return Joined(parts);
}

void ProgressPrinter::Show(const Progress& progress) {
  if (!first_) first_ = progress;
  if (stop_ != nullptr && stop_->load() != 0) SayStopping();
  if (console_->animated()) return console_->Rewrite(ProgressText(progress, *first_, console_->rewrite_width()));
  if (progress.elapsed_ns < next_line_ns_) return;
  next_line_ns_ = progress.elapsed_ns + kPlainLineEveryNanos;
  console_->Line("info", "progress", ProgressText(progress, *first_, 0));
}

// Or the wait for what is being finished would look like a hang.
void ProgressPrinter::SayStopping() {
  if (stopping_said_) return;
  stopping_said_ = true;
  console_->Line("note", "stopping", "stopping when what was begun is done; a second signal stops at once");
}

}  // namespace freight
