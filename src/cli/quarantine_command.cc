// `freight quarantine ls` and `show`: bad rows by rule and one by one. The only place where values of rows appear.
#include "cli/commands.h"
#include "cli/quarantine_files.h"
#include "cli/text.h"
#include "sink/quarantine_writer.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace freight {
namespace {

using nlohmann::ordered_json;

constexpr int64_t kRowsShown = 20;
// Distinct (column, rule, reason) triples are bounded by the contract; a foreign file could hold any number.
constexpr size_t kRulesMax = 100'000;

struct RuleCount {
  std::string column, rule, reason, expected;
  int64_t rows = 0;
};
struct RunCount {
  std::string date;
  int64_t rows = 0;
};
struct Unread { std::string path; Status why; };
struct Totals {
  int64_t rows = 0;
  std::map<std::string, RunCount> runs;
  std::vector<RuleCount> rules;  // most rows first
  std::vector<Unread> unread;    // files that are gone or damaged; of these, rows count up to the damage
};

// A file that cannot be read must not hide the rows of those after it.
Totals CountRules(Env& env, const std::vector<QuarantinePath>& files) {
  Totals totals;
  std::map<std::vector<std::string>, RuleCount> rules;
  for (const auto& file : files) {
    const auto count = [&](const QuarantinedRow& row) {
      totals.rows++;
      RunCount& run = totals.runs[file.run_id];
      run.date = file.date;
      run.rows++;
      for (const auto& why : row.failures) {
        const std::vector<std::string> key = {why.column, why.rule, why.reason};
        if (rules.size() >= kRulesMax && !rules.contains(key)) continue;
        RuleCount& count =
            rules.try_emplace(key, RuleCount{why.column, why.rule, why.reason, why.expected, 0}).first->second;
        count.rows++;
      }
      return true;
    };
    Status read = file.fault.ok() ? ReadQuarantineFile(env, file.path, count) : file.fault;
    if (!read.ok()) totals.unread.push_back({file.path, std::move(read)});
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
  if (!totals.unread.empty()) {
    text += fmt::format("  incomplete: {} cannot be read\n",
                        Count(static_cast<int64_t>(totals.unread.size()), "path"));
  }
  return text;
}

ordered_json ListJson(const Pipeline& pipeline, const Totals& totals) {
  ordered_json rules = ordered_json::array(), runs = ordered_json::array(), unread = ordered_json::array();
  for (const auto& r : totals.rules) {
    rules.push_back({{"column", r.column.empty() ? ordered_json(nullptr) : ordered_json(r.column)},
                     {"rule", r.rule},
                     {"reason", r.reason},
                     {"expected", r.expected},
                     {"rows", r.rows}});
  }
  for (const auto& [id, run] : totals.runs) runs.push_back({{"run_id", id}, {"date", run.date}, {"rows", run.rows}});
  for (const auto& file : totals.unread) unread.push_back({{"path", file.path}, {"why", file.why.message()}});
  return {{"dataset", pipeline.dataset},
          {"folder", QuarantineRoot(pipeline)},
          {"rows", totals.rows},
          {"rules", rules},
          {"runs", runs},
          {"unread", unread}};
}

// As precise as the format allows: a line and its bytes, or a row and its row group.
std::string AddressText(const QuarantinedRow& row) {
  const std::string input = EscapeControls(row.input);
  if (row.row_group >= 0) return fmt::format("{}: row {}, row group {}", input, Thousands(row.line), row.row_group);
  return fmt::format("{}:{}  byte {}, {}", input, row.line, Thousands(row.byte_offset), Count(row.byte_length, "byte"));
}

// Everything but the record's bytes, which are cut at the width: broken, they would look like several records.
std::string WhyText(const QuarantinedRow& row) {
  std::string text = fmt::format("{}, run {}, chunk {}\n", AddressText(row), row.run_id, row.chunk);
  for (const auto& why : row.failures) {
    text += fmt::format("  {}: {} ({}), expected {}{}\n", why.column.empty() ? "record" : EscapeControls(why.column),
                        why.rule, why.reason, EscapeControls(why.expected),
                        why.path.empty() ? "" : " at " + EscapeControls(why.path));
  }
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

// What `show` still prints.
struct Showing {
  int64_t left;
  bool more = false;  // there were rows beyond it
  bool none = true;
};

// Prints the rows of one file as they are read.
Status ShowRows(Context& context, const std::string& path, Showing* showing) {
  const int64_t width = context.console.out_width();
  return ReadQuarantineFile(context.env, path, [&](const QuarantinedRow& row) {
    if (!Breaks(row, context.args.rule)) return true;
    if (showing->left == 0) {
      showing->more = true;
      return false;
    }
    showing->left--;
    showing->none = false;
    if (context.args.json) {
      ordered_json line = {{"format_version", 1}};
      line.update(RowJson(row));
      context.console.OutJson(line);
    } else {
      context.console.OutLines(WhyText(row));
      context.console.Out(
          FitWidth(row.raw_kept ? "  | " + EscapeControls(row.raw) : "  | (not kept: too long)", width) + "\n");
    }
    return !context.console.out_failed();
  });
}

Result<std::vector<QuarantinePath>> WantedFiles(Context& context, const Pipeline& pipeline) {
  auto files = FindQuarantineFiles(context.env, QuarantineRoot(pipeline), DatasetRoot(pipeline));
  ARROW_RETURN_NOT_OK(KeepRun(context.args.run, &files));
  return files;
}

void ReportWorst(Context& context, const Status& status, int* code) {
  if (status.ok()) return;
  context.console.Report(status);
  *code = WorstExitCode(*code, ExitCodeOf(status));
}

// Nothing on the screen is an answer that looks like a mistake, or hides one.
void SayNone(Context& context) {
  const std::string& rule = context.args.rule;
  if (rule.empty()) return context.console.Line("note", "none", "no row is in quarantine");
  context.console.Line("note", "none", fmt::format("no row in quarantine breaks \"{}\"", rule),
                       "`freight quarantine ls` lists the rules and reasons that are broken");
}

}  // namespace

int QuarantineListCommand(Context& context) {
  int code = kExitDone;
  ordered_json datasets = ordered_json::array();
  for (const auto& loaded : LoadTargets(context, context.args.targets, &code)) {
    const auto files = WantedFiles(context, loaded.pipeline);
    ReportWorst(context, files.status(), &code);
    if (!files.ok()) continue;
    const Totals totals = CountRules(context.env, *files);
    if (!context.args.json) context.console.OutLines(ListText(loaded.pipeline.dataset, totals));
    for (const auto& file : totals.unread) ReportWorst(context, file.why, &code);
    datasets.push_back(ListJson(loaded.pipeline, totals));
  }
  if (context.args.json) context.console.OutJson({{"format_version", 1}, {"datasets", datasets}});
  return code;
}

int QuarantineShowCommand(Context& context) {
  int code = kExitDone;
  Showing showing{context.args.limit_rows > 0 ? context.args.limit_rows : kRowsShown};
  for (const auto& loaded : LoadTargets(context, context.args.targets, &code)) {
    const auto files = WantedFiles(context, loaded.pipeline);
    ReportWorst(context, files.status(), &code);
    if (!files.ok()) continue;
    for (const auto& file : *files) {
      const bool enough = showing.more || context.console.out_failed();
      const bool read = file.fault.ok() && !enough;
      ReportWorst(context, read ? ShowRows(context, file.path, &showing) : file.fault, &code);
    }
  }
  if (showing.none && code == kExitDone && !context.console.out_failed()) SayNone(context);
  if (showing.more)
    context.console.Line("note", "more", "there are more rows", "raise --limit, or choose with --run and --rule");
  return code;
}

}  // namespace freight
