// The table of modes: what a run does with each input, as a pure function of state and request.
#include "commit/decide.h"

#include "base/hash.h"

#include <algorithm>
#include <set>

namespace freight {
namespace {

using ContentHashOf = std::function<Result<std::string>(const InputVersion&)>;

bool Contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::string Difference(const FileStat& before, const FileStat& now) {
  if (before.size_bytes != now.size_bytes) {
    return fmt::format("changed: size {} -> {} bytes", before.size_bytes, now.size_bytes);
  }
  return "changed: same size, other content";
}

class Decider {
 public:
  Decider(const DatasetState& state, const RunRequest& request, const ContentHashOf& content_hash_of)
      : state_(state), request_(request), content_hash_of_(content_hash_of) {
    for (const InputVersion& input : request.inputs) listed_[input.name] = &input;
    layout_changed_ = !state.partitions.empty() && state.layout_hash != request.layout_hash;
    reread_ = request.rebuild || (layout_changed_ && request.mode == WriteMode::kReplace);
  }

  RunDecision Decide() {
    CheckRequest();
    for (const InputVersion& input : request_.inputs) decision_.inputs.push_back(DecideListed(input));
    for (const auto& [name, input] : state_.inputs) {
      if (!listed_.contains(name)) decision_.inputs.push_back(DecideVanished(input));
    }
    CheckRenames();
    CheckScope();
    FindLosing();
    CheckVanishedRows();
    CheckDamaged();
    const auto acts = [](const InputDecision& d) { return d.read || d.rows_leave; };
    decision_.nothing_to_do =
        decision_.refusals.empty() && std::none_of(decision_.inputs.begin(), decision_.inputs.end(), acts);
    return std::move(decision_);
  }

 private:
  bool scoped() const { return !request_.scope.empty(); }
  void Refuse(Status status) { decision_.refusals.push_back(std::move(status)); }

  void CheckRequest() {
    if (!state_.dataset.empty() && state_.dataset != request_.dataset) {
      Refuse(Fail(Reaction::kInvalid, "target \"{}\" belongs to dataset \"{}\", not to \"{}\"", request_.root,
                  state_.dataset, request_.dataset)
                 .Help("name another folder in to.parquet"));
    }
    if (request_.mode == WriteMode::kAppend && request_.on_vanished == OnVanished::kDrop) {
      Refuse(Fail(Reaction::kInvalid, "mode \"append\" never removes rows, so \"on_vanished: drop\" does not fit it")
                 .Help("use mode replace_partitions or replace, or leave on_vanished out"));
    }
    if (!layout_changed_) return;
    if (!reread_ || scoped()) {
      Refuse(Fail(Reaction::kInvalid, "schema or partitioning differ from what dataset \"{}\" holds", request_.dataset)
                 .Help("rewrite all of it with: freight run --rebuild"));
    }
  }

  InputDecision DecideListed(const InputVersion& input) {
    InputDecision decision;
    decision.name = input.name;
    const auto known = state_.inputs.find(input.name);
    if (known == state_.inputs.end()) {
      decision.state = InputState::kNew;
      decision.read = true;
      decision.why = "new";
    } else if (IsSame(known->second, input)) {
      decision.state = InputState::kUnchanged;
      decision.read = decision.rows_leave = reread_ || scoped();
      decision.outdated =
          !decision.read && !known->second.plan_hash.empty() && known->second.plan_hash != request_.plan_hash;
      decision.why = scoped()            ? "unchanged, read for the named partitions"
                     : reread_           ? "unchanged, read again: rebuild"
                     : decision.outdated ? "unchanged, its rows were made by another plan"
                                         : "unchanged";
    } else {
      decision.state = InputState::kChanged;
      decision.read = decision.rows_leave = true;
      decision.why = Difference(known->second.stat, input.stat);
      RefuseChangedAppend(input);
    }
    if (decision.read) decision.why += PendingText(input);
    return decision;
  }

  bool IsSame(const InputVersion& known, const InputVersion& now) {
    return SameStat(known.stat, now.stat) || SameContent(known, now);
  }

  bool SameContent(const InputVersion& known, const InputVersion& now) {
    if (known.stat.size_bytes != now.stat.size_bytes || known.content_hash.empty()) return false;
    if (!now.content_hash.empty()) return now.content_hash == known.content_hash;
    if (!content_hash_of_) return false;
    const auto hashed = hashes_.find(now.name);
    if (hashed != hashes_.end()) return hashed->second == known.content_hash;
    const Result<std::string> hash = content_hash_of_(now);
    if (!hash.ok()) Refuse(hash.status());
    return (hashes_[now.name] = hash.ok() ? *hash : "") == known.content_hash;
  }

