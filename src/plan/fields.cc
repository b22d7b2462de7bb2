// The tables behind plan/fields.h: key, type, bounds, default, help and example of each field.
#include "plan/fields.h"

#include "catalog/input_formats.h"

namespace freight {
namespace {

constexpr FieldSpec kQuarantine[] = {
    {.key = "to",
     .help = "Folder for rejected rows, relative to the pipeline file; without it `_dlq/` and the dataset's last name.",
     .example = "_dlq/events"},
    {.key = "max_percent", .kind = FieldKind::kPercent, .minimum = 0, .maximum = 100,
     .help = "With a larger share of bad rows nothing is published and the exit code is 3.", .example = "0.5"},
    {.key = "max_rows", .kind = FieldKind::kInteger, .minimum = 0,
     .help = "With more bad rows nothing is published and the exit code is 3.", .example = "1000"},
};
constexpr Shape kQuarantineShape = {
    "quarantine", "Where rows go that break the contract, and how many are still acceptable.", kQuarantine};

constexpr FieldSpec kRowCount[] = {
    {.key = "min", .kind = FieldKind::kInteger, .minimum = 0, .help = "The dataset must have at least so many rows.",
     .example = "1"},
    {.key = "max", .kind = FieldKind::kInteger, .minimum = 0, .help = "The dataset may have at most so many rows.",
     .example = "5000000"},
    {.key = "change_from_last", .kind = FieldKind::kPercent, .minimum = 0,
     .help = "How far the number of rows may move from what is published now, up or down.", .example = "40%"},
};
constexpr Shape kRowCountShape = {
    "row_count", "Bounds on the number of rows that the dataset would have after publishing.", kRowCount};

constexpr FieldSpec kGate[] = {
    {.key = "row_count", .kind = FieldKind::kMap, .required = true, .shape = &kRowCountShape,
     .help = "Bounds on the number of rows; see row_count.", .example = "{min: 1}"},
};
constexpr Shape kGateShape = {
    "a gate", "Checks on the staged output, judged before any reader can see it. A failed gate publishes nothing and "
              "exits with 3.", kGate};

constexpr FieldSpec kTarget[] = {
    {.key = "parquet", .required = true, .help = "The dataset's folder, relative to the pipeline file.",
     .example = "clean/events"},
    {.key = "partition_by", .count = FieldCount::kOneOrList,
     .help = "Columns, or transforms of one as `name = year|month|day|hour(column)`, `bucket(n, column)`, "
             "`truncate(n, column)`; each becomes a level of folders.",
     .example = "[event_date = day(event_time)]"},
    {.key = "mode", .kind = FieldKind::kChoice, .choices = "replace_partitions replace append",
     .default_text = "replace_partitions", .help = "What happens to rows that are published already.",
     .example = "append"},
    {.key = "on_changed", .kind = FieldKind::kChoice, .choices = "refuse replace", .default_text = "refuse",
     .help = "With `append`: an input that changed since it was added is refused, or its rows are replaced.",
     .example = "replace"},
    {.key = "on_vanished", .kind = FieldKind::kChoice, .choices = "refuse keep drop", .default_text = "refuse",
     .help = "When an input is gone and a touched partition holds its rows: refuse, keep the rows, or drop them.",
     .example = "keep"},
    {.key = "profile", .kind = FieldKind::kChoice, .choices = "compat fast", .default_text = "compat",
     .help = "Parquet encodings: those that every reader knows, or newer ones that are smaller and faster.",
     .example = "fast"},
    {.key = "bloom_filter", .count = FieldCount::kOneOrList,
     .help = "Columns whose row groups get a Bloom filter: readers that look for one value skip those that lack it.",
     .example = "[user_id]"},
    {.key = "sorted_by", .count = FieldCount::kOneOrList,
     .help = "Columns by which rows are expected to ascend, nulls last. A row group whose rows do says so in the file, "
             "for readers that can use it; rows are not moved.",
     .example = "[event_time]"},
    {.key = "row_group_size", .kind = FieldKind::kBytes, .minimum = 64 << 10,
     .help = "Bytes of input that a row group takes, before they are split by partition; 4 MiB without it. Six times "
             "as much must fit into `limits.memory`.",
     .example = "8MiB"},
    {.key = "file_size", .kind = FieldKind::kBytes, .minimum = 1,
     .help = "A file that has reached this size ends with its row group and the next one begins; smaller ones of the "
             "same input and partition are joined up to this size when the input ends.",
     .example = "16MiB"},
    {.key = "codec", .kind = FieldKind::kChoice, .choices = "zstd snappy none", .default_text = "zstd",
     .help = "How pages are compressed.", .example = "snappy"},
    {.key = "level", .kind = FieldKind::kInteger, .minimum = 1, .maximum = 19, .default_text = "1",
     .help = "The level of zstd: higher is smaller and slower.", .example = "3"},
};
constexpr Shape kTargetShape = {
    "to", "Where the rows go: a partitioned Parquet dataset, published partition by partition in one step each.",
    kTarget};

constexpr FieldSpec kLimits[] = {
    {.key = "memory", .kind = FieldKind::kBytes, .minimum = kMemoryBytesMin, .default_text = "64MiB",
     .help = "The byte budget of a run; when it is short, work waits. At least 32MiB. Unless it is given, Parquet "
             "inputs get what the pages of their largest row group take beside the 64MiB.", .example = "1GiB"},
    {.key = "temp", .kind = FieldKind::kBytes, .minimum = 0,
     .help = "The most that staged output and quarantine of a run may take on disk.", .example = "20GiB"},
    {.key = "threads", .kind = FieldKind::kInteger, .minimum = 0, .maximum = 1024, .default_text = "0",
     .help = "Worker threads; 0 uses all cores. The output does not depend on it.", .example = "4"},
};
constexpr Shape kLimitsShape = {"limits", "What a run may use. None of it changes the output.", kLimits};

constexpr FieldSpec kPipeline[] = {
    {.key = "version", .kind = FieldKind::kInteger, .required = true, .minimum = 1, .maximum = 1,
     .help = "The version of this file format.", .example = "1",
     .range_help = "this freight reads version 1; a newer file needs a newer freight"},
    {.key = "dataset", .required = true, .help = "`<layer>.<name>`; the layer is raw, clean or curated.",
     .example = "clean.events"},
    {.key = "owner", .help = "Who answers for the dataset.", .example = "data-platform@example.com"},
    {.key = "source", .kind = FieldKind::kMap, .required = true, .variants = InputFormatShapes,
     .help = "Where the rows come from, one kind of files; see the pages called source.",
     .example = "{csv: raw/*.csv}"},
    {.key = "contract", .required = true,
     .help = "The data contract (ODCS 3.1), relative to the pipeline file; `file#object` picks one of several schema "
             "objects.",
     .example = "contracts/events.odcs.yaml"},
    {.key = "quarantine", .kind = FieldKind::kMap, .shape = &kQuarantineShape,
     .help = "Where bad rows go and how many are acceptable; see quarantine.", .example = "{max_percent: 0.5}"},
    {.key = "gates", .kind = FieldKind::kMap, .count = FieldCount::kList, .shape = &kGateShape,
     .help = "Checks before publishing; see gates.", .example = "[{row_count: {min: 1}}]"},
    {.key = "to", .kind = FieldKind::kMap, .required = true, .shape = &kTargetShape,
     .help = "Where the rows go; see to.", .example = "{parquet: clean/events}"},
    {.key = "limits", .kind = FieldKind::kMap, .shape = &kLimitsShape, .help = "Memory, disk and threads; see limits.",
     .example = "{memory: 1GiB}"},
};
constexpr Shape kPipelineShape = {
    "a pipeline",
    "One YAML file per dataset: what to read, what the rows must be, what to do with bad ones, where the rest goes. "
    "Paths are relative to the file. `${VAR}`, `${VAR:-default}` and `${VAR:?message}` are expanded inside string "
    "values; `$${` is a literal `${`.",
    kPipeline};

}  // namespace

const Shape& PipelineShape() { return kPipelineShape; }
const Shape& QuarantineShape() { return kQuarantineShape; }
const Shape& GateShape() { return kGateShape; }
const Shape& RowCountShape() { return kRowCountShape; }
const Shape& TargetShape() { return kTargetShape; }
const Shape& LimitsShape() { return kLimitsShape; }

}  // namespace freight
