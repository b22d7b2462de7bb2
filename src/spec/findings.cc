// Turns spans and failed calls into diagnostics, up to a bound per file.
#include "spec/findings.h"

namespace freight {
namespace {

// A hostile file can be wrong in a million places; nobody reads more than this. Errors have room of their own:
// notes must not crowd out the error that makes a file unusable.
constexpr size_t kNotesMax = 1000;
constexpr size_t kErrorsMax = 2000;

}  // namespace

void Findings::Add(Severity severity, const char* code, Span at, std::string message, std::string help) {
  if (out_->size() >= (severity == Severity::kError ? kErrorsMax : kNotesMax)) return;
  out_->push_back({severity, code, std::move(message), PlaceOf(at), at.width, std::move(help)});
}

void Findings::AddStatus(const char* code, Span at, const Status& status) {
  std::string help;
  if (const ErrorDetail* detail = DetailOf(status)) {
    help = detail->help;
    if (detail->place.file == file_ && detail->place.line > 0) {
      const bool within = detail->place.line == at.line && detail->place.column > at.column;
      const auto column = static_cast<int32_t>(detail->place.column);
      const int32_t rest = within ? std::max(1, at.column + at.width - column) : 1;
      if (detail->place.column != at.column) at = {static_cast<int32_t>(detail->place.line), column, rest};
    }
  }
  Error(code, at, status.message(), std::move(help));
}

}  // namespace freight
