#!/usr/bin/env bash
# ansible-test sanity on a staged copy, with no ignore list.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
python=$("$root/.venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
tools/stage.sh "$stage"
# ansible-test wants to fetch a bootstrap script for pip; Python has pip with it
bootstrap=$HOME/.ansible/test/cache/get_pip_25_2.py
mkdir -p "$(dirname "$bootstrap")"
[ -s "$bootstrap" ] || cat > "$bootstrap" <<'PYTHON'
import ensurepip

ensurepip.bootstrap(upgrade=True, default_pip=True)
PYTHON
cd "$stage/ansible_collections/hybrid/s2s_vpn"
if find tests/sanity -name 'ignore*' -size +0 2>/dev/null | grep .; then
  echo "the ignore list of ansible-test must stay empty" >&2
  exit 1
fi
git init -q . && git add -A . >/dev/null
PATH="$root/.venv/bin:$PATH" "$root/.venv/bin/ansible-test" sanity --local --python "$python" --color no "$@"
