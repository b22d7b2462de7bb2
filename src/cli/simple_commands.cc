// Commands that only print or write what other rooms know: check, schema, docs, completion, help, version.
#include "cli/commands.h"
#include "cli/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace freight {
namespace {

using nlohmann::ordered_json;

const char* SeverityWord(Severity severity) {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
    case Severity::kNote: return "note";
  }
  return "note";
}

ordered_json DiagnosticJson(const Diagnostic& d) {
  return {{"severity", SeverityWord(d.severity)}, {"code", d.code}, {"message", d.message},   {"file", d.place.file},
          {"line", d.place.line},                 {"column", d.place.column}, {"help", d.help}};
}

// What was said of a contract for one pipeline is not said again for the next one that shares it.
using Said = std::set<std::tuple<std::string, int64_t, int64_t, std::string>>;

void PrintChecked(Context& context, const LoadedPipeline& loaded, const std::string& file, Said* said) {
  for (const auto& diagnostic : loaded.diagnostics) {
    const Place& place = diagnostic.place;
    if (!said->emplace(place.file, place.line, place.column, diagnostic.message).second) continue;
    const auto source = loaded.sources.find(diagnostic.place.file);
    context.console.Report(diagnostic, source == loaded.sources.end() ? "" : source->second);
  }
  if (loaded.ok() && !context.args.json) context.console.OutLines(fmt::format("ok: {}\n", file));
}

}  // namespace

int CheckCommand(Context& context) {
  const auto files = ResolvePipelines(context, context.args.targets);
  if (!files.ok()) {
    context.console.Report(files.status());
    return ExitCodeOf(files.status());
  }
  ordered_json list = ordered_json::array();
  bool all_ok = true;
  Said said;
  for (const auto& file : *files) {
    const LoadedPipeline loaded = LoadPipeline(context.env, file, context.variables);
    PrintChecked(context, loaded, file, &said);
    all_ok = all_ok && loaded.ok();
    ordered_json diagnostics = ordered_json::array();
    for (const auto& diagnostic : loaded.diagnostics) diagnostics.push_back(DiagnosticJson(diagnostic));
    list.push_back({{"file", file}, {"ok", loaded.ok()}, {"diagnostics", diagnostics}});
  }
  if (context.args.json) context.console.OutJson({{"format_version", 1}, {"files", list}});
  return all_ok ? kExitDone : kExitInvalid;
}

int SchemaCommand(Context& context) {
  std::string text = PipelineJsonSchema();
  if (!text.ends_with('\n')) text += '\n';
  context.console.Out(text);
  return kExitDone;
}

int DocsCommand(Context& context) {
  if (context.args.out.empty()) {
    context.console.Report(
        Fail(Reaction::kInvalid, "`freight docs` needs --out").Help("e.g. freight docs --out docs/reference"));
    return kExitInvalid;
  }
  auto pages = ReferencePages();
  pages.emplace_back("commands.md", CommandsPage());
  Status status = MakeDirs(context.env, context.args.out, false);
  for (const auto& [name, text] : pages) {
    if (status.ok()) status = WriteFileAtomic(context.env, JoinPath(context.args.out, name), text);
  }
  if (!status.ok()) {
    status = AsArgument(status);
    context.console.Report(status);
    return ExitCodeOf(status);
  }
  for (const auto& [name, text] : pages) context.console.Out(JoinPath(context.args.out, name) + "\n");
  return kExitDone;
}

int CompletionCommand(Context& context) {
  context.console.Out(CompletionScript(context.args.targets[0]));
  return kExitDone;
}

int HelpCommand(Context& context) {
  if (context.args.targets.empty()) {
    context.console.OutLines(HelpText());
    return kExitDone;
  }
  const std::string name = fmt::format("{}", fmt::join(context.args.targets, " "));
  std::vector<std::string> known;
  std::string text;
  for (const auto& command : CommandTable()) {
    known.push_back(command.name);
    const bool in_group = std::string_view(command.name).starts_with(name + " ");
    if (name == command.name || in_group) text += (text.empty() ? "" : "\n") + HelpText(command);
  }
  if (text.empty()) {
    const std::string near = DidYouMean(name, known);
    context.console.Report(
        Fail(Reaction::kInvalid, "unknown command \"{}\"", name)
            .Help(near.empty() ? "`freight help` lists the commands" : fmt::format("did you mean \"{}\"?", near)));
    return kExitInvalid;
  }
  context.console.OutLines(text);
  return kExitDone;
}

int VersionCommand(Context& context) {
  context.console.Out(fmt::format("freight {}\n", FREIGHT_VERSION));
  return kExitDone;
}

int RunCommand(Context& context) {
  using Command = int (*)(Context&);
  static constexpr std::pair<std::string_view, Command> kCommands[] = {
      {"init", InitCommand},     {"check", CheckCommand},
      {"plan", PlanCommand},     {"run", RunPipelinesCommand},
      {"status", StatusCommand}, {"runs", RunsCommand},
      {"show", ShowCommand},     {"quarantine ls", QuarantineListCommand},
      {"quarantine show", QuarantineShowCommand}, {"schema", SchemaCommand},
      {"docs", DocsCommand},     {"completion", CompletionCommand},
      {"help", HelpCommand},     {"version", VersionCommand}};
  for (const auto& [name, command] : kCommands) {
    if (name == context.args.command) return command(context);
  }
  FREIGHT_ASSERT(!"a command of the table has no function");
  return kExitFailed;
}

}  // namespace freight
