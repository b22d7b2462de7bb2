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

// The two streams and what is known of the terminal behind them. A write returns false when it failed.
struct Streams {
  std::function<bool(std::string_view)> out, err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int64_t width = 0;  // cells; 0: no terminal, lines are never broken
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
  void OutJson(const nlohmann::ordered_json& value);  // one line
  bool out_failed() const { return out_failed_; }
  int64_t out_width() const { return streams_.out_is_terminal ? streams_.width : 0; }

  // Lines on stderr. `event` is the stable word of a JSON line; text lines show `level: message` ("info" without).
  void Line(std::string_view level, std::string_view event, std::string_view message, const std::string& help = "");
  void Report(const Status& status);
  void Report(const Diagnostic& diagnostic, std::string_view source);
  void About(std::string pipeline, std::string run_id);  // what later JSON lines are about

  // Progress: one line that is rewritten; only when animated().
  bool animated() const { return animate_; }
  void Rewrite(std::string_view line);
  void EndRewrite();

 private:
  void JsonLine(std::string_view level, std::string_view event, std::string_view message, const Place& place,
                const std::string& help);

  Streams streams_;
  Env* env_;
  bool color_;
  bool json_lines_;
  bool animate_;
  bool out_failed_ = false;
  bool line_open_ = false;
  std::string pipeline_, run_id_;
};

// A dump that never throws: bytes that are no UTF-8 become U+FFFD.
std::string DumpJson(const nlohmann::ordered_json& value);

}  // namespace freight
