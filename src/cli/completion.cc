// Completion scripts for bash and zsh, written from the table of commands.
#include "cli/arguments.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace freight {
namespace {

// First word -> its second words (empty for plain commands).
std::map<std::string, std::vector<std::string>> Groups() {
  std::map<std::string, std::vector<std::string>> groups;
  for (const auto& command : CommandTable()) {
    const std::string name = command.name;
    const size_t space = name.find(' ');
    auto& second = groups[name.substr(0, space)];
    if (space != std::string::npos) second.push_back(name.substr(space + 1));
    second.insert(second.end(), command.words.begin(), command.words.end());
  }
  return groups;
}

std::vector<std::string> OptionNames(const CommandInfo& command) {
  std::vector<std::string> names;
  for (const auto& option : command.options) names.push_back(option.name);
  for (const auto& option : CommonOptions()) names.push_back(option.name);
  return names;
}

std::string Bash() {
  std::string first_words, second, options;
  for (const auto& [name, words] : Groups()) {
    first_words += (first_words.empty() ? "" : " ") + name;
    if (!words.empty()) second += fmt::format("    {}) words=\"{}\" ;;\n", name, fmt::join(words, " "));
  }
  for (const auto& command : CommandTable()) {
    options += fmt::format("    \"{}\") words=\"{}\" ;;\n", command.name, fmt::join(OptionNames(command), " "));
  }
  std::string values;
  for (const auto& option : CommonOptions()) {
    if (!option.choices.empty()) {
      values += fmt::format("    {}) COMPREPLY=($(compgen -W \"{}\" -- \"$cur\")); return ;;\n", option.name,
                            fmt::join(option.choices, " "));
    }
  }
  return fmt::format(R"(# bash completion for freight
_freight() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" cmd="${{COMP_WORDS[1]}}" words=""
  case "$prev" in
{values}  esac
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "{first} --help --version" -- "$cur"))
    return
  fi
  if [[ $COMP_CWORD -eq 2 && "$cur" != -* ]]; then
    case "$cmd" in
{second}    esac
    if [[ -n "$words" ]]; then
      COMPREPLY=($(compgen -W "$words" -- "$cur"))
      return
    fi
  fi
  [[ "$cmd" == quarantine ]] && cmd="$cmd ${{COMP_WORDS[2]}}"
  if [[ "$cur" == -* ]]; then
    case "$cmd" in
{options}    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    return
  fi
  COMPREPLY=($(compgen -f -- "$cur"))
}}
complete -o filenames -F _freight freight
)",
                     fmt::arg("values", values), fmt::arg("first", first_words), fmt::arg("second", second),
                     fmt::arg("options", options));
}

// zsh quotes: single, with a quote inside written as '\''.
std::string ZshQuote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string ZshDescribed(std::string_view name, std::string_view help) {
  std::string text;
  for (const char c : name) text += c == ':' ? std::string("\\:") : std::string(1, c);
  return ZshQuote(fmt::format("{}:{}", text, help));
}

std::string Zsh() {
  std::string commands, second, options;
  std::set<std::string> seen;
  for (const auto& command : CommandTable()) {
    const std::string name = command.name;
    const std::string first = name.substr(0, name.find(' '));
    if (seen.insert(first).second) {
      commands += fmt::format("    {}\n", ZshDescribed(first, name == first ? command.summary : "bad rows: ls, show"));
    }
    options += fmt::format("    {})\n      words=(", ZshQuote(name));
    std::vector<OptionInfo> all = command.options;
    all.insert(all.end(), CommonOptions().begin(), CommonOptions().end());
    for (const auto& option : all) options += " " + ZshDescribed(option.name, option.help);
    options += " ) ;;\n";
  }
  for (const auto& [name, words] : Groups()) {
    if (!words.empty()) second += fmt::format("    {}) compadd -- {}; return ;;\n", name, fmt::join(words, " "));
  }
  return fmt::format(R"(#compdef freight
_freight() {{
  local -a words_first words
  words_first=(
{commands}  )
  local cmd="${{words_typed[2]}}"
  if (( CURRENT == 2 )); then
    _describe command words_first
    return
  fi
  if (( CURRENT == 3 )) && [[ "$PREFIX" != -* ]]; then
    case "$cmd" in
{second}    esac
  fi
  [[ "$cmd" == quarantine ]] && cmd="$cmd ${{words_typed[3]}}"
  if [[ "$PREFIX" == -* ]]; then
    case "$cmd" in
{options}    esac
    _describe option words
    return
  fi
  _files
}}
_freight_complete() {{
  local -a words_typed=("${{words[@]}}")
  _freight
}}
compdef _freight_complete freight
)",
                     fmt::arg("commands", commands), fmt::arg("second", second), fmt::arg("options", options));
}

}  // namespace

std::string CompletionScript(std::string_view shell) {
  if (shell == "bash") return Bash();
  if (shell == "zsh") return Zsh();
  return "";
}

}  // namespace freight
