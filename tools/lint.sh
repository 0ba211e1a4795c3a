#!/usr/bin/env bash
# ruff on the checkout, ansible-lint on a staged copy.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
.venv/bin/ruff check .
.venv/bin/ruff format --check .
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
tools/stage.sh "$stage"
cd "$stage/ansible_collections/hybrid/s2s_vpn"
git init -q .
PATH="$root/.venv/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$stage" "$root/.venv/bin/ansible-lint" --offline "$@"
