// Tests of what a crash leaves in MemEnv, and of the faults that FaultEnv injects.
#include "io/fault_env.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace freight {
namespace {

using Files = std::map<std::string, std::string>;

void Put(Env& env, const std::string& path, std::string_view bytes, bool sync = true) {
  auto file = *env.OpenWrite(path, CreateMode::kNew);
  ASSERT_TRUE(file->Append(bytes).ok());
  ASSERT_TRUE(!sync || file->Sync().ok());
  ASSERT_TRUE(file->Close().ok());
}

class Crash : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* directory : {"/d", "/e"}) ASSERT_TRUE(env_->MakeDir(directory).ok());
    Sync({"/"});
  }
  void Sync(std::initializer_list<const char*> directories) {
    for (const char* directory : directories) ASSERT_TRUE(env_->SyncDir(directory).ok());
  }
  Files After() {
    env_->Crash(true);
    return env_->Snapshot("/");
  }
  std::unique_ptr<MemEnv> env_ = MakeMemEnv();
};

TEST_F(Crash, LosesAnEntryWhoseDirectoryWasNotSynced) {
  Put(*env_, "/d/f", "bytes");
  EXPECT_EQ(After(), Files{});
}

TEST_F(Crash, KeepsASyncedEntryWithItsSyncedBytes) {
  Put(*env_, "/d/f", "bytes");
  Sync({"/d"});
  {
    auto file = *env_->OpenWrite("/d/f", CreateMode::kAppend);
    ASSERT_TRUE(file->Append(" more").ok());
  }
  EXPECT_EQ(After(), (Files{{"/d/f", "bytes"}}));
}

TEST_F(Crash, LeavesAnEmptyFileWhenOnlyTheEntryWasSynced) {
  Put(*env_, "/d/f", "bytes", false);
  Sync({"/d"});
  EXPECT_EQ(After(), (Files{{"/d/f", ""}}));
}

TEST_F(Crash, LosesADirectoryWhoseParentWasNotSynced) {
  ASSERT_TRUE(env_->MakeDir("/d/sub").ok());
  Put(*env_, "/d/sub/f", "bytes");
  Sync({"/d/sub"});
  EXPECT_EQ(After(), Files{});
  EXPECT_FALSE(*Exists(*env_, "/d/sub"));
}

TEST_F(Crash, RevertsAnUnsyncedRenameReplaceAndRemove) {
  Put(*env_, "/d/f", "F");
  Put(*env_, "/d/g", "G");
  Put(*env_, "/d/h", "H");
  Sync({"/d"});
  ASSERT_TRUE(env_->Rename("/d/f", "/d/g", RenameMode::kReplace).ok());
  ASSERT_TRUE(env_->RemoveFile("/d/h").ok());
  EXPECT_EQ(After(), (Files{{"/d/f", "F"}, {"/d/g", "G"}, {"/d/h", "H"}}));
}

TEST_F(Crash, NeedsBothDirectoriesSyncedForARenameAcross) {
  Put(*env_, "/d/f", "F");
  Sync({"/d"});
  ASSERT_TRUE(env_->Rename("/d/f", "/e/f", RenameMode::kNoReplace).ok());
  Sync({"/e"});
  EXPECT_EQ(After(), (Files{{"/d/f", "F"}}));
  ASSERT_TRUE(env_->Rename("/d/f", "/e/f", RenameMode::kNoReplace).ok());
  Sync({"/e", "/d"});
  EXPECT_EQ(After(), (Files{{"/e/f", "F"}}));
}

TEST_F(Crash, UndoesOrKeepsAnExchangeAsAWhole) {
  ASSERT_TRUE(env_->MakeDir("/d/p").ok());
  ASSERT_TRUE(env_->MakeDir("/e/p").ok());
  Put(*env_, "/d/p/f", "live");
  Put(*env_, "/e/p/f", "staged");
  Sync({"/d/p", "/e/p", "/d", "/e"});
  const Files before = env_->Snapshot("/");
  ASSERT_TRUE(env_->Rename("/d/p", "/e/p", RenameMode::kExchange).ok());
  EXPECT_EQ(env_->Snapshot("/").at("/d/p/f"), "staged");
  EXPECT_EQ(After(), before);
  ASSERT_TRUE(env_->Rename("/d/p", "/e/p", RenameMode::kExchange).ok());
  Sync({"/d", "/e"});
  EXPECT_EQ(After(), (Files{{"/d/p/f", "staged"}, {"/e/p/f", "live"}}));
}

