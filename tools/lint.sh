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
# a home of its own: ansible-lint installs into the user's, and would look there first
HOME="$stage/home" PATH="$root/.venv/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$stage" "$root/.venv/bin/ansible-lint" --offline "$@"
