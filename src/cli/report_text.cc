// Plans and finished runs as text; see report_text.h.
#include "cli/report_text.h"

#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace freight {
namespace {

constexpr size_t kListLinesMax = 20;

// Collects lines, each broken at the width.
class Lines {
 public:
  explicit Lines(int64_t width) : width_(width) {}
  template <typename... Args>
  void Add(int indent, fmt::format_string<Args...> format, Args&&... args) {
    text_ += Wrap(std::string(indent, ' ') + fmt::format(format, std::forward<Args>(args)...), width_, 2);
  }
  std::string Take() { return std::move(text_); }

 private:
  int64_t width_;
  std::string text_;
};

const char* ModeWord(WriteMode mode) {
  switch (mode) {
    case WriteMode::kAppend: return "append";
    case WriteMode::kReplacePartitions: return "replace_partitions";
    case WriteMode::kReplace: return "replace";
  }
  return "append";
}

void AddInputs(const Plan& plan, Lines* lines) {
  int64_t unchanged = 0;
  lines->Add(0, "inputs");
  size_t shown = 0, hidden = 0;
  for (const auto& input : plan.inputs) {
    if (!input.decision.read) {
      unchanged++;
      continue;
    }
    if (++shown > kListLinesMax) {
      hidden++;
      continue;
    }
    lines->Add(2, "read {}: {}, {}", EscapeControls(input.version.name), input.decision.why,
               MebiBytes(input.version.stat.size_bytes));
  }
  if (hidden > 0) lines->Add(2, "read {} more", Thousands(static_cast<int64_t>(hidden)));
  if (unchanged > 0) lines->Add(2, "leave {} unchanged", Count(unchanged, "input"));
  for (const auto& decision : plan.decision.inputs) {
    if (decision.state != InputState::kVanished) continue;
    lines->Add(2, "gone {}: {}{}", EscapeControls(decision.name), decision.why,
               decision.rows_leave ? ", its rows leave" : ", its rows stay");
  }
}

void AddPartitions(const Plan& plan, Lines* lines) {
  lines->Add(0, "partitions");
  const auto& losing = plan.decision.partitions_losing;
  const bool none_read = std::none_of(plan.inputs.begin(), plan.inputs.end(), [](auto& i) { return i.decision.read; });
  size_t shown = 0;
  for (const auto& partition : losing) {
    if (++shown > kListLinesMax) break;
    const auto live = plan.partitions_live.find(partition);
    const int64_t rows = live == plan.partitions_live.end() ? 0 : live->second;
    lines->Add(2, "replace {}: holds rows that leave or come again ({} now)",
               partition.empty() ? "the dataset" : partition, Count(rows, "row"));
  }
  if (losing.size() > kListLinesMax) lines->Add(2, "replace {} more", losing.size() - kListLinesMax);
  if (!none_read && plan.pipeline.partition_by.empty()) {
    lines->Add(2, "{}", plan.partitions_live.empty() ? "create the dataset" : "replace the dataset by one swap");
  } else if (!none_read) {
    std::string fields;
    for (const auto& field : plan.pipeline.partition_by) fields += (fields.empty() ? "" : ", ") + field.name;
    lines->Add(2, "create or replace by {}: decided by the data that is read", fields);
  }
  const int64_t rest = static_cast<int64_t>(plan.partitions_live.size()) - static_cast<int64_t>(losing.size());
  if (rest > 0 && (none_read || !plan.pipeline.partition_by.empty())) {
    lines->Add(2, "leave {} live, unless new rows fall into them", Count(rest, "partition"));
  }
  for (const auto& scope : plan.options.scope) lines->Add(2, "only {}", scope);
}

void AddColumns(const Plan& plan, Lines* lines) {
  std::string names;
  for (const auto& column : plan.contract.columns) names += (names.empty() ? "" : ", ") + column.name;
  lines->Add(0, "columns");
  lines->Add(2, "read {}: {}", Count(static_cast<int64_t>(plan.contract.columns.size()), "column"),
             EscapeControls(names));
  if (plan.unread_columns.empty()) return;
  lines->Add(2, "not read, the contract does not name them: {}",
             EscapeControls(fmt::format("{}", fmt::join(plan.unread_columns, ", "))));
}

void AddSkipped(const Plan& plan, Lines* lines) {
  SkippedGroups sum;
  bool any = false;
  for (const auto& input : plan.inputs) {
    if (!input.header.skipped) continue;
    any = true;
    sum.row_groups += input.header.skipped->row_groups;
    sum.skipped += input.header.skipped->skipped;
    sum.rows += input.header.skipped->rows;
  }
  if (!any) return;
  lines->Add(2, "skipped by where and statistics: {} of {}, {}", Thousands(sum.skipped),
             Count(sum.row_groups, "row group"), Count(sum.rows, "row"));
}

const char* HeadOf(const Plan& plan) {
  if (!plan.decision.refusals.empty()) return "a run would be refused";
  return plan.decision.nothing_to_do ? "nothing to do" : "a run would read";
}

int64_t ChunksToRead(const Plan& plan) {
  int64_t chunks = 0;
  for (const auto& input : plan.inputs) chunks += input.decision.read ? input.chunks : 0;
  return chunks;
}

void AddTouched(const RunReport& report, Lines* lines) {
  if (report.partitions.empty()) return;
  std::map<std::string, int64_t> actions;
  for (const auto& p : report.partitions) actions[PartitionActionWord(p.action)]++;
  std::string words;
  for (const auto& [word, count] : actions)
    words += fmt::format("{}{} {}", words.empty() ? "" : ", ", word, Thousands(count));
  lines->Add(2, "partitions   {}", words);
  size_t shown = 0;
  for (const auto& p : report.partitions) {
    if (++shown > kListLinesMax) break;
    lines->Add(4, "{}  {}, {}, {}, {}", p.path.empty() ? "." : p.path, PartitionActionWord(p.action),
               Count(p.rows, "row"), Count(p.files, "file"), MebiBytes(p.bytes));
  }
  if (report.partitions.size() > kListLinesMax) {
    lines->Add(4, "and {} more: freight show {}", report.partitions.size() - kListLinesMax, report.run_id);
  }
}

void AddOutdated(const Plan& plan, Lines* lines) {
  const std::string note = OutdatedNote(plan.decision);
  if (!note.empty()) lines->Add(0, "note: {}", note);
}

std::string Expectation(const Column* column, const std::string& rule, const std::string& reason) {
  if (column == nullptr) return reason;
  if (rule == "type") return fmt::format("{} is no {}", column->name, column->type.ToString());
  if (rule == "required") return fmt::format("{} is required", column->name);
  return fmt::format("{} breaks {}", column->name, rule);
}

}  // namespace

