// `freight quarantine ls` and `show`: bad rows by rule and one by one. The only place where values of rows appear.
#include "cli/commands.h"
#include "cli/text.h"
#include "sink/quarantine_writer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace freight {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kRowsShown = 20;
// Distinct (column, rule, reason) triples are bounded by the contract; a foreign file could hold any number.
constexpr size_t kRulesMax = 100'000;

struct File {
  std::string path, date, run_id;
};

// Names in a directory that may not exist.
Result<std::vector<std::string>> ListOrNone(Env& env, const std::string& directory) {
  auto names = env.List(directory);
  if (!names.ok() && ReactionOf(names.status()) == Reaction::kNotFound) return std::vector<std::string>{};
  return names;
}

// <folder>/date=YYYY-MM-DD/run_id=<id>/*.parquet, oldest first.
Result<std::vector<File>> QuarantineFiles(Env& env, const std::string& folder) {
  std::vector<File> files;
  ARROW_ASSIGN_OR_RAISE(const auto dates, ListOrNone(env, folder));
  for (const auto& date : dates) {
    if (!date.starts_with("date=")) continue;
    ARROW_ASSIGN_OR_RAISE(const auto runs, ListOrNone(env, JoinPath(folder, date)));
    for (const auto& run : runs) {
      if (!run.starts_with("run_id=")) continue;
      const std::string directory = JoinPath(JoinPath(folder, date), run);
      ARROW_ASSIGN_OR_RAISE(const auto names, ListOrNone(env, directory));
      for (const auto& name : names) {
        if (name.ends_with(".parquet")) files.push_back({JoinPath(directory, name), date.substr(5), run.substr(7)});
      }
    }
  }
  return files;
}

// Keeps the files of --run; a prefix must name one run.
Status KeepRun(const std::string& wanted, std::vector<File>* files) {
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
  std::erase_if(*files, [&](const File& file) { return file.run_id != *ids.begin(); });
  return Status::OK();
}

Result<std::vector<File>> WantedFiles(Context& context, const Pipeline& pipeline) {
  ARROW_ASSIGN_OR_RAISE(auto files, QuarantineFiles(context.env, QuarantineRoot(pipeline)));
  ARROW_RETURN_NOT_OK(KeepRun(context.args.run, &files));
  return files;
}

struct RuleCount {
  std::string column, rule, reason, expected;
  int64_t rows = 0;
};
struct RunCount {
  std::string date;
  int64_t rows = 0;
};
struct Totals {
  int64_t rows = 0;
  std::map<std::string, RunCount> runs;
  std::vector<RuleCount> rules;  // most rows first
};

Result<Totals> CountRules(Env& env, const std::vector<File>& files) {
  Totals totals;
  std::map<std::vector<std::string>, RuleCount> rules;
  for (const auto& file : files) {
    RunCount& run = totals.runs[file.run_id];
    run.date = file.date;
    ARROW_RETURN_NOT_OK(ReadQuarantineFile(env, file.path, [&](const QuarantinedRow& row) {
      totals.rows++;
      run.rows++;
      for (const auto& why : row.failures) {
        const std::vector<std::string> key = {why.column, why.rule, why.reason};
        if (rules.size() >= kRulesMax && !rules.contains(key)) continue;
        RuleCount& count =
            rules.try_emplace(key, RuleCount{why.column, why.rule, why.reason, why.expected, 0}).first->second;
        count.rows++;
      }
      return true;
    }));
  }
  for (auto& [key, count] : rules) totals.rules.push_back(std::move(count));
  std::stable_sort(totals.rules.begin(), totals.rules.end(), [](auto& a, auto& b) { return a.rows > b.rows; });
  return totals;
}

std::string ListText(const std::string& dataset, const Totals& totals) {
  std::string text = fmt::format("{}: {} in quarantine\n", dataset, Count(totals.rows, "row"));
  for (const auto& rule : totals.rules) {
    text += fmt::format("  {:>9}  {}: {} ({}, expected {})\n", Thousands(rule.rows),
                        rule.column.empty() ? "record" : EscapeControls(rule.column), rule.rule, rule.reason,
                        EscapeControls(rule.expected));
  }
  for (const auto& [id, run] : totals.runs)
    text += fmt::format("  run {} of {}: {}\n", id, run.date, Count(run.rows, "row"));
  return text;
}

ordered_json ListJson(const Pipeline& pipeline, const Totals& totals) {
  ordered_json rules = ordered_json::array(), runs = ordered_json::array();
  for (const auto& r : totals.rules) {
    rules.push_back({{"column", r.column.empty() ? ordered_json(nullptr) : ordered_json(r.column)},
                     {"rule", r.rule},
                     {"reason", r.reason},
                     {"expected", r.expected},
                     {"rows", r.rows}});
  }
  for (const auto& [id, run] : totals.runs) runs.push_back({{"run_id", id}, {"date", run.date}, {"rows", run.rows}});
  return {{"dataset", pipeline.dataset},
          {"folder", QuarantineRoot(pipeline)},
          {"rows", totals.rows},
          {"rules", rules},
          {"runs", runs}};
}

