#!/usr/bin/env bash
# mypy on a staged copy, where the collection has its name.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
tools/stage.sh "$stage"
cd "$stage"
here=ansible_collections/hybrid/s2s_vpn
"$root/.venv/bin/mypy" --config-file "$here/pyproject.toml" --cache-dir "$root/.mypy_cache" \
  "$here/plugins/module_utils" "$here/plugins/plugin_utils" "$here/plugins/action" "$here/plugins/modules"
cd "$here"
"$root/.venv/bin/mypy" --cache-dir "$root/.mypy_cache/rehearsal" rehearsal