std::string PlanText(const Plan& plan, int64_t width) {
  Lines lines(width);
  lines.Add(0, "{}: {}", plan.pipeline.dataset, HeadOf(plan));
  lines.Add(2, "to {}, {}", EscapeControls(plan.request.root), ModeWord(plan.pipeline.mode));
  lines.Add(2, "{} in about {}, {}", MebiBytes(plan.bytes_to_read), Count(ChunksToRead(plan), "chunk"),
            Count(plan.threads, "thread"));
  lines.Add(2, "memory {}, all threads busy with {}", MebiBytes(plan.memory_bytes),
            MebiBytes(plan.memory_bytes_needed));
  AddInputs(plan, &lines);
  AddSkipped(plan, &lines);
  AddPartitions(plan, &lines);
  AddColumns(plan, &lines);
  for (const auto& note : plan.notes) lines.Add(0, "note: {}", note);
  return lines.Take();
}

std::string RunText(const RunReport& report, const Plan& plan, int64_t width) {
  Lines lines(width);
  if (report.state == RunState::kNothingToDo) {
    lines.Add(0, "{}: nothing to do, every input is published", report.dataset);
    AddOutdated(plan, &lines);
    return lines.Take();
  }
  std::string state = RunStateWord(report.state);
  lines.Add(0, "{}: {} in {}, run {}", report.dataset, state, Seconds(report.elapsed_s), report.run_id);
  lines.Add(2, "rows in      {}", Thousands(report.rows.in));
  const char* published = report.state == RunState::kPublished ? "published" : "accepted ";
  lines.Add(2, "{}    {}", published, Thousands(report.rows.published));
  if (report.rows.filtered > 0) lines.Add(2, "filtered     {}", Thousands(report.rows.filtered));
  if (report.rows.deduplicated > 0) lines.Add(2, "deduplicated {}", Thousands(report.rows.deduplicated));
  lines.Add(2, "quarantined  {} ({})", Thousands(report.rows.quarantined),
            Percent(report.rows.quarantined, report.rows.in));
  if (report.rows.blank_lines > 0) lines.Add(2, "blank lines  {}", Thousands(report.rows.blank_lines));
  if (report.rows.comments > 0) lines.Add(2, "comments     {}", Thousands(report.rows.comments));
  lines.Add(2, "chunks       {} ({} done before)", Thousands(report.chunks_total),
            Thousands(report.chunks_done_before));
  AddTouched(report, &lines);
  for (const auto& gate : report.gates) {
    lines.Add(2, "gate {}: {}, {} (wanted {})", gate.gate, gate.passed ? "passed" : "failed", gate.actual,
              gate.expected);
  }
  lines.Add(2, "memory       {} of {}, process {}", MebiBytes(report.memory_peak_bytes),
            MebiBytes(report.memory_limit_bytes), MebiBytes(report.peak_rss_bytes));
  if (report.state == RunState::kPublished) lines.Add(2, "dataset      {}", EscapeControls(plan.request.root));
  AddOutdated(plan, &lines);
  return lines.Take();
}

std::vector<RuleNote> RuleNotes(const RunReport& report, const Contract& contract) {
  std::vector<std::pair<int64_t, std::string>> by_count;
  for (const auto& [rule, rows] : report.bad_by_rule) by_count.emplace_back(-rows, rule);
  std::sort(by_count.begin(), by_count.end());
  std::vector<RuleNote> notes;
  for (const auto& [minus_rows, key] : by_count) {
    // "column:rule:reason"; a column's name may hold colons, the two words never do.
    const size_t last = key.rfind(':');
    const size_t middle = last == 0 || last == std::string::npos ? std::string::npos : key.rfind(':', last - 1);
    if (middle == std::string::npos) continue;
    const std::string name = key.substr(0, middle), rule = key.substr(middle + 1, last - middle - 1),
                      reason = key.substr(last + 1);
    const auto column =
        std::find_if(contract.columns.begin(), contract.columns.end(), [&](auto& c) { return c.name == name; });
    const bool known = !name.empty() && column != contract.columns.end();
    const std::string what = Expectation(known ? &*column : nullptr, rule, reason);
    notes.push_back({fmt::format("{}: {}{}", Count(-minus_rows, "row"), EscapeControls(what),
                                 known ? fmt::format(" ({})", reason) : fmt::format(" ({})", rule)),
                     known ? column->place.ToString() : ""});
  }
  return notes;
}

}  // namespace freight
