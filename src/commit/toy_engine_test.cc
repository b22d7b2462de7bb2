// The toy engine's inside; its files are read by the tests beside it.
#include "commit/toy_engine.h"

#include "base/hash.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace freight::toy {
namespace {

const std::string& FileOf(const Input& input) { return input.file_of.empty() ? input.name : input.file_of; }

std::string ChunkHash(const Input& input, size_t index) {
  return HashHex(fmt::format("{}:{}:{}", FileOf(input), input.version, index));
}

std::string PartBytes(const Input& input, const std::string& partition, int chunk, int rows) {
  std::string bytes = fmt::format("{} {} {} {}\n", FileOf(input), input.version, chunk, partition);
  for (int i = 0; i < rows; ++i) bytes += "row\n";
  return bytes;
}

Status WriteFile(Env& env, const std::string& path, const std::string& bytes) {
  ARROW_ASSIGN_OR_RAISE(auto file, env.OpenWrite(path, CreateMode::kNew));
  ARROW_RETURN_NOT_OK(file->Append(bytes));
  if (BrokenForTest() != Breakage::kSkipPartSync) ARROW_RETURN_NOT_OK(file->Sync());
  return file->Close();
}

std::string QuarantineDir(const std::string& run_id) { return "/q/run_id=" + run_id; }

// Writes one input's chunks through a transaction.
class Loader {
 public:
  Loader(Env& env, const Input& input, const std::string& run_id, Transaction& transaction)
      : env_(env), input_(input), run_id_(run_id), transaction_(transaction) {}

  Status CommitChunk(size_t index) {
    const Chunk& chunk = input_.chunks[index];
    ChunkDone done = Header(index);
    done.last = index + 1 == input_.chunks.size();
    done.content_hash = ChunkHash(input_, index);
    for (const auto& [partition, rows] : chunk.rows) {
      done.rows.published += rows;
      if (input_.staging != Staging::kBundles) ARROW_RETURN_NOT_OK(StagePart(partition, rows, &done));
    }
    if (input_.staging == Staging::kBundles) ARROW_RETURN_NOT_OK(StageBundle(&done));
    if (chunk.quarantined > 0) ARROW_RETURN_NOT_OK(StageQuarantine(chunk.quarantined, &done));
    done.rows.quarantined = chunk.quarantined;
    done.rows.in = done.rows.published + chunk.quarantined;
    return transaction_.CommitChunk(done);
  }

  Status Gather() {
    std::map<std::string, int> rows;
    for (const Chunk& chunk : input_.chunks) {
      for (const auto& [partition, count] : chunk.rows) rows[partition] += count;
    }
    ChunkDone done = Header(input_.chunks.size());
    done.last = done.gathered = true;
    for (const auto& [partition, count] : rows) ARROW_RETURN_NOT_OK(StagePart(partition, count, &done));
    if (input_.staging == Staging::kJoined) {
      ARROW_ASSIGN_OR_RAISE(const auto chunks, transaction_.Done(input_.name));
      for (const ChunkDone& chunk : chunks) {
        done.replaced.insert(done.replaced.end(), chunk.parts.begin(), chunk.parts.end());
      }
    }
    return transaction_.CommitChunk(done);
  }

 private:
  ChunkDone Header(size_t index) {
    ChunkDone done;
    done.chunk_id = fmt::format("{}:{}:{}", input_.name, index, input_.version);
    done.input = input_.name;
    done.stat = input_.Listed().stat;
    done.index = static_cast<int32_t>(index);
    return done;
  }

  Status StagePart(const std::string& partition, int rows, ChunkDone* done) {
    const std::string bytes = PartBytes(input_, partition, done->index, rows);
    PartInfo part{partition, "", input_.name, done->index, rows, static_cast<int64_t>(bytes.size()), HashHex(bytes)};
    part.file =
        fmt::format("part-{}-{:05}-{}.parquet", input_.Listed().Id(), done->index, part.content_hash.substr(0, 16));
    ARROW_ASSIGN_OR_RAISE(const std::string folder, transaction_.StageDir(partition));
    ARROW_RETURN_NOT_OK(WriteFile(env_, JoinPath(folder, part.file + ".inprogress"), bytes));
    done->parts.push_back(std::move(part));
    return Status::OK();
  }