TEST_F(Crash, KeepsTheOrderOfChangesToOneName) {
  Put(*env_, "/d/f", "old");
  Sync({"/d"});
  ASSERT_TRUE(env_->Rename("/d/f", "/e/f", RenameMode::kNoReplace).ok());
  Put(*env_, "/d/f", "new");
  Sync({"/d"});
  EXPECT_EQ(After(), (Files{{"/d/f", "new"}, {"/e/f", "old"}})) << "what was durable must not vanish from both places";
}

TEST_F(Crash, KeepsHardLinksOfOneFileTogether) {
  Put(*env_, "/d/f", "F");
  ASSERT_TRUE(env_->Link("/d/f", "/e/f").ok());
  Sync({"/d", "/e"});
  ASSERT_TRUE(env_->RemoveFile("/d/f").ok());
  Sync({"/d"});
  EXPECT_EQ(After(), (Files{{"/e/f", "F"}}));
}

TEST_F(Crash, KeepsATruncationOnlyAfterSync) {
  Put(*env_, "/d/f", "abcdef");
  Sync({"/d"});
  ASSERT_TRUE(env_->Truncate("/d/f", 2).ok());
  EXPECT_EQ(After(), (Files{{"/d/f", "abcdef"}}));
  ASSERT_TRUE(env_->Truncate("/d/f", 2).ok());
  auto file = *env_->OpenWrite("/d/f", CreateMode::kAppend);
  ASSERT_TRUE(file->Append("X").ok());
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_EQ(After(), (Files{{"/d/f", "abX"}}));
}

TEST_F(Crash, WithoutLossKeepsEverythingButLocksAndOpenFiles) {
  auto file = *env_->OpenWrite("/d/f", CreateMode::kNew);
  ASSERT_TRUE(file->Append("bytes").ok());
  auto lock = *env_->TryLock("/d/lock");
  env_->Crash(false);
  EXPECT_EQ(env_->Snapshot("/d"), (Files{{"/d/f", "bytes"}, {"/d/lock", ""}}));
  EXPECT_EQ(ErrnoOf(file->Append("late")), EBADF);
  auto again = *env_->TryLock("/d/lock");
  EXPECT_NE(again, nullptr);
  lock.reset();
  EXPECT_EQ(*env_->TryLock("/d/lock"), nullptr) << "a dead process's lock object must not free the new lock";
}

TEST_F(Crash, MakeDirsWithSyncSurvivesAlsoWhereAKilledRunBegan) {
  ASSERT_TRUE(env_->MakeDir("/d/a").ok());  // made, not synced: that run was killed here
  ASSERT_TRUE(MakeDirs(*env_, "/d/a/b/c", true).ok());
  env_->Crash(true);
  EXPECT_TRUE(*Exists(*env_, "/d/a/b/c"));
}

