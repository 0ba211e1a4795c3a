#!/usr/bin/env bash
# The clouds' own command lines, Azure CLI and AWS CLI, against the two local clouds: `clients.sh [pytest arguments]`.
# They live in .venv-clients, since Azure CLI pins much that .venv needs in other versions.
set -euo pipefail
cd "$(dirname "$0")/.."
home=.venv-clients
stamp=$home/stamp
say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }

state=$(cat requirements/clients.txt tools/clients.sh | sha256sum | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null)" != "$state" ]; then
  .venv/bin/python -m venv --clear --without-pip "$home"
  # uv does not read pip's configuration: a mirror set there is handed on
  if [ -z "${UV_DEFAULT_INDEX:-}" ] && mirror=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null); then
    export UV_DEFAULT_INDEX=$mirror
  fi
  say "fetching Azure CLI and AWS CLI into $home (580 MB unpacked)"
  .venv/bin/uv pip install --quiet --python "$home/bin/python" --require-hashes -r requirements/clients.txt
  say "compiling what they import"
  # not all of it, that would be 200 MB more; without it every az would take 6 s instead of 1
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  once() {
    HOME=$scratch AZURE_CONFIG_DIR=$scratch AZURE_CORE_COLLECT_TELEMETRY=no PYTHONDONTWRITEBYTECODE='' \
      PYTHONWARNINGS=ignore "$home/bin/$1" "${@:2}" > "$scratch/said" 2>&1 || { cat "$scratch/said" >&2; exit 1; }
  }
  once az network vnet-gateway list --help
  once aws ec2 describe-vpn-connections --generate-cli-skeleton
  printf '%s' "$state" > "$stamp"
  say "environment ready: $(du -sh $home | cut -f1)"
fi
exec .venv/bin/python -m pytest tests/clients "$@"
