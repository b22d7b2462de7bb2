// The table of commands and options, and the help made from it.
#include "cli/arguments.h"

#include <fmt/format.h>

#include <algorithm>

namespace freight {
namespace {

OptionInfo Json() { return {"--json", "", "print one JSON object on stdout", &Arguments::json}; }

std::vector<OptionInfo> PlanOptionList() {
  return {{"--partition", "P", "rebuild only this partition, e.g. event_date=2026-06-11 (repeatable)",
           &Arguments::partitions},
          {"--rebuild", "", "read every input again, also unchanged ones", &Arguments::rebuild},
          {"--threads", "N", "worker threads (default: limits.threads, else all cores)", &Arguments::threads},
          {"--memory", "SIZE", "byte budget, e.g. 64MiB (default: limits.memory; at least 32MiB)", &Arguments::memory},
          Json()};
}

constexpr const char* kPipelines = "[PIPELINE...]";
constexpr const char* kTargetNote =
    "PIPELINE is a pipeline file, a folder, or a dataset's name; without one, the pipelines of the current folder.";

std::vector<CommandInfo> MakeTable() {
  return {
      {"init",
       "[DIR]",
       0,
       1,
       "start a project; with --from, make one from a data file",
       "Writes a pipeline and its contract into DIR (default: the current folder) and never overwrites a file. With\n"
       "--from, reads the whole file, finds how it is written and the smallest exact type of each column.",
       {{"--from", "FILE", "a CSV, NDJSON (also .gz, .zst, .bz2, .xz) or Parquet file", &Arguments::from}}},
      {"check", kPipelines, 0, -1, "lint pipelines and contracts, all errors at once", kTargetNote, {Json()}},
      {"plan", kPipelines, 0, -1, "show what a run would read, write, replace and leave; writes nothing", kTargetNote,
       PlanOptionList()},
      {"run", kPipelines, 0, -1, "plan, execute, gate, publish; resumes what was cut off", kTargetNote,
       PlanOptionList()},
      {"status", kPipelines, 0, -1, "state of each dataset", kTargetNote, {Json()}},
      {"runs",
       kPipelines,
       0,
       -1,
       "history of the last 1,000 runs, newest first",
       kTargetNote,
       {{"--limit", "N", "at most N runs per dataset (default 20)", &Arguments::limit}, Json()}},
      {"show",
       "RUN [PIPELINE...]",
       1,
       -1,
       "one run in full",
       "RUN is a run's id or the first letters of it.",
       {Json()}},
      {"quarantine ls",
       kPipelines,
       0,
       -1,
       "bad rows by rule, with counts",
       kTargetNote,
       {{"--run", "RUN", "only this run's rows", &Arguments::run}, Json()}},
      {"quarantine show",
       kPipelines,
       0,
       -1,
       "bad rows with address, rules and the raw record",
       "The only command that prints values of rows.",
       {{"--run", "RUN", "only this run's rows", &Arguments::run},
        {"--rule", "RULE", "only rows that break this rule, e.g. type or not_of_type", &Arguments::rule},
        {"--limit", "N", "at most N rows (default 20)", &Arguments::limit},
        Json()}},
      {"schema", "", 0, 0, "print the JSON Schema of pipeline files", "For editors and other checkers.", {}},
      {"docs",
       "",
       0,
       0,
       "write the reference pages",
       "One Markdown page per component and one for the commands.",
       {{"--out", "DIR", "folder to write to", &Arguments::out}}},
      {"completion",
       "SHELL",
       1,
       1,
       "print a completion script for bash or zsh",
       "bash: eval \"$(freight completion bash)\"; zsh: the same, after compinit.",
       {},
       {"bash", "zsh"}},
      {"help", "[COMMAND]", 0, 2, "explain a command", "Without a command, lists all of them.", {}},
      {"version", "", 0, 0, "print the version", "The same as `freight --version`.", {}},
  };
}

std::string OptionLabel(const OptionInfo& option) {
  return option.value[0] == '\0' ? option.name : fmt::format("{} {}", option.name, option.value);
}

std::vector<OptionInfo> AllOptions(const CommandInfo& command) {
  std::vector<OptionInfo> options = command.options;
  options.insert(options.end(), CommonOptions().begin(), CommonOptions().end());
  return options;
}

std::string UsageLine(const CommandInfo& command) {
  std::string line = fmt::format("freight {}", command.name);
  for (const auto& option : command.options) line += fmt::format(" [{}]", OptionLabel(option));
  if (command.operands[0] != '\0') line += fmt::format(" {}", command.operands);
  return line;
}

constexpr const char* kExitCodes[][2] = {
    {"0", "done, or nothing to do"},
    {"1", "failed"},
    {"2", "usage, pipeline or contract invalid"},
    {"3", "data refused by a gate or the quarantine limit: nothing published"},
    {"75", "try again: another run holds the dataset"},
    {"130, 143", "stopped by SIGINT, SIGTERM; resumable"},
};

}  // namespace

const std::vector<CommandInfo>& CommandTable() {
  static const std::vector<CommandInfo> table = MakeTable();
  return table;
}

const std::vector<OptionInfo>& CommonOptions() {
  static const std::vector<OptionInfo> options = {
      {"--color", "WHEN", "auto, always or never", &Arguments::color, {"auto", "always", "never"}},
      {"--log-format", "FORM", "of lines on stderr: text or json", &Arguments::log_format, {"text", "json"}},
      {"--help", "", "explain the command", &Arguments::help},
  };
  return options;
}

const CommandInfo* FindCommand(std::string_view name) {
  for (const auto& command : CommandTable()) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

std::string HelpText() {
  std::string text = "freight: ETL you can re-run\n\nusage: freight COMMAND [OPTION...] [PIPELINE...]\n\ncommands\n";
  for (const auto& command : CommandTable()) text += fmt::format("  {:<16} {}\n", command.name, command.summary);
  text += "\nexit codes\n";
  for (const auto& [code, meaning] : kExitCodes) text += fmt::format("  {:<9} {}\n", code, meaning);
  return text + "\n`freight help COMMAND` explains one command; `freight --version` prints the version.\n";
}

std::string HelpText(const CommandInfo& command) {
  std::string text = fmt::format("freight {}: {}\n\nusage: {}\n\n{}\n\noptions\n", command.name, command.summary,
                                 UsageLine(command), command.details);
  for (const auto& option : AllOptions(command)) text += fmt::format("  {:<18} {}\n", OptionLabel(option), option.help);
  return text;
}

std::string CommandsPage() {
  std::string page =
      "# Commands\n\nWritten by `freight docs` from the table that also drives parsing, help and completion.\n";
  for (const auto& command : CommandTable()) {
    page += fmt::format("\n## freight {}\n\n{}.\n\n```\n{}\n```\n\n{}\n\n| option | meaning |\n|---|---|\n",
                        command.name, command.summary, UsageLine(command), command.details);
    for (const auto& option : AllOptions(command))
      page += fmt::format("| `{}` | {} |\n", OptionLabel(option), option.help);
  }
  page += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const auto& [code, meaning] : kExitCodes) page += fmt::format("| {} | {} |\n", code, meaning);
  return page;
}

}  // namespace freight
