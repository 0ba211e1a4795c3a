#!/usr/bin/env bash
# Runs make targets one after the other, prints the seconds of each, and goes on to the next after a failure.
# "--beside TARGET" runs meanwhile, with its output in the end: for one that mostly waits.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
failed=()
table=""
beside=""
if [ "$1" = --beside ]; then
  beside=$2
  shift 2
  output=$(mktemp)
  trap 'rm -f "$output"' EXIT
  (
    begun=$SECONDS
    make --no-print-directory "$beside"
    code=$?
    echo $((SECONDS - begun))
    exit "$code"
  ) >"$output" 2>&1 &
  process=$!
fi
finished() { # stage, exit code, seconds
  [ "$2" -eq 0 ] || failed+=("$1")
  table+=$(printf '%8d s  %s' "$3" "$1")$'\n'
}
for stage in "$@"; do
  printf '\n== %s\n' "$stage"
  start=$SECONDS
  make --no-print-directory "$stage"
  finished "$stage" $? $((SECONDS - start))
done
if [ -n "$beside" ]; then
  wait "$process"
  code=$?
  printf '\n== %s, beside the others\n' "$beside"
  sed '$d' "$output"
  finished "$beside" "$code" "$(tail -n 1 "$output")"
  set -- "$@" "$beside"
fi
printf '\n== seconds of each stage\n%s%8d s  in all\n' "$table" "$SECONDS"
printf '%d passed, %d failed\n' $(($# - ${#failed[@]})) "${#failed[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[*]}"
  exit 1
fi
