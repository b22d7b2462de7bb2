// Names and paths of everything that a dataset keeps on disk.
#include "commit/layout.h"

#include "io/env.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace freight {

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
  const std::filesystem::path base = std::filesystem::path(ParentPath(root_)).lexically_normal();
  const std::string relative = std::filesystem::path(path).lexically_normal().lexically_relative(base).string();
  return relative.empty() ? path : relative;
}

std::string DatasetLayout::Resolve(const std::string& portable) const {
  if (portable.empty()) return portable;
  return std::filesystem::path(JoinPath(ParentPath(root_), portable)).lexically_normal().string();
}

std::string StageName(int64_t epoch, const std::string& run_id) { return fmt::format("{}-{}", epoch, run_id); }

}  // namespace freight
