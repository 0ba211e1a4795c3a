#!/usr/bin/env bash
# Writes the lock files of requirements/ from their .in files, with hashes and without index addresses.
set -euo pipefail
cd "$(dirname "$0")/../requirements"
compile() {
  ../.venv/bin/uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --universal --python-version 3.12 \
    --generate-hashes --prerelease=if-necessary-or-explicit --output-file "$1.txt" "$1.in" "${@:2}"
}
compile uv
compile collections --no-deps
compile rehearse
compile test
compile clients
