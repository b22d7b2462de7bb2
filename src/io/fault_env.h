// Env for tests: a disk in memory that remembers what was synced, and a wrapper that makes calls fail.
#pragma once

#include "io/env.h"

#include <functional>
#include <map>

namespace freight {

// A whole disk in memory. Directory entries and file contents become durable only by SyncDir and Sync;
// Crash() drops everything that is not durable, as a power cut does. Locks are dropped too.
class MemEnv : public Env {
 public:
  virtual void Crash(bool drop_unsynced) = 0;
  virtual void SetClockMicros(int64_t now) = 0;
  virtual void ForbidLinks() = 0;  // from now on Link fails with EPERM, as on a file system without hard links
  // Every live file's path and bytes, sorted by path.
  virtual std::map<std::string, std::string> Snapshot(const std::string& under) = 0;
};
std::unique_ptr<MemEnv> MakeMemEnv();

enum class Fault : uint8_t { kNone, kStop, kEio, kEnospc, kShortWrite, kEintr };

// Counts the calls that touch state (all but Stat, List, Read, clock, random) and acts at the chosen one.
// kStop: this call and every later one fails without effect ("the process is dead").
// After kStop all reads fail too. kEio and kEnospc: the call fails once without effect, later ones work.
// kShortWrite: half of an Append lands, then ENOSPC; another call than Append fails with ENOSPC without effect.
// kEintr: an Append lands in two halves as after a signal, and succeeds; no caller ever sees EINTR.
class FaultEnv : public Env {
 public:
  virtual void Arm(int64_t at_call, Fault fault) = 0;  // counts from 1
  virtual int64_t calls() const = 0;
  virtual bool fired() const = 0;
  // Names what call k was ("Rename a -> b"), for messages.
  virtual std::string CallName(int64_t call) const = 0;
  // Real reads count and fail too when set.
  virtual void CountReads(bool on) = 0;
  // Called before each counted call that goes on, with its number and name: what others do to the disk meanwhile.
  virtual void Before(std::function<void(int64_t call, const std::string& name)> hook) = 0;
  // A writer that forgets to sync: Sync of a file whose path ends like this does nothing and is not counted.
  virtual void ForgetSyncsOf(const std::string& suffix) = 0;
};
std::unique_ptr<FaultEnv> MakeFaultEnv(Env* base);

}  // namespace freight
