// Where commands write: results on stdout, everything else on stderr, as text or as one JSON object per line.
#pragma once

#include "base/status.h"
#include "io/env.h"
#include "spec/diagnostic.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace freight {

using Variables = std::function<std::optional<std::string>(const std::string&)>;

// The two streams and what is known of the terminals behind them. A write returns false when it failed.
struct Streams {
  std::function<bool(std::string_view)> out, err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::function<int64_t()> out_width, err_width;  // cells now: a terminal may be resized at any time
};

// --color, NO_COLOR, FORCE_COLOR and TERM=dumb, for a stream that is a terminal or not.
bool UseColor(const std::string& choice, bool is_terminal, const Variables& variables);

// Thread: one caller at a time, but for Line, which the progress thread may call while the main thread waits.
class Console {
 public:
  Console(Streams streams, Env* env, bool color, bool json_lines, bool animate)
      : streams_(std::move(streams)), env_(env), color_(color), json_lines_(json_lines), animate_(animate) {}

  // Results. After a failed write the rest is dropped and out_failed() says so.
  void Out(std::string_view text);
  void OutLines(std::string_view text);  // for people: lines broken at the terminal's width, controls escaped
  void OutJson(const nlohmann::ordered_json& value);  // one line
  bool out_failed() const { return out_failed_; }
  int64_t out_width() const;  // cells; 0: no terminal, lines are never broken

  // Lines on stderr. `event` is the stable word of a JSON line; text lines show `level: message` ("info" without).
  void Line(std::string_view level, std::string_view event, std::string_view message, const std::string& help = "");
  void Report(const Status& status);
  void Report(const Diagnostic& diagnostic, std::string_view source);
  void About(std::string pipeline, std::string run_id);  // what later JSON lines are about

  // Progress: one line that is rewritten; only when animated(). It never reaches the border of the terminal, nor does
  // what the terminal echoes behind it: what passes rewrite_width() is cut.
  bool animated() const { return animate_; }
  int64_t rewrite_width() const;
  void Rewrite(std::string_view line);
  void EndRewrite();

 private:
  std::string Wiped(int64_t cells) const;
  void JsonLine(std::string_view level, std::string_view event, std::string_view message, const Place& place,
                const std::string& help);

  Streams streams_;
  Env* env_;
  bool color_;
  bool json_lines_;
  bool animate_;
  bool out_failed_ = false;
  int64_t line_cells_ = 0;  // of the line that stands there to be rewritten
  std::string pipeline_, run_id_;
};

// A dump that never throws: bytes that are no UTF-8 become U+FFFD.
std::string DumpJson(const nlohmann::ordered_json& value);

}  // namespace freight
