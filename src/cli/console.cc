// Output of commands; see console.h.
#include "cli/console.h"
#include "cli/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace freight {
namespace {

// One cell, since a full line wraps on some terminals, and two for the "^C" that a terminal echoes.
constexpr int64_t kFreeCells = 3;
constexpr int64_t kBrokenIndent = 4;  // of what did not fit on a line

// Every line broken at the width, 0: nowhere. Names from files may hold what a terminal would obey.
std::string Broken(std::string_view text, int64_t width) {
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines += Wrap(EscapeControls(line), width, kBrokenIndent);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return lines;
}

}  // namespace

bool UseColor(const std::string& choice, bool is_terminal, const Variables& variables) {
  if (choice != "auto") return choice == "always";
  const auto set = [&](const char* name) { return !variables(name).value_or("").empty(); };
  if (set("NO_COLOR")) return false;
  if (set("FORCE_COLOR")) return true;
  return is_terminal && variables("TERM").value_or("dumb") != "dumb";
}

std::string DumpJson(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void Console::Out(std::string_view text) {
  if (out_failed_) return;
  EndRewrite();
  out_failed_ = !streams_.out(text);
}

void Console::OutLines(std::string_view text) { Out(Broken(text, out_width())); }

void Console::OutJson(const nlohmann::ordered_json& value) { Out(DumpJson(value) + "\n"); }

void Console::About(std::string pipeline, std::string run_id) {
  pipeline_ = std::move(pipeline);
  run_id_ = std::move(run_id);
}

void Console::JsonLine(std::string_view level, std::string_view event, std::string_view message, const Place& place,
                       const std::string& help) {
  nlohmann::ordered_json line;
  line["ts"] = UtcRfc3339(env_->NowMicros());
  line["level"] = level;
  line["event"] = event;
  line["msg"] = message;
  if (!pipeline_.empty()) line["pipeline"] = pipeline_;
  if (!run_id_.empty()) line["run_id"] = run_id_;
  if (!place.file.empty()) line["file"] = place.file;
  if (place.line > 0) line["line"] = place.line;
  if (place.column > 0) line["column"] = place.column;
  if (!help.empty()) line["help"] = help;
  streams_.err(DumpJson(line) + "\n");
}

void Console::Line(std::string_view level, std::string_view event, std::string_view message, const std::string& help) {
  if (json_lines_) return JsonLine(level, event, message, {}, help);
  EndRewrite();
  const std::string head = level == "info" ? "" : fmt::format("{}:", level);
  std::string text = head.empty() ? std::string(message) : fmt::format("{} {}", head, message);
  if (!help.empty()) text += fmt::format("\n   = help: {}", help);
  text = Broken(text, streams_.err_is_terminal && streams_.err_width ? streams_.err_width() : 0);
  if (color_ && !head.empty()) {
    const char* paint = level == "error" ? "\x1b[1;31m" : level == "warning" ? "\x1b[1;33m" : "\x1b[1;36m";
    text = fmt::format("{}{}\x1b[0m{}", paint, head, text.substr(head.size()));
  }
  streams_.err(text);
}

void Console::Report(const Status& status) {
  if (json_lines_) {
    const ErrorDetail* detail = DetailOf(status);
    return JsonLine("error", "error", status.message(), detail ? detail->place : Place{}, detail ? detail->help : "");
  }
  EndRewrite();
  std::string text = RenderStatus(status, color_);
  if (!text.ends_with('\n')) text += '\n';
  streams_.err(text);
}

void Console::Report(const Diagnostic& diagnostic, std::string_view source) {
  if (json_lines_) {
    const char* level = diagnostic.severity == Severity::kError     ? "error"
                        : diagnostic.severity == Severity::kWarning ? "warning"
                                                                    : "note";
    return JsonLine(level, diagnostic.code, diagnostic.message, diagnostic.place, diagnostic.help);
  }
  EndRewrite();
  std::string text = RenderDiagnostic(diagnostic, source, color_);
  if (!text.ends_with('\n')) text += '\n';
  streams_.err(text);
}

int64_t Console::out_width() const { return streams_.out_is_terminal && streams_.out_width ? streams_.out_width() : 0; }

int64_t Console::rewrite_width() const {
  const int64_t cells = streams_.err_width ? streams_.err_width() : 80;
  return std::max<int64_t>(cells - kFreeCells, 1);
}

void Console::Rewrite(std::string_view line) {
  if (!animate_) return;
  const std::string fitted = FitWidth(line, rewrite_width());
  const int64_t cells = DisplayWidth(fitted);
  streams_.err("\r" + fitted + Wiped(cells));
  line_cells_ = cells;
}

void Console::EndRewrite() {
  if (line_cells_ == 0) return;
  streams_.err("\r" + Wiped(0));
  if (!color_) streams_.err("\r");
  line_cells_ = 0;
}

// What wipes the rest of the line behind its first `cells`. Whoever wants no colour gets no escape code either.
std::string Console::Wiped(int64_t cells) const {
  if (color_) return "\x1b[K";
  return std::string(std::max<int64_t>(std::min(line_cells_, rewrite_width()) - cells, 0), ' ');
}

}  // namespace freight
