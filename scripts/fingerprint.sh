#!/usr/bin/env bash
# Usage: fingerprint.sh PRESET
# One word for all that a test run depends on: the files of this checkout, the data beside it, the built programs.
set -euo pipefail
cd "$(dirname "$0")/.."
{
  id -u
  # A file that is deleted counts, too: sha256sum says that it is not there.
  git ls-files -z --cached --others --exclude-standard | xargs -0 -r sha256sum 2>&1 || true
  find -L "${FREIGHT_SHARED_DATA:-../shared/data}" -type f -printf '%p %s %T@\n' 2>/dev/null | sort || true
  find "build/$1" -maxdepth 1 -type f -executable -exec sha256sum {} + | sort
} | sha256sum | cut -c 1-64
