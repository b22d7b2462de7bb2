// Completion scripts for bash and zsh, written from the table of commands.
#include "cli/arguments.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace freight {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kGroupSummary = "bad rows: ls, show";

std::string FirstWord(const CommandInfo& command) {
  const std::string name = command.name;
  return name.substr(0, name.find(' '));
}

Words FirstWords() {
  std::set<std::string> names;
  for (const auto& command : CommandTable()) names.insert(FirstWord(command));
  return {names.begin(), names.end()};
}

// First word of nested commands -> their second words.
std::map<std::string, Words> Groups() {
  std::map<std::string, Words> groups;
  for (const auto& command : CommandTable()) {
    const std::string name = command.name;
    if (const size_t space = name.find(' '); space != std::string::npos) {
      groups[name.substr(0, space)].push_back(name.substr(space + 1));
    }
  }
  return groups;
}

std::vector<OptionInfo> OptionsOf(const CommandInfo& command) {
  std::vector<OptionInfo> options = command.options;
  options.insert(options.end(), CommonOptions().begin(), CommonOptions().end());
  return options;
}

// What stands where a command or option takes a value: its name in usage lines, or words to choose from.
struct Value {
  std::string name;  // "RUN", "PIPELINE", "DIR", "FILE", else nothing can be offered
  Words words;
};

Value ValueOf(const OptionInfo& option) { return {option.value, option.choices}; }

// The operand after `before` others, e.g. of "RUN [PIPELINE...]"; no name where none is taken.
Value OperandOf(const CommandInfo& command, int before) {
  if (command.operands_max >= 0 && before >= command.operands_max) return {};
  const std::string_view text = command.operands;
  if (text.find("COMMAND") != std::string_view::npos) return {"COMMAND", before == 0 ? FirstWords() : Words{}};
  if (!command.words.empty()) return {"WORD", command.words};
  for (const char* name : {"RUN", "DIR"}) {
    if (before == 0 && text.find(name) != std::string_view::npos) return {name, {}};
  }
  return {"PIPELINE", {}};
}

// ---- bash

std::string BashCall(const Value& value) {
  if (!value.words.empty()) return fmt::format("_freight_words \"{}\"", fmt::join(value.words, " "));
  if (value.name == "RUN") return "_freight_runs";
  if (value.name == "PIPELINE") return "_freight_files -X '!*.yaml' -X '!*.yml'";
  if (value.name == "FILE") return "_freight_files -X ''";
  if (value.name == "DIR") return "_freight_files";
  return ":";
}

// One arm per command: its options, and what its operands are.
std::string BashCommands() {
  std::string arms;
  for (const auto& command : CommandTable()) {
    Words names;
    for (const auto& option : OptionsOf(command)) names.push_back(option.name);
    const std::string flags = fmt::format("_freight_words \"{}\"", fmt::join(names, " "));
    const Value first = OperandOf(command, 0);
    arms += fmt::format(R"sh(    "{}")
      if [[ "$cur" == -* ]]; then {}
      elif ((operands == 0)); then {}
      else {}; fi ;;
)sh",
                        command.name, flags, first.name.empty() ? flags : BashCall(first),
                        BashCall(OperandOf(command, 1)));
  }
  return arms;
}

std::string BashGroups() {
  std::string arms;
  for (const auto& [name, words] : Groups()) {
    arms += fmt::format("    {}) _freight_words \"{}\" ;;\n", name, fmt::join(words, " "));
  }
  return arms;
}

// Options that take a value, each name once.
std::map<std::string, Value> ValueOptions() {
  std::map<std::string, Value> options;
  for (const auto& command : CommandTable()) {
    for (const auto& option : OptionsOf(command)) {
      if (option.value[0] != '\0') options[option.name] = ValueOf(option);
    }
  }
  return options;
}

constexpr const char* kBash = R"sh(# bash completion for freight
_freight_words() {{
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}}
_freight_runs() {{
  local program="${{COMP_WORDS[0]/#\~/$HOME}}"
  _freight_words "$("$program" runs --limit 100 --json 2>/dev/null | {run_ids})"
}}
# Folders, and the files that one of the filters lets through (compgen -X).
_freight_files() {{
  local names=() found
  while (($# > 1)); do
    mapfile -t found < <(compgen -f -X "$2" -- "$cur")
    names+=("${{found[@]}}")
    shift 2
  done
  mapfile -t found < <(compgen -d -- "$cur")
  mapfile -t COMPREPLY < <(printf '%s\n' "${{names[@]}}" "${{found[@]}}" | sed '/^$/d' | sort -u)
  compopt -o filenames 2>/dev/null
}}
_freight() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" cmd="" operands=0 i
  # bash takes --color=always apart at the "=".
  [[ "$cur" == "=" ]] && cur=""
  [[ "$prev" == "=" ]] && prev="${{COMP_WORDS[COMP_CWORD-2]}}"
  COMPREPLY=()
  case "$prev" in
{values}  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "${{COMP_WORDS[i]}}" in
      =) ((i++)) ;;
      {valued}) [[ "${{COMP_WORDS[i+1]}}" == "=" ]] || ((i++)) ;;
      -*) ;;
      *)
        case "$cmd" in
          "") cmd="${{COMP_WORDS[i]}}" ;;
          {groups}) cmd="$cmd ${{COMP_WORDS[i]}}" ;;
          *) ((operands++)) ;;
        esac ;;
    esac
  done
  case "$cmd" in
    "") if [[ "$cur" == -* ]]; then _freight_words "--help --version"; else _freight_words "{first}"; fi ;;
{nested}{commands}  esac
}}
complete -F _freight freight
)sh";

