#!/usr/bin/env bash
# The whole link on this machine: two local clouds, then the playbooks against them.
# GATEWAY_SECONDS: what creating an Azure gateway takes. Clouds that stand keep theirs, and refuse another.
# REHEARSAL_DIR: where the clouds keep their files. REPORT_DIR: where the reports go.
set -euo pipefail
cd "$(dirname "$0")/.."
inventory=${1:-inventories/rehearsal}
export PATH="$PWD/.venv/bin:$PATH" ANSIBLE_CONFIG="$PWD/ansible.cfg" ANSIBLE_COLLECTIONS_PATH="$PWD/.venv/collections"
head_line() { printf '\n== %s\n' "$*"; }

head_line "two clouds on this machine"
python -m rehearsal up ${GATEWAY_SECONDS:+--gateway-seconds "$GATEWAY_SECONDS"}
exports=$(python -m rehearsal env)
eval "$exports"
head_line "the plan"
ansible-playbook -i "$inventory" playbooks/plan.yml
head_line "site.yml: build both sides and join them"
ansible-playbook -i "$inventory" playbooks/site.yml
head_line "verify.yml: tunnels, BGP and routes on both sides"
ansible-playbook -i "$inventory" playbooks/verify.yml -e s2s_vpn_report_dir="${REPORT_DIR:-$PWD/.reports}"
lose=
if grep -q '"kind": "packets"' <<<"$(python -m rehearsal status --json)"; then
  head_line "a machine in Azure pings one in AWS through the tunnels"
  python -m rehearsal ping
  lose=$'\n  .venv/bin/python -m rehearsal cut 169.254.21.0/30    lose a tunnel, then: rehearsal ping, rehearsal heal'
fi
cat <<NEXT

== what to try next
  eval "\$(.venv/bin/python -m rehearsal env)"          point any client of both clouds here, then for example
  aws ec2 describe-vpn-connections --region eu-central-1 --query 'VpnConnections[].VgwTelemetry'
  az network vnet-gateway list-bgp-peer-status -g rehearsal-rg -n rehearsal-vng     (after: az login --service-principal, see README.md)
  .venv/bin/python -m rehearsal status                 the tunnels and why one is down$lose
  make rehearse                                        once more: quick, and nothing changes
  make rehearse-down                                   end both clouds, nothing is left
NEXT
