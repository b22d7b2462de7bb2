// Record structs <-> JSON. Library exceptions end in this file.
#include "commit/records.h"

#include <nlohmann/json.hpp>

namespace freight {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const FileStat& s) {
  return {{"size", s.size_bytes}, {"mtime_ns", s.mtime_ns}, {"ctime_ns", s.ctime_ns}, {"inode", s.inode}};
}

Json ToJson(const InputVersion& v) {
  return {{"name", v.name}, {"stat", ToJson(v.stat)}, {"content_hash", v.content_hash},
          {"plan_hash", v.plan_hash}};
}

// The partition is the parent object's.
Json ToJson(const PartInfo& p) {
  return {{"file", p.file}, {"input", p.input}, {"chunk", p.chunk},
          {"rows", p.rows}, {"bytes", p.bytes}, {"content_hash", p.content_hash}};
}

Json ToJson(const QuarantineFile& q) {
  return {{"path", q.path}, {"rows", q.rows}, {"bytes", q.bytes}, {"content_hash", q.content_hash}};
}

Json ToJson(const BundleInfo& b) { return {{"path", b.path}, {"rows", b.rows}, {"bytes", b.bytes}}; }

Json ToJson(const Accounting& a) {
  return {{"in", a.in}, {"published", a.published}, {"filtered", a.filtered}, {"deduplicated", a.deduplicated},
          {"quarantined", a.quarantined}, {"blank_lines", a.blank_lines}, {"comments", a.comments}};
}

Json ToJson(const PartitionVersion& p);

template <typename T>
Json ListToJson(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(ToJson(value));
  return list;
}

Json ToJson(const PartitionVersion& p) {
  return {{"path", p.path}, {"version", p.version}, {"commit_id", p.commit_id}, {"files", ListToJson(p.files)}};
}

Json StagedPartsToJson(const std::vector<PartInfo>& parts) {
  Json list = Json::array();
  for (const PartInfo& part : parts) {
    Json entry = {{"partition", part.partition}};
    entry.update(ToJson(part));
    list.push_back(std::move(entry));
  }
  return list;
}

Json ToJson(const SnapshotRecord& r) {
  return {{"kind", "snapshot"}, {"format_version", r.format_version}, {"dataset", r.dataset}, {"epoch", r.epoch},
          {"plan_hash", r.plan_hash}, {"layout_hash", r.layout_hash}, {"engine_version", r.engine_version},
          {"inputs", ListToJson(r.inputs)}, {"partitions", ListToJson(r.partitions)}};
}

Json ToJson(const RunStarted& r) {
  return {{"kind", "run_started"}, {"epoch", r.epoch}, {"run_id", r.run_id}, {"plan_hash", r.plan_hash},
          {"layout_hash", r.layout_hash}, {"engine_version", r.engine_version}, {"mode", r.mode}, {"scope", r.scope},
          {"quarantine_dir", r.quarantine_dir}, {"host", r.host}, {"pid", r.pid}, {"started_micros", r.started_micros}};
}

Json ToJson(const ChunkRecord& r) {
  const ChunkDone& c = r.chunk;
  return {{"kind", "chunk_done"}, {"epoch", r.epoch}, {"stage", r.stage}, {"chunk_id", c.chunk_id}, {"input", c.input},
          {"stat", ToJson(c.stat)}, {"index", c.index}, {"offset", c.offset}, {"length", c.length},
          {"next_line", c.next_line}, {"next_morsel", c.next_morsel}, {"content_hash", c.content_hash},
          {"last", c.last}, {"rows", ToJson(c.rows)}, {"parts", StagedPartsToJson(c.parts)},
          {"quarantine", ListToJson(c.quarantine)}, {"bundles", ListToJson(c.bundles)}, {"gathered", c.gathered},
          {"replaced", StagedPartsToJson(c.replaced)},
          {"bad_by_rule", Json(c.bad_by_rule)}};
}

Json ToJson(const IntentRecord& r) {
  return {{"kind", "intent"}, {"epoch", r.epoch}, {"run_id", r.run_id}, {"stage", r.stage}, {"plan_hash", r.plan_hash},
          {"layout_hash", r.layout_hash}, {"engine_version", r.engine_version}, {"inputs", ListToJson(r.inputs)},
          {"removed_inputs", r.removed_inputs}, {"partitions", ListToJson(r.partitions)}};
}

