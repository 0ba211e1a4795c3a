#!/usr/bin/env bash
# Every molecule scenario, on two clouds of its own each; two scenarios run at a time.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$PWD/.venv/collections" PY_COLORS=0 ANSIBLE_NOCOLOR=1
exec molecule test --all --workers 2 --no-command-borders "$@"
