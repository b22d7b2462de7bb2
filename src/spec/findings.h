// What is wrong in one file, collected while it is read; and the codes that name the kinds of fault.
#pragma once

#include "spec/diagnostic.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace freight {

// A stretch of one line: line and column count from 1 in characters, 0 = not known.
struct Span {
  int32_t line = 0;
  int32_t column = 0;
  int32_t width = 1;
};

// Stable: users search for them.
inline constexpr const char* kCodeUnreadable = "F0100";    // no file, no permission, not a file
inline constexpr const char* kCodeSyntax = "F0101";        // not the YAML we read
inline constexpr const char* kCodeUnknownKey = "F0102";
inline constexpr const char* kCodeDuplicateKey = "F0103";
inline constexpr const char* kCodeMissingKey = "F0104";
inline constexpr const char* kCodeWrongKind = "F0105";     // a list where a number is wanted, ...
inline constexpr const char* kCodeBadValue = "F0106";      // right kind, not allowed
inline constexpr const char* kCodeVariable = "F0107";      // ${VAR} unset or malformed
inline constexpr const char* kCodeTooLarge = "F0108";      // bytes, nodes, depth
inline constexpr const char* kCodeUnsupported = "F0201";   // valid in the standard, not for this engine
inline constexpr const char* kCodeColumnType = "F0202";
inline constexpr const char* kCodeRule = "F0203";
inline constexpr const char* kCodeNotEnforced = "F0204";   // a note
inline constexpr const char* kCodeSchemaObject = "F0205";
inline constexpr const char* kCodeConflict = "F0401";      // two values that cannot stand together
inline constexpr const char* kCodePartition = "F0402";
inline constexpr const char* kCodeNoEffect = "F0403";      // a warning

// Writes diagnostics about one file to a list that others may share. Passed by pointer: it counts its errors.
class Findings {
 public:
  Findings(std::string file, std::vector<Diagnostic>* out) : file_(std::move(file)), out_(out) {}

  void Error(const char* code, Span at, std::string message, std::string help = "") {
    ++errors_;
    Add(Severity::kError, code, at, std::move(message), std::move(help));
  }
  void Warn(const char* code, Span at, std::string message, std::string help = "") {
    Add(Severity::kWarning, code, at, std::move(message), std::move(help));
  }
  void Note(const char* code, Span at, std::string message, std::string help = "") {
    Add(Severity::kNote, code, at, std::move(message), std::move(help));
  }
  // A failed call's message, place and help; `at` where the failure names no place in this file.
  void AddStatus(const char* code, Span at, const Status& status);

  Place PlaceOf(Span at) const { return {file_, at.line, at.column}; }
  const std::string& file() const { return file_; }
  int64_t errors() const { return errors_; }  // reported through this object

 private:
  void Add(Severity severity, const char* code, Span at, std::string message, std::string help);

  std::string file_;
  std::vector<Diagnostic>* out_;
  int64_t errors_ = 0;
};

}  // namespace freight
