// Reading and writing of JSON paths.
#include "format/json_path.h"

#include "contract/kernels_text.h"
#include "format/json_scan.h"

#include <algorithm>

namespace freight {
namespace {

bool IsPlain(std::string_view key) {
  const auto letter = [](char c) {
    const char lower = static_cast<char>(c | 0x20);
    return (lower >= 'a' && lower <= 'z') || c == '_' || static_cast<uint8_t>(c) >= 0x80;
  };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !key.empty() && letter(key[0]) && std::all_of(key.begin(), key.end(), inner);
}

void AppendKey(std::string_view key, std::string* out) {
  if (IsPlain(key)) {
    *out += '.';
    *out += key;
    return;
  }
  *out += "['";
  for (const char c : key) {
    if (static_cast<uint8_t>(c) < 0x20) {
      *out += fmt::format("\\u{:04x}", static_cast<int>(c));
      continue;
    }
    if (c == '\'' || c == '\\') *out += '\\';
    *out += c;
  }
  *out += "']";
}

// Takes one step off the front; false when there is none.
bool TakeStep(std::string_view* rest, std::string* step) {
  if (!rest->starts_with('"')) {
    const size_t end = std::min(rest->find('.'), rest->size());
    step->assign(*rest, 0, end);
    rest->remove_prefix(end);
    return !step->empty();
  }
  JsonScan scan(rest->data(), rest->data() + rest->size());
  JsonString string;
  if (!scan.String(JsonUtf8::kChecked, &string)) return false;
  kernels::AppendJsonUnescaped(string.raw, step);
  rest->remove_prefix(static_cast<size_t>(scan.at() - rest->data()));
  return rest->empty() || rest->starts_with('.');
}

}  // namespace

Result<std::vector<std::string>> ParseJsonPath(std::string_view text) {
  std::vector<std::string> steps;
  std::string_view rest = text;
  if (rest.starts_with("$.")) rest.remove_prefix(2);
  for (;;) {
    if (!TakeStep(&rest, &steps.emplace_back())) {
      return freight::Fail(Reaction::kInvalid, "\"{}\" is no path into a JSON record", text)
          .Help("write keys with dots between them: user.id; a key that holds a dot in quotes: \"a.b\".id");
    }
    if (rest.empty()) return steps;
    rest.remove_prefix(1);
  }
}

std::string JsonPathStep(const std::string& key) {
  if (!key.empty() && key.find('.') == std::string::npos && key[0] != '"') return key;
  std::string step = "\"";
  for (const char c : key) {
    if (static_cast<uint8_t>(c) < 0x20) {
      step += fmt::format("\\u{:04x}", static_cast<int>(c));
      continue;
    }
    if (c == '"' || c == '\\') step += '\\';
    step += c;
  }
  return step + "\"";
}

std::string JsonPathSteps(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ".") + JsonPathStep(key);
  return text;
}

std::string JsonPath::Text() const {
  std::string out = "$";
  for (const Step& step : steps_) {
    if (step.key.data() != nullptr) AppendKey(step.key, &out);
    else out += fmt::format("[{}]", step.index);
  }
  return out;
}

std::string JsonPathText(const std::vector<std::string>& keys) {
  std::string out = "$";
  for (const std::string& key : keys) AppendKey(key, &out);
  return out;
}

}  // namespace freight
