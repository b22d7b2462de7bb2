// `freight plan` and `freight run`: plan each pipeline, execute, show progress, keep the record.
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/report_text.h"
#include "cli/text.h"
#include "io/byte_stream.h"
#include "observe/run_history.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace freight {
namespace {

constexpr size_t kRuleNotesMax = 5;

PlanOptions OptionsOf(const Arguments& args) {
  PlanOptions options;
  options.rebuild = args.rebuild;
  options.scope = args.partitions;
  return options;
}

void SayOnce(Console& console, const Plan& plan) {
  if (!plan.unread_columns.empty()) {
    console.Line("note", "unread_columns",
                 fmt::format("not read, the contract does not name {}: {}",
                             plan.unread_columns.size() == 1 ? "it" : "them",
                             EscapeControls(fmt::format("{}", fmt::join(plan.unread_columns, ", ")))));
  }
  for (const auto& note : plan.notes) console.Line("note", "note", note);
}

void SayBadRows(Console& console, const RunReport& report, const Plan& plan) {
  if (report.rows.quarantined == 0) return;
  const auto notes = RuleNotes(report, plan.contract);
  for (size_t i = 0; i < notes.size() && i < kRuleNotesMax; i++) {
    const std::string address = notes[i].address.empty() ? "" : fmt::format("\n  --> {}", notes[i].address);
    console.Line("warning", "quarantined", notes[i].message + address);
  }
  if (notes.size() > kRuleNotesMax) {
    console.Line("warning", "quarantined", fmt::format("and {} more rules", notes.size() - kRuleNotesMax));
  }
  console.Line("note", "quarantine",
               fmt::format("{} kept in {}", Count(report.rows.quarantined, "row"), QuarantineRoot(plan.pipeline)),
               fmt::format("see them with `freight quarantine show {} --run {}`", report.dataset, report.run_id));
}

// A partition that was asked for and is not there is more often a slip of the finger than a wish.
void SayUnknownScope(Console& console, const RunReport& report, const Plan& plan) {
  if (report.state != RunState::kPublished) return;
  const auto inside = [](const std::string& path, const std::string& scope) {
    return path == scope || path.starts_with(scope + "/");
  };
  for (const auto& scope : plan.options.scope) {
    const bool touched = std::any_of(report.partitions.begin(), report.partitions.end(),
                                     [&](const auto& p) { return inside(p.path, scope); });
    const bool live = std::any_of(plan.partitions_live.begin(), plan.partitions_live.end(),
                                  [&](const auto& p) { return inside(p.first, scope); });
    if (touched || live) continue;
    console.Line("warning", "no_such_partition", fmt::format("no row falls into partition \"{}\"", scope),
                 "check how it is spelled; the folders of the dataset are called as partitions are");
  }
}

// Runs that never had the dataset (another run holds it, a target that is not ours) leave nothing beside it.
bool LeavesRecord(const RunReport& report) {
  return report.epoch > 0 && (report.error.ok() || ReactionOf(report.error) != Reaction::kTransient);
}

int Finish(Context& context, const Plan& plan, const RunReport& report) {
  Console& console = context.console;
  if (LeavesRecord(report)) {
    const Status saved = SaveRun(context.env, plan.request.root, report);
    if (!saved.ok()) console.Line("warning", "record", "the run's record was not kept: " + saved.message());
  }
  SayBadRows(console, report, plan);
  SayUnknownScope(console, report, plan);
  if (!report.error.ok()) console.Report(report.error);
  if (context.args.json) {
    console.OutJson(RunReportJson(report));
  } else {
    console.OutLines(RunText(report, plan, console.out_width()));
  }
  return ExitCodeOf(report.error, context.stop ? context.stop->load() : 0);
}

// A run that ends before it begins still answers with its object.
int FailBeforeRun(Context& context, const Pipeline& pipeline, const Status& error) {
  context.console.Report(error);
  if (context.args.json) {
    RunReport report;
    report.dataset = pipeline.dataset;
    report.state = ReactionOf(error) == Reaction::kRefused ? RunState::kRefused : RunState::kFailed;
    context.console.OutJson(RunReportJson(report));
  }
  return ExitCodeOf(error);
}

// What is done counts decompressed bytes, so that an archive's own size says nothing about what is left.
bool SizeIsKnown(const Plan& plan) {
  const auto compressed = [](const PlannedInput& input) {
    return input.decision.read && IsCompressed(input.version.name);
  };
  return std::none_of(plan.inputs.begin(), plan.inputs.end(), compressed);
}

int RunOne(Context& context, LoadedPipeline& loaded) {
  Console& console = context.console;
  ApplyOptions(context.args, &loaded.pipeline);
  console.About(loaded.pipeline.dataset, "");
  const auto plan = MakePlan(context.env, loaded.pipeline, loaded.contract, OptionsOf(context.args));
  if (!plan.ok()) return FailBeforeRun(context, loaded.pipeline, plan.status());
  SayOnce(console, *plan);
  ProgressPrinter printer(&console, context.stop);
  RunOptions options;
  options.threads = context.args.threads_count;
  options.memory_bytes = context.args.memory_bytes;
  options.stop = context.stop;
  options.progress = [&printer, known = SizeIsKnown(*plan)](Progress progress) {
    if (!known) progress.bytes_total = 0;
    printer.Show(progress);
  };
  const RunReport report = ExecuteRun(context.env, *plan, options);
  console.EndRewrite();
  console.About(loaded.pipeline.dataset, report.run_id);
  return Finish(context, *plan, report);
}

int PlanOne(Context& context, LoadedPipeline& loaded) {
  Console& console = context.console;
  ApplyOptions(context.args, &loaded.pipeline);
  console.About(loaded.pipeline.dataset, "");
  const auto plan = MakePlan(context.env, loaded.pipeline, loaded.contract, OptionsOf(context.args));
  if (!plan.ok()) {
    console.Report(plan.status());
    return ExitCodeOf(plan.status());
  }
  if (context.args.json) {
    console.OutJson(PlanJson(*plan));
  } else {
    console.OutLines(PlanText(*plan, console.out_width()));
  }
  int code = kExitDone;
  for (const auto& refusal : plan->decision.refusals) {
    console.Report(refusal);
    code = WorstExitCode(code, ExitCodeOf(refusal));
  }
  return code;
}

int ForEach(Context& context, int (*one)(Context&, LoadedPipeline&)) {
  int code = kExitDone;
  auto loaded = LoadTargets(context, context.args.targets, &code);
  for (auto& pipeline : loaded) {
    if (context.stop != nullptr && context.stop->load() != 0) return 128 + context.stop->load();
    code = WorstExitCode(code, one(context, pipeline));
  }
  return code;
}

}  // namespace

int PlanCommand(Context& context) { return ForEach(context, PlanOne); }

int RunPipelinesCommand(Context& context) { return ForEach(context, RunOne); }

}  // namespace freight
