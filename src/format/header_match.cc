// Matching by name, wherever the columns stand.
#include "format/header_match.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace freight {
namespace {

constexpr size_t kNamesShownMax = 20;

std::string Quoted(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(names.size(), kNamesShownMax); ++i) shown.push_back("\"" + names[i] + "\"");
  if (names.size() > kNamesShownMax) shown.push_back(fmt::format("and {} more", names.size() - kNamesShownMax));
  return fmt::format("{}", fmt::join(shown, ", "));
}

Status CheckMissing(const Contract& contract, const InputHeader& header, const NamedColumns& found) {
  const Place place{found.places[0].file, found.places[0].line, 1};
  std::vector<std::string> missing;
  bool any_found = false;
  for (size_t i = 0; i < contract.columns.size(); ++i) {
    any_found = any_found || header.column_of_contract[i] >= 0;
    const Column& column = contract.columns[i];
    if (header.column_of_contract[i] < 0 && column.rules.required) missing.push_back(column.source_name);
  }
  const std::string help = fmt::format("the {} has {}", found.what, Quoted(found.names));
  if (!missing.empty()) {
    return Fail(Reaction::kInvalid, "required column{} {} {} not in the {}", missing.size() > 1 ? "s" : "",
                Quoted(missing), missing.size() > 1 ? "are" : "is", found.what).At(place).Help(help);
  }
  if (!any_found) {
    return Fail(Reaction::kInvalid, "the {} names no column of the contract", found.what).At(place).Help(help);
  }
  return Status::OK();
}

}  // namespace

Status MatchColumns(const Contract& contract, const NamedColumns& found, InputHeader* header) {
  std::map<std::string, std::vector<int>> fields_of_name;
  for (size_t i = 0; i < found.names.size(); ++i) fields_of_name[found.names[i]].push_back(static_cast<int>(i));
  std::set<std::string> named;
  for (const Column& column : contract.columns) {
    named.insert(column.source_name);
    const auto it = fields_of_name.find(column.source_name);
    header->column_of_contract.push_back(it == fields_of_name.end() ? -1 : it->second[0]);
    if (it != fields_of_name.end() && it->second.size() > 1) {
      return Fail(Reaction::kInvalid, "the {} names column \"{}\" {} times", found.what, column.source_name,
                  it->second.size())
          .At(found.PlaceOf(it->second[1])).Help("give each column that the contract reads a name of its own");
    }
  }
  std::vector<Place> unread_places;
  for (size_t i = 0; i < found.names.size(); ++i) {
    if (!named.insert(found.names[i]).second) continue;
    header->unread.push_back(found.names[i]);
    unread_places.push_back(found.PlaceOf(static_cast<int>(i)));
  }
  ARROW_RETURN_NOT_OK(CheckMissing(contract, *header, found));
  if (contract.columns_policy == ColumnsPolicy::kFreeze && !header->unread.empty()) {
    return Fail(Reaction::kInvalid, "the contract freezes the columns and does not name {}", Quoted(header->unread))
        .At(unread_places[0]).Help("add to the contract what should be read, or drop `columns: freeze`");
  }
  return Status::OK();
}

}  // namespace freight
