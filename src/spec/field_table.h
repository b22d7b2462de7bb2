// The one description of a component's fields: it drives parsing, lint, JSON Schema and the reference pages.
//
// A Shape is a map with a closed set of keys. CheckShape reports everything in a node that does not fit; Fields then
// reads values of a node, falling back to the defaults that the shape declares.
#pragma once

#include "spec/yaml.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

enum class FieldKind : uint8_t {
  kString,
  kIdentifier,  // letters, digits, - and _
  kBool,
  kInteger,
  kNumber,
  kBytes,       // 67108864, 64MiB, 1.5GB is refused: whole numbers only
  kPercent,     // 0.5 or 0.5%
  kCharacter,   // one byte of ASCII; "" or false: none
  kChoice,
  kMap,
  kAny,         // the caller looks at it
};
enum class FieldCount : uint8_t { kOne, kList, kOneOrList };

struct Shape;

// Designated initializers in this order; what is not named takes its default.
struct FieldSpec {
  std::string_view key;
  FieldKind kind = FieldKind::kString;
  FieldCount count = FieldCount::kOne;
  bool required = false;
  double minimum = std::numeric_limits<double>::lowest();  // of numbers, bytes and percents
  double maximum = std::numeric_limits<double>::max();
  std::string_view choices = {};        // of kChoice, separated by spaces
  const Shape* shape = nullptr;         // of kMap
  std::span<const Shape* const> (*variants)() = nullptr;  // of kMap instead: the one whose first key the map has
  std::string_view default_text = {};   // as written in the file; empty: none
  std::string_view help = {};           // what it is for: one sentence of the reference
  std::string_view example = {};
  std::string_view range_help = {};     // the next step when a number is below the minimum or above the maximum
};

struct Shape {
  std::string_view name;      // as messages say it
  std::string_view summary;   // for the reference
  std::span<const FieldSpec> fields;
  bool open = false;          // keys that are not listed are allowed

  const FieldSpec* Find(std::string_view key) const;
};

// The shape that a map takes: field.shape, or the variant whose first key it has; nullptr when it has none or several.
const Shape* ShapeOf(const YamlNode& node, const FieldSpec& field);
// Reports every unknown, missing, mistyped or disallowed key and value below `node`; true when there is none.
bool CheckShape(const YamlNode& node, const Shape& shape, Findings* findings);
// Parts of it, for maps whose keys depend on a value: the keys that `shape` requires, and one key it does not have.
bool CheckRequired(const YamlNode& node, const Shape& shape, Findings* findings);
bool ReportUnknownKey(const YamlEntry& entry, const Shape& shape, Findings* findings);
// The same for one value that stands alone.
bool CheckValue(const YamlNode& node, const FieldSpec& field, Findings* findings);

// Reads a map by its shape. A node that is absent or did not fit reads as absent: CheckShape has reported it.
class Fields {
 public:
  Fields(const YamlNode* node, const Shape& shape) : node_(node), shape_(&shape) {}

  const YamlNode* Node(std::string_view key) const;  // nullptr when absent
  Span SpanOf(std::string_view key) const;           // of the key; of the map when absent
  Fields Map(std::string_view key) const;
  std::vector<const YamlNode*> List(std::string_view key) const;  // the one, or the list

  std::optional<std::string> Text(std::string_view key) const;    // strings, identifiers and choices
  std::optional<bool> Bool(std::string_view key) const;
  std::optional<int64_t> Integer(std::string_view key) const;     // integers and bytes
  std::optional<double> Number(std::string_view key) const;       // numbers and percents
  std::optional<char> Character(std::string_view key) const;      // nullopt: declared as none, or absent
  std::optional<YamlNode> Scalar(std::string_view key) const;     // the node, or one made of the default

 private:
  const FieldSpec& Spec(std::string_view key) const;

  const YamlNode* node_;
  const Shape* shape_;
};

// The values of scalars; nullopt when the text is none.
std::optional<int64_t> ParseIntegerText(std::string_view text);
std::optional<int64_t> ParseBytesText(std::string_view text);    // KiB MiB GiB TiB kB MB GB TB B
std::optional<double> ParsePercentText(std::string_view text);
std::optional<double> ParseNumberText(std::string_view text);
std::optional<bool> ParseBoolText(std::string_view text);
std::vector<std::string> WordsOf(std::string_view choices);

}  // namespace freight
