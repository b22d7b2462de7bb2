// Greedy from the first part on.
#include "engine/part_groups.h"

#include <algorithm>
#include <iterator>

namespace freight {
namespace {

struct Group {
  std::vector<PartInfo> parts;
  int64_t bytes = 0;
};

bool Joins(const Group& group, const PartInfo& part, const JoinRule& rule) {
  if (group.bytes < rule.small_bytes) return true;
  return rule.file_bytes && group.bytes + part.bytes <= *rule.file_bytes;
}

void Append(Group&& from, Group* to) {
  to->bytes += from.bytes;
  std::move(from.parts.begin(), from.parts.end(), std::back_inserter(to->parts));
}

}  // namespace

std::vector<std::vector<PartInfo>> GroupParts(const std::vector<PartInfo>& parts, const JoinRule& rule,
                                              bool rows_follow) {
  std::vector<Group> groups;
  for (const PartInfo& part : parts) {
    Group next{{part}, part.bytes};
    if (!groups.empty() && Joins(groups.back(), part, rule)) Append(std::move(next), &groups.back());
    else groups.push_back(std::move(next));
  }
  if (groups.size() > 1 && groups.back().bytes < rule.small_bytes) {
    Group last = std::move(groups.back());
    groups.pop_back();
    Append(std::move(last), &groups.back());
  }
  std::vector<std::vector<PartInfo>> joined;
  for (size_t i = 0; i < groups.size(); ++i) {
    const bool full = rule.file_bytes && groups[i].bytes >= *rule.file_bytes;
    const bool goes_on = rows_follow && i + 1 == groups.size() && !full;
    if (groups[i].parts.size() > 1 || goes_on) joined.push_back(std::move(groups[i].parts));
  }
  return joined;
}

}  // namespace freight
