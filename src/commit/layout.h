// Names and paths of everything that a dataset keeps on disk.
#pragma once

#include <cstdint>
#include <string>

namespace freight {

inline constexpr const char* kPartitionManifest = "_MANIFEST.json";
inline constexpr const char* kSuccessFile = "_SUCCESS";
inline constexpr const char* kInProgress = ".inprogress";  // suffix of a file that is still being written

// Pure string functions over the dataset's root.
class DatasetLayout {
 public:
  explicit DatasetLayout(std::string root);
  const std::string& root() const { return root_; }
  std::string StateFolder() const;  // beside the root, so that no reader's glob under the root meets staged files
  std::string Log() const;
  std::string Lock() const;
  std::string LockHolder() const;
  std::string StageRoot() const;
  // `stage` is "<epoch>-<run id>", see StageName.
  std::string Stage(const std::string& stage) const;
  // Partitions of different depth are kept apart ("1/a=1", "2/a=1/b=2"): when the partitioning changes, one publication
  // may empty "a=1" and fill "a=1/b=2", and neither staged directory may lie inside the other.
  std::string StagedPartition(const std::string& stage, const std::string& partition) const;
  std::string Bundles(const std::string& stage) const;
  std::string Live(const std::string& partition) const;

  // A path as the log keeps it: relative to the folder that holds the dataset where that can be told from the names
  // alone, so that a run started from another working folder finds the same file; and back.
  std::string Portable(const std::string& path) const;
  std::string Resolve(const std::string& portable) const;

 private:
  std::string root_;
};

std::string StageName(int64_t epoch, const std::string& run_id);

}  // namespace freight
