// One pass over each scalar's text; values of variables are data and never looked at again.
#include "spec/variables.h"

#include <cctype>

namespace freight {
namespace {

bool IsName(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  for (const unsigned char c : name) {
    if (c >= 0x80 || (!std::isalnum(c) && c != '_')) return false;
  }
  return true;
}

// `inside` is what stands between ${ and }.
std::optional<std::string> ValueOf(std::string_view inside, Span at, const VariableLookup& lookup, Findings* findings) {
  const size_t colon = inside.find(':');
  const std::string name(inside.substr(0, colon));
  const std::string_view rest = colon == std::string_view::npos ? "" : inside.substr(colon);
  const bool has_default = rest.starts_with(":-");
  const bool has_message = rest.starts_with(":?");
  if (!IsName(name) || (!rest.empty() && !has_default && !has_message)) {
    findings->Error(kCodeVariable, at, fmt::format("\"${{{}}}\" is not a variable", inside),
                    "write ${NAME}, ${NAME:-default} or ${NAME:?message}; $${ is a literal ${");
    return std::nullopt;
  }
  std::optional<std::string> value = lookup ? lookup(name) : std::nullopt;
  if (value && (!value->empty() || rest.empty())) return value;
  if (has_default) return std::string(rest.substr(2));
  if (has_message && rest.size() > 2) {
    findings->Error(kCodeVariable, at, fmt::format("variable \"{}\": {}", name, rest.substr(2)));
  } else {
    findings->Error(kCodeVariable, at, fmt::format("variable \"{}\" is not set", name),
                    fmt::format("set it, or write ${{{}:-default}}", name));
  }
  return std::nullopt;
}

void ExpandScalar(YamlNode* node, const VariableLookup& lookup, Findings* findings) {
  const std::string_view text = node->text;
  std::string out;
  bool changed = false;
  for (size_t i = 0; i < text.size();) {
    if (text.substr(i, 3) == "$${") {
      out += "${";
      i += 3;
      changed = true;
      continue;
    }
    if (text.substr(i, 2) != "${") {
      out += text[i++];
      continue;
    }
    const size_t end = text.find('}', i);
    if (end == std::string_view::npos) {
      findings->Error(kCodeVariable, node->span, "\"${\" has no closing \"}\"", "$${ is a literal ${");
      return;
    }
    out += ValueOf(text.substr(i + 2, end - i - 2), node->span, lookup, findings).value_or("");
    i = end + 1;
    changed = true;
    node->expanded = true;
  }
  if (changed) node->text = std::move(out);
}

}  // namespace

void ExpandVariables(YamlNode* node, const VariableLookup& lookup, Findings* findings) {
  if (node->kind == YamlNode::Kind::kScalar) ExpandScalar(node, lookup, findings);
  for (YamlNode& item : node->items) ExpandVariables(&item, lookup, findings);
  for (YamlEntry& entry : node->entries) ExpandVariables(&entry.value, lookup, findings);
}

}  // namespace freight
