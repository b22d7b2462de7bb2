// What a shape says to people and editors: JSON Schema and a Markdown table, both made from the same fields.
#pragma once

#include "spec/field_table.h"

#include <string>

namespace freight {

// A JSON Schema, draft 2020-12, of a whole file. Indented by two spaces, ends with a line end.
std::string JsonSchemaOf(const Shape& shape, const std::string& title);

// A page for one shape: summary, a table of its keys, then each key of kMap that it nests.
std::string MarkdownOf(const Shape& shape, const std::string& title);

}  // namespace freight
