#!/usr/bin/env bash
# Runs make targets one after the other, prints the seconds of each, and goes on to the next after a failure.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
failed=()
table=""
for stage in "$@"; do
  printf '\n== %s\n' "$stage"
  start=$SECONDS
  make --no-print-directory "$stage" || failed+=("$stage")
  table+=$(printf '%8d s  %s' $((SECONDS - start)) "$stage")$'\n'
done
printf '\n== seconds of each stage\n%s%8d s  in all\n' "$table" "$SECONDS"
printf '%d passed, %d failed\n' $(($# - ${#failed[@]})) "${#failed[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[*]}"
  exit 1
fi
