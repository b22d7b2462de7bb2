// Open Data Contract Standard 3.1.0 YAML -> Contract. Closed set of keys; what is not enforced is noted, never silent.
#pragma once

#include "contract/contract.h"
#include "spec/diagnostic.h"

#include <string>
#include <string_view>
#include <vector>

namespace freight {

// `file` names the text in places. On errors the contract is unusable. `object` picks schema[] by name ("" = the only
// one; several: an error that lists them).
Contract ParseOdcs(std::string_view text, const std::string& file, const std::string& object,
                   std::vector<Diagnostic>* diagnostics);

}  // namespace freight