// Ids in the answer of `freight runs --json`, one a line.
constexpr const char* kRunIds = R"sh(grep -oE '"(run_id|unfinished_run)":"[^"]*"' | cut -d '"' -f 4)sh";

std::string Bash() {
  std::string values;
  Words valued, groups;
  for (const auto& [name, value] : ValueOptions()) {
    values += fmt::format("    {}) {}; return ;;\n", name, BashCall(value));
    valued.push_back(name);
  }
  for (const auto& [name, words] : Groups()) groups.push_back(name);
  return fmt::format(kBash, fmt::arg("run_ids", kRunIds), fmt::arg("values", values),
                     fmt::arg("valued", fmt::join(valued, "|")), fmt::arg("groups", fmt::join(groups, "|")),
                     fmt::arg("first", fmt::join(FirstWords(), " ")), fmt::arg("nested", BashGroups()),
                     fmt::arg("commands", BashCommands()));
}

// ---- zsh

// Single quotes, with a quote inside written as '\\''.
std::string ZshQuote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// A message and an action as _arguments takes them.
std::string ZshAction(const Value& value) {
  std::string action = " ";
  if (!value.words.empty()) action = fmt::format("({})", fmt::join(value.words, " "));
  else if (value.name == "RUN") action = "_freight_runs";
  else if (value.name == "PIPELINE") action = "_files -g \"*.(yaml|yml)(-.)\"";
  else if (value.name == "FILE") action = "_files";
  else if (value.name == "DIR") action = "_files -/";
  return fmt::format("{}:{}", value.name, action);
}

std::string ZshSpecs(const CommandInfo& command) {
  std::string specs;
  for (const auto& option : OptionsOf(command)) {
    const bool repeatable = std::holds_alternative<std::vector<std::string> Arguments::*>(option.slot);
    const bool valued = option.value[0] != '\0';  // as "--name value" and "--name=value"
    std::string spec = fmt::format("{}{}{}[{}]", repeatable ? "*" : "", option.name, valued ? "=" : "", option.help);
    if (valued) spec += ":" + ZshAction(ValueOf(option));
    specs += " " + ZshQuote(spec);
  }
  if (const Value first = OperandOf(command, 0); !first.name.empty()) specs += " " + ZshQuote("1:" + ZshAction(first));
  if (const Value later = OperandOf(command, 1); !later.name.empty()) specs += " " + ZshQuote("*:" + ZshAction(later));
  return specs;
}

constexpr const char* kZsh = R"sh(#compdef freight
compdef _freight freight
_freight_runs() {{
  local -a runs expl
  runs=(${{(f)"$(_call_program runs $program runs --limit 100 --json 2>/dev/null | {run_ids})"}})
  _wanted -V runs expl run compadd -a runs
}}
_freight() {{
  local curcontext="$curcontext" program="$words[1]" state line
  local -a commands
  local -A opt_args
  _arguments -C '--help[list the commands]' '--version[print the version]' '1: :->first' '*:: :->rest' && return
  if [[ "$state" == first ]]; then
    commands=({first})
    _describe -t commands command commands
    return
  fi
  local cmd="$words[1]"
  case "$cmd" in
{groups}  esac
  case "$cmd" in
{commands}  esac
}}
if [[ "$funcstack[1]" == _freight ]]; then _freight "$@"; fi
)sh";

std::string Zsh() {
  std::string first, commands, groups;
  std::set<std::string> seen;
  for (const auto& command : CommandTable()) {
    const std::string word = FirstWord(command);
    if (seen.insert(word).second) {
      first += fmt::format("\n      {}:{}", word, ZshQuote(word == command.name ? command.summary : kGroupSummary));
    }
    commands += fmt::format("    {}) _arguments{} ;;\n", ZshQuote(command.name), ZshSpecs(command));
  }
  for (const auto& [name, words] : Groups()) {
    groups += fmt::format("    {})\n      if ((CURRENT == 2)); then compadd -- {}; return; fi\n"
                          "      shift words; ((CURRENT--)); cmd=\"$cmd $words[1]\" ;;\n",
                          name, fmt::join(words, " "));
  }
  return fmt::format(kZsh, fmt::arg("run_ids", kRunIds), fmt::arg("first", first), fmt::arg("groups", groups),
                     fmt::arg("commands", commands));
}

}  // namespace

std::string CompletionScript(std::string_view shell) {
  if (shell == "bash") return Bash();
  if (shell == "zsh") return Zsh();
  return "";
}

}  // namespace freight
