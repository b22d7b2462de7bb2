// One function per command: arguments and the world in, an exit code out.
#pragma once

#include "cli/arguments.h"
#include "cli/console.h"
#include "io/env.h"
#include "plan/load.h"

#include <atomic>
#include <string>
#include <vector>

namespace freight {

struct Context {
  Env& env;
  Console& console;
  const Arguments& args;
  Variables variables;                     // environment variables
  const std::atomic<int>* stop = nullptr;  // the signal that asks a run to stop
};

inline constexpr int kExitDone = 0, kExitFailed = 1, kExitInvalid = 2, kExitRefused = 3, kExitTransient = 75;

// The exit code a failure stands for; `stop_signal` is used for kStopped.
int ExitCodeOf(const Status& status, int stop_signal = 0);
// The one of two codes that a caller must hear about: stopped, failed, invalid, refused, transient, done.
int WorstExitCode(int a, int b);

int RunCommand(Context& context);              // dispatches on args.command

int InitCommand(Context& context);
int CheckCommand(Context& context);
int PlanCommand(Context& context);
int RunPipelinesCommand(Context& context);
int StatusCommand(Context& context);
int RunsCommand(Context& context);
int ShowCommand(Context& context);
int QuarantineListCommand(Context& context);
int QuarantineShowCommand(Context& context);
int SchemaCommand(Context& context);
int DocsCommand(Context& context);
int CompletionCommand(Context& context);
int HelpCommand(Context& context);
int VersionCommand(Context& context);

// Pipeline files that targets name (files, folders, dataset names), in dataset name order, each once; all of the
// current folder without targets. None at all is an error with help.
Result<std::vector<std::string>> ResolvePipelines(Context& context, const std::vector<std::string>& targets);
// Loads every pipeline and reports what is wrong with any of them; `code` becomes kExitInvalid then.
std::vector<LoadedPipeline> LoadTargets(Context& context, const std::vector<std::string>& targets, int* code);
// What the system says of a path that somebody typed: kInvalid when the path is at fault, not the machine.
Status AsArgument(const Status& status);
// --threads and --memory over what the file says.
void ApplyOptions(const Arguments& args, Pipeline* pipeline);

std::string DatasetRoot(const Pipeline& pipeline);
std::string QuarantineRoot(const Pipeline& pipeline);

}  // namespace freight
