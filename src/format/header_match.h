// Columns of an input that names them up front, matched to the contract by name.
#pragma once

#include "format/input_format.h"

#include <string>
#include <vector>

namespace freight {

struct NamedColumns {
  const char* what = "header";  // as messages call what names them
  std::vector<std::string> names;
  std::vector<Place> places;    // of each name, or one for all of them
  const Place& PlaceOf(int name) const { return places[places.size() == 1 ? 0 : static_cast<size_t>(name)]; }
};

// Fills column_of_contract and unread. Fails with place and help: a required column that is missing, no column of the
// contract at all, a name that is read and occurs twice, unknown columns under kFreeze.
Status MatchColumns(const Contract& contract, const NamedColumns& found, InputHeader* header);

}  // namespace freight
