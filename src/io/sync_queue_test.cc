// What is deferred is durable after Drain, and failures are not lost on the way.
#include "io/sync_queue.h"

#include "io/fault_env.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace freight {
namespace {

void Write(Env& env, SyncQueue& syncs, const std::string& path, bool sync = true) {
  auto file = syncs.Defer(env.OpenWrite(path, CreateMode::kNew).ValueOrDie());
  ASSERT_TRUE(file->Append("bytes of " + path).ok());
  if (sync) {
    ASSERT_TRUE(file->Sync().ok());
  }
  ASSERT_TRUE(file->Close().ok());
}

class Syncs : public testing::TestWithParam<int> {
 protected:
  std::unique_ptr<MemEnv> disk_ = MakeMemEnv();
};

TEST_P(Syncs, MakeAllFilesAndFoldersDurable) {
  SyncQueue syncs(*disk_, GetParam());
  ASSERT_TRUE(disk_->MakeDir("/d").ok());
  ASSERT_TRUE(disk_->SyncDir("/").ok());
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 200; ++i) Write(*disk_, syncs, fmt::format("/d/{}-{}", round, i));
    ASSERT_TRUE(syncs.SyncDir("/d").ok());
    ASSERT_TRUE(syncs.Drain().ok());
  }
  disk_->Crash(true);
  const auto files = disk_->Snapshot("/d");
  EXPECT_EQ(files.size(), 600u);
  for (const auto& [path, bytes] : files) EXPECT_EQ(bytes, "bytes of " + path);
}

TEST_P(Syncs, AFileThatWasNotAskedForIsNotSynced) {
  SyncQueue syncs(*disk_, GetParam());
  Write(*disk_, syncs, "/asked");
  Write(*disk_, syncs, "/not", false);
  ASSERT_TRUE(syncs.SyncDir("/").ok());
  ASSERT_TRUE(syncs.Drain().ok());
  disk_->Crash(true);
  EXPECT_EQ(disk_->Snapshot("/").at("/asked"), "bytes of /asked");
  EXPECT_EQ(disk_->Snapshot("/").at("/not"), "");
}

TEST_P(Syncs, AFailureIsToldOnceAndTheRestIsLeft) {
  auto faulty = MakeFaultEnv(disk_.get());
  SyncQueue syncs(*faulty, GetParam());
  auto file = syncs.Defer(faulty->OpenWrite("/f", CreateMode::kNew).ValueOrDie());
  ASSERT_TRUE(file->Sync().ok());
  faulty->Arm(faulty->calls() + 1, Fault::kEio);
  (void)file->Close();
  const Status failed = syncs.Drain();
  EXPECT_EQ(ErrnoOf(failed), EIO) << failed.ToString();
  EXPECT_NE(failed.message().find("/f"), std::string::npos);
  EXPECT_TRUE(syncs.Drain().ok());
  ASSERT_TRUE(syncs.SyncDir("/").ok());
  EXPECT_TRUE(syncs.Drain().ok());
}

TEST_P(Syncs, WhatIsNotDrainedIsDroppedWithTheQueue) {
  {
    SyncQueue syncs(*disk_, GetParam());
    Write(*disk_, syncs, "/f");
  }
  EXPECT_EQ(disk_->Snapshot("/").at("/f"), "bytes of /f");
}

INSTANTIATE_TEST_SUITE_P(Io, Syncs, testing::Values(0, 1, 8));

TEST(SyncQueue, WithoutThreadsNoMoreFilesStayOpenThanThereIsRoomFor) {
  auto disk = MakeMemEnv();
  auto counting = MakeFaultEnv(disk.get());
  SyncQueue syncs(*counting, 0);
  for (size_t i = 0; i < SyncQueue::kPendingMax + 3; ++i) Write(*counting, syncs, fmt::format("/{:03}", i));
  int synced = 0;
  for (int64_t call = 1; call <= counting->calls(); ++call) synced += counting->CallName(call).starts_with("Sync /");
  EXPECT_EQ(synced, 4);
  EXPECT_TRUE(syncs.Drain().ok());
}

}  // namespace
}  // namespace freight
