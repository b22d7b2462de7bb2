#!/usr/bin/env bash
# Installs what building needs: Debian packages from scripts/packages.txt, then the pinned downloads.
# With --test also what only the tests need, with --bench what the benchmarks need beside those.
# Does nothing, offline too, when all is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

missing_packages() {
  local wanted installed
  wanted=$(grep -hv '^#' "$@")
  # shellcheck disable=SC2086  # the list is words
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
              awk '$2 == "installed" {print $1}' || true)
  comm -23 <(sort <<<"$wanted") <(sort -u <<<"$installed")
}

install_packages() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "error: these Debian packages are missing and there is no sudo:" "$@" >&2
      echo "   = help: as root: apt-get install --no-install-recommends $*" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "installing:" "$@" >&2
  if ! { "${as_root[@]}" apt-get -q update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get -qy install --no-install-recommends "$@"; } </dev/null >&2; then
    echo "error: could not install the Debian packages:" "$@" >&2
    echo "   = help: check the network and /etc/apt/sources.list, then run this again" >&2
    exit 1
  fi
}

if ! command -v dpkg-query >/dev/null; then
  echo "error: this is no Debian system" >&2
  echo "   = help: install the counterparts of scripts/packages.txt yourself and run cmake" >&2
  exit 1
fi
lists=("$here/packages.txt")
case "${1:-}" in
  --test) lists+=("$here/packages_test.txt") ;;
  --bench) lists+=("$here/packages_bench.txt") ;;
esac
mapfile -t missing < <(missing_packages "${lists[@]}")
if [ "${#missing[@]}" -gt 0 ]; then install_packages "${missing[@]}"; fi

python=/usr/bin/python3
"$python" "$here/fetch.py" build
case "${1:-}" in
  --test) "$python" "$here/fetch.py" test ;;
  --bench)
    "$python" "$here/fetch.py" test
    "$python" "$here/fetch.py" bench
    ;;
esac
