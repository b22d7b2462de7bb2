// One table of what every Env must do; MemEnv and DiskEnv run the same.
#include "io/env.h"

#include "io/fault_env.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

namespace freight {
namespace {

class AnyEnv : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    on_disk_ = std::string_view(GetParam()) == "disk";
    if (on_disk_) {
      char name[] = "/tmp/freight_env_test_XXXXXX";
      ASSERT_NE(::mkdtemp(name), nullptr);
      root_ = name;
      env_ = MakeDiskEnv();
    } else {
      root_ = "/root";
      env_ = MakeMemEnv();
      ASSERT_TRUE(env_->MakeDir(root_).ok());
    }
  }
  void TearDown() override { EXPECT_TRUE(RemoveTree(*env_, root_).ok()); }

  std::string At(const std::string& name) const { return JoinPath(root_, name); }
  void Write(const std::string& name, std::string_view bytes) {
    auto file = env_->OpenWrite(At(name), CreateMode::kNew);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->Append(bytes).ok());
    ASSERT_TRUE((*file)->Sync().ok());
    ASSERT_TRUE((*file)->Close().ok());
  }
  std::string Read(const std::string& name) {
    auto bytes = ReadFile(*env_, At(name), 1 << 20);
    return bytes.ok() ? *bytes : "error: " + bytes.status().message();
  }
  Status Rename(const std::string& from, const std::string& to, RenameMode mode) {
    return env_->Rename(At(from), At(to), mode);
  }
  void MakeTree() {
    for (const char* directory : {"d", "full", "empty"}) ASSERT_TRUE(env_->MakeDir(At(directory)).ok());
    Write("f", "F");
    Write("g", "G");
    Write("full/inside", "I");
  }

  bool on_disk_ = false;
  std::string root_;
  std::unique_ptr<Env> env_;
};

INSTANTIATE_TEST_SUITE_P(Io, AnyEnv, testing::Values("mem", "disk"), [](const auto& p) { return p.param; });

TEST_P(AnyEnv, CreatesAppendsAndReadsAtAnyOffset) {
  Write("f", "hello");
  {
    auto file = *env_->OpenWrite(At("f"), CreateMode::kAppend);
    ASSERT_TRUE(file->Append(" world").ok());
  }
  auto file = *env_->OpenRead(At("f"));
  EXPECT_EQ(file->Stat()->size_bytes, 11);
  char out[32] = {};
  EXPECT_EQ(*file->ReadAt(6, 3, out), 3);
  EXPECT_EQ(std::string(out, 3), "wor");
  EXPECT_EQ(*file->ReadAt(9, 32, out), 2);
  EXPECT_EQ(*file->ReadAt(11, 32, out), 0);
  EXPECT_EQ(*file->ReadAt(99, 32, out), 0);
}

TEST_P(AnyEnv, AppendModeCreatesAndAppendsAfterTruncate) {
  auto file = *env_->OpenWrite(At("log"), CreateMode::kAppend);
  ASSERT_TRUE(file->Append("abcdef").ok());
  ASSERT_TRUE(env_->Truncate(At("log"), 2).ok());
  ASSERT_TRUE(file->Append("X").ok());
  EXPECT_EQ(Read("log"), "abX");
  ASSERT_TRUE(env_->Truncate(At("log"), 5).ok());
  EXPECT_EQ(Read("log"), std::string("abX\0\0", 5));
}

TEST_P(AnyEnv, AClosedFileTakesNoMoreBytes) {
  auto file = *env_->OpenWrite(At("f"), CreateMode::kNew);
  ASSERT_TRUE(file->Close().ok());
  EXPECT_EQ(ErrnoOf(file->Append("x")), EBADF);
  EXPECT_EQ(ErrnoOf(file->Sync()), EBADF);
}

TEST_P(AnyEnv, AnUnlinkedFileStaysReadable) {
  Write("f", "old");
  auto file = *env_->OpenRead(At("f"));
  ASSERT_TRUE(env_->RemoveFile(At("f")).ok());
  Write("f", "new");
  char out[8];
  ASSERT_EQ(*file->ReadAt(0, 8, out), 3);
  EXPECT_EQ(std::string(out, 3), "old");
}

