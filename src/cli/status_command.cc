// `freight status`, `runs` and `show`: a dataset's committed state and the records of its runs.
#include "cli/commands.h"
#include "cli/text.h"
#include "commit/dataset.h"
#include "observe/run_history.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace freight {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kRunsShown = 20;

// Reads a number of a record; records of other versions may lack it.
int64_t Number(const ordered_json& json, const char* a, const char* b = nullptr) {
  if (!json.is_object() || !json.contains(a)) return 0;
  const ordered_json& value = json[a];
  if (b != nullptr) return Number(value, b);
  return value.is_number() ? value.get<int64_t>() : 0;
}

std::string TextOf(const ordered_json& value) { return value.is_string() ? value.get<std::string>() : ""; }

std::string Word(const ordered_json& json, const char* key) {
  return json.is_object() && json.contains(key) ? TextOf(json[key]) : "";
}

double Elapsed(const ordered_json& run) {
  return run.contains("elapsed_s") && run["elapsed_s"].is_number() ? run["elapsed_s"].get<double>() : 0;
}

const ordered_json& List(const ordered_json& json, const char* key) {
  static const ordered_json empty = ordered_json::array();
  return json.is_object() && json.contains(key) && json[key].is_structured() ? json[key] : empty;
}

struct DatasetTotals { int64_t rows = 0, files = 0, bytes = 0; };

DatasetTotals TotalsOf(const DatasetState& state) {
  DatasetTotals totals;
  for (const auto& [path, parts] : state.partitions) {
    for (const auto& part : parts) {
      totals.rows += part.rows;
      totals.files++;
      totals.bytes += part.bytes;
    }
  }
  return totals;
}

std::string StateWord(const DatasetState& state, bool had_runs) {
  if (!state.unfinished_run.empty()) return "unfinished";
  if (!state.partitions.empty()) return "published";
  return had_runs || state.epoch > 0 ? "empty" : "never_run";
}

Result<ordered_json> StatusOf(Context& context, const Pipeline& pipeline) {
  const std::string root = DatasetRoot(pipeline);
  ARROW_ASSIGN_OR_RAISE(const DatasetState state, ReadDatasetState(context.env, root));
  ARROW_ASSIGN_OR_RAISE(const auto runs, LoadRuns(context.env, root, 1));
  const DatasetTotals totals = TotalsOf(state);
  ordered_json json;
  json["dataset"] = pipeline.dataset;
  json["root"] = root;
  json["state"] = StateWord(state, !runs.empty());
  json["rows"] = totals.rows;
  json["partitions"] = state.partitions.size();
  json["files"] = totals.files;
  json["bytes"] = totals.bytes;
  json["damaged_files"] = state.damaged.size();
  json["inputs"] = state.inputs.size();
  json["unfinished_run"] = state.unfinished_run.empty() ? ordered_json(nullptr) : ordered_json(state.unfinished_run);
  json["unfinished_chunks"] = state.pending_chunks.size();
  json["last_run"] = nullptr;
  if (!runs.empty()) {
    const ordered_json& run = runs[0];
    json["last_run"] = {{"run_id", Word(run, "run_id")},
                        {"state", Word(run, "state")},
                        {"finished_micros", Number(run, "finished_micros")},
                        {"rows_in", Number(run, "rows", "in")},
                        {"quarantined", Number(run, "rows", "quarantined")}};
  }
  return json;
}

std::string StatusText(const ordered_json& s, int64_t width) {
  std::string text = Wrap(fmt::format("{}: {}", Word(s, "dataset"), Word(s, "state")), width, 2);
  const auto add = [&](const std::string& line) { text += Wrap("  " + line, width, 2); };
  add(fmt::format("{} in {}, {}, {}", Count(Number(s, "rows"), "row"), Count(Number(s, "partitions"), "partition"),
                  Count(Number(s, "files"), "file"), MebiBytes(Number(s, "bytes"))));
  add(fmt::format("from {}, at {}", Count(Number(s, "inputs"), "input"), EscapeControls(Word(s, "root"))));
  if (const int64_t damaged = Number(s, "damaged_files"); damaged > 0) {
    add(fmt::format("{} deleted or changed by somebody else; `freight plan` says more", Count(damaged, "file")));
  }
  const ordered_json& last = s["last_run"];
  if (last.is_object() && Word(last, "state") == "damaged") {
    add(fmt::format("last run {}: its record is damaged", Word(last, "run_id")));
  } else if (last.is_object()) {
    add(fmt::format("last run {}: {}, ended {}, {} in, {} quarantined", Word(last, "run_id"), Word(last, "state"),
                    UtcTime(Number(last, "finished_micros")), Count(Number(last, "rows_in"), "row"),
                    Thousands(Number(last, "quarantined"))));
  }
  if (const std::string run = Word(s, "unfinished_run"); !run.empty()) {
    add(fmt::format("unfinished run {}: {} done; it is running, or the same `freight run` goes on with it", run,
                    Count(Number(s, "unfinished_chunks"), "chunk")));
  }
  return text;
}

