// What the user asked for, as plain values, and the one table of commands behind parsing, help and completion.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace freight {

struct Arguments {
  std::string command;                 // "run", "quarantine show", ...; "help" and "version" too
  std::vector<std::string> targets;    // pipeline files, folders or dataset names; RUN, DIR, SHELL, COMMAND come first
  std::string threads, memory;         // as typed; checked by ParseArguments
  std::vector<std::string> partitions;
  bool rebuild = false;
  bool json = false;
  std::string color = "auto";
  std::string log_format = "text";
  std::string run, rule;
  std::string limit;
  std::string from, out;
  bool help = false;

  int threads_count = 0;               // 0: as the pipeline says
  int64_t memory_bytes = 0;            // 0: as the pipeline says
  int64_t limit_rows = 0;              // 0: the command's default
};

// Where a parsed option lands.
using ArgumentSlot = std::variant<bool Arguments::*, std::string Arguments::*, std::vector<std::string> Arguments::*>;

struct OptionInfo {
  const char* name;                    // "--threads"
  const char* value;                   // "N", "" for a switch
  const char* help;
  ArgumentSlot slot;
  std::vector<std::string> choices = {};
};

struct CommandInfo {
  const char* name;                    // "quarantine show": words are nested commands
  const char* operands;                // "[PIPELINE...]"
  int operands_min;
  int operands_max;                    // -1: any number
  const char* summary;                 // one line, for lists
  const char* details;                 // sentences under the usage line
  std::vector<OptionInfo> options;     // without the common ones
  std::vector<std::string> words = {}; // operands that can be completed
};

const std::vector<CommandInfo>& CommandTable();
const std::vector<OptionInfo>& CommonOptions();  // of every command: --color, --log-format, --help
const CommandInfo* FindCommand(std::string_view name);

std::string HelpText();                          // `freight help`
std::string HelpText(const CommandInfo& command);
std::string CommandsPage();                      // Markdown: docs/reference/commands.md
std::string CompletionScript(std::string_view shell);  // "bash" | "zsh", else ""

struct UsageError { std::string message, help; };
// `words` without the program's name. Values are checked here too: numbers, sizes, choices.
std::variant<Arguments, UsageError> ParseArguments(const std::vector<std::string>& words);

}  // namespace freight
