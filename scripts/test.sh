#!/usr/bin/env bash
# Builds and runs all tests; ends with one line "N passed, N failed, N skipped".
# PRESET=asan, tsan or coverage picks another build than dev.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${PRESET:-dev}
cache=${FREIGHT_CACHE:-$HOME/.cache/freight}
export CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}
# With a precompiled header ccache must be told that dates of headers do not matter.
export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}

mkdir -p build
scripts/setup.sh --test
cmake --preset "$preset" >"build/configure.log" 2>&1 || { cat build/configure.log >&2; exit 1; }
cmake --build --preset "$preset"
rm -f "build/$preset/ctest.xml"
ctest --test-dir "build/$preset" -j2 --output-on-failure --output-junit "$PWD/build/$preset/ctest.xml" || true
export FREIGHT_BUILD=$PWD/build/$preset
exec "$cache/venv/bin/python" tests/run.py --ctest "build/$preset/ctest.xml"
