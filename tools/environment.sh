#!/usr/bin/env bash
# Makes .venv: `environment.sh rehearse` for the rehearsal, `environment.sh test` for the tests on top of it.
# Does nothing when the lock files have not changed since.
set -euo pipefail
cd "$(dirname "$0")/.."
want=${1:-rehearse}
limit=2048 # MiB
locks=(requirements/uv.txt requirements/collections.txt requirements/rehearse.txt)
[ "$want" = test ] && locks+=(requirements/test.txt)
stamp=.venv/stamp-$want
state=$(cat "${locks[@]}" tools/environment.sh | sha256sum | cut -d' ' -f1)
[ "$(cat "$stamp" 2>/dev/null)" = "$state" ] && exit 0

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }

find_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.14 python3 \
      "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.1[2-4]*/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

if ! [ -x .venv/bin/python ]; then
  if ! python=$(find_python); then
    cat >&2 <<'HELP'
No Python 3.12, 3.13 or 3.14 with its venv module was found on PATH or in pyenv. Any of these gives one:
  apt-get install python3.13-venv        (Debian 13 and later; python3.12-venv on Ubuntu 24.04)
  pyenv install 3.13                     (everywhere else)
HELP
    exit 1
  fi
  say "virtual environment .venv with $("$python" --version)"
  "$python" -m venv .venv
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
# uv does not read pip's configuration: a mirror set there is handed on
if [ -z "${UV_DEFAULT_INDEX:-}" ] && mirror=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null); then
  export UV_DEFAULT_INDEX=$mirror
fi
say "fetching ansible-core, the cloud SDKs and the local clouds (some 700 MB unpacked)"
packages=(-r requirements/rehearse.txt)
if [ "$want" = test ]; then
  say "fetching the test tools"
  packages+=(-r requirements/test.txt)
fi
.venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes "${packages[@]}"
if ! [ -d .venv/collections/ansible_collections/azure/azcollection ]; then
  say "fetching amazon.aws and azure.azcollection (50 MB, 15 MB unpacked)"
  fetched=$(mktemp -d)
  trap 'rm -rf "$fetched"' EXIT
  .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --dest "$fetched" -r requirements/collections.txt
  .venv/bin/python - "$fetched" .venv/collections <<'PYTHON'
import pathlib
import sys
import zipfile

wheel = next(pathlib.Path(sys.argv[1]).glob("*.whl"))
wanted = ("ansible_collections/amazon/aws/", "ansible_collections/azure/azcollection/")
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(sys.argv[2], [name for name in archive.namelist() if name.startswith(wanted)])
PYTHON
fi
mkdir -p .venv/collections/ansible_collections/hybrid
ln -sfn ../../../.. .venv/collections/ansible_collections/hybrid/s2s_vpn
# Ansible's modules never write bytecode: without this every Azure task would compile the SDKs anew, 7 s instead of 1.5
say "compiling what the modules import"
PYTHONDONTWRITEBYTECODE='' PYTHONPATH=.venv/collections .venv/bin/python -W ignore -c '
import ansible_collections.azure.azcollection.plugins.module_utils.azure_rm_common
import ansible_collections.amazon.aws.plugins.module_utils.modules
import boto3, moto.server, rehearsal.azure.server, rehearsal.aws.server'
size=$(du -sm .venv | cut -f1)
if [ "$size" -gt "$limit" ]; then
  say "the environment takes $size MiB, and must not take more than $limit" >&2
  exit 1
fi
printf '%s' "$state" > "$stamp"
say "environment ready: $size MiB"