// As precise as the format allows: a line and its bytes, or a row and its row group.
std::string AddressText(const QuarantinedRow& row) {
  const std::string input = EscapeControls(row.input);
  if (row.row_group >= 0) return fmt::format("{}: row {}, row group {}", input, Thousands(row.line), row.row_group);
  return fmt::format("{}:{}  byte {}, {}", input, row.line, Thousands(row.byte_offset), Count(row.byte_length, "byte"));
}

std::string RowText(const QuarantinedRow& row, int64_t width) {
  std::string text = fmt::format("{}, run {}, chunk {}\n", AddressText(row), row.run_id, row.chunk);
  for (const auto& why : row.failures) {
    text += fmt::format("  {}: {} ({}), expected {}{}\n", why.column.empty() ? "record" : EscapeControls(why.column),
                        why.rule, why.reason, EscapeControls(why.expected),
                        why.path.empty() ? "" : " at " + EscapeControls(why.path));
  }
  text += FitWidth(row.raw_kept ? "  | " + EscapeControls(row.raw) : "  | (not kept: too long)", width) + "\n";
  return text;
}

ordered_json RowJson(const QuarantinedRow& row) {
  ordered_json why = ordered_json::array();
  for (const auto& w : row.failures) {
    why.push_back({{"column", w.column.empty() ? ordered_json(nullptr) : ordered_json(w.column)},
                   {"rule", w.rule},
                   {"reason", w.reason},
                   {"expected", w.expected},
                   {"path", w.path.empty() ? ordered_json(nullptr) : ordered_json(w.path)}});
  }
  ordered_json json = {{"input", row.input},   {"line", row.line},     {"byte_offset", row.byte_offset},
                       {"byte_length", row.byte_length}, {"run_id", row.run_id}, {"chunk", row.chunk},
                       {"failures", why}};
  json["raw"] = nullptr;
  if (row.raw_kept && ValidUtf8(row.raw)) json["raw"] = row.raw;
  // JSON strings cannot hold other bytes, and a repaired record would be another one.
  if (row.raw_kept && !ValidUtf8(row.raw)) json["raw_base64"] = Base64(row.raw);
  return json;
}

bool Breaks(const QuarantinedRow& row, const std::string& rule) {
  return rule.empty() || std::any_of(row.failures.begin(), row.failures.end(),
                                     [&](const auto& why) { return why.rule == rule || why.reason == rule; });
}

// Prints rows as they are read, at most `*left` more; `more` becomes true when there were others.
Status ShowRows(Context& context, const std::vector<File>& files, int64_t* left, bool* more) {
  const int64_t width = context.console.out_width();
  for (const auto& file : files) {
    ARROW_RETURN_NOT_OK(ReadQuarantineFile(context.env, file.path, [&](const QuarantinedRow& row) {
      if (!Breaks(row, context.args.rule)) return true;
      if (*left == 0) {
        *more = true;
        return false;
      }
      (*left)--;
      if (context.args.json) {
        ordered_json line = {{"format_version", 1}};
        line.update(RowJson(row));
        context.console.OutJson(line);
      } else {
        context.console.Out(RowText(row, width));
      }
      return !context.console.out_failed();
    }));
    if (*more || context.console.out_failed()) break;
  }
  return Status::OK();
}

}  // namespace

int QuarantineListCommand(Context& context) {
  int code = kExitDone;
  ordered_json datasets = ordered_json::array();
  const auto count = [&](const Pipeline& pipeline) -> Status {
    ARROW_ASSIGN_OR_RAISE(const auto files, WantedFiles(context, pipeline));
    ARROW_ASSIGN_OR_RAISE(const Totals totals, CountRules(context.env, files));
    if (!context.args.json) context.console.Out(ListText(pipeline.dataset, totals));
    datasets.push_back(ListJson(pipeline, totals));
    return Status::OK();
  };
  for (const auto& loaded : LoadTargets(context, context.args.targets, &code)) {
    const Status status = count(loaded.pipeline);
    if (status.ok()) continue;
    context.console.Report(status);
    code = WorstExitCode(code, ExitCodeOf(status));
  }
  if (context.args.json) context.console.OutJson({{"format_version", 1}, {"datasets", datasets}});
  return code;
}

int QuarantineShowCommand(Context& context) {
  int code = kExitDone;
  int64_t left = context.args.limit_rows > 0 ? context.args.limit_rows : kRowsShown;
  bool more = false;
  for (const auto& loaded : LoadTargets(context, context.args.targets, &code)) {
    const auto files = WantedFiles(context, loaded.pipeline);
    const Status status = files.ok() ? ShowRows(context, *files, &left, &more) : files.status();
    if (!status.ok()) {
      context.console.Report(status);
      code = WorstExitCode(code, ExitCodeOf(status));
    }
  }
  if (more)
    context.console.Line("note", "more", "there are more rows", "raise --limit, or choose with --run and --rule");
  return code;
}

}  // namespace freight
