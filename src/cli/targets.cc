// From what the user names to loaded pipelines, and from failures to exit codes.
#include "cli/commands.h"
#include "io/byte_stream.h"

#include <algorithm>
#include <cerrno>

namespace freight {
namespace {

constexpr const char* kInitHelp = "start one with `freight init`, or name a pipeline file";

constexpr size_t kNamesShown = 6;

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
  std::string help = near.empty() ? kInitHelp : fmt::format("did you mean \"{}\"?", near);
  if (near.empty() && !known.empty()) {
    known.resize(std::min(known.size(), kNamesShown));
    help = fmt::format("this folder has {}", fmt::join(known, ", "));
  }
  return Fail(Reaction::kInvalid, "no pipeline file, folder or dataset is called \"{}\"", target).Help(help);
}

bool IsData(const std::string& target) {
  constexpr std::string_view kSuffixes[] = {".csv", ".tsv", ".ndjson", ".jsonl", ".parquet"};
  return IsCompressed(target) || std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                                             [&](std::string_view suffix) { return target.ends_with(suffix); });
}

Status NoPlainFile(const std::string& target, FileKind kind) {
  if (kind == FileKind::kSymlinkLoop) {
    return Fail(Reaction::kInvalid, "\"{}\" is a symbolic link that leads back to itself", target)
        .Help(fmt::format("let it point to a pipeline file; `ls -l {}` shows where it leads", target));
  }
  return Fail(Reaction::kInvalid, "\"{}\" is no plain file, and a pipeline is read more than once", target)
      .Help("write the pipeline to a file and name that");
}

Status AddTarget(Context& context, const std::string& target, std::vector<std::string>* files) {
  const auto stat = context.env.Stat(target);
  if (!stat.ok()) {
    // A path through a file names nothing either.
    const bool absent = ReactionOf(stat.status()) == Reaction::kNotFound || ErrnoOf(stat.status()) == ENOTDIR;
    return absent ? AddByName(context, target, files) : AsArgument(stat.status());
  }
  if (target.ends_with(".odcs.yaml") && stat->kind == FileKind::kFile) {
    return Fail(Reaction::kInvalid, "\"{}\" is a contract, not a pipeline", target)
        .Help("name the pipeline file that refers to it by its key `contract`");
  }
  if (IsData(target) && stat->kind == FileKind::kFile) {
    return Fail(Reaction::kInvalid, "\"{}\" is data, not a pipeline", target)
        .Help(fmt::format("make a pipeline for it: freight init --from {}", target));
  }
  if (stat->kind == FileKind::kFile) {
    files->push_back(target);
    return Status::OK();
  }
  if (stat->kind != FileKind::kDirectory) return NoPlainFile(target, stat->kind);
  const auto found = FindPipelines(context.env, target);
  if (!found.ok()) return AsArgument(found.status());
  const auto& inside = *found;
  if (inside.empty()) return Fail(Reaction::kInvalid, "no pipeline file in \"{}\"", target).Help(kInitHelp);
  files->insert(files->end(), inside.begin(), inside.end());
  return Status::OK();
}

}  // namespace

Status AsArgument(const Status& status) {
  constexpr int kOfThePath[] = {EACCES, EPERM, ELOOP, ENAMETOOLONG, ENOTDIR, EINVAL};
  const ErrorDetail* detail = DetailOf(status);
  if (detail == nullptr || std::count(std::begin(kOfThePath), std::end(kOfThePath), detail->os_error) == 0) {
    return status;
  }
  return Fail(Reaction::kInvalid, "{}", status.message()).Help(detail->help).Errno(detail->os_error);
}

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