  void RefuseChangedAppend(const InputVersion& input) {
    if (request_.mode != WriteMode::kAppend || request_.on_changed == OnChanged::kReplace || request_.rebuild) return;
    Refuse(Fail(Reaction::kFailed, "input \"{}\" changed since its rows were appended", input.name)
               .At({input.name})
               .Help("set on_changed: replace, or restore the file"));
  }

  std::string PendingText(const InputVersion& input) {
    int64_t fit = 0;
    int64_t all = 0;
    for (const ChunkDone& chunk : state_.pending_chunks) {
      if (chunk.input != input.name) continue;
      ++all;
      fit += ChunkFits(state_, request_, chunk, input);
    }
    if (fit > 0) return fmt::format("; {} chunks done by run {}", fit, state_.unfinished_run);
    if (all == 0) return "";
    return fmt::format("; read anew, {} chunks of run {} do not fit the {} of now", all, state_.unfinished_run,
                       state_.unfinished_plan_hash == request_.plan_hash ? "input" : "plan");
  }

  InputDecision DecideVanished(const InputVersion& input) {
    InputDecision decision;
    decision.name = input.name;
    decision.state = InputState::kVanished;
    decision.rows_leave = request_.mode == WriteMode::kReplace ||
                          (request_.mode == WriteMode::kReplacePartitions && request_.on_vanished == OnVanished::kDrop);
    decision.why = decision.rows_leave ? "vanished, its rows leave" : "vanished, its rows stay";
    return decision;
  }

  // A new name for a file whose rows are here already would bring them a second time.
  void CheckRenames() {
    if (request_.mode == WriteMode::kReplace || request_.on_vanished != OnVanished::kRefuse) return;
    std::set<std::string> owners;
    for (const auto& [path, parts] : state_.partitions) {
      for (const PartInfo& part : parts) owners.insert(part.input);
    }
    for (const InputDecision& decision : decision_.inputs) {
      if (decision.state != InputState::kNew) continue;
      for (const auto& [name, old] : state_.inputs) {
        if (!owners.contains(name) || listed_.contains(name)) continue;
        CheckRename(name, old, *listed_.at(decision.name));
      }
    }
  }

  void CheckRename(const std::string& old_name, const InputVersion& old, const InputVersion& now) {
    const bool moved = old.stat.size_bytes == now.stat.size_bytes && old.stat.mtime_ns == now.stat.mtime_ns &&
                       old.stat.inode == now.stat.inode;
    if (!moved && !SameContent(old, now)) return;
    Refuse(Fail(Reaction::kFailed, "input \"{}\" is {} \"{}\" under a new name, whose rows are published already",
                now.name, moved ? "the file" : "a copy of", old_name)
               .At({now.name})
               .Help(request_.mode == WriteMode::kAppend
                         ? "restore the name, or set on_vanished: keep to add its rows again"
                         : "restore the name, or set on_vanished: drop to replace the old rows"));
  }

  // A scoped run leaves the other partitions alone, so an input that it met in another version would be half published.
  void CheckScope() {
    if (!scoped()) return;
    for (const InputDecision& decision : decision_.inputs) {
      if (decision.state != InputState::kNew && decision.state != InputState::kChanged) continue;
      Refuse(Fail(Reaction::kFailed, "input \"{}\" is {}, and a run over named partitions cannot take it in",
                  decision.name, decision.state == InputState::kNew ? "new" : "changed")
                 .At({decision.name})
                 .Help("run without --partition first"));
    }
  }

  void FindLosing() {
    std::set<std::string> leaving;
    for (const InputDecision& decision : decision_.inputs) {
      if (decision.rows_leave) leaving.insert(decision.name);
    }
    for (const auto& [path, parts] : state_.partitions) {
      if (scoped() && !Contains(request_.scope, path)) continue;
      const bool loses =
          std::any_of(parts.begin(), parts.end(), [&](const PartInfo& p) { return leaving.contains(p.input); });
      if (loses) decision_.partitions_losing.push_back(path);
    }
  }

  // What is known before reading; publishing refuses what shows itself later.
  void CheckVanishedRows() {
    for (const InputDecision& decision : decision_.inputs) {
      if (decision.state != InputState::kVanished || decision.rows_leave) continue;
      if (layout_changed_ && reread_) {
        CheckNoRows(decision.name, state_.partitions, "the dataset is rewritten with another schema or partitioning");
      } else if (request_.mode == WriteMode::kReplacePartitions && request_.on_vanished == OnVanished::kRefuse) {
        std::map<std::string, std::vector<PartInfo>> losing;
        for (const std::string& path : decision_.partitions_losing) losing[path] = state_.partitions.at(path);
        CheckNoRows(decision.name, losing, "a partition that this run replaces holds rows of it");
      }
    }
  }