std::string RunLine(const ordered_json& run) {
  if (Word(run, "state") == "damaged") {
    return fmt::format("{}  damaged        {}\n", Word(run, "run_id"), EscapeControls(Word(run["error"], "message")));
  }
  return fmt::format("{}  {:<13}  {}  {} in, {} quarantined, {}\n", Word(run, "run_id"), Word(run, "state"),
                     UtcTime(Number(run, "started_micros")), Count(Number(run, "rows", "in"), "row"),
                     Thousands(Number(run, "rows", "quarantined")), Seconds(Elapsed(run)));
}

Status RunsOf(Context& context, const Pipeline& pipeline, ordered_json* datasets) {
  const std::string root = DatasetRoot(pipeline);
  const int64_t limit = context.args.limit_rows > 0 ? context.args.limit_rows : kRunsShown;
  ARROW_ASSIGN_OR_RAISE(const auto runs, LoadRuns(context.env, root, limit));
  // The history is told also where the dataset's log is damaged.
  const auto read = ReadDatasetState(context.env, root);
  const DatasetState state = read.ok() ? *read : DatasetState{};
  // A run that was killed wrote no record; a stopped one did.
  const bool recorded =
      std::any_of(runs.begin(), runs.end(), [&](auto& r) { return Word(r, "run_id") == state.unfinished_run; });
  if (!context.args.json) {
    context.console.OutLines(fmt::format("{}\n", pipeline.dataset));
    if (!state.unfinished_run.empty() && !recorded) {
      context.console.OutLines(fmt::format("  {}  unfinished: {} done\n", state.unfinished_run,
                                           Count(static_cast<int64_t>(state.pending_chunks.size()), "chunk")));
    }
    if (runs.empty() && state.unfinished_run.empty()) context.console.Out("  no run yet\n");
    for (const auto& run : runs) context.console.OutLines("  " + RunLine(run));
    return read.status();
  }
  ordered_json list = ordered_json::array();
  for (const auto& run : runs) list.push_back(run);
  datasets->push_back(
      {{"dataset", pipeline.dataset},
       {"unfinished_run", state.unfinished_run.empty() ? ordered_json(nullptr) : ordered_json(state.unfinished_run)},
       {"runs", list}});
  return read.status();
}

void AddShownRows(const ordered_json& run, std::string* text) {
  for (const char* key : {"in", "published", "filtered", "deduplicated", "quarantined"}) {
    *text += fmt::format("  {:<13}{}\n", key, Thousands(Number(run, "rows", key)));
  }
  *text += fmt::format("  {:<13}{}\n", "blank lines", Thousands(Number(run, "blank_lines")));
  *text += fmt::format("  {:<13}{}\n", "comments", Thousands(Number(run, "comments")));
}

