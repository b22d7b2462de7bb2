// Draws a diagnostic with its line of source and caret, and finds the word that was meant.
#include "spec/diagnostic.h"

#include <algorithm>
#include <numeric>

namespace freight {
namespace {

constexpr int64_t kLineColumnsMax = 100;

struct Palette {
  const char *error = "", *warning = "", *note = "", *bold = "", *frame = "", *reset = "";
};
constexpr Palette kColors = {"\033[1;31m", "\033[1;33m", "\033[1;36m", "\033[1m", "\033[1;34m", "\033[0m"};

const char* SeverityWord(Severity severity) {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
    case Severity::kNote: return "note";
  }
  return "error";
}

const char* SeverityColor(Severity severity, const Palette& palette) {
  switch (severity) {
    case Severity::kError: return palette.error;
    case Severity::kWarning: return palette.warning;
    case Severity::kNote: return palette.note;
  }
  return palette.error;
}

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Text of a file may end up here: control bytes must not reach the terminal.
std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

// Line `number` (from 1) without its line end; tabs and control bytes become one space, so that columns stay true.
std::string LineOf(std::string_view source, int64_t number) {
  size_t begin = 0;
  for (int64_t line = 1; line < number; ++line) {
    const size_t end = source.find('\n', begin);
    if (end == std::string_view::npos) return "";
    begin = end + 1;
  }
  std::string line(source.substr(begin, source.find('\n', begin) - begin));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

struct Excerpt {
  std::string text;
  int64_t caret = 0;  // characters before the caret
  int64_t width = 1;
};

// A window of at most kLineColumnsMax characters that holds the caret.
Excerpt CutAround(const std::string& line, int64_t caret, int64_t width) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < line.size(); ++i) {
    if (StartsCharacter(line[i])) starts.push_back(i);
  }
  const auto length = static_cast<int64_t>(starts.size());
  caret = std::clamp<int64_t>(caret, 0, length);
  width = std::clamp<int64_t>(width, 1, std::max<int64_t>(1, length - caret));
  if (length <= kLineColumnsMax) return {line, caret, width};

  const int64_t room = kLineColumnsMax - 6;  // for "..." at both ends
  const int64_t begin = std::clamp<int64_t>(caret - room / 2, 0, length - room);
  const int64_t end = begin + room;
  const size_t last_byte = end < length ? starts[end] : line.size();
  std::string text = begin > 0 ? "..." : "";
  text += line.substr(starts[begin], last_byte - starts[begin]);
  if (end < length) text += "...";
  return {std::move(text), caret - begin + (begin > 0 ? 3 : 0), std::min(width, end - caret)};
}

std::string Frame(const Diagnostic& d, std::string_view source, const Palette& p) {
  const std::string number = d.place.line > 0 ? fmt::format("{}", d.place.line) : "";
  const std::string pad(std::max<size_t>(number.size(), 1), ' ');
  std::string out;
  if (!d.place.file.empty()) {
    out += fmt::format("{}{}-->{} {}\n", pad, p.frame, p.reset, Printable(d.place.ToString()));
  }
  const std::string line = d.place.line > 0 ? LineOf(source, d.place.line) : "";
  if (!line.empty() && d.place.column > 0) {
    const Excerpt cut = CutAround(line, d.place.column - 1, d.width);
    const std::string bar = fmt::format("{}|{}", p.frame, p.reset);
    out += fmt::format("{} {}\n", pad, bar);
    out += fmt::format("{}{}{} {} {}\n", p.frame, number, p.reset, bar, cut.text);
    out += fmt::format("{} {} {}{}{}{}\n", pad, bar, std::string(cut.caret, ' '), SeverityColor(d.severity, p),
                       std::string(cut.width, '^'), p.reset);
  }
  if (!d.help.empty()) {
    out += fmt::format("{} {}={} {}help:{} {}\n", pad, p.frame, p.reset, p.bold, p.reset, Printable(d.help));
  }
  return out;
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Insertions, deletions, changes and swaps of neighbours, each counted once.
size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<size_t> before_last, last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    before_last = last;
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string RenderDiagnostic(const Diagnostic& diagnostic, std::string_view source, bool color) {
  const Palette palette = color ? kColors : Palette{};
  std::string out = fmt::format("{}{}", SeverityColor(diagnostic.severity, palette), SeverityWord(diagnostic.severity));
  if (!diagnostic.code.empty()) out += fmt::format("[{}]", diagnostic.code);
  out += fmt::format("{}{}: {}{}\n", palette.reset, palette.bold, Printable(diagnostic.message), palette.reset);
  return out + Frame(diagnostic, source, palette);
}

std::string RenderStatus(const Status& status, bool color) {
  Diagnostic diagnostic;
  diagnostic.message = status.message();
  if (const ErrorDetail* detail = DetailOf(status)) {
    diagnostic.place = detail->place;
    diagnostic.help = detail->help;
  }
  return RenderDiagnostic(diagnostic, "", color);
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  // A word longer than any name is not a slip of the finger; the bound keeps hostile keys cheap.
  if (word.size() > 64) return "";
  const std::string wanted = LowerCase(word);
  std::string best;
  size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(wanted, LowerCase(candidate));
    if (distance > std::max<size_t>(1, candidate.size() / 3)) continue;
    if (best.empty() || distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace freight
