// The rule by which staged parts are joined.
#include "engine/part_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace freight {
namespace {

using testing::ElementsAre;

std::vector<PartInfo> Parts(const std::vector<int64_t>& sizes) {
  std::vector<PartInfo> parts;
  for (const int64_t bytes : sizes) {
    parts.push_back({.chunk = static_cast<int32_t>(parts.size()), .rows = 1, .bytes = bytes});
  }
  return parts;
}

// The chunks of each group.
std::vector<std::vector<int>> Groups(const std::vector<int64_t>& sizes, JoinRule rule, bool rows_follow = false) {
  std::vector<std::vector<int>> groups;
  for (const auto& group : GroupParts(Parts(sizes), rule, rows_follow)) {
    groups.emplace_back();
    for (const PartInfo& part : group) groups.back().push_back(part.chunk);
  }
  return groups;
}

TEST(GroupParts, SmallOnesJoinTheirNeighbour) {
  const JoinRule rule{100, std::nullopt};
  EXPECT_THAT(Groups({}, rule), ElementsAre());
  EXPECT_THAT(Groups({5}, rule), ElementsAre());
  EXPECT_THAT(Groups({500, 500, 500}, rule), ElementsAre());
  EXPECT_THAT(Groups({5, 500}, rule), ElementsAre(ElementsAre(0, 1)));
  EXPECT_THAT(Groups({500, 5}, rule), ElementsAre(ElementsAre(0, 1)));
  EXPECT_THAT(Groups({500, 5, 500}, rule), ElementsAre(ElementsAre(1, 2)));
  EXPECT_THAT(Groups({40, 40, 40, 40}, rule), ElementsAre(ElementsAre(0, 1, 2, 3)));
  EXPECT_THAT(Groups({40, 40, 40, 500, 99}, rule), ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4)));
}

TEST(GroupParts, OthersJoinUpToTheSizeOfFiles) {
  const JoinRule rule{100, 1000};
  EXPECT_THAT(Groups({300, 300, 300, 300, 1200, 50}, rule), ElementsAre(ElementsAre(0, 1, 2), ElementsAre(4, 5)));
  EXPECT_THAT(Groups({600, 600}, rule), ElementsAre());
}

TEST(GroupParts, RowsThatFollowGoOnInTheLastGroup) {
  EXPECT_THAT(Groups({}, {100, std::nullopt}, true), ElementsAre());
  EXPECT_THAT(Groups({500, 500}, {100, std::nullopt}, true), ElementsAre(ElementsAre(1)));
  EXPECT_THAT(Groups({5, 500, 500, 5}, {100, std::nullopt}, true), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
  EXPECT_THAT(Groups({1000}, {100, 1000}, true), ElementsAre());
}

TEST(GroupParts, LeavesNoSmallFileUnlessAllIsSmall) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int64_t> sizes(1 + random() % 8);
    int64_t sum = 0;
    for (int64_t& size : sizes) sum += size = 1 + random() % (random() % 2 ? 60 : 400);
    std::vector<int64_t> files = sizes;  // of the file that begins with this part, 0: in an earlier one
    for (const auto& group : Groups(sizes, {100, std::nullopt})) {
      for (const int chunk : group) {
        if (chunk != group.front()) files[group.front()] += std::exchange(files[chunk], 0);
      }
    }
    for (const int64_t file : files) EXPECT_TRUE(file == 0 || file >= 100 || file == sum) << file;
  }
}

}  // namespace
}  // namespace freight