std::string ShowText(const ordered_json& run) {
  std::string text = fmt::format("run {} of {}: {}\n", Word(run, "run_id"), Word(run, "dataset"), Word(run, "state"));
  text += fmt::format("started {}, {}, {}, epoch {}\n", UtcTime(Number(run, "started_micros")), Seconds(Elapsed(run)),
                      Count(Number(run, "threads"), "thread"), Number(run, "epoch"));
  if (run.contains("error") && run["error"].is_object()) {
    text += fmt::format("error: {}\n", Word(run["error"], "message"));
    if (const auto place = Word(run["error"], "place"); !place.empty()) text += fmt::format("  --> {}\n", place);
    if (const auto help = Word(run["error"], "help"); !help.empty()) text += fmt::format("   = help: {}\n", help);
  }
  text += "rows\n";
  AddShownRows(run, &text);
  text += fmt::format("input {} in {} ({} done before, {} in this run)\n", MebiBytes(Number(run, "bytes_in")),
                      Count(Number(run, "chunks", "total"), "chunk"), Thousands(Number(run, "chunks", "done_before")),
                      Thousands(Number(run, "chunks", "run")));
  text += "partitions\n";
  for (const auto& p : List(run, "partitions")) {
    text +=
        fmt::format("  {}  {}, {}, {}, {}\n", Word(p, "path").empty() ? "." : Word(p, "path"), Word(p, "action"),
                    Count(Number(p, "rows"), "row"), Count(Number(p, "files"), "file"), MebiBytes(Number(p, "bytes")));
  }
  for (const auto& [rule, rows] : List(run, "bad_by_rule").items()) {
    text += fmt::format("quarantined by {}: {}\n", rule, rows.is_number() ? Count(rows.get<int64_t>(), "row") : "");
  }
  for (const auto& file : List(run, "quarantine_files"))
    text += fmt::format("quarantine {}\n", TextOf(file));
  for (const auto& gate : List(run, "gates")) {
    const bool passed = gate.contains("passed") && gate["passed"] == true;
    text += fmt::format("gate {}: {}, {} (wanted {})\n", Word(gate, "gate"), passed ? "passed" : "failed",
                        Word(gate, "actual"), Word(gate, "expected"));
  }
  const ordered_json& memory = List(run, "memory");
  text += fmt::format("memory {} of {}, process {}\n", MebiBytes(Number(memory, "peak_bytes")),
                      MebiBytes(Number(memory, "limit_bytes")), MebiBytes(Number(run, "peak_rss_bytes")));
  for (const auto& part : List(memory, "parts")) {
    text += fmt::format("  {:<13}{}\n", Word(part, "part"), MebiBytes(Number(part, "peak_bytes")));
  }
  for (const auto& column : List(run, "unread_columns"))
    text += fmt::format("not read: {}\n", TextOf(column));
  for (const auto& note : List(run, "notes")) text += fmt::format("note: {}\n", TextOf(note));
  return text;
}

// Runs `one` over each pipeline's dataset and reports what fails; the worst exit code.
int ForEachDataset(Context& context, const std::vector<std::string>& targets,
                   const std::function<Status(const Pipeline&)>& one) {
  int code = kExitDone;
  for (const auto& loaded : LoadTargets(context, targets, &code)) {
    const Status status = one(loaded.pipeline);
    if (status.ok()) continue;
    context.console.Report(status);
    code = WorstExitCode(code, ExitCodeOf(status));
  }
  return code;
}

}  // namespace

int StatusCommand(Context& context) {
  ordered_json datasets = ordered_json::array();
  const int code = ForEachDataset(context, context.args.targets, [&](const Pipeline& pipeline) -> Status {
    ARROW_ASSIGN_OR_RAISE(ordered_json status, StatusOf(context, pipeline));
    if (!context.args.json) context.console.OutLines(StatusText(status, context.console.out_width()));
    datasets.push_back(std::move(status));
    return Status::OK();
  });
  if (context.args.json) context.console.OutJson({{"format_version", 1}, {"datasets", datasets}});
  return code;
}

int RunsCommand(Context& context) {
  ordered_json datasets = ordered_json::array();
  const int code = ForEachDataset(context, context.args.targets,
                                  [&](const Pipeline& pipeline) { return RunsOf(context, pipeline, &datasets); });
  if (context.args.json) context.console.OutJson({{"format_version", 1}, {"datasets", datasets}});
  return code;
}

int ShowCommand(Context& context) {
  const std::string run_id = context.args.targets[0];
  std::vector<ordered_json> found;
  Status missing;
  const std::vector<std::string> targets(context.args.targets.begin() + 1, context.args.targets.end());
  const int code = ForEachDataset(context, targets, [&](const Pipeline& pipeline) -> Status {
    auto run = LoadRun(context.env, DatasetRoot(pipeline), run_id);
    if (run.ok()) found.push_back(std::move(*run));
    if (!run.ok() && ReactionOf(run.status()) != Reaction::kNotFound) return run.status();
    if (!run.ok()) missing = run.status();
    return Status::OK();
  });
  if (found.empty()) {
    if (code == kExitDone) context.console.Report(missing);
    return code == kExitDone ? kExitInvalid : code;
  }
  for (const auto& run : found) {
    if (context.args.json) context.console.OutJson(run);
    else context.console.OutLines(ShowText(run));
  }
  return code;
}

}  // namespace freight
