// The smallest exact type that holds every value of a place in JSON records, found by looking at all of them.
#pragma once

#include "cli/type_guess.h"
#include "contract/contract.h"
#include "format/json_scan.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

// A place in the records: a key's values, or the items of an array. Memory is bounded: an object with too many keys,
// and what lies too deep, is taken as JSON text.
class JsonGuess {
 public:
  static constexpr size_t kKeysMax = 1000;  // of one object
  static constexpr int kDepthMax = 8;

  // Takes the value at `scan`, which is known to be JSON.
  void See(JsonScan* scan, int depth);
  // An absent value, or null.
  void SeeNull() { has_nulls_ = true; }

  // Of a record: one column for each key, in the order in which they were first seen.
  std::vector<Column> Columns() const;

 private:
  struct Child;
  void SeeScalar(JsonKind kind, std::string_view text);
  void SeeNumber(std::string_view text);
  void SeeObject(JsonScan* scan, int depth);
  void SeeArray(JsonScan* scan, int depth);
  ColumnType Type() const;
  ColumnType NumberType() const;
  ColumnType StringType() const;
  ColumnType ObjectType() const;

  bool has_nulls_ = false;
  bool booleans_ = false, numbers_ = false, strings_ = false, objects_ = false, arrays_ = false;
  bool too_rich_ = false;  // more than is looked at
  bool real_ = false;      // a number that only binary floating point spells so
  bool long_ = false;      // an integer of more digits than a double is sure to keep
  int64_t objects_seen_ = 0;
  TypeGuess number_, string_;
  std::vector<std::string> keys_;
  std::map<std::string, Child, std::less<>> children_;
  std::unique_ptr<JsonGuess> item_;
};

struct JsonGuess::Child {
  JsonGuess guess;
  int64_t seen = 0;  // objects that have the key
};

}  // namespace freight
