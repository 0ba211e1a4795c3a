#!/usr/bin/env bash
# Programs that pip does not bring: nothing where they are there, else installed where the package manager is apt and we
# may, else named. Never fails: without them the rehearsal compares both ends, and nobody looks at the report's page.
#   packages.sh         what packets between the two local clouds need
#   packages.sh test    a browser besides
set -euo pipefail
packets=(strongswan-charon strongswan-libcharon libcharon-extra-plugins strongswan-swanctl
  libstrongswan-standard-plugins bird2 nftables iproute2 iputils-ping)
browsers=(chromium-headless-shell chromium chromium-browser google-chrome) # programs; the first is also Debian's package

there() { command -v "$1" >/dev/null; }
any_there() { for program in "$@"; do there "$program" && return; done; return 1; }

missing_packets() {
  local package
  if there dpkg-query; then
    for package in "${packets[@]}"; do
      [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = 'ii ' ] || printf '%s\n' "$package"
    done
  elif ! there bird || ! there swanctl || ! there nft; then
    printf '%s\n' "${packets[@]}"
  fi
}

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
may_install() { there apt-get && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; }
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; }
update() { "${as_root[@]}" apt-get update -q; }

# provide WHO PACKAGE...
provide() {
  local named="$1 that are not here; Debian calls them: ${*:2}"
  if ! may_install; then
    printf '%s\n' "$named"
    return
  fi
  printf 'installing %s\n' "${*:2}"
  if ! install "${@:2}" >"$log" 2>&1 && ! { update >>"$log" 2>&1 && install "${@:2}" >>"$log" 2>&1; }; then
    tail -n 5 "$log"
    printf '%s\n' "$named"
  fi
}

mapfile -t missing < <(missing_packets)
browser=()
if [ "${1:-}" = test ] && ! any_there "${browsers[@]}"; then browser=("${browsers[0]}"); fi
[ $((${#missing[@]} + ${#browser[@]})) -eq 0 ] && exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# No daemon is to start by itself: the rehearsal has its own.
policy=/usr/sbin/policy-rc.d
if may_install && [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
  trap 'rm -f "$log"; "${as_root[@]}" rm -f "$policy"' EXIT
fi
[ ${#missing[@]} -eq 0 ] || provide 'packets need programs' "${missing[@]}"
[ ${#browser[@]} -eq 0 ] || provide "the report's page is tested in programs" "${browser[@]}"
