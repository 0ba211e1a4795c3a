#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_vpn_status_info
short_description: Read the tunnels, BGP peers and learned routes of an Azure VPN gateway
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Reads what a virtual network gateway says of its connections, its BGP sessions and the routes it has learned, in the
    same shape as M(hybrid.s2s_vpn.aws_vpn_status_info).
  - An active/active gateway tries each connection from both instances, so a connection shows once for each instance,
    and the other side may admit only one of them.
options:
  resource_group:
    description: The resource group.
    type: str
    required: true
  gateway_name:
    description: Name of the virtual network gateway.
    type: str
    required: true
  connections:
    description: Names of the connections to read. All of the gateway without it.
    type: list
    elements: str
attributes:
  check_mode:
    description: Reads only. A gateway that does not exist yet has an empty status in check mode.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
seealso:
  - module: hybrid.s2s_vpn.aws_vpn_status_info
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Read the status of Azure's side
  hybrid.s2s_vpn.azure_vpn_status_info:
    resource_group: hq-rg
    gateway_name: hq-vng
  register: azure_side

- name: Show the tunnels that are up
  ansible.builtin.debug:
    msg: "{{ azure_side.status.tunnels | selectattr('status', 'equalto', 'up') | map(attribute='name') }}"
"""

RETURN = r"""
status:
  description: What the gateway says.
  returned: success
  type: dict
  contains:
    cloud:
      description: Always C(azure).
      type: str
    gateway:
      description: The gateway's id.
      type: str
    asn:
      description: The gateway's ASN.
      type: int
    tunnels:
      description:
        - One entry for each connection and instance, with C(name), C(id), C(instance), C(outside_address) (the other
          side's), C(inside_cidr), C(peer_address), C(status) (up, down, unknown), C(message) (Azure's word if it is not
          up), C(bytes_in), C(bytes_out), C(routes) and C(since).
      type: list
      elements: dict
    bgp_peers:
      description:
        - One entry for each peer and instance, with C(local_address), C(peer_address), C(peer_asn), C(instance),
          C(state) (connected, connecting, idle, unknown) and C(routes_received).
      type: list
      elements: dict
    learned_routes:
      description: The routes, with C(prefix), C(next_hop), C(source_peer), C(origin), C(as_path) and C(instance).
      type: list
      elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure, azure_link
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.status import Status

Json = dict[str, Any]

ARGUMENTS: dict[str, Any] = {
    "resource_group": {"type": "str", "required": True},
    "gateway_name": {"type": "str", "required": True},
    "connections": {"type": "list", "elements": "str"},
}


def read(arm: azure.Arm, params: Mapping[str, Any], check_mode: bool) -> Json:
    name = params["gateway_name"]
    own = arm.id(params["resource_group"], words.GATEWAYS, name)
    reader = azure_link.LinkReader(arm, own, params["connections"], strict=True)
    gateway = arm.get(own)
    if gateway is None:
        if check_mode:
            return {"changed": False, "status": Status("azure", words.planned(name)).as_dict()}
        raise azure.AzureError(
            f"reading the status of {name}", "", "there is no such gateway in this resource group",
            "Correct gateway_name or resource_group.",
        )  # fmt: skip
    return {"changed": False, "status": azure_link.read_status(reader, gateway).as_dict()}


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    if refused := options.refusal(options.azure_reading(module.params)):
        module.fail_json(**refused)
    azure.run(module, read)


if __name__ == "__main__":
    main()
