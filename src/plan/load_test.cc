// Pipeline files: what a good one says, and the exact words for bad ones.
#include "plan/load.h"
#include "format/csv_format.h"

#include "io/fault_env.h"
#include "plan/load_steps.h"

#include <gtest/gtest.h>

namespace freight {
namespace {

constexpr const char* kContract =
    "apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nschema:\n  - name: events\n"
    "    properties:\n      - {name: user_id, logicalType: integer}\n      - {name: event_time, logicalType: "
    "timestamp}\n";

constexpr const char* kGood =
    "version: 1\ndataset: clean.events\nsource: {csv: raw/*.csv}\ncontract: c.odcs.yaml\nto: {parquet: clean/events}\n";

void Put(Env& env, const std::string& path, const std::string& bytes) {
  ASSERT_TRUE(MakeDirs(env, ParentPath(path), false).ok());
  ASSERT_TRUE(WriteFileAtomic(env, path, bytes).ok());
}

struct Case {
  std::unique_ptr<MemEnv> env = MakeMemEnv();
  LoadedPipeline loaded;
};

Case Load(const std::string& pipeline, const std::string& contract = kContract) {
  Case out;
  Put(*out.env, "p/p.yaml", pipeline);
  Put(*out.env, "p/c.odcs.yaml", contract);
  out.loaded = LoadPipeline(*out.env, "p/p.yaml", [](const std::string& name) -> std::optional<std::string> {
    if (name == "THREADS") return "2";
    return std::nullopt;
  });
  return out;
}

std::string Rendered(const LoadedPipeline& loaded) {
  std::string out;
  for (const Diagnostic& d : loaded.diagnostics) {
    const auto source = loaded.sources.find(d.place.file);
    out += RenderDiagnostic(d, source == loaded.sources.end() ? "" : source->second, false);
  }
  return out;
}

const CsvDialect& DialectOf(const Pipeline& p) { return dynamic_cast<const CsvFormat&>(*p.format).dialect(); }

TEST(LoadPipeline, ReadsEveryKey) {
  const Case c = Load(
      "version: 1\ndataset: curated.web-events\nowner: me@example.com\n"
      "source:\n  csv: [raw/a.csv, 'raw/b/*.csv.gz']\n  delimiter: \"||\"\n  quote: \"'\"\n  escape: \"\\\\\"\n  "
      "comment: '#'\n"
      "  header: false\n  skip_rows: 2\n  nulls: [NA, '']\n  encoding: latin1\n  trim: true\n  max_record_bytes: 1MiB\n"
      "contract: c.odcs.yaml#events\n"
      "quarantine: {to: bad, max_percent: 0.5%, max_rows: 10}\n"
      "gates:\n  - row_count: {min: 1, max: 9, change_from_last: 40%}\n  - row_count: {min: 2}\n"
      "to:\n  parquet: out/x\n  partition_by: [event_date = day(event_time), \"bucket(4, user_id)\"]\n  mode: append\n"
      "  on_changed: replace\n  on_vanished: keep\n  profile: fast\n  codec: zstd\n  level: 3\n"
      "limits: {memory: 1GiB, temp: 20GiB, threads: \"${THREADS}\"}\n");
  ASSERT_EQ(Rendered(c.loaded), "");
  EXPECT_TRUE(c.loaded.ok());
  const Pipeline& p = c.loaded.pipeline;
  EXPECT_EQ(p.file, "p/p.yaml");
  EXPECT_EQ(p.folder, "p");
  EXPECT_EQ(p.dataset, "curated.web-events");
  EXPECT_EQ(p.owner, "me@example.com");
  EXPECT_EQ(p.inputs, (std::vector<std::string>{"raw/a.csv", "raw/b/*.csv.gz"}));
  EXPECT_EQ(p.input_places[1].ToString(), "p/p.yaml:5:20");
  EXPECT_EQ(DialectOf(p).delimiter, "||");
  EXPECT_EQ(DialectOf(p).quote, '\'');
  EXPECT_EQ(DialectOf(p).escape, '\\');
  EXPECT_EQ(DialectOf(p).comment, '#');
  EXPECT_FALSE(DialectOf(p).header);
  EXPECT_EQ(DialectOf(p).skip_rows, 2);
  EXPECT_EQ(DialectOf(p).nulls, (std::vector<std::string>{"NA", ""}));
  EXPECT_EQ(DialectOf(p).encoding, CsvEncoding::kLatin1);
  EXPECT_TRUE(DialectOf(p).trim);
  EXPECT_EQ(DialectOf(p).record_bytes_max, 1 << 20);
  EXPECT_EQ(p.contract_path, "c.odcs.yaml");
  EXPECT_EQ(p.quarantine_to, "bad");
  EXPECT_EQ(p.quarantine_percent_max, 0.5);
  EXPECT_EQ(p.quarantine_rows_max, 10);
  ASSERT_EQ(p.gates.size(), 2u);
  EXPECT_EQ(p.gates[0].max, 9);
  EXPECT_EQ(p.gates[0].change_from_last_percent, 40.0);
  EXPECT_EQ(p.gates[1].min, 2);
  EXPECT_EQ(p.gates[1].max, std::nullopt);
  EXPECT_EQ(p.gates[1].place.line, 20);
  EXPECT_EQ(p.to, "out/x");
  EXPECT_EQ(p.to_place.ToString(), "p/p.yaml:22:12");
  ASSERT_EQ(p.partition_by.size(), 2u);
  EXPECT_EQ(p.partition_by[0].name, "event_date");
  EXPECT_EQ(p.partition_by[0].kind, TransformKind::kDay);
  EXPECT_EQ(p.partition_by[1].argument, 4);
  EXPECT_EQ(p.mode, WriteMode::kAppend);
  EXPECT_EQ(p.on_changed, OnChanged::kReplace);
  EXPECT_EQ(p.on_vanished, OnVanished::kKeep);
  EXPECT_EQ(p.parquet.profile, ParquetProfile::kFast);
  EXPECT_EQ(p.parquet.level, 3);
  EXPECT_EQ(p.memory_bytes, 1LL << 30);
  EXPECT_EQ(p.temp_bytes, 20LL << 30);
  EXPECT_EQ(p.threads, 2);
  EXPECT_EQ(c.loaded.contract.columns.size(), 2u);
}

TEST(LoadPipeline, FillsInWhatIsNotSaid) {
  const Case c = Load(kGood);
  ASSERT_EQ(Rendered(c.loaded), "");
  const Pipeline& p = c.loaded.pipeline;
  EXPECT_EQ(DialectOf(p).delimiter, ",");
  EXPECT_EQ(DialectOf(p).quote, '"');
  EXPECT_EQ(DialectOf(p).escape, std::nullopt);
  EXPECT_EQ(DialectOf(p).nulls, std::nullopt);
  EXPECT_TRUE(DialectOf(p).header);
  EXPECT_EQ(DialectOf(p).record_bytes_max, 16 << 20);
  EXPECT_EQ(p.quarantine_to, "_dlq/events");
  EXPECT_EQ(p.quarantine_percent_max, std::nullopt);
  EXPECT_EQ(p.mode, WriteMode::kReplacePartitions);
  EXPECT_EQ(p.parquet.codec, ParquetCodec::kZstd);
  EXPECT_EQ(p.parquet.level, 1);
  EXPECT_EQ(p.memory_bytes, std::nullopt);
  EXPECT_EQ(p.threads, 0);
}

TEST(LoadPipeline, QuoteOffAndTabs) {
  for (const char* quote : {"\"\"", "false"}) {
    const Case c = Load(fmt::format("version: 1\ndataset: raw.a\nsource: {{csv: a, delimiter: tab, quote: {}}}\n"
                                    "contract: c.odcs.yaml\nto: {{parquet: o}}\n",
                                    quote));
    ASSERT_EQ(Rendered(c.loaded), "");
    EXPECT_EQ(DialectOf(c.loaded.pipeline).quote, std::nullopt);
    EXPECT_EQ(DialectOf(c.loaded.pipeline).delimiter, "\t");
  }
}

TEST(LoadPipeline, SaysEverythingAtOnceInOrder) {
  const Case c = Load(
      "version: 2\ndataset: clen.events\nsource: {csv: raw/*.csv, delimeter: \";\"}\ncontract: c.odcs.yaml\n"
      "transform:\n  - sql: SELECT 1\nto:\n  parquet: clean/events\n  partition_by: [event_dat]\n"
      "  partition_by: [user_id]\nlimits: {memory: 16MiB}\n",
      std::string(kContract) + "      - {name: n, logicalType: number}\n");
  EXPECT_EQ(Rendered(c.loaded),
            "error[F0103]: key \"partition_by\" stands here a second time\n"
            "  --> p/p.yaml:10:3\n"
            "   |\n"
            "10 |   partition_by: [user_id]\n"
            "   |   ^^^^^^^^^^^^\n"
            "   = help: it was first set in line 9; keep one\n");
  const Case fixed = Load(
      "version: 2\ndataset: clen.events\nsource: {csv: raw/*.csv, delimeter: \";\"}\ncontract: c.odcs.yaml\n"
      "transform:\n  - sql: SELECT 1\nto:\n  parquet: clean/events\nlimits: {memory: 16MiB}\n",
      std::string(kContract) + "      - {name: n, logicalType: number}\n");
  EXPECT_EQ(Rendered(fixed.loaded),
            "error[F0106]: \"version\" must be at most 1\n"
            " --> p/p.yaml:1:10\n"
            "  |\n"
            "1 | version: 2\n"
            "  |          ^\n"
            "  = help: this freight reads version 1; a newer file needs a newer freight\n"
            "error[F0106]: \"clen.events\" is no dataset name\n"
            " --> p/p.yaml:2:10\n"
            "  |\n"
            "2 | dataset: clen.events\n"
            "  |          ^^^^^^^^^^^\n"
            "  = help: did you mean \"clean.events\"?\n"
            "error[F0102]: unknown key \"delimeter\"\n"
            " --> p/p.yaml:3:26\n"
            "  |\n"
            "3 | source: {csv: raw/*.csv, delimeter: \";\"}\n"
            "  |                          ^^^^^^^^^\n"
            "  = help: did you mean \"delimiter\"?\n"
            "error[F0102]: unknown key \"transform\"\n"
            " --> p/p.yaml:5:1\n"
            "  |\n"
            "5 | transform:\n"
            "  | ^^^^^^^^^\n"
            "  = help: a pipeline has: version, dataset, owner, source, contract, quarantine, gates, to, limits\n"
            "error[F0106]: \"memory\" must be at least 32MiB\n"
            " --> p/p.yaml:9:18\n"
            "  |\n"
            "9 | limits: {memory: 16MiB}\n"
            "  |                  ^^^^^\n"
            "error[F0202]: number \"n\" has no precision\n"
            "  --> p/c.odcs.yaml:11:32\n"
            "   |\n"
            "11 |       - {name: n, logicalType: number}\n"
            "   |                                ^^^^^^\n"
            "   = help: declare physicalType: DECIMAL(p,s), or logicalTypeOptions: {format: f64}\n");
}

TEST(LoadPipeline, AContractThatIsNoNameIsNotTakenForAnEmptyOne) {
  for (const char* name : {"''", "'#events'", "${NONE:-}"}) {
    const Case c = Load(fmt::format("version: 1\ndataset: clean.events\nsource: {{csv: raw/*.csv}}\ncontract: {}\n"
                                    "to: {{parquet: clean/events}}\n",
                                    name));
    ASSERT_EQ(c.loaded.diagnostics.size(), 1u) << name;
    EXPECT_EQ(c.loaded.diagnostics[0].message, "\"contract\" must name a file") << name;
    EXPECT_EQ(c.loaded.diagnostics[0].place.line, 4) << name;
    EXPECT_FALSE(c.loaded.ok()) << name;
  }
}

// A good file with one line changed or added -> what is said, without the picture.
TEST(LoadPipeline, RefusesWhatCannotStandTogether) {
  const auto file = [](const std::string& source, const std::string& to, const std::string& more = "") {
    return "version: 1\ndataset: clean.events\nsource: {" + source + "}\ncontract: c.odcs.yaml\nto: {" + to + "}\n" +
           more;
  };
  const std::string csv = "csv: raw/*.csv", parquet = "parquet: clean/events";
  for (const auto& [text, want] : std::initializer_list<std::pair<std::string, std::string>>{
           {file(csv + ", delimiter: \"'\", quote: \"'\"", parquet),
            "3:37 F0401 delimiter and quote share a character"},
           {file(csv + ", delimiter: \"\\n\"", parquet), "3:37 F0401 the delimiter has a line end in it"},
           {file(csv + ", delimiter: \"\"", parquet), "3:37 F0401 the delimiter is empty"},
           {file(csv + ", quote: '', escape: '!'", parquet), "3:45 F0401 an escape needs a quote"},
           {file(csv + ", comment: ','", parquet), "3:35 F0401 the comment character also begins a field or ends one"},
           {file("csv: []", parquet), "3:15 F0106 \"csv\" names no file"},
           {file(csv, "parquet: raw"), "5:15 F0401 the dataset \"raw\" would hold files of the source \"raw/*.csv\""},
           {file("csv: raw/**", "parquet: raw/out"),
            "5:15 F0401 the dataset \"raw/out\" would hold files of the source \"raw/**\""},
           {file("csv: ''", parquet), "3:15 F0106 \"csv\" must name a file or a glob"},
           {file(csv, "parquet: ''"), "5:15 F0106 \"parquet\" must name a folder"},
           {file(csv, parquet, "quarantine: {to: ''}\n"), "6:18 F0106 \"to\" must name a folder"},
           {file(csv, "parquet: ."), "5:15 F0401 the dataset needs a folder of its own"},
           {file(csv, parquet, "quarantine: {to: clean/events/bad}\n"),
            "6:18 F0401 quarantine \"clean/events/bad\" and dataset \"clean/events\" lie inside each other"},
           {file(csv, parquet, "gates: [{row_count: {min: 5, max: 1}}]\n"), "6:27 F0401 min 5 is larger than max 1"},
           {file(csv, parquet, "gates: [{row_count: {}}]\n"), "6:21 F0104 row_count checks nothing"},
           {file(csv, parquet + ", mode: upsert"),
            "5:35 F0106 \"mode\" must be one of replace_partitions, replace, append"},
           {file(csv, parquet + ", on_changed: replace"), "5:29 F0403 \"on_changed\" has no effect in this mode"},
           {file(csv, parquet + ", codec: snappy, level: 3"), "5:44 F0403 \"level\" has no effect with this codec"},
           {file(csv, parquet, "limits: {threads: \"${CORES}\"}\n"), "6:19 F0107 variable \"CORES\" is not set"},
           {file(csv, parquet + ", partition_by: [event_dat]"), "5:44 F0402 "},
           {file(csv, parquet + ", partition_by: [day(user_id)]"), "5:44 F0402 "},
           {file(csv, parquet + ", partition_by: [dya(event_time)]"), "5:44 F0402 "}}) {
    const Case c = Load(text);
    ASSERT_FALSE(c.loaded.diagnostics.empty()) << text;
    const Diagnostic& d = c.loaded.diagnostics[0];
    const std::string got = fmt::format("{}:{} {} {}", d.place.line, d.place.column, d.code, d.message);
    EXPECT_EQ(want.ends_with(' ') ? got.substr(0, want.size()) : got, want) << text;
    EXPECT_EQ(c.loaded.ok(), d.severity == Severity::kWarning);
    EXPECT_EQ(c.loaded.pipeline.notes.size(), c.loaded.ok() ? 1u : 0u);
  }
}

TEST(LoadPipeline, SaysWhyAFileCannotBeRead) {
  const auto env = MakeMemEnv();
  ASSERT_TRUE(MakeDirs(*env, "d/dir.yaml", false).ok());
  Put(*env, "d/empty.yaml", "");
  Put(*env, "d/big.yaml", std::string((1 << 20) + 1, ' '));
  Put(*env, "d/nocontract.yaml", kGood);
  Put(*env, "big/p.yaml", kGood);
  Put(*env, "big/c.odcs.yaml", std::string((8 << 20) + 1, ' '));
  for (const auto& [file, want] : std::initializer_list<std::pair<const char*, const char*>>{
           {"d/none.yaml",
            "error[F0100]: there is no file \"d/none.yaml\"\n --> d/none.yaml\n  = help: check the path\n"},
           {"d/dir.yaml",
            "error[F0100]: \"d/dir.yaml\" is a directory\n --> d/dir.yaml\n  = help: name a YAML file in it\n"},
           {"d/empty.yaml", "error[F0101]: the file has no content\n --> d/empty.yaml\n"
            "  = help: `freight init` writes files to start from\n"},
           {"d/big.yaml",
            "error[F0100]: \"d/big.yaml\" has 1048577 bytes; at most 1 MiB are read\n --> d/big.yaml\n"
            "  = help: check that this is the file you meant\n"},
           {"d/nocontract.yaml",
            "error[F0100]: there is no file \"d/c.odcs.yaml\"\n --> d/nocontract.yaml:4:11\n  |\n4 | contract: "
            "c.odcs.yaml\n"
            "  |           ^^^^^^^^^^^\n  = help: check the path\n"},
           {"big/p.yaml",
            "error[F0100]: \"big/c.odcs.yaml\" has 8388609 bytes; at most 8 MiB are read\n --> big/p.yaml:4:11\n  |\n"
            "4 | contract: c.odcs.yaml\n  |           ^^^^^^^^^^^\n  = help: check that this is the file you "
            "meant\n"}}) {
    const LoadedPipeline loaded = LoadPipeline(*env, file, {});
    EXPECT_EQ(Rendered(loaded), want);
    EXPECT_FALSE(loaded.ok());
  }
}

TEST(MayMatchInside, ComparesPathsAsWritten) {
  for (const auto& [pattern, folder, want] : std::initializer_list<std::tuple<const char*, const char*, bool>>{
           {"raw/*.csv", "clean", false}, {"raw/*.csv", "raw", true},       {"raw/*.csv", "raw/out", false},
           {"raw/*/*.csv", "raw/out", true}, {"raw/**", "raw/out", true},   {"./raw//x.csv", "raw/.", true},
           {"*.csv", "out", false},       {"*", "out", true},               {"raw/../out/x.csv", "out", true},
           {"raw/[ab].csv", "raw/a.csv", true}, {"/a/*.csv", "a", false},   {"**/x.csv", "out", true},
           {"a?c/x", "abc", true},        {"a?c/x", "ac", false}}) {
    EXPECT_EQ(MayMatchInside(pattern, folder), want) << pattern << " " << folder;
  }
}

TEST(FindPipelines, FindsFilesWithADatasetAlsoBrokenOnes) {
  const auto env = MakeMemEnv();
  Put(*env, "w/a.yaml", kGood);
  Put(*env, "w/broken.yml", "dataset: clean.x\nto: [\n");
  Put(*env, "w/c.odcs.yaml", kContract);
  Put(*env, "w/notes.txt", kGood);
  Put(*env, "w/pipelines/b.yaml", kGood);
  Put(*env, "w/other/c.yaml", kGood);
  const auto found = FindPipelines(*env, "w");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, (std::vector<std::string>{"w/a.yaml", "w/broken.yml", "w/pipelines/b.yaml"}));
}

// The generated pages in docs/reference are committed; `freight docs --out docs/reference` writes them anew.
TEST(ReferencePages, StandInDocsAsGenerated) {
  const std::string source = __FILE__;
  const std::string docs = source.substr(0, source.rfind("src/")) + "docs/reference/";
  const auto disk = MakeDiskEnv();
  for (const auto& [name, text] : ReferencePages()) {
    const Result<std::string> committed = ReadFile(*disk, docs + name, 1 << 20);
    ASSERT_TRUE(committed.ok()) << committed.status().ToString();
    EXPECT_EQ(*committed, text) << name << " is stale: run freight docs --out docs/reference";
  }
}

TEST(PipelineJsonSchema, ClosesEveryMap) {
  const std::string schema = PipelineJsonSchema();
  size_t maps = 0, closed = 0;
  for (size_t at = 0; (at = schema.find("\"type\": \"object\"", at)) != std::string::npos; ++at) ++maps;
  for (size_t at = 0; (at = schema.find("\"additionalProperties\": false", at)) != std::string::npos; ++at) ++closed;
  EXPECT_EQ(maps, 9u);
  EXPECT_EQ(closed, maps);
}

}  // namespace
}  // namespace freight
