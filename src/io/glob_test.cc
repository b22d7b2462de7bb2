// Tests of globs over a small tree.
#include "io/env.h"
#include "io/fault_env.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace freight {
namespace {

using Names = std::vector<std::string>;

std::unique_ptr<MemEnv> Tree(const Names& files) {
  auto env = MakeMemEnv();
  for (const std::string& file : files) {
    EXPECT_TRUE(MakeDirs(*env, ParentPath(file), false).ok());
    EXPECT_TRUE(env->OpenWrite(file, CreateMode::kNew).ok());
  }
  return env;
}

TEST(Glob, FollowsItsTable) {
  const auto env = Tree({"a.csv", "b.csv", "B.csv", ".hidden.csv", "a.txt", "é.csv", "a1.csv", "a22.csv", "[x].csv",
                         "in/2026-01/x.csv", "in/2026-02/x.csv", "in/2026-02/deep/y.csv", "in/.git/x.csv",
                         "in/2026-02/.z.csv", "in/readme", "dir.csv/inside"});
  struct Case { std::string pattern; Names want; };
  for (const auto& [pattern, want] : std::initializer_list<Case>{
           {"a.csv", {"a.csv"}},
           {"/a.csv", {"/a.csv"}},
           {"./a.csv", {"./a.csv"}},
           {"absent.csv", {}},
           {"absent/*.csv", {}},
           {"a.csv/*", {}},
           {"a.csv/x", {}},
           {"in", {"in"}},
           {"*.csv", {"B.csv", "[x].csv", "a.csv", "a1.csv", "a22.csv", "b.csv", "é.csv"}},
           {"/*.txt", {"/a.txt"}},
           {"./*.txt", {"./a.txt"}},
           {".*.csv", {".hidden.csv"}},
           {"?.csv", {"B.csv", "a.csv", "b.csv", "é.csv"}},
           {"a?.csv", {"a1.csv"}},
           {"a*2*.csv", {"a22.csv"}},
           {"[ab].csv", {"a.csv", "b.csv"}},
           {"[a-z].csv", {"a.csv", "b.csv"}},
           {"[!a-z].csv", {"B.csv", "é.csv"}},
           {"[^ab].csv", {"B.csv", "é.csv"}},
           {"[é].csv", {"é.csv"}},
           {"[[]x].csv", {"[x].csv"}},
           {"[]x[]*", {"[x].csv"}},
           {"*[", {}},
           {"in/*/x.csv", {"in/2026-01/x.csv", "in/2026-02/x.csv"}},
           {"in/2026-0[2-9]/*.csv", {"in/2026-02/x.csv"}},
           {"in/**/*.csv", {"in/2026-01/x.csv", "in/2026-02/deep/y.csv", "in/2026-02/x.csv"}},
           {"in/**", {"in/2026-01/x.csv", "in/2026-02/deep/y.csv", "in/2026-02/x.csv", "in/readme"}},
           {"**/y.csv", {"in/2026-02/deep/y.csv"}},
           {"**/**/y.csv", {"in/2026-02/deep/y.csv"}},
           {"in/.git/*", {"in/.git/x.csv"}},
           {"/in/*/../readme", {"/in/2026-01/../readme", "/in/2026-02/../readme"}},
       }) {
    const auto got = Glob(*env, pattern);
    ASSERT_TRUE(got.ok()) << pattern << ": " << got.status();
    EXPECT_EQ(*got, want) << pattern;
  }
}

TEST(Glob, ReportsAFailingDisk) {
  const auto env = Tree({"in/a.csv"});
  const auto faulty = MakeFaultEnv(env.get());
  faulty->CountReads(true);
  faulty->Arm(1, Fault::kEio);
  EXPECT_FALSE(Glob(*faulty, "in/*.csv").ok());
}

TEST(Glob, FindsADanglingLinkAndEndsInALoopOfLinks) {
  char root[] = "/tmp/freight_glob_test_XXXXXX";
  ASSERT_NE(::mkdtemp(root), nullptr);
  const std::string base = root;
  ASSERT_EQ(::mkdir((base + "/d").c_str(), 0700), 0);
  ASSERT_EQ(::symlink("..", (base + "/d/up").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", (base + "/d/gone.csv").c_str()), 0);
  const auto env = MakeDiskEnv();
  EXPECT_EQ(*Glob(*env, base + "/d/*.csv"), Names{base + "/d/gone.csv"});
  const auto all = Glob(*env, base + "/**/*.csv");
  ASSERT_TRUE(all.ok());
  EXPECT_LE(all->size(), 3U);
  EXPECT_EQ(all->front(), base + "/d/gone.csv");
  ASSERT_TRUE(RemoveTree(*env, base).ok());
}

}  // namespace
}  // namespace freight
