#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_local_gateways
short_description: Manage a list of Azure local network gateways
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Creates, changes and deletes the local network gateways that stand for the other ends of VPN tunnels, all at once.
  - An option that is not given leaves alone what is there; changing the address keeps the BGP settings. Local gateways
    that are not listed are left alone.
options:
  state:
    description: Whether the local gateways are to exist.
    type: str
    choices: [present, absent]
    default: present
  resource_group:
    description: The resource group.
    type: str
    required: true
  location:
    description: The region. Needed to create a local gateway.
    type: str
  local_gateways:
    description: The local gateways, as M(hybrid.s2s_vpn.azure_local_gateway_facts) returns them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the local gateway.
        type: str
        required: true
      gateway_ip_address:
        description: The outside address of the other end. Needed to create a local gateway.
        type: str
      address_prefixes:
        description: The prefixes behind it, all of them; an empty list with BGP.
        type: list
        elements: str
      asn:
        description: The ASN of the other end, with BGP.
        type: int
      bgp_peering_address:
        description: The inside address of the other end, with BGP.
        type: str
      inside_cidr:
        description: The tunnel that this is the other end of; only returned.
        type: str
  tags:
    description: Tags to set on each. Others are kept.
    type: dict
  wait_timeout:
    description: Seconds to wait at most.
    type: int
    default: 1800
  poll_seconds:
    description: Seconds between two looks while waiting, where Azure does not say how long to wait.
    type: float
    default: 5
attributes:
  check_mode:
    description: Can be run in check mode; ids of what does not exist yet are C(planned:<name>) then.
    support: full
  diff_mode:
    description: Shows what differs, in the words of the options.
    support: full
  idempotent:
    description: A second run changes nothing.
    support: full
seealso:
  - module: hybrid.s2s_vpn.azure_vpn_connections
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: One end of a BGP tunnel
  hybrid.s2s_vpn.azure_local_gateways:
    resource_group: hq-rg
    location: westeurope
    local_gateways:
      - name: hq-aws-1-1
        gateway_ip_address: 198.51.100.10
        address_prefixes: []
        asn: 64512
        bgp_peering_address: 169.254.21.1
    tags:
      department: network

- name: The ends of all tunnels of a link
  hybrid.s2s_vpn.azure_local_gateways:
    resource_group: hq-rg
    location: westeurope
    local_gateways: "{{ s2s_vpn_local_gateways }}"
"""

RETURN = r"""
local_gateways:
  description: The local gateways in the order given, or as they will be. Empty with O(state=absent).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Its id.
      type: str
    name:
      description: Its name.
      type: str
    location:
      description: Its region.
      type: str
    provisioning_state:
      description: What Azure says; C(Planned) in check mode.
      type: str
    gateway_ip_address:
      description: The outside address of the other end.
      type: str
    address_prefixes:
      description: The prefixes behind it.
      type: list
      elements: str
    asn:
      description: The ASN of the other end.
      type: int
    bgp_peering_address:
      description: The inside address of the other end.
      type: str
    inside_cidr:
      description: As given.
      type: str
    tags:
      description: Its tags.
      type: dict
    changed:
      description: Whether this one was changed.
      type: bool
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "resource_group": {"type": "str", "required": True},
    "location": {"type": "str"},
    "local_gateways": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "gateway_ip_address": {"type": "str"},
            "address_prefixes": {"type": "list", "elements": "str"},
            "asn": {"type": "int"},
            "bgp_peering_address": {"type": "str"},
            "inside_cidr": {"type": "str"},
        },
    },
    "tags": {"type": "dict"},
    "wait_timeout": {"type": "int", "default": 1800},
    "poll_seconds": {"type": "float", "default": 5},
}


def wish_of(one: Mapping[str, Any], check_mode: bool) -> words.LocalGatewayWish:
    prefixes = one.get("address_prefixes")
    return words.LocalGatewayWish(
        name=one["name"],
        gateway_ip_address=azure.real(one.get("gateway_ip_address"), "gateway_ip_address", check_mode),
        address_prefixes=None if prefixes is None else tuple(prefixes),
        asn=one.get("asn"),
        bgp_peering_address=azure.real(one.get("bgp_peering_address"), "bgp_peering_address", check_mode),
    )


def existing_ones(arm: azure.Arm, params: Mapping[str, Any], settle: bool) -> dict[str, dict[str, Any]]:
    """Those of the list that exist, by lower-case name; `settle` waits for those that are being changed."""
    asked = {one["name"].lower() for one in params["local_gateways"]}
    found = {}
    for seen in arm.list_in_group(params["resource_group"], words.LOCAL_GATEWAYS) or []:
        if seen["name"].lower() in asked:
            one = arm.settle(seen["id"], params["wait_timeout"], seen) if settle else seen
            if one is not None:
                found[one["name"].lower()] = one
    return found


def present(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    existing = existing_ones(arm, params, settle=not check_mode)
    changes: dict[str, words.Change] = {}
    for one in params["local_gateways"]:
        seen = existing.get(one["name"].lower())
        wish = wish_of(one, check_mode)
        change = words.local_gateway_change(wish, params["location"], params["tags"], seen)
        tried = f"changing the local gateway {wish.name}"
        azure.refuse(tried, change.refusals)
        if seen is None and not (params["location"] and wish.gateway_ip_address):
            answer = "it does not exist, and location and gateway_ip_address are not both given"
            raise azure.AzureError(tried, "", answer, "Give these options.")
        changes[one["name"]] = change

    # Independent of each other, so all are started before the first is waited for.
    operations = {}
    if not check_mode:
        for name, change in changes.items():
            if change.body is not None:
                operations[name] = arm.put(arm.id(params["resource_group"], words.LOCAL_GATEWAYS, name), change.body)
        for operation in operations.values():
            arm.wait(operation, params["wait_timeout"])

    facts = []
    for one in params["local_gateways"]:
        change, seen = changes[one["name"]], existing.get(one["name"].lower()) or {}
        now = {**seen, "name": one["name"], **(change.body or {})}
        if one["name"] in operations:
            now = {**operations[one["name"]].resource}
        if change.changed:
            state = "Planned" if check_mode else "Succeeded"
            now = {**now, "properties": {**now.get("properties", {}), "provisioningState": state}}
        facts.append(
            {**words.local_gateway_facts(now), "inside_cidr": one.get("inside_cidr"), "changed": change.changed}
        )
    changed = {name: change for name, change in changes.items() if change.changed}
    return {
        "changed": bool(changed),
        "local_gateways": facts,
        "diff": {
            "before": {name: change.before for name, change in changed.items()},
            "after": {name: change.after for name, change in changed.items()},
        },
    }


def absent(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    existing = existing_ones(arm, params, settle=not check_mode)
    if not check_mode:
        started = [arm.delete(one["id"]) for one in existing.values()]
        for operation in filter(None, started):
            arm.wait(operation, params["wait_timeout"])
    before = {one["name"]: words.local_gateway_view(one) for one in existing.values()}
    return {"changed": bool(existing), "local_gateways": [], "diff": {"before": before, "after": {}}}


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    azure.run(module, present if module.params["state"] == "present" else absent)


if __name__ == "__main__":
    main()
