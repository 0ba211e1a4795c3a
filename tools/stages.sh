#!/usr/bin/env bash
# Runs make targets one after the other, prints the seconds of each, and goes on to the next after a failure.
# "--beside 'TARGET ...'" runs those meanwhile, in their order and with their output in the end.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
failed=()
table=""
count=0
finished() { # stage, exit code, seconds
  count=$((count + 1))
  [ "$2" -eq 0 ] || failed+=("$1")
  table+=$(printf '%8d s  %s' "$3" "$1")$'\n'
}
stages() { # stage...; calls "finished" or, with a file in $results, writes what it is to be told there
  local stage start code
  for stage in "$@"; do
    printf '\n== %s\n' "$stage"
    start=$SECONDS
    make --no-print-directory "$stage"
    code=$?
    if [ -n "${results:-}" ]; then
      printf '%s %d %d\n' "$stage" "$code" $((SECONDS - start)) >>"$results"
    else
      finished "$stage" "$code" $((SECONDS - start))
    fi
  done
}
process=""
if [ "$1" = --beside ]; then
  read -ra beside <<<"$2"
  shift 2
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  results=$folder/results stages "${beside[@]}" >"$folder/output" 2>&1 &
  process=$!
fi
stages "$@"
if [ -n "$process" ]; then
  printf '\n(beside these)\n'
  wait "$process" || failed+=("${beside[@]}")
  cat "$folder/output"
  while read -r stage code seconds; do
    finished "$stage, beside" "$code" "$seconds"
  done <"$folder/results"
fi
printf '\n== seconds of each stage\n%s%8d s  in all\n' "$table" "$SECONDS"
printf '%d passed, %d failed\n' $((count - ${#failed[@]})) "${#failed[@]}"
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed: %s\n' "${failed[*]}"
  exit 1
fi
