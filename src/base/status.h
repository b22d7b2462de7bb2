// Errors as values: arrow::Status with one detail type of ours (reaction, place, help).
// Bad data is not an error (see contract/verdict.h); assertions are for our own bugs.
#pragma once

#include <fmt/format.h>

#include <arrow/result.h>
#include <arrow/status.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace freight {

using arrow::Result;
using arrow::Status;

// What a caller can do about a failure; the exit code follows from it.
enum class Reaction : uint8_t {
  kInvalid,    // the user must change a file or an argument         exit 2
  kNotFound,   // something named does not exist                     exit 2 in a spec, 1 in a run
  kFailed,     // the run failed: I/O, disk full, changed input      exit 1
  kRefused,    // the data was judged and refused: nothing published exit 3
  kTransient,  // try again later                                    exit 75
  kCorrupt,    // bytes of ours are not what we wrote                exit 1
  kStopped,    // a signal asked us to stop; resumable               exit 130/143
};

// Where something stands: line and column count from 1, 0 = not known.
struct Place {
  std::string file;
  int64_t line = 0;
  int64_t column = 0;
  std::string ToString() const;  // "file:line:column", leaving out what is 0
};

// The one detail type that our Status objects carry.
class ErrorDetail : public arrow::StatusDetail {
 public:
  ErrorDetail(Reaction reaction, Place place, std::string help, int os_error = 0)
      : reaction(reaction), place(std::move(place)), help(std::move(help)), os_error(os_error) {}
  const char* type_id() const override;
  std::string ToString() const override;

  const Reaction reaction;
  const Place place;
  const std::string help;  // one imperative phrase, empty when there is none
  const int os_error;      // errno of the system call that failed, 0 when there was none
};

// Builds a Status: lower case, no full stop, values quoted, never a row's content.
//   return Fail(Reaction::kTransient, "lock is held by run {}", id).Help("wait, or stop that run");
class ErrorBuilder {
 public:
  ErrorBuilder(Reaction reaction, std::string message) : reaction_(reaction), message_(std::move(message)) {}
  ErrorBuilder& At(Place place) { place_ = std::move(place); return *this; }
  ErrorBuilder& Help(std::string help) { help_ = std::move(help); return *this; }
  ErrorBuilder& Errno(int os_error) { os_error_ = os_error; return *this; }
  Status Build() const;
  operator Status() const { return Build(); }  // NOLINT: lets a builder be returned
  template <typename T>
  operator Result<T>() const { return Build(); }  // NOLINT

 private:
  Reaction reaction_;
  std::string message_;
  Place place_;
  std::string help_;
  int os_error_ = 0;
};

template <typename... Args>
ErrorBuilder Fail(Reaction reaction, fmt::format_string<Args...> format, Args&&... args) {
  return ErrorBuilder(reaction, fmt::format(format, std::forward<Args>(args)...));
}

// The detail of a failed Status, or nullptr when it came from a library.
const ErrorDetail* DetailOf(const Status& status);
// kFailed for a Status without a detail of ours.
Reaction ReactionOf(const Status& status);

// Assertion for our own bugs: stays on in release, prints and aborts.
#define FREIGHT_ASSERT(cond) \
  do { if (!(cond)) ::freight::AssertFailed(#cond, __FILE__, __LINE__); } while (0)
[[noreturn]] void AssertFailed(const char* condition, const char* file, int line);

}  // namespace freight
