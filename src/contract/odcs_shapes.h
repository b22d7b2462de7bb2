// The structure of an Open Data Contract Standard 3.1.0 document: which keys may stand where, and of what kind.
#pragma once

#include "spec/field_table.h"

namespace freight {

// Reports every key and value that the standard does not allow, anywhere in the document.
bool CheckOdcsShape(const YamlNode& root, Findings* findings);

const Shape& OdcsShape();            // the root
const Shape& OdcsObjectShape();      // one item of schema
const Shape& OdcsPropertyShape();    // one item of properties
const Shape& OdcsQualityShape();     // one item of quality, keys of all types
const Shape& OdcsCustomPropertyShape();
const Shape& OdcsSlaShape();
// logicalTypeOptions of a logical type; nullptr for a word that is none.
const Shape* OdcsOptionsShape(std::string_view logical_type);

}  // namespace freight