TEST_P(AnyEnv, ErrorsCarryErrnoReactionAndPath) {
  MakeTree();
  struct Case { const char* what; Status status; int want; };
  const std::string long_name(256, 'n');
  const std::string nul("a\0b", 3);
  const std::vector<Case> cases = {
      {"read absent", env_->OpenRead(At("absent")).status(), ENOENT},
      {"read in absent", env_->OpenRead(At("absent/x")).status(), ENOENT},
      {"read below file", env_->OpenRead(At("f/x")).status(), ENOTDIR},
      {"read directory", env_->OpenRead(At("d")).status(), EISDIR},
      {"read long name", env_->OpenRead(At(long_name)).status(), ENAMETOOLONG},
      {"read NUL", env_->OpenRead(At(nul)).status(), EINVAL},
      {"read empty path", env_->OpenRead("").status(), ENOENT},
      {"create existing", env_->OpenWrite(At("f"), CreateMode::kNew).status(), EEXIST},
      {"create over directory", env_->OpenWrite(At("d"), CreateMode::kNew).status(), EEXIST},
      {"append to directory", env_->OpenWrite(At("d"), CreateMode::kAppend).status(), EISDIR},
      {"create in absent", env_->OpenWrite(At("absent/x"), CreateMode::kNew).status(), ENOENT},
      {"stat absent", env_->Stat(At("absent")).status(), ENOENT},
      {"stat NUL", env_->Stat(At(nul)).status(), EINVAL},
      {"list absent", env_->List(At("absent")).status(), ENOENT},
      {"list file", env_->List(At("f")).status(), ENOTDIR},
      {"mkdir over file", env_->MakeDir(At("f")), EEXIST},
      {"mkdir in absent", env_->MakeDir(At("absent/x")), ENOENT},
      {"link absent", env_->Link(At("absent"), At("l")), ENOENT},
      {"link over file", env_->Link(At("f"), At("g")), EEXIST},
      {"link directory", env_->Link(At("d"), At("l")), EPERM},
      {"unlink absent", env_->RemoveFile(At("absent")), ENOENT},
      {"unlink directory", env_->RemoveFile(At("d")), EISDIR},
      {"rmdir file", env_->RemoveDir(At("f")), ENOTDIR},
      {"rmdir full", env_->RemoveDir(At("full")), ENOTEMPTY},
      {"rmdir absent", env_->RemoveDir(At("absent")), ENOENT},
      {"sync absent directory", env_->SyncDir(At("absent")), ENOENT},
      {"sync file as directory", env_->SyncDir(At("f")), ENOTDIR},
      {"truncate absent", env_->Truncate(At("absent"), 0), ENOENT},
      {"truncate directory", env_->Truncate(At("d"), 0), EISDIR},
      {"lock directory", env_->TryLock(At("d")).status(), EISDIR},
  };
  for (const auto& [what, status, want] : cases) {
    EXPECT_EQ(ErrnoOf(status), want) << what << ": " << status;
    EXPECT_EQ(ReactionOf(status), want == ENOENT ? Reaction::kNotFound : Reaction::kFailed) << what;
    EXPECT_TRUE(status.message().starts_with("cannot ")) << what << ": " << status;
  }
  EXPECT_EQ(env_->OpenRead(At("absent")).status().message(),
            "cannot open \"" + At("absent") + "\": no such file or directory");
}

