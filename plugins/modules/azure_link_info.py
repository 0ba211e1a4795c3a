#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_link_info
short_description: Read all that stands on Azure's side of a VPN, for a diagnosis
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Reads a virtual network gateway with its connections, local network gateways, addresses, BGP peers and routes, and
    the network it serves with its security groups and route tables. One reading, in few calls, done at once.
  - It does not matter who made them, or in which resource groups they are.
  - What this identity may not read is listed, and the rest is read all the same.
  - No key is in the result. Give O(fingerprint_salt) here and to M(hybrid.s2s_vpn.aws_link_info) to compare the keys of
    both ends by fingerprint.
options:
  resource_group:
    description: The gateway's resource group.
    type: str
  gateway_name:
    description: Name of the virtual network gateway.
    type: str
  gateway_id:
    description: Its full id, in place of O(resource_group) and O(gateway_name).
    type: str
  connections:
    description: Names of the connections to read. All of the gateway without it.
    type: list
    elements: str
  fingerprint_salt:
    description:
      - Some random text, made anew for each run, that keys the fingerprints.
      - Without it no key is read.
    type: str
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
seealso:
  - module: hybrid.s2s_vpn.aws_link_info
  - module: hybrid.s2s_vpn.azure_vpn_status_info
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Read Azure's side
  hybrid.s2s_vpn.azure_link_info:
    resource_group: hq-rg
    gateway_name: hq-vng
  register: azure_side

- name: Show what each connection offers
  ansible.builtin.debug:
    msg: "{{ azure_side.reading.connections | map(attribute='properties.ipsecPolicies') }}"
"""

RETURN = r"""
reading:
  description:
    - Azure's side, its resources as Azure Resource Manager gives them, without keys.
  returned: success
  type: dict
  contains:
    cloud:
      description: Always C(azure).
      type: str
    gateway:
      description: The gateway. Null if there is none, or it may not be read.
      type: dict
    connections:
      description: The gateway's connections, each read by itself, so that status and counters are there.
      type: list
      elements: dict
    local_gateways:
      description: All local network gateways of the resource groups that the gateway and its connections use.
      type: list
      elements: dict
    public_addresses:
      description: The gateway's.
      type: list
      elements: dict
    virtual_network:
      description: That of GatewaySubnet.
      type: dict
    security_groups:
      description: Those on subnets of the virtual network.
      type: list
      elements: dict
    route_tables:
      description: Those on subnets of the virtual network.
      type: list
      elements: dict
    peers:
      description: What the gateway says of its BGP peers.
      type: list
      elements: dict
    learned_routes:
      description: The routes it has learned.
      type: list
      elements: dict
    advertised_routes:
      description: The routes it advertises, by the address of each connected neighbour.
      type: dict
    fingerprints:
      description: By the connection's name, a fingerprint of its key. Null where no key was read.
      type: dict
    status:
      description: The same as RV(hybrid.s2s_vpn.azure_vpn_status_info#module:status).
      type: dict
    unread:
      description: What could not be read, with C(what), C(why) and C(permission).
      type: list
      elements: dict
    calls:
      description: How many requests it took, without those for signing in.
      type: int
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure, azure_link

Json = dict[str, Any]

ARGUMENTS: dict[str, Any] = {
    "resource_group": {"type": "str"},
    "gateway_name": {"type": "str"},
    "gateway_id": {"type": "str"},
    "connections": {"type": "list", "elements": "str"},
    "fingerprint_salt": {"type": "str", "no_log": True},
}


def read(arm: azure.Arm, params: Mapping[str, Any], _check_mode: bool) -> Json:
    own = params["gateway_id"] or arm.id(params["resource_group"], words.GATEWAYS, params["gateway_name"])
    reader = azure_link.LinkReader(arm, own, params["connections"])
    return {"changed": False, "reading": azure_link.read_link(arm, reader, params["fingerprint_salt"])}


def main() -> None:
    module = azure.make_module(
        ARGUMENTS,
        required_one_of=[("gateway_id", "gateway_name")],
        required_together=[("resource_group", "gateway_name")],
        mutually_exclusive=[("gateway_id", "gateway_name")],
    )
    if refused := options.refusal(options.azure_reading(module.params)):
        module.fail_json(**refused)
    azure.run(module, read)


if __name__ == "__main__":
    main()