  // What somebody deleted or overwrote cannot stay as it is: its rows come again from their input, or the run says so.
  void CheckDamaged() {
    std::vector<const PartInfo*> staying;
    for (const PartInfo& part : state_.damaged) {
      const auto leaves = [&](const InputDecision& d) { return d.name == part.input && d.rows_leave; };
      const bool in_scope = !scoped() || Contains(request_.scope, part.partition);
      if (!in_scope || std::none_of(decision_.inputs.begin(), decision_.inputs.end(), leaves)) staying.push_back(&part);
    }
    if (staying.empty()) return;
    const PartInfo& first = *staying.front();
    const std::string file = (first.partition.empty() ? "" : first.partition + "/") + first.file;
    Refuse(Fail(Reaction::kCorrupt,
                "published files of dataset \"{}\" were deleted or changed by somebody else: {}, the first is \"{}\"",
                request_.dataset, staying.size(), file)
               .At({request_.root})
               .Help(listed_.contains(first.input)
                         ? "restore it, or write all rows again from their inputs with: freight run --rebuild"
                         : fmt::format("restore it, or bring back its input \"{}\" and use --rebuild", first.input)));
  }

  void CheckNoRows(const std::string& input, const std::map<std::string, std::vector<PartInfo>>& partitions,
                   const char* why) {
    for (const auto& [path, parts] : partitions) {
      if (std::none_of(parts.begin(), parts.end(), [&](const PartInfo& p) { return p.input == input; })) continue;
      Refuse(Fail(Reaction::kFailed, "input \"{}\" vanished and {}: \"{}\"", input, why, path)
                 .Help(layout_changed_ ? "restore the file, or use mode replace"
                                       : "restore the file, or set on_vanished: keep or drop"));
      return;
    }
  }

  const DatasetState& state_;
  const RunRequest& request_;
  const ContentHashOf& content_hash_of_;
  std::map<std::string, const InputVersion*> listed_;
  std::map<std::string, std::string> hashes_;  // of listed inputs, each read once; "" when reading failed
  bool layout_changed_ = false;
  bool reread_ = false;  // every listed input, changed or not
  RunDecision decision_;
};

}  // namespace

std::string InputVersion::Id() const { return HashHex(name).substr(0, 8); }

std::string ChainContentHash(const std::string& chain, const std::string& chunk_hash) {
  return HashHex(chain + "\n" + chunk_hash);
}

Accounting& Accounting::operator+=(const Accounting& o) {
  in += o.in;
  published += o.published;
  filtered += o.filtered;
  deduplicated += o.deduplicated;
  quarantined += o.quarantined;
  blank_lines += o.blank_lines;
  comments += o.comments;
  return *this;
}

const char* PartitionActionWord(PartitionAction action) {
  switch (action) {
    case PartitionAction::kCreated: return "created";
    case PartitionAction::kReplaced: return "replaced";
    case PartitionAction::kEmptied: return "emptied";
    case PartitionAction::kUnchanged: return "unchanged";
  }
  FREIGHT_ASSERT(false);
}

bool SameStat(const FileStat& a, const FileStat& b) {
  return a.size_bytes == b.size_bytes && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns && a.inode == b.inode;
}

bool ChunkFits(const DatasetState& state, const RunRequest& request, const ChunkDone& chunk,
               const InputVersion& listed) {
  if (chunk.input != listed.name) return false;
  if (BrokenForTest() == Breakage::kTrustPendingChunks) return true;
  return state.unfinished_plan_hash == request.plan_hash && state.unfinished_scope == request.scope &&
         SameStat(chunk.stat, listed.stat);
}

RunDecision DecideRun(const DatasetState& state, const RunRequest& request, const ContentHashOf& content_hash_of) {
  return Decider(state, request, content_hash_of).Decide();
}

TargetPartitions TargetOf(const DatasetState& state, const RunRequest& request, const RunDecision& decision,
                          const std::vector<PartInfo>& staged) {
  TargetPartitions target;
  for (const std::string& path : decision.partitions_losing) target[path];
  for (const PartInfo& part : staged) target[part.partition].push_back(part);
  std::set<std::string> leaving;
  for (const InputDecision& input : decision.inputs) {
    if (input.rows_leave) leaving.insert(input.name);
  }
  for (auto& [path, parts] : target) {
    const auto live = state.partitions.find(path);
    if (live != state.partitions.end()) {
      for (const PartInfo& part : live->second) {
        if (!leaving.contains(part.input)) parts.push_back(part);
      }
    }
    std::sort(parts.begin(), parts.end(), [](const PartInfo& a, const PartInfo& b) { return a.file < b.file; });
  }
  if (BrokenForTest() == Breakage::kForgetEmptied) {
    std::erase_if(target, [](const auto& entry) { return entry.second.empty(); });
  }
  return target;
}

bool SameFiles(const std::vector<PartInfo>& a, const std::vector<PartInfo>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const PartInfo& x, const PartInfo& y) {
    return x.file == y.file && x.content_hash == y.content_hash;
  });
}

}  // namespace freight
