// What crash tests of the main job share: scenarios over a disk in memory, one run, and what readers may object to.
#pragma once

#include "base/hash.h"
#include "commit/dataset.h"
#include "commit/layout.h"
#include "engine/engine.h"
#include "format/parquet_testing.h"
#include "io/archive_testing.h"
#include "io/fault_env.h"
#include "plan/load.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace freight::crash {

inline constexpr const char* kContract = R"(apiVersion: v3.1.0
kind: DataContract
id: t
name: t
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - {name: id, logicalType: integer, required: true}
      - {name: day, logicalType: date, required: true}
      - {name: note, logicalType: string}
)";

struct Scenario {
  const char* name;
  const char* mode;
  bool published_before;  // a first version is live before the run under test
  const char* format = "csv";
  const char* partition_by = "day";
  int64_t morsel_bytes = 256;
  bool bundles = false;        // the run goes through bundles
  bool changed_after = false;  // an input changes after the run under test
  int threads = 1;
  bool small_files = false;  // each row group is a file, and gathered ones have one row
  bool hard_links = true;    // the file system has them
  bool joined = false;       // parts of several chunks become one file
  bool mixed = false;        // the rows of a partition lie in parts and in bundles
  bool many_bad = false;     // workers write row groups of bad rows
  const char* suffix = "";   // of the inputs' names: ".xz"
  int sync_threads = 0;      // every run makes the same calls
};

inline std::string PipelineText(const Scenario& scenario) {
  return fmt::format("version: 1\ndataset: clean.t\nsource: {{{}: in/*}}\ncontract: t.odcs.yaml\n"
                     "quarantine: {{to: _dlq/t}}\nto: {{parquet: out/t, partition_by: [\"{}\"], mode: {}{}}}\n",
                     scenario.format, scenario.partition_by, scenario.mode,
                     scenario.small_files ? ", file_size: 1" : "");
}

inline std::string NdjsonInput(int first_id, int rows, int first_day) {
  std::string text;
  for (int i = 0; i < rows; i++) {
    if (i % 9 == 4) text += fmt::format("{{\"id\":\"x{}\",\"day\":\"2026-01-01\"}}\n", i);
    else text += fmt::format("{{\"id\":{},\"day\":\"2026-01-{:02}\",\"note\":\"note\\n{}\"}}\n", first_id + i,
                             first_day + i / 12, i);
  }
  return text;
}