  Status StageBundle(ChunkDone* done) {
    ARROW_ASSIGN_OR_RAISE(const std::string folder, transaction_.BundleDir());
    const std::string path = JoinPath(folder, fmt::format("bundle-{}-{}", input_.Listed().Id(), done->index));
    ARROW_RETURN_NOT_OK(WriteFile(env_, path + ".inprogress", "bundle"));
    done->bundles.push_back({path, done->rows.published, 6});
    return Status::OK();
  }

  Status StageQuarantine(int rows, ChunkDone* done) {
    const std::string bytes = fmt::format("{} {} {} bad rows {}\n", input_.name, input_.version, done->index, rows);
    const std::string path =
        JoinPath(QuarantineDir(run_id_), fmt::format("part-{}-{:05}.parquet", input_.Listed().Id(), done->index));
    ARROW_RETURN_NOT_OK(MakeDirs(env_, QuarantineDir(run_id_), true));
    ARROW_RETURN_NOT_OK(WriteFile(env_, path + ".inprogress", bytes));
    done->quarantine.push_back({path, rows, static_cast<int64_t>(bytes.size()), HashHex(bytes)});
    return Status::OK();
  }

  Env& env_;
  const Input& input_;
  const std::string& run_id_;
  Transaction& transaction_;
};

Status LoadInput(Env& env, const Input& input, const std::string& run_id, Transaction& transaction,
                 std::set<std::string>* written) {
  Loader loader(env, input, run_id, transaction);
  ARROW_ASSIGN_OR_RAISE(const auto done, transaction.Done(input.name));
  size_t next = done.size();
  for (; next < input.chunks.size(); ++next) {
    ARROW_RETURN_NOT_OK(loader.CommitChunk(next));
    written->insert(fmt::format("{}:{}:{}", input.name, next, input.version));
  }
  if (input.staging == Staging::kParts || next > input.chunks.size()) return Status::OK();
  return loader.Gather();
}

bool IsSeal(const std::string& path) { return BaseName(path) == "_SUCCESS" || BaseName(path) == "_MANIFEST.json"; }

std::string PartitionOf(const std::string& path) {
  const std::string folder = ParentPath(path);
  return folder == kRoot ? "" : folder.substr(std::string(kRoot).size() + 1);
}

}  // namespace

InputVersion Input::Listed() const {
  InputVersion listed;
  listed.name = name;
  listed.stat.size_bytes = 1000 + static_cast<int64_t>(chunks.size());
  listed.stat.mtime_ns = version * 1000 + touched;
  listed.stat.ctime_ns = listed.stat.mtime_ns + (file_of.empty() ? 0 : 1);
  listed.stat.inode = std::hash<std::string>()(copied ? name : FileOf(*this));
  return listed;
}

std::string Input::ContentHash() const {
  std::string chain;
  for (size_t i = 0; i < chunks.size(); ++i) chain = ChainContentHash(chain, ChunkHash(*this, i));
  return chain;
}

