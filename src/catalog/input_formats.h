// The list of all input formats: the only place that knows which there are.
#pragma once

#include "format/input_format.h"
#include "spec/yaml.h"

#include <span>

namespace freight {

std::span<const InputFormatDef* const> InputFormats();
std::span<const Shape* const> InputFormatShapes();  // theirs, in the same order
// The format whose key the `source` map has; the first one when it has none, or is absent.
const InputFormatDef& InputFormatOf(const YamlNode* source);

}  // namespace freight
