// The tree behind MemEnv: inodes, names, and which of them a power cut would leave.
//
// A file's bytes are durable up to its last Sync. A change of names (create, rename, link, remove) is one operation
// that becomes durable when every directory that it touches was synced after it; syncing it takes along each earlier
// operation on the same names, as a journal does. A rename across two directories is thus undone as a whole by a power
// cut before the second sync. Real file systems may keep more; a program that survives this survives those.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace freight {

struct MemInode {
  using Ptr = std::shared_ptr<MemInode>;
  // A name as the last durable operation on it left it; null when that removed it.
  struct DurableName {
    uint64_t operation = 0;
    Ptr target;
  };

  uint64_t id = 0;
  bool is_directory = false;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t lock_holder = 0;  // 0 = free

  std::string bytes;
  std::string durable_bytes;
  size_t bytes_alike = 0;  // this many first bytes of both are known to be the same

  std::map<std::string, Ptr> names;
  std::map<std::string, DurableName> durable_names;
};

// Thread: none; MemEnv holds its mutex around every call. Functions that can fail return an errno, 0 for success.
class MemDisk {
 public:
  // Where a path leads: its parent directory and its last name ("" for the root), and what stands there now, if
  // anything does.
  struct Spot {
    MemInode::Ptr parent;
    std::string name;
    MemInode::Ptr target;
  };

  MemDisk();
  int Find(const std::string& path, Spot* spot) const;
  // As Find, but ENOENT when nothing stands there.
  int FindTarget(const std::string& path, MemInode::Ptr* target) const;

  MemInode::Ptr Create(const Spot& spot, bool is_directory);
  void Link(const Spot& existing, const Spot& name);
  void Remove(const Spot& spot);
  int Move(const Spot& from, const Spot& to);
  int Exchange(const Spot& a, const Spot& b);

  void Append(MemInode& file, std::string_view bytes);
  void Resize(MemInode& file, size_t bytes);
  void SyncFile(MemInode& file);
  void SyncDirectory(const MemInode::Ptr& directory);

  // Back to what is durable. Locks and file handles are MemEnv's affair.
  void DropUnsynced();
  const MemInode::Ptr& root() const { return root_; }
  // Time of the next change; each one moves it on.
  int64_t now_ns = 0;

 private:
  struct Edit {
    MemInode::Ptr directory;
    std::string name;
    MemInode::Ptr target;  // null = removed
  };
  struct Operation {
    uint64_t id;
    std::vector<Edit> edits;
    std::set<const MemInode*> unsynced;
  };

  void Apply(std::vector<Edit> edits);
  void Touch(MemInode& inode, bool contents);
  void MakeDurable(size_t index, std::set<size_t>* chosen) const;

  MemInode::Ptr root_;
  uint64_t inodes_ = 0;
  uint64_t operations_ = 0;
  std::vector<Operation> pending_;
};

}  // namespace freight
