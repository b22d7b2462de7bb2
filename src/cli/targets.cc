// From what the user names to loaded pipelines, and from failures to exit codes.
#include "cli/commands.h"

#include <algorithm>

namespace freight {
namespace {

constexpr const char* kInitHelp = "start one with `freight init`, or name a pipeline file";

struct Named { std::string dataset, file; };

std::vector<Named> NamesIn(Context& context, const std::vector<std::string>& files) {
  std::vector<Named> named;
  for (const auto& file : files)
    named.push_back({LoadPipeline(context.env, file, context.variables).pipeline.dataset, file});
  return named;
}

bool IsCalled(const Named& named, const std::string& target) {
  const std::string stem = BaseName(named.file).substr(0, BaseName(named.file).rfind('.'));
  return named.dataset == target || named.dataset.ends_with("." + target) || stem == target;
}

// A word that is no path: the name of a dataset in the current folder.
Status AddByName(Context& context, const std::string& target, std::vector<std::string>* files) {
  ARROW_ASSIGN_OR_RAISE(const auto here, FindPipelines(context.env, "."));
  std::vector<std::string> known;
  size_t before = files->size();
  for (const auto& named : NamesIn(context, here)) {
    if (IsCalled(named, target)) files->push_back(named.file);
    known.push_back(named.file);
    if (!named.dataset.empty()) known.push_back(named.dataset);
  }
  if (files->size() > before) return Status::OK();
  const std::string near = DidYouMean(target, known);
  return Fail(Reaction::kInvalid, "no pipeline file, folder or dataset is called \"{}\"", target)
      .Help(near.empty() ? "name a pipeline file such as events.yaml" : fmt::format("did you mean \"{}\"?", near));
}

Status AddTarget(Context& context, const std::string& target, std::vector<std::string>* files) {
  const auto stat = context.env.Stat(target);
  if (!stat.ok()) {
    if (ReactionOf(stat.status()) != Reaction::kNotFound) return stat.status();
    return AddByName(context, target, files);
  }
  if (stat->kind != FileKind::kDirectory) {
    files->push_back(target);
    return Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto inside, FindPipelines(context.env, target));
  if (inside.empty()) return Fail(Reaction::kInvalid, "no pipeline file in \"{}\"", target).Help(kInitHelp);
  files->insert(files->end(), inside.begin(), inside.end());
  return Status::OK();
}

}  // namespace

int ExitCodeOf(const Status& status, int stop_signal) {
  if (status.ok()) return kExitDone;
  switch (ReactionOf(status)) {
    case Reaction::kInvalid: return kExitInvalid;
    case Reaction::kRefused: return kExitRefused;
    case Reaction::kTransient: return kExitTransient;
    case Reaction::kStopped: return 128 + (stop_signal > 0 ? stop_signal : 2);
    default: return kExitFailed;
  }
}

int WorstExitCode(int a, int b) {
  const auto rank = [](int code) {
    switch (code) {
      case kExitDone: return 0;
      case kExitTransient: return 1;
      case kExitRefused: return 2;
      case kExitInvalid: return 3;
      case kExitFailed: return 4;
      default: return 5;
    }
  };
  return rank(a) >= rank(b) ? a : b;
}

Result<std::vector<std::string>> ResolvePipelines(Context& context, const std::vector<std::string>& targets) {
  std::vector<std::string> files;
  for (const auto& target : targets) ARROW_RETURN_NOT_OK(AddTarget(context, target, &files));
  if (targets.empty()) {
    ARROW_ASSIGN_OR_RAISE(files, FindPipelines(context.env, "."));
    if (files.empty()) return Fail(Reaction::kInvalid, "no pipeline file in this folder").Help(kInitHelp);
  }
  std::vector<std::string> once;
  for (const auto& file : files) {
    if (std::find(once.begin(), once.end(), file) == once.end()) once.push_back(file);
  }
  return once;
}

std::vector<LoadedPipeline> LoadTargets(Context& context, const std::vector<std::string>& targets, int* code) {
  std::vector<LoadedPipeline> loaded;
  const auto files = ResolvePipelines(context, targets);
  if (!files.ok()) {
    context.console.Report(files.status());
    *code = ExitCodeOf(files.status());
    return loaded;
  }
  for (const auto& file : *files) {
    LoadedPipeline one = LoadPipeline(context.env, file, context.variables);
    for (const auto& diagnostic : one.diagnostics) {
      if (diagnostic.severity == Severity::kNote) continue;  // `freight check` prints these
      context.console.Report(diagnostic, one.sources[diagnostic.place.file]);
    }
    if (!one.ok()) *code = kExitInvalid;
    if (one.ok()) loaded.push_back(std::move(one));
  }
  std::stable_sort(loaded.begin(), loaded.end(),
                   [](const auto& a, const auto& b) { return a.pipeline.dataset < b.pipeline.dataset; });
  return loaded;
}

void ApplyOptions(const Arguments& args, Pipeline* pipeline) {
  if (args.threads_count > 0) pipeline->threads = args.threads_count;
  if (args.memory_bytes > 0) pipeline->memory_bytes = args.memory_bytes;
}

std::string DatasetRoot(const Pipeline& pipeline) { return JoinPath(pipeline.folder, pipeline.to); }

std::string QuarantineRoot(const Pipeline& pipeline) { return JoinPath(pipeline.folder, pipeline.quarantine_to); }

}  // namespace freight
