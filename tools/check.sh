#!/usr/bin/env bash
# Runs every check of tools/ over the checkout; fails when one fails.
set -uo pipefail
cd "$(dirname "$0")/.."
failed=0
for check in tools/check_*.py; do
  python3 "$check" || failed=1
done
exit $failed
