#!/usr/bin/env bash
# The main job on about 200 MB of generated events: run it, kill it half-way, run it again, look at what came out.
# Everything happens in build/demo, on a copy of examples/events.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${FREIGHT_CACHE:-$HOME/.cache/freight}
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
bytes=200000000
freight=$PWD/build/release/freight

say() { printf '\n== %s\n' "$*"; }

# Dataset folder as the pipeline in the current folder declares it.
dataset_root() { "$cache/venv/bin/python" -c '
import glob, yaml
print(next(y["to"]["parquet"] for y in map(yaml.safe_load, map(open, glob.glob("*.yaml"))) if "dataset" in y))'; }

fresh_copy() {
  rm -rf "build/$1"
  mkdir -p build
  cp -R examples/events "build/$1"
  mkdir -p "build/$1/raw"
}

# Kills a run as soon as one chunk is done for good.
run_and_kill() {
  "$freight" run >killed.out 2>killed.err &
  local run=$! log=$1.freight/manifest.log
  while kill -0 "$run" 2>/dev/null && ! grep -qas chunk_done "$log"; do sleep 0.005; done
  if kill -KILL "$run" 2>/dev/null; then
    echo "killed process $run"
  else
    echo "the run was faster than the kill"
  fi
  wait "$run" 2>/dev/null || true
}

part_hashes() { (cd "$1" && find . -name '*.parquet' -exec sha256sum {} + | sort -k2); }

query() { "$cache/venv/bin/python" -c '
import duckdb, sys
print(duckdb.sql(f"""SELECT event_type, count(*) AS events, sum(amount) AS amount, min(event_time) AS first_event
FROM read_parquet({sys.argv[1] + "/**/*.parquet"!r}, hive_partitioning = true)
GROUP BY event_type ORDER BY events DESC"""))' "$1"; }

mkdir -p build
scripts/setup.sh --test
say "building build/release/freight"
cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log >&2; exit 1; }
cmake --build --preset release --target freight freight_gen

say "generating about 200 MB of events, 1 % of them bad"
fresh_copy demo
fresh_copy demo_clean
build/release/freight_gen --out build/demo/raw --files 8 --bytes "$bytes" --bad-percent 1 --seed 1 \
  --manifest build/demo_figures.json
cp -l build/demo/raw/* build/demo_clean/raw/
cd build/demo
root=$(dataset_root)
ls -lh raw | tail -n +2

say "freight plan"
"$freight" plan
say "freight run, killed with SIGKILL when its first chunk is done"
run_and_kill "$root"
"$freight" status
say "freight run, again"
"$freight" run
say "freight run, once more"
"$freight" run

say "partitions in $root"
find "$root" -mindepth 1 -maxdepth 1 -type d | sort | sed -n '1,3p;$p'
echo "$(find "$root" -name '*.parquet' | wc -l) files, $(du -sh "$root" | cut -f1)"
say "bad rows by rule, and the first three with their addresses"
"$freight" quarantine ls
"$freight" quarantine show --limit 3
say "the result, read by DuckDB"
query "$root"

say "the same input in a run that nobody killed"
(cd ../demo_clean && "$freight" run >clean.out 2>clean.err)
if diff <(part_hashes "$root") <(part_hashes "../demo_clean/$root") >/dev/null; then
  echo "identical: $(part_hashes "$root" | wc -l) data files have the same bytes"
else
  echo "error: the data files differ from those of a clean run" >&2
  exit 1
fi
