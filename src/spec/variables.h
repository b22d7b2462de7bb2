// ${VAR}, ${VAR:-default}, ${VAR:?message} and $${ inside the string values of a parsed file.
#pragma once

#include "spec/yaml.h"

#include <functional>
#include <optional>
#include <string>

namespace freight {

using VariableLookup = std::function<std::optional<std::string>(const std::string&)>;

// Expands every scalar value below `node` in place, never keys. ${VAR:-default} also covers an empty variable. A
// variable that is unset without a default is an error at its scalar. A variable's value is not expanded again.
void ExpandVariables(YamlNode* node, const VariableLookup& lookup, Findings* findings);

}  // namespace freight
