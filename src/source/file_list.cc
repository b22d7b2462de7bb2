// Globs of a pipeline to input files.
#include "source/file_list.h"

#include <algorithm>
#include <set>

namespace freight {
namespace {

Status CheckInputKind(const FileStat& stat, const std::string& name, const Place& place) {
  if (stat.kind == FileKind::kFile) return Status::OK();
  if (stat.kind == FileKind::kDirectory) {
    return Fail(Reaction::kInvalid, "input \"{}\" is a directory", name)
        .At(place)
        .Help("name its files: \"" + name + "/*\"");
  }
  if (stat.kind == FileKind::kFifo) {
    return Fail(Reaction::kInvalid, "input \"{}\" is a pipe: it cannot be read twice, so a run of it cannot be resumed",
                name)
        .At(place)
        .Help("write it to a file first");
  }
  return Fail(Reaction::kInvalid, "input \"{}\" is not a regular file", name).At(place).Help("name a file");
}

std::string NameUnder(const std::string& folder, const std::string& path) {
  if (folder.empty() || folder == ".") return path;
  const std::string prefix = folder + "/";
  return path.starts_with(prefix) ? path.substr(prefix.size()) : path;
}

}  // namespace

Result<std::vector<ListedFile>> ListFiles(Env& env, const std::string& folder, const std::vector<std::string>& globs,
                                          const std::vector<Place>& places, const std::string& pipeline_file) {
  std::vector<ListedFile> listed;
  std::set<std::string> seen;
  for (size_t i = 0; i < globs.size(); i++) {
    const Place place = i < places.size() ? places[i] : Place{pipeline_file};
    ARROW_ASSIGN_OR_RAISE(auto paths, Glob(env, JoinPath(folder, globs[i])));
    if (paths.empty()) {
      return Fail(Reaction::kInvalid, "no file matches \"{}\"", globs[i])
          .At(place)
          .Help("paths are relative to the pipeline file; check the name and the folder");
    }
    for (const std::string& path : paths) {
      ListedFile entry{{&env, path, NameUnder(folder, path)}, {}};
      if (!seen.insert(entry.file.name).second) continue;
      ARROW_ASSIGN_OR_RAISE(entry.stat, env.Stat(path));
      ARROW_RETURN_NOT_OK(CheckInputKind(entry.stat, entry.file.name, place));
      listed.push_back(std::move(entry));
    }
  }
  std::sort(listed.begin(), listed.end(), [](auto& a, auto& b) { return a.file.name < b.file.name; });
  return listed;
}

}  // namespace freight
