// String bytes: ASCII and UTF-8 checks, code points, transcoding, undoing of quotes.
#pragma once

#include "contract/column_parser.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freight::kernels {

bool IsAscii(const char* p, size_t n);
// Strict: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is a character.
bool IsUtf8(std::string_view text);
bool IsUtf8Portable(std::string_view text);  // the same without vectors
enum class Utf8Target : uint8_t { kPortable, kAvx2, kAvx512 };
using Utf8Check = bool (*)(std::string_view text);
Utf8Check Utf8CheckFor(Utf8Target target);  // the same; null when this processor lacks the instructions
// A byte of a UTF-8 character that is not its first.
inline bool IsContinuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }
int64_t CountCodePoints(std::string_view utf8);

// Bytes in `encoding` appended to `out` as UTF-8; false for bytes that stand for no character (five of windows-1252).
bool AppendAsUtf8(std::string_view bytes, TextEncoding encoding, std::string* out);
// UTF-8 of a contract or pipeline file as the bytes that a file in `encoding` has for it; false when it has none.
bool FromUtf8(std::string_view utf8, TextEncoding encoding, std::string* out);

// The text of an escaped field: doubled quotes, or escape and byte, become the byte.
void AppendUnescaped(std::string_view raw, char quote, std::optional<char> escape, std::string* out);
// The same for doubled quotes, to `out`; returns how many bytes. 8 more are read from p, 8 more written to `out`.
size_t CopyUndoubled(const char* p, size_t n, char quote, char* out);
// The text of a JSON string whose escapes are known to be well formed: \n, \u00e9, surrogate pairs.
void AppendJsonUnescaped(std::string_view raw, std::string* out);
// The same to `to`; returns how many bytes. 8 more are read behind raw, 8 more written to `to`.
size_t UnescapeJson(std::string_view raw, char* to);

}  // namespace freight::kernels
