// Names and paths of everything that a dataset keeps on disk.
#include "commit/layout.h"

#include "io/env.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace freight {
namespace {

// The parts of a path without "." and, as far as the names tell, without "..".
std::vector<std::string> NormalParts(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return parts;
}

}  // namespace

DatasetLayout::DatasetLayout(std::string root) : root_(std::move(root)) {
  while (root_.size() > 1 && root_.back() == '/') root_.pop_back();
}

std::string DatasetLayout::StateFolder() const { return root_ + ".freight"; }
std::string DatasetLayout::Log() const { return StateFolder() + "/manifest.log"; }
std::string DatasetLayout::Lock() const { return StateFolder() + "/lock"; }
std::string DatasetLayout::LockHolder() const { return StateFolder() + "/lock.holder"; }
std::string DatasetLayout::StageRoot() const { return StateFolder() + "/stage"; }
std::string DatasetLayout::Stage(const std::string& stage) const { return StageRoot() + "/" + stage; }

std::string DatasetLayout::StagedPartition(const std::string& stage, const std::string& partition) const {
  if (partition.empty()) return Stage(stage) + "/0";
  const auto depth = 1 + std::count(partition.begin(), partition.end(), '/');
  return fmt::format("{}/{}/{}", Stage(stage), depth, partition);
}

std::string DatasetLayout::Bundles(const std::string& stage) const { return Stage(stage) + "/bundles"; }

std::string DatasetLayout::Live(const std::string& partition) const {
  return partition.empty() ? root_ : root_ + "/" + partition;
}

std::string DatasetLayout::Portable(const std::string& path) const {
  const std::string base_path = ParentPath(root_);
  if (path.empty()) return path;
  if (path.starts_with('/') != base_path.starts_with('/')) return path;
  const std::vector<std::string> base = NormalParts(base_path);
  const std::vector<std::string> parts = NormalParts(path);
  const auto differ = std::mismatch(base.begin(), base.end(), parts.begin(), parts.end());
  if (std::find(differ.first, base.end(), "..") != base.end()) return path;  // the way back has no name
  std::vector<std::string> relative(static_cast<size_t>(base.end() - differ.first), "..");
  relative.insert(relative.end(), differ.second, parts.end());
  return fmt::format("{}", fmt::join(relative, "/"));
}

std::string DatasetLayout::Resolve(const std::string& portable) const {
  if (portable.empty()) return portable;
  const std::string path = JoinPath(ParentPath(root_), portable);
  return fmt::format("{}{}", path.starts_with('/') ? "/" : "", fmt::join(NormalParts(path), "/"));
}

std::string StageName(int64_t epoch, const std::string& run_id) { return fmt::format("{}-{}", epoch, run_id); }

}  // namespace freight
