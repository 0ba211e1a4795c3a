#!/usr/bin/env bash
# Checks the documentation: pages written by tools are up to date, links of the Markdown pages lead somewhere,
# changelog fragments are well formed, and the documentation of plugins and roles builds.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(pwd -P)
export PATH="$root/.venv/bin:$PATH"
python tools/role_tables.py --check
python tools/invented.py --check
python tools/checks.py --check
python tools/links.py
antsibull-changelog lint
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
tools/stage.sh "$stage"
mkdir -m 700 "$stage/site"
cd "$stage/ansible_collections/hybrid/s2s_vpn"
export ANSIBLE_COLLECTIONS_PATH="$stage"
# antsibull-docs copies what git tracks, and must not take the collections in .venv for untracked files of this checkout
GIT_CEILING_DIRECTORIES="$root" antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=dependent \
  --disallow-unknown-collection-refs --check-extra-docs-refs .
antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir "$stage/site" hybrid.s2s_vpn
for plugin in plugins/modules/*.py; do
  page="$stage/site/$(basename "$plugin" .py)_module.rst"
  [ -s "$page" ] || { echo "no page for $plugin" >&2; exit 1; }
done
printf 'documentation: %d pages\n' "$(find "$stage/site" -name '*.rst' | wc -l)"