Json ToJson(const PartitionPublished& r) {
  return {{"kind", "published"}, {"epoch", r.epoch}, {"path", r.path}, {"commit_id", r.commit_id}};
}

Json ToJson(const RunPublished& r) { return {{"kind", "run_published"}, {"epoch", r.epoch}, {"run_id", r.run_id}}; }

Json ToJson(const RunRefused& r) {
  return {{"kind", "run_refused"}, {"epoch", r.epoch}, {"run_id", r.run_id}, {"why", r.why}};
}

void From(const Json& j, FileStat* s) {
  s->size_bytes = j.at("size");
  s->mtime_ns = j.at("mtime_ns");
  s->ctime_ns = j.at("ctime_ns");
  s->inode = j.at("inode");
}

void From(const Json& j, InputVersion* v) {
  v->name = j.at("name");
  From(j.at("stat"), &v->stat);
  v->content_hash = j.at("content_hash");
  if (j.contains("plan_hash")) v->plan_hash = j.at("plan_hash");
}

void From(const Json& j, PartInfo* p) {
  if (j.contains("partition")) p->partition = j.at("partition");
  p->file = j.at("file");
  p->input = j.at("input");
  p->chunk = j.at("chunk");
  p->rows = j.at("rows");
  p->bytes = j.at("bytes");
  p->content_hash = j.at("content_hash");
}

void From(const Json& j, QuarantineFile* q) {
  q->path = j.at("path");
  q->rows = j.at("rows");
  q->bytes = j.at("bytes");
  q->content_hash = j.at("content_hash");
}

void From(const Json& j, BundleInfo* b) {
  b->path = j.at("path");
  b->rows = j.at("rows");
  b->bytes = j.at("bytes");
}

void From(const Json& j, Accounting* a) {
  a->in = j.at("in");
  a->published = j.at("published");
  a->filtered = j.at("filtered");
  a->deduplicated = j.at("deduplicated");
  a->quarantined = j.at("quarantined");
  a->blank_lines = j.at("blank_lines");
  a->comments = j.at("comments");
}

void From(const Json& j, PartitionVersion* p);

template <typename T>
void ListFrom(const Json& j, std::vector<T>* values) {
  for (const Json& entry : j) From(entry, &values->emplace_back());
}

void From(const Json& j, PartitionVersion* p) {
  p->path = j.at("path");
  p->version = j.at("version");
  p->commit_id = j.at("commit_id");
  ListFrom(j.at("files"), &p->files);
  for (PartInfo& file : p->files) file.partition = p->path;
}

void From(const Json& j, SnapshotRecord* r) {
  r->format_version = j.at("format_version");
  r->dataset = j.at("dataset");
  r->epoch = j.at("epoch");
  r->plan_hash = j.at("plan_hash");
  r->layout_hash = j.at("layout_hash");
  r->engine_version = j.at("engine_version");
  ListFrom(j.at("inputs"), &r->inputs);
  ListFrom(j.at("partitions"), &r->partitions);
}

void From(const Json& j, RunStarted* r) {
  r->epoch = j.at("epoch");
  r->run_id = j.at("run_id");
  r->plan_hash = j.at("plan_hash");
  r->layout_hash = j.at("layout_hash");
  r->engine_version = j.at("engine_version");
  r->mode = j.at("mode");
  j.at("scope").get_to(r->scope);
  r->quarantine_dir = j.at("quarantine_dir");
  r->host = j.at("host");
  r->pid = j.at("pid");
  r->started_micros = j.at("started_micros");
}

void From(const Json& j, ChunkRecord* r) {
  r->epoch = j.at("epoch");
  r->stage = j.at("stage");
  ChunkDone& c = r->chunk;
  c.chunk_id = j.at("chunk_id");
  c.input = j.at("input");
  From(j.at("stat"), &c.stat);
  c.index = j.at("index");
  c.offset = j.at("offset");
  c.length = j.at("length");
  c.next_line = j.at("next_line");
  c.next_morsel = j.at("next_morsel");
  c.content_hash = j.at("content_hash");
  c.last = j.at("last");
  From(j.at("rows"), &c.rows);
  ListFrom(j.at("parts"), &c.parts);
  ListFrom(j.at("quarantine"), &c.quarantine);
  ListFrom(j.at("bundles"), &c.bundles);
  c.gathered = j.at("gathered");
  if (j.contains("replaced")) ListFrom(j.at("replaced"), &c.replaced);
  j.at("bad_by_rule").get_to(c.bad_by_rule);
}

