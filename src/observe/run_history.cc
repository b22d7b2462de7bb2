// Run records as JSON files: written once at the end of a run, listed newest first.
#include "observe/run_history.h"

#include "base/status.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace freight {
namespace {

using nlohmann::ordered_json;

// The record of a run with 10,000s of partitions and quarantine files stays well below.
constexpr int64_t kRecordBytesMax = 64 << 20;
constexpr const char* kSuffix = ".json";
constexpr size_t kIdTimeChars = 16;  // of "20260611T080000Z-0badcafe"

std::string RunsFolder(const std::string& root) { return root + ".freight/runs"; }

ordered_json PartitionsJson(const std::vector<PartitionResult>& partitions) {
  ordered_json list = ordered_json::array();
  for (const auto& p : partitions) {
    list.push_back({{"path", p.path},
                    {"action", PartitionActionWord(p.action)},
                    {"rows", p.rows},
                    {"files", p.files},
                    {"bytes", p.bytes}});
  }
  return list;
}

ordered_json ErrorJson(const Status& error) {
  if (error.ok()) return nullptr;
  const ErrorDetail* detail = DetailOf(error);
  ordered_json json = {{"message", error.message()}};
  json["place"] = detail == nullptr ? "" : detail->place.ToString();
  json["help"] = detail == nullptr ? "" : detail->help;
  return json;
}

ordered_json GatesJson(const std::vector<GateResult>& gates) {
  ordered_json list = ordered_json::array();
  for (const auto& g : gates) {
    list.push_back({{"gate", g.gate},
                    {"passed", g.passed},
                    {"expected", g.expected},
                    {"actual", g.actual},
                    {"place", g.place.ToString()}});
  }
  return list;
}

ordered_json MemoryJson(const RunReport& report) {
  ordered_json parts = ordered_json::array();
  for (const auto& part : report.memory) parts.push_back({{"part", part.part}, {"peak_bytes", part.peak_bytes}});
  return {{"limit_bytes", report.memory_limit_bytes}, {"peak_bytes", report.memory_peak_bytes}, {"parts", parts}};
}

// The public object, and behind its keys what `freight show` tells beyond it.
ordered_json RecordJson(const RunReport& report) {
  ordered_json record = RunReportJson(report);
  record["started_micros"] = report.started_micros;
  record["finished_micros"] = report.finished_micros;
  record["epoch"] = report.epoch;
  record["threads"] = report.threads;
  record["engine_version"] = FREIGHT_VERSION;
  record["error"] = ErrorJson(report.error);
  record["blank_lines"] = report.rows.blank_lines;
  record["comments"] = report.rows.comments;
  record["bad_by_rule"] = report.bad_by_rule;
  record["quarantine_files"] = report.quarantine_files;
  record["gates"] = GatesJson(report.gates);
  record["memory"] = MemoryJson(report);
  record["unread_columns"] = report.unread_columns;
  record["notes"] = report.notes;
  return record;
}

bool SafeRunId(const std::string& id) {
  return !id.empty() && id[0] != '.' && id.find('/') == std::string::npos && id.find('\0') == std::string::npos;
}

// Ids of the saved runs, newest first: ids begin with the UTC time of their start.
Result<std::vector<std::string>> RunIds(Env& env, const std::string& root) {
  auto names = env.List(RunsFolder(root));
  if (!names.ok() && ReactionOf(names.status()) == Reaction::kNotFound) return std::vector<std::string>{};
  ARROW_RETURN_NOT_OK(names.status());
  std::vector<std::string> ids;
  for (const auto& name : *names) {
    if (name.ends_with(kSuffix)) ids.push_back(name.substr(0, name.size() - std::string_view(kSuffix).size()));
  }
  std::sort(ids.rbegin(), ids.rend());
  return ids;
}

Result<ordered_json> ReadRecord(Env& env, const std::string& root, const std::string& id) {
  const std::string path = JoinPath(RunsFolder(root), id + kSuffix);
  ARROW_ASSIGN_OR_RAISE(const std::string text, ReadFile(env, path, kRecordBytesMax));
  ordered_json record = ordered_json::parse(text, nullptr, false);
  const bool ours = record.is_object() && record.contains("format_version") && record.contains("run_id");
  if (!ours || record["format_version"] != 1 || record["run_id"] != id) {
    return Fail(Reaction::kCorrupt, "\"{}\" is no run record", path)
        .Help("remove it: run records are a history, the dataset does not need them");
  }
  return record;
}

ordered_json DamagedRecord(const std::string& id, const Status& why) {
  ordered_json record;
  record["format_version"] = 1;
  record["run_id"] = id;
  record["state"] = "damaged";
  record["error"] = {{"message", why.message()}};
  return record;
}

// Of a record in a history: what is damaged is shown, and hides no other run.
Result<ordered_json> ReadOrDamaged(Env& env, const std::string& root, const std::string& id) {
  auto record = ReadRecord(env, root, id);
  if (record.ok() || ReactionOf(record.status()) != Reaction::kCorrupt) return record;
  return DamagedRecord(id, record.status());
}

Status RemoveOldRecords(Env& env, const std::string& root) {
  ARROW_ASSIGN_OR_RAISE(const auto ids, RunIds(env, root));
  for (size_t i = kRunsKept; i < ids.size(); i++) {
    const Status removed = env.RemoveFile(JoinPath(RunsFolder(root), ids[i] + kSuffix));
    if (!removed.ok() && ReactionOf(removed) != Reaction::kNotFound) return removed;
  }
  return Status::OK();
}

}  // namespace

