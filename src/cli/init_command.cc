// `freight init`: a sample project, or one made from a data file. Never overwrites.
#include "cli/commands.h"
#include "cli/infer.h"
#include "cli/text.h"

#include <algorithm>

namespace freight {
namespace {

struct NewFile { std::string path, text; };

constexpr const char* kIgnored = "clean/\n*.freight/\n_dlq/\n";

constexpr const char* kSamplePipeline =
    R"(# Raw CSV becomes a dataset with one folder per day. Try: freight check, freight plan, freight run.
version: 1
dataset: clean.events
owner: you@example.com
source:
  csv: raw/*.csv
contract: contracts/events.odcs.yaml
quarantine: {to: _dlq/events, max_percent: 50}
gates:
  - row_count: {min: 1}
to:
  parquet: clean/events
  partition_by: [event_date = day(event_time)]
  mode: replace_partitions
)";

constexpr const char* kSampleContract =
    R"yaml(# What a row must be. A row that breaks a rule is kept in quarantine, not published.
apiVersion: v3.1.0
kind: DataContract
id: events
name: events
version: 1.0.0
status: draft
schema:
  - name: events
    physicalType: table
    properties:
      - {name: event_id, logicalType: string, required: true}
      - {name: user_id, logicalType: integer, logicalTypeOptions: {format: i64, minimum: 1}, required: true}
      - {name: event_type, logicalType: string, required: true}
      - {name: event_time, logicalType: timestamp, logicalTypeOptions: {timezone: true}, required: true}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(12,2)", logicalTypeOptions: {minimum: 0}}
)yaml";

constexpr const char* kSampleData = R"(event_id,user_id,event_type,event_time,amount
e-1,1001,view,2026-06-11T08:15:00Z,
e-2,1002,cart,2026-06-11T08:16:30Z,19.90
e-3,1002,purchase,2026-06-11T08:20:00Z,19.90
e-4,unknown,view,2026-06-11T09:00:00Z,
e-5,1003,view,2026-06-12T07:45:10Z,
e-6,1003,purchase,2026-06-12T07:50:00Z,5.00
)";

Status WriteOne(Env& env, const NewFile& file) {
  const std::string parent = ParentPath(file.path);
  if (!parent.empty() && parent != ".") ARROW_RETURN_NOT_OK(MakeDirs(env, parent, true));
  ARROW_ASSIGN_OR_RAISE(const auto out, env.OpenWrite(file.path, CreateMode::kNew));
  Status written = out->Append(file.text);
  if (written.ok()) written = out->Sync();
  if (written.ok()) written = out->Close();
  if (!written.ok()) (void)env.RemoveFile(file.path);
  return written;
}

// Refuses when any of the files is there; else writes all of them, or none when that fails.
Status WriteNew(Env& env, const std::vector<NewFile>& files) {
  std::string present;
  for (const auto& file : files) {
    ARROW_ASSIGN_OR_RAISE(const bool exists, Exists(env, file.path));
    if (exists) present += (present.empty() ? "" : ", ") + file.path;
  }
  if (!present.empty()) {
    return Fail(Reaction::kInvalid, "these files exist already: {}", present)
        .Help("nothing was written; name an empty folder: freight init DIR");
  }
  for (size_t i = 0; i < files.size(); i++) {
    const Status written = WriteOne(env, files[i]);
    if (written.ok()) continue;
    // Half a project would stand in the way of the next attempt.
    for (size_t j = 0; j < i; j++) (void)env.RemoveFile(files[j].path);
    return written;
  }
  return Status::OK();
}

std::string In(const std::string& directory, const std::string& name) {
  return directory.empty() || directory == "." ? name : JoinPath(directory, name);
}

std::string Trimmed(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path == "." ? "" : path;
}

// How a pipeline file in `directory` names `path`; both as seen from the current folder.
Result<std::string> PathFrom(const std::string& directory, const std::string& path) {
  if (directory.empty() || path.starts_with('/')) return path;
  if (path.starts_with(directory + "/")) return path.substr(directory.size() + 1);
  if (directory.starts_with('/') || directory.starts_with("..")) {
    return Fail(Reaction::kInvalid, "\"{}\" cannot be named from \"{}\"", path, directory)
        .Help("give --from as an absolute path");
  }
  std::string up = "../";
  for (const char c : directory) up += c == '/' ? "../" : "";
  return up + path;
}

Result<std::vector<NewFile>> FilesFrom(Context& context, const std::string& directory) {
  const std::string data = Trimmed(context.args.from);
  ARROW_ASSIGN_OR_RAISE(const std::string input, PathFrom(directory, data));
  ARROW_ASSIGN_OR_RAISE(const Inference found, Infer(context.env, data));
  const std::string name = DatasetNameOf(data);
  const InferredProject project = WriteInferred(found, name, input);
  const bool by_place = found.source == InferredSource::kCsv && !found.dialect.header;
  context.console.Line("info", "inferred",
                       fmt::format("read {}, {}{}", Count(found.rows, "row"),
                                   Count(static_cast<int64_t>(found.columns.size()), "column"),
                                   by_place ? ", no header to match names by" : ""));
  if (found.bad_rows > 0) {
    context.console.Line(
        "warning", "malformed",
        fmt::format("{}: a run will quarantine what is malformed", Count(found.bad_rows, "malformed row")));
  }
  return std::vector<NewFile>{{In(directory, name + ".yaml"), project.pipeline},
                              {In(directory, "contracts/" + name + ".odcs.yaml"), project.contract}};
}

std::vector<NewFile> SampleFiles(const std::string& directory) {
  return {{In(directory, "events.yaml"), kSamplePipeline},
          {In(directory, "contracts/events.odcs.yaml"), kSampleContract},
          {In(directory, "raw/events.csv"), kSampleData},
          {In(directory, ".gitignore"), kIgnored}};
}

// Projects often begin in a repository that has this file: it stays as it is, and is no reason to refuse.
Result<bool> LeaveOutIgnored(Env& env, std::vector<NewFile>* files) {
  const auto ignored =
      std::find_if(files->begin(), files->end(), [](auto& file) { return BaseName(file.path) == ".gitignore"; });
  if (ignored == files->end()) return false;
  ARROW_ASSIGN_OR_RAISE(const bool exists, Exists(env, ignored->path));
  if (exists) files->erase(ignored);
  return exists;
}

Result<std::vector<NewFile>> MakeProject(Context& context, const std::string& directory) {
  std::vector<NewFile> files;
  if (context.args.from.empty()) {
    files = SampleFiles(directory);
  } else {
    ARROW_ASSIGN_OR_RAISE(files, FilesFrom(context, directory));
  }
  ARROW_ASSIGN_OR_RAISE(const bool left_out, LeaveOutIgnored(context.env, &files));
  ARROW_RETURN_NOT_OK(WriteNew(context.env, files));
  if (left_out) {
    std::string entries = kIgnored;
    std::replace(entries.begin(), entries.end(), '\n', ' ');
    context.console.Line("note", "gitignore", fmt::format("{} stays as it is; it should name {}",
                                                          In(directory, ".gitignore"), entries));
  }
  return files;
}

}  // namespace

int InitCommand(Context& context) {
  const std::string directory = Trimmed(context.args.targets.empty() ? "" : context.args.targets[0]);
  const auto files = MakeProject(context, directory);
  if (!files.ok()) {
    const Status status = AsArgument(files.status());
    context.console.Report(status);
    return ReactionOf(status) == Reaction::kNotFound ? kExitInvalid : ExitCodeOf(status);
  }
  for (const auto& file : *files) context.console.OutLines(fmt::format("wrote {}\n", file.path));
  const std::string cd = directory.empty() ? "" : fmt::format("cd {}; ", directory);
  context.console.OutLines(fmt::format("next: {}freight check; freight plan; freight run\n", cd));
  return kExitDone;
}

}  // namespace freight
