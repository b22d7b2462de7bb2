// Paths into JSON records: as a contract writes them to name a value, and as verdicts write them to name a place.
#pragma once

#include "base/status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

// path    := "$." path | step ("." step)*
// step    := any characters but "." | a JSON string, for a key that holds a dot: "a.b".c
// Fails when a step is empty or a string is not closed; the failure has no place.
Result<std::vector<std::string>> ParseJsonPath(std::string_view text);

// A key as one step of such a path, and keys as a path.
std::string JsonPathStep(const std::string& key);
std::string JsonPathSteps(const std::vector<std::string>& keys);

// The way from a record to a value inside it, kept while the record is walked.
class JsonPath {
 public:
  void Push(std::string_view key) { steps_.push_back({key, 0}); }
  void Push(int64_t index) { steps_.push_back({{}, index}); }
  void Pop() { steps_.pop_back(); }
  void Clear() { steps_.clear(); }
  // "$.user.tags[3]"; a key that is no plain word as "$['a.b']".
  std::string Text() const;

 private:
  struct Step {
    std::string_view key;  // data() is null: an index
    int64_t index;
  };
  std::vector<Step> steps_;
};

std::string JsonPathText(const std::vector<std::string>& keys);

}  // namespace freight
