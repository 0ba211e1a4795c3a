#!/usr/bin/python
# Copyright: (c) 2026, hybrid.s2s_vpn contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: azure_vpn_gateway_info
short_description: Read Azure VPN gateways, with their instances and BGP addresses
version_added: 1.0.0
author:
  - The hybrid.s2s_vpn maintainers (@hybrid-s2s-vpn)
description:
  - Reads one virtual network gateway, or all of a resource group.
options:
  resource_group:
    description: The resource group.
    type: str
    required: true
  name:
    description: Name of one gateway. All gateways of the resource group without it.
    type: str
  tags:
    description: Only gateways that carry all of these tags.
    type: dict
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
extends_documentation_fragment:
  - hybrid.s2s_vpn.azure
"""

EXAMPLES = r"""
- name: Read one gateway
  hybrid.s2s_vpn.azure_vpn_gateway_info:
    resource_group: hq-rg
    name: hq-vng
  register: found

- name: Show its public addresses
  ansible.builtin.debug:
    msg: "{{ found.gateways | map(attribute='instances') | flatten | map(attribute='public_ip_address') }}"
"""

RETURN = r"""
gateways:
  description:
    - The gateways, in the shape of the C(gateway) of M(hybrid.s2s_vpn.azure_vpn_gateway).
    - Empty if there is none, or no such resource group.
  returned: success
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import arm as words
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils import options
from ansible_collections.hybrid.s2s_vpn.plugins.module_utils.clients import azure

ARGUMENTS: dict[str, Any] = {
    "resource_group": {"type": "str", "required": True},
    "name": {"type": "str"},
    "tags": {"type": "dict"},
}


def read(arm: azure.Arm, params: Mapping[str, Any], _check_mode: bool) -> dict[str, Any]:
    if params["name"]:
        one = arm.get(arm.id(params["resource_group"], words.GATEWAYS, params["name"]))
        found = [] if one is None else [one]
    else:
        found = arm.list_in_group(params["resource_group"], words.GATEWAYS) or []
    tags = words.merged_tags(None, params["tags"])
    return {"changed": False, "gateways": [words.gateway_facts(one) for one in found if words.carries(one, tags)]}


def main() -> None:
    module = azure.make_module(ARGUMENTS)
    if refused := options.refusal(options.azure_reading(module.params)):
        module.fail_json(**refused)
    azure.run(module, read)


if __name__ == "__main__":
    main()
