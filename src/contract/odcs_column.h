// One property of a schema object -> one column: its type, its row rules, and what of it is not enforced.
#pragma once

#include "contract/contract.h"
#include "spec/field_table.h"

#include <optional>
#include <string>
#include <vector>

namespace freight {

// Says once, as a note with a place and as a sentence of the contract, that a declaration decides nothing here.
class OdcsNotes {
 public:
  OdcsNotes(Findings* findings, std::vector<std::string>* notes) : findings_(findings), notes_(notes) {}
  void Add(Span at, const std::string& sentence) {
    findings_->Note(kCodeNotEnforced, at, sentence);
    notes_->push_back(sentence);
  }

 private:
  Findings* findings_;
  std::vector<std::string>* notes_;
};

// nullopt when the property cannot be a column; the reason is in `findings`. The property has passed CheckOdcsShape.
// The items of an array need no name: `fallback_name` is theirs.
std::optional<Column> ReadOdcsColumn(const YamlNode& property, Findings* findings, OdcsNotes* notes,
                                     std::string_view fallback_name = "");

// The type alone; `type` gets its formats and spellings too.
bool ReadOdcsType(const YamlNode& property, Findings* findings, OdcsNotes* notes, ColumnType* type);

// Value of a custom property of this map; nullptr when there is none.
const YamlNode* CustomProperty(const YamlNode& owner, std::string_view name);

// The span of the text inside a scalar's quotes, `offset` characters on.
Span InsideOf(const YamlNode& scalar, int64_t offset);

// What `quality` declares and a run does not judge; `where` names the column or object in the sentence.
void NoteQuality(const YamlNode& rule, const std::string& where, OdcsNotes* notes);

}  // namespace freight
