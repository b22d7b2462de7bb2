// Everything wrong in a set of files, each with place, caret and help, in file order.
#pragma once

#include "base/status.h"

#include <string>
#include <vector>

namespace freight {

enum class Severity : uint8_t { kError, kWarning, kNote };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;     // "F0102"
  std::string message;
  Place place;
  int64_t width = 1;    // characters under the caret
  std::string help;
};

// error[F0102]: unknown key "partiton_by"
//   --> events.yaml:14:3
//    |
// 14 |   partiton_by: [event_date]
//    |   ^^^^^^^^^^^
//    = help: did you mean "partition_by"?
// `source` is the text of place.file ("" when it cannot be read).
std::string RenderDiagnostic(const Diagnostic& diagnostic, std::string_view source, bool color);
std::string RenderStatus(const Status& status, bool color);

// Nearest of `candidates` within an edit distance of a third of its length, else "".
std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace freight