// Row groups of ten rows.
inline std::string ParquetInput(int first_id, int rows, int first_day) {
  arrow::Int64Builder ids;
  arrow::Date32Builder days;
  arrow::StringBuilder notes;
  for (int i = 0; i < rows; i++) {
    EXPECT_TRUE(i % 9 == 4 ? ids.AppendNull().ok() : ids.Append(first_id + i).ok());
    EXPECT_TRUE(days.Append(20'453 + first_day + i / 12).ok());
    EXPECT_TRUE(notes.Append(fmt::format("note\n{}", i)).ok());
  }
  const auto schema = arrow::schema({arrow::field("id", arrow::int64()), arrow::field("day", arrow::date32(), false),
                                     arrow::field("note", arrow::utf8())});
  const auto batch = arrow::RecordBatch::Make(
      schema, rows, {ids.Finish().ValueOrDie(), days.Finish().ValueOrDie(), notes.Finish().ValueOrDie()});
  std::vector<Batches> groups;
  for (int at = 0; at < rows; at += 10) groups.push_back({batch->Slice(at, 10)});
  return WriteFile(schema, groups).bytes;
}

inline std::string CsvInput(const Scenario& scenario, int first_id, int rows, int first_day) {
  std::string text = "id,day,note\n";
  if (scenario.mixed) {
    for (int i = 0; i < 60; i++) text += fmt::format("{},2026-01-01,few partitions\n", first_id + i % 4);
  }
  for (int i = 0; scenario.many_bad && i < 2'200; i++) text += "x,2026-01-01,\n";
  for (int i = 0; i < rows; i++) {
    if (i % 9 == 4) {
      text += fmt::format("x{},2026-01-01,\"bad, \"\"id\"\"\"\n", i);
    } else {
      text += fmt::format("{},2026-01-{:02},\"note\n{}\"\n", first_id + i, first_day + i / 12, i);
    }
  }
  return text;
}

inline std::string Input(const Scenario& scenario, int first_id, int rows, int first_day) {
  if (std::string(scenario.format) == "parquet") return ParquetInput(first_id, rows, first_day);
  if (std::string(scenario.format) == "ndjson") return NdjsonInput(first_id, rows, first_day);
  std::string text = CsvInput(scenario, first_id, rows, first_day);
  return std::string(scenario.suffix).empty() ? text : Xz(std::move(text));
}

inline std::string InputPath(const Scenario& scenario, const char* name) {
  return fmt::format("/p/in/{}{}", name, scenario.suffix);
}

inline void Write(Env& env, const std::string& path, const std::string& text) {
  ASSERT_TRUE(MakeDirs(env, ParentPath(path), true).ok());
  ASSERT_TRUE(WriteFileAtomic(env, path, text).ok());
}

inline RunReport RunOnce(Env& env, const Scenario& scenario) {
  auto loaded = LoadPipeline(env, "/p/t.yaml", [](const std::string&) { return std::nullopt; });
  RunReport report;
  if (!loaded.ok()) {
    report.error = Status::Invalid(loaded.diagnostics.empty() ? "pipeline" : loaded.diagnostics[0].message);
    return report;
  }
  PlanOptions options;
  options.morsel_bytes = scenario.morsel_bytes;
  options.chunk_morsels = 2;
  options.sync_threads = scenario.sync_threads;
  if (scenario.small_files) options.gather_bytes = 1;
  if (!scenario.joined) options.small_part_bytes = 0;
  auto plan = MakePlan(env, loaded.pipeline, loaded.contract, options);
  if (!plan.ok()) {
    report.error = plan.status();
    return report;
  }
  RunOptions run;
  run.threads = scenario.threads;
  return ExecuteRun(env, *plan, run);
}

// The disk as the run under test finds it.
inline std::unique_ptr<MemEnv> Disk(const Scenario& scenario) {
  auto env = MakeMemEnv();
  if (!scenario.hard_links) env->ForbidLinks();
  Write(*env, "/p/t.yaml", PipelineText(scenario));
  Write(*env, "/p/t.odcs.yaml", kContract);
  Write(*env, InputPath(scenario, "a"), Input(scenario, 0, 40, 1));
  if (scenario.published_before) {
    RunReport report = RunOnce(*env, scenario);
    EXPECT_EQ(report.state, RunState::kPublished) << report.error.ToString();
    if (std::string(scenario.mode) != "append") Write(*env, InputPath(scenario, "a"), Input(scenario, 100, 30, 2));
  }
  Write(*env, InputPath(scenario, "b"), Input(scenario, 1000, 25, 3));
  return env;
}

// Data files of the dataset: path -> bytes.
inline std::map<std::string, std::string> Data(MemEnv& env) {
  std::map<std::string, std::string> data;
  for (auto& [path, bytes] : env.Snapshot("/p/out/t/")) {
    if (path.ends_with(".parquet")) data[path] = bytes;
  }
  return data;
}

// What is wrong with the live partitions right now: one that is not sealed, or whose seal does not fit its files.
inline std::vector<std::string> ReaderObjections(MemEnv& env) {
  const auto files = env.Snapshot("/p/out/t/");
  std::map<std::string, std::set<std::string>> held;
  for (const auto& [path, bytes] : files) {
    std::set<std::string>& names = held[ParentPath(path)];
    if (path.ends_with(".parquet")) names.insert(BaseName(path));
  }
  const auto bytes_of = [&](const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? "" : found->second;
  };
  std::vector<std::string> objections;
  for (const auto& [folder, names] : held) {
    const std::string manifest = bytes_of(folder + "/_MANIFEST.json");
    if (manifest.empty() || bytes_of(folder + "/_SUCCESS") != HashHex(manifest) + "\n") {
      objections.push_back(folder + " is not sealed");
      continue;
    }
    std::set<std::string> listed;
    const auto json = nlohmann::json::parse(manifest);
    for (const auto& file : json.at("files")) {
      listed.insert(file.at("file"));
      const std::string bytes = bytes_of(JoinPath(folder, file.at("file").get<std::string>()));
      if (static_cast<int64_t>(bytes.size()) != file.at("bytes")) objections.push_back(folder + " lost bytes");
    }
    if (listed != names) objections.push_back(folder + " holds other files than its manifest lists");
  }
  return objections;
}

}  // namespace freight::crash