TEST_P(AnyEnv, RenameModesFollowTheirTable) {
  struct Case { const char* from; const char* to; RenameMode mode; int want; };
  using enum RenameMode;
  for (const auto& [from, to, mode, want] : std::initializer_list<Case>{
           {"f", "new", kNoReplace, 0},       {"f", "g", kNoReplace, EEXIST},   {"f", "f", kNoReplace, EEXIST},
           {"absent", "g", kNoReplace, ENOENT}, {"full", "new", kNoReplace, 0}, {"f", "absent/x", kNoReplace, ENOENT},
           {"f", "g", kReplace, 0},           {"f", "new", kReplace, 0},        {"f", "f", kReplace, 0},
           {"absent", "g", kReplace, ENOENT}, {"f", "d", kReplace, EISDIR},     {"d", "f", kReplace, ENOTDIR},
           {"full", "empty", kReplace, 0},    {"d", "full", kReplace, ENOTEMPTY}, {"full", "full/x", kReplace, EINVAL},
           {"f", "g", kExchange, 0},          {"f", "absent", kExchange, ENOENT}, {"absent", "f", kExchange, ENOENT},
           {"f", "full", kExchange, 0},       {"full", "full/inside", kExchange, EINVAL}}) {
    MakeTree();
    EXPECT_EQ(ErrnoOf(Rename(from, to, mode)), want) << from << " to " << to << " mode " << static_cast<int>(mode);
    for (const auto& name : *env_->List(root_)) ASSERT_TRUE(RemoveTree(*env_, At(name)).ok());
  }
}

TEST_P(AnyEnv, RenameMovesBytesAndReplaceReplaces) {
  MakeTree();
  ASSERT_TRUE(Rename("f", "g", RenameMode::kReplace).ok());
  EXPECT_EQ(Read("g"), "F");
  EXPECT_FALSE(*Exists(*env_, At("f")));
  ASSERT_TRUE(Rename("full", "d/moved", RenameMode::kNoReplace).ok());
  EXPECT_EQ(Read("d/moved/inside"), "I");
}

TEST_P(AnyEnv, ExchangeSwapsNonEmptyDirectories) {
  MakeTree();
  Write("d/other", "O");
  const uint64_t inode = env_->Stat(At("d"))->inode;
  ASSERT_TRUE(Rename("d", "full", RenameMode::kExchange).ok());
  EXPECT_EQ(Read("d/inside"), "I");
  EXPECT_EQ(Read("full/other"), "O");
  EXPECT_EQ(env_->Stat(At("full"))->inode, inode);
}

TEST_P(AnyEnv, HardLinksShareOneFile) {
  Write("f", "one");
  ASSERT_TRUE(env_->Link(At("f"), At("l")).ok());
  EXPECT_EQ(env_->Stat(At("f"))->inode, env_->Stat(At("l"))->inode);
  ASSERT_TRUE((*env_->OpenWrite(At("l"), CreateMode::kAppend))->Append(" two").ok());
  EXPECT_EQ(Read("f"), "one two");
  ASSERT_TRUE(Rename("f", "l", RenameMode::kReplace).ok()) << "two names of one file: nothing happens";
  EXPECT_TRUE(*Exists(*env_, At("f")));
  ASSERT_TRUE(env_->RemoveFile(At("f")).ok());
  EXPECT_EQ(Read("l"), "one two");
}

TEST_P(AnyEnv, ListIsSortedByBytes) {
  for (const char* name : {"b", "a.csv", "B", ".hidden", "ä", "a", "10", "9"}) Write(name, "");
  EXPECT_EQ(*env_->List(root_),
            (std::vector<std::string>{".hidden", "10", "9", "B", "a", "a.csv", "b", "ä"}));
}

TEST_P(AnyEnv, MakeDirIsFineWithAnExistingOne) {
  EXPECT_TRUE(env_->MakeDir(At("d")).ok());
  EXPECT_TRUE(env_->MakeDir(At("d")).ok());
  EXPECT_EQ(env_->Stat(At("d"))->kind, FileKind::kDirectory);
}

TEST_P(AnyEnv, ALockExcludesOthersUntilReleased) {
  auto first = *env_->TryLock(At("lock"));
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(*env_->TryLock(At("lock")), nullptr);
  EXPECT_NE(*env_->TryLock(At("another")), nullptr);
  first.reset();
  EXPECT_NE(*env_->TryLock(At("lock")), nullptr);
}

TEST_P(AnyEnv, StatShowsAChange) {
  Write("f", "a");
  const FileStat before = *env_->Stat(At("f"));
  EXPECT_EQ(before, *env_->Stat(At("f")));
  ASSERT_TRUE((*env_->OpenWrite(At("f"), CreateMode::kAppend))->Append("b").ok());
  EXPECT_NE(before, *env_->Stat(At("f")));
  Write("g", "a");
  EXPECT_NE(env_->Stat(At("g"))->inode, before.inode);
}

