// The command line through CLI11, the only unit that includes it: words -> Arguments or a usage error.
#include "cli/arguments.h"
#include "cli/text.h"
#include "spec/diagnostic.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace freight {
namespace {

// The bounds that the options promise.
constexpr int64_t kThreadsMax = 1024;
constexpr int64_t kMemoryBytesMin = 32 << 20;
constexpr int64_t kLimitMax = 1'000'000'000;

void AddOption(CLI::App* app, const OptionInfo& info, Arguments* args) {
  if (const auto* flag = std::get_if<bool Arguments::*>(&info.slot)) {
    const bool is_help = std::string_view(info.name) == "--help";
    app->add_flag(is_help ? "-h,--help" : info.name, args->**flag);
  } else if (const auto* text = std::get_if<std::string Arguments::*>(&info.slot)) {
    app->add_option(info.name, args->**text)->take_last();
  } else {
    app->add_option(info.name, args->*std::get<std::vector<std::string> Arguments::*>(info.slot))
        ->allow_extra_args(false);  // one value each time: what follows is an operand
  }
}

// Finds or adds the nested app for a command's words.
CLI::App* AppFor(CLI::App* root, const CommandInfo& command, std::map<std::string, CLI::App*>* groups) {
  const std::string name = command.name;
  const size_t space = name.find(' ');
  CLI::App* parent = root;
  if (space != std::string::npos) {
    CLI::App*& group = (*groups)[name.substr(0, space)];
    if (group == nullptr) {
      group = root->add_subcommand(name.substr(0, space));
      group->set_help_flag();
      group->allow_extras();
    }
    parent = group;
  }
  CLI::App* app = parent->add_subcommand(space == std::string::npos ? name : name.substr(space + 1));
  app->set_help_flag();
  app->allow_extras();
  return app;
}

std::vector<std::string> CommandNames(const std::string& group) {
  std::vector<std::string> names;
  for (const auto& command : CommandTable()) {
    const std::string name = command.name;
    if (group.empty()) names.push_back(name.substr(0, name.find(' ')));
    if (!group.empty() && name.starts_with(group + " ")) names.push_back(name.substr(group.size() + 1));
  }
  return names;
}

// `group`: words before it that are fine, as messages show them ("quarantine ").
UsageError UnknownWord(const std::string& kind, const std::string& word, const std::vector<std::string>& known,
                       const std::string& else_help, const std::string& group = "") {
  const std::string near = DidYouMean(word, known);
  return {fmt::format("unknown {} \"{}{}\"", kind, group, word),
          near.empty() ? else_help : fmt::format("did you mean \"{}\"?", near)};
}

UsageError UnknownOption(const CommandInfo& command, const std::string& word) {
  std::vector<std::string> known;
  for (const auto& option : command.options) known.push_back(option.name);
  for (const auto& option : CommonOptions()) known.push_back(option.name);
  return UnknownWord("option", word.substr(0, word.find('=')), known,
                     fmt::format("`freight help {}` lists the options", command.name));
}

std::optional<UsageError> CheckChoices(const CommandInfo& command, const Arguments& args) {
  std::vector<OptionInfo> options = command.options;
  options.insert(options.end(), CommonOptions().begin(), CommonOptions().end());
  for (const auto& option : options) {
    if (option.choices.empty()) continue;
    const std::string& value = args.*std::get<std::string Arguments::*>(option.slot);
    if (std::find(option.choices.begin(), option.choices.end(), value) != option.choices.end()) continue;
    return UsageError{fmt::format("{} cannot be \"{}\"", option.name, value),
                      fmt::format("one of: {}", fmt::join(option.choices, ", "))};
  }
  return {};
}

// An option given as "" is a variable of a script that was not set: never the same as the option left out.
std::optional<UsageError> CheckGiven(const CommandInfo& command, const CLI::App& app, const Arguments& args) {
  for (const auto& info : command.options) {
    const auto* text = std::get_if<std::string Arguments::*>(&info.slot);
    const auto* list = std::get_if<std::vector<std::string> Arguments::*>(&info.slot);
    const auto empty = [](const std::string& value) { return value.empty(); };
    const bool bad = (text != nullptr && app.count(info.name) > 0 && (args.**text).empty()) ||
                     (list != nullptr && std::any_of((args.**list).begin(), (args.**list).end(), empty));
    if (bad) {
      return UsageError{fmt::format("{} needs a value, and got an empty one", info.name),
                        fmt::format("give {} or leave the option out", info.value)};
    }
  }
  return {};
}

std::optional<UsageError> CheckNumbers(Arguments* args) {
  if (!args->threads.empty()) {
    const auto count = ParseCount(args->threads);
    if (!count || *count < 1 || *count > kThreadsMax) {
      return UsageError{fmt::format("--threads cannot be \"{}\"", args->threads), "a number from 1 to 1024"};
    }
    args->threads_count = static_cast<int>(*count);
  }
  if (!args->memory.empty()) {
    const auto bytes = ParseSize(args->memory);
    if (!bytes)
      return UsageError{fmt::format("--memory cannot be \"{}\"", args->memory), "a size such as 64MiB or 1GiB"};
    if (*bytes < kMemoryBytesMin)
      return UsageError{fmt::format("--memory {} is too small", args->memory), "at least 32MiB"};
    args->memory_bytes = *bytes;
  }
  if (!args->limit.empty()) {
    const auto rows = ParseCount(args->limit);
    if (!rows || *rows < 1 || *rows > kLimitMax) {
      return UsageError{fmt::format("--limit cannot be \"{}\"", args->limit), "a number from 1"};
    }
    args->limit_rows = *rows;
  }
  return {};
}

std::optional<UsageError> CheckOperands(const CommandInfo& command, const Arguments& args) {
  const auto count = static_cast<int>(args.targets.size());
  if (count < command.operands_min) {
    return UsageError{fmt::format("`freight {}` needs {}", command.name, command.operands),
                      fmt::format("see `freight help {}`", command.name)};
  }
  if (command.operands_max >= 0 && count > command.operands_max) {
    return UsageError{fmt::format("unexpected argument \"{}\"", args.targets[command.operands_max]),
                      fmt::format("see `freight help {}`", command.name)};
  }
  if (!command.words.empty()) {
    const auto& words = command.words;
    if (std::find(words.begin(), words.end(), args.targets[0]) == words.end()) {
      return UnknownWord("shell", args.targets[0], words, fmt::format("one of: {}", fmt::join(words, ", ")));
    }
  }
  return {};
}

std::variant<Arguments, UsageError> Judge(const CommandInfo& command, const CLI::App& app, Arguments args) {
  args.command = command.name;
  for (const auto& extra : app.remaining()) {
    if (extra != "--") return UnknownOption(command, extra);  // behind it are operands, as everywhere
  }
  if (args.help) {
    args.targets = {args.command};
    args.command = "help";
    return args;
  }
  if (auto error = CheckOperands(command, args)) return *error;
  if (auto error = CheckGiven(command, app, args)) return *error;
  if (auto error = CheckChoices(command, args)) return *error;
  if (auto error = CheckNumbers(&args)) return *error;
  return args;
}

// No command was recognised: --version, --help, nothing at all, or a word that is no command.
std::variant<Arguments, UsageError> WithoutCommand(const CLI::App& root, const std::map<std::string, CLI::App*>& groups,
                                                   Arguments args, bool version) {
  for (const auto& [name, group] : groups) {
    if (!group->parsed()) continue;
    const auto extra = group->remaining();
    const auto known = CommandNames(name);
    const std::string help = fmt::format("one of: {}", fmt::join(known, ", "));
    if (extra.empty()) return UsageError{fmt::format("`freight {}` needs a command", name), help};
    return UnknownWord("command", extra.front(), known, help, name + " ");
  }
  if (const auto extra = root.remaining(); !extra.empty()) {
    const bool option = extra.front().starts_with("-");
    return UnknownWord(option ? "option" : "command", extra.front(),
                       option ? std::vector<std::string>{"--help", "--version"} : CommandNames(""),
                       "`freight help` lists the commands");
  }
  if (!version && !args.help) return UsageError{"no command given", "`freight help` lists the commands"};
  args.command = version ? "version" : "help";
  return args;
}

}  // namespace