RunRequest RequestOf(const ToyRun& run, const std::string& run_id) {
  RunRequest request;
  request.dataset = "clean.events";
  request.root = kRoot;
  request.run_id = run_id;
  request.plan_hash = run.plan;
  request.layout_hash = run.layout;
  request.engine_version = "1";
  request.mode = run.mode;
  request.on_changed = run.on_changed;
  request.on_vanished = run.on_vanished;
  request.rebuild = run.rebuild;
  request.scope = run.scope;
  request.quarantine_dir = QuarantineDir(run_id);
  for (const Input& input : run.inputs) request.inputs.push_back(input.Listed());
  std::sort(request.inputs.begin(), request.inputs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return request;
}

Result<std::unique_ptr<Transaction>> Begin(Env& env, const ToyRun& run, const std::string& run_id) {
  return BeginTransaction(env, RequestOf(run, run_id), [&run](const InputVersion& listed) -> Result<std::string> {
    for (const Input& input : run.inputs) {
      if (input.name == listed.name) return input.ContentHash();
    }
    return Fail(Reaction::kFailed, "not listed");
  });
}

Status Load(Env& env, const ToyRun& run, const std::string& run_id, Transaction& transaction,
            std::set<std::string>* written) {
  for (const InputDecision& decision : transaction.decision().inputs) {
    if (!decision.read) continue;
    const auto input =
        std::find_if(run.inputs.begin(), run.inputs.end(), [&](const Input& i) { return i.name == decision.name; });
    Input in_scope = *input;
    for (Chunk& chunk : in_scope.chunks) {
      std::erase_if(chunk.rows, [&](const auto& entry) {
        return !run.scope.empty() && std::find(run.scope.begin(), run.scope.end(), entry.first) == run.scope.end();
      });
    }
    ARROW_RETURN_NOT_OK(LoadInput(env, in_scope, run_id, transaction, written));
  }
  return Status::OK();
}

Outcome Execute(Env& env, const ToyRun& run, const std::string& run_id) {
  Outcome outcome;
  auto transaction = Begin(env, run, run_id);
  outcome.status = transaction.status();
  if (!outcome.status.ok()) return outcome;
  outcome.nothing_to_do = (*transaction)->decision().nothing_to_do;
  if (outcome.nothing_to_do) return outcome;
  outcome.status = Load(env, run, run_id, **transaction, &outcome.written);
  if (!outcome.status.ok()) return outcome;
  if (run.refuse) {
    outcome.status = (*transaction)->Refuse("a gate");
    return outcome;
  }
  auto published = (*transaction)->Publish();
  outcome.status = published.status();
  if (published.ok()) outcome.partitions = published->partitions;
  return outcome;
}

std::string Describe(MemEnv& disk) {
  std::map<std::string, std::set<std::string>> found;
  for (const auto& [path, bytes] : disk.Snapshot(kRoot)) {
    auto& partition = found[PartitionOf(path)];
    if (IsSeal(path)) continue;
    std::istringstream words(bytes);
    std::string input;
    int version = 0;
    words >> input >> version;
    partition.insert(fmt::format("{}{}", input, version));
  }
  std::string text;
  for (const auto& [partition, inputs] : found) {
    text += fmt::format("{}{}:", text.empty() ? "" : " | ", partition);
    for (const std::string& input : inputs) text += " " + input;
  }
  return text;
}

std::map<std::string, std::string> PublishedBytes(MemEnv& disk) {
  std::map<std::string, std::string> files;
  for (const auto& [path, bytes] : disk.Snapshot(kRoot)) {
    if (!IsSeal(path)) files[path] = bytes;
  }
  return files;
}

std::map<std::string, std::string> Outside(MemEnv& disk) {
  std::map<std::string, std::string> facts = PublishedBytes(disk);
  for (const auto& [path, bytes] : disk.Snapshot(kRoot)) {
    if (IsSeal(path)) facts[path] = "there";
  }
  for (const auto& [path, bytes] : disk.Snapshot("/q")) facts[fmt::format("quarantine {}", BaseName(path))] += bytes;
  const auto state = ReadDatasetState(disk, kRoot);
  if (!state.ok()) return {{"state", state.status().ToString()}};
  for (const auto& [name, input] : state->inputs) {
    facts["input " + name] = fmt::format("{} {} {}", input.stat.mtime_ns, input.stat.size_bytes, input.content_hash);
  }
  for (const auto& [path, parts] : state->partitions) {
    for (const PartInfo& part : parts) {
      facts[fmt::format("part {}/{}", path, part.file)] = fmt::format("{} {} {}", part.input, part.rows, part.bytes);
    }
  }
  return facts;
}

std::map<std::string, std::set<std::string>> LiveFiles(MemEnv& disk) {
  std::map<std::string, std::set<std::string>> files;
  for (const auto& [path, bytes] : disk.Snapshot(kRoot)) {
    auto& partition = files[PartitionOf(path)];
    if (!IsSeal(path)) partition.insert(BaseName(path));
  }
  return files;
}

std::vector<std::string> ReaderObjections(MemEnv& disk) {
  std::vector<std::string> objections;
  const auto files = disk.Snapshot(kRoot);
  for (const auto& [partition, names] : LiveFiles(disk)) {
    const std::string folder = partition.empty() ? kRoot : JoinPath(kRoot, partition);
    const auto manifest = files.find(JoinPath(folder, "_MANIFEST.json"));
    const auto success = files.find(JoinPath(folder, "_SUCCESS"));
    if (manifest == files.end() || success == files.end() || success->second != HashHex(manifest->second) + "\n") {
      objections.push_back(folder + " is not sealed");
      continue;
    }
    std::set<std::string> listed;
    const auto json = nlohmann::json::parse(manifest->second);
    for (const auto& file : json.at("files")) {
      listed.insert(file.at("file"));
      const auto there = files.find(JoinPath(folder, file.at("file").get<std::string>()));
      if (there == files.end() || HashHex(there->second) != file.at("content_hash"))
        objections.push_back(folder + " lost bytes");
    }
    if (listed != names) objections.push_back(folder + " holds other files than its manifest lists");
  }
  return objections;
}

}  // namespace freight::toy
