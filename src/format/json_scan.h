// Strict JSON (RFC 8259) over a range of text: where a value ends, and what is wrong with it and where.
//
// Beyond the grammar: at most kJsonDepthMax levels of nesting, escapes of surrogates only in pairs. Object keys may
// repeat: that is for the reader of the object to judge.
#pragma once

#include "contract/verdict.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace freight {

inline constexpr int kJsonDepthMax = 1000;

enum class JsonKind : uint8_t { kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };
const char* JsonKindWord(JsonKind kind);  // "an object", "a string", ...

// What a string's bytes are checked for while it is scanned.
enum class JsonUtf8 : uint8_t { kChecked, kLater };

struct JsonString {
  std::string_view raw;  // between the quotes
  bool escaped = false;  // holds a backslash
};

// The first thing that is wrong.
struct JsonFault {
  const char* at = nullptr;
  const char* expected = nullptr;
  Reason reason = Reason::kNotJson;
};

// A position that moves over [at, end). A call that answers false has set the fault and must be the last one.
class JsonScan {
 public:
  JsonScan(const char* begin, const char* end) : at_(begin), end_(end) {}

  const char* at() const { return at_; }
  bool at_end() const { return at_ == end_; }
  const JsonFault& fault() const { return fault_; }

  void SkipBlanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
  }
  // True and past it when `c` is next, behind blanks.
  bool TakeIf(char c) {
    SkipBlanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool Fail(const char* expected) { return FailAt(at_, expected); }

  // The kind of the value that begins here, by its first byte.
  bool Kind(JsonKind* kind);
  bool String(JsonUtf8 utf8, JsonString* out);
  bool Number();
  bool Word(JsonKind kind);
  // A whole value of any kind; `depth` levels are open around it.
  bool Value(JsonUtf8 utf8, int depth);

  // In an object whose brace is taken: the next key with its colon; *more is false when the object is closed instead.
  bool Key(bool first, JsonString* key, bool* more);
  // In an array whose bracket is taken: whether another value follows; false when it is closed instead.
  bool Item(bool first, bool* more);

 private:
  bool FailAt(const char* at, const char* expected, Reason reason = Reason::kNotJson) {
    fault_ = {at, expected, reason};
    return false;
  }
  bool Escape();
  bool Unit(uint32_t* unit);
  bool Digits();
  bool Object(JsonUtf8 utf8, int depth);
  bool Array(JsonUtf8 utf8, int depth);

  const char* at_;
  const char* end_;
  JsonFault fault_;
};

// The whole text is one JSON value with blanks around it.
bool IsJson(std::string_view text, JsonFault* fault);

}  // namespace freight
