// Names, bytes and durability of the disk in memory; see mem_disk.h.
#include "io/mem_disk.h"

#include "io/os_error.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace freight {
namespace {

constexpr size_t kNameBytesMax = 255;
constexpr int64_t kTickNanos = 10'000;

// The parts of a path without "." and doubled slashes.
std::vector<std::string> SplitPath(const std::string& path) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin < path.size()) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    begin = end + 1;
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  return parts;
}

bool Contains(const MemInode& directory, const MemInode* wanted) {
  if (&directory == wanted) return true;
  return std::any_of(directory.names.begin(), directory.names.end(), [&](const auto& entry) {
    return entry.second->is_directory && Contains(*entry.second, wanted);
  });
}

void BackToDurable(MemInode& inode) {
  if (!inode.is_directory) {
    inode.bytes = inode.durable_bytes;
    inode.bytes_alike = inode.bytes.size();
    return;
  }
  inode.names.clear();
  for (const auto& [name, entry] : inode.durable_names) {
    if (entry.target == nullptr) continue;
    inode.names[name] = entry.target;
    BackToDurable(*entry.target);
  }
}

}  // namespace

MemDisk::MemDisk() : root_(std::make_shared<MemInode>()) {
  root_->id = ++inodes_;
  root_->is_directory = true;
}

int MemDisk::Find(const std::string& path, Spot* spot) const {
  if (const int bad = CheckPath(path); bad != 0) return bad;
  std::vector<Spot> walked = {{nullptr, "", root_}};
  for (const std::string& part : SplitPath(path)) {
    const MemInode::Ptr at = walked.back().target;
    if (at == nullptr) return ENOENT;
    if (!at->is_directory) return ENOTDIR;
    if (part.size() > kNameBytesMax) return ENAMETOOLONG;
    if (part == "..") {
      if (walked.size() > 1) walked.pop_back();
      continue;
    }
    const auto entry = at->names.find(part);
    walked.push_back({at, part, entry == at->names.end() ? nullptr : entry->second});
  }
  *spot = walked.back();
  return 0;
}

int MemDisk::FindTarget(const std::string& path, MemInode::Ptr* target) const {
  Spot spot;
  if (const int failed = Find(path, &spot); failed != 0) return failed;
  *target = spot.target;
  return spot.target == nullptr ? ENOENT : 0;
}

MemInode::Ptr MemDisk::Create(const Spot& spot, bool is_directory) {
  auto inode = std::make_shared<MemInode>();
  inode->id = ++inodes_;
  inode->is_directory = is_directory;
  Touch(*inode, true);
  Apply({{spot.parent, spot.name, inode}});
  return inode;
}

void MemDisk::Link(const Spot& existing, const Spot& name) {
  Touch(*existing.target, false);
  Apply({{name.parent, name.name, existing.target}});
}

void MemDisk::Remove(const Spot& spot) {
  Touch(*spot.target, false);
  Apply({{spot.parent, spot.name, nullptr}});
}

int MemDisk::Move(const Spot& from, const Spot& to) {
  if (from.target == to.target) return 0;  // two names of one file, or one name: rename(2) does nothing
  if (from.parent == nullptr || to.parent == nullptr) return EBUSY;
  if (from.target->is_directory && Contains(*from.target, to.parent.get())) return EINVAL;
  if (to.target != nullptr) {
    if (from.target->is_directory && !to.target->is_directory) return ENOTDIR;
    if (!from.target->is_directory && to.target->is_directory) return EISDIR;
    if (!to.target->names.empty()) return ENOTEMPTY;
  }
  Touch(*from.target, false);
  Apply({{from.parent, from.name, nullptr}, {to.parent, to.name, from.target}});
  return 0;
}

int MemDisk::Exchange(const Spot& a, const Spot& b) {
  if (a.target == b.target) return 0;
  if (a.parent == nullptr || b.parent == nullptr) return EBUSY;
  if (Contains(*a.target, b.parent.get()) || Contains(*b.target, a.parent.get())) return EINVAL;
  Touch(*a.target, false);
  Touch(*b.target, false);
  Apply({{a.parent, a.name, b.target}, {b.parent, b.name, a.target}});
  return 0;
}

void MemDisk::Append(MemInode& file, std::string_view bytes) {
  file.bytes += bytes;
  Touch(file, true);
}

void MemDisk::Resize(MemInode& file, size_t bytes) {
  file.bytes.resize(bytes);
  file.bytes_alike = std::min(file.bytes_alike, bytes);
  Touch(file, true);
}

void MemDisk::SyncFile(MemInode& file) {
  file.durable_bytes.resize(file.bytes_alike);
  file.durable_bytes.append(file.bytes, file.bytes_alike);
  file.bytes_alike = file.bytes.size();
}

void MemDisk::SyncDirectory(const MemInode::Ptr& directory) {
  std::set<size_t> chosen;
  for (size_t i = 0; i < pending_.size(); ++i) {
    pending_[i].unsynced.erase(directory.get());
    if (pending_[i].unsynced.empty()) MakeDurable(i, &chosen);
  }
  for (const size_t i : chosen) {
    for (const Edit& edit : pending_[i].edits) {
      MemInode::DurableName& durable = edit.directory->durable_names[edit.name];
      if (durable.operation < pending_[i].id) durable = {pending_[i].id, edit.target};
    }
  }
  std::vector<Operation> left;
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (!chosen.contains(i)) left.push_back(std::move(pending_[i]));
  }
  pending_ = std::move(left);
}

// Chooses the operation and, as a journal keeps their order, each earlier one on the same names.
void MemDisk::MakeDurable(size_t index, std::set<size_t>* chosen) const {
  if (!chosen->insert(index).second) return;
  const auto shares_a_name = [&](const Operation& other) {
    return std::any_of(other.edits.begin(), other.edits.end(), [&](const Edit& theirs) {
      return std::any_of(pending_[index].edits.begin(), pending_[index].edits.end(), [&](const Edit& ours) {
        return ours.directory == theirs.directory && ours.name == theirs.name;
      });
    });
  };
  for (size_t i = 0; i < index; ++i) {
    if (shares_a_name(pending_[i])) MakeDurable(i, chosen);
  }
}

void MemDisk::DropUnsynced() {
  pending_.clear();
  BackToDurable(*root_);
}

void MemDisk::Apply(std::vector<Edit> edits) {
  Operation operation{++operations_, {}, {}};
  for (Edit& edit : edits) {
    if (edit.target == nullptr) {
      edit.directory->names.erase(edit.name);
    } else {
      edit.directory->names[edit.name] = edit.target;
    }
    Touch(*edit.directory, true);
    operation.unsynced.insert(edit.directory.get());
  }
  operation.edits = std::move(edits);
  pending_.push_back(std::move(operation));
}

void MemDisk::Touch(MemInode& inode, bool contents) {
  now_ns += kTickNanos;
  inode.ctime_ns = now_ns;
  if (contents) inode.mtime_ns = now_ns;
}

}  // namespace freight
