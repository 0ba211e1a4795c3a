#!/usr/bin/env bash
# Every molecule scenario, two at a time, on two clouds that scenario default raises and ends.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$PWD/.venv/collections"
if [ $# -eq 0 ]; then set -- --all --workers 2 --continue-on-failure; fi
exec molecule test "$@"