ordered_json RunReportJson(const RunReport& report) {
  const Accounting& rows = report.rows;
  ordered_json json;
  json["format_version"] = 1;
  json["run_id"] = report.run_id;
  json["dataset"] = report.dataset;
  json["state"] = RunStateWord(report.state);
  json["rows"] = {{"in", rows.in},
                  {"published", rows.published},
                  {"filtered", rows.filtered},
                  {"deduplicated", rows.deduplicated},
                  {"quarantined", rows.quarantined}};
  json["bytes_in"] = report.bytes_in;
  json["chunks"] = {
      {"total", report.chunks_total}, {"done_before", report.chunks_done_before}, {"run", report.chunks_run}};
  json["partitions"] = PartitionsJson(report.partitions);
  json["elapsed_s"] = report.elapsed_s;
  json["peak_rss_bytes"] = report.peak_rss_bytes;
  return json;
}

Status SaveRun(Env& env, const std::string& root, const RunReport& report) {
  if (!SafeRunId(report.run_id)) return Fail(Reaction::kInvalid, "\"{}\" cannot name a run record", report.run_id);
  ARROW_RETURN_NOT_OK(MakeDirs(env, RunsFolder(root), false));
  // Names of files may be any bytes: what is no UTF-8 is replaced, never thrown at.
  const std::string text = RecordJson(report).dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
  ARROW_RETURN_NOT_OK(WriteFileAtomic(env, JoinPath(RunsFolder(root), report.run_id + kSuffix), text));
  return RemoveOldRecords(env, root);
}

Result<std::vector<ordered_json>> LoadRuns(Env& env, const std::string& root, int64_t runs_max) {
  ARROW_ASSIGN_OR_RAISE(auto ids, RunIds(env, root));
  // Ids of one second are in no order: all of the last second that counts are read, then the clock decides.
  size_t count = std::min(ids.size(), static_cast<size_t>(std::max<int64_t>(runs_max, 0)));
  while (count > 0 && count < ids.size() && ids[count].compare(0, kIdTimeChars, ids[count - 1], 0, kIdTimeChars) == 0)
    count++;
  std::vector<ordered_json> runs;
  for (size_t i = 0; i < count; i++) {
    ARROW_ASSIGN_OR_RAISE(auto record, ReadOrDamaged(env, root, ids[i]));
    runs.push_back(std::move(record));
  }
  const auto started = [](const ordered_json& run) {
    return run.contains("started_micros") && run["started_micros"].is_number() ? run["started_micros"].get<int64_t>()
                                                                               : 0;
  };
  const auto second = [](const ordered_json& run) { return run["run_id"].get<std::string>().substr(0, kIdTimeChars); };
  std::stable_sort(runs.begin(), runs.end(), [&](const auto& a, const auto& b) {
    const std::string of_a = second(a), of_b = second(b);
    return of_a != of_b ? of_a > of_b : started(a) > started(b);
  });
  if (static_cast<int64_t>(runs.size()) > runs_max) runs.resize(runs_max);
  return runs;
}

Result<ordered_json> LoadRun(Env& env, const std::string& root, const std::string& run_id_or_prefix) {
  ARROW_ASSIGN_OR_RAISE(const auto ids, RunIds(env, root));
  std::vector<std::string> found;
  for (const auto& id : ids) {
    if (id == run_id_or_prefix) return ReadRecord(env, root, id);
    if (!run_id_or_prefix.empty() && id.starts_with(run_id_or_prefix)) found.push_back(id);
  }
  if (found.size() == 1) return ReadRecord(env, root, found[0]);
  if (found.empty()) {
    return Fail(Reaction::kNotFound, "no run is called \"{}\"", run_id_or_prefix).Help("`freight runs` lists them");
  }
  return Fail(Reaction::kInvalid, "\"{}\" is the start of {} runs", run_id_or_prefix, found.size())
      .Help(fmt::format("give more of it: {}, {}", found[0], found[1]));
}

}  // namespace freight
