#!/usr/bin/env bash
# Builds and runs all tests; ends with one line "N passed, N failed, N skipped".
# PRESET=asan, tsan or coverage picks another build than dev. When all passed and nothing has changed since, it says so
# and runs nothing; --again runs them in any case.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $# -eq 0 || ( $# -eq 1 && $1 == --again ) ]] || { echo "usage: scripts/test.sh [--again]" >&2; exit 2; }
preset=${PRESET:-dev}
cache=${FREIGHT_CACHE:-$HOME/.cache/freight}
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
# With a precompiled header ccache must be told that dates of headers do not matter.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}

mkdir -p build
scripts/setup.sh --test
cmake --preset "$preset" >"build/configure.log" 2>&1 || { cat build/configure.log >&2; exit 1; }
cmake --build --preset "$preset"
passed=build/$preset/passed.txt  # what the tests were that all passed, then what they said
tests=$(scripts/fingerprint.sh "$preset")
if [[ $# -eq 0 && -f $passed && $(head -n 1 "$passed") == "$tests" ]]; then
  when=$(date -r "$passed" '+%Y-%m-%d at %H:%M')
  echo "nothing has changed since all tests passed on $when; scripts/test.sh --again runs them again"
  tail -n +2 "$passed"
  exit
fi
rm -f "build/$preset/ctest.xml" "$passed"
ctest --test-dir "build/$preset" -j2 --output-on-failure --output-junit "$PWD/build/$preset/ctest.xml" || true
export FREIGHT_BUILD=$PWD/build/$preset
"$cache/venv/bin/python" tests/run.py --ctest "build/$preset/ctest.xml" | tee "build/$preset/tests.log"
[[ $(scripts/fingerprint.sh "$preset") == "$tests" ]] || exit 0  # edited meanwhile: the next run is a new one
{ echo "$tests"; grep '^skipped ' "build/$preset/tests.log" || true; tail -n 1 "build/$preset/tests.log"; } >"$passed"