TEST(MemEnv, ClockIsSetAndMovesWithEachChange) {
  auto env = MakeMemEnv();
  env->SetClockMicros(1'000'000);
  EXPECT_EQ(env->NowMicros(), 1'000'000);
  Put(*env, "/f", "x");
  EXPECT_GT(env->NowMicros(), 1'000'000);
  EXPECT_EQ(env->Stat("/f")->mtime_ns / 1'000'000'000, 1);
}

TEST(FaultEnv, CountsAndNamesCallsThatTouchState) {
  auto disk = MakeMemEnv();
  auto env = MakeFaultEnv(disk.get());
  ASSERT_TRUE(WriteFileAtomic(*env, "/f", "abc").ok());
  ASSERT_TRUE(ReadFile(*env, "/f", 10).ok());
  ASSERT_TRUE(env->List("/").ok());
  std::vector<std::string> names;
  for (int64_t k = 1; k <= env->calls(); ++k) names.push_back(env->CallName(k));
  EXPECT_EQ(names, (std::vector<std::string>{"RemoveFile /f.tmp", "Create /f.tmp", "Append /f.tmp (3 bytes)",
                                             "Sync /f.tmp", "Close /f.tmp", "Rename /f.tmp -> /f", "SyncDir /"}));
  EXPECT_EQ(env->CallName(0), "none");
  env->CountReads(true);
  ASSERT_TRUE(ReadFile(*env, "/f", 10).ok());
  EXPECT_EQ(env->CallName(8), "OpenRead /f");
  EXPECT_EQ(env->calls(), 10) << "open, stat, read";
}

TEST(FaultEnv, AStoppedProcessDoesNothingMore) {
  auto disk = MakeMemEnv();
  Put(*disk, "/f", "x");
  auto env = MakeFaultEnv(disk.get());
  auto file = *env->OpenWrite("/g", CreateMode::kNew);
  env->Arm(2, Fault::kStop);
  EXPECT_FALSE(file->Append("x").ok());
  EXPECT_TRUE(env->fired());
  EXPECT_FALSE(env->RemoveFile("/f").ok());
  EXPECT_FALSE(env->Stat("/f").ok());
  EXPECT_FALSE(env->OpenRead("/f").ok());
  EXPECT_FALSE(env->TryLock("/lock").ok());
  EXPECT_EQ(disk->Snapshot("/"), (Files{{"/f", "x"}, {"/g", ""}}));
}

TEST(FaultEnv, ATransientFaultHitsOneCall) {
  for (const auto& [fault, want] : std::initializer_list<std::pair<Fault, int>>{{Fault::kEio, EIO},
                                                                               {Fault::kEnospc, ENOSPC}}) {
    auto disk = MakeMemEnv();
    auto env = MakeFaultEnv(disk.get());
    env->Arm(1, fault);
    EXPECT_EQ(ErrnoOf(env->MakeDir("/d")), want);
    EXPECT_FALSE(*Exists(*disk, "/d"));
    EXPECT_TRUE(env->MakeDir("/d").ok());
  }
}

TEST(FaultEnv, AShortWriteLandsHalfAndAnInterruptedOneAll) {
  auto disk = MakeMemEnv();
  auto env = MakeFaultEnv(disk.get());
  auto file = *env->OpenWrite("/f", CreateMode::kNew);
  env->Arm(2, Fault::kShortWrite);
  EXPECT_EQ(ErrnoOf(file->Append("abcd")), ENOSPC);
  EXPECT_EQ(disk->Snapshot("/").at("/f"), "ab");
  env->Arm(3, Fault::kEintr);
  EXPECT_TRUE(file->Append("wxyz").ok());
  EXPECT_TRUE(env->fired());
  EXPECT_EQ(disk->Snapshot("/").at("/f"), "abwxyz");
}

TEST(FaultEnv, ReadsFailWhenTheyAreCounted) {
  auto disk = MakeMemEnv();
  Put(*disk, "/f", "x");
  auto env = MakeFaultEnv(disk.get());
  env->CountReads(true);
  env->Arm(3, Fault::kEio);
  EXPECT_EQ(ErrnoOf(ReadFile(*env, "/f", 10).status()), EIO);
  EXPECT_EQ(*ReadFile(*env, "/f", 10), "x");
}

// Stops WriteFileAtomic at its k-th call; what is left must be the old or the new file, and a second try must work.
void StopWriteFileAtomicAt(int64_t k, bool drop_unsynced, bool* finished) {
  auto disk = MakeMemEnv();
  Put(*disk, "/f", "old");
  ASSERT_TRUE(disk->SyncDir("/").ok());
  auto env = MakeFaultEnv(disk.get());
  env->Arm(k, Fault::kStop);
  *finished = WriteFileAtomic(*env, "/f", "new bytes").ok();
  EXPECT_EQ(*finished, !env->fired());
  disk->Crash(drop_unsynced);
  const std::string left = disk->Snapshot("/")["/f"];
  EXPECT_TRUE(left == "new bytes" || (left == "old" && !*finished)) << "call " << k << " left " << left;
  ASSERT_TRUE(WriteFileAtomic(*disk, "/f", "third").ok());
  disk->Crash(true);
  EXPECT_EQ(disk->Snapshot("/"), (Files{{"/f", "third"}}));
}

TEST(WriteFileAtomic, LeavesOldOrNewWhereverItStops) {
  for (const bool drop_unsynced : {false, true}) {
    bool finished = false;
    int64_t k = 0;
    while (!finished && k < 100) {
      ASSERT_NO_FATAL_FAILURE(StopWriteFileAtomicAt(++k, drop_unsynced, &finished));
    }
    EXPECT_EQ(k, 8) << "seven calls, and a try that ends before the fault";
  }
}

TEST(WriteFileAtomic, ReportsTheFirstFailureAndClearsItsTemporaryFile) {
  for (const Fault fault : {Fault::kEio, Fault::kEnospc, Fault::kShortWrite}) {
    for (int64_t k = 2; k <= 6; ++k) {
      auto disk = MakeMemEnv();
      auto env = MakeFaultEnv(disk.get());
      env->Arm(k, fault);
      EXPECT_FALSE(WriteFileAtomic(*env, "/f", "abc").ok());
      EXPECT_EQ(disk->Snapshot("/"), Files{}) << env->CallName(k);
    }
  }
}

}  // namespace
}  // namespace freight
