#!/usr/bin/env bash
# Copies the tracked and untracked files of the checkout to DIR/ansible_collections/hybrid/s2s_vpn, beside the two
# collections it needs: ansible-test and ansible-lint know a collection by its place and refuse a link.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$1/ansible_collections
mkdir -p "$target/hybrid/s2s_vpn" "$target/amazon" "$target/azure"
git ls-files -co --exclude-standard -z | while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
  tar --null --files-from=- -cf - | tar -xf - -C "$target/hybrid/s2s_vpn"
ln -sfn "$PWD/.venv/collections/ansible_collections/amazon/aws" "$target/amazon/aws"
ln -sfn "$PWD/.venv/collections/ansible_collections/azure/azcollection" "$target/azure/azcollection"
