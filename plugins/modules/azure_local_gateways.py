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
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients.azure_list import ResourceList

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


def change(
    one: Mapping[str, Any], params: Mapping[str, Any], seen: dict[str, Any] | None, check_mode: bool
) -> words.Change:
    prefixes = one.get("address_prefixes")
    wish = words.LocalGatewayWish(
        name=one["name"],
        gateway_ip_address=azure.real(one.get("gateway_ip_address"), "gateway_ip_address", check_mode),
        address_prefixes=None if prefixes is None else tuple(prefixes),
        asn=one.get("asn"),
        bgp_peering_address=azure.real(one.get("bgp_peering_address"), "bgp_peering_address", check_mode),
    )
    return words.local_gateway_change(wish, params["location"], params["tags"], seen)


LOCAL_GATEWAYS = ResourceList(
    option="local_gateways",
    kind=words.LOCAL_GATEWAYS,
    what="local gateway",
    needed=("location", "gateway_ip_address"),
    change=change,
    facts=words.local_gateway_facts,
    view=words.local_gateway_view,
)


def run(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    result = LOCAL_GATEWAYS.run(arm, params, check_mode)
    for given, returned in zip(params["local_gateways"], result["local_gateways"], strict=False):
        returned["inside_cidr"] = given.get("inside_cidr")
    return result


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    faults = options.local_gateways(module.params)
    if module.params["state"] == "present" and (refused := options.refusal(faults)):
        module.fail_json(**refused)
    azure.run(module, run)


if __name__ == "__main__":
    main()