void From(const Json& j, IntentRecord* r) {
  r->epoch = j.at("epoch");
  r->run_id = j.at("run_id");
  r->stage = j.at("stage");
  r->plan_hash = j.at("plan_hash");
  r->layout_hash = j.at("layout_hash");
  r->engine_version = j.at("engine_version");
  ListFrom(j.at("inputs"), &r->inputs);
  j.at("removed_inputs").get_to(r->removed_inputs);
  ListFrom(j.at("partitions"), &r->partitions);
}

void From(const Json& j, PartitionPublished* r) {
  r->epoch = j.at("epoch");
  r->path = j.at("path");
  r->commit_id = j.at("commit_id");
}

void From(const Json& j, RunPublished* r) {
  r->epoch = j.at("epoch");
  r->run_id = j.at("run_id");
}

void From(const Json& j, RunRefused* r) {
  r->epoch = j.at("epoch");
  r->run_id = j.at("run_id");
  r->why = j.at("why");
}

template <typename T>
Record RecordFrom(const Json& j) {
  T record;
  From(j, &record);
  return record;
}

Result<Record> FromJson(const Json& j) {
  const std::string kind = j.at("kind");
  if (kind == "snapshot") {
    const int version = j.at("format_version");
    if (version != kManifestFormatVersion) {
      return Fail(Reaction::kFailed, "manifest.log has format version {}, this freight reads {}", version,
                  kManifestFormatVersion)
          .Help("use the freight that wrote it, or a newer one");
    }
    return RecordFrom<SnapshotRecord>(j);
  }
  if (kind == "run_started") return RecordFrom<RunStarted>(j);
  if (kind == "chunk_done") return RecordFrom<ChunkRecord>(j);
  if (kind == "intent") return RecordFrom<IntentRecord>(j);
  if (kind == "published") return RecordFrom<PartitionPublished>(j);
  if (kind == "run_published") return RecordFrom<RunPublished>(j);
  if (kind == "run_refused") return RecordFrom<RunRefused>(j);
  return Fail(Reaction::kCorrupt, "manifest.log holds a record of unknown kind \"{}\"", kind)
      .Help("a newer freight may have written it: use that one");
}

Result<std::string> Dump(const Json& json, int indent) {
  try {
    return json.dump(indent);
  } catch (const nlohmann::json::exception&) {
    return Fail(Reaction::kInvalid, "a name that the manifest must hold is not UTF-8")
        .Help("rename that input file or folder");
  }
}

}  // namespace

int64_t EpochOf(const Record& record) {
  return std::visit([](const auto& r) { return r.epoch; }, record);
}

Result<std::string> EncodeRecord(const Record& record) {
  return Dump(std::visit([](const auto& r) { return ToJson(r); }, record), -1);
}

Result<Record> DecodeRecord(std::string_view payload) {
  try {
    return FromJson(Json::parse(payload));
  } catch (const nlohmann::json::exception&) {
    return Fail(Reaction::kCorrupt, "manifest.log holds a record with a good checksum that is no record of ours")
        .Help("restore the state folder from a copy");
  }
}

Result<std::string> PartitionManifestText(const std::string& dataset, const IntentRecord& intent,
                                          const PartitionVersion& partition) {
  int64_t rows = 0;
  for (const PartInfo& file : partition.files) rows += file.rows;
  const Json json = {{"format_version", kManifestFormatVersion}, {"dataset", dataset}, {"partition", partition.path},
                     {"version", partition.version}, {"commit_id", partition.commit_id}, {"run_id", intent.run_id},
                     {"plan_hash", intent.plan_hash}, {"engine_version", intent.engine_version}, {"rows", rows},
                     {"files", ListToJson(partition.files)}};
  ARROW_ASSIGN_OR_RAISE(std::string text, Dump(json, 1));
  return text + "\n";
}

std::string CommitIdIn(std::string_view manifest_text) {
  const Json json = Json::parse(manifest_text, nullptr, false);
  if (!json.is_object() || !json.contains("commit_id") || !json.at("commit_id").is_string()) return "";
  return json.at("commit_id");
}

}  // namespace freight
