// Directory names of partition values: Hive's escapes, made reversible.
#include "sink/partition.h"

namespace freight {
namespace {

constexpr std::string_view kNullName = "__HIVE_DEFAULT_PARTITION__";
constexpr std::string_view kReserved = "\"#%'*/:=?\\{[]^";
constexpr size_t kNameBytesMax = 255;

bool NeedsEscape(char byte) {
  const auto code = static_cast<uint8_t>(byte);
  return code < 0x20 || code == 0x7f || kReserved.find(byte) != std::string_view::npos;
}

void AppendEscaped(char byte, std::string* out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  const auto code = static_cast<uint8_t>(byte);
  *out += '%';
  *out += kHex[code >> 4];
  *out += kHex[code & 15];
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> EscapePartitionValue(std::optional<std::string_view> value) {
  if (!value) return std::string(kNullName);
  if (value->empty() || value->find('\0') != std::string_view::npos) return std::nullopt;
  // An escape only makes a value longer; nothing huge is copied first.
  if (value->size() > kNameBytesMax) return std::nullopt;
  std::string name;
  for (size_t i = 0; i < value->size(); ++i) {
    const char byte = (*value)[i];
    const bool hides = i == 0 && (byte == '.' || byte == '_');
    if (NeedsEscape(byte) || hides || *value == "..") {
      AppendEscaped(byte, &name);
    } else {
      name += byte;
    }
  }
  if (name.size() > kNameBytesMax) return std::nullopt;
  return name;
}

std::optional<std::string> UnescapePartitionValue(std::string_view name) {
  if (name == kNullName) return std::nullopt;
  std::string value;
  for (size_t i = 0; i < name.size(); ++i) {
    const int high = name[i] == '%' && i + 2 < name.size() ? HexDigit(name[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(name[i + 2]) : -1;
    if (low < 0) {
      value += name[i];
      continue;
    }
    value += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return value;
}

}  // namespace freight
