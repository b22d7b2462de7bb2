// The command line: what is understood, what is refused and how near misses are named.
#include "cli/arguments.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

using Words = std::vector<std::string>;

Arguments Parsed(const Words& words) {
  const auto result = ParseArguments(words);
  const auto* error = std::get_if<UsageError>(&result);
  EXPECT_EQ(error, nullptr) << (error ? error->message : "");
  return error ? Arguments{} : std::get<Arguments>(result);
}

UsageError Refused(const Words& words) {
  const auto result = ParseArguments(words);
  const auto* error = std::get_if<UsageError>(&result);
  EXPECT_NE(error, nullptr);
  return error ? *error : UsageError{};
}

TEST(ParseArguments, ReadsEveryOptionOfARun) {
  const Arguments args =
      Parsed({"run", "a.yaml", "--threads", "4", "--memory=64MiB", "--partition", "d=1", "b.yaml", "--partition", "d=2",
              "--rebuild", "--json", "--color", "never", "--log-format", "json"});
  EXPECT_EQ(args.command, "run");
  EXPECT_EQ(args.targets, (Words{"a.yaml", "b.yaml"}));
  EXPECT_EQ(args.threads_count, 4);
  EXPECT_EQ(args.memory_bytes, 64 << 20);
  EXPECT_EQ(args.partitions, (Words{"d=1", "d=2"}));
  EXPECT_TRUE(args.rebuild);
  EXPECT_TRUE(args.json);
  EXPECT_EQ(args.color, "never");
  EXPECT_EQ(args.log_format, "json");
}

TEST(ParseArguments, NestedCommandsTakeTheirOwnOptions) {
  const Arguments args = Parsed({"quarantine", "show", "events", "--run", "2026", "--rule", "type", "--limit", "5"});
  EXPECT_EQ(args.command, "quarantine show");
  EXPECT_EQ(args.targets, (Words{"events"}));
  EXPECT_EQ(args.run, "2026");
  EXPECT_EQ(args.rule, "type");
  EXPECT_EQ(args.limit_rows, 5);
}

TEST(ParseArguments, EveryCommandParsesByItsName) {
  for (const auto& command : CommandTable()) {
    Words words;
    std::string name = command.name;
    if (const size_t space = name.find(' '); space != std::string::npos) {
      words.push_back(name.substr(0, space));
      name.erase(0, space + 1);
    }
    words.push_back(name);
    const std::string operand = command.words.empty() ? "x" : command.words[0];
    for (int i = 0; i < command.operands_min; i++) words.push_back(operand);
    EXPECT_EQ(Parsed(words).command, command.name);
  }
}

TEST(ParseArguments, HelpAndVersionWorkFromAnywhere) {
  EXPECT_EQ(Parsed({"--version"}).command, "version");
  EXPECT_EQ(Parsed({"--help"}).command, "help");
  EXPECT_EQ(Parsed({"run", "-h"}).command, "help");
  EXPECT_EQ(Parsed({"run", "--help"}).targets, (Words{"run"}));
  EXPECT_EQ(Parsed({"quarantine", "ls", "--help"}).targets, (Words{"quarantine ls"}));
}

TEST(ParseArguments, NearMissesAreNamed) {
  struct Case { Words words; std::string message, help; };
  for (const auto& [words, message, help] : std::vector<Case>{
           {{"rnu"}, "unknown command \"rnu\"", "did you mean \"run\"?"},
           {{"run", "--thread", "4"}, "unknown option \"--thread\"", "did you mean \"--threads\"?"},
           {{"run", "--rebuidl"}, "unknown option \"--rebuidl\"", "did you mean \"--rebuild\"?"},
           {{"quarantine", "shwo"}, "unknown command \"quarantine shwo\"", "did you mean \"show\"?"},
           {{"completion", "zhs"}, "unknown shell \"zhs\"", "did you mean \"zsh\"?"},
           {{"run", "--partition"}, "--partition needs a value", "`freight help COMMAND` lists the options"},
           {{"--versoin"}, "unknown option \"--versoin\"", "did you mean \"--version\"?"}}) {
    const UsageError error = Refused(words);
    EXPECT_EQ(error.message, message);
    EXPECT_EQ(error.help, help);
  }
}

TEST(ParseArguments, ValuesOutsideTheirBoundsAreRefused) {
  for (const Words& words : std::vector<Words>{{"run", "--threads", "0"},
                                               {"run", "--threads", "1025"},
                                               {"run", "--threads", "two"},
                                               {"run", "--memory", "31MiB"},
                                               {"run", "--memory", "big"},
                                               {"run", "--threads"},
                                               {"runs", "--limit", "0"},
                                               {"run", "--color", "blue"},
                                               {"run", "--log-format", "xml"},
                                               {"schema", "extra"},
                                               {"show"},
                                               {"quarantine"},
                                               {"check", "--threads", "2"},
                                               {}}) {
    EXPECT_FALSE(Refused(words).message.empty());
  }
}

TEST(Help, NamesEveryCommandAndEachItsOptions) {
  const std::string page = CommandsPage();
  for (const auto& command : CommandTable()) {
    EXPECT_NE(HelpText().find(command.name), std::string::npos) << command.name;
    for (const auto& option : command.options) {
      EXPECT_NE(HelpText(command).find(option.name), std::string::npos) << command.name << option.name;
    }
    EXPECT_NE(page.find(std::string("## freight ") + command.name + "\n"), std::string::npos);
  }
}

TEST(Completion, OffersEveryCommandAndOption) {
  for (const char* shell : {"bash", "zsh"}) {
    const std::string script = CompletionScript(shell);
    for (const auto& command : CommandTable()) {
      const std::string name = command.name;
      EXPECT_NE(script.find(name.substr(name.find(' ') == std::string::npos ? 0 : name.find(' ') + 1)),
                std::string::npos);
      for (const auto& option : command.options) EXPECT_NE(script.find(option.name), std::string::npos) << option.name;
    }
  }
  EXPECT_EQ(CompletionScript("fish"), "");
}

}  // namespace
}  // namespace freight
