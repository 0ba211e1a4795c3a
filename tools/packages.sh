#!/usr/bin/env bash
# The programs that packets between the two local clouds need: nothing where they are there, else installed where the
# package manager is apt and we may, else named. Never fails: without them the rehearsal compares both ends.
set -euo pipefail
packages=(strongswan-charon strongswan-libcharon libcharon-extra-plugins strongswan-swanctl
  libstrongswan-standard-plugins bird2 nftables iproute2 iputils-ping)

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = 'ii ' ] || missing+=("$package")
  done
elif ! command -v bird >/dev/null || ! command -v swanctl >/dev/null || ! command -v nft >/dev/null; then
  missing=("${packages[@]}")
fi
[ ${#missing[@]} -eq 0 ] && exit 0

named="packets need programs that are not here; Debian and Ubuntu call them: ${missing[*]}"
if ! command -v apt-get >/dev/null || { [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; }; then
  printf '%s\n' "$named"
  exit 0
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
printf 'installing %s\n' "${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# No daemon is to start by itself: the rehearsal has its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
  trap 'rm -f "$log"; "${as_root[@]}" rm -f "$policy"' EXIT
fi
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; }
if ! install >"$log" 2>&1 && ! { "${as_root[@]}" apt-get update -q >>"$log" 2>&1 && install >>"$log" 2>&1; }; then
  tail -n 5 "$log"
  printf '%s\n' "$named"
fi