TEST_P(AnyEnv, DotsInPathsAreResolved) {
  MakeTree();
  EXPECT_EQ(Read("d/.././full//inside"), "I");
  EXPECT_TRUE(env_->Stat(".").ok());
  EXPECT_EQ(env_->Stat("/..")->inode, env_->Stat("/")->inode);
  EXPECT_EQ(ErrnoOf(env_->Stat(At("f/../g")).status()), ENOTDIR);
  EXPECT_EQ(ErrnoOf(env_->Stat(At("absent/../g")).status()), ENOENT);
}

TEST_P(AnyEnv, ClocksAndRandomMoveOn) {
  EXPECT_GT(env_->NowMicros(), 1'700'000'000'000'000);
  const int64_t before = env_->MonotonicNanos();
  EXPECT_GE(env_->MonotonicNanos(), before);
  EXPECT_NE(env_->Random(), env_->Random());
  EXPECT_GT(env_->ProcessId(), 0);
  EXPECT_FALSE(env_->HostName().empty());
}

TEST_P(AnyEnv, MakeDirsMakesEachLevelAndRefusesAFile) {
  EXPECT_TRUE(MakeDirs(*env_, At("a/b/c"), true).ok());
  EXPECT_TRUE(MakeDirs(*env_, At("a/b/c/"), true).ok());
  EXPECT_EQ(env_->Stat(At("a/b/c"))->kind, FileKind::kDirectory);
  Write("f", "");
  EXPECT_EQ(ErrnoOf(MakeDirs(*env_, At("f"), false)), ENOTDIR);
  EXPECT_EQ(ErrnoOf(MakeDirs(*env_, At("f/x"), false)), ENOTDIR);
}

TEST_P(AnyEnv, RemoveTreeRemovesAllAndToleratesAbsence) {
  MakeTree();
  ASSERT_TRUE(MakeDirs(*env_, At("full/x/y"), false).ok());
  EXPECT_TRUE(RemoveTree(*env_, At("full")).ok());
  EXPECT_FALSE(*Exists(*env_, At("full")));
  EXPECT_TRUE(RemoveTree(*env_, At("full")).ok());
  EXPECT_TRUE(RemoveTree(*env_, At("f")).ok());
  EXPECT_EQ(*env_->List(root_), (std::vector<std::string>{"d", "empty", "g"}));
}

TEST_P(AnyEnv, ReadFileKeepsItsBound) {
  const std::string bytes(200'000, 'x');
  Write("f", bytes);
  EXPECT_EQ(*ReadFile(*env_, At("f"), 200'000), bytes);
  EXPECT_EQ(ReactionOf(ReadFile(*env_, At("f"), 199'999).status()), Reaction::kInvalid);
  Write("none", "");
  EXPECT_EQ(*ReadFile(*env_, At("none"), 0), "");
}

TEST_P(AnyEnv, WriteFileAtomicReplacesAndLeavesNothingBeside) {
  Write("f.tmp", "left by a killed writer");
  ASSERT_TRUE(WriteFileAtomic(*env_, At("f"), "one").ok());
  ASSERT_TRUE(WriteFileAtomic(*env_, At("f"), "two").ok());
  EXPECT_EQ(Read("f"), "two");
  EXPECT_EQ(*env_->List(root_), std::vector<std::string>{"f"});
}

class OnDisk : public AnyEnv {};
INSTANTIATE_TEST_SUITE_P(Io, OnDisk, testing::Values("disk"), [](const auto& p) { return p.param; });

TEST_P(OnDisk, RemoveTreeDoesNotFollowLinks) {
  MakeTree();
  ASSERT_EQ(::symlink(At("full").c_str(), At("d/link").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", At("d/dangling").c_str()), 0);
  ASSERT_TRUE(RemoveTree(*env_, At("d")).ok());
  EXPECT_EQ(Read("full/inside"), "I");
}

TEST_P(OnDisk, StatNamesLoopsFifosAndFollowsLinks) {
  MakeTree();
  ASSERT_EQ(::symlink("loop", At("loop").c_str()), 0);
  ASSERT_EQ(::symlink("full", At("link").c_str()), 0);
  ASSERT_EQ(::mkfifo(At("fifo").c_str(), 0600), 0);
  EXPECT_EQ(env_->Stat(At("loop"))->kind, FileKind::kSymlinkLoop);
  EXPECT_EQ(env_->Stat(At("link"))->kind, FileKind::kDirectory);
  EXPECT_EQ(env_->Stat(At("fifo"))->kind, FileKind::kFifo);
  EXPECT_EQ(env_->Stat("/dev/null")->kind, FileKind::kOther);
  EXPECT_EQ(ErrnoOf(env_->OpenRead(At("loop")).status()), ELOOP);
}

TEST_P(OnDisk, AFifoIsReadInOrder) {
  ASSERT_EQ(::mkfifo(At("fifo").c_str(), 0600), 0);
  const std::string sent(300'000, 'x');
  std::thread writer([&] {
    auto file = env_->OpenWrite(At("fifo"), CreateMode::kAppend);
    EXPECT_TRUE(file.ok() && (*file)->Append(sent).ok());
  });
  auto file = *env_->OpenRead(At("fifo"));
  std::string got(400'000, '\0');
  EXPECT_EQ(*file->ReadAt(0, 200'000, got.data()), 200'000);
  EXPECT_EQ(ErrnoOf(file->ReadAt(0, 1, got.data()).status()), ESPIPE);
  EXPECT_EQ(*file->ReadAt(200'000, 200'000, got.data()), 100'000);
  writer.join();
}

TEST_P(OnDisk, AFullDeviceIsReportedWithItsErrno) {
  auto file = env_->OpenWrite("/dev/full", CreateMode::kAppend);
  ASSERT_TRUE(file.ok());
  const Status full = (*file)->Append("x");
  EXPECT_EQ(ErrnoOf(full), ENOSPC);
  EXPECT_EQ(DetailOf(full)->help, "free space on the target's file system; the run can be resumed");
}

TEST_P(OnDisk, NoPermissionIsReportedWithHelp) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may open everything";
  Write("f", "");
  ASSERT_EQ(::chmod(At("f").c_str(), 0), 0);
  const Status denied = env_->OpenRead(At("f")).status();
  EXPECT_EQ(ErrnoOf(denied), EACCES);
  EXPECT_EQ(denied.message(), "cannot open \"" + At("f") + "\": permission denied");
  EXPECT_FALSE(DetailOf(denied)->help.empty());
}

TEST_P(OnDisk, ALockOnARemovedFileExcludesNobodyAndIsNotGiven) {
  auto first = *env_->TryLock(At("lock"));
  ASSERT_TRUE(env_->RemoveFile(At("lock")).ok());
  auto second = *env_->TryLock(At("lock"));
  ASSERT_NE(second, nullptr);
  first.reset();
  EXPECT_EQ(*env_->TryLock(At("lock")), nullptr);
}

TEST(Paths, TableOfParts) {
  struct Case { std::string path; std::string parent; std::string base; };
  for (const auto& [path, parent, base] : std::initializer_list<Case>{{"a/b", "a", "b"},
                                                                    {"a", ".", "a"},
                                                                    {"/a", "/", "a"},
                                                                    {"/", "/", "/"},
                                                                    {"a/b/", "a", "b"},
                                                                    {"a//b", "a", "b"},
                                                                    {"", ".", ""},
                                                                    {"/a/b/c", "/a/b", "c"}}) {
    EXPECT_EQ(ParentPath(path), parent) << path;
    EXPECT_EQ(BaseName(path), base) << path;
  }
}

TEST(Paths, TableOfJoins) {
  struct Case { std::string a; std::string b; std::string want; };
  for (const auto& [a, b, want] : std::initializer_list<Case>{{"a", "b", "a/b"},
                                                             {"a/", "b", "a/b"},
                                                             {"a", "/b", "/b"},
                                                             {"", "b", "b"},
                                                             {"a", "", "a"},
                                                             {"/", "b", "/b"},
                                                             {"", "", ""}}) {
    EXPECT_EQ(JoinPath(a, b), want);
  }
}

}  // namespace
}  // namespace freight
