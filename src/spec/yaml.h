// YAML text -> a small tree of nodes, each with its place. Stricter than YAML: what could be read two ways is refused.
//
// Refused, each as a diagnostic with place: duplicate keys, keys that are not plain text, merge keys, tags, tabs as
// indentation, several documents, an empty document, more than kYamlDepthMax levels, more nodes than the limits allow
// (also when aliases multiply them), aliases that contain themselves, NUL bytes and text that is not UTF-8.
#pragma once

#include "spec/findings.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

inline constexpr int64_t kYamlDepthMax = 64;

struct YamlEntry;

struct YamlNode {
  enum class Kind : uint8_t { kScalar, kList, kMap };
  Kind kind = Kind::kScalar;
  bool plain = false;              // scalar without quotes: may mean null, a boolean or a number
  bool expanded = false;           // scalar that held a ${VARIABLE}: the field decides its type
  Span span;
  std::string text;                // of a scalar
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in file order

  const YamlNode* Find(std::string_view key) const;  // in a map; nullptr when absent
};

struct YamlEntry {
  std::string key;
  Span span;
  YamlNode value;
};

// What a scalar is in YAML 1.2's core schema. Quoted scalars are always strings.
enum class ScalarType : uint8_t { kString, kNull, kBool, kInteger, kFloat };
ScalarType TypeOfScalar(const YamlNode& scalar);

struct YamlLimits {
  int64_t bytes_max = 1 << 20;
  int64_t nodes_max = 100'000;
};

// nullopt when anything was refused; `findings` then has at least one error more.
std::optional<YamlNode> ParseYaml(std::string_view text, const YamlLimits& limits, Findings* findings);

}  // namespace freight