std::variant<Arguments, UsageError> ParseArguments(const std::vector<std::string>& words) {
  Arguments args;
  bool version = false;
  CLI::App root;
  root.set_help_flag();
  root.allow_extras();
  root.require_subcommand(0, 1);
  root.add_flag("--version,-V", version);
  root.add_flag("-h,--help", args.help);
  std::map<std::string, CLI::App*> groups;
  std::vector<std::pair<const CommandInfo*, CLI::App*>> apps;
  for (const auto& command : CommandTable()) {
    CLI::App* app = AppFor(&root, command, &groups);
    for (const auto& option : command.options) AddOption(app, option, &args);
    for (const auto& option : CommonOptions()) AddOption(app, option, &args);
    app->add_option("targets", args.targets);
    apps.emplace_back(&command, app);
  }
  try {
    root.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them last first
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();  // "--partition: ..."
    return UsageError{fmt::format("{} needs a value", text.substr(0, text.find(':'))),
                      "`freight help COMMAND` lists the options"};
  } catch (const CLI::Error& error) {
    return UsageError{error.what(), "`freight help` lists commands and options"};
  }
  for (const auto& [command, app] : apps) {
    if (app->parsed()) return Judge(*command, *app, std::move(args));
  }
  return WithoutCommand(root, groups, std::move(args), version);
}

}  // namespace freight
