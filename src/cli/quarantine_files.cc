// Listing of quarantine files; see quarantine_files.h.
#include "cli/quarantine_files.h"

#include "base/count_text.h"
#include "commit/layout.h"
#include "commit/manifest_log.h"
#include "commit/replay.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace freight {
namespace {

constexpr const char* kDate = "date=";
constexpr const char* kRun = "run_id=";

std::string After(const std::string& name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : "";
}

QuarantinePath PathOf(const std::string& path) {
  const std::string run = ParentPath(path);
  return {path, After(BaseName(ParentPath(run)), kDate), After(BaseName(run), kRun), Status::OK()};
}

// Names below `directory`; a fault is kept with the files, a missing directory is none.
std::vector<std::string> ListOrFault(Env& env, const std::string& directory, std::vector<QuarantinePath>* files) {
  auto names = env.List(directory);
  if (names.ok()) return *std::move(names);
  if (ReactionOf(names.status()) != Reaction::kNotFound) {
    files->push_back({directory, After(BaseName(directory), kDate), After(BaseName(directory), kRun), names.status()});
  }
  return {};
}

std::vector<QuarantinePath> ListFolder(Env& env, const std::string& folder) {
  std::vector<QuarantinePath> files;
  for (const auto& date : ListOrFault(env, folder, &files)) {
    if (!date.starts_with(kDate)) continue;
    const std::string day = JoinPath(folder, date);
    for (const auto& run : ListOrFault(env, day, &files)) {
      if (!run.starts_with(kRun)) continue;
      const std::string directory = JoinPath(day, run);
      for (const auto& name : ListOrFault(env, directory, &files)) {
        if (name.ends_with(".parquet")) files.push_back(PathOf(JoinPath(directory, name)));
      }
    }
  }
  return files;
}

// What the last run committed; a run begins its log anew, so that older runs' files are named nowhere.
Result<std::vector<QuarantineFile>> FilesInLog(Env& env, const DatasetLayout& layout) {
  std::vector<QuarantineFile> files;
  const auto log = ReadLog(env, layout.Log());
  if (!log.ok() && ReactionOf(log.status()) == Reaction::kNotFound) return files;
  ARROW_RETURN_NOT_OK(log.status());
  int64_t epoch = 0;
  for (const auto& record : log->records) epoch = std::max(epoch, EpochOf(record));
  for (const auto& record : log->records) {
    const auto* done = std::get_if<ChunkRecord>(&record);
    if (done == nullptr || done->epoch != epoch) continue;
    ChunkDone chunk = ResolvedChunk(layout, done->chunk);
    std::move(chunk.quarantine.begin(), chunk.quarantine.end(), std::back_inserter(files));
  }
  return files;
}

Status FaultOf(Env& env, const std::string& path, const QuarantineFile& logged) {
  const auto stat = env.Stat(path);
  const std::string rows = Count(logged.rows, "row");
  if (!stat.ok() && ReactionOf(stat.status()) == Reaction::kNotFound) {
    return Fail(Reaction::kCorrupt, "quarantine file \"{}\" with {} is gone", path, rows)
        .Help("restore it; or `freight run --rebuild` reads all inputs again and writes it anew");
  }
  ARROW_RETURN_NOT_OK(stat.status());
  if (stat->size_bytes == logged.bytes) return Status::OK();
  return Fail(Reaction::kCorrupt, "quarantine file \"{}\" with {} is damaged: it has {} bytes, {} were written", path,
              rows, stat->size_bytes, logged.bytes)
      .Help("restore it; or `freight run --rebuild` reads all inputs again and writes it anew");
}

// Two names of one file may differ in how they lead to it, never in its run and its own name.
std::pair<std::string, std::string> KeyOf(const QuarantinePath& file) { return {file.run_id, BaseName(file.path)}; }

}  // namespace

std::vector<QuarantinePath> FindQuarantineFiles(Env& env, const std::string& folder, const std::string& root) {
  // The log first: what it names is in the folder already.
  const DatasetLayout layout(root);
  const auto logged = FilesInLog(env, layout);
  std::vector<QuarantinePath> files = ListFolder(env, folder);
  if (!logged.ok()) {
    files.push_back({layout.Log(), "", "", logged.status()});
    return files;
  }
  std::map<std::pair<std::string, std::string>, size_t> listed;
  for (size_t i = 0; i < files.size(); i++) listed.emplace(KeyOf(files[i]), i);
  for (const auto& one : *logged) {
    const QuarantinePath named = PathOf(one.path);
    const auto [found, absent] = listed.emplace(KeyOf(named), files.size());
    if (absent) files.push_back(named);
    QuarantinePath& file = files[found->second];
    file.fault = FaultOf(env, file.path, one);
  }
  std::stable_sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return std::tie(a.date, a.run_id, a.path) < std::tie(b.date, b.run_id, b.path);
  });
  return files;
}

Status KeepRun(const std::string& wanted, std::vector<QuarantinePath>* files) {
  if (wanted.empty()) return Status::OK();
  std::set<std::string> ids;
  for (const auto& file : *files) {
    if (file.run_id == wanted) ids = {wanted};
    if (ids.contains(wanted)) break;
    if (file.run_id.starts_with(wanted)) ids.insert(file.run_id);
  }
  if (ids.empty()) {
    return Fail(Reaction::kInvalid, "no quarantined rows of a run called \"{}\"", wanted)
        .Help("`freight quarantine ls` lists the runs");
  }
  if (ids.size() > 1) {
    return Fail(Reaction::kInvalid, "\"{}\" is the start of {} runs", wanted, ids.size())
        .Help(fmt::format("give more of it: {}, {}", *ids.begin(), *std::next(ids.begin())));
  }
  std::erase_if(*files, [&](const auto& file) { return !file.run_id.empty() && file.run_id != *ids.begin(); });
  return Status::OK();
}

}  // namespace freight
