// Builds and reads our Status detail; see status.h.
#include "base/status.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace freight {
namespace {

constexpr const char* kTypeId = "freight.error";

arrow::StatusCode CodeOf(Reaction reaction) {
  switch (reaction) {
    case Reaction::kInvalid: return arrow::StatusCode::Invalid;
    case Reaction::kNotFound: return arrow::StatusCode::KeyError;
    case Reaction::kFailed:
    case Reaction::kTransient: return arrow::StatusCode::IOError;
    case Reaction::kStopped: return arrow::StatusCode::Cancelled;
    case Reaction::kRefused:
    case Reaction::kCorrupt: return arrow::StatusCode::UnknownError;
  }
  return arrow::StatusCode::UnknownError;
}

}  // namespace

std::string Place::ToString() const {
  std::string text = file;
  if (line > 0) text += fmt::format(":{}", line);
  if (line > 0 && column > 0) text += fmt::format(":{}", column);
  return text;
}

const char* ErrorDetail::type_id() const { return kTypeId; }

std::string ErrorDetail::ToString() const {
  std::string text = place.ToString();
  if (!help.empty()) text += (text.empty() ? "help: " : "; help: ") + help;
  return text;
}

Status ErrorBuilder::Build() const {
  return Status(CodeOf(reaction_), message_, std::make_shared<ErrorDetail>(reaction_, place_, help_, os_error_));
}

const ErrorDetail* DetailOf(const Status& status) {
  const auto& detail = status.detail();
  if (detail == nullptr || std::strcmp(detail->type_id(), kTypeId) != 0) return nullptr;
  return static_cast<const ErrorDetail*>(detail.get());
}

Reaction ReactionOf(const Status& status) {
  const ErrorDetail* detail = DetailOf(status);
  return detail == nullptr ? Reaction::kFailed : detail->reaction;
}

void AssertFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "freight: bug: assertion \"%s\" failed at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace freight
